// @ts-check
// A lesson that a teacher has made: all of it stands in one link, and no server keeps it.

import { PARTS } from '../address/locks.js';
import { say } from '../say.js';

/** @typedef {{at: string, title: string, text: string, ask: string, answer: string}} Step */
/** @typedef {{title: string, steps: Step[]}} Made */

export const LONGEST = 4000; // characters of a link: what chats let through, and the address takes
export const MOST = 12; // steps
const LETTERS = 2000; // of one text
const AT = /^\/(?:(?:vae|draw|pixels|look|together|train)\/)?(?:\?[^\s"<>]*)?$/;
const SHAPE = /^[jz][\w-]*$/;

/** @param {Uint8Array} bytes */
const letters = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
/** @param {string} text */
const unlettered = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));

/** @param {Uint8Array} bytes @param {'CompressionStream' | 'DecompressionStream'} kind */
async function through(bytes, kind) {
  const press = new window[kind]('deflate-raw');
  const body = new Response(new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(press));
  return new Uint8Array(await body.arrayBuffer());
}

/** A lesson as a part of an address; older browsers do without pressing it together. @param {Made} made */
export async function pack({ title, steps }) {
  const plain = JSON.stringify([
    [title],
    ...steps.map(({ at, title, text, ask, answer }) => [at, title, text, ask, answer]),
  ]);
  const bytes = new TextEncoder().encode(plain);
  return 'CompressionStream' in window
    ? `z${letters(await through(bytes, 'CompressionStream'))}`
    : `j${letters(bytes)}`;
}

/** Whether a text may be a lesson, as far as it can be seen without opening it. @param {string} text */
export const packedLike = (text) => SHAPE.test(text);

/** The lesson in an address, or null where it is damaged. @param {string} text @returns {Promise<Made | null>} */
export async function unpack(text) {
  try {
    const bytes = unlettered(text.slice(1));
    const plain = text[0] === 'z' ? await through(bytes, 'DecompressionStream') : bytes;
    /** @type {string[][]} */
    const [[title], ...rows] = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
    const steps = rows.map(([at, title, text, ask, answer]) => ({ at, title, text, ask, answer }));
    const texts = [title, ...steps.flatMap((step) => Object.values(step))];
    const sound = texts.every((each) => typeof each === 'string' && each.length <= LETTERS) && steps.length <= MOST;
    return sound && steps.every(({ at }) => AT.test(at)) ? { title, steps } : null;
  } catch {
    return null;
  }
}

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Paragraphs of **bold** and *italics*, as in the lessons' files. @param {string} text */
export const marked = (text) =>
  escaped(text)
    .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replace(/\*(.+?)\*/g, '<i>$1</i>');

/** The lesson as the room shows it. @param {Made} made */
export function shown({ title, steps }) {
  return {
    key: 'made',
    title,
    short: title || say('A lesson'),
    minutes: 0,
    about: '',
    states: [],
    questions: [],
    steps: steps.map(({ at, title, text, ask, answer }, i) => ({
      title: title || say('Step {n}', { n: i + 1 }),
      at,
      look: '',
      note: '',
      html: text
        .split(/\n+/)
        .filter((each) => each.trim())
        .map((each) => `<p>${marked(each)}</p>`)
        .join(''),
      task: ask ? { kind: 'open', say: marked(ask), answer: marked(answer) } : null,
    })),
  };
}

/** An address without, or with, what is taken away there. @param {string} at @param {string} key @param {string[]} names */
export function withTaken(at, key, names) {
  const [path, query = ''] = at.split('?');
  const from = new URLSearchParams(query);
  from.delete(key);
  if (names.length) from.set(key, names.join(','));
  const text = from.toString().replaceAll('%2C', ',');
  return text ? `${path}?${text}` : path;
}

/** What is taken away in an address. @param {string} at @param {string} key */
export const takenIn = (at, key) =>
  (new URLSearchParams(at.split('?')[1] ?? '').get(key) ?? '').split(',').filter((name) => name in PARTS);
