// @ts-check
// The step and the picture at which a player rests stand in the address; a link that names them brings the player there.

import { adopt, note } from './address.js';

/** @typedef {{player: string, step: number, cell: number, playing: boolean, value: {id: string, steps: number, cells: number}}} Moment */

/** @param {{props: any}} gradio */
export default function start({ props }) {
  /** @type {{tab: string, player: string}} */
  const { tab, player } = props.value;
  /** What the address asks for, from 1, until a person takes over. @type {{step: number | null, cell: number | null}} */
  const asked = { step: null, cell: null };
  let seen = '';

  /** @param {"step" | "cell"} name */
  const taken = (name) => (/** @type {string} */ text) => {
    if (text !== '' && !/^[1-9]\d{0,3}$/.test(text)) return false;
    asked[name] = text === '' ? null : Number(text);
    go();
    return true;
  };

  function go() {
    if (asked.step === null && asked.cell === null) return;
    const detail = {
      player,
      step: asked.step === null ? undefined : asked.step - 1,
      cell: asked.cell === null ? undefined : asked.cell - 1,
    };
    window.dispatchEvent(new CustomEvent('easel:seek', { detail }));
  }

  let own = false; // whether a person has done anything here
  const forget = () => {
    own = true;
    Object.assign(asked, { step: null, cell: null });
  };
  for (const name of ['pointerdown', 'keydown']) window.addEventListener(name, forget, { capture: true });
  window.addEventListener('easel:step', (event) => {
    const { detail } = /** @type {CustomEvent<Moment>} */ (event);
    if (detail.player !== player || !detail.value) return;
    if (detail.value.id !== seen) {
      seen = detail.value.id;
      go();
      if (asked.step !== null) return;
    }
    if (detail.playing || !own) return;
    note(
      tab,
      'step',
      detail.step === detail.value.steps - 1 || detail.value.steps === 1 ? '' : String(detail.step + 1),
    );
    note(tab, 'cell', detail.cell === 0 ? '' : String(detail.cell + 1));
  });
  adopt(tab, 'step', { usual: '', apply: taken('step') });
  adopt(tab, 'cell', { usual: '', apply: taken('cell') });
}
