// @ts-check
// The list of the lessons, and how far somebody has come, which stays in the browser.

import { make } from '../base.js';
import { say } from '../say.js';

const SHELF = 'easel-lessons';

/** @typedef {{step: number, done: number[], end?: boolean}} Progress */

/** @returns {Record<string, Progress>} what a person has done, by lesson */
export function progress() {
  try {
    return JSON.parse(localStorage.getItem(SHELF) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** @param {string} key @param {(now: Progress) => void} change */
export function keep(key, change) {
  const all = progress();
  all[key] = { ...all[key], step: all[key]?.step ?? 1, done: all[key]?.done ?? [] };
  change(all[key]);
  try {
    localStorage.setItem(SHELF, JSON.stringify(all));
  } catch {
    // refused or full: for now only
  }
}

/** @param {any} lesson @param {Progress | undefined} done @param {(step: number) => void} go */
export function entry(lesson, done, go) {
  const item = make('li', done?.end ? 'ended' : '');
  const door = make('a', '', { href: `?lesson=${lesson.key}` });
  const said = done?.end
    ? say('✓ finished')
    : done
      ? say('step {n} of {all}', { n: done.step, all: lesson.steps.length })
      : '';
  const long = say('{n} minutes', { n: lesson.minutes });
  door.innerHTML = `<b>${lesson.title}</b><span>${lesson.about}</span><small>${long}${said && ` · ${said}`}</small>`;
  door.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(done && !done.end ? done.step : 1);
  });
  item.append(door);
  return item;
}
