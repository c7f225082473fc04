// @ts-check
// The one table of the networks: their parts, how they are joined, what their boxes hold and where they are on the stage.
// A length is a 720th of the row's width. A box stands from `top` to `bottom`, its middle at `at`.

import { say } from '../say.js';

/**
 * @typedef {object} Box
 * @property {string} part
 * @property {string} label what stands above the box
 * @property {string} name what it does; {size} is that of the patch which it holds, {label} its label
 * @property {string} [sizeless] its name where nothing is known of {size}
 * @property {number} at
 * @property {string} [colour] its own colour, where it is not the room's
 * @property {string} [below] words below the box
 * @property {number} [sheets] how many sheets lie behind the box
 * @property {string} [needs] the value of the note without which the part does nothing at this step
 * @property {Shows} shows
 * @typedef {object} Shows
 * @property {'picture' | 'patch' | 'network' | 'code' | 'nats' | 'ink' | 'next' | 'digit' | 'layer'} kind
 * @property {string} [room] the panel's or the patch's colour
 * @property {number} [back] so many steps earlier
 * @property {string} [mark] framed in the picture
 * @property {number} [layer] which of the painter's layers
 * @typedef {{mark?: string, ahead?: number, room?: string, region?: string}} Place
 * @typedef {object} Loop
 * @property {string} from
 * @property {string[]} to
 * @property {number} deep how far down it goes
 * @property {string} words
 * @property {number} middle where the words stand
 * @property {number} [shift] how far left of the middle of the last box it arrives
 * @typedef {object} Family
 * @property {string} room
 * @property {number} height
 * @property {string} sentence
 * @property {Box[]} boxes
 * @property {Loop[]} loops
 * @property {string} [noise] words below the box that noise comes into
 * @property {string[]} cycle what one step does, in turn
 * @property {string} rest what stays lit afterwards
 * @property {string[]} formula its lines: [part|text] is a symbol, _ puts the letter or the {group} behind it low
 * @property {Record<string, Place>} stage where a part is on the stage: a mark, a whole picture, or an element elsewhere
 */

export const WIDTH = 720;
export const TOP = 20;
export const BOTTOM = 80;
/** Half the width of a box. */
export const HALF = 33;

/** A name up to its colon; the word alone is also that for a step, which may be another one. @param {string} name */
const before = (name) => name.split(/: |：/)[0];

/** @type {Record<string, Family>} */
export const FAMILIES = {
  vae: {
    room: 'vae',
    height: 122,
    sentence: say('The <b>encoder</b> gives a cloud of codes, one is drawn, the <b>decoder</b> paints it at once.'),
    boxes: [
      {
        part: 'picture',
        label: before(say('picture: what the encoder sees')),
        name: say('picture: what the encoder sees'),
        at: 36,
        shows: { kind: 'picture', room: 'read' },
        needs: 'reconstruction',
      },
      {
        part: 'encoder',
        label: say('encoder'),
        name: say('encoder: gives the mean and the width of each number'),
        at: 198,
        below: say('gives μ and σ'),
        shows: { kind: 'network' },
        needs: 'kl',
      },
      {
        part: 'code',
        label: say('code z'),
        name: say('code: all that the decoder is told'),
        at: 360,
        shows: { kind: 'code' },
      },
      {
        part: 'decoder',
        label: say('decoder'),
        name: say('decoder: makes a picture of the code'),
        at: 522,
        below: say('ink probability'),
        shows: { kind: 'network' },
      },
      {
        part: 'painting',
        label: say('painting'),
        name: say('painting: how likely each pixel is ink'),
        at: 684,
        shows: { kind: 'picture', room: 'vae' },
      },
    ],
    loops: [],
    noise: say('noise ε'),
    cycle: ['encoder', 'code', 'decoder'],
    rest: 'code',
    formula: [
      '[encoder|μ], [encoder|σ] = enc([picture|x])',
      '[code|z] = μ + σ ε',
      'p([painting|x] | z) = [decoder|dec(z)]',
    ],
    stage: { picture: { room: 'read' }, painting: { room: 'vae' }, code: { region: '#{key}-code .sliders' } },
  },
  draw: {
    room: 'write',
    height: 128,
    sentence: say('A loop: look, remember, draw numbers, <b>write</b>. The canvas keeps every stroke.'),
    boxes: [
      {
        part: 'read',
        label: say('read'),
        name: say('read: looks at a {size} patch'),
        sizeless: say('read: looks at once'),
        at: 36,
        colour: 'read',
        shows: { kind: 'patch', room: 'read' },
        needs: 'kl',
      },
      {
        part: 'encoder',
        label: say('encoder'),
        name: say('encoder: remembers what was seen'),
        at: 166,
        shows: { kind: 'network' },
        needs: 'kl',
      },
      {
        part: 'z',
        label: 'z',
        name: say('z: numbers drawn at random, and what they cost'),
        at: 295,
        shows: { kind: 'nats' },
      },
      {
        part: 'decoder',
        label: say('decoder'),
        name: say('decoder: decides where to look and what to write'),
        at: 425,
        shows: { kind: 'network' },
      },
      {
        part: 'write',
        label: say('write'),
        name: say('write: adds a {size} patch'),
        sizeless: say('write: adds at once'),
        at: 554,
        shows: { kind: 'patch', room: 'write' },
      },
      {
        part: 'canvas',
        label: say('canvas'),
        name: say('canvas: the sum of all strokes so far'),
        at: 684,
        shows: { kind: 'picture', room: 'write' },
      },
    ],
    loops: [
      {
        from: 'decoder',
        to: ['encoder', 'read'],
        deep: 100,
        words: say('where to look; what it remembers'),
        middle: 295,
        shift: -14,
      },
      {
        from: 'canvas',
        to: ['read'],
        deep: 120,
        words: say('the picture, and what is still missing: picture − canvas'),
        middle: 360,
        shift: 14,
      },
    ],
    cycle: ['read', 'encoder', 'z', 'decoder', 'write'],
    rest: 'write',
    formula: [
      'r_t = [read|read](x, x − σ(c_{t−1}))',
      '[z|z_t] ~ Q([encoder|enc](r_t, h_{t−1}))',
      'h_t = [decoder|dec](h_{t−1}, z_t)',
      '[canvas|c_t] = c_{t−1} + [write|write(h_t)]',
    ],
    stage: { read: { mark: 'read' }, write: { mark: 'write' }, canvas: { room: 'write' } },
  },
  pixels: {
    room: 'pixel',
    height: 124,
    sentence: say('Nothing later than a pixel reaches it, so each is drawn <b>given the past only</b>.'),
    boxes: [
      {
        part: 'past',
        label: say('so far'),
        name: say('so far: all that comes before this pixel'),
        at: 36,
        shows: { kind: 'picture', room: 'pixel', back: 1, mark: 'pixel' },
      },
      {
        part: 'first',
        label: say('first layer'),
        name: say('{label}: sees the past, but not the pixel itself'),
        at: 198,
        below: say('not itself'),
        shows: { kind: 'layer', layer: 0 },
      },
      {
        part: 'stack',
        label: say('further layers'),
        name: say('{label}: see what the layer below says of the pixel, too'),
        at: 360,
        below: say('itself, too'),
        sheets: 2,
        shows: { kind: 'layer', layer: 1 },
      },
      {
        part: 'ink',
        label: say('ink'),
        name: say('ink: how likely it is at this pixel, beside paper'),
        at: 522,
        shows: { kind: 'ink' },
        needs: 'p',
      },
      {
        part: 'more',
        label: say('one more'),
        name: say('one more: the picture with this pixel drawn'),
        at: 684,
        shows: { kind: 'picture', room: 'pixel' },
      },
    ],
    loops: [{ from: 'more', to: ['past'], deep: 112, words: say('once for each pixel, in turn'), middle: 360 }],
    cycle: ['past', 'first', 'stack', 'ink'],
    rest: 'ink',
    formula: [
      'p(x) = Π_i p([more|x_i] | [past|x_{<i}])',
      '[ink|p(x_i = 1 | x_{<i})] = σ([stack|further]([first|first](x_{<i})))',
    ],
    stage: { ink: { mark: 'pixel' }, past: { room: 'pixel' } },
  },
  look: {
    room: 'glimpse',
    height: 122,
    sentence: say('It sees {size} numbers at a time, remembers, and chooses <b>where to look next</b>.'),
    boxes: [
      {
        part: 'scene',
        label: say('scene'),
        name: say('scene: the picture, of which it never sees all'),
        at: 44,
        shows: { kind: 'picture', room: 'plain', mark: 'glimpse' },
      },
      {
        part: 'glimpse',
        label: before(say('glimpse: the numbers that reach it')),
        name: say('glimpse: the {size} numbers that reach it'),
        sizeless: say('glimpse: the numbers that reach it'),
        at: 198,
        shows: { kind: 'picture', room: 'glimpse' },
      },
      {
        part: 'memory',
        label: say('memory'),
        name: say('memory: what all glimpses so far have told'),
        at: 360,
        shows: { kind: 'network' },
      },
      {
        part: 'next',
        label: say('where next'),
        name: say('where next: the window of the next glimpse'),
        at: 522,
        shows: { kind: 'next' },
      },
      {
        part: 'digit',
        label: say('which digit'),
        name: say('which digit: how likely each one is'),
        at: 676,
        shows: { kind: 'digit' },
      },
    ],
    loops: [
      { from: 'next', to: ['scene'], deep: 114, words: say('look again'), middle: 260 },
      { from: 'memory', to: ['digit'], deep: 98, words: '', middle: 0 },
    ],
    cycle: ['glimpse', 'memory', 'next', 'digit'],
    rest: 'digit',
    formula: [
      'r_t = [glimpse|glimpse]([scene|x], w_t)',
      '[memory|h_t] = lstm(h_{t−1}, r_t, w_t)',
      '[next|w_{t+1}] = where(h_t)',
      '[digit|p_t] = softmax(V h_t)',
    ],
    stage: {
      glimpse: { mark: 'glimpse', room: 'glimpse' },
      next: { mark: 'glimpse', ahead: 1 },
      scene: { room: 'plain' },
      digit: { region: '#{key}-narrator .bars' },
    },
  },
  scans: {
    room: 'glimpse',
    height: 122,
    sentence: say(
      'From each corner a <b>scan</b> crosses the scene; every cell hears the two beside it that were before it.',
    ),
    boxes: [
      {
        part: 'scene',
        label: say('scene'),
        name: say('scene: read in blocks of 3 × 3 pixels'),
        at: 44,
        shows: { kind: 'picture', room: 'plain' },
      },
      {
        part: 'first',
        label: say('four scans'),
        name: say('four scans: one from each corner, with weights of its own'),
        at: 202,
        below: say('4 directions'),
        sheets: 3,
        shows: { kind: 'network' },
      },
      {
        part: 'second',
        label: say('four more'),
        name: say('four more: they cross what the first four say together'),
        at: 360,
        below: say('4 directions'),
        sheets: 3,
        shows: { kind: 'network' },
      },
      {
        part: 'map',
        label: say('every pixel'),
        name: say('every pixel: paper, digit or clutter'),
        at: 518,
        shows: { kind: 'picture', room: 'glimpse' },
      },
      {
        part: 'which',
        label: say('which digit'),
        name: say('which digit: read off the cells that are taken for it'),
        at: 676,
        shows: { kind: 'digit' },
      },
    ],
    loops: [{ from: 'scene', to: ['map'], deep: 112, words: say('the block itself'), middle: 281 }],
    cycle: ['second', 'map', 'which'],
    rest: 'map',
    formula: [
      '[first|h] = lstm([scene|x], h_{←}, h_{↑})',
      "[second|h'] = lstm(h, h'_{←}, h'_{↑})",
      "[map|p] = softmax(h', x)",
      '[which|digit] = softmax(mean)',
    ],
    stage: { scene: { room: 'plain' }, map: { room: 'glimpse' }, which: { region: '#{key}-narrator .bars' } },
  },
};

// Letters are slanted, words are upright, and what stands behind _ is low.
/** @type {Record<string, string>} */
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** @param {string} text */
const set = (text) =>
  text
    .split(/([a-z]{2,})/)
    .map((part, i) => (i % 2 ? `<span class="word">${part}</span>` : part.replace(/[&<>]/g, (sign) => ESCAPES[sign])))
    .join('')
    .replace(/_(?:\{(.+?)\}|(\w))/g, (_, group, letter) => `<sub>${group ?? letter}</sub>`);

/** A line of a formula as HTML, its symbols as buttons. @param {string} line */
export const typeset = (line) =>
  line
    .split(/\[(\w+)\|([^\]]+)\]/)
    .map((text, i, all) => {
      if (i % 3 === 1) return '';
      return i % 3 ? `<button type="button" class="symbol" data-part="${all[i - 1]}">${set(text)}</button>` : set(text);
    })
    .join('');

/** The arrows of a row: between neighbours, but for those that a loop joins instead. @param {Family} family */
export function arrows(family) {
  const skipped = family.room === 'glimpse' ? 'digit' : ''; // what it thinks comes from memory, not from the next window
  return family.boxes
    .slice(1)
    .map((box, i) => ({ from: family.boxes[i], to: box }))
    .filter(({ to }) => to.part !== skipped);
}

/** The parts that this value lets do something, in the order of the row. @param {Family} family
 * @param {import('../payload.d.ts').Player | null | undefined} value */
export function working(family, value) {
  const values = value?.note?.values ?? {};
  return family.boxes.filter(({ needs }) => value && (!needs || needs in values)).map(({ part }) => part);
}
