// @ts-check
// A term is explained where it first stands in a text: under the mouse, under a finger, and by keyboard.

import { make } from '../base.js';
import { TERMS } from './terms.js';

const FORMS = TERMS.map(([forms]) => new RegExp(`^${forms}$`, 'i'));
/** Longer terms first, so that "training digit" is not found as "digit". */
const ANY = new RegExp(
  `\\b(${TERMS.map(([forms]) => forms)
    .sort((a, b) => b.length - a.length)
    .join('|')})\\b`,
  'gi',
);
const PASSED = 'a, button, code, .katex, h1, h2, h3';

/** Which term a word is, −1 for none. @param {string} word */
export const termOf = (word) => FORMS.findIndex((form) => form.test(word));

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
      parts.push(node.data.slice(from, found.index), button);
      from = found.index + found[0].length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(from));
  }
}

/** @param {Element} button */
function show(button) {
  const [, says] = TERMS[termOf(button.textContent ?? '')] ?? [];
  if (!says) return;
  tip.textContent = says;
  tip.hidden = false;
  (document.querySelector('.gradio-container') ?? document.body).append(tip);
  const place = button.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const zoom = width / (tip.offsetWidth || width);
  const left = Math.min(Math.max(8, place.left), innerWidth - width - 8);
  const above = place.bottom + height + 12 > innerHeight;
  const top = above ? place.top - height - 6 : place.bottom + 6;
  Object.assign(tip.style, { left: `${left / zoom}px`, top: `${top / zoom}px` });
}

const hide = () => {
  tip.hidden = true;
};

/** @param {Event} event */
const termIn = ({ target }) => (target instanceof Element ? target.closest('.easel-term') : null);

for (const kind of ['pointerover', 'focusin', 'click']) {
  document.addEventListener(kind, (event) => {
    const button = termIn(event);
    if (button) show(button);
    else if (kind !== 'focusin') hide();
  });
}
document.addEventListener('focusout', hide);
document.addEventListener('scroll', hide, { passive: true });
document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
