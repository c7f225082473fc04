// The steps in words: a sentence for each, with its own numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openValues } from '../../viz/widgets/narrator/values.js';
import { sentences } from '../../viz/widgets/player/words.js';

const base64 = (array) => Buffer.from(array.buffer).toString('base64');
const numbers = (shape, ...each) => ({ shape, data: base64(new Float32Array(each)), digits: 1 });
const painting = (more) => ({
  steps: 2,
  cells: 2,
  moment: 'stroke [[step]] of [[steps]]',
  note: null,
  cost: null,
  ...more,
});

test('each step has the sentence of the narrator with the numbers of this step and picture', () => {
  const note = {
    title: 'Stroke [[step]] of [[steps]]',
    html: 'It <b>adds</b> [[kl]] nats, [[said]].',
    rows: [],
    values: {
      kl: numbers([2, 2], 1, 2, 3, 4),
      said: { shape: [2, 1], words: ['a < b', 'c & d'], index: base64(new Uint8Array([1, 0])) },
    },
  };
  assert.deepEqual(sentences(painting({ note }), 1), [
    '<b>Stroke 1 of 2.</b> It <b>adds</b> 2.0 nats, c &amp; d.',
    '<b>Stroke 2 of 2.</b> It <b>adds</b> 4.0 nats, a &lt; b.',
  ]);
});

test('where the sentence has no number, those of the table stand there, each below its head', () => {
  const rows = [
    ['', 'with', 'without'],
    ['this stroke', '[[a]]', '[[b]]'],
  ];
  const note = {
    title: 'Twice',
    html: 'Both look.',
    rows,
    values: { a: numbers([2, 1], 1, 2), b: numbers([1, 1], 5) },
  };
  assert.deepEqual(sentences(painting({ note }), 0), [
    '<b>Stroke 1 of 2.</b> Both look. This stroke: with 1.0, without 5.0.',
    '<b>Stroke 2 of 2.</b> Both look. This stroke: with 2.0, without 5.0.',
  ]);
});

test('without a narrator it is said how much ink there is, of a painting pixel by pixel that which has come', () => {
  const spec = { cells: 1, height: 1, width: 4, channels: 1, frames: 1 };
  const panel = { spec, data: new Uint8Array([255, 0, 255, 0]), reveal: new Uint16Array([0, 0, 1, 1]) };
  assert.deepEqual(sentences(painting({}), 0, panel), [
    '<b>Stroke 1 of 2.</b> 25.0 % of the picture is ink.',
    '<b>Stroke 2 of 2.</b> 50.0 % of the picture is ink.',
  ]);
});

test('the longest form of a number is that of the numbers, not of the dash for none', () => {
  const note = { title: '', html: '[[a]]', rows: [], values: { a: numbers([3, 1], Number.NaN, -1234.5, 2) } };
  assert.equal(openValues(painting({ note })).a.longest, '−1234.5');
});

test('what three widgets read of one painting is opened once', () => {
  const value = painting({ note: { title: '', html: '', rows: [], values: {} } });
  assert.equal(openValues(value), openValues(value));
});
