// The table of the networks is whole, and what it says of a formula and of a mask is drawn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code, marksOf, seen } from '../../viz/widgets/schematic/contents.js';
import { arrows, FAMILIES, typeset, WIDTH, working } from '../../viz/widgets/schematic/families.js';

const families = Object.values(FAMILIES);
const words = (html) => html.replaceAll(/<[^>]+>/g, '');

test('each network is one row of at most six boxes, every one with a name of its own', () => {
  for (const { boxes } of families) {
    assert.ok(boxes.length <= 6);
    assert.equal(new Set(boxes.map(({ name }) => name)).size, boxes.length);
    boxes.slice(1).forEach(({ at }, i) => assert.ok(at - boxes[i].at > 100, 'there is room for an arrow'));
    assert.ok(boxes[0].at >= 33 && boxes.at(-1).at <= WIDTH - 33);
  }
});

test('what lights is a box: symbols, places on the stage, arrows, loops and the cycle name no other part', () => {
  for (const { boxes, stage, loops, cycle, rest, formula } of families) {
    const parts = new Set(boxes.map(({ part }) => part));
    const symbols = formula.flatMap((line) => [...line.matchAll(/\[(\w+)\|/g)].map(([, part]) => part));
    const named = [
      ...symbols,
      ...Object.keys(stage),
      ...cycle,
      rest,
      ...loops.flatMap(({ from, to }) => [from, ...to]),
    ];
    for (const part of named) assert.ok(parts.has(part), part);
    assert.ok(symbols.length >= 4 && cycle.includes(rest));
  }
});

test('every box has an arrow into it or out of it', () => {
  for (const family of families) {
    const joined = arrows(family).flatMap(({ from, to }) => [from.part, to.part]);
    joined.push(...family.loops.flatMap(({ from, to }) => [from, ...to]));
    for (const { part } of family.boxes) assert.ok(joined.includes(part), part);
  }
});

test('a name fits into the place of the sentence, which keeps the height', () => {
  for (const { boxes, sentence } of families)
    for (const { name } of boxes) assert.ok(name.length <= words(sentence).length, name);
});

test('a formula has slanted letters, upright words, low indices and a button for each symbol', () => {
  assert.equal(
    typeset('[canvas|c_t] = c_{t−1} + [write|write(h_t)]'),
    '<button type="button" class="symbol" data-part="canvas">c<sub>t</sub></button> = c<sub>t−1</sub> + ' +
      '<button type="button" class="symbol" data-part="write"><span class="word">write</span>(h<sub>t</sub>)</button>',
  );
  assert.equal(words(typeset('p(x_{<i})')), 'p(x&lt;i)');
});

test('mask A hides the pixel itself, mask B does not, and both hide all that comes later', () => {
  assert.equal(seen('A', 7).filter(Boolean).length, 24);
  assert.deepEqual(seen('B', 3), [true, true, true, true, true, false, false, false, false]);
  assert.equal(seen('A', 11).filter(Boolean).length, 60);
});

test('a part works only where the payload says something of it', () => {
  const parts = ({ boxes }) => boxes.map(({ part }) => part);
  assert.deepEqual(working(FAMILIES.draw, null), []);
  assert.deepEqual(working(FAMILIES.draw, { note: { values: { kl: {} } } }), parts(FAMILIES.draw));
  assert.deepEqual(working(FAMILIES.draw, { note: { values: {} } }), ['z', 'decoder', 'write', 'canvas']);
  assert.deepEqual(working(FAMILIES.vae, { note: null }), ['code', 'decoder', 'painting']);
});

test('a code stands up for more than zero and down for less, and is cut at three', () => {
  const heights = [...code([1.5, -3, 9]).matchAll(/y="([\d.]+)" width="[\d.]+" height="([\d.]+)" class/g)];
  assert.deepEqual(
    heights.map(([, top, high]) => [Number(top), Number(high)]),
    [
      [13, 11],
      [24, 22],
      [2, 22],
    ], // prettier-ignore
  );
});

test('a mark is that of its step and picture, and none where the numbers are none', () => {
  const data = new Float32Array([1, 2, 3, 4, 1, 5, 6, 7, 8, 1, NaN, 0, 0, 0, 0, 9, 9, 1, 1, 1]);
  const track = { panel: 1, kind: 'read', shape: [2, 2], data: Buffer.from(data.buffer).toString('base64') };
  const at = marksOf({ steps: 2, marks: [track] });
  assert.deepEqual(at('read', 0, 1), { panel: 1, box: [5, 6, 7, 8] });
  assert.equal(at('read', 1, 0), null);
  assert.equal(at('read', 2, 0), null, 'there is no next step after the last');
  assert.equal(at('write', 0, 0), null);
});
