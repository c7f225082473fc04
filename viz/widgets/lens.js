// The lens in the page; lens.py says what goes in and out.
'use strict';

const [SEEN, UNSEEN, FUTURE, LEAK, PLAIN] = [0, 1, 2, 3, 4]; // as in viz/lens.py
const ALARM = [255, 107, 94];

const root = element.querySelector('.easel-lens');
const find = (selector) => root.querySelector(selector);
const [large, shelf] = [find('.large canvas'), find('.views')];
const alive = new AbortController(); // ends every listener outside the element
let board = null; // {height, width, pixels, row, column, eager, views}
let text = ''; // its pixels as they came
let places = []; // of each view: {button, canvas, count}
let chosen = null; // key of the large view
let wanted = null; // the pixel that a person pointed at last, {row, column}
let cursor = null; // where the arrow keys or the mouse are, {row, column}
let inView = false;
let frame = 0;
// One object for all requests: Gradio's "always_last" repeats the first event's data, which is then the newest.
const request = {};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));
const css = (rgb) => 'rgb(' + rgb.join(' ') + ')';
const spot = () => board.views.find((view) => view.key === chosen) ?? board.views[0];

// ---- values and requests -----------------------------------------------------------------------------------------

function load() {
  const { value } = props;
  if (!value || !value.views || value.id === root.dataset.loaded) return;
  root.dataset.loaded = value.id;
  if (value.pixels !== text) wanted = null;
  text = value.pixels;
  // The answer about a pixel that is no longer asked about comes too late.
  if (wanted && !value.choose && (value.row !== wanted.row || value.column !== wanted.column)) return ask();
  const old = Object.fromEntries((board?.views ?? []).map((view) => [view.key, view]));
  board = { ...value, pixels: bytes(text) };
  board.views = value.views.map((view) => {
    if (view.kind) return { ...view, heat: bytes(view.heat), kind: bytes(view.kind) };
    // Until the answer comes its place keeps what it showed, paler.
    return { ...old[view.key], ...view, html: view.html || old[view.key]?.html || '', missing: true };
  });
  if (value.choose || !board.views.some((view) => view.key === chosen)) chosen = value.choose ?? board.views[0].key;
  if (places.length !== board.views.length) buildShelf();
  Object.assign(root.dataset, {
    row: value.row, column: value.column, missing: board.views.filter((view) => view.missing).length,
  });
  show();
  if (board.eager) ask();
}

// One model a request: the chosen one first, then the others in turn.
function ask() {
  const next = [spot(), ...board.views].find((view) => view.missing);
  if (!next || !inView) return;
  trigger('point', Object.assign(request, { row: board.row, column: board.column, model: next.key }));
}

function point(row, column) {
  if (row !== board.row || column !== board.column) {
    for (const view of board.views) view.missing = true;
    root.dataset.missing = board.views.length;
  }
  wanted = { row, column };
  Object.assign(board, { row, column, eager: true });
  Object.assign(root.dataset, wanted);
  show();
  ask();
}

// ---- elements ----------------------------------------------------------------------------------------------------

function make(tag, name) {
  const node = document.createElement(tag);
  node.className = name;
  return node;
}

function buildShelf() {
  places = board.views.map(({ key }) => {
    const button = make('button', '');
    const place = { button, canvas: make('canvas', ''), title: make('span', 'title'), count: make('span', 'count') };
    button.type = 'button';
    button.dataset.key = key;
    place.canvas.setAttribute('role', 'presentation'); // the button's words say what it shows
    button.append(place.canvas, place.title, place.count);
    return place;
  });
  shelf.replaceChildren(...places.map(({ button }) => button));
}

function show() {
  const view = spot();
  root.dataset.chosen = view.key;
  root.classList.toggle('alarm', Boolean(view.alarm && !view.missing));
  const sentence = find('.sentence');
  if (!view.missing || !view.kind) sentence.innerHTML = view.html;
  find('.where').textContent = 'Row ' + (board.row + 1) + ', column ' + (board.column + 1);
  places.forEach(({ button, title, count }, i) => {
    const each = board.views[i];
    button.setAttribute('aria-pressed', each.key === view.key);
    button.classList.toggle('alarm', Boolean(each.alarm && !each.missing));
    title.textContent = each.title;
    count.textContent = !each.missing ? each.count : board.eager ? '…' : '';
  });
  refresh();
}

function refresh() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    paintAll();
  });
}

// ---- pictures ----------------------------------------------------------------------------------------------------

function readPalette() {
  const style = getComputedStyle(root);
  const pen = make('canvas', '').getContext('2d');
  const token = (name) => {
    pen.fillStyle = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((i) => parseInt(pen.fillStyle.slice(i, i + 2), 16));
  };
  const [stage, room] = [token('--easel-stage'), token('--easel-pixel')];
  const light = mix(room, [255, 255, 255], 0.9);
  const ramp = Array.from({ length: 256 }, (_, i) =>
    css(i < 150 ? mix(stage, room, i / 150) : mix(room, light, (i - 150) / 105))); // as in the player
  return { stage, room, ramp };
}

function paintAll() {
  if (!board) return;
  const palette = readPalette();
  paint(large, spot(), palette, true);
  places.forEach(({ canvas }, i) => paint(canvas, board.views[i], palette, false));
}

/** The outline of the pixels for which `has` is true. */
function border(has, at) {
  const path = new Path2D();
  const { width, height } = board;
  const edge = (ax, ay, bx, by) => {
    path.moveTo(...at(ax, ay));
    path.lineTo(...at(bx, by));
  };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!has(x, y)) continue;
      if (y === 0 || !has(x, y - 1)) edge(x, y, x + 1, y);
      if (y === height - 1 || !has(x, y + 1)) edge(x, y + 1, x + 1, y + 1);
      if (x === 0 || !has(x - 1, y)) edge(x, y, x, y + 1);
      if (x === width - 1 || !has(x + 1, y)) edge(x + 1, y, x + 1, y + 1);
    }
  }
  return path;
}

function stroke(pen, path, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke(path);
}

function hatch(pen, cover, palette, gap, ratio) {
  const { width, height } = pen.canvas;
  pen.save();
  pen.clip(cover);
  pen.fillStyle = css(mix(palette.stage, palette.room, 0.13));
  pen.fillRect(0, 0, width, height);
  const stripes = new Path2D();
  for (let x = 0; x < width + height; x += gap * ratio) {
    stripes.moveTo(x, 0);
    stripes.lineTo(x - height, height);
  }
  stroke(pen, stripes, css(mix(palette.stage, palette.room, 0.5)), ratio);
  pen.restore();
}

// Sort the pixels by how they are drawn, one path each.
function paths(view, at) {
  const { width, height, pixels } = board;
  const kinds = Array.from({ length: 5 }, () => new Path2D());
  const ink = new Path2D();
  const rest = new Path2D();
  const crosses = new Path2D();
  for (let i = 0; i < width * height; i += 1) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [[left, top], [right, bottom]] = [at(x, y), at(x + 1, y + 1)];
    const kind = view.kind ? view.kind[i] : PLAIN;
    kinds[kind].rect(left, top, right - left, bottom - top);
    if (kind === PLAIN && pixels[i]) ink.rect(left, top, right - left, bottom - top);
    if (kind !== FUTURE) rest.rect(left, top, right - left, bottom - top);
    if (kind !== UNSEEN) continue;
    const [middle, centre, arm] = [(left + right) / 2, (top + bottom) / 2, (right - left) * 0.2];
    crosses.moveTo(middle - arm, centre - arm);
    crosses.lineTo(middle + arm, centre + arm);
    crosses.moveTo(middle + arm, centre - arm);
    crosses.lineTo(middle - arm, centre + arm);
  }
  return { kinds, ink, rest, crosses };
}

function paint(canvas, view, palette, big) {
  const { width, height, pixels } = board;
  const ratio = window.devicePixelRatio || 1;
  const side = Math.round(canvas.clientWidth * ratio);
  if (!side) return;
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, Math.round((side * height) / width)];
  // Whole device pixels, so that every edge is hard.
  const at = (x, y) => [Math.round((x * side) / width), Math.round((y * canvas.height) / height)];
  const pen = canvas.getContext('2d');
  pen.globalAlpha = 1;
  pen.fillStyle = css(palette.stage);
  pen.fillRect(0, 0, side, canvas.height);
  pen.globalAlpha = view.missing && view.kind ? 0.45 : 1;
  const { kinds, ink, rest, crosses } = paths(view, at);
  if (view.kind) {
    pen.fillStyle = '#262a33';
    pen.fill(kinds[PLAIN]);
  }
  pen.fillStyle = view.kind ? '#8d929d' : '#fff';
  pen.fill(ink);
  paintHeat(pen, view, palette, at);
  hatch(pen, kinds[FUTURE], palette, big ? 8 : 5, ratio);
  pen.fillStyle = '#17191f';
  pen.fill(kinds[UNSEEN]);
  stroke(pen, crosses, '#8d929d', (big ? 1.4 : 1) * ratio);
  paintAlarm(pen, view, kinds[LEAK], at, big);
  if (view.kind) paintInk(pen, border((x, y) => pixels[y * width + x], at), rest, big, ratio);
  pen.globalAlpha = 1;
  mark(pen, at, board, '#fff', (big ? 2 : 1.5) * ratio, []);
  if (big && cursor) mark(pen, at, cursor, palette.ramp[230], 1.5 * ratio, [3 * ratio, 2 * ratio]);
}

function paintHeat(pen, view, palette, at) {
  if (!view.kind) return;
  view.kind.forEach((kind, i) => {
    if (kind !== SEEN) return;
    const [x, y] = [i % board.width, Math.floor(i / board.width)];
    const [[left, top], [right, bottom]] = [at(x, y), at(x + 1, y + 1)];
    pen.fillStyle = palette.ramp[view.heat[i]];
    pen.fillRect(left, top, right - left, bottom - top);
  });
}

// Red, and where there is room for it with an exclamation mark.
function paintAlarm(pen, view, cover, at, big) {
  pen.fillStyle = css(ALARM);
  pen.fill(cover);
  if (!big || !view.kind?.includes(LEAK)) return;
  const size = at(1, 1)[1];
  Object.assign(pen, { fillStyle: '#2b0906', textAlign: 'center', textBaseline: 'middle', font: '800 ' + size * 0.9 + 'px sans-serif' });
  view.kind.forEach((kind, i) => {
    const [left, top] = at(i % board.width, Math.floor(i / board.width));
    if (kind === LEAK) pen.fillText('!', left + size / 2, top + size * 0.56);
  });
}

// The digit as an outline over the heat; where nothing is painted yet, a faint one.
function paintInk(pen, outline, rest, big, ratio) {
  const before = pen.globalAlpha;
  pen.globalAlpha = before * 0.35;
  stroke(pen, outline, '#fff', ratio);
  pen.globalAlpha = before;
  pen.save();
  pen.clip(rest);
  if (big) stroke(pen, outline, 'rgb(8 9 11 / 70%)', 3.5 * ratio);
  stroke(pen, outline, '#fff', (big ? 1.5 : 1) * ratio);
  pen.restore();
}

// A frame around one pixel, outside of it, so as not to cover it.
function mark(pen, at, { row, column }, colour, line, dash) {
  const [[left, top], [right, bottom]] = [at(column, row), at(column + 1, row + 1)];
  const box = [left - line / 2, top - line / 2, right - left + line, bottom - top + line];
  pen.setLineDash([]);
  pen.strokeStyle = 'rgb(8 9 11 / 80%)';
  pen.lineWidth = line * 2.2;
  pen.strokeRect(...box);
  pen.setLineDash(dash);
  pen.strokeStyle = colour;
  pen.lineWidth = line;
  pen.strokeRect(...box);
  pen.setLineDash([]);
}

// ---- hands -------------------------------------------------------------------------------------------------------

function under(event) {
  const box = large.getBoundingClientRect();
  return {
    row: clamp(Math.floor(((event.clientY - box.top) / box.height) * board.height), 0, board.height - 1),
    column: clamp(Math.floor(((event.clientX - box.left) / box.width) * board.width), 0, board.width - 1),
  };
}

large.addEventListener('pointermove', (event) => {
  if (event.pointerType === 'touch') return;
  cursor = under(event);
  refresh();
});
large.addEventListener('pointerleave', () => {
  cursor = null;
  refresh();
});
large.addEventListener('click', (event) => {
  const { row, column } = under(event);
  point(row, column);
});

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
large.addEventListener('keydown', (event) => {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !(key in ARROWS || key === ' ' || key === 'Enter')) return;
  event.preventDefault();
  cursor ??= { row: board.row, column: board.column };
  if (key in ARROWS) {
    cursor = {
      row: clamp(cursor.row + ARROWS[key][0], 0, board.height - 1),
      column: clamp(cursor.column + ARROWS[key][1], 0, board.width - 1),
    };
  } else point(cursor.row, cursor.column);
  const ink = board.pixels[cursor.row * board.width + cursor.column] ? ', ink' : ', empty';
  find('.spoken').textContent = 'row ' + (cursor.row + 1) + ', column ' + (cursor.column + 1) + ink;
  refresh();
});
large.addEventListener('blur', () => {
  cursor = null;
  refresh();
});

root.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || !board) return;
  if (button.dataset.act === 'ask') return point(board.row, board.column);
  chosen = button.dataset.key;
  show();
});

// ---- the world around --------------------------------------------------------------------------------------------

// Nothing is computed for a lens that nobody sees.
const eye = new IntersectionObserver((reports) => {
  if (!root.isConnected) return leave();
  const before = inView;
  inView = reports.at(-1).isIntersecting;
  if (inView && !before && board?.eager) ask();
});
const sizes = new ResizeObserver(refresh);
const theme = new MutationObserver(refresh);

// An element may be moved rather than removed: look again before letting go.
function leave() {
  setTimeout(() => {
    if (root.isConnected) return;
    for (const observer of [eye, sizes, theme]) observer.disconnect();
  });
}

for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true, attributeFilter: ['class'] });
eye.observe(root);
sizes.observe(root);
watch('value', load);
load();
