// The pixel editor in the page; editor.py says what goes in and out. It stands last in the editor's function body.

const HISTORY = 100; // steps that can be undone
const PAUSE = 100; // ms between two reports of one stroke
const STAMPS = {
  1: ['#'],
  2: ['##', '##'],
  3: ['.#.', '###', '.#.'],
  5: ['.###.', '#####', '#####', '#####', '.###.'],
};
// Ink and erased ground are given pixels, so both lift the cover.
const TOOLS = { draw: { ink: 255, hide: 0 }, erase: { ink: 0, hide: 0 }, cover: { hide: 1 }, reveal: { hide: 0 } };
// Covering goes over areas, drawing along lines: a covering brush is wider.
const WIDTHS = { draw: [1, 2, 3], erase: [1, 2, 3], cover: [1, 3, 5], reveal: [1, 3, 5] };

const canvas = root.querySelector('canvas');
const context = canvas.getContext('2d');
const buttons = [...root.querySelectorAll('button')];

let picture = null; // {height, width, channels, pixels, hidden}; changed in place only while a stroke lasts
let past = [];
let future = [];
let stroke = null; // {before, at, changed, pointer}
let hover = null; // where the mouse is, in pixels
let cell = { x: 0, y: 0 }; // where the arrow keys are
let seed = 0;
let timer = 0;
let reported = 0;
// One object for all reports: Gradio's "always_last" repeats the first event's data, which is then the newest.
const report = {};

// ---- pictures ----
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const text = (array) => btoa(Array.from(array, (byte) => String.fromCharCode(byte)).join(''));
const copy = (p) => ({ ...p, pixels: p.pixels.slice(), hidden: p.hidden.slice() });
const count = (array) => array.reduce((sum, value) => sum + (value > 0), 0);
const equal = (a, b) => a.width === b.width && a.height === b.height && a.channels === b.channels
  && a.pixels.every((value, i) => value === b.pixels[i]) && a.hidden.every((value, i) => value === b.hidden[i]);

const parse = ({ height, width, channels, pixels, hidden }) => ({
  height, width, channels, pixels: bytes(pixels), hidden: bytes(hidden),
});

function blank({ height, width, channels } = picture ?? { height: 28, width: 28, channels: 1 }) {
  const [pixels, hidden] = [new Uint8Array(height * width * channels), new Uint8Array(height * width)];
  return { height, width, channels, pixels, hidden };
}

function masked(test) {
  const { width } = picture;
  return { ...picture, hidden: picture.hidden.map((_, i) => Number(test(i % width, Math.floor(i / width)))) };
}

/** Covers every second block of a shuffled grid of about 7×7; the seed alone decides which (mulberry32). */
function randomMask() {
  let state = (seed += 1);
  root.dataset.seed = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const side = Math.max(1, Math.round(Math.min(picture.height, picture.width) / 7));
  const columns = Math.ceil(picture.width / side);
  const blocks = Array.from({ length: columns * Math.ceil(picture.height / side) }, (_, i) => i % 2);
  for (let i = blocks.length - 1; i > 0; i -= 1) {
    const j = Math.floor(uniform() * (i + 1));
    [blocks[i], blocks[j]] = [blocks[j], blocks[i]];
  }
  return masked((x, y) => blocks[Math.floor(y / side) * columns + Math.floor(x / side)]);
}

// ---- history and reports ----
function settle() {
  root.dataset.ink = count(picture.pixels);
  root.dataset.hidden = count(picture.hidden);
  for (const button of buttons) {
    const { act } = button.dataset;
    // aria-disabled keeps the keyboard's focus where "disabled" would lose it.
    if (act === 'undo') button.setAttribute('aria-disabled', past.length === 0);
    else if (act === 'redo') button.setAttribute('aria-disabled', future.length === 0);
    else if (act === 'mask-random') button.dataset.seed = seed || '';
    else if (button.hasAttribute('aria-pressed')) {
      button.setAttribute('aria-pressed', act === root.dataset.tool || act === 'size-' + root.dataset.size);
    }
  }
  canvas.title = root.querySelector('[data-act=' + root.dataset.tool + ']').title;
  const advice = root.querySelector('.advice');
  const said = advice && !stroke ? strayed(picture) : advice?.textContent; // not while the pen is on the paper
  if (advice && advice.textContent !== said) advice.textContent = said;
  refresh();
}

function tell(done) {
  clearTimeout(timer);
  timer = 0;
  reported = performance.now();
  const { height, width, channels } = picture;
  Object.assign(report, {
    id: root.dataset.loaded, height, width, channels, pixels: text(picture.pixels), hidden: text(picture.hidden), done,
  });
  if (done) keep(report);
  props.value = { ...report };
  trigger('edit', report);
}

function tellSoon() {
  timer ||= setTimeout(() => tell(false), Math.max(0, reported + PAUSE - performance.now()));
}

function remember(before) {
  past = [...past, before].slice(-HISTORY);
  future = [];
}

function replace(next) {
  if (equal(next, picture)) return settle();
  remember(picture);
  picture = next;
  settle();
  tell(true);
}

function travel(from, to) {
  if (from.length === 0) return;
  to.push(picture);
  picture = from.pop();
  settle();
  tell(true);
}

/** Takes the value from Python. It breaks off a stroke, silently: a report would overwrite this very value. */
function load() {
  clearTimeout(timer);
  timer = 0;
  if (stroke?.changed) remember(stroke.before);
  stroke = null;
  if (picture) remember(picture);
  picture = props.value ? parse(props.value) : blank();
  cell = { x: picture.width >> 1, y: picture.height >> 1 };
  canvas.style.aspectRatio = picture.width + ' / ' + picture.height;
  root.dataset.loaded = props.value ? props.value.id : 'blank';
  settle();
}

/** What comes from Python later on, an example or a file, is the drawing, too; Gradio may repeat the value of the start. */
function take() {
  if (props.value?.id === root.dataset.loaded) return;
  load();
  if (props.value) keep(props.value);
}

// ---- strokes ----
const stamp = () => STAMPS[WIDTHS[root.dataset.tool][root.dataset.size - 1]];
const middle = () => ({ x: cell.x + 0.5, y: cell.y + 0.5 });
/** Top left pixel of the stamp whose middle is nearest to (x, y). */
const corner = ({ x, y }) => ({ x: Math.round(x - stamp().length / 2), y: Math.round(y - stamp().length / 2) });

function press(left, top) {
  const tool = TOOLS[root.dataset.tool];
  stamp().forEach((row, j) => [...row].forEach((mark, i) => {
    const x = left + i;
    const y = top + j;
    if (mark !== '#' || x < 0 || y < 0 || x >= picture.width || y >= picture.height) return;
    const at = y * picture.width + x;
    const ink = tool.ink ?? picture.pixels[at]; // colour is only ever covered
    stroke.changed ||= picture.pixels[at] !== ink || picture.hidden[at] !== tool.hide;
    picture.pixels[at] = ink;
    picture.hidden[at] = tool.hide;
  }));
}

/** Bresenham's line from the last stamp to the one at `place`: quick strokes have no gaps. */
function extend(place) {
  const to = corner(place);
  let { x, y } = stroke.at ?? to;
  const width = Math.abs(to.x - x);
  const height = -Math.abs(to.y - y);
  const right = x < to.x ? 1 : -1;
  const down = y < to.y ? 1 : -1;
  let error = width + height;
  press(x, y);
  while (x !== to.x || y !== to.y) {
    const twice = 2 * error;
    if (twice >= height) { error += height; x += right; }
    if (twice <= width) { error += width; y += down; }
    press(x, y);
  }
  stroke.at = to;
  settle();
  if (stroke.changed) tellSoon();
}

function begin(place, pointer) {
  stroke = { before: picture, at: null, changed: false, pointer };
  picture = copy(picture);
  reported = performance.now();
  extend(place);
}

function finish() {
  if (!stroke) return;
  const { before, changed } = stroke;
  stroke = null;
  if (changed) {
    remember(before);
    settle();
    tell(true);
  }
}

// ---- the picture on the screen ----
let frame = 0;
function refresh() {
  frame ||= requestAnimationFrame(() => { frame = 0; paint(); });
}

function paint() {
  const { width, height, channels, pixels, hidden } = picture;
  const ratio = window.devicePixelRatio || 1;
  const [across, along] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (!across || !along) return;
  if (canvas.width !== across || canvas.height !== along) [canvas.width, canvas.height] = [across, along];
  // Whole device pixels, so that every edge is hard.
  const at = (x, y) => [Math.round((x * across) / width), Math.round((y * along) / height)];
  const room = getComputedStyle(canvas).color;
  const ink = new Path2D();
  const cover = new Path2D();
  context.clearRect(0, 0, across, along);
  for (let i = 0; i < hidden.length; i += 1) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [[left, top], [right, bottom]] = [at(x, y), at(x + 1, y + 1)];
    if (hidden[i]) cover.rect(left, top, right - left, bottom - top);
    else if (channels === 3) {
      context.fillStyle = 'rgb(' + pixels.subarray(3 * i, 3 * i + 3).join() + ')';
      context.fillRect(left, top, right - left, bottom - top);
    } else if (pixels[i]) ink.rect(left, top, right - left, bottom - top);
  }
  context.fillStyle = '#fff';
  context.fill(ink);
  hatch(cover, room, ratio);
  // Outside the picture counts as covered: the edge of the picture is no border of the cover.
  const covered = (x, y) => x < 0 || y < 0 || x >= width || y >= height || hidden[y * width + x];
  line(border(covered, { x: 0, y: 0 }, width, height, at), room, 1.5 * ratio);
  const place = hover ?? (canvas.matches(':focus-visible') && middle());
  if (!place) return;
  const rows = stamp();
  const from = corner(place);
  const brush = border((x, y) => rows[y - from.y]?.[x - from.x] === '#', from, rows.length, rows.length, at);
  line(brush, '#000', 4 * ratio);
  line(brush, '#fff', 1.5 * ratio);
}

function line(path, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

/** The outline of the pixels of a box for which `has` is true; `at` turns pixels into screen coordinates. */
function border(has, from, width, height, at) {
  const path = new Path2D();
  const edge = (ax, ay, bx, by) => { path.moveTo(...at(ax, ay)); path.lineTo(...at(bx, by)); };
  for (let { y } = from; y < from.y + height; y += 1) {
    for (let { x } = from; x < from.x + width; x += 1) {
      if (!has(x, y)) continue;
      if (!has(x, y - 1)) edge(x, y, x + 1, y);
      if (!has(x, y + 1)) edge(x, y + 1, x + 1, y + 1);
      if (!has(x - 1, y)) edge(x, y, x, y + 1);
      if (!has(x + 1, y)) edge(x + 1, y, x + 1, y + 1);
    }
  }
  return path;
}

function hatch(cover, room, ratio) {
  const { width, height } = canvas;
  context.save();
  context.clip(cover);
  for (const [colour, alpha] of [['#fff', 0.07], [room, 0.14]]) {
    context.fillStyle = colour;
    context.globalAlpha = alpha;
    context.fillRect(0, 0, width, height);
  }
  context.globalAlpha = 0.75;
  const stripes = new Path2D();
  for (let x = 0; x < width + height; x += 8 * ratio) {
    stripes.moveTo(x, 0);
    stripes.lineTo(x - height, height);
  }
  line(stripes, room, ratio);
  context.restore();
}

// ---- hands ----
function place(event) {
  const box = canvas.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) / box.width) * picture.width,
    y: ((event.clientY - box.top) / box.height) * picture.height,
  };
}

canvas.addEventListener('pointerdown', (event) => {
  if (stroke || !event.isPrimary || event.button !== 0) return;
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  hover = place(event);
  begin(hover, event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
  if (!event.isPrimary) return;
  hover = place(event);
  refresh();
  if (stroke?.pointer !== event.pointerId) return;
  // All places since the last event, where the browser tells them: not over plain http, and not in every browser.
  const samples = event.getCoalescedEvents?.() ?? [];
  for (const sample of samples.length ? samples : [event]) extend(place(sample));
});
for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) {
  canvas.addEventListener(name, (event) => { if (stroke?.pointer === event.pointerId) finish(); });
}
canvas.addEventListener('pointerleave', () => { hover = null; refresh(); });

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
canvas.addEventListener('keydown', (event) => {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !(key in ARROWS || key === ' ' || key === 'Enter')) return;
  event.preventDefault();
  hover = null;
  if (key in ARROWS) {
    cell.x = Math.min(picture.width - 1, Math.max(0, cell.x + ARROWS[key][0]));
    cell.y = Math.min(picture.height - 1, Math.max(0, cell.y + ARROWS[key][1]));
  }
  if (stroke?.pointer === 'keys') extend(middle());
  else if (!(key in ARROWS) && !stroke && !event.repeat) begin(middle(), 'keys');
  const at = cell.y * picture.width + cell.x;
  const seen = picture.channels === 3 ? 'shown' : picture.pixels[at] ? 'ink' : 'empty';
  const state = picture.hidden[at] ? 'hidden' : seen;
  root.querySelector('.spoken').textContent = 'row ' + (cell.y + 1) + ', column ' + (cell.x + 1) + ', ' + state;
  refresh();
});
canvas.addEventListener('keyup', (event) => {
  if ((event.key === ' ' || event.key === 'Enter') && stroke?.pointer === 'keys') finish();
});
canvas.addEventListener('focus', refresh);
canvas.addEventListener('blur', () => { if (stroke?.pointer === 'keys') finish(); refresh(); });

const ACTS = {
  undo: () => travel(past, future),
  redo: () => travel(future, past),
  centre: () => replace(centred(picture)),
  clear: () => replace({ ...picture, pixels: blank().pixels }),
  'mask-lower': () => replace(masked((x, y) => y >= picture.height / 2)),
  'mask-right': () => replace(masked((x) => x >= picture.width / 2)),
  'mask-centre': () => replace(masked((x, y) => Math.abs(x + 0.5 - picture.width / 2) < picture.width / 4
    && Math.abs(y + 0.5 - picture.height / 2) < picture.height / 4)),
  'mask-random': () => replace(randomMask()),
  'mask-none': () => replace(masked(() => false)),
};

root.addEventListener('click', (event) => {
  const act = event.target.closest('button')?.dataset.act;
  if (!act) return;
  finish();
  if (act in ACTS) ACTS[act]();
  else if (act in TOOLS) root.dataset.tool = act;
  else root.dataset.size = act.slice(-1);
  settle();
});
root.addEventListener('keydown', (event) => {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== 'z' && key !== 'y')) return;
  event.preventDefault();
  finish();
  ACTS[key === 'y' || event.shiftKey ? 'redo' : 'undo']();
});

// The colour of the room is read when painting, so a change of theme or size asks for it again.
new ResizeObserver(refresh).observe(canvas);
const theme = new MutationObserver(() => { if (root.isConnected) refresh(); else theme.disconnect(); });
theme.observe(document.body, { attributeFilter: ['class'] });

watch('value', take);
load();
const last = kept(picture);
if (last) replace(last);
