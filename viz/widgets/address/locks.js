// @ts-check
// What a teacher's link takes away: `hide=` and `lock=` name parts of a room, or controls as the address calls them. It
// keeps a class at one thing; whoever deletes it from the address has everything again.

/** @type {Record<string, string>} */
export const PARTS = {
  digit: '.easel-desk',
  controls: '.easel-controls',
  words: '.easel-aside',
  tabs: '.easel-inner > .tab-wrapper',
};
// The id, which nothing bears, lifts these above what a phone's layout says.
const LOCKED = '{ opacity: 0.55; pointer-events: none; }';
const HIDDEN = '{ display: none !important; }';

/** @type {{locked: string, sheet: HTMLStyleElement | null}} */
const state = { locked: '', sheet: null };

/** The elements that a key of the query names, and what it names that is not there.
 * @param {URLSearchParams} from @param {string} key @param {Record<string, string>} ids of controls by their names */
function named(from, key, ids) {
  const names = (from.get(key) ?? '').split(',').filter(Boolean);
  const found = names.map((name) => PARTS[name] ?? (ids[name] ? `#${CSS.escape(ids[name])}` : ''));
  return { found: found.filter(Boolean).join(', '), missing: names.some((_, i) => !found[i]) ? [key] : [] };
}

/** Takes away what a query says. @param {URLSearchParams} from @param {Record<string, string>} ids
 * @returns {string[]} the keys of which a part names nothing */
export function takeAway(from, ids) {
  const hide = named(from, 'hide', ids);
  const lock = named(from, 'lock', ids);
  if (hide.found || lock.found || state.sheet) {
    state.sheet ??= document.head.appendChild(document.createElement('style'));
    state.sheet.textContent =
      (hide.found && `:is(#easel, ${hide.found}) ${HIDDEN}\n`) + (lock.found && `:is(#easel, ${lock.found}) ${LOCKED}`);
  }
  if (lock.found && !state.locked)
    document.addEventListener('focusin', ({ target }) => {
      if (target instanceof HTMLElement && state.locked && target.closest(state.locked)) target.blur();
    });
  state.locked = lock.found;
  return [...hide.missing, ...lock.missing];
}
