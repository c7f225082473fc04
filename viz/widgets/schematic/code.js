// @ts-check
// The fold below a schematic's formula: the lines of the program that compute each part, fetched when it is opened.

import { make } from '../base.js';
import { say } from '../say.js';

/** @typedef {{part: string, place: string, lines: string[], own: number}} Lines */

/** @param {Lines} told */
function block({ part, place, lines, own }) {
  const box = make('div', 'source', { 'data-part': part });
  const where = make('p', 'place');
  where.textContent = place;
  const code = make('pre', '', { tabindex: 0, 'aria-label': say('Program of {part}, {place}', { part, place }) });
  code.append(
    ...lines.map((line, i) => {
      const each = make('span', i === own ? 'own' : '');
      each.textContent = `${line}\n`;
      return each;
    }),
  );
  box.append(where, code);
  return box;
}

/**
 * @param {() => Promise<Lines[]>} ask
 * @param {() => void} built called when the lines stand there
 */
export function codeFold(ask, built) {
  const fold = /** @type {HTMLDetailsElement} */ (make('details', 'code'));
  const title = make('summary');
  title.textContent = say('The formula as a program');
  const body = make('div', 'sources', { role: 'status' });
  fold.append(title, body);
  fold.addEventListener('toggle', async () => {
    if (!fold.open || body.firstChild) return;
    body.textContent = say('Fetching …');
    try {
      body.replaceChildren(...(await ask()).map(block));
      built();
    } catch {
      body.replaceChildren();
      fold.open = false;
    }
  });
  return {
    fold,
    /** Brings a part's lines into view, if they are there; the page itself never moves. @param {string} part */
    show(part) {
      const mine = /** @type {HTMLElement | null} */ (body.querySelector(`.source[data-part="${part}"]`));
      if (fold.open && mine) body.scrollTo({ top: mine.offsetTop });
    },
  };
}
