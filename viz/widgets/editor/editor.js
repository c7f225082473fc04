// @ts-check
// The pixel editor in the page; editor.py says what goes in and out.

import { adopt, note } from '../address/address.js';
import { begin as beginWith, change, onSubject, packed, subject, unpacked } from '../address/subject.js';
import { border, fitted, life, onceAFrame, stroke as outline, penOf, reporter } from '../base.js';
import { thumbnails } from '../picker/thumbnails.js';
import { say } from '../say.js';
import { centred, strayed } from './centre.js';
import { blank, copy, count, equal, line, masked, parse, randomlyMasked, text } from './picture.js';

/** @import { Gradio } from '../gradio.d.ts' */
/** @import { Place } from '../base.js' */
/** @import { Picture, Pixel, Sent } from './picture.js' */
/**
 * @typedef {'draw' | 'erase' | 'cover' | 'reveal'} Tool
 * @typedef {{before: Picture, at: Pixel | null, changed: boolean, pointer: number | 'keys'}} Stroke
 */

const HISTORY = 100; // steps that can be undone
const PAUSE = 100; // ms between two reports of one stroke
/** @type {Record<number, string[]>} */
const STAMPS = {
  1: ['#'],
  2: ['##', '##'],
  3: ['.#.', '###', '.#.'],
  5: ['.###.', '#####', '#####', '#####', '.###.'],
};
// Ink and erased ground are given pixels, so both lift the cover.
/** @type {Record<Tool, {ink?: number, hide: number}>} */
const TOOLS = { draw: { ink: 255, hide: 0 }, erase: { ink: 0, hide: 0 }, cover: { hide: 1 }, reveal: { hide: 0 } };
// Covering goes over areas, drawing along lines: a covering brush is wider.
const WIDTHS = { draw: [1, 2, 3], erase: [1, 2, 3], cover: [1, 3, 5], reveal: [1, 3, 5] };

/** @param {Gradio<{ value: (Sent & { id: string }) | null }>} gradio */
export default function start({ element, trigger, props, watch }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-editor'));
  const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector('canvas'));
  const spoken = /** @type {HTMLElement} */ (root.querySelector('.spoken'));
  const advice = root.querySelector('.advice');
  const context = penOf(canvas);
  const buttons = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('button[data-act]')]);
  const page = root.querySelector('[data-example]') !== null; // with examples this is the page's one digit
  const [tab, name] = String(root.dataset.address).split('/'); // of the cover of a picture that is not the page's digit

  /** There from the first load on; changed in place only while a stroke lasts. @type {Picture} */
  let picture;
  /** @type {Picture[]} */
  let past = [];
  /** @type {Picture[]} */
  let future = [];
  /** @type {Stroke | null} */
  let stroke = null;
  /** Where the mouse is. @type {Pixel | null} */
  let hover = null;
  let cell = { x: 0, y: 0 }; // where the arrow keys are
  let seed = 0;
  let timer = 0;
  let reported = 0;
  const send = reporter(trigger);
  const refresh = onceAFrame(paint);

  // ---- history and reports ----
  function settle() {
    root.dataset.ink = String(count(picture.pixels));
    root.dataset.hidden = String(count(picture.hidden));
    for (const button of buttons) {
      const { act } = button.dataset;
      // aria-disabled keeps the keyboard's focus where "disabled" would lose it.
      if (act === 'undo') button.setAttribute('aria-disabled', String(past.length === 0));
      else if (act === 'redo') button.setAttribute('aria-disabled', String(future.length === 0));
      else if (act === 'mask-random') button.dataset.seed = seed ? String(seed) : '';
      else if (button.hasAttribute('aria-pressed')) {
        button.setAttribute('aria-pressed', String(act === root.dataset.tool || act === `size-${root.dataset.size}`));
      }
    }
    canvas.title = buttons.find((button) => button.dataset.act === root.dataset.tool)?.title ?? '';
    const said = advice && !stroke ? strayed(picture) : advice?.textContent; // not while the pen is on the paper
    if (advice && advice.textContent !== said) advice.textContent = said ?? '';
    refresh();
  }

  /** @param {boolean} done */
  function tell(done) {
    clearTimeout(timer);
    timer = 0;
    reported = performance.now();
    const { height, width, channels } = picture;
    const value = {
      id: String(root.dataset.loaded),
      height,
      width,
      channels,
      pixels: text(picture.pixels),
      hidden: text(picture.hidden),
      done,
    };
    props.value = value;
    if (page) {
      change(picture.pixels, picture.hidden, done);
      return;
    }
    if (done && name) note(tab, name, packed(picture.hidden));
    send('edit', value);
    root.dispatchEvent(new CustomEvent('easel:edit', { bubbles: true, detail: picture }));
  }

  function tellSoon() {
    timer ||= window.setTimeout(() => tell(false), Math.max(0, reported + PAUSE - performance.now()));
  }

  /** @param {Picture} before */
  function remember(before) {
    past = [...past, before].slice(-HISTORY);
    future = [];
  }

  /** @param {Picture} next */
  function replace(next) {
    if (equal(next, picture)) return settle();
    remember(picture);
    picture = next;
    settle();
    tell(true);
  }

  /** @param {Picture[]} from @param {Picture[]} to */
  function travel(from, to) {
    const next = from.pop();
    if (!next) return;
    to.push(picture);
    picture = next;
    settle();
    tell(true);
  }

  /** Takes the value from Python. It breaks off a stroke, silently: a report would overwrite this very value. */
  function load() {
    clearTimeout(timer);
    timer = 0;
    if (stroke?.changed) remember(stroke.before);
    stroke = null;
    const covered = name && picture ? picture.hidden : null; // its cover stands in the address, its picture under a name
    if (covered) [past, future] = [[], []];
    else if (picture) remember(picture);
    picture = props.value ? parse(props.value) : blank(picture ?? { height: 28, width: 28, channels: 1 });
    if (covered && covered.length === picture.hidden.length) picture.hidden = covered;
    cell = { x: picture.width >> 1, y: picture.height >> 1 };
    canvas.style.aspectRatio = `${picture.width} / ${picture.height}`;
    root.dataset.loaded = props.value ? props.value.id : 'blank';
    settle();
  }

  /** What comes from Python later on, an example or a file, is the drawing, too; Gradio may repeat the value of the start. */
  function take() {
    if (props.value?.id === root.dataset.loaded) return;
    load();
    if (page) change(picture.pixels, picture.hidden, true);
    if (name && props.value) props.value = { ...props.value, hidden: text(picture.hidden) };
  }

  /** The page's digit has become another one, in the address or in another window. @param {typeof subject} now */
  function follow({ pixels, hidden, done }) {
    if (!done || stroke || equal({ ...picture, pixels, hidden }, picture)) return;
    remember(picture);
    picture = { ...picture, pixels: pixels.slice(), hidden: hidden.slice() };
    put();
    settle();
  }

  const now = () => picture;

  /** The picture becomes the value, unheard. */
  function put() {
    const { height, width, channels } = picture;
    const sent = { height, width, channels, pixels: text(picture.pixels), hidden: text(picture.hidden) };
    props.value = { id: String(root.dataset.loaded), ...props.value, ...sent };
  }

  /** The cover that the address names. @param {string} said */
  function cover(said) {
    const hidden = unpacked(said, 1, picture.hidden.length);
    if (!hidden) return false;
    replace({ ...picture, hidden });
    return true;
  }

  /** Another cover at each press. */
  function randomMask() {
    seed += 1;
    root.dataset.seed = String(seed);
    return randomlyMasked(picture, seed);
  }

  // ---- strokes ----
  const tool = () => /** @type {Tool} */ (root.dataset.tool);
  const stamp = () => STAMPS[WIDTHS[tool()][Number(root.dataset.size) - 1]];
  const middle = () => ({ x: cell.x + 0.5, y: cell.y + 0.5 });
  /** Top left pixel of the stamp whose middle is nearest to (x, y). @param {Pixel} place */
  const corner = ({ x, y }) => ({ x: Math.round(x - stamp().length / 2), y: Math.round(y - stamp().length / 2) });

  /** @param {Stroke} stroke @param {number} left @param {number} top */
  function press(stroke, left, top) {
    const { ink: paint, hide } = TOOLS[tool()];
    stamp().forEach((row, j) =>
      [...row].forEach((mark, i) => {
        const x = left + i;
        const y = top + j;
        if (mark !== '#' || x < 0 || y < 0 || x >= picture.width || y >= picture.height) return;
        const at = y * picture.width + x;
        const ink = paint ?? picture.pixels[at]; // colour is only ever covered
        stroke.changed ||= picture.pixels[at] !== ink || picture.hidden[at] !== hide;
        picture.pixels[at] = ink;
        picture.hidden[at] = hide;
      }),
    );
  }

  /** Bresenham's line from the last stamp to the one at `place`: quick strokes have no gaps. @param {Pixel} place */
  function extend(place) {
    if (!stroke) return;
    const to = corner(place);
    for (const { x, y } of line(stroke.at ?? to, to)) press(stroke, x, y);
    stroke.at = to;
    settle();
    if (stroke.changed) tellSoon();
  }

  /** @param {Pixel} place @param {number | 'keys'} pointer */
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
  function paint() {
    const { width, height, channels, pixels, hidden } = picture;
    const ratio = fitted(canvas);
    if (!ratio) return;
    const { width: across, height: along } = canvas;
    // Whole device pixels, so that every edge is hard.
    /** @type {(x: number, y: number) => [number, number]} */
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
        context.fillStyle = `rgb(${pixels.subarray(3 * i, 3 * i + 3).join()})`;
        context.fillRect(left, top, right - left, bottom - top);
      } else if (pixels[i]) ink.rect(left, top, right - left, bottom - top);
    }
    context.fillStyle = '#fff';
    context.fill(ink);
    hatch(cover, room, ratio);
    // Outside the picture counts as covered: the edge of the picture is no border of the cover.
    /** @param {number} x @param {number} y */
    const covered = (x, y) => x < 0 || y < 0 || x >= width || y >= height || hidden[y * width + x];
    outline(context, border(covered, { x: 0, y: 0, width, height }, at), room, 1.5 * ratio);
    const place = hover ?? (canvas.matches(':focus-visible') && middle());
    if (!place) return;
    const rows = stamp();
    const from = corner(place);
    const brush = border(
      (x, y) => rows[y - from.y]?.[x - from.x] === '#',
      { ...from, width: rows.length, height: rows.length },
      at,
    );
    outline(context, brush, '#000', 4 * ratio);
    outline(context, brush, '#fff', 1.5 * ratio);
  }

  /** @param {Path2D} cover @param {string} room @param {number} ratio */
  function hatch(cover, room, ratio) {
    const { width, height } = canvas;
    context.save();
    context.clip(cover);
    for (const { colour, alpha } of [
      { colour: '#fff', alpha: 0.07 },
      { colour: room, alpha: 0.14 },
    ]) {
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
    outline(context, stripes, room, ratio);
    context.restore();
  }

  // ---- hands ----
  /** @param {PointerEvent} event @returns {Pixel} */
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
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) {
    canvas.addEventListener(name, (event) => {
      if (stroke?.pointer === event.pointerId) finish();
    });
  }
  canvas.addEventListener('pointerleave', () => {
    hover = null;
    refresh();
  });

  /** @type {Record<string, Place>} */
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
    const seen = picture.channels === 3 ? say('shown') : picture.pixels[at] ? say('ink') : say('empty');
    const state = picture.hidden[at] ? say('hidden') : seen;
    spoken.textContent = say('row {row}, column {column}, {state}', { row: cell.y + 1, column: cell.x + 1, state });
    refresh();
  });
  canvas.addEventListener('keyup', (event) => {
    if ((event.key === ' ' || event.key === 'Enter') && stroke?.pointer === 'keys') finish();
  });
  canvas.addEventListener('focus', refresh);
  canvas.addEventListener('blur', () => {
    if (stroke?.pointer === 'keys') finish();
    refresh();
  });

  /** @type {Record<string, () => void>} */
  const ACTS = {
    undo: () => travel(past, future),
    redo: () => travel(future, past),
    centre: () => replace(centred(picture)),
    clear: () => replace({ ...picture, pixels: blank(picture).pixels }),
    'mask-lower': () => replace(masked(picture, (_x, y) => y >= picture.height / 2)),
    'mask-right': () => replace(masked(picture, (x) => x >= picture.width / 2)),
    'mask-centre': () =>
      replace(
        masked(
          picture,
          (x, y) =>
            Math.abs(x + 0.5 - picture.width / 2) < picture.width / 4 &&
            Math.abs(y + 0.5 - picture.height / 2) < picture.height / 4,
        ),
      ),
    'mask-random': () => replace(randomMask()),
    'mask-none': () => replace(masked(picture, () => false)),
  };

  root.addEventListener('click', (event) => {
    const { bits, act } = /** @type {Element} */ (event.target).closest('button')?.dataset ?? {};
    const example = bits && unpacked(bits, 255);
    if (example) replace({ ...picture, pixels: example });
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
  const alive = life(root);
  alive.onSize(canvas, refresh);
  alive.onTheme(refresh);

  watch('value', take);
  load();
  if (page) {
    beginWith(thumbnails(root), now());
    follow(subject);
    past = [];
    onSubject(follow);
  } else if (name) adopt(tab, name, { usual: packed(now().hidden), apply: cover });
  // Gradio does not hear of a value that is set while it is mounted.
  if (page || name) setTimeout(put);
}
