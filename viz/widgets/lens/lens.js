// @ts-check
// The lens in the page; lens.py says what goes in and out.
import { adopt, current, note, onControl, ready } from '../address/address.js';
import { onSubject, subject } from '../address/subject.js';
import { bytes, clamp, life, make, onceAFrame, reporter } from '../base.js';
import { say } from '../say.js';
import { paint, readPalette } from './draw.js';

/** @import { Gradio } from '../gradio.d.ts' */
/** @import { Board, View } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */
/** @import { Pixel, Seen, Told } from './draw.js' */

/** @param {Gradio<{ value: Board | null }>} gradio */
export default function start({ element, trigger, props, watch }) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const [root, shelf] = ['.easel-lens', '.views'].map(find);
  const large = /** @type {HTMLCanvasElement} */ (find('.large canvas'));
  const alive = life(root);
  const send = reporter(trigger);
  const refresh = onceAFrame(paintAll);
  // What the address calls them.
  const { tabName: tab = '', pixelName = '', modelName = '', brokenName, breaksName = '' } = root.dataset;
  /** Nothing is drawn before there is one. @type {Told} */
  let board;
  /** Of each view. @type {{button: HTMLElement, canvas: HTMLCanvasElement, title: HTMLElement, count: HTMLElement}[]} */
  let places = [];
  /** Key of the large view. @type {string | null} */
  let chosen = null;
  /** Where the arrow keys or the mouse are. @type {Pixel | null} */
  let cursor = null;
  let inView = false;
  let came = false; // a picture of its own, in the place of the blank one that it begins with

  const spot = () => board.views.find((view) => view.key === chosen) ?? board.views[0];

  // ---- values and requests -----------------------------------------------------------------------------------------

  function load() {
    const { value } = props;
    if (!value?.views || value.id === root.dataset.loaded) return;
    root.dataset.loaded = value.id;
    if (board && !(value.own && value.views.length > 1)) return hear(value);
    const before = board;
    const views = value.views.map(opened);
    board = { ...value, pixels: bytes(value.pixels), views };
    came = Boolean(before);
    if (before) {
      const [row, column] = [Math.min(before.row, board.height - 1), Math.min(before.column, board.width - 1)];
      Object.assign(board, { row, column, eager: before.eager });
    }
    if (!views.some(({ key }) => key === chosen)) chosen = value.choose;
    buildShelf();
    show();
    if (board.eager) ask();
  }

  /** @param {View} view @returns {Seen} */
  function opened(view) {
    const { heat, kind, ...said } = view;
    return {
      ...said,
      missing: !heat || !kind,
      heat: heat ? bytes(heat) : undefined,
      kind: kind ? bytes(kind) : undefined,
    };
  }

  /** The answer of one model, unless it is about a pixel, a picture or a mask that is no longer asked about. @param {Board} value */
  function hear(value) {
    const { row, column, broken, whose } = board;
    const here = value.row === row && value.column === column;
    const same = here && value.broken === broken && value.whose === whose;
    if (same && bytes(value.pixels).every((ink, i) => ink === board.pixels[i])) {
      const view = opened(value.views[0]);
      board.views = board.views.map((each) => (each.key === view.key ? view : each));
      show();
    }
    ask();
  }

  /** Nothing is known any more of these views; until the answers come their places keep what they show, paler. */
  function forget(views = board.views) {
    for (const view of views) view.missing = true;
    show();
    if (board.eager) ask();
  }

  // One model a request: the chosen one first, then the others in turn.
  function ask() {
    const next = [spot(), ...board.views].find((view) => view.missing);
    if (!next || !board.eager || !inView || !subject.done || (board.own && !came)) return;
    send('point', { row: board.row, column: board.column, model: next.key });
  }

  /** @param {number} row @param {number} column */
  function point(row, column) {
    const same = row === board.row && column === board.column && board.eager;
    Object.assign(board, { row, column, eager: true });
    note(tab, pixelName, `${row},${column}`);
    forget(same ? [] : board.views);
  }

  /** @param {string} key */
  function choose(key) {
    chosen = key;
    note(tab, modelName, key);
    show();
  }

  // ---- elements ----------------------------------------------------------------------------------------------------

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
    Object.assign(root.dataset, {
      row: String(board.row),
      column: String(board.column),
      chosen: view.key,
      missing: String(board.views.filter((each) => each.missing).length),
      ink: String(board.pixels.filter((ink) => ink > 0).length),
    });
    root.classList.toggle('alarm', Boolean(view.alarm && !view.missing));
    const sentence = find('.sentence');
    if (!view.missing || !view.kind) sentence.innerHTML = view.html;
    find('.where').textContent = say('Row {row}, column {column}', { row: board.row + 1, column: board.column + 1 });
    places.forEach(({ button, title, count }, i) => {
      const each = board.views[i];
      button.setAttribute('aria-pressed', String(each.key === view.key));
      button.classList.toggle('alarm', Boolean(each.alarm && !each.missing));
      title.textContent = each.title;
      count.textContent = !each.missing ? each.count : board.eager ? '…' : '';
    });
    refresh();
  }

  function paintAll() {
    if (!board) return;
    const palette = readPalette(root);
    paint(large, board, spot(), palette, true, cursor);
    places.forEach(({ canvas }, i) => paint(canvas, board, board.views[i], palette, false));
  }

  // ---- hands -------------------------------------------------------------------------------------------------------

  /** @param {MouseEvent} event @returns {Pixel} */
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

  /** @type {Record<string, Place>} */
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
    const state = board.pixels[cursor.row * board.width + cursor.column] ? say('ink') : say('empty');
    find('.spoken').textContent = say('row {row}, column {column}, {state}', {
      row: cursor.row + 1,
      column: cursor.column + 1,
      state,
    });
    refresh();
  });
  large.addEventListener('blur', () => {
    cursor = null;
    refresh();
  });

  root.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button');
    if (!button || !board) return;
    if (button.dataset.act === 'ask') return point(board.row, board.column);
    choose(String(button.dataset.key));
  });

  // ---- the world around --------------------------------------------------------------------------------------------

  // Nothing is computed for a lens that nobody sees.
  alive.onSight(({ isIntersecting }) => {
    const before = inView;
    inView = isIntersecting;
    if (inView && !before && board?.eager) ask();
  });
  alive.onTheme(refresh);
  alive.onSize(root, refresh);
  /** The page's digit is the picture. @param {typeof subject} now */
  function follow({ pixels }) {
    if (board.own) return ask();
    if (pixels.every((ink, i) => ink === board.pixels[i])) return ask();
    board.pixels = pixels.slice();
    forget();
  }

  /** The mask of one model is broken, or whole again; `shown`: by hand, so that this is what one wants to see.
   * @param {boolean} shown */
  function turn(shown) {
    const broken = current[`${tab}/${brokenName}`] === '1';
    if (broken === board.broken) return;
    board.broken = broken;
    if (shown) choose(breaksName);
    forget(board.views.filter(({ key }) => key === breaksName));
  }

  /** What was trained here stands among the models, or does so no longer. */
  function changeHands() {
    const whose = current[`${tab}/run`] ?? '';
    if (whose === board.whose) return;
    board.whose = whose;
    forget();
  }

  /** The pixel that the address names; nothing is asked before a person does. @param {string} said */
  function goTo(said) {
    const [row, column] = said.split(',').map(Number);
    if (said && !(/^\d+,\d+$/.test(said) && row < board.height && column < board.width)) return false;
    if (said) point(row, column);
    else Object.assign(board, { eager: false });
    return true;
  }

  /** @param {string} key */
  function open(key) {
    if (!board.views.some((view) => view.key === key)) return false;
    if (brokenName) turn(false);
    choose(key);
    return true;
  }

  watch('value', load);
  load();
  if (subject.digit) follow(subject);
  onSubject(follow);
  const first = () => (board.eager ? `${board.row},${board.column}` : '');
  adopt(tab, pixelName, { usual: first(), apply: goTo });
  adopt(tab, modelName, { usual: chosen ?? '', apply: open });
  ready.then(() => {
    changeHands();
    onControl(changeHands);
    if (!brokenName) return;
    turn(false);
    onControl(() => turn(true));
  });
}
