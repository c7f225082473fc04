// @ts-check
// For those who come by keyboard or listen: what Gradio's page lacks is mended here once, wherever Gradio puts it.

import { make } from '../base.js';
import { say } from '../say.js';
import { heading } from './folds.js';
import { explain } from './glossary.js';

const TABS = '[role=tab]';

/** One stop for the whole list, at the tab that is open; the arrows go on from there. @param {HTMLElement} tab */
function rove(tab) {
  tab.tabIndex = tab.getAttribute('aria-selected') === 'true' ? 0 : -1;
}

/** Gradio gives each choice a group of its own, so that no arrow leads to the next, and the group no name.
 * @param {Element} group */
function group(group) {
  const radios = /** @type {NodeListOf<HTMLInputElement>} */ (group.querySelectorAll('input[type=radio]'));
  if (!radios.length) return;
  for (const radio of radios) radio.name = radios[0].name;
  group.setAttribute('aria-label', group.querySelector('[data-testid=block-info]')?.textContent.trim() ?? '');
}

/** @param {Element} button of an accordion */
function fold(button) {
  const open = /** @type {HTMLElement | null} */ (button.nextElementSibling)?.style.display !== 'none';
  button.setAttribute('aria-expanded', String(open));
  button.querySelector('.icon')?.setAttribute('aria-hidden', 'true');
}

/** Gradio writes only "Error" there, in English, whatever title an error has. @param {Element} title */
function failed(title) {
  const text = say('That did not work');
  if (title.firstChild) title.firstChild.textContent = `${text} `;
}

/** @type {[string, (node: any) => void][]} */
const MENDS = [
  [TABS, rove],
  ['fieldset', group],
  ['button.label-wrap', fold],
  ['.easel-folding h2', heading],
  ['.easel-text, .easel-lead', explain],
  ['.toast-title.error', failed],
  ['.empty[aria-label]', (node) => node.setAttribute('role', 'img')],
];

/** @param {Element} root */
function mend(root) {
  for (const [selector, act] of MENDS) {
    if (root.matches(selector)) act(root);
    root.querySelectorAll(selector).forEach(act);
  }
}

// Gradio puts the browser's language there; a voice shall read the page in its own.
const page = document.documentElement;
const { lang } = page;
new MutationObserver(() => {
  if (page.lang !== lang) page.lang = lang;
}).observe(page, { attributes: true, attributeFilter: ['lang'] });

new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === 'attributes') rove(/** @type {HTMLElement} */ (target));
    for (const node of addedNodes) {
      if (!(node instanceof Element)) continue;
      mend(node);
      const choices = node.closest('fieldset');
      if (choices && choices !== node) mend(choices);
      const text = node.closest('.easel-text, .easel-lead'); // whose words come after it
      if (text instanceof HTMLElement && !node.matches('.easel-term')) explain(text);
    }
  }
}).observe(document.body, { subtree: true, childList: true, attributeFilter: ['aria-selected'] });
mend(document.body);

/** How far a key goes in a list of `count` from `at`. @type {Record<string, (at: number, count: number) => number>} */
const STEPS = {
  ArrowLeft: (at, count) => (at + count - 1) % count,
  ArrowRight: (at, count) => (at + 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

document.addEventListener('keydown', (event) => {
  const tab = event.target instanceof Element && event.target.closest(TABS);
  const step = STEPS[event.key];
  if (!tab || !step || event.ctrlKey || event.metaKey || event.altKey) return;
  const tabs = /** @type {HTMLElement[]} */ ([...(tab.parentElement?.querySelectorAll(`:scope > ${TABS}`) ?? [])]);
  const next = tabs[step(tabs.indexOf(/** @type {HTMLElement} */ (tab)), tabs.length)];
  event.preventDefault();
  next.click();
  next.focus();
});
// On a phone things stand in another order than in the page's code (theme.css): Tab goes as the eye does.
const PHONE = matchMedia('(max-width: 700px)');
const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex], .easel-aside > .easel-card';
const MOVED = '.easel-header, .easel-page';

/** @param {any} node */
const stops = (node) =>
  node.getClientRects().length &&
  (node.tabIndex >= 0 || (node.matches('.easel-card') && node.scrollHeight > node.clientHeight + 1)) &&
  (node.type !== 'radio' || node.checked);

/** Where its block stands among those of the header or of the page. @param {Element} node */
function place(node) {
  const whole = node.closest(MOVED);
  let block = node;
  for (let up = /** @type {Element | null} */ (whole && node); up && up !== whole; up = up.parentElement)
    if (getComputedStyle(up).display !== 'contents') block = up;
  return whole ? Number(getComputedStyle(block).order) : 0;
}

document.addEventListener('keydown', (event) => {
  if (!PHONE.matches || event.key !== 'Tab' || event.ctrlKey || event.metaKey || event.altKey) return;
  /** @type {{node: HTMLElement, part: number, at: number}[]} */
  const order = [];
  const page = document.querySelector('.easel-page');
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(STOPS))) {
    if (!stops(node)) continue;
    const before = page && page.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING;
    order.push({ node, part: page?.contains(node) ? 1 : before ? 0 : 2, at: place(node) });
  }
  const ends = [order.at(-1), order[0]];
  order.sort((a, b) => a.part - b.part || a.at - b.at);
  const step = event.shiftKey ? -1 : 1;
  const here = order.findIndex(({ node }) => node === document.activeElement);
  for (let at = here < 0 ? -1 : here + step; order[at]; at += step) {
    const { node } = order[at];
    node.focus();
    if (document.activeElement !== node) continue; // it is off, or in a closed fold
    event.preventDefault();
    const { left, top, width, height } = node.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!seen || !(node.contains(seen) || seen.contains(node))) node.scrollIntoView({ block: 'end' }); // the stage lies over it
    return;
  }
  if (here >= 0) ends[event.shiftKey ? 1 : 0]?.node.focus({ preventScroll: true }); // from there the key leads out of the page
});

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element && target.closest('button.label-wrap');
  if (button) setTimeout(() => fold(button)); // when Gradio has opened it
});

/** Where the picture may be, the likeliest place first. */
const STAGES = ['.easel-stage :is(.easel-player, .easel-map, .easel-aim)', '.easel-player, .easel-lens', '.easel-main'];

/** The picture on the screen. @returns {HTMLElement | undefined} */
const picture = () =>
  STAGES.flatMap((each) => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(each))]).find(
    (each) => each.getClientRects().length,
  );

/** The page's first stop. */
export const skip = make('a', 'easel-skip', { href: '#picture' });
skip.textContent = say('Skip to the picture');
skip.addEventListener('click', (event) => {
  event.preventDefault();
  const stage = picture();
  if (!stage) return;
  stage.tabIndex = -1;
  stage.focus();
  stage.scrollIntoView({ block: 'nearest' });
});
