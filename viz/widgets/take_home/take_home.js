// @ts-check
// Asks for the file of the animation on the stage, and saves what comes.

import { current, linkOfNow } from '../address/address.js';
import { bytes, life, widgetOf } from '../base.js';

const TYPES = {
  gif: 'image/gif',
  png: 'image/png',
  webp: 'image/webp',
  html: 'text/html',
  mp4: 'video/mp4',
  zip: 'application/zip',
};

/** @param {string} name @param {string} data base64 */
export function save(name, data) {
  const kind = /** @type {keyof typeof TYPES} */ (name.split('.').at(-1));
  const url = URL.createObjectURL(new Blob([bytes(data)], { type: TYPES[kind] }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // Safari reads it late
}

/** @param {{element: HTMLElement, trigger: (name: string, data?: object) => void, props: any, watch: Function}} gradio */
export default function start({ element, trigger, props, watch }) {
  const form = /** @type {HTMLFormElement} */ (element.querySelector('form'));

  const options = () => {
    /** @type {Record<string, number | boolean>} */
    const found = {};
    for (const input of form.querySelectorAll('input')) {
      found[input.name] = input.type === 'checkbox' ? input.checked : input.valueAsNumber;
    }
    const player = widgetOf(String(form.dataset.player), 'easel-player');
    const seed = Number(current['/seed'] || 0);
    return { ...found, cell: Number(player?.dataset.cell ?? 0), seed, address: linkOfNow() };
  };

  const fold = /** @type {HTMLDetailsElement} */ (element.querySelector('details'));
  const python = /** @type {HTMLElement} */ (element.querySelector('pre'));
  /** The call that paints the same, where one verb of a model has. */
  function tell() {
    if (!fold.open) return;
    const again = widgetOf(String(form.dataset.player), 'easel-player')?.easelStep?.value?.again;
    python.hidden = !again;
    if (!again) return;
    const call = again.call.replace(/given\["(\w+)"\]/g, '$1');
    python.textContent = `import core\n\nmodel = core.load("${again.model}")\ntrace = model.${call}`;
  }
  fold.addEventListener('toggle', tell);
  life(element).onEvent('easel:step', (detail) => detail.player === form.dataset.player && tell());

  element.addEventListener('click', ({ target }) => {
    const button = /** @type {HTMLElement} */ (target).closest('button');
    if (button) trigger('save', { kind: button.dataset.kind, ...options() });
  });
  form.addEventListener('input', ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    const shown = input.parentElement?.querySelector('output');
    if (shown) shown.value = input.value;
  });
  watch('value', () => props.value.data && save(props.value.name, props.value.data));
}
