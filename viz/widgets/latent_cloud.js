// The cloud in the page; latent_cloud.py says what goes in and out.
'use strict';

const COLUMNS = 4;
const GAP = 2; // pixels of a picture between two of them

const root = element.querySelector('.easel-cloud');
const canvas = root.querySelector('canvas');
const pen = canvas.getContext('2d');

/** All pictures in rows, the mean's own in a frame. */
function paint({ pictures, width, height }) {
  const grey = Uint8Array.from(atob(pictures), (letter) => letter.charCodeAt(0));
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
  root.querySelector('.words').innerHTML = cloud.words;
  paint(cloud);
  root.dataset.loaded = cloud.id;
  root.easelCloud = cloud; // for a map that mounts later
  window.dispatchEvent(new CustomEvent('easel:cloud', { detail: { widget: props.widget, cloud } }));
}

watch('value', load);
load();
