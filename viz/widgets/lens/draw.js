// @ts-check
// The lens's pictures: what a model sees, where it leaks, and the pixel in question.
import { border, css, heatRamp, mix, penOf, stroke, tokens } from '../base.js';

/** @import { Board, View } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */
/**
 * @typedef {Omit<View, 'heat' | 'kind'> & {heat?: Uint8Array, kind?: Uint8Array, missing: boolean}} Seen a view, decoded
 * @typedef {Omit<Board, 'pixels' | 'views'> & {pixels: Uint8Array, views: Seen[]}} Told a board, decoded
 * @typedef {{row: number, column: number}} Pixel
 * @typedef {(x: number, y: number) => Place} At
 * @typedef {{stage: number[], room: number[], ramp: string[]}} Palette
 */

const [SEEN, UNSEEN, FUTURE, LEAK, PLAIN] = [0, 1, 2, 3, 4]; // as in viz/views/pixel_lens.py
const ALARM = [255, 107, 94];

/** @param {Element} root @returns {Palette} */
export function readPalette(root) {
  const token = tokens(root);
  const [stage, room] = [token('--easel-stage'), token('--easel-pixel')];
  return { stage, room, ramp: heatRamp(stage, room).map(css) };
}

/** @param {CanvasRenderingContext2D} pen @param {Path2D} cover @param {Palette} palette @param {number} gap @param {number} ratio */
function hatch(pen, cover, palette, gap, ratio) {
  const { width, height } = pen.canvas;
  pen.save();
  pen.clip(cover);
  pen.fillStyle = css(mix(palette.stage, palette.room, 0.13));
  pen.fillRect(0, 0, width, height);
  const stripes = new Path2D();
  for (let x = 0; x < width + height; x += gap * ratio) {
    stripes.moveTo(x, 0);
    stripes.lineTo(x - height, height);
  }
  stroke(pen, stripes, css(mix(palette.stage, palette.room, 0.5)), ratio);
  pen.restore();
}

/** Sort the pixels by how they are drawn, one path each. @param {Told} board @param {Seen} view @param {At} at */
function paths({ width, height, pixels }, view, at) {
  const kinds = Array.from({ length: 5 }, () => new Path2D());
  const ink = new Path2D();
  const rest = new Path2D();
  const crosses = new Path2D();
  for (let i = 0; i < width * height; i += 1) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [[left, top], [right, bottom]] = [at(x, y), at(x + 1, y + 1)];
    const kind = view.kind ? view.kind[i] : PLAIN;
    kinds[kind].rect(left, top, right - left, bottom - top);
    if (kind === PLAIN && pixels[i]) ink.rect(left, top, right - left, bottom - top);
    if (kind !== FUTURE) rest.rect(left, top, right - left, bottom - top);
    if (kind !== UNSEEN) continue;
    const [middle, centre, arm] = [(left + right) / 2, (top + bottom) / 2, (right - left) * 0.2];
    crosses.moveTo(middle - arm, centre - arm);
    crosses.lineTo(middle + arm, centre + arm);
    crosses.moveTo(middle + arm, centre - arm);
    crosses.lineTo(middle - arm, centre + arm);
  }
  return { kinds, ink, rest, crosses };
}

/**
 * A view of the board; on the large canvas with a frame at the cursor.
 * @param {HTMLCanvasElement} canvas @param {Told} board @param {Seen} view @param {Palette} palette @param {boolean} big
 * @param {Pixel | null} [cursor]
 */
export function paint(canvas, board, view, palette, big, cursor = null) {
  const { width, height, pixels } = board;
  const ratio = window.devicePixelRatio || 1;
  const side = Math.round(canvas.clientWidth * ratio);
  if (!side) return;
  if (canvas.width !== side) [canvas.width, canvas.height] = [side, Math.round((side * height) / width)];
  // Whole device pixels, so that every edge is hard.
  /** @type {At} */
  const at = (x, y) => [Math.round((x * side) / width), Math.round((y * canvas.height) / height)];
  const pen = penOf(canvas);
  pen.globalAlpha = 1;
  pen.fillStyle = css(palette.stage);
  pen.fillRect(0, 0, side, canvas.height);
  pen.globalAlpha = view.missing && view.kind ? 0.45 : 1;
  const { kinds, ink, rest, crosses } = paths(board, view, at);
  if (view.kind) {
    pen.fillStyle = '#262a33';
    pen.fill(kinds[PLAIN]);
  }
  pen.fillStyle = view.kind ? '#8d929d' : '#fff';
  pen.fill(ink);
  paintHeat(pen, board.width, view, palette, at);
  hatch(pen, kinds[FUTURE], palette, big ? 8 : 5, ratio);
  pen.fillStyle = '#17191f';
  pen.fill(kinds[UNSEEN]);
  stroke(pen, crosses, '#8d929d', (big ? 1.4 : 1) * ratio);
  paintAlarm(pen, width, view, kinds[LEAK], at, big);
  if (view.kind) {
    /** @param {number} x @param {number} y */
    const inked = (x, y) => x >= 0 && x < width && pixels[y * width + x];
    paintInk(pen, border(inked, { x: 0, y: 0, width, height }, at), rest, big, ratio);
  }
  pen.globalAlpha = 1;
  mark(pen, at, board, '#fff', (big ? 2 : 1.5) * ratio, []);
  if (big && cursor) mark(pen, at, cursor, palette.ramp[230], 1.5 * ratio, [3 * ratio, 2 * ratio]);
}

/** @param {CanvasRenderingContext2D} pen @param {number} width @param {Seen} view @param {Palette} palette @param {At} at */
function paintHeat(pen, width, { kind: kinds, heat }, palette, at) {
  if (!kinds || !heat) return;
  kinds.forEach((kind, i) => {
    if (kind !== SEEN) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    const [[left, top], [right, bottom]] = [at(x, y), at(x + 1, y + 1)];
    pen.fillStyle = palette.ramp[heat[i]];
    pen.fillRect(left, top, right - left, bottom - top);
  });
}

/** Red, and where there is room for it with an exclamation mark.
 * @param {CanvasRenderingContext2D} pen @param {number} width @param {Seen} view @param {Path2D} cover @param {At} at @param {boolean} big */
function paintAlarm(pen, width, view, cover, at, big) {
  pen.fillStyle = css(ALARM);
  pen.fill(cover);
  if (!big || !view.kind?.includes(LEAK)) return;
  const size = at(1, 1)[1];
  Object.assign(pen, {
    fillStyle: '#2b0906',
    textAlign: 'center',
    textBaseline: 'middle',
    font: `800 ${size * 0.9}px sans-serif`,
  });
  view.kind.forEach((kind, i) => {
    const [left, top] = at(i % width, Math.floor(i / width));
    if (kind === LEAK) pen.fillText('!', left + size / 2, top + size * 0.56);
  });
}

/** The digit as an outline over the heat; where nothing is painted yet, a faint one.
 * @param {CanvasRenderingContext2D} pen @param {Path2D} outline @param {Path2D} rest @param {boolean} big @param {number} ratio */
function paintInk(pen, outline, rest, big, ratio) {
  const before = pen.globalAlpha;
  pen.globalAlpha = before * 0.35;
  stroke(pen, outline, '#fff', ratio);
  pen.globalAlpha = before;
  pen.save();
  pen.clip(rest);
  if (big) stroke(pen, outline, 'rgb(8 9 11 / 70%)', 3.5 * ratio);
  stroke(pen, outline, '#fff', (big ? 1.5 : 1) * ratio);
  pen.restore();
}

/** A frame around one pixel, outside of it, so as not to cover it.
 * @param {CanvasRenderingContext2D} pen @param {At} at @param {Pixel} pixel @param {string} colour @param {number} line
 * @param {number[]} dash */
function mark(pen, at, { row, column }, colour, line, dash) {
  const [[left, top], [right, bottom]] = [at(column, row), at(column + 1, row + 1)];
  /** @type {[number, number, number, number]} */
  const box = [left - line / 2, top - line / 2, right - left + line, bottom - top + line];
  pen.setLineDash([]);
  pen.strokeStyle = 'rgb(8 9 11 / 80%)';
  pen.lineWidth = line * 2.2;
  pen.strokeRect(...box);
  pen.setLineDash(dash);
  pen.strokeStyle = colour;
  pen.lineWidth = line;
  pen.strokeRect(...box);
  pen.setLineDash([]);
}
