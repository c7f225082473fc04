// @ts-check
// What the map knows: its value, what lies on it, and what a hand has made there.

/** @import { Cloud, Map as Plane } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */

/**
 * @typedef {{place: Place, picture: HTMLCanvasElement}} Pin
 * @typedef {ReturnType<typeof begun>} State
 * @typedef {State & {map: Plane}} Shown a map that has a value
 */

/** A map before it has a value. @param {string[]} colours of the classes */
export const begun = (colours) => ({
  map: /** @type {Plane | null} */ (null),
  classes: new Uint8Array(),
  /** Where on the side each dot lies: two numbers each. */
  shares: new Float64Array(),
  /** Of each class the median of its dots; null without any. */
  medians: /** @type {(Place | null)[]} */ ([]),
  hidden: /** @type {Set<number>} */ (new Set()),
  colours,
  green: '',
  sheet: /** @type {HTMLImageElement | null} */ (null),
  opacity: 0.5,
  cloud: /** @type {Cloud | null} */ (null),
  cursor: /** @type {Place | null} */ (null),
  path: /** @type {Place[]} */ ([]),
  frames: /** @type {number[][]} */ ([]),
  frame: /** @type {number[] | null} */ (null),
  pins: /** @type {Pin[]} */ ([]),
  /** Places that are to be pinned. */
  pinning: /** @type {{place: Place}[]} */ ([]),
  /** The pin that waits for another. */
  chosen: /** @type {Pin | null} */ (null),
  /** What stays while a hand moves. */
  ground: { canvas: document.createElement('canvas'), key: '' },
});
