// @ts-check
// The aim in the page; aim.py says what goes in and out.
import { bytes, clamp, develop, fitted, life, onceAFrame, penOf, reporter } from '../base.js';
import { say } from '../say.js';

/** @import { Gradio } from '../gradio.d.ts' */
/** @import { Aim } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */
/**
 * @typedef {{x: number, y: number, size: number}} Frame a window in the picture's pixels
 * @typedef {'move' | 'zoom' | 'fetch' | ''} Act
 * @typedef {{pointer: 'keys'} | {pointer: number, act: Act, dx: number, dy: number, zoom: number}} Grip what the hand holds;
 *   'keys' while keys or the wheel move it
 */

const DASHES = { read: [], write: [7, 4], glimpse: [9, 3, 2, 3] }; // as in the player
const PAUSE = 60; // ms between two reports of one drag
const REST = 250; // ms without a key or a turn of the wheel, after which the window has been let go
const STEP = 0.5; // px a press of an arrow key
const ZOOM = 1.1; // a press of plus
const MARGIN = 0.12; // of the picture's side, around it: a window may look beyond the edge

/** @param {Gradio<{ value: Aim | null }>} gradio */
export default function start({ element, trigger, props, watch }) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const root = find('.easel-aim');
  const canvas = /** @type {HTMLCanvasElement} */ (find('canvas'));
  const pen = penOf(canvas);
  const sheet = document.createElement('canvas'); // the picture, one to one

  /** Nothing is drawn before there is one. @type {Aim} */
  let value;
  /** @type {Frame | null} */
  let box = null;
  /** @type {Grip | null} */
  let grip = null;
  /** @type {Act} */
  let hover = '';
  let moved = false; // in this drag
  /** What this drag has reported. @type {Frame[]} */
  let sent = [];
  let timer = 0;
  let rest = 0;
  let reported = 0;
  let scrolled = 0; // when the page was last scrolled
  const send = reporter(trigger);
  const refresh = onceAFrame(paint);
  const alive = life(root);

  const round = (/** @type {number} */ number) => Math.round(number * 100) / 100;
  const margin = () => Math.ceil(MARGIN * Math.max(value.width, value.height));

  // ---- the window ----------------------------------------------------------------------------------------------------

  /** The centre stays within half a side of the picture, the size within its limits. @param {Frame} frame @returns {Frame} */
  function held({ x, y, size }) {
    const { width, height, smallest, largest } = value;
    return {
      x: round(clamp(x, -width / 2, 1.5 * width)),
      y: round(clamp(y, -height / 2, 1.5 * height)),
      size: round(clamp(size, smallest, largest)),
    };
  }

  /** @param {Partial<Frame>} next */
  function move(next) {
    if (!box) return;
    const now = held({ ...box, ...next });
    if (now.x === box.x && now.y === box.y && now.size === box.size) return;
    box = now;
    moved = true;
    show();
    timer ||= window.setTimeout(() => tell(false), Math.max(0, reported + PAUSE - performance.now()));
  }

  /** @param {boolean} done */
  function tell(done) {
    clearTimeout(timer);
    timer = 0;
    if (!box) return;
    reported = performance.now();
    sent.push({ ...box });
    props.value = { ...value, ...props.value, box: [box.x, box.y, box.size] };
    send('aim', { id: root.dataset.loaded, ...box, done });
    root.dispatchEvent(new CustomEvent('easel:aim', { bubbles: true, detail: { ...box, done } }));
  }

  /** @param {Grip} next */
  function take(next) {
    if (!grip) [sent, moved] = [[], false];
    grip = next;
    root.dataset.held = 'true';
  }

  function letGo() {
    clearTimeout(rest);
    if (!grip) return;
    grip = null;
    root.dataset.held = 'false';
    show();
    if (moved) tell(true);
  }

  /** Keys and the wheel have no end of their own: the window is let go when they rest. @param {Partial<Frame>} next */
  function nudge(next) {
    if (grip && grip.pointer !== 'keys') return;
    take({ pointer: 'keys' });
    move(next);
    clearTimeout(rest);
    rest = window.setTimeout(letGo, REST);
  }

  // ---- values --------------------------------------------------------------------------------------------------------

  /** @param {Frame} a @param {Frame} b */
  const near = (a, b) => Math.abs(a.x - b.x) + Math.abs(a.y - b.y) + Math.abs(a.size - b.size) < 0.02;

  function load() {
    if (!props.value || props.value.id === root.dataset.loaded) return;
    value = props.value;
    Object.assign(root.dataset, { loaded: value.id, side: String(value.width) });
    develop(sheet, bytes(value.data), value.width, value.height, value.channels);
    const [x, y, size] = value.box ?? [];
    const next = value.box ? { x, y, size } : null;
    // What is in hand stays in hand, and the answer to an earlier place of this drag comes too late.
    const late =
      next && box && sent.slice(0, -1).some((place) => near(place, next)) && !near(sent[sent.length - 1], next);
    if (!next || !box || !(grip || late)) {
      box = next;
      if (!next && grip) {
        grip = null;
        root.dataset.held = 'false';
      }
    }
    canvas.style.aspectRatio = `${value.width + 2 * margin()} / ${value.height + 2 * margin()}`;
    show();
  }

  /** @param {Frame} box */
  function outside(box) {
    const half = box.size / 2;
    return box.x + half < 0 || box.y + half < 0 || box.x - half > value.width || box.y - half > value.height;
  }

  function show() {
    for (const name of /** @type {const} */ (['x', 'y', 'size'])) root.dataset[name] = box ? String(box[name]) : '';
    const [x, y, wide] = box ? [box.x, box.y, box.size].map((each) => each.toFixed(1)) : [];
    find('.where').textContent = box ? say('at {x}, {y} · {size} px wide', { x, y, size: wide }) : '';
    find('.how').textContent = !box
      ? ''
      : outside(box)
        ? say('The window is outside: press on the picture to fetch it.')
        : say('Drag the window; a corner or the wheel zooms it.');
    refresh();
  }

  // ---- the picture on the screen ---------------------------------------------------------------------------------------

  /** Device pixels a pixel of the picture. */
  const scale = () => canvas.width / (value.width + 2 * margin());

  function paint() {
    const ratio = value && fitted(canvas);
    if (!ratio) return;
    const at = (/** @type {number} */ pixel) => Math.round((pixel + margin()) * scale()); // whole device pixels: every edge is hard
    const style = getComputedStyle(root);
    const colour = style.getPropertyValue(`--easel-${value.kind}`).trim();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(sheet, at(0), at(0), at(value.width) - at(0), at(value.height) - at(0));
    pen.setLineDash([]);
    pen.lineWidth = ratio;
    pen.strokeStyle = 'rgb(255 255 255 / 22%)'; // where a dark picture ends
    pen.strokeRect(
      at(0) - ratio / 2,
      at(0) - ratio / 2,
      at(value.width) - at(0) + ratio,
      at(value.height) - at(0) + ratio,
    );
    value.ghosts.forEach(([x, y, size], i) => {
      outline({ x, y, size }, colour, 1.2 * ratio, ratio);
      label(value.names ? value.names[i] : String(i + 1), { x, y, size }, ratio);
    });
    if (!box) return;
    if (value.filters > 0) dots(box, colour, ratio);
    outline(box, colour, (hover || grip ? 3 : 2.4) * ratio, ratio);
    for (const [x, y] of corners(box)) handle(x, y, colour, ratio);
  }

  /** Left, top and side of a window in device pixels. @param {Frame} frame */
  function frameOf({ x, y, size }) {
    return [(x - size / 2 + margin()) * scale(), (y - size / 2 + margin()) * scale(), size * scale()];
  }

  /** @param {Frame} area @param {string} colour @param {number} width @param {number} ratio */
  function outline(area, colour, width, ratio) {
    const [left, top, side] = frameOf(area);
    const dash = DASHES[value.kind];
    pen.setLineDash([]);
    pen.strokeStyle = 'rgb(8 9 11 / 45%)'; // to stand out on white ink
    pen.lineWidth = width + 1.5 * ratio;
    pen.strokeRect(left, top, side, side);
    pen.setLineDash(dash.map((length) => length * ratio));
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(left, top, side, side);
    pen.setLineDash([]);
  }

  /** @param {string} text @param {Frame} area @param {number} ratio */
  function label(text, area, ratio) {
    const [left, top] = frameOf(area);
    pen.font = `600 ${12 * ratio}px ui-sans-serif, system-ui, sans-serif`;
    const wide = pen.measureText(text).width + 8 * ratio;
    const [x, y] = [clamp(left, 0, canvas.width - wide), clamp(top - 17 * ratio, 0, canvas.height - 17 * ratio)];
    pen.fillStyle = 'rgb(8 9 11 / 80%)';
    pen.fillRect(x, y, wide, 17 * ratio);
    pen.fillStyle = '#fff';
    pen.textBaseline = 'middle';
    pen.fillText(text, x + 4 * ratio, y + 9 * ratio);
  }

  /** @param {Frame} box @param {string} colour @param {number} ratio */
  function dots(box, colour, ratio) {
    const n = value.filters;
    const span = n > 1 ? box.size * (value.spread ?? (n - 1) / n) : 0;
    const place = (/** @type {number} */ i) => (n > 1 ? (i / (n - 1) - 0.5) * span : 0) + margin();
    pen.fillStyle = colour;
    pen.strokeStyle = 'rgb(8 9 11 / 60%)';
    pen.lineWidth = ratio;
    for (let i = 0; i < n * n; i += 1) {
      pen.beginPath();
      pen.arc(
        (box.x + place(i % n)) * scale(),
        (box.y + place(Math.floor(i / n))) * scale(),
        1.9 * ratio,
        0,
        2 * Math.PI,
      );
      pen.stroke();
      pen.fill();
    }
  }

  /** Where the window can be zoomed: its corners, of a small one only the last, which then stands apart.
   * @param {Frame} box @returns {Place[]} */
  function corners(box) {
    const [left, top, side] = frameOf(box);
    const ratio = window.devicePixelRatio || 1;
    const out = side < 44 * ratio ? 7 * ratio : 0;
    /** @type {Place} */
    const last = [left + side + out, top + side + out];
    return out ? [last] : [[left, top], [left + side, top], [left, top + side], last];
  }

  /** @param {number} x @param {number} y @param {string} colour @param {number} ratio */
  function handle(x, y, colour, ratio) {
    const side = 9 * ratio;
    pen.fillStyle = colour;
    pen.strokeStyle = '#fff';
    pen.lineWidth = 1.5 * ratio;
    pen.fillRect(x - side / 2, y - side / 2, side, side);
    pen.strokeRect(x - side / 2, y - side / 2, side, side);
  }

  // ---- hands -----------------------------------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  function place(event) {
    const bounds = canvas.getBoundingClientRect();
    const unit = (value.width + 2 * margin()) / bounds.width;
    return { x: (event.clientX - bounds.left) * unit - margin(), y: (event.clientY - bounds.top) * unit - margin() };
  }

  /** What a press there would do: 'zoom' at a corner, 'move' within the window, else 'fetch' the window.
   * @param {Frame} box @param {MouseEvent} event */
  function actAt(box, event) {
    const { x, y } = place(event);
    const ratio = canvas.width / canvas.clientWidth;
    const touched = event instanceof PointerEvent && event.pointerType === 'touch';
    const reach = (touched ? 22 : 11) * ratio;
    const [across, along] = [(x + margin()) * scale(), (y + margin()) * scale()];
    const half = Math.max(box.size / 2, (9 * ratio) / scale());
    const inside = Math.abs(x - box.x) <= half && Math.abs(y - box.y) <= half;
    const small = box.size * scale() < 44 * ratio;
    if (small && inside) return 'move';
    if (corners(box).some(([left, top]) => Math.hypot(left - across, top - along) <= reach)) return 'zoom';
    return inside ? 'move' : 'fetch';
  }

  const TITLES = {
    move: say('Drag to move the window; the wheel zooms it'),
    zoom: say('Drag to zoom the window'),
    fetch: say('Press to fetch the window here'),
    '': '',
  };
  /** @param {Act} act */
  function point(act) {
    hover = act;
    canvas.title = TITLES[act];
    const cursors = { move: grip ? 'grabbing' : 'grab', zoom: 'nwse-resize', fetch: 'crosshair', '': 'default' };
    canvas.style.cursor = cursors[act];
    refresh();
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (!box || !event.isPrimary || event.button !== 0) return;
    letGo(); // of the keys
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const act = actAt(box, event);
    const from = place(event);
    const apart = act === 'fetch' ? { x: 0, y: 0 } : { x: box.x - from.x, y: box.y - from.y };
    const reach = Math.max(Math.abs(apart.x), Math.abs(apart.y), 0.01);
    take({ pointer: event.pointerId, act, dx: apart.x, dy: apart.y, zoom: box.size / reach });
    if (act === 'fetch') move(from);
    point(act === 'fetch' ? 'move' : act);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!box || !event.isPrimary) return;
    if (!grip || grip.pointer === 'keys' || grip.pointer !== event.pointerId) return point(actAt(box, event));
    const { x, y } = place(event);
    if (grip.act === 'zoom') move({ size: grip.zoom * Math.max(Math.abs(x - box.x), Math.abs(y - box.y)) });
    else move({ x: x + grip.dx, y: y + grip.dy });
  });
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) {
    canvas.addEventListener(name, (event) => {
      if (grip?.pointer !== event.pointerId) return;
      letGo();
      point(name === 'pointerup' && box ? actAt(box, event) : '');
    });
  }
  canvas.addEventListener('pointerleave', () => {
    if (!grip) point('');
  });

  // The wheel zooms only over the window, and never when a page that is being scrolled passes under the mouse.
  window.addEventListener(
    'scroll',
    () => {
      scrolled = performance.now();
    },
    { capture: true, passive: true, signal: alive.signal },
  );
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (!box || event.ctrlKey || performance.now() - scrolled < 300 || actAt(box, event) === 'fetch') return;
      event.preventDefault();
      const turn = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
      nudge({ size: box.size * Math.exp(-clamp(turn, -200, 200) / 600) });
    },
    { passive: false },
  );

  /** @type {Record<string, Place>} */
  const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  /** @type {Record<string, number>} */
  const SIZES = { '+': ZOOM, '=': ZOOM, '-': 1 / ZOOM, _: 1 / ZOOM, '−': 1 / ZOOM };
  canvas.addEventListener('keydown', (event) => {
    const { key } = event;
    if (!box || event.ctrlKey || event.metaKey || event.altKey || !(key in ARROWS || key in SIZES)) return;
    event.preventDefault();
    if (key in ARROWS) nudge({ x: box.x + ARROWS[key][0], y: box.y + ARROWS[key][1] });
    else nudge({ size: box.size * SIZES[key] });
    find('.spoken').textContent = find('.where').textContent;
  });
  root.addEventListener('click', (event) => {
    const act = /** @type {Element} */ (event.target).closest('button')?.dataset.act;
    if (!box || !act) return;
    nudge({ size: box.size * (act === 'larger' ? ZOOM : 1 / ZOOM) });
    find('.spoken').textContent = find('.where').textContent;
  });

  // Colours are read when painting, so a change of theme or size asks for it again.
  alive.onSize(canvas, refresh);
  alive.onTheme(refresh);

  watch('value', load);
  load();
}
