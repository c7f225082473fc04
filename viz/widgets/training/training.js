// @ts-check
// Follows a training: asks where it stands, shows it, tells it what a person presses; training.py says what is what.

import { current, onControl, ready } from '../address/address.js';
import { life } from '../base.js';
import { say } from '../say.js';
import { save } from '../take_home/take_home.js';
import { Stage } from './stage.js';

const GO_ON = say('Go on');
const SOON = 500; // ms from one look to the next while it goes on
const LATER = 4000; // … and while nothing moves
const SETTLE = 300; // ms in which a control that moves becomes one word

/** @param {import('../gradio.d.ts').Gradio<{control: string, live: Record<string, string>}>} gradio */
export default async function start({ element, props, server }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-training'));
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(name));
  const stage = new Stage(root);
  const { signal, gone } = life(root);
  const { control, live } = props;
  let key = '';
  let version = '';
  let timer = 0;
  let looking = false;
  /** What was last set, by its name. @type {Record<string, string>} */
  let set = {};
  let settling = 0;

  /** @param {import('./stage.js').Shown} shown */
  function show(shown) {
    version = shown.version;
    stage.show(shown);
    part('.empty').hidden = true;
    part('.all').hidden = false;
    const { going, pace, state } = shown;
    root.dataset.key = key;
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll('[data-do]'))) {
      const word = button.dataset.do;
      button.hidden = word === 'on' ? going || state === 'finished' || !shown.command : !going;
    }
    part('[data-do=pause]').textContent = pace === 'paused' ? GO_ON : say('Pause');
    part('[data-do=slow]').setAttribute('aria-pressed', String(pace === 'slow'));
    part('.home').hidden = !shown.kept && !shown.command;
    part('[data-home]').hidden = !shown.kept;
    part('code').textContent = shown.command;
  }

  async function look() {
    clearTimeout(timer);
    if (gone() || looking || !key) return;
    looking = true;
    const asked = key;
    let answer;
    try {
      answer = await server.look(asked, version);
    } catch {
      answer = { error: say('The server does not answer; this page goes on asking.'), again: true };
    }
    looking = false;
    if (asked !== key) {
      look();
      return;
    }
    if (answer.error) part('.head').textContent = answer.error;
    else show(answer);
    if (answer.error && !answer.again) {
      part('.empty').textContent = answer.error;
      part('.empty').hidden = false;
      return;
    }
    const going = answer.going ?? true;
    if (going) timer = setTimeout(look, answer.pace === 'paused' ? LATER / 4 : SOON);
  }

  /** @param {object} word */
  async function tell(word) {
    const answer = await server.tell(key, word).catch(() => ({ error: say('The server does not answer.') }));
    if (answer.error) part('.head').textContent = answer.error;
    else look();
  }

  function follow() {
    const wanted = current[control] ?? '';
    if (wanted !== key) {
      key = wanted;
      version = '';
      set = Object.fromEntries(Object.entries(live).map(([name, at]) => [name, current[at]]));
      stage.clear();
      part('.all').hidden = true;
      part('.empty').hidden = false;
      root.dataset.key = '';
      root.dataset.state = '';
      look();
    }
    if (!key || root.dataset.state !== 'training') return;
    clearTimeout(settling);
    settling = setTimeout(() => {
      const changed = Object.entries(live).filter(([name, at]) => current[at] !== set[name]);
      if (!changed.length) return;
      set = Object.fromEntries(Object.entries(live).map(([name, at]) => [name, current[at]]));
      tell({ do: 'set', ...Object.fromEntries(changed.map(([name, at]) => [name, Number(current[at])])) });
    }, SETTLE);
  }

  root.addEventListener('click', async ({ target }) => {
    const button = /** @type {HTMLElement} */ (target).closest('button');
    if (!button) return;
    if (button.dataset.do) {
      const pressed = button.getAttribute('aria-pressed') === 'true' || button.textContent === GO_ON;
      const word = button.dataset.do;
      tell({ do: word !== 'on' && pressed ? 'go' : word });
    }
    if (button.hasAttribute('data-home')) {
      const file = await server.home(key).catch(() => ({ error: say('The server does not answer.') }));
      if (file.error) part('.head').textContent = file.error;
      else save(file.name, file.data);
    }
  });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look(), { signal });

  await ready;
  onControl(follow);
  follow();
  if (!key) server.look('', '').catch(() => {}); // nobody trains here yet: a process gets ready for the first press
}
