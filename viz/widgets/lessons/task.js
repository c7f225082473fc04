// @ts-check
// A step's task, and a question at a lesson's end: answers that say why, a number that is typed, a room that is looked at.

import { make } from '../base.js';
import { say } from '../say.js';

/** @param {keyof HTMLElementTagNameMap} tag @param {string} name @param {string} html made by the server */
function filled(tag, name, html) {
  const node = make(tag, name);
  node.innerHTML = html;
  return node;
}

/**
 * Answers to choose from; a miss says why it tempts and costs nothing.
 * @param {{answers: string[], why: string[], right: number}} asked
 * @param {() => void} solved
 */
export function choice(asked, solved) {
  const box = make('div', 'choice');
  const said = make('p', 'said', { role: 'status' });
  box.append(
    ...asked.answers.map((answer, i) => {
      const button = filled('button', 'answer', answer);
      button.setAttribute('type', 'button');
      button.addEventListener('click', () => {
        const right = i === asked.right;
        button.classList.add(right ? 'right' : 'wrong');
        said.className = `said ${right ? 'right' : 'wrong'}`;
        const verdict = right ? say('✓ Right.') : say('✗ Not this one.');
        said.innerHTML = `<b>${verdict}</b> ${asked.why[i]}`;
        if (!right) return;
        for (const each of box.querySelectorAll('button')) each.disabled = true;
        solved();
      });
      return button;
    }),
    said,
  );
  return box;
}

/**
 * A task that the server judges; the hint comes after a miss.
 * @param {{kind: string, done: string, hint: string}} task
 * @param {(given: string) => Promise<{right?: boolean, found?: string, error?: string}>} judge
 * @param {() => void} solved
 */
function judged(task, judge, solved) {
  const box = make('form', 'judged');
  const field = /** @type {HTMLInputElement} */ (
    make('input', '', { type: 'text', inputmode: 'decimal', autocomplete: 'off', 'aria-label': say('Your number') })
  );
  const button = /** @type {HTMLButtonElement} */ (make('button', 'check', { type: 'submit' }));
  button.textContent = task.kind === 'number' ? say('Check') : say('Look whether it is done');
  const said = make('p', 'said', { role: 'status' });
  if (task.kind === 'number') box.append(field);
  box.append(button, said);
  box.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    const answer = await judge(field.value).catch(() => ({ error: say('The server does not answer.') }));
    button.disabled = false;
    const { right = false, found = '', error = '' } = /** @type {any} */ (answer);
    said.className = `said ${right ? 'right' : 'wrong'}`;
    const mark = make('b');
    mark.textContent = right ? say('✓ Done.') : error ? '' : say('✗ Not yet.');
    said.replaceChildren(mark, ` ${error || found} `);
    if (right) said.append(filled('span', '', task.done));
    else if (!error) said.append(filled('span', 'hint', say('Hint: {hint}', { hint: task.hint })));
    if (right) solved();
  });
  return box;
}

/** An answer that stands there when it is asked for. @param {{answer: string}} task @param {() => void} solved */
function open(task, solved) {
  const box = make('div', 'choice');
  const button = make('button', 'answer', { type: 'button' });
  button.textContent = say('Show the answer');
  const said = filled('p', 'said', '');
  said.setAttribute('role', 'status');
  button.addEventListener('click', () => {
    said.innerHTML = task.answer;
    button.hidden = true;
    solved();
  });
  box.append(button, said);
  return box;
}

/**
 * @param {any} task @param {boolean} done before
 * @param {(given: string) => Promise<any>} judge @param {() => void} solved
 */
export function taskCard(task, done, judge, solved) {
  const card = make('div', 'task');
  card.append(
    filled('p', 'turn', done ? say('✓ Your turn: done before') : say('Your turn')),
    filled('p', 'say', task.say),
    task.kind === 'choose'
      ? choice(task, solved)
      : task.kind === 'open'
        ? open(task, solved)
        : judged(task, judge, solved),
  );
  return card;
}
