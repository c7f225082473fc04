// @ts-check
// The cloud in the page; latent_cloud.py says what goes in and out.
import { bytes, penOf } from '../base.js';

/** @import { Gradio, Widget } from '../gradio.d.ts' */
/** @import { Cloud } from '../payload.d.ts' */

const COLUMNS = 4;
const GAP = 2; // pixels of a picture between two of them

/** @param {Gradio<{ value: Cloud, widget: string }>} gradio */
export default function start({ element, props, watch }) {
  const root = /** @type {Widget} */ (element.querySelector('.easel-cloud'));
  const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector('canvas'));
  const words = /** @type {HTMLElement} */ (root.querySelector('.words'));
  const pen = penOf(canvas);

  /** All pictures in rows, the mean's own in a frame. @param {Cloud} cloud */
  function paint({ pictures, width, height }) {
    const grey = bytes(pictures);
    const [size, count] = [width * height, grey.length / (width * height)];
    const [across, along] = [width + GAP, height + GAP];
    Object.assign(canvas, { width: COLUMNS * across, height: Math.ceil(count / COLUMNS) * along });
    pen.fillStyle = getComputedStyle(root).getPropertyValue('--easel-vae').trim();
    pen.fillRect(0, 0, across, along);
    for (let i = 0; i < count; i += 1) {
      const image = pen.createImageData(width, height);
      grey.subarray(i * size, (i + 1) * size).forEach((each, k) => image.data.set([each, each, each, 255], 4 * k));
      pen.putImageData(image, (i % COLUMNS) * across + GAP / 2, Math.floor(i / COLUMNS) * along + GAP / 2);
    }
  }

  function load() {
    const cloud = props.value;
    if (!cloud || cloud.id === root.dataset.loaded) return;
    words.innerHTML = cloud.words;
    paint(cloud);
    root.dataset.loaded = cloud.id;
    root.easelCloud = cloud; // for a map that mounts later
    window.dispatchEvent(new CustomEvent('easel:cloud', { detail: { widget: props.widget, cloud } }));
  }

  watch('value', load);
  load();
}
