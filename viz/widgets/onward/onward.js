// @ts-check
// A press takes the step that a player shows to the tool of the button; onward.py says what goes along.

import { current, onControl, turnTo } from '../address/address.js';
import keep from '../address/step.js';
import { life, widgetOf } from '../base.js';

/** @typedef {{to: string, step: string, sets: Record<string, string>, takes: string[], words: Record<string, string>,
 *   only: Record<string, string>, steps: number, why: string}} Way */

/** @param {{element: HTMLElement, props: any}} gradio */
export default function start({ element, props }) {
  /** @type {{tab: string, player: string, ways: Way[]}} */
  const { tab, player, ways } = props.value;
  const root = /** @type {HTMLElement} */ (element.querySelector('.onward'));
  const buttons = [...root.querySelectorAll('button')];
  const alive = life(root);
  const moment = () => widgetOf(player, 'easel-player')?.easelStep;

  /** @param {Way} way */
  function starts(way) {
    const now = moment();
    if (!now?.value) return false;
    if (way.steps && (now.value.steps !== way.steps || now.cell > 0)) return false;
    return Object.entries(way.only).every(([name, text]) => current[`${tab}/${name}`] === text);
  }

  function tell() {
    for (const [place, way] of ways.entries()) {
      const can = starts(way);
      buttons[place].disabled = !can;
      buttons[place].title = can ? '' : way.why;
    }
  }

  for (const [place, way] of ways.entries()) {
    buttons[place].addEventListener('click', () => {
      const now = moment();
      if (!now || !starts(way)) return;
      /** @type {Record<string, string>} */
      const values = { ...way.sets, [way.step]: String(now.step + 1) };
      for (const name of way.takes) {
        const text = current[`${tab}/${name}`];
        if (text !== undefined) values[name] = way.words[text] ?? text;
      }
      turnTo(way.to, values);
    });
  }
  alive.onEvent('easel:step', (detail) => detail.player === player && tell());
  onControl(tell);
  if (props.value.keeps) keep({ props });
  tell();
}
