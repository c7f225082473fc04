// The pure parts of the editor: lines without gaps, covers that a seed decides, pictures that survive the way to Python.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centred, strayed } from '../../viz/widgets/editor/centre.js';
import { blank, count, equal, line, masked, parse, randomlyMasked, text } from '../../viz/widgets/editor/picture.js';

const grey = blank({ height: 28, width: 28, channels: 1 });

/** Ink in the rows [top, bottom) and columns [left, right). */
function inked(top, bottom, left, right) {
  const inside = (i) => i / 28 >= top && i / 28 < bottom && i % 28 >= left && i % 28 < right;
  return { ...grey, pixels: grey.pixels.map((_, i) => (inside(i) ? 255 : 0)) };
}

test('a line has no gaps, begins and ends where it should, and is as long as its longer side', () => {
  for (const [x, y] of Object.entries({ 9: 4, '-3': 7, 0: 0, '-8': -8, 2: -9 }).map((pair) => pair.map(Number))) {
    const points = line({ x: 0, y: 0 }, { x, y });
    assert.deepEqual(points[0], { x: 0, y: 0 });
    assert.deepEqual(points.at(-1), { x, y });
    assert.equal(points.length, Math.max(Math.abs(x), Math.abs(y)) + 1);
    points.slice(1).forEach(({ x, y }, i) => {
      assert.ok(Math.abs(x - points[i].x) <= 1 && Math.abs(y - points[i].y) <= 1);
    });
  }
});

test('a random cover hides half of the picture, the same for the same seed', () => {
  const [one, again, other] = [1, 1, 2].map((seed) => randomlyMasked(grey, seed));
  assert.ok(equal(one, again) && !equal(one, other));
  assert.equal(count(one.hidden), 24 * 16); // 49 blocks of 4 × 4, every second of them
  assert.equal(count(grey.hidden), 0);
});

test('the cover of the first seed is the one that it always was', () => {
  const blocks = Array.from(
    { length: 49 },
    (_, i) => randomlyMasked(grey, 1).hidden[Math.floor(i / 7) * 112 + (i % 7) * 4],
  );
  assert.equal(blocks.join(''), '0101111110010011110010011111010000001001100011000');
});

test('a cover by a test takes columns and rows', () => {
  const lower = masked(grey, (_, y) => y >= 14);
  assert.equal(lower.hidden[13 * 28 + 27], 0);
  assert.equal(lower.hidden[14 * 28], 1);
});

test('a picture is the same after the way to Python and back', () => {
  const drawn = randomlyMasked(inked(3, 9, 4, 20), 5);
  assert.ok(equal(parse({ ...drawn, pixels: text(drawn.pixels), hidden: text(drawn.hidden) }), drawn));
});

test('small ink off the middle gets a hint, and none after it was centred', () => {
  const small = inked(1, 9, 1, 5);
  assert.match(strayed(small), /Small and off the middle/);
  assert.equal(strayed(centred(small)), '');
  assert.equal(strayed(grey), '');
});

test('a digit in the box of the models is only moved', () => {
  const moved = centred(inked(0, 20, 0, 6));
  assert.ok(equal(moved, inked(5, 25, 12, 18)));
});
