// @ts-check
// A page is seen when it has been put together; on a phone the digit's card, which stands below what is still growing,
// waits out of sight for each tab, too (theme.css): nothing is seen to jump.

const QUIET = { 'easel-arriving': 150, 'easel-settling': 350 }; // ms in which nothing grows
const MOST = 4000; // ms that are waited for it

/** @type {Record<string, number>} */
const timers = {};
let until = 0;

function again() {
  for (const [name, quiet] of Object.entries(QUIET)) {
    if (!document.body.classList.contains(name)) continue;
    clearTimeout(timers[name]);
    const wait = Math.max(0, Math.min(quiet, until - performance.now()));
    timers[name] = setTimeout(() => document.body.classList.remove(name), wait);
  }
}

/** What is on the screen is about to become something else. @param {string[]} names */
function begin(...names) {
  document.body.classList.add(...names);
  until = performance.now() + MOST;
  again();
}

/** A tab is about to be opened. */
export const settle = () => begin('easel-settling');

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
    if (target instanceof Element && target.closest('[role=tab]')) settle();
  },
  { capture: true },
);
