// @ts-check
// A lesson on paper: its sentences, its tasks with space to write, and a code of squares that leads to it.

import { make } from '../base.js';
import { say } from '../say.js';
import { pressed } from './compose.js';

const NEARBY = /^(localhost|127\.|\[::1\])/; // what only this machine can open

/** @param {any} task @param {boolean} answers */
function taskOnPaper(task, answers) {
  const box = make('div', 'asked');
  const ask = make('p', 'say');
  ask.innerHTML = task.say;
  box.append(ask);
  const told = { choose: '', open: task.answer, number: task.done, do: task.done }[
    /** @type {string} */ (task.kind ?? 'choose')
  ];
  if (task.answers) {
    const list = make('ul', 'choices');
    list.innerHTML = task.answers
      .map((/** @type {string} */ each, /** @type {number} */ i) => {
        const right = answers && i === task.right;
        return `<li>${right ? '☑' : '☐'} ${right ? `<b>${each}</b>` : each}</li>`;
      })
      .join('');
    box.append(list);
  } else if (!answers) {
    box.append(make('div', 'space'));
  }
  const why = answers && (task.answers ? task.why?.[task.right] : told);
  if (why) {
    const answer = make('p', 'answered');
    answer.innerHTML = why;
    box.append(answer);
  }
  return box;
}

/**
 * @param {any} lesson as the room shows it
 * @param {boolean} answers
 * @param {string} link to the lesson, without its answers
 * @param {(link: string) => Promise<string>} code the squares as SVG; empty where the link is too long for them
 * @param {{turn: () => void, leave: () => void}} act
 */
export function sheet(lesson, answers, link, code, { turn, leave }) {
  const paper = make('section', 'sheet', { 'aria-label': say('The lesson on paper') });
  const tools = make('div', 'row tools');
  tools.append(
    pressed(say('Print'), 'print', () => window.print()),
    pressed(answers ? say('Without answers') : say('With answers'), 'answers', turn),
    pressed(say('Back to the lesson'), 'leave-sheet', leave),
  );
  const head = make('div', answers ? 'top alone' : 'top');
  const title = make('h2', '', { tabindex: -1 });
  title.textContent = answers ? say('{lesson} · answers', { lesson: lesson.title }) : lesson.title;
  const squares = make('div', 'squares');
  const name = make('p', 'name');
  name.textContent = say('Name:');
  head.append(title, ...(answers ? [] : [name, squares]));
  if (!answers)
    void code(link).then((svg) => {
      squares.innerHTML = svg || say('<p>The link is too long for a QR square: send it by mail.</p>');
      const said = NEARBY.test(new URL(link).host) && svg;
      if (said) squares.insertAdjacentHTML('beforeend', say('<p>Opens on this machine only.</p>'));
    });
  const steps = make('ol', 'steps');
  for (const step of lesson.steps) {
    const item = make('li');
    const heading = make('h3');
    heading.textContent = step.title;
    const text = make('div');
    text.innerHTML = step.html;
    item.append(heading, text);
    if (step.task) item.append(taskOnPaper(step.task, answers));
    steps.append(item);
  }
  paper.append(tools, head, steps);
  if (lesson.questions.length) {
    const end = make('h3');
    end.textContent = say('At the end');
    const asked = lesson.questions.map((/** @type {any} */ each) => taskOnPaper({ ...each, say: each.ask }, answers));
    paper.append(end, ...asked);
  }
  return paper;
}
