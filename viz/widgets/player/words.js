// @ts-check
// The steps in words: what a person who does not see the animation reads of it, and by which they go through it.
import { openValues, SLOT } from '../narrator/values.js';
import { say } from '../say.js';

/** @import { Note, Player } from '../payload.d.ts' */
/** @import { Decoded } from './draw.js' */
/** @import { State } from './state.js' */
/** @typedef {Pick<Decoded, 'spec' | 'data' | 'reveal'>} Film */

const [COMMA, SEMICOLON] = [say(', '), say('; ')];
/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const capital = (/** @type {string} */ text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const moves = (/** @type {string | undefined} */ text) => Boolean(text?.includes('[['));

/** Which step `step`, from 0, is, as within a sentence. @param {Player} value @param {number} step */
export const called = ({ moment, steps }, step) =>
  moment.replace('[[step]]', String(step + 1)).replace('[[steps]]', String(steps));

/** The rows of a note's table as one sentence, still with its slots. @param {string[][]} rows */
function told(rows) {
  const heads = rows[0]?.[0] === '' ? rows[0] : [];
  const cells = (/** @type {string[]} */ [name, ...texts]) => {
    const parts = texts.map((text, i) => (texts.length > 1 && heads[i + 1] ? `${heads[i + 1]} ${text}` : text));
    return say('{name}: {texts}', { name, texts: parts.join(COMMA) });
  };
  const said = rows.slice(heads.length ? 1 : 0).map(cells);
  return said.length ? say('{sentence}.', { sentence: capital(said.join(SEMICOLON)) }) : '';
}

/** The share of ink in picture `cell` at a step, in %.
 * @param {Film} panel decoded, of one channel @param {number} step @param {number} cell */
function inkOf({ spec, data, reveal }, step, cell) {
  const area = spec.height * spec.width;
  const first = (Math.min(step, spec.frames - 1) * spec.cells + cell) * area;
  let ink = 0;
  for (let i = 0; i < area; i += 1) if (!reveal || reveal[cell * area + i] <= step) ink += data[first + i];
  return ((100 * ink) / 255 / area).toFixed(1);
}

/**
 * A sentence for each step, as HTML: the narrator's with its numbers; where that has none, those of its table; of a
 * painting without a narrator what each step cost, or how much ink there is.
 * @param {Player} value @param {number} cell @param {Film} [panel] the decoded panel that moves
 */
export function sentences(value, cell, panel) {
  const { steps, moment } = value;
  /** @type {Partial<Note>} */
  const note = value.note ?? {};
  const values = openValues(value);
  if (panel?.spec.channels === 1)
    values.ink = { longest: '', text: (step, each) => inkOf(panel, step, Math.min(each, panel.spec.cells - 1)) };
  const title = moves(note.title) ? note.title : capital(moment);
  const parts = [note.html, moves(note.html) ? '' : told(note.rows ?? [])];
  if (!parts.some(moves) && values.ink) parts.push(say('[[ink]] % of the picture is ink.'));
  const template = say('<b>{title}.</b> {text}', { title: title ?? '', text: parts.filter(Boolean).join(' ') });
  return Array.from({ length: steps }, (_, step) =>
    template.replace(SLOT, (_slot, name) => escaped(values[name]?.text(step, cell) ?? '')),
  );
}

/**
 * The list of steps below the player `root`, which is written when it is opened.
 * @param {HTMLElement} root @param {State} state @param {() => Film | undefined} panel
 */
export function stepList(root, state, panel) {
  const [button, list] = ['[data-act="words"]', '.steps'].map(
    (name) => /** @type {HTMLElement} */ (root.querySelector(name)),
  );
  /** @type {Player | null} */
  let value = null;
  let cell = 0;
  /** @type {HTMLElement | null} */
  let current = null;

  function write() {
    ({ value, cell } = state);
    current = null;
    const item = (/** @type {string} */ text, /** @type {number} */ step) =>
      `<li><button type="button" tabindex="-1" data-act="jump" data-step="${step}">${text}</button></li>`;
    list.innerHTML = value ? sentences(value, cell, panel()).map(item).join('') : '';
  }

  /** Mark the step that is shown; the focus goes along. */
  function follow() {
    if (list.hidden) return;
    if (value !== state.value || cell !== state.cell) write();
    const next = /** @type {HTMLElement | null} */ (list.children[state.step]?.firstElementChild ?? null);
    if (!next || next === current) return;
    const focused = list.contains(document.activeElement);
    if (current) current.tabIndex = -1;
    current?.removeAttribute('aria-current');
    next.tabIndex = 0;
    next.setAttribute('aria-current', 'step');
    current = next;
    if (focused) next.focus({ preventScroll: true });
    const { offsetTop, offsetHeight } = /** @type {HTMLElement} */ (next.parentElement);
    list.scrollTop = Math.min(offsetTop, Math.max(list.scrollTop, offsetTop + offsetHeight - list.clientHeight));
  }

  return {
    follow,
    toggle() {
      list.hidden = !list.hidden;
      button.setAttribute('aria-expanded', String(!list.hidden));
      follow();
    },
  };
}
