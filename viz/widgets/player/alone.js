// The player on a page of its own (viz/files.py): it plays what the page carries, packed, and asks nobody.
import { bytes } from '../base.js';
import start from './player.js';

const element = /** @type {HTMLElement} */ (document.querySelector('.widget-player'));
const root = /** @type {HTMLElement} */ (element.querySelector('.easel-player'));

async function open() {
  const packed = new Blob([bytes(String(document.getElementById('painting')?.textContent))]);
  const value = await new Response(packed.stream().pipeThrough(new DecompressionStream('gzip'))).json();
  const props = { player: 'painting', value, room: '', panels: 1, empty: '' };
  start({ element, trigger: () => {}, props, watch: () => {}, server: {}, upload: () => Promise.reject() });
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const dress = () => document.documentElement.classList.toggle('dark', dark.matches);
dark.addEventListener('change', dress);
dress();

// Keys mean the player, wherever on the page the focus is.
document.addEventListener('keydown', (event) => {
  if (root.contains(/** @type {Node} */ (event.target))) return;
  if (!root.dispatchEvent(new KeyboardEvent('keydown', event))) event.preventDefault();
});

// In a notebook the page is a frame, which becomes as high as the player.
const frame = /** @type {HTMLElement | null} */ (window.frameElement);
if (frame) {
  new ResizeObserver(() => {
    frame.style.height = `${document.body.offsetHeight}px`;
  }).observe(document.body);
}

open();
