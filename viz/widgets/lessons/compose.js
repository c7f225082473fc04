// @ts-check
// Where a teacher composes a lesson: sentences, and rooms in the state that stands beside them.

import { PARTS } from '../address/locks.js';
import { make } from '../base.js';
import { say } from '../say.js';
import { MOST, takenIn, withTaken } from './made.js';

/** @import { Made, Step } from './made.js' */

const ROOMS = {
  '/draw/': say('Stroke by stroke'),
  '/vae/': say('All at once'),
  '/pixels/': say('Pixel by pixel'),
  '/look/': say('Where to look'),
  '/together/': say('Side by side'),
  '/train/': say('Train'),
};
const WORDS = {
  digit: say('the digit'),
  controls: say('the commands'),
  words: say('the words'),
  tabs: say('the tabs'),
};
/** Fields of a step: what stands above each, what helps, and how many lines it has. @type {[keyof Step, string, string, number][]} */
const FIELDS = [
  ['title', say('Heading'), '', 1],
  ['text', say('Sentences'), say('**bold** and *italics* are as usual'), 4],
  ['ask', say('A question (need not be)'), say('Better before the answer can be seen'), 2],
  ['answer', say('Its answer'), say('Stands there when it is asked for'), 2],
];

/** @returns {Step} */
const blank = () => ({ at: '/draw/', title: '', text: '', ask: '', answer: '' });

/** @param {string} text @param {string} name @param {() => void} act */
export function pressed(text, name, act) {
  const button = make('button', name, { type: 'button' });
  button.textContent = text;
  button.addEventListener('click', act);
  return button;
}

/** @param {string} label @param {string} hint @param {number} rows @param {string} value @param {(text: string) => void} typed */
function field(label, hint, rows, value, typed) {
  const box = make('label', 'field');
  const line = /** @type {HTMLTextAreaElement} */ (make('textarea', '', { rows, maxlength: 2000, placeholder: hint }));
  line.value = value;
  line.addEventListener('input', () => typed(line.value));
  box.append(label, line);
  return box;
}

/** @param {string} label @param {string[]} on @param {(names: string[]) => void} ticked */
function ticks(label, on, ticked) {
  const box = make('fieldset', 'ticks');
  const legend = make('legend');
  legend.textContent = label;
  const boxes = Object.keys(PARTS).map((name) => {
    const each = make('label');
    const tick = /** @type {HTMLInputElement} */ (make('input', '', { type: 'checkbox', name }));
    tick.checked = on.includes(name);
    each.append(tick, WORDS[/** @type {keyof typeof WORDS} */ (name)]);
    return { each, tick };
  });
  box.append(legend, ...boxes.map(({ each }) => each));
  box.addEventListener('change', () => ticked(boxes.filter(({ tick }) => tick.checked).map(({ tick }) => tick.name)));
  return box;
}

/**
 * @param {Made} made what is composed, changed in place
 * @param {{show: (at: string) => void, here: () => string | null, changed: () => void}} beside
 */
export function composer(made, { show, here, changed }) {
  const root = make('div', 'composer');
  let at = 0;

  /** @param {(step: Step) => void} change @param {boolean} [anew] */
  function alter(change, anew) {
    change(made.steps[at]);
    if (anew) build();
    changed();
  }

  /** @param {number} step */
  function select(step) {
    at = step;
    build();
    show(made.steps[at].at);
  }

  function where() {
    const line = make('div', 'where-to');
    const rooms = /** @type {HTMLSelectElement} */ (make('select', '', { 'aria-label': say('The room beside') }));
    const step = made.steps[at];
    const path = step.at.split('?')[0];
    for (const [key, name] of Object.entries(ROOMS)) rooms.append(new Option(name, key, false, key === path));
    rooms.addEventListener('change', () => {
      alter((each) => Object.assign(each, { at: rooms.value }), true);
      show(rooms.value);
    });
    const take = pressed(say('Take what stands beside'), 'take', () => {
      const found = here();
      if (!found) return;
      const taken = /** @type {const} */ (['hide', 'lock']);
      alter((each) => {
        each.at = taken.reduce((text, key) => withTaken(text, key, takenIn(step.at, key)), found);
      });
      take.textContent = say('✓ Taken');
      setTimeout(() => {
        take.textContent = say('Take what stands beside');
      }, 2000);
    });
    line.append(rooms, take);
    return line;
  }

  /** @param {'hide' | 'lock'} key @param {string} label */
  const away = (key, label) =>
    ticks(label, takenIn(made.steps[at].at, key), (names) =>
      alter((each) => {
        each.at = withTaken(each.at, key, names);
        show(each.at);
      }),
    );

  function card() {
    const step = made.steps[at];
    const box = make('div', 'task step');
    const fields = FIELDS.map(([name, label, hint, rows]) =>
      field(label, hint, rows, step[name], (text) => alter((each) => Object.assign(each, { [name]: text }))),
    );
    const feet = make('div', 'row');
    const up = pressed(say('Earlier'), '', () => {
      made.steps.splice(at - 1, 0, ...made.steps.splice(at, 1));
      at -= 1;
      build();
      changed();
    });
    up.toggleAttribute('disabled', at === 0);
    const off = pressed(say('Delete this step'), '', () => {
      made.steps.splice(at, 1);
      changed();
      select(Math.max(0, at - 1));
    });
    off.toggleAttribute('disabled', made.steps.length === 1);
    feet.append(up, off);
    box.append(where(), ...fields, away('hide', say('Leave out')), away('lock', say('Show, but lock')), feet);
    return box;
  }

  function build() {
    if (!made.steps.length) made.steps.push(blank());
    const title = field(say('Title'), '', 1, made.title, (text) => {
      made.title = text;
      changed();
    });
    const steps = make('div', 'row steps', { role: 'group', 'aria-label': say('Steps') });
    steps.append(
      ...made.steps.map((_, i) => {
        const button = pressed(`${i + 1}`, '', () => select(i));
        button.setAttribute('aria-label', say('Step {n}', { n: i + 1 }));
        button.setAttribute('aria-pressed', String(i === at));
        return button;
      }),
    );
    const more = pressed(say('Add a step'), 'more', () => {
      made.steps.push({ ...blank(), at: made.steps[at].at });
      changed();
      select(made.steps.length - 1);
    });
    more.toggleAttribute('disabled', made.steps.length >= MOST);
    steps.append(more);
    root.replaceChildren(title, steps, card());
  }

  build();
  show(made.steps[at].at);
  return root;
}
