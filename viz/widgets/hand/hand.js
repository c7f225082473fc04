// @ts-check
// Collects what a person's hand did; hand.py says how it is written.

import { adopt, note } from '../address/address.js';
import { packed, unpacked } from '../address/subject.js';

const DONE = /^(\d{1,2})(m-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?,\d+(?:\.\d+)?|[pe][\w-]{131})$/;

/** What was done, by stroke and kind, "2m"; null if it cannot be read. @param {string} text @param {number} strokes */
export function parse(text, strokes) {
  /** @type {Map<string, string>} */
  const done = new Map();
  for (const each of text ? text.split('*') : []) {
    const [, at, what] = DONE.exec(each) ?? [];
    if (!what || Number(at) < 1 || Number(at) > strokes) return null;
    done.set(at + what[0], what.slice(1));
  }
  return done;
}

/** @param {Map<string, string>} done */
export function written(done) {
  const order = [...done].sort(([a], [b]) => parseInt(a, 10) - parseInt(b, 10) || a.localeCompare(b));
  return order.map(([key, what]) => key + what).join('*');
}

/** @param {{element: HTMLElement}} gradio */
export default function start({ element }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('[data-name]'));
  const { tab, name, usual, strokes } = /** @type {Record<string, string>} */ ({ ...root.dataset });

  /** @param {string} text */
  function take(text) {
    if (!parse(text, Number(strokes))) return false;
    root.dataset.value = text;
    note(tab, name, text);
    return true;
  }

  /** @param {Record<string, string>} changes by kind; nothing takes away what there was */
  function change(changes) {
    const done = parse(String(root.dataset.value), Number(strokes)) ?? new Map();
    const at = paper().dataset.at;
    for (const [kind, what] of Object.entries(changes)) {
      if (what) done.set(at + kind, what);
      else done.delete(at + kind);
    }
    take(written(done));
  }

  const paper = () => /** @type {HTMLElement} */ (document.querySelector(`#${tab}-under [data-at]`));
  const round = (/** @type {number} */ value) => String(Math.round(100 * value) / 100);
  /** @param {string} id @param {string} event @param {(detail: any) => void} heard */
  function listen(id, event, heard) {
    document.addEventListener(event, (each) => {
      if (!element.isConnected) return;
      if (/** @type {Element} */ (each.target).closest(`#${id}`)) heard(/** @type {CustomEvent} */ (each).detail);
    });
  }
  listen(`${tab}-aim`, 'easel:aim', ({ x, y, size }) => change({ m: [x, y, size].map(round).join(',') }));
  listen(`${tab}-canvas`, 'easel:edit', ({ pixels }) => {
    const base = unpacked(paper().dataset.bits ?? '', 255) ?? new Uint8Array(pixels.length);
    /** @param {ArrayLike<number>} has @param {ArrayLike<number>} had */
    const more = (has, had) => Uint8Array.from(has, (ink, i) => Number(ink && !had[i]));
    /** @param {Uint8Array} cells */
    const bits = (cells) => (cells.some(Boolean) ? packed(cells) : '');
    change({ p: bits(more(pixels, base)), e: bits(more(base, pixels)) });
  });
  root.addEventListener('easel:hand', (event) => take(/** @type {CustomEvent} */ (event).detail));
  root.dataset.value = usual;
  adopt(tab, name, { usual, apply: take });
}
