// The map's numbers: the normal distribution and its inverse, and the way from places to the screen and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeAt, coordinate, normal, placeOf, quantile, share, ticks } from '../../viz/widgets/latent_map/scale.js';

const near = (a, b, within) => assert.ok(Math.abs(a - b) <= within, `${a} is not within ${within} of ${b}`);

test('the normal distribution is right to seven digits', () => {
  // From tables, to ten digits.
  const known = { 0: 0.5, 1: 0.8413447461, 1.959963985: 0.975, 3: 0.998650102 };
  for (const [x, share] of Object.entries(known)) {
    near(normal(Number(x)), share, 1e-7);
    near(normal(-Number(x)), 1 - share, 1e-7);
  }
});

test('Φ⁻¹ takes back Φ, in the middle and in both tails', () => {
  for (let u = 0.0005; u < 1; u += 0.0025) near(normal(quantile(u)), u, 2e-7);
  near(quantile(0.975), 1.959963985, 1e-6);
});

test('a place on the map is found again, even or by quantiles', () => {
  for (const map of [{ quantiles: false, half: 3 }, { quantiles: true }]) {
    for (const a of [-2.5, -0.1, 0, 1.7]) near(coordinate(map, share(map, a)), a, 2e-5);
  }
});

test('what lies beyond the edge is brought to it', () => {
  near(normal(coordinate({ quantiles: true }, -1)), 0.0005, 1e-6);
  assert.equal(coordinate({ quantiles: false, half: 3 }, 2), 3);
});

test('a code is seen where it was taken from', () => {
  const map = {
    origin: [0, 0, 0],
    basis: [
      [1, 0, 0],
      [0, 0.6, 0.8],
    ],
  };
  placeOf(map, codeAt(map, [0.5, -2])).forEach((each, k) => near(each, [0.5, -2][k], 1e-4));
});

test('an axis has a mark at zero and a real minus', () => {
  const marks = ticks({ quantiles: false, half: 6 });
  assert.deepEqual(
    marks.map(([at]) => at),
    [-6, -4, -2, 0, 2, 4, 6],
  );
  assert.equal(marks[0][1], '−6');
});
