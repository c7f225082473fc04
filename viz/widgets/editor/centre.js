// @ts-check
import { say } from '../say.js';

// Where MNIST's digits stand, and how a drawing is brought there.
// A picture is {height, width, channels, pixels, hidden}, as in editor.js; only grey ones (one channel) come here.

const BOX = 20 / 28; // of the picture's shorter side: the longer side of MNIST's digits
const SMALL = 0.75; // of that box: what is smaller gets a hint
const ASTRAY = 3 / 28; // of the side: a middle that is farther off gets a hint
const STROKE = 1.9 / 28; // of the side: how wide the strokes of MNIST's digits are, by the measure below
const FINE = 4; // samples along a pixel's side

/** @import { Picture } from './picture.js' */
/** @typedef {Pick<Picture, 'height' | 'width' | 'pixels'>} Ink */
/** @typedef {(y: number, x: number) => boolean} Has */

/** The box around the ink and its centre of mass, in pixels; null without ink. @param {Ink} picture */
function inkOf({ height, width, pixels }) {
  const box = { top: height, bottom: 0, left: width, right: 0, x: 0, y: 0, count: 0 };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!pixels[y * width + x]) continue;
      Object.assign(box, {
        top: Math.min(box.top, y),
        bottom: y + 1,
        left: Math.min(box.left, x),
        right: Math.max(box.right, x + 1),
        x: box.x + x,
        y: box.y + y,
        count: box.count + 1,
      });
    }
  }
  return box.count ? { ...box, x: box.x / box.count, y: box.y / box.count } : null;
}

/** One sentence about ink that is small or off the middle, else nothing. @param {Picture} picture */
export function strayed(picture) {
  const ink = picture.channels === 1 && inkOf(picture);
  if (!ink) return '';
  const side = Math.min(picture.height, picture.width);
  const small = Math.max(ink.bottom - ink.top, ink.right - ink.left) < SMALL * BOX * side;
  const off = Math.max(Math.abs(ink.y - picture.height / 2), Math.abs(ink.x - picture.width / 2)) > ASTRAY * side;
  if (small && off) return say('Small and off the middle. The models know centred digits.');
  if (small) return say('The ink is small. The models know larger digits.');
  return off ? say('It is off the middle. The models know centred digits.') : '';
}

/** How wide strokes are, about: twice the ink by its outline.
 * @param {Has} has @param {number} height @param {number} width */
function strokeWidth(has, height, width) {
  let [ink, outline] = [0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!has(y, x)) continue;
      ink += 1;
      for (const [v, u] of [
        [y - 1, x],
        [y + 1, x],
        [y, x - 1],
        [y, x + 1],
      ]) {
        if (v < 0 || u < 0 || v >= height || u >= width || !has(v, u)) outline += 1;
      }
    }
  }
  return ink ? (2 * ink) / outline : 0;
}

/** The ink within its box, enlarged or made smaller to `tall` by `wide` pixels: shares of ink, row by row.
 * @param {Ink} picture @param {NonNullable<ReturnType<typeof inkOf>>} box @param {number} tall @param {number} wide */
function resized({ width, pixels }, box, tall, wide) {
  const [rows, columns] = [box.bottom - box.top, box.right - box.left];
  /** @param {number} y @param {number} x */
  const ink = (y, x) =>
    y < 0 || x < 0 || y >= rows || x >= columns ? 0 : pixels[(box.top + y) * width + box.left + x] / 255;
  /** @param {number} y @param {number} x */
  const between = (y, x) => {
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [y - top, x - left];
    return (
      (1 - v) * ((1 - u) * ink(top, left) + u * ink(top, left + 1)) +
      v * ((1 - u) * ink(top + 1, left) + u * ink(top + 1, left + 1))
    );
  };
  const grey = new Float32Array(tall * wide);
  for (let y = 0; y < tall * FINE; y += 1) {
    for (let x = 0; x < wide * FINE; x += 1) {
      const share = between(((y + 0.5) * rows) / (tall * FINE) - 0.5, ((x + 0.5) * columns) / (wide * FINE) - 0.5);
      grey[Math.floor(y / FINE) * wide + Math.floor(x / FINE)] += share / (FINE * FINE);
    }
  }
  return grey;
}

/** The share of ink from which a pixel is ink, so that strokes come out as wide as MNIST's: a small pen grows with its digit.
 * @param {Float32Array} grey @param {number} tall @param {number} wide @param {number} stroke */
function threshold(grey, tall, wide, stroke) {
  let best = { off: Infinity, level: 0.5 };
  for (let level = 0.35; level < 0.9; level += 0.05) {
    const off = Math.abs(strokeWidth((y, x) => grey[y * wide + x] > level, tall, wide) - stroke);
    if (off < best.off) best = { off, level };
  }
  return best.level;
}

/** The picture with its ink in MNIST's box, centre of mass in the middle; a digit of that size is only moved.
 * @param {Picture} picture @returns {Picture} */
export function centred(picture) {
  const ink = inkOf(picture);
  if (!ink) return picture;
  const { height, width } = picture;
  const side = Math.min(height, width);
  const [rows, columns] = [ink.bottom - ink.top, ink.right - ink.left];
  const scale = (BOX * side) / Math.max(rows, columns);
  const fits = Math.abs(Math.max(rows, columns) - BOX * side) <= 1;
  const [tall, wide] = fits
    ? [rows, columns]
    : [rows, columns].map((length) => Math.max(1, Math.round(length * scale)));
  const grey = resized(picture, ink, tall, wide);
  const level = fits ? 0.5 : threshold(grey, tall, wide, STROKE * side);
  const laid = { height: tall, width: wide, pixels: Uint8Array.from(grey, (share) => (share > level ? 255 : 0)) };
  const middle = inkOf(laid);
  if (!middle) return picture;
  const [down, right] = [Math.round(height / 2 - middle.y), Math.round(width / 2 - middle.x)];
  const pixels = new Uint8Array(height * width);
  for (let y = Math.max(0, -down); y < Math.min(tall, height - down); y += 1) {
    for (let x = Math.max(0, -right); x < Math.min(wide, width - right); x += 1) {
      pixels[(y + down) * width + x + right] = laid.pixels[y * wide + x];
    }
  }
  return { ...picture, pixels };
}
