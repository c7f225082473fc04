// @ts-check
// The editor's pictures: {height, width, channels, pixels, hidden}, as bytes; its covers and its lines. All of it pure.
import { bytes } from '../base.js';

/**
 * @typedef {{height: number, width: number, channels: number}} Size
 * @typedef {Size & {pixels: Uint8Array, hidden: Uint8Array}} Picture
 * @typedef {Size & {pixels: string, hidden: string}} Sent as it travels: bytes as base64
 * @typedef {{x: number, y: number}} Pixel
 */

/** @param {Uint8Array} array */
export const text = (array) => btoa(Array.from(array, (byte) => String.fromCharCode(byte)).join(''));
/** @param {Picture} p @returns {Picture} */
export const copy = (p) => ({ ...p, pixels: p.pixels.slice(), hidden: p.hidden.slice() });
/** @param {Uint8Array} array */
export const count = (array) => array.reduce((sum, value) => sum + Number(value > 0), 0);
/** @param {Picture} a @param {Picture} b */
export const equal = (a, b) =>
  a.width === b.width &&
  a.height === b.height &&
  a.channels === b.channels &&
  a.pixels.every((value, i) => value === b.pixels[i]) &&
  a.hidden.every((value, i) => value === b.hidden[i]);

/** The value that Python and the browser send each other as a picture. @param {Sent} sent @returns {Picture} */
export const parse = ({ height, width, channels, pixels, hidden }) => ({
  height,
  width,
  channels,
  pixels: bytes(pixels),
  hidden: bytes(hidden),
});

/** @param {Size} size @returns {Picture} */
export function blank({ height, width, channels }) {
  const [pixels, hidden] = [new Uint8Array(height * width * channels), new Uint8Array(height * width)];
  return { height, width, channels, pixels, hidden };
}

/** The picture with another cover: where `test` of column and row is true.
 * @param {Picture} picture @param {(x: number, y: number) => unknown} test */
export function masked(picture, test) {
  const { width } = picture;
  return { ...picture, hidden: picture.hidden.map((_, i) => Number(test(i % width, Math.floor(i / width)))) };
}

/** Covers every second block of a shuffled grid of about 7×7; the seed alone decides which (mulberry32).
 * @param {Picture} picture @param {number} seed */
export function randomlyMasked(picture, seed) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const side = Math.max(1, Math.round(Math.min(picture.height, picture.width) / 7));
  const columns = Math.ceil(picture.width / side);
  const blocks = Array.from({ length: columns * Math.ceil(picture.height / side) }, (_, i) => i % 2);
  for (let i = blocks.length - 1; i > 0; i -= 1) {
    const j = Math.floor(uniform() * (i + 1));
    [blocks[i], blocks[j]] = [blocks[j], blocks[i]];
  }
  return masked(picture, (x, y) => blocks[Math.floor(y / side) * columns + Math.floor(x / side)]);
}

/** Bresenham's line: the pixels from one to another, both among them. @param {Pixel} from @param {Pixel} to */
export function line(from, to) {
  const width = Math.abs(to.x - from.x);
  const height = -Math.abs(to.y - from.y);
  const right = from.x < to.x ? 1 : -1;
  const down = from.y < to.y ? 1 : -1;
  const points = [{ x: from.x, y: from.y }];
  let { x, y } = from;
  let error = width + height;
  while (x !== to.x || y !== to.y) {
    const twice = 2 * error;
    if (twice >= height) {
      error += height;
      x += right;
    }
    if (twice <= width) {
      error += width;
      y += down;
    }
    points.push({ x, y });
  }
  return points;
}
