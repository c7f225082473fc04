// @ts-check
// On a phone a card that is not what one came for is folded: its title is a button that opens it.

import { make } from '../base.js';

const PHONE = matchMedia('(max-width: 700px)');
const TITLE = '.easel-folding h2';

/** The title as it must be at this width. @param {Element} title */
export function heading(title) {
  const words = title.textContent;
  if (!PHONE.matches) title.replaceChildren(words);
  if (!PHONE.matches || title.firstElementChild) return;
  const button = make('button', 'easel-heading', { type: 'button', 'aria-expanded': 'false' });
  button.textContent = words;
  title.replaceChildren(button);
}

/** Something new is in the card around an element. @param {string} id the element's */
export function unfold(id) {
  const title = document.getElementById(id)?.closest('.easel-folding')?.querySelector('.easel-heading');
  title?.setAttribute('aria-expanded', 'true');
}

PHONE.addEventListener('change', () => document.querySelectorAll(TITLE).forEach(heading));

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element && target.closest('.easel-heading');
  if (button) button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') === 'false'));
});
