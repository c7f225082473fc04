// @ts-check
// The picker of another digit; picker.py says what its value is.

import { adopt, note } from '../address/address.js';
import { packed, subject, unpacked } from '../address/subject.js';
import { draw, thumbnails } from './thumbnails.js';

/** @param {{element: HTMLElement, trigger: (name: string, data?: object) => void, props: any, watch: Function}} gradio */
export default function start({ element, trigger, props, watch }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-picker'));
  const { tab, name, usual } = /** @type {{tab: string, name: string, usual: string}} */ (
    /** @type {unknown} */ (root.dataset)
  );
  const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector('.now canvas'));
  const texts = thumbnails(root);
  /** @param {string} text */
  const bits = (text) => (/^\d{1,2}$/.test(text) ? (texts[Number(text)] ?? '') : text);

  /** @param {string} text */
  function show(text) {
    const pixels = unpacked(bits(text), 255);
    if (!pixels) return false;
    draw(canvas, pixels);
    root.dataset.value = text;
    for (const button of root.querySelectorAll('[data-example]')) {
      button.setAttribute('aria-pressed', String(/** @type {HTMLElement} */ (button).dataset.example === text));
    }
    return true;
  }

  /** @param {string} text */
  function take(text) {
    if (!show(text)) return false;
    props.value = text;
    note(tab, name, text);
    trigger('change', {});
    return true;
  }

  root.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button?.dataset.example) take(button.dataset.example);
    if (button?.dataset.act === 'mine') {
      const mine = packed(subject.pixels);
      take(texts.includes(mine) ? String(texts.indexOf(mine)) : mine);
    }
  });
  watch('value', () => show(String(props.value)));
  show(String(props.value));
  adopt(tab, name, { usual, apply: take });
}
