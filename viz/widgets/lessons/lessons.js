// @ts-check
// The room of the lessons in the page; lessons.py says what goes in and out.

import { adopt, note } from '../address/address.js';
import { make } from '../base.js';
import { roomIn } from './room.js';
import { choice, taskCard } from './task.js';

const SHELF = 'easel-lessons';
const HEAD = { vae: 'All at once', draw: 'Stroke by stroke', pixels: 'Pixel by pixel', look: 'Where to look' };
/** @type {Record<string, string>} */
const ROOMS = { ...HEAD, together: 'Side by side', train: 'Train' };

/** @typedef {{step: number, done: number[], end?: boolean}} Progress */

/** @returns {Record<string, Progress>} what a person has done, by lesson */
function progress() {
  try {
    return JSON.parse(localStorage.getItem(SHELF) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** @param {string} key @param {(now: Progress) => void} change */
function keep(key, change) {
  const all = progress();
  all[key] = { ...all[key], step: all[key]?.step ?? 1, done: all[key]?.done ?? [] };
  change(all[key]);
  try {
    localStorage.setItem(SHELF, JSON.stringify(all));
  } catch {
    // refused or full: for now only
  }
}

/** @param {string} text @param {string} name @param {() => void} act */
function pressed(text, name, act) {
  const button = make('button', name, { type: 'button' });
  button.textContent = text;
  button.addEventListener('click', act);
  return button;
}

/** @param {{element: HTMLElement, props: any, server: any}} gradio */
export default function start({ element, props, server }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-lessons'));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const frame = /** @type {HTMLIFrameElement} */ (find('iframe'));
  const room = roomIn(frame);
  /** @type {any[]} */
  const lessons = props.value.lessons;
  const now = { lesson: '', step: '' };
  let waiting = false;

  const lessonNow = () => lessons.find(({ key }) => key === now.lesson);
  const last = (/** @type {any} */ lesson) => lesson.steps.length + 1; // the end is a step, too
  const stepNow = (/** @type {any} */ lesson) => Math.min(Number(now.step || 1), last(lesson));

  /** @param {string} lesson @param {number} [step] */
  function go(lesson, step = 1) {
    history.pushState(null, '', location.href); // Back leads to the step before
    Object.assign(now, { lesson, step: step === 1 ? '' : String(step) });
    note('', 'lesson', now.lesson);
    note('', 'step', now.step);
    show(true);
  }

  /** @param {any} lesson @param {Progress | undefined} done */
  function entry(lesson, done) {
    const item = make('li', done?.end ? 'ended' : '');
    const door = make('a', '', { href: `?lesson=${lesson.key}` });
    const said = done?.end ? '✓ finished' : done ? `step ${done.step} of ${lesson.steps.length}` : '';
    door.innerHTML = `<b>${lesson.title}</b><span>${lesson.about}</span><small>${lesson.minutes} minutes${said && ` · ${said}`}</small>`;
    door.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(lesson.key, done && !done.end ? done.step : 1);
    });
    item.append(door);
    return item;
  }

  function showList() {
    const done = progress();
    find('.list ol').replaceChildren(...lessons.map((lesson) => entry(lesson, done[lesson.key])));
  }

  /** @param {any} lesson @param {number} step */
  function heading(lesson, step) {
    const head = make('div', 'head');
    const where = make('p', 'where');
    where.textContent = lesson.short;
    const bars = make('div', 'bars', { role: 'img', 'aria-label': `Step ${step} of ${last(lesson)}` });
    for (let i = 1; i <= last(lesson); i += 1) bars.append(make('i', i <= step ? 'past' : ''));
    head.append(
      where,
      pressed('All lessons', 'leave', () => go('')),
      bars,
    );
    return head;
  }

  /** @param {any} lesson @param {number} step */
  function feet(lesson, step) {
    const feet = make('div', 'feet');
    const back = pressed('‹ Back', 'back', () => go(lesson.key, step - 1));
    back.toggleAttribute('disabled', step === 1);
    const count = make('span');
    count.textContent = step === last(lesson) ? 'The end' : `${step} of ${lesson.steps.length}`;
    const next = lessons[lessons.indexOf(lesson) + 1];
    const on =
      step < last(lesson)
        ? pressed('Next ›', 'next', () => go(lesson.key, step + 1))
        : pressed(next ? `Next: ${next.short} ›` : 'All lessons', 'next', () => go(next?.key ?? ''));
    feet.append(back, count, on);
    return feet;
  }

  /** @param {any} lesson */
  function ending(lesson) {
    const parts = [make('h2', '', { tabindex: -1 }), make('ul', 'states easel-text')];
    parts[0].textContent = 'What you can now state';
    parts[1].innerHTML = lesson.states.map((/** @type {string} */ each) => `<li>${each}</li>`).join('');
    const asked = lesson.questions.map((/** @type {any} */ question) => {
      const card = make('div', 'task question');
      const say = make('p', 'say');
      say.innerHTML = question.ask;
      card.append(
        say,
        choice(question, () => card.setAttribute('data-done', 'true')),
      );
      return card;
    });
    return [...parts, ...asked];
  }

  /** @param {any} lesson @param {number} step */
  function telling(lesson, step) {
    const it = lesson.steps[step - 1];
    const title = make('h2', '', { tabindex: -1 });
    title.textContent = it.title;
    const text = make('div', 'easel-text');
    text.innerHTML = it.html;
    const parts = [title, text];
    if (it.note) {
      const lit = make('p', 'lit');
      lit.textContent = `Framed in the room: ${it.note}`;
      parts.push(lit);
    }
    if (!it.task) return parts;
    const solved = () => {
      root.dataset.done = 'true';
      keep(lesson.key, (mine) => {
        if (!mine.done.includes(step)) mine.done.push(step);
      });
    };
    const judge = (/** @type {string} */ given) => server.judge(lesson.key, step, given, room.state());
    return [...parts, taskCard(it.task, progress()[lesson.key]?.done.includes(step) ?? false, judge, solved)];
  }

  /** @param {boolean} [moved] by a person: the eye and the screen reader go to the top of the text */
  function show(moved) {
    const lesson = lessonNow();
    find('.list').hidden = Boolean(lesson);
    find('.lesson').hidden = !lesson;
    root.dataset.done = 'false';
    if (!lesson) {
      showList();
      root.dataset.at = '';
      return;
    }
    const step = stepNow(lesson);
    const end = step === last(lesson);
    keep(lesson.key, (mine) => {
      if (end) mine.end = true;
      else mine.step = step;
    });
    const words = find('.words');
    words.replaceChildren(heading(lesson, step), ...(end ? ending(lesson) : telling(lesson, step)), feet(lesson, step));
    words.scrollTop = 0;
    const { at, look } = lesson.steps[Math.min(step, lesson.steps.length) - 1];
    find('.bar b').textContent = ROOMS[at.split('/')[1]] ?? '';
    find('.bar a').setAttribute('href', `..${at}`);
    room.show(at, end ? '' : look);
    root.dataset.at = `${lesson.key}/${step}`;
    if (moved) words.querySelector('h2')?.focus({ preventScroll: innerWidth > 700 });
  }

  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      show();
    });
  };
  adopt('', 'lesson', {
    usual: '',
    apply(text) {
      if (text && !lessons.some(({ key }) => key === text)) return false;
      now.lesson = text;
      soon();
      return true;
    },
  });
  adopt('', 'step', {
    usual: '',
    apply(text) {
      if (text && !/^[1-9]\d?$/.test(text)) return false;
      now.step = text;
      soon();
      return true;
    },
  });
  window.addEventListener('keydown', (event) => {
    const lesson = lessonNow();
    if (!lesson || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest('input, textarea, select, [role=slider]')) return;
    const step = stepNow(lesson) + ({ ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0);
    if (step === stepNow(lesson) || step < 1 || step > last(lesson)) return;
    event.preventDefault();
    go(lesson.key, step);
  });
  show();
}
