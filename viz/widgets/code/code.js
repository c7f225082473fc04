// @ts-check
// The sliders of a code; code.py says what its value is and what stands in the address.

import { adopt, complain, current, note, onControl, ready } from '../address/address.js';
import { onSubject, subject } from '../address/subject.js';
import { clamp, make } from '../base.js';
import { say } from '../say.js';

const STEP = 0.05; // of a slider

/** A copy in which one number is another. @param {number[]} numbers @param {number} at @param {number} value */
const changed = (numbers, at, value) => numbers.map((each, i) => (i === at ? value : each));

/** @param {{element: HTMLElement, props: any, watch: Function}} gradio */
export default function start({ element, props, watch }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-code'));
  const shelf = /** @type {HTMLElement} */ (root.querySelector('.sliders'));
  const { named, sizes, most, table } = props;
  const at = (/** @type {string} */ name) => current[`${named.tab}/${name}`];
  /** What the hand made of it, as in the address. */
  let text = '';
  /** @type {number[]} */
  let numbers = [];
  /** @type {{range: HTMLInputElement, field: HTMLInputElement}[]} */
  let rows = [];
  /** Whose code it is; null while that is still to be seen. @type {string | null} */
  let whose = null;

  const owner = () =>
    JSON.stringify([at('model'), at('run'), at('task') === named.imagined ? current['/seed'] : subject.digit]);
  const bounded = (/** @type {string} */ typed) => clamp(Number(typed) || 0, -most, most);

  /** @param {number[]} values @param {HTMLInputElement} [held] the field that is being written in */
  function show(values, held) {
    numbers = values;
    rows.forEach(({ range, field }, i) => {
      range.value = String(values[i]);
      range.style.setProperty('--filled', `${(100 * (values[i] + most)) / (2 * most)}%`);
      if (field !== held) field.value = String(values[i]);
    });
  }

  /** @param {string} next */
  function keep(next) {
    text = next;
    root.dataset.text = next;
    note(named.tab, named.name, next);
  }

  /** @param {number[]} values @param {HTMLInputElement} [held] */
  function bend(values, held) {
    show(values, held);
    keep(values.map((each) => String(Number(each.toFixed(2)))).join(','));
  }

  /** @param {string[]} labels @param {boolean[]} dead */
  function build(labels, dead) {
    rows = labels.map((label, i) => {
      const name = `z${i + 1}`;
      const box = make('label', dead[i] ? 'dead' : '', { 'data-z': i + 1 });
      const limits = { min: -most, max: most, step: STEP };
      const range = /** @type {HTMLInputElement} */ (
        make('input', '', { type: 'range', 'aria-label': name, ...limits })
      );
      const field = /** @type {HTMLInputElement} */ (
        make('input', '', { type: 'number', 'aria-label': say('{name} as a number', { name }), ...limits, step: 'any' })
      );
      const said = make('span');
      said.textContent = label;
      range.addEventListener('input', () => bend(changed(numbers, i, Number(range.value))));
      field.addEventListener('input', () => bend(changed(numbers, i, bounded(field.value)), field));
      field.addEventListener('change', () => {
        field.value = String(numbers[i]);
      });
      box.append(said, field, range);
      return { range, field, box };
    });
    shelf.replaceChildren(...rows.map(({ range }) => /** @type {HTMLElement} */ (range.parentElement)));
  }

  function load() {
    const { value } = props;
    if (!value || value.id === root.dataset.loaded) return;
    root.dataset.loaded = value.id;
    if (value.text !== text) return; // the answer to what is no longer asked
    const same =
      rows.length === value.labels.length &&
      value.labels.every((/** @type {string} */ each, /** @type {number} */ i) => {
        return rows[i].field.parentElement?.firstElementChild?.textContent === each;
      });
    if (!same) build(value.labels, value.dead);
    if (!same || !text) show(value.at);
  }

  /** @param {string} said */
  function apply(said) {
    const values = said ? said.split(',') : [];
    if (!values.every((each) => /^-?\d(\.\d{1,2})?$/.test(each) && Math.abs(Number(each)) <= most)) return false;
    whose = null;
    text = said;
    root.dataset.text = said;
    if (values.length === rows.length) show(values.map(Number));
    return true;
  }

  /** Another digit or model has a code of its own; a link's code is that of the model that it names. */
  function look() {
    const now = owner();
    if (whose !== null && whose !== now && text) keep('');
    if (whose === null && text && !at('run') && text.split(',').length !== sizes[at('model')]) {
      keep('');
      complain([named.name]);
    }
    whose = now;
  }

  root.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button?.dataset.act === 'zero') bend(numbers.map(() => 0));
    if (button?.dataset.act === 'back') keep('');
  });
  window.addEventListener('easel:pick', (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (!root.isConnected || detail !== table.player || at('film') !== table.shown) return;
    const player = /** @type {HTMLElement} */ (document.querySelector(`#${detail} .easel-player`));
    const cell = Number(player.dataset.cell);
    const row = Math.floor(cell / table.values.length);
    if (row < numbers.length) bend(changed(numbers, row, table.values[cell % table.values.length]));
  });
  watch('value', load);
  load();
  adopt(named.tab, named.name, { usual: '', apply });
  ready.then(() => {
    look();
    onControl(look);
    onSubject(() => subject.done && look());
  });
}
