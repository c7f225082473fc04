// @ts-check
// The room beside a lesson: the same app in a frame, brought to the address of a step, with a part of it framed; and what
// stands in it, for the tasks that look.

import { packed } from '../address/subject.js';
import { floats } from '../base.js';

const LOOK_MS = 150; // between two looks whether the room stands
const GROWS_MS = 2500;
const MARGIN = 90; // px that stay above what is shown

/** @param {HTMLIFrameElement} frame */
export function roomIn(frame) {
  let wanted = '';
  let look = '';
  let timer = 0;

  const inside = () => /** @type {any} */ (frame.contentWindow);
  const settled = () => Boolean(inside()?.easelAddress?.settled);
  const url = (/** @type {string} */ at) =>
    new URL(`..${at}${at.includes('?') ? '&' : '?'}view=lesson&v=1`, location.href);

  const dark = () => {
    const body = frame.contentDocument?.body;
    body?.classList.toggle('dark', document.body.classList.contains('dark'));
  };
  new MutationObserver(dark).observe(document.body, { attributes: true, attributeFilter: ['class'] });

  /** Frames what the step speaks of, by a rule and not a class, which Gradio would take away. */
  function light() {
    const page = frame.contentDocument;
    if (!page) return;
    let rule = page.getElementById('easel-lit');
    if (!rule) {
      rule = page.createElement('style');
      rule.id = 'easel-lit';
      page.head.append(rule);
    }
    rule.textContent = look
      ? `body ${look} { outline: 3px solid var(--easel-ink); outline-offset: 5px; border-radius: 12px; }`
      : '';
    const place = look ? page.querySelector(look)?.getBoundingClientRect() : null;
    if (!place) return;
    const { innerHeight, scrollY } = inside();
    if (place.top >= 0 && place.bottom <= innerHeight) return;
    // As little as it takes: what stands above is what the hand below changes.
    const down = Math.min(place.top - MARGIN, place.bottom + MARGIN / 3 - innerHeight);
    inside().scrollTo({ top: Math.max(0, scrollY + (place.top < 0 ? place.top - MARGIN : down)) });
  }

  /** Waits until the room stands, then says so. */
  function arrive() {
    clearTimeout(timer);
    const there = () => frame.contentWindow?.location.href.startsWith('http') && settled();
    if (!there() || frame.contentDocument?.body.matches('.easel-arriving')) {
      timer = setTimeout(arrive, LOOK_MS);
      return;
    }
    dark();
    light();
    frame.dataset.at = wanted;
    // A room grows for a moment after it stands, and what is framed goes down with it.
    const until = performance.now() + GROWS_MS;
    const page = /** @type {Document} */ (frame.contentDocument);
    const growing = new ResizeObserver(() => (performance.now() < until ? light() : growing.disconnect()));
    growing.observe(page.body);
    for (const kind of ['pointerdown', 'wheel', 'keydown', 'touchstart']) {
      page.addEventListener(kind, () => growing.disconnect(), { once: true, passive: true });
    }
  }

  return {
    /** Brings the room to an address, in the same page where it is the same room.
     * @param {string} at @param {string} selector */
    show(at, selector) {
      look = selector;
      if (at === wanted) {
        if (frame.dataset.at === at) light();
        return;
      }
      wanted = at;
      delete frame.dataset.at;
      const next = url(at);
      const now = frame.contentWindow?.location;
      if (settled() && now?.pathname === next.pathname) {
        inside().history.replaceState(null, '', next);
        inside().dispatchEvent(new (inside().PopStateEvent)('popstate'));
      } else if (now && frame.hasAttribute('src')) now.replace(next);
      else frame.src = next.href;
      arrive();
    },

    /** The address of what stands there, as a step has it; null while it is put together. */
    here() {
      if (!settled()) return null;
      const found = new URL(inside().easelAddress.link());
      for (const key of ['view', 'v']) found.searchParams.delete(key);
      const query = found.searchParams.toString().replaceAll('%2C', ',');
      return `/${found.pathname.slice(new URL('..', location.href).pathname.length)}${query && `?${query}`}`;
    },

    /** What stands there: the address, the digit and its cover, the players and the game's board. */
    state() {
      if (!settled()) return null;
      const page = /** @type {Document} */ (frame.contentDocument);
      const digit = inside().easelDigit?.();
      /** @type {Record<string, object>} */
      const players = {};
      for (const root of page.querySelectorAll('.easel-player')) {
        const told = /** @type {import('../gradio.d.ts').Widget} */ (root).easelStep;
        if (!told?.value || !root.getClientRects().length) continue;
        const { cost } = told.value;
        const bars = cost ? floats(cost.data) : new Float32Array();
        const cells = cost ? bars.length / cost.bars : 1;
        const costs = [...bars].filter((_, i) => i % cells === Math.min(told.cell, cells - 1));
        players[told.player] = { step: told.step, cell: told.cell, costs };
      }
      const board = /** @type {HTMLElement | null} */ (page.querySelector('.easel-guess'))?.dataset;
      return {
        query: Object.fromEntries(new URL(inside().easelAddress.link()).searchParams),
        digit: digit && packed(digit.pixels),
        hidden: digit && packed(digit.hidden),
        players,
        board: board && {
          at: Number(board.at),
          paid: Number(board.paid),
          length: Number(board.loaded?.split('-')[1]),
        },
      };
    },
  };
}
