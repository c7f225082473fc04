// @ts-check
// The one subject of the page, and of all pages: a digit and what of it is covered. It stands in the address, else in the
// browser's storage, else it is the usual one. Only what a person made here is stored: a link that somebody sent does not
// take the place of one's own drawing.

import { adopt, note } from './address.js';

export const SIDE = 28;
const CELLS = SIDE * SIDE;
const SHELF = 'easel-subject';
/** @type {Record<string, (x: number, y: number) => boolean>} */
const COVERS = {
  none: () => false,
  lower: (_, y) => y >= SIDE / 2,
  right: (x) => x >= SIDE / 2,
  centre: (x, y) => Math.abs(x + 0.5 - SIDE / 2) < SIDE / 4 && Math.abs(y + 0.5 - SIDE / 2) < SIDE / 4,
};

/** `pixels` 0 or 255, `hidden` 0 or 1, row by row; `done` is false while a brush moves. */
export const subject = {
  pixels: new Uint8Array(CELLS),
  hidden: new Uint8Array(CELLS),
  done: true,
  digit: '',
  cover: '',
};
/** @type {string[]} texts of the examples, which are named by their number */
let examples = [];
/** @type {Set<(now: typeof subject) => void>} */
const watchers = new Set();

/** @param {ArrayLike<number>} cells */
export function packed(cells) {
  const bytes = new Uint8Array(Math.ceil(cells.length / 8));
  for (let i = 0; i < cells.length; i += 1) if (cells[i]) bytes[i >> 3] |= 128 >> (i & 7);
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The cells behind a text, each 0 or `mark`; null if it is none of ours.
 * @param {string} text @param {number} mark @param {number} [length] */
export function unpacked(text, mark, length = CELLS) {
  if (text.length !== Math.ceil((Math.ceil(length / 8) * 4) / 3) || !/^[\w-]*$/.test(text)) return null;
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from({ length }, (_, i) => (bytes.charCodeAt(i >> 3) & (128 >> (i & 7)) ? mark : 0));
}

/** @param {ArrayLike<number>} pixels */
function digitText(pixels) {
  const text = packed(pixels);
  const place = examples.indexOf(text);
  return place < 0 ? text : String(place);
}

/** @param {string} text */
function digitOf(text) {
  return unpacked(/^\d{1,2}$/.test(text) ? (examples[Number(text)] ?? '') : text, 255);
}

/** @param {(x: number, y: number) => boolean} test */
const cells = (test) => Uint8Array.from({ length: CELLS }, (_, i) => Number(test(i % SIDE, Math.floor(i / SIDE))));

/** @param {ArrayLike<number>} hidden */
function coverText(hidden) {
  const text = packed(hidden);
  return Object.keys(COVERS).find((name) => packed(cells(COVERS[name])) === text) ?? text;
}

/** @param {string} text */
const coverOf = (text) => (text in COVERS ? cells(COVERS[text]) : unpacked(text, 1));

/** @param {(now: typeof subject) => void} watcher called whenever the subject has changed */
export function onSubject(watcher) {
  watchers.add(watcher);
}

function tell() {
  for (const watcher of watchers) watcher(subject);
}

/** The person, or a picture that they brought, has changed the subject.
 * @param {Uint8Array} pixels @param {Uint8Array} hidden @param {boolean} done */
export function change(pixels, hidden, done) {
  Object.assign(subject, { pixels: pixels.slice(), hidden: hidden.slice(), done });
  if (done) {
    Object.assign(subject, { digit: digitText(pixels), cover: coverText(hidden) });
    try {
      localStorage.setItem(SHELF, JSON.stringify([subject.digit, subject.cover]));
    } catch {
      // refused or full: the address still says it
    }
    note('', 'digit', subject.digit);
    note('', 'cover', subject.cover);
  }
  tell();
}

/** What a page's visitor has in hand, for those who look from outside. */
Object.assign(window, { easelDigit: () => subject });

/** @param {"digit" | "cover"} name @param {string} text */
function restore(name, text) {
  const found = name === 'digit' ? digitOf(text) : coverOf(text);
  if (!found) return false;
  subject[name === 'digit' ? 'pixels' : 'hidden'] = found;
  subject[name] = text;
  subject.done = true;
  tell();
  return true;
}

/** @returns {[unknown, unknown]} */
function stored() {
  try {
    const [digit, cover] = JSON.parse(localStorage.getItem(SHELF) ?? '[]');
    return [digit, cover];
  } catch {
    return [undefined, undefined];
  }
}

/** Begin with the subject of the address, of last time, or the one that stands there, which is the usual one.
 * @param {string[]} texts of the examples @param {{pixels: Uint8Array, hidden: Uint8Array}} there */
export function begin(texts, there) {
  examples = texts;
  const usual = [digitText(there.pixels), coverText(there.hidden)];
  const last = stored();
  /** @type {("digit" | "cover")[]} */
  const names = ['digit', 'cover'];
  names.forEach((name, i) => {
    if (!(typeof last[i] === 'string' && restore(name, last[i]))) restore(name, usual[i]);
    adopt('', name, { usual: usual[i], apply: (text) => restore(name, text) });
    note('', name, subject[name]);
  });
  window.addEventListener('storage', (event) => {
    if (event.key !== SHELF || event.newValue === null) return;
    const next = stored();
    names.forEach((name, i) => {
      if (typeof next[i] === 'string' && next[i] !== subject[name] && restore(name, next[i])) note('', name, next[i]);
    });
  });
}
