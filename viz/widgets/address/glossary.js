// @ts-check
// A term is explained where it first stands in a text, and a control at its title: under the mouse, under a finger, and
// by keyboard.

import { make } from '../base.js';
import { unspaced } from '../say.js';
import { finder, TERMS } from './terms.js';

const { any: ANY, termOf } = finder(TERMS, unspaced);
/** Marks that never begin a line. */
const CLOSING = /^[,.;:!?)，。；：！？、）”]+/;
const PASSED = 'a, button, code, .katex, h1, h2, h3';

const tip = make('div', 'easel-tip', { role: 'tooltip', id: 'easel-tip', hidden: true });

/** Marks the first place of each term in a text. @param {HTMLElement} text */
export function explain(text) {
  const card = text.closest('.easel-card') ?? text;
  const known = new Set([...card.querySelectorAll('.easel-term')].map((each) => termOf(each.textContent ?? '')));
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const nodes = [];
  while (walker.nextNode()) nodes.push(/** @type {Text} */ (walker.currentNode));
  for (const node of nodes) {
    if (!node.parentElement || node.parentElement.closest(PASSED)) continue;
    /** @type {(string | Node)[]} */
    const parts = [];
    let from = 0;
    for (const found of node.data.matchAll(ANY)) {
      const term = termOf(found[0]);
      if (term < 0 || known.has(term)) continue;
      known.add(term);
      const button = make('button', 'easel-term', { type: 'button', 'aria-describedby': 'easel-tip' });
      button.textContent = found[0];
      const end = found.index + found[0].length;
      const [mark] = node.data.slice(end).match(CLOSING) ?? [''];
      const kept = make('span', 'easel-kept'); // a browser would break the line before the mark
      kept.append(button, mark);
      parts.push(node.data.slice(from, found.index), mark ? kept : button);
      from = end + mark.length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(from));
  }
}

/** What there is to say of a control, by the id of its block. @type {Map<string, string>} */
export const hints = new Map();
const TITLE = '[data-testid="block-info"], .checkbox-container';

/** The control at whose title an event happened, or which has got the keyboard. @param {Event} event */
function controlIn({ target, type }) {
  if (!(target instanceof Element)) return null;
  if (type === 'focusin' ? !target.matches(':focus-visible') : !target.closest(TITLE)) return null;
  const block = target.closest('.block[id]');
  return block && hints.has(block.id) ? block : null;
}

/** @param {Element} place @param {string | undefined} says */
function show(place, says) {
  if (!says) return;
  tip.textContent = says;
  tip.hidden = false;
  (document.querySelector('.gradio-container') ?? document.body).append(tip);
  const box = place.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const zoom = width / (tip.offsetWidth || width);
  const left = Math.min(Math.max(8, box.left), innerWidth - width - 8);
  const above = box.bottom + height + 12 > innerHeight;
  const top = above ? box.top - height - 6 : box.bottom + 6;
  Object.assign(tip.style, { left: `${left / zoom}px`, top: `${top / zoom}px` });
}

/** Of a control with the keyboard the tip stands below the whole, and a screen reader hears it, too.
 * @param {Element} control @param {Element} target */
function showHint(control, target) {
  show(target.closest(TITLE) ?? control, hints.get(control.id));
  if (target.matches(':focus')) target.setAttribute('aria-describedby', tip.id);
}

const hide = () => {
  tip.hidden = true;
};

/** @param {Event} event */
const termIn = ({ target }) => (target instanceof Element ? target.closest('.easel-term') : null);

for (const kind of ['pointerover', 'focusin', 'click']) {
  document.addEventListener(kind, (event) => {
    const term = termIn(event);
    const control = term ? null : controlIn(event);
    if (term) show(term, TERMS[termOf(term.textContent ?? '')]?.[1]);
    else if (control) showHint(control, /** @type {Element} */ (event.target));
    else if (kind !== 'focusin') hide();
  });
}
document.addEventListener('focusout', hide);
document.addEventListener('scroll', hide, { passive: true });
document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
