// @ts-check
// The room of the lessons in the page; lessons.py says what goes in and out.

import { adopt, note } from '../address/address.js';
import { copied } from '../address/header.js';
import { make } from '../base.js';
import { say } from '../say.js';
import { composer, pressed } from './compose.js';
import { entry, keep, progress } from './list.js';
import { LONGEST, pack, packedLike, shown, unpack } from './made.js';
import { roomIn } from './room.js';
import { sheet } from './sheet.js';
import { choice, taskCard } from './task.js';

const HEAD = {
  vae: say('All at once'),
  draw: say('Stroke by stroke'),
  pixels: say('Pixel by pixel'),
  look: say('Where to look'),
};
/** @type {Record<string, string>} */
const ROOMS = { ...HEAD, together: say('Side by side'), train: say('Train') };
const COMPOSE = 'compose';

/** @param {{element: HTMLElement, props: any, server: any}} gradio */
export default function start({ element, props, server }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-lessons'));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const frame = /** @type {HTMLIFrameElement} */ (find('iframe'));
  const room = roomIn(frame);
  /** @type {any[]} */
  const lessons = props.value.lessons;
  const course = lessons.filter(({ plan }) => !plan);
  const now = { lesson: '', step: '', made: '', sheet: '' };
  /** The teacher's own lesson of the address, and the text that it was read from. @type {import('./made.js').Made | null} */
  let own = null;
  let read = '';
  let waiting = false;

  const composing = () => now.lesson === COMPOSE;
  const lessonNow = () => (own && !now.lesson ? shown(own) : lessons.find(({ key }) => key === now.lesson));
  const last = (/** @type {any} */ lesson) => lesson.steps.length + (lesson.states.length ? 1 : 0); // the end is a step, too
  const stepNow = (/** @type {any} */ lesson) => Math.min(Number(now.step || 1), last(lesson));
  const shelf = (/** @type {any} */ lesson) => (lesson.key === 'made' ? `made-${now.made.slice(-16)}` : lesson.key);

  /** @param {Partial<typeof now>} to what changes in the address */
  function turn(to) {
    Object.assign(now, to);
    for (const [name, text] of Object.entries(to)) note('', name, text);
  }

  /** @param {string} lesson @param {number} [step] @param {string} [made] */
  function go(lesson, step = 1, made = '') {
    history.pushState(null, '', location.href); // Back leads to the step before
    if (made !== now.made) own = null;
    turn({ lesson, step: step === 1 ? '' : String(step), made, sheet: '' });
    void show(true);
  }

  function showList() {
    const done = progress();
    const door = (/** @type {any} */ each) => entry(each, done[each.key], (step) => go(each.key, step));
    find('.list .course').replaceChildren(...course.map(door));
    find('.list .plans').replaceChildren(...lessons.filter(({ plan }) => plan).map(door));
  }

  /** @param {any} lesson @param {number} step */
  function heading(lesson, step) {
    const head = make('div', 'head');
    const where = make('p', 'where');
    where.textContent = lesson.short;
    const bars = make('div', 'bars', {
      role: 'img',
      'aria-label': say('Step {n} of {all}', { n: step, all: last(lesson) }),
    });
    for (let i = 1; i <= last(lesson); i += 1) bars.append(make('i', i <= step ? 'past' : ''));
    head.append(
      where,
      pressed(say('On paper'), 'leave paper', () => {
        turn({ sheet: 'tasks' });
        void show(true);
      }),
      pressed(say('All lessons'), 'leave', () => go('')),
      bars,
    );
    return head;
  }

  /** @param {any} lesson @param {number} step */
  function feet(lesson, step) {
    const feet = make('div', 'feet');
    const to = (/** @type {number} */ step) => (lesson.key === 'made' ? go('', step, now.made) : go(lesson.key, step));
    const back = pressed(say('‹ Back'), 'back', () => to(step - 1));
    back.toggleAttribute('disabled', step === 1);
    const count = make('span');
    count.textContent =
      step > lesson.steps.length ? say('The end') : say('{n} of {all}', { n: step, all: lesson.steps.length });
    const next = course[course.indexOf(lesson) + 1 || course.length];
    const on =
      step < last(lesson)
        ? pressed(say('Next ›'), 'next', () => to(step + 1))
        : pressed(next ? say('Next: {lesson} ›', { lesson: next.short }) : say('All lessons'), 'next', () =>
            go(next?.key ?? ''),
          );
    feet.append(back, count, on);
    return feet;
  }

  /** @param {any} lesson */
  function ending(lesson) {
    const parts = [make('h2', '', { tabindex: -1 }), make('ul', 'states easel-text')];
    parts[0].textContent = say('What you can now state');
    parts[1].innerHTML = lesson.states.map((/** @type {string} */ each) => `<li>${each}</li>`).join('');
    const asked = lesson.questions.map((/** @type {any} */ question) => {
      const card = make('div', 'task question');
      const ask = make('p', 'say');
      ask.innerHTML = question.ask;
      card.append(
        ask,
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
      lit.textContent = say('Framed in the room: {what}', { what: it.note });
      parts.push(lit);
    }
    if (!it.task) return parts;
    const solved = () => {
      root.dataset.done = 'true';
      keep(shelf(lesson), (mine) => {
        if (!mine.done.includes(step)) mine.done.push(step);
      });
    };
    const judge = (/** @type {string} */ given) => server.judge(lesson.key, step, given, room.state());
    return [...parts, taskCard(it.task, progress()[shelf(lesson)]?.done.includes(step) ?? false, judge, solved)];
  }

  /** Where a lesson is composed, with what it takes to send it. */
  function composingCard() {
    const made = own ?? { title: '', steps: [] };
    own = made;
    const title = make('h2', '', { tabindex: -1 });
    title.textContent = say('Compose a lesson');
    const about = make('p', 'easel-text');
    about.textContent = say(
      'A step is a few sentences and a room in the state that you choose beside. All of it stands in the link: this server keeps nothing.',
    );
    const count = make('p', 'said', { role: 'status' });
    const address = () => `${location.origin}${location.pathname}?made=${now.made}&v=1`;
    async function changed() {
      const text = await pack(made);
      read = text;
      turn({ made: text });
      const long = address().length;
      const sizes = { n: long.toLocaleString('en'), most: LONGEST.toLocaleString('en') };
      count.textContent =
        long > LONGEST
          ? say('The link has {n} of {most} characters. Shorten the sentences, or take usual digits.', sizes)
          : say('The link has {n} of {most} characters.', sizes);
      count.classList.toggle('wrong', long > LONGEST);
      for (const button of send.querySelectorAll('button')) button.disabled = long > LONGEST;
    }
    const send = make('div', 'row send');
    const copy = pressed(say('Copy the link'), 'copy', async () => {
      copy.textContent = (await copied(address())) ? say('✓ Copied') : say('Copy the address above');
      setTimeout(() => {
        copy.textContent = say('Copy the link');
      }, 2000);
    });
    send.append(
      copy,
      pressed(say('See it as a student'), 'try', () => go('', 1, now.made)),
    );
    const beside = {
      show: (/** @type {string} */ at) => place(at, ''),
      here: room.here,
      changed: () => void changed(),
    };
    const card = composer(made, beside);
    void changed();
    find('.words').replaceChildren(
      pressed(say('All lessons'), 'leave', () => go('')),
      title,
      about,
      card,
      count,
      send,
    );
  }

  /** @param {string} at @param {string} look */
  function place(at, look) {
    find('.bar b').textContent = ROOMS[at.split('/')[1]] ?? '';
    find('.bar a').setAttribute('href', `..${at}`);
    room.show(at, look);
  }

  /** @param {any} lesson */
  function onPaper(lesson) {
    const link = new URL(location.href);
    for (const key of ['sheet', 'step']) link.searchParams.delete(key);
    const paper = sheet(lesson, now.sheet === 'answers', link.href, (text) => server.squares(text), {
      turn() {
        turn({ sheet: now.sheet === 'answers' ? 'tasks' : 'answers' });
        void show(true);
      },
      leave() {
        turn({ sheet: '' });
        void show(true);
      },
    });
    find('.paper').replaceChildren(paper);
  }

  /** @param {any} lesson */
  function inRoom(lesson) {
    const step = stepNow(lesson);
    const end = step > lesson.steps.length;
    keep(shelf(lesson), (mine) => {
      if (step === last(lesson)) mine.end = true;
      if (!end) mine.step = step;
    });
    find('.words').replaceChildren(
      heading(lesson, step),
      ...(end ? ending(lesson) : telling(lesson, step)),
      feet(lesson, step),
    );
    const { at, look } = lesson.steps[Math.min(step, lesson.steps.length) - 1];
    place(at, end ? '' : look);
    root.dataset.at = `${lesson.key}/${step}`;
  }

  /** @param {boolean} [moved] by a person: the eye and the screen reader go to the top of the text */
  async function show(moved) {
    if (now.made && read !== now.made) {
      read = now.made;
      own = await unpack(read);
      find('.list .damaged').hidden = Boolean(own);
    }
    const lesson = composing() ? null : lessonNow();
    const paper = Boolean(lesson && now.sheet);
    find('.paper').hidden = !paper;
    find('.list').hidden = Boolean(lesson) || composing();
    find('.lesson').hidden = (!lesson && !composing()) || paper;
    root.dataset.done = 'false';
    root.dataset.at = composing() ? COMPOSE : '';
    if (composing()) composingCard();
    else if (!lesson) showList();
    else if (paper) onPaper(lesson);
    else inRoom(lesson);
    find('.words').scrollTop = 0;
    const title = /** @type {HTMLElement | null} */ (root.querySelector(paper ? '.sheet h2' : '.words h2'));
    if (moved) title?.focus({ preventScroll: innerWidth > 700 });
  }

  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      void show();
    });
  };
  /** What may stand in the address under each name. @type {Record<keyof typeof now, (text: string) => boolean>} */
  const readable = {
    lesson: (text) => text === COMPOSE || lessons.some(({ key }) => key === text),
    step: (text) => /^[1-9]\d?$/.test(text),
    made: packedLike,
    sheet: (text) => ['tasks', 'answers'].includes(text),
  };
  for (const [name, fits] of Object.entries(readable))
    adopt('', name, {
      usual: '',
      apply(text) {
        if (text && !fits(text)) return false;
        Object.assign(now, { [name]: text });
        soon();
        return true;
      },
    });
  find('.compose').addEventListener('click', () => go(COMPOSE));
  window.addEventListener('keydown', (event) => {
    const lesson = composing() || now.sheet ? null : lessonNow();
    if (!lesson || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest('input, textarea, select, [role=slider]')) return;
    const step = stepNow(lesson) + ({ ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0);
    if (step === stepNow(lesson) || step < 1 || step > last(lesson)) return;
    event.preventDefault();
    if (lesson.key === 'made') go('', step, now.made);
    else go(lesson.key, step);
  });
  void show();
}
