// @ts-check
// Asks for a painting when its tab is on the screen and one of its inputs is another than at the last painting.

import { current, onControl, ready } from './address.js';
import { stage } from './busy.js';
import { onSubject, subject } from './subject.js';

const PAUSE = 30; // ms in which several changes become one painting; what a widget's hand bends does not wait for it

/** @param {{element: HTMLElement, trigger: (name: string, data?: object) => void, props: any}} gradio */
export default async function start({ element, trigger, props }) {
  /** @type {{keys: Record<string, string>, usual: Record<string, string>, digit: string[], when: Record<string, [string, string]>,
   *   kept: string[], rest: number, stored: boolean, live: boolean, stage: string}} */
  const { keys, usual, digit, when, kept, rest, stored, live, stage: id } = props.value;
  const picture = stage(id);
  await ready;
  const now = () => {
    /** @type {Record<string, string>} */
    const found = {};
    for (const name of digit) found[name] = `${subject.digit}|${subject.cover}`;
    for (const [name, each] of Object.entries(keys)) found[name] = current[each];
    for (const [name, [each, text]] of Object.entries(when)) if (current[each] !== text) found[name] = painted[name];
    return found;
  };
  /** @type {Record<string, string>} */
  let painted = stored ? usual : {};
  let timer = 0;
  // One object for all: Gradio repeats the first event's data for the latest of several, which is then the newest.
  const report = {};
  /** @param {boolean} live @param {string[]} changed @param {Record<string, string>} wanted */
  const ask = (live, changed, wanted) => {
    const texts = Object.fromEntries(kept.map((name) => [name, wanted[name]]));
    picture.asked();
    trigger('paint', Object.assign(report, { live, changed, kept: texts }));
  };
  /** @param {boolean} [again] */
  const look = (again) => {
    timer = 0;
    if (!element.getClientRects().length || document.visibilityState === 'hidden') return;
    if (Object.values(keys).some((each) => current[each] === undefined)) return; // a widget that is yet to be mounted
    if (digit.length && !subject.done) {
      if (live) ask(true, digit, now());
      for (const name of digit) painted = { ...painted, [name]: '' };
      return;
    }
    const wanted = now();
    const changed = Object.keys(wanted).filter((name) => wanted[name] !== painted[name]);
    if (!changed.length && !again) return;
    painted = wanted;
    element.dataset.asked = String(Number(element.dataset.asked ?? 0) + 1);
    ask(false, again ? Object.keys(wanted) : changed, wanted);
  };
  const soon = () => {
    if (rest) clearTimeout(timer);
    else if (timer) return;
    const wanted = now();
    const bent = Object.keys(wanted).filter((name) => wanted[name] !== painted[name]);
    const alone = bent.length > 0 && bent.every((name) => kept.includes(name));
    timer = setTimeout(look, rest || (alone ? 0 : PAUSE));
  };
  onControl(soon);
  if (digit.length) onSubject(soon);
  new IntersectionObserver(soon).observe(element);
  document.addEventListener('visibilitychange', soon);
  document.addEventListener('easel:again', (event) => {
    if (element.closest(`#${/** @type {CustomEvent<string>} */ (event).detail}`)) look(true);
  });
  document.addEventListener('easel:answered', (event) => {
    if (/** @type {CustomEvent<string>} */ (event).detail === id) picture.answered();
  });
  soon();
}
