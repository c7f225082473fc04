// @ts-check
// The game's board in the page; guess.py says what goes in and out.

import { adopt, note } from '../address/address.js';
import { unpacked } from '../address/subject.js';
import { fitted, life, make, onceAFrame, tokens } from '../base.js';
import { say } from '../say.js';

const SIDE = 28;
const PAUSE = 350; // ms that the truth is seen before the next pixel

/** What a bet of so many percent on ink costs. @param {number} percent @param {boolean} ink */
export const bits = (percent, ink) => -Math.log2((ink ? percent : 100 - percent) / 100);

/** @param {number} cost */
const shown = (cost) => cost.toFixed(cost < 0.995 ? 2 : 1);

/** @param {any} gradio */
export default function start({ element, trigger, props, watch }) {
  /** @type {any} */
  const root = element.querySelector('.easel-guess');
  const find = (/** @type {string} */ selector) => root.querySelector(selector);
  const canvas = find('canvas');
  const buttons = find('.bets');
  const alive = life(root);
  const refresh = onceAFrame(paint);
  let round = /** @type {any} */ (null);
  let pixels = new Uint8Array(SIDE * SIDE);
  /** @type {number[]} */
  let made = []; // the bets, in percent
  let paid = 0;
  let shows = false; // the truth of the last bet

  const inkAt = (/** @type {number} */ k) => pixels[round.places[k][0] * SIDE + round.places[k][1]] > 0;

  function load() {
    const value = props.value;
    if (!value || value.id === root.dataset.loaded) return;
    const another = root.dataset.loaded !== undefined;
    round = value;
    pixels = unpacked(value.bits, 255) ?? pixels;
    made = [];
    paid = 0;
    shows = false;
    buttons.replaceChildren(
      ...value.bets.map((/** @type {number} */ percent, /** @type {number} */ i) => {
        const button = make('button', '', { type: 'button', 'data-bet': percent, title: say('Key {n}', { n: i + 1 }) });
        const costs = say('ink: costs {ink} bits if ink, {paper} if paper', {
          ink: shown(bits(percent, true)),
          paper: shown(bits(percent, false)),
        });
        button.innerHTML = `<b>${percent} %</b><span class="spoken"> ${costs}</span>`;
        return button;
      }),
    );
    root.dataset.loaded = value.id;
    if (another) note(props.tab, props.beat, '');
    find('.truth').textContent = '';
    tell();
  }

  /** What stands beside the picture. */
  function tell() {
    const all = round.places.length;
    const over = made.length === all && !shows;
    Object.assign(root.dataset, { at: made.length - Number(shows), paid: paid.toFixed(2) });
    const [row, column] = round.places[Math.min(made.length, all - 1)];
    find('.question').innerHTML = over
      ? say('That was the last pixel. The bill stands below.')
      : say('Pixel {n} of {all}, row {row}, column {column}: <b>how likely is ink?</b>', {
          n: Math.min(made.length + 1, all),
          all,
          row: row + 1,
          column: column + 1,
        });
    for (const button of buttons.children) /** @type {HTMLButtonElement} */ (button).disabled = shows || over;
    find('.sum p').innerHTML = say('You have paid <b>{paid} bits</b>. A coin would have paid {coin}.', {
      paid: paid.toFixed(1),
      coin: made.length,
    });
    find('.sum i b').style.width = `${(100 * paid) / Math.max(all, paid)}%`;
    refresh();
  }

  /** @param {number} percent */
  function bet(percent) {
    if (shows || !round || made.length === round.places.length) return;
    const ink = inkAt(made.length);
    const cost = bits(percent, ink);
    made = [...made, percent];
    paid += cost;
    shows = true;
    find('.truth').textContent = ink
      ? say('It is ink: {cost} bits.', { cost: shown(cost) })
      : say('It is paper: {cost} bits.', { cost: shown(cost) });
    tell();
    setTimeout(() => {
      if (!root.isConnected) return;
      shows = false;
      tell();
      const next = /** @type {HTMLElement | null} */ (buttons.querySelector(`[data-bet="${percent}"]`));
      if (document.activeElement === document.body) next?.focus({ preventScroll: true });
      if (made.length < round.places.length) return;
      note(props.tab, props.beat, paid.toFixed(1));
      trigger('done', { bets: made });
    }, PAUSE);
  }

  function paint() {
    const ratio = fitted(canvas);
    if (!ratio || !round) return;
    const pen = canvas.getContext('2d');
    const read = tokens(root);
    const css = (/** @type {string} */ name) => `rgb(${read(name).join(' ')})`;
    const cell = canvas.width / SIDE;
    const now = round.places[made.length - (shows ? 1 : 0)];
    const seen = now ? now[0] * SIDE + now[1] + (shows ? 1 : 0) : SIDE * SIDE;
    pen.fillStyle = css('--easel-stage');
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = '#fff';
    for (let i = 0; i < seen; i += 1) {
      if (pixels[i]) pen.fillRect((i % SIDE) * cell, Math.floor(i / SIDE) * cell, cell + 0.5, cell + 0.5);
    }
    pen.fillStyle = `rgb(${read('--easel-pixel').join(' ')} / 0.28)`;
    for (let i = seen; i < SIDE * SIDE; i += 1) {
      pen.fillRect((i % SIDE) * cell, Math.floor(i / SIDE) * cell, cell + 0.5, cell + 0.5);
    }
    if (!now) return;
    pen.strokeStyle = css('--easel-write');
    pen.lineWidth = Math.max(2, 0.22 * cell);
    pen.strokeRect(now[1] * cell, now[0] * cell, cell, cell);
  }

  buttons.addEventListener('click', (/** @type {Event} */ { target }) => {
    const button = target instanceof Element && target.closest('[data-bet]');
    if (button) bet(Number(button.getAttribute('data-bet')));
  });
  root.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const percent = round?.bets[Number(event.key) - 1];
    if (!percent || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    bet(percent);
  });

  adopt(props.tab, props.beat, {
    usual: '',
    apply(text) {
      const bitsToBeat = Number(text);
      if (!Number.isFinite(bitsToBeat) || bitsToBeat < 0 || bitsToBeat > 999) return false;
      find('.beat').textContent = text
        ? say('Somebody paid {paid} bits for this round: can you pay less?', { paid: bitsToBeat.toFixed(1) })
        : '';
      return true;
    },
  });
  watch('value', load);
  load();
  alive.onSize(canvas, refresh);
  alive.onTheme(refresh);
}
