// @ts-check
// The standing half of the player: its elements, their sizes and their words.
import { clamp, make } from '../base.js';
import { say } from '../say.js';
import { COLOURS, DASHES, drawFilm, drawLine, drawPanel, readPalette, rounded } from './draw.js';
import { called as calledIn, stepList } from './words.js';

/** @import { Step, Widget } from '../gradio.d.ts' */
/** @import { Group, Panel, Player } from '../payload.d.ts' */
/** @import { Bars, Decoded, Rect } from './draw.js' */
/** @import { State, View } from './state.js' */

const NARROWEST = 160; // CSS px a panel needs beside others
/** @param {string[]} parts of which some may be empty */
const listed = (parts) => parts.filter(Boolean).reduce((all, next) => say('{all}, {next}', { all, next }));
/** CSS px of the stage's height: a wall is larger than a laptop. */
const tallest = () => Math.max(420, 0.5 * innerHeight - 30);
const CROWD = 40; // more pictures than this stand close together
const TILE = 64; // CSS px of a picture in a table, which may be taller than that
const LONGEST_FILM = 32; // thumbnails

/** The legend before a title: the line style of the panel's marks, the scale of a heat map, or the plain colour.
 * @param {Panel} spec @param {string[]} kinds */
function swatch(spec, kinds) {
  const colour = `var(--easel-${COLOURS[kinds[0] || spec.room] || 'muted'})`;
  const node = make('span', kinds.length ? 'swatch' : spec.map === 'room' ? 'swatch ramp' : 'swatch plain');
  node.style.setProperty('--colour', colour);
  if (!kinds.length) return node;
  const dashed = DASHES[kinds[0]].length; // 3 + 2.5 twice a side, starting inside a dash: every corner is drawn
  const style = dashed
    ? `rx="0" stroke-dasharray="${kinds[0] === 'write' ? '3 2.5" stroke-dashoffset="1.5"' : '1.5 1.25"'}`
    : 'rx="2.5"';
  node.innerHTML = `<svg viewBox="0 0 14 14" aria-hidden="true"><rect x="1.5" y="1.5" width="11" height="11" ${style}/></svg>`;
  return node;
}

/** What stands before a row or above a column of a table. @param {string} text */
function buildHead(text) {
  const head = make('span', 'head');
  head.textContent = text;
  return head;
}

/** What stands above the first picture of a group: who made those that follow. @param {Group} group */
function buildGroup({ title }) {
  const group = make('span', 'group');
  group.textContent = title;
  return group;
}

/**
 * What a picture of several is called: where it stands in a table, else its number, and what stands below it.
 * @param {Panel} spec @param {number} i
 */
export function nameOf({ heads, labels }, i) {
  const columns = heads?.columns.length ?? 1;
  const place = heads
    ? `${heads.rows[Math.floor(i / columns)]}, ${heads.columns[i % columns]}`
    : say('Picture {n}', { n: i + 1 });
  return labels?.[i] ? `${place}: ${labels[i]}` : place;
}

/**
 * The functions that build, measure and word the player at `root`; `state` is what player.js knows, and `panels`, `views`,
 * `reelView` and `palette` in it are set here.
 * @param {Widget} root @param {{player: string, panels: number, empty: string}} props @param {State} state
 */
export function standing(root, props, state) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const [stage, line, film, reel] = ['.stage', '.line', '.film', '.reel'].map(find);
  const chart = /** @type {HTMLCanvasElement} */ (line.firstElementChild);
  const words = stepList(root, state, () => filmPanel());
  /** What is on the stage, where something is. */
  const shown = () => /** @type {Player} */ (state.value);
  const palette = () => (state.palette ??= readPalette(root, devicePixelRatio || 1));
  const steps = () => shown().steps;
  const called = (/** @type {number} */ step) => calledIn(shown(), step);

  // ---- building the DOM ------------------------------------------------------------------------------------------

  /** @param {boolean} on */
  function flag(on) {
    state.playing = on;
    root.dataset.playing = String(on);
    find('[data-act="play"]').setAttribute('aria-label', on ? say('Pause') : say('Play'));
  }

  /** @param {Panel} spec @param {string[]} kinds @returns {View} */
  function buildPanel(spec, kinds) {
    const figure = make('figure', 'panel');
    const title = make('figcaption', 'title');
    const name = make('span');
    name.textContent = spec.title;
    title.append(swatch(spec, kinds), name);
    const canvas = make('canvas', '', { role: 'img', 'aria-label': spec.title });
    const box = make('div', 'box');
    const cells = make('div', spec.heads || spec.cells > CROWD ? 'cells table' : 'cells');
    cells.style.gridTemplateColumns = `${spec.heads ? 'auto ' : ''}repeat(${columnsOf(spec)}, minmax(0, 1fr))`;
    if (spec.heads) cells.append(...['', ...spec.heads.columns].map(buildHead));
    /** @type {View} */
    const view = { canvas, box, pics: [], labels: [], rects: [], paths: [] };
    for (let i = 0; i < spec.cells; i += 1) {
      if (spec.heads && i % columnsOf(spec) === 0) cells.append(buildHead(spec.heads.rows[i / columnsOf(spec)]));
      const group = spec.groups?.find(({ at }) => at === i);
      if (group) cells.append(buildGroup(group));
      const cell = make('div', 'cell');
      const pic =
        spec.cells === 1
          ? make('div', 'pic')
          : make('button', 'pic', { type: 'button', 'data-act': 'pick', 'data-cell': i });
      pic.style.aspectRatio = `${spec.width} / ${spec.height}`;
      view.pics.push(pic);
      cell.append(pic);
      if (spec.labels) {
        view.labels.push(make('span', 'label'));
        cell.append(view.labels[i]);
      }
      cells.append(cell);
    }
    box.append(cells, canvas);
    figure.append(title, box);
    stage.append(figure);
    return view;
  }

  /** @param {Panel} spec */
  const columnsOf = (spec) =>
    spec.cells === 1 ? 1 : Math.min(spec.cells, shown().columns || Math.ceil(Math.sqrt(spec.cells)));
  /** @param {Panel} spec */
  const widest = (spec) => (spec.heads ? 44 + TILE * columnsOf(spec) : tallest() * aspectOf(spec));
  /** @param {Panel} spec */
  const aspectOf = (spec) => (columnsOf(spec) * spec.width) / (Math.ceil(spec.cells / columnsOf(spec)) * spec.height);

  /**
   * Panels stand side by side, equally high; where one would be narrower than 160 px they wrap. On a phone, where the
   * stage stays in sight, single pictures may be smaller.
   * @param {number[]} aspects
   */
  function arrangeStage(aspects, most = aspects.map((aspect) => tallest() * aspect)) {
    const narrow = root.clientWidth < 2 * NARROWEST + 40 && !state.panels.some(({ spec }) => spec.cells > 1);
    const [gap, least] = narrow ? [10, NARROWEST / 2] : [18, NARROWEST];
    const total = aspects.reduce((sum, aspect) => sum + aspect, 0);
    const room = root.clientWidth - gap * (aspects.length - 1);
    const fits = Math.min(...aspects) * (room / total) >= least;
    const abreast = Math.max(1, Math.min(aspects.length, Math.floor((root.clientWidth + gap) / (least + gap))));
    stage.style.columnGap = `${gap}px`;
    stage.style.maxWidth = `${most.reduce((sum, width) => sum + width, 0) + gap * (aspects.length - 1)}px`;
    stage.style.gridTemplateColumns = fits
      ? aspects.map((aspect) => `minmax(0, ${aspect / total}fr)`).join(' ')
      : `repeat(${abreast}, minmax(0, 1fr))`;
  }

  function filmPanel() {
    const moving = state.panels.filter((panel) => panel.moving);
    return moving.find(({ spec }) => spec.map !== 'room') || moving[0];
  }

  function buildFilm() {
    const panel = filmPanel();
    const before = film.offsetHeight;
    reel.replaceChildren();
    state.reelView = null;
    if (steps() === 1) {
      film.style.minHeight = `${before}px`; // a still picture keeps the strip's place
      return;
    }
    film.style.minHeight = '';
    film.hidden = !(shown().film && panel);
    if (film.hidden || !panel) return;
    const count = Math.min(
      steps(),
      LONGEST_FILM,
      steps() > LONGEST_FILM ? Math.max(2, Math.floor(root.clientWidth / 46)) : LONGEST_FILM,
    );
    const picked = Array.from({ length: count }, (_, i) =>
      count === 1 ? 0 : Math.round((i * (steps() - 1)) / (count - 1)),
    );
    const canvas = make('canvas', '', {
      role: 'img',
      'aria-label': say('Film strip: {n} of {all} steps', { n: count, all: steps() }),
    });
    const buttons = picked.map((step) => {
      const button = make('button', '', {
        type: 'button',
        tabindex: -1,
        'data-act': 'jump',
        'data-step': step,
        'aria-label': say('Go to {moment}', { moment: called(step) }),
      });
      button.style.aspectRatio = `${panel.spec.width} / ${panel.spec.height}`;
      return button;
    });
    reel.style.maxWidth = `${count * 70}px`;
    reel.append(...buttons, canvas);
    state.reelView = { canvas, buttons, steps: picked, panel, current: null, rects: [], paths: [] };
  }

  /** @param {'shown' | 'idle' | 'kept' | 'none'} how 'idle' before a value, 'kept' (an empty place) or 'none' if it is still */
  function setTransport(how) {
    root.dataset.transport = how;
    for (const part of ['.transport', '.film', '.options']) find(part).inert = how !== 'shown';
  }

  function buildEmpty() {
    const had = state.value;
    stage.replaceChildren();
    for (let i = 0; i < (props.panels || 1); i += 1) {
      const figure = make('figure', 'panel');
      const pic = make('div', 'pic empty');
      pic.style.aspectRatio = '1';
      if (i === 0) pic.append(make('p'));
      figure.append(make('figcaption', 'title'), pic);
      stage.append(figure);
    }
    find('.empty p').innerHTML = props.empty || '';
    for (const text of ['.what', '.count']) find(text).textContent = '';
    chart.width = 0;
    reel.replaceChildren();
    Object.assign(state, { value: null, shape: '', step: 0, cell: 0, pending: false });
    Object.assign(state, { panels: [], views: [], reelView: null });
    flag(false);
    setTransport('idle');
    Object.assign(root.dataset, { step: '0', cell: '0' });
    delete root.dataset.loaded;
    arrangeStage(Array(props.panels || 1).fill(1));
    words.follow();
    if (had) announce();
  }

  // ---- measuring -------------------------------------------------------------------------------------------------

  /** @param {HTMLCanvasElement} canvas @param {HTMLElement[]} boxes @param {number} radius */
  function measure(canvas, boxes, radius) {
    const { ratio } = palette();
    const frame = canvas.getBoundingClientRect();
    canvas.width = Math.round(frame.width * ratio);
    canvas.height = Math.round(frame.height * ratio);
    const rects = boxes.map((box) => {
      const edges = box.getBoundingClientRect();
      const [left, right] = [edges.left, edges.right].map((x) => Math.round((x - frame.left) * ratio));
      const [top, bottom] = [edges.top, edges.bottom].map((y) => Math.round((y - frame.top) * ratio));
      return /** @type {Rect} */ ([left, top, right - left, bottom - top]);
    });
    const paths = rects.map((rect) => {
      const path = new Path2D();
      rounded(path, rect, radius * ratio);
      return path;
    });
    return { rects, paths };
  }

  // Fit every canvas to its box and to the screen's pixels. Reads and writes the layout: on build, resize and theme.
  // In a hidden tab there is nothing to measure: the width stays 0, and what is shown later is laid out then.
  function layout() {
    state.width = root.clientWidth;
    state.palette = readPalette(root, devicePixelRatio || 1);
    if (!state.width) return;
    if (!state.value) {
      arrangeStage(Array(props.panels || 1).fill(1));
      return;
    }
    arrangeStage(
      state.panels.map(({ spec }) => aspectOf(spec)),
      state.panels.map(({ spec }) => widest(spec)),
    );
    if (steps() > LONGEST_FILM) buildFilm();
    for (const view of state.views) {
      const radius = clamp(view.pics[0].clientWidth * 0.05, 3, 10);
      view.box.style.setProperty('--radius', `${radius}px`);
      Object.assign(view, measure(view.canvas, view.pics, radius));
    }
    measure(chart, [], 0);
    if (state.reelView) Object.assign(state.reelView, measure(state.reelView.canvas, state.reelView.buttons, 5));
  }

  function render() {
    if (!state.value || !state.width) return;
    if (palette().ratio !== (devicePixelRatio || 1)) layout();
    state.panels.forEach((panel, i) =>
      drawPanel(panel, state.views[i].canvas, state.views[i], state.step, state.cell, palette(), state.windows),
    );
    if (steps() > 1) drawLine(chart, state.bars, state.step, steps(), palette());
  }

  function renderFilm() {
    if (state.reelView && state.width)
      drawFilm(
        state.reelView.panel,
        state.reelView.canvas,
        state.reelView.rects,
        state.reelView.steps,
        state.cell,
        palette(),
      );
  }

  // ---- saying what is shown --------------------------------------------------------------------------------------

  /** @param {number} cell @returns {Bars | null} */
  function barsOf(cell) {
    const { cost } = state;
    if (!cost || !state.value?.cost) return null;
    const { bars, most } = state.value.cost;
    const count = cost.length / bars;
    const heights = Array.from({ length: bars }, (_, i) => cost[i * count + Math.min(cell, count - 1)]);
    return Object.assign(heights, { most });
  }

  function describe() {
    const { step, cell } = state;
    const value = shown();
    const at = value.steps > 1 ? called(step) : '';
    state.panels.forEach(({ spec }, i) => {
      const grid = spec.cells > 1 ? say('{n} pictures, number {cell} selected', { n: spec.cells, cell: cell + 1 }) : '';
      state.views[i].canvas.setAttribute('aria-label', listed([spec.title, at, grid]));
    });
    const bars = value.steps > 1 && state.bars;
    const unit = value.cost?.unit;
    const spent = bars ? `${bars[Math.floor((step * bars.length) / value.steps)].toFixed(2)} ${unit}` : '';
    line.setAttribute('aria-valuenow', String(step + 1));
    line.setAttribute('aria-valuetext', listed([called(step), spent]));
    find('.count').textContent = `${step + 1} / ${value.steps}`;
    Object.assign(root.dataset, { step, cell });
  }

  function markSelection() {
    for (const { pics } of state.views) {
      if (pics.length === 1) continue;
      pics.forEach((pic, i) => {
        pic.setAttribute('aria-pressed', String(i === state.cell));
        pic.tabIndex = i === state.cell ? 0 : -1;
      });
    }
  }

  function markThumbnail() {
    if (!state.reelView?.rects.length) return;
    let index = state.reelView.steps.filter((step) => step <= state.step).length - 1;
    if (state.step === steps() - 1) index = state.reelView.steps.length - 1;
    const button = state.reelView.buttons[index];
    if (button === state.reelView.current) return;
    state.reelView.current?.removeAttribute('aria-current');
    button.setAttribute('aria-current', 'step');
    state.reelView.current = button;
    const [left, , width] = state.reelView.rects[index].map((length) => length / palette().ratio);
    film.scrollLeft = left + width / 2 - film.clientWidth / 2;
  }

  function announce() {
    const { value, step, cell, playing } = state;
    /** @type {Step} */
    root.easelStep = { player: props.player, step, cell, value, playing }; // for a narrator that mounts later
    window.dispatchEvent(new CustomEvent('easel:step', { detail: root.easelStep }));
  }

  function refresh() {
    render();
    describe();
    markThumbnail();
    words.follow();
    announce();
  }

  return {
    shown,
    steps,
    called,
    flag,
    buildPanel,
    buildFilm,
    buildEmpty,
    filmPanel,
    setTransport,
    layout,
    render,
    renderFilm,
    barsOf,
    markSelection,
    announce,
    refresh,
    words,
  };
}
