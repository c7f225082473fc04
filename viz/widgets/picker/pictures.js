// @ts-check
// The picker of small pictures; pictures.py says what its value is.

import { adopt, note } from '../address/address.js';

/** @param {{element: HTMLElement, props: any, watch: Function}} gradio */
export default function start({ element, props, watch }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-pictures'));
  const { tab, name, usual } = /** @type {Record<string, string>} */ ({ ...root.dataset });
  const buttons = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('[data-example]')]);

  let text = String(props.value);

  function show() {
    root.dataset.value = text;
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.example === text));
    note(tab, name, text);
  }

  /** @param {string} other */
  function take(other) {
    if (!buttons.some((button) => button.dataset.example === other)) return false;
    text = other;
    props.value = text;
    show();
    return true;
  }

  root.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button?.dataset.example) take(button.dataset.example);
  });
  watch('value', () => {
    if (String(props.value) === text) return;
    if (String(props.value) === usual)
      props.value = text; // Gradio repeats the value of the start
    else text = String(props.value);
    show();
  });
  adopt(tab, name, { usual, apply: take });
  show();
}
