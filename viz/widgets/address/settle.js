// @ts-check
// A page is seen when it has been put together; on a phone the digit's card, which stands below what is still growing,
// waits out of sight for each tab, too (theme.css): nothing is seen to jump.

const QUIET = { 'easel-arriving': 150, 'easel-settling': 350 }; // ms in which nothing grows
const MOST = 4000; // ms that are waited for it
const MOST_ARRIVING = 20_000; // ms from the page's start: over a slow line its code comes piece by piece
const COMING = 'p.loading'; // what Gradio puts where the code of a component has not come yet
const LOADING = 'easel-loading'; // while there is such a place; a `:has()` on the body would cost each later change

/** @type {Record<string, number>} */
const timers = {};
let until = 0;
let filled = false;

/** Whether something is still to come that nothing announces by growing: the query's values, or code. */
const waits = () => performance.now() < MOST_ARRIVING && (!filled || document.querySelector(COMING));

/** @param {string} name */
function end(name) {
  if (name === 'easel-arriving' && waits()) again();
  else document.body.classList.remove(name);
}

function again() {
  document.body.classList.toggle(LOADING, document.querySelector(COMING) !== null);
  for (const [name, quiet] of Object.entries(QUIET)) {
    if (!document.body.classList.contains(name)) continue;
    clearTimeout(timers[name]);
    const left = (name === 'easel-arriving' && waits() ? MOST_ARRIVING : until) - performance.now();
    timers[name] = setTimeout(() => end(name), Math.max(0, Math.min(quiet, left)));
  }
}

/** What is on the screen is about to become something else. @param {string[]} names */
function begin(...names) {
  document.body.classList.add(...names);
  until = performance.now() + MOST;
  again();
}

/** The query's values stand in the controls: what they change is about to be seen. */
export function settle() {
  filled = true;
  begin('easel-settling');
}

begin(...Object.keys(QUIET));
new ResizeObserver(again).observe(document.body);
// What a widget does within itself, such as playing, is no growth of the page.
/** @param {Node} node */
const within = (node) => node instanceof Element && node.closest('[class*="widget-"]');
const growth = new MutationObserver((records) => {
  if (!document.body.classList.contains('easel-arriving')) growth.disconnect();
  else if (!records.every(({ target }) => within(target))) again();
});
growth.observe(document.body, { childList: true, subtree: true });
// Before Gradio hears of it.
document.addEventListener(
  'click',
  ({ target }) => {
    if (target instanceof Element && target.closest('[role=tab]')) begin('easel-settling');
  },
  { capture: true },
);
