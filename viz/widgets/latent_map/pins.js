// @ts-check
// The map's pinned pictures and the paths between them.
import { develop, make } from '../base.js';
import { say } from '../say.js';

/** @import { Place } from '../base.js' */
/** @import { Pin, State } from './state.js' */

export const MOST_PINS = 12;

/** @param {string} text @param {string} label @param {() => void} act */
function button(text, label, act) {
  const node = make('button', '', { type: 'button', title: label, 'aria-label': label });
  node.textContent = text;
  node.addEventListener('click', act);
  return node;
}

/**
 * The board of pins below the map at `root`: `state.pins`, those still to be decoded (`state.pinning`), and the one that
 * waits for another (`state.chosen`).
 * @param {HTMLElement} root @param {State} state
 * @param {{complain: (kind: 'pins' | 'server', text: string) => void, speak: (text: string) => void}
 *   & Record<'fly' | 'refresh' | 'tell' | 'notePins', () => void>} map what the map does
 */
export function pinboard(root, state, { fly, complain, refresh, speak, tell, notePins }) {
  const [shelf, hint] = ['.pins', '.hint'].map((name) => /** @type {HTMLElement} */ (root.querySelector(name)));

  /** @param {Place} place */
  function pinAt(place) {
    if (state.pins.length + state.pinning.length >= MOST_PINS) {
      complain('pins', say('At most {n} pictures can be pinned: take one off.', { n: MOST_PINS }));
      return;
    }
    state.pinning.push({ place });
    notePins();
    fly();
  }

  /** @param {Place} place @param {Uint8Array} picture @param {{width: number, height: number}} size */
  function addPin(place, picture, { width, height }) {
    state.pins.push({ place, picture: develop(make('canvas'), picture, width, height) });
    listPins();
    speak(say('Pinned picture {n}', { n: state.pins.length }));
    refresh();
  }

  function listPins() {
    if (state.pins.length < MOST_PINS) complain('pins', '');
    root.dataset.pins = String(state.pins.length);
    shelf.replaceChildren(
      ...state.pins.map((pin, i) => {
        const item = make('li');
        const end = button('', say('Pin {n}: start or end of a path', { n: i + 1 }), () => choose(pin));
        end.className = 'end';
        end.setAttribute('aria-pressed', String(pin === state.chosen));
        end.append(pin.picture, String(i + 1));
        const off = button('×', say('Take pin {n} off', { n: i + 1 }), () => {
          if (state.chosen === pin) state.chosen = null;
          state.pins = state.pins.filter((each) => each !== pin);
          notePins();
          listPins();
          refresh();
        });
        off.className = 'off';
        item.append(end, off);
        return item;
      }),
    );
    hint.hidden = state.pins.length > 1;
  }

  /** @param {Pin} pin */
  function choose(pin) {
    if (state.chosen && state.chosen !== pin) {
      const ends = [state.chosen.place, pin.place];
      state.chosen = null;
      state.path = ends;
      tell();
    } else state.chosen = state.chosen === pin ? null : pin;
    const place = state.pins.indexOf(pin);
    listPins();
    /** @type {HTMLElement | undefined | null} */ (shelf.children[place]?.querySelector('.end'))?.focus();
    refresh();
  }

  return { pinAt, addPin, listPins };
}
