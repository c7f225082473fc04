// @ts-check
// The header's buttons: the link to what is on the screen, everything as at first, light or dark.

import { skip } from './access.js';
import { linkOfNow } from './address.js';
import './stream.js';
import { say } from '../say.js';

const SAID = 2000; // ms for which a button says what it did

/** Also over plain http, where a page has no clipboard of its own. @param {string} text */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.style.position = 'fixed';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

/** In front of a class: only the stage and its sentence; Space plays and the arrows step, whatever has the focus. */
function present() {
  document.body.classList.add('easel-present');
  /** @type {Record<string, string>} */
  const acts = { ' ': 'play', ArrowLeft: 'prev', ArrowRight: 'next' };
  window.addEventListener(
    'keydown',
    (event) => {
      const act = acts[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      const shown = [...document.querySelectorAll(`.easel-stage .easel-player [data-act="${act}"]`)].find(
        (each) => each.getClientRects().length,
      );
      if (!(shown instanceof HTMLElement)) return;
      event.preventDefault();
      event.stopPropagation();
      shown.click();
    },
    { capture: true },
  );
}

/** @param {{element: HTMLElement}} gradio */
export default function start({ element }) {
  element.querySelector('header')?.prepend(skip);
  const view = new URLSearchParams(location.search).get('view');
  if (view === 'present') present();
  document.body.classList.toggle('easel-lesson', view === 'lesson');
  /** @type {Record<string, (button: HTMLButtonElement) => void>} */
  const acts = {
    async link(button) {
      const text = linkOfNow();
      const word = button.textContent;
      const done = say('✓ Copied').replace('✓ ', ''); // alone it would be what DRAW has copied
      button.textContent = (await copied(text)) ? done : say('Copy the address above');
      setTimeout(() => {
        button.textContent = word;
      }, SAID);
    },
    reset() {
      try {
        for (const name of Object.keys(localStorage))
          if (name.startsWith('easel-') && name !== 'easel-theme') localStorage.removeItem(name);
      } catch {
        // storage is refused: there is nothing to forget
      }
      location.assign(location.pathname);
    },
    theme() {
      const dark = document.body.classList.toggle('dark');
      try {
        localStorage.setItem('easel-theme', dark ? 'dark' : 'light');
      } catch {
        // refused or full: for now only
      }
    },
  };
  // The same page, with all that stands in its address, in the other language.
  element.addEventListener('click', ({ target }) => {
    const link = /** @type {HTMLElement} */ (target).closest('a.language');
    if (!(link instanceof HTMLAnchorElement)) return;
    const query = new URLSearchParams(location.search);
    query.set('lang', link.dataset.language ?? '');
    link.search = String(query);
  });
  element.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button?.dataset.act) acts[button.dataset.act]?.(button);
  });
}
