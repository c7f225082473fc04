// @ts-check
// Small pictures of digits on buttons that bear their text.

import { unpacked } from '../address/subject.js';

/** @param {HTMLCanvasElement} canvas @param {Uint8Array} pixels 0 or 255 */
export function draw(canvas, pixels) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(canvas.width, canvas.height);
  pixels.forEach((ink, i) => image.data.set([ink, ink, ink, 255], 4 * i));
  context.putImageData(image, 0, 0);
}

/** Draws all examples below `root`; returns their texts by their numbers. @param {HTMLElement} root */
export function thumbnails(root) {
  return [...root.querySelectorAll('[data-example]')].map((each) => {
    const button = /** @type {HTMLElement} */ (each);
    const text = button.dataset.bits ?? '';
    const canvas = button.querySelector('canvas');
    const pixels = unpacked(text, 255);
    if (canvas && pixels) draw(canvas, pixels);
    return text;
  });
}
