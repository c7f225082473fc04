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
  svg: 'image/svg+xml',
  zip: 'application/zip',
};

/** @param {string} name @param {string} data base64 */
export function save(name, data) {
  const kind = /** @type {keyof typeof TYPES} */ (name.split('.').at(-1));
  const url = URL.createObjectURL(new Blob([bytes(data)], { type: TYPES[kind] }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // Safari reads it late
}

const STYLES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'fill-opacity', 'stroke-opacity'];

/** The chart that is open on the stage, as SVG: Plotly's, or one of our own with its style sheet's colours written in.
 * @param {HTMLElement} element */
async function chartOf(element) {
  const stage = element.closest('.easel-stage');
  const seen = (/** @type {string} */ selector) =>
    [...(stage?.querySelectorAll(selector) ?? [])].find((each) => each.getClientRects().length);
  const plot = seen('.js-plotly-plot');
  if (plot) {
    const { width, height } = plot.getBoundingClientRect();
    const url = await /** @type {any} */ (window).Plotly.toImage(plot, { format: 'svg', width, height });
    return decodeURIComponent(url.slice(url.indexOf(',') + 1));
  }
  const ours = seen('figure > svg');
  if (!ours) return '';
  const copy = /** @type {Element} */ (ours.cloneNode(true));
  const copies = [copy, ...copy.querySelectorAll('*')];
  for (const [place, each] of [ours, ...ours.querySelectorAll('*')].entries()) {
    const style = getComputedStyle(each);
    for (const name of STYLES) copies[place].setAttribute(name, style.getPropertyValue(name));
  }
  return new XMLSerializer().serializeToString(copy);
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
    for (const choice of form.querySelectorAll('select')) found[choice.name] = Number(choice.value);
    const shown = widgetOf(String(form.dataset.player), 'easel-player')?.dataset;
    const seed = Number(current['/seed'] || 0);
    return { ...found, step: Number(shown?.step ?? 0), cell: Number(shown?.cell ?? 0), seed, address: linkOfNow() };
  };

  const fold = /** @type {HTMLDetailsElement} */ (element.querySelector('details.options'));
  const python = /** @type {HTMLElement} */ (element.querySelector('pre'));
  /** The call that paints the same, where one verb of a model has. */
  function tell() {
    if (!fold.open) return;
    const again = widgetOf(String(form.dataset.player), 'easel-player')?.easelStep?.value?.again;
    python.hidden = !again || new URL(linkOfNow()).searchParams.has('run'); // what was trained here has no such call
    if (!again) return;
    const call = again.call.replace(/given\["(\w+)"\]/g, '$1');
    const asked = `${again.name}.${call}`;
    const trace = again.each ? `[${asked} for ${again.each}]` : asked;
    python.textContent = `${again.imports}\n\n${again.name} = ${again.door}\ntrace = ${trace}`;
  }
  fold.addEventListener('toggle', tell);
  life(element).onEvent('easel:step', (detail) => detail.player === form.dataset.player && tell());

  element.addEventListener('click', async ({ target }) => {
    const button = /** @type {HTMLElement} */ (target).closest('button');
    if (!button) return;
    const { kind } = button.dataset;
    const drawn = kind === 'svg' || kind === 'zip' ? await chartOf(element) : '';
    trigger('save', { kind, drawn, ...options() });
  });
  form.addEventListener('input', ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    const shown = input.parentElement?.querySelector('output');
    if (shown) shown.value = input.value;
  });
  watch('value', () => props.value.data && save(props.value.name, props.value.data));
}
