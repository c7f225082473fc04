// @ts-check
// What a player knows: its value, decoded, where it stands, and the elements that show it.

/** @import { Player } from '../payload.d.ts' */
/** @import { Bars, Cells, Decoded, Palette, Rect } from './draw.js' */

/**
 * @typedef {Cells & {canvas: HTMLCanvasElement, box: HTMLElement, pics: HTMLElement[], labels: HTMLElement[]}} View
 * @typedef {Cells & {canvas: HTMLCanvasElement, buttons: HTMLElement[], steps: number[], panel: Decoded,
 *   current: HTMLElement | null}} Reel
 * @typedef {ReturnType<typeof begun>} State
 */

/** A player before it has a value. */
export const begun = () => ({
  value: /** @type {Player | null} */ (null),
  shape: '',
  cost: /** @type {Float32Array | null} */ (null),
  bars: /** @type {Bars | null} */ (null),
  step: 0,
  cell: 0,
  position: 0,
  playing: false,
  speed: 1,
  loop: /** @type {boolean | null} */ (null),
  windows: true,
  inView: false,
  pending: false,
  animated: false,
  frame: 0,
  clock: 0,
  width: -1,
  palette: /** @type {Palette | null} */ (null),
  panels: /** @type {Decoded[]} */ ([]),
  views: /** @type {View[]} */ ([]),
  reelView: /** @type {Reel | null} */ (null),
});
