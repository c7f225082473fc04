// The pure parts of the player: what Python packs is what is drawn, and pixels come out at their step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, clamp, decimal, floats, heatRamp, mix } from '../../viz/widgets/base.js';
import { colours, unpacked } from '../../viz/widgets/player/draw.js';

const base64 = (array) => Buffer.from(array.buffer).toString('base64');
const BLACK = 0xff000000;
const WHITE = 0xffffffff;

/** A panel of one picture of 2 × 2 pixels and three steps. */
function panel(more = {}) {
  const spec = { cells: 1, height: 2, width: 2, channels: 1, frames: 1, map: 'grey', room: 'pixel' };
  return { spec, data: new Uint8Array([0, 255, 0, 255]), reveal: null, words: new Uint32Array(4), ...more };
}
const palette = { grey: Uint32Array.from({ length: 256 }, (_, i) => (BLACK | (i << 16) | (i << 8) | i) >>> 0) };

test('bits become ink, the first pixel in the highest bit', () => {
  assert.deepEqual(
    [...unpacked(base64(new Uint8Array([0b10100000, 0b01000000])), 10)],
    [255, 0, 255, 0, 0, 0, 0, 0, 0, 255],
  );
});

test('numbers come as Python sent them', () => {
  assert.deepEqual([...floats(base64(new Float32Array([0.5, -2, Infinity])))], [0.5, -2, Infinity]);
  assert.deepEqual([...bytes('AP8=')], [0, 255]);
  assert.equal(decimal(-1.256, 2), '−1.26');
  assert.equal(clamp(7, 0, 3), 3);
});

test('a grey picture is painted in its greys', () => {
  assert.deepEqual([...colours(panel(), 0, palette)], [BLACK, WHITE, BLACK, WHITE]);
});

test('a pixel is shown from its step on and not before, one that never comes at no step', () => {
  const shown = [0, 1, 2].map((step) => [
    ...colours(panel({ reveal: new Uint16Array([0, 1, 2, 0xffff]) }), step, palette),
  ]);
  assert.deepEqual(shown, [
    [BLACK, 0, 0, 0],
    [BLACK, WHITE, 0, 0],
    [BLACK, WHITE, BLACK, 0],
  ]);
});

test('the last frame of a film stands at all later steps', () => {
  const film = panel({ data: new Uint8Array([0, 0, 0, 0, 255, 255, 255, 255]) });
  film.spec.frames = 2;
  assert.deepEqual(
    [0, 1, 5].map((step) => colours(film, step, palette)[0]),
    [BLACK, WHITE, WHITE],
  );
});

test('colours are painted as they are', () => {
  const film = panel({ data: new Uint8Array([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]) });
  film.spec.channels = 3;
  assert.deepEqual([...colours(film, 0, palette)], [0xff0000ff, 0xff00ff00, 0xffff0000, 0xff090909]);
});

test('the heat scale goes from the stage over the colour to near white', () => {
  const ramp = heatRamp([0, 0, 0], [100, 50, 200]);
  assert.equal(ramp.length, 256);
  assert.deepEqual(
    [ramp[0], ramp[150], ramp[255]],
    [[0, 0, 0], [100, 50, 200], mix([100, 50, 200], [255, 255, 255], 0.9)],
  );
  ramp.slice(1).forEach((colour, i) => colour.forEach((each, k) => assert.ok(each >= ramp[i][k])));
});
