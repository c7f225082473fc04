// @ts-check
// The numbers and words of a note, [[name]] in its templates, at each step and for each picture.
import { bytes, decimal, floats } from '../base.js';
/** @import { Player, Value, Words } from '../payload.d.ts' */

/** @typedef {(step: number, cell: number) => string} Say */
/** @typedef {{text: Say, longest: string, words?: boolean, at?: (step: number, cell: number) => number}} Named */

export const SLOT = /\[\[(\w+)\]\]/g;

/** @param {Value} spec */
function formatter({ digits, percent }) {
  const places = digits ?? (percent ? 0 : 2);
  return (/** @type {number} */ number) => {
    if (!Number.isFinite(number)) return Number.isNaN(number) ? '–' : number > 0 ? '∞' : '−∞';
    return percent ? `${(100 * number).toFixed(places)} %` : decimal(number, places);
  };
}

/** An axis of length 1 holds for all steps or all cells. A value is a number or one of a few words.
 * @param {Value | Words} spec @returns {Named} */
function openValue(spec) {
  const [steps, cells] = spec.shape;
  const words = 'words' in spec ? spec.words : null;
  const numbers = 'words' in spec ? bytes(spec.index) : floats(spec.data);
  const format = 'words' in spec ? (/** @type {number} */ index) => spec.words[index] : formatter(spec);
  /** @param {number} step @param {number} cell */
  const at = (step, cell) => numbers[Math.min(step, steps - 1) * cells + Math.min(cell, cells - 1)];
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; !words && i < numbers.length; i++) {
    if (numbers[i] < least) least = numbers[i];
    if (numbers[i] > most) most = numbers[i];
  }
  const texts = words || [least, most].map(format);
  const longest = [...texts].sort((a, b) => b.length - a.length)[0];
  return { at, text: (step, cell) => format(at(step, cell)), longest, words: Boolean(words) };
}

/** Those of the players' values that are on the page: three widgets read the same.
 * @type {WeakMap<Player, Record<string, Named>>} */
const known = new WeakMap();

/** Each value by its name: its `text` and, of numbers, what they are `at` (step, cell), both from 0.
 * @param {Player} value */
export function openValues(value) {
  const values = known.get(value) ?? opened(value);
  known.set(value, values);
  return values;
}

/** @param {Player} value */
function opened({ steps, cells, note }) {
  /** @param {Say} text @param {string} longest */
  const fixed = (text, longest) => ({ text, longest });
  /** @type {Record<string, Named>} */
  const values = {
    step: fixed((step) => String(step + 1), String(steps)),
    steps: fixed(() => String(steps), String(steps)),
    cell: fixed((_, cell) => String(cell + 1), String(cells)),
    cells: fixed(() => String(cells), String(cells)),
  };
  for (const [name, spec] of Object.entries(note?.values || {})) values[name] = openValue(spec);
  return values;
}
