// @ts-check
// The picture half of the player: bytes in, hard pixels out.
// Shapes: T steps, n cells, H x W pixels, C channels; rectangles are [x, y, width, height] in device pixels.
import { bytes, clamp, css, heatRamp, make, mix, penOf, tokens } from '../base.js';

/** @import { MarkTrack, Panel } from '../payload.d.ts' */

/**
 * @typedef {[number, number, number, number]} Rect
 * @typedef {ReturnType<typeof readPalette>} Palette
 * @typedef {{kind: string, path?: boolean, data: Float32Array, steps: number, cells: number}} Mark
 * @typedef {ReturnType<typeof openPanel>} Decoded
 * @typedef {{rects: Rect[], paths: Path2D[]}} Cells where a canvas shows its pictures
 * @typedef {number[] & {most?: number}} Bars with what fills the height, if it is not the largest
 */

// Each kind of mark has its own dash (CSS px), so that colour is never the only carrier.
/** @type {Record<string, number[]>} */
export const DASHES = { read: [], pixel: [], write: [7, 4], row: [2, 3], glimpse: [9, 3, 2, 3] };
/** @type {Record<string, string>} */
export const COLOURS = {
  read: 'read',
  write: 'write',
  pixel: 'pixel',
  row: 'pixel',
  glimpse: 'glimpse',
  vae: 'vae',
  plain: 'muted',
};
const HIDDEN = 0; // a transparent pixel: the hatch below it shows

/** A binary film travels as bits, the first pixel in the highest one. @param {string} text @param {number} length */
export function unpacked(text, length) {
  const packed = bytes(text);
  return Uint8Array.from({ length }, (_, i) => ((packed[i >> 3] >> (7 - (i & 7))) & 1) * 255);
}
/** Adds a box with round corners, those below with a radius of their own: older browsers have no roundRect.
 * @param {CanvasPath} path @param {Rect} box @param {number} radius */
export function rounded(path, [left, top, width, height], radius, below = radius) {
  const [high, low] = [radius, below].map((length) => Math.min(length, width / 2, height / 2));
  const [right, bottom] = [left + width, top + height];
  path.moveTo(left + high, top);
  path.arcTo(right, top, right, bottom, high);
  path.arcTo(right, bottom, left, bottom, low);
  path.arcTo(left, bottom, left, top, low);
  path.arcTo(left, top, right, top, high);
  path.closePath();
}

// ---- colours -------------------------------------------------------------------------------------------------

/** @param {number[]} rgb */
const word = (rgb) => ((255 << 24) | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0; // RGBA in memory

/** @param {number[]} stage @param {number[]} colour @param {number} ratio */
function hatch(stage, colour, ratio) {
  const side = Math.round(6 * ratio);
  const tile = make('canvas');
  tile.width = side;
  tile.height = side;
  const pen = penOf(tile);
  pen.fillStyle = css(mix(stage, colour, 0.13));
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = css(mix(stage, colour, 0.55));
  pen.lineWidth = ratio;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - 1, side + 1);
    pen.lineTo(shift + side + 1, -1);
  }
  pen.stroke();
  return /** @type {CanvasPattern} */ (pen.createPattern(tile, 'repeat'));
}

/** The theme's tokens as numbers; read again whenever the theme changes. @param {HTMLElement} root @param {number} ratio */
export function readPalette(root, ratio) {
  const token = tokens(root);
  const stage = token('--easel-stage');
  const rooms = Object.entries(COLOURS).map(([room, name]) => {
    const rgb = token(`--easel-${name}`);
    const ramp = Uint32Array.from(heatRamp(stage, rgb), word);
    return [room, { rgb, ramp, hatch: hatch(stage, rgb, ratio), hidden: css(mix(stage, rgb, 0.2)) }];
  });
  return {
    ratio,
    stage,
    ink: token('--easel-ink'),
    accent: token(`--easel-${COLOURS[root.dataset.room ?? ''] || 'muted'}`),
    grey: Uint32Array.from({ length: 256 }, (_, i) => word([i, i, i])),
    /** @type {Record<string, {rgb: number[], ramp: Uint32Array, hatch: CanvasPattern, hidden: string}>} */
    rooms: Object.fromEntries(rooms),
  };
}

// ---- panels --------------------------------------------------------------------------------------------------

/** One panel of the payload, decoded. The atlas holds the n pictures of one step below each other, one to one.
 * @param {Panel} spec */
export function openPanel(spec) {
  const atlas = make('canvas');
  atlas.width = spec.width;
  atlas.height = spec.height * spec.cells;
  const pen = penOf(atlas);
  const image = pen.createImageData(atlas.width, atlas.height);
  return {
    spec,
    atlas,
    pen,
    image,
    data: spec.packed
      ? unpacked(spec.data, spec.frames * spec.cells * spec.height * spec.width * spec.channels)
      : bytes(spec.data),
    reveal: spec.reveal ? new Uint16Array(bytes(spec.reveal).buffer) : null,
    words: new Uint32Array(image.data.buffer),
    moving: spec.frames > 1 || Boolean(spec.reveal),
    marks: /** @type {Mark[]} */ ([]),
  };
}

/** The pictures [from, to) of one step as words of memory, a transparent one where a pixel is not shown yet.
 * @param {Pick<Decoded, 'spec' | 'data' | 'reveal' | 'words'>} panel @param {number} step @param {Pick<Palette, 'rooms' | 'grey'>} palette */
export function colours(panel, step, palette, from = 0, to = panel.spec.cells) {
  const { spec, data, reveal, words } = panel;
  const area = spec.height * spec.width;
  const first = Math.min(step, spec.frames - 1) * spec.cells * area;
  if (spec.channels === 3) {
    for (let i = from * area; i < to * area; i += 1) {
      const at = 3 * (first + i);
      words[i] = word([data[at], data[at + 1], data[at + 2]]);
    }
  } else {
    const scale = spec.map === 'room' ? palette.rooms[spec.room].ramp : palette.grey;
    for (let i = from * area; i < to * area; i += 1) words[i] = scale[data[first + i]];
  }
  if (reveal) for (let i = from * area; i < to * area; i += 1) if (reveal[i] > step) words[i] = HIDDEN;
  return words;
}

/** @param {Decoded} panel @param {number} step @param {Palette} palette */
function paintAtlas(panel, step, palette, from = 0, to = panel.spec.cells) {
  const { height, width } = panel.spec;
  colours(panel, step, palette, from, to);
  panel.pen.putImageData(panel.image, 0, 0, 0, from * height, width, (to - from) * height);
}

/** @param {CanvasRenderingContext2D} pen @param {Decoded} panel @param {number} cell @param {Rect} rect */
function copyCell(pen, panel, cell, rect) {
  const { width, height } = panel.spec;
  pen.drawImage(panel.atlas, 0, cell * height, width, height, ...rect);
}

/**
 * A mark is a box (x, y, width, height, precision) in the picture's pixels, clipped to its cell by the caller.
 * @param {CanvasRenderingContext2D} pen @param {Decoded} panel @param {Mark} mark @param {Float32Array} row
 * @param {Rect} rect @param {Palette} palette
 */
function drawMark(pen, panel, mark, row, rect, palette) {
  const [x, y, width, height, precision] = row;
  if (!Number.isFinite(x + y + width + height)) return;
  const [left, top, wide, high] = rect;
  const scale = wide / panel.spec.width;
  const small = clamp(wide / palette.ratio / 200, 0.5, 1);
  const line = (1 + 3 * clamp(precision / 2, 0, 1)) * small * palette.ratio;
  // A hard border stands outside its box: a one-pixel mark must not cover the pixel it points at.
  const out = precision === Infinity ? line / 2 : 0;
  /** @type {Rect} */
  const box = [
    left + (x - width / 2) * scale - out,
    top + (y - height / 2) * (high / panel.spec.height) - out,
    width * scale + 2 * out,
    height * (high / panel.spec.height) + 2 * out,
  ];
  pen.setLineDash([]);
  pen.strokeStyle = DASHES[mark.kind].length ? 'rgb(8 9 11 / 25%)' : 'rgb(8 9 11 / 40%)'; // to stand out on white ink
  pen.lineWidth = line + 1.5 * palette.ratio;
  pen.strokeRect(...box);
  pen.setLineDash(DASHES[mark.kind].map((length) => length * palette.ratio * Math.max(small, 0.7)));
  pen.strokeStyle = css(palette.rooms[mark.kind].rgb);
  pen.lineWidth = line;
  pen.strokeRect(...box);
}

/**
 * The way of a mark so far: its centres joined by a line, a dot at each. `at(t)` is its box at step t.
 * @param {CanvasRenderingContext2D} pen @param {Decoded} panel @param {Mark} mark @param {(t: number) => Float32Array} at
 * @param {number} step @param {Rect} rect @param {Palette} palette
 */
function drawPath(pen, panel, mark, at, step, rect, palette) {
  const [left, top, wide, high] = rect;
  const [across, down] = [wide / panel.spec.width, high / panel.spec.height];
  const line = 1.5 * clamp(wide / palette.ratio / 200, 0.5, 1) * palette.ratio;
  const points = Array.from({ length: step + 1 }, (_, t) => at(t))
    .filter(([x, y]) => Number.isFinite(x + y))
    .map(([x, y]) => /** @type {[number, number]} */ ([left + x * across, top + y * down]));
  pen.setLineDash([]);
  pen.lineJoin = 'round';
  const passes = [
    { rim: 1.5 * palette.ratio, colour: 'rgb(8 9 11 / 55%)' },
    { rim: 0, colour: css(palette.rooms[mark.kind].rgb) },
  ];
  for (const { rim, colour } of passes) {
    Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: line + rim });
    pen.beginPath();
    for (const point of points) pen.lineTo(...point);
    pen.stroke();
    for (const point of points) {
      pen.beginPath();
      pen.arc(...point, 2 * line + rim / 2, 0, 2 * Math.PI);
      pen.fill();
    }
  }
}

/**
 * Draw one step of a panel on its canvas.
 * @param {Decoded} panel @param {HTMLCanvasElement} canvas @param {Cells} view @param {number} step @param {number} cell
 * @param {Palette} palette @param {boolean} withMarks
 */
export function drawPanel(panel, canvas, view, step, cell, palette, withMarks) {
  const pen = penOf(canvas);
  paintAtlas(panel, step, palette);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  view.rects.forEach((rect, i) => {
    pen.save();
    pen.clip(view.paths[i]);
    if (panel.reveal) {
      pen.fillStyle = palette.rooms[panel.spec.room].hatch;
      pen.fillRect(...rect);
    }
    copyCell(pen, panel, i, rect);
    for (const mark of withMarks ? panel.marks : []) {
      const owner = panel.spec.cells === 1 ? cell : i; // one picture shows the mark of the selected cell
      const at = (/** @type {number} */ t) => {
        const first = 5 * (Math.min(t, mark.steps - 1) * mark.cells + Math.min(owner, mark.cells - 1));
        return mark.data.subarray(first, first + 5);
      };
      if (mark.path) drawPath(pen, panel, mark, at, step, rect, palette);
      drawMark(pen, panel, mark, at(step), rect, palette);
    }
    pen.restore();
  });
}

// ---- film strip and time line --------------------------------------------------------------------------------

/**
 * @param {Decoded} panel @param {HTMLCanvasElement} canvas @param {Rect[]} rects @param {number[]} steps
 * @param {number} cell @param {Palette} palette
 */
export function drawFilm(panel, canvas, rects, steps, cell, palette) {
  const pen = penOf(canvas);
  const shown = Math.min(cell, panel.spec.cells - 1);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  rects.forEach((rect, i) => {
    paintAtlas(panel, steps[i], palette, shown, shown + 1);
    pen.save();
    const path = new Path2D();
    rounded(path, rect, 5 * palette.ratio);
    pen.clip(path);
    if (panel.reveal) {
      pen.fillStyle = palette.rooms[panel.spec.room].hidden;
      pen.fillRect(...rect);
    }
    copyCell(pen, panel, shown, rect);
    pen.restore();
  });
}

/** All bars in the accent's colour on a canvas of their own, so that a step costs two copies.
 * @param {Bars} bars @param {number} width @param {number} height @param {Palette} palette */
function paintBars(bars, width, height, palette) {
  const sheet = make('canvas');
  Object.assign(sheet, { width, height });
  const pen = penOf(sheet);
  const { ratio } = palette;
  const most = bars.most ?? Math.max(...bars.filter(Number.isFinite), 1e-9);
  const room = width / bars.length;
  const gap = room > 8 * ratio ? 3 * ratio : room > 3 * ratio ? ratio : 0;
  const slot = (width + gap) / bars.length; // the first bar begins and the last ends at the edge
  const corner = gap > ratio ? 3 * ratio : 0;
  pen.fillStyle = css(palette.accent);
  bars.forEach((bar, i) => {
    const left = Math.round(i * slot);
    const wide = Math.max(1, Math.round((i + 1) * slot - gap) - left);
    const tall = Math.max(2 * ratio, (Number.isFinite(bar) ? clamp(bar / most, 0, 1) : 0) * height);
    pen.beginPath();
    rounded(pen, [left, height - tall, wide, tall], corner, 0);
    pen.fill();
  });
  return sheet;
}

/** Of each bars what was painted last. @type {WeakMap<Bars, {width: number, palette: Palette, canvas: HTMLCanvasElement}>} */
const sheets = new WeakMap();
/**
 * The bars of the past are solid, those of the future pale; the bar under the cursor is solid as far as it is done.
 * @param {CanvasRenderingContext2D} pen @param {Bars} bars @param {Rect} size @param {number} edge @param {Palette} palette
 */
function drawBars(pen, bars, size, edge, palette) {
  const [, top, width, height] = size;
  let sheet = sheets.get(bars);
  if (!sheet || sheet.width !== width || sheet.palette !== palette) {
    sheet = { width, palette, canvas: paintBars(bars, width, height, palette) };
    sheets.set(bars, sheet);
  }
  const past = Math.round(edge);
  pen.globalAlpha = 0.27;
  if (past < width) pen.drawImage(sheet.canvas, past, 0, width - past, height, past, top, width - past, height);
  pen.globalAlpha = 1;
  if (past > 0) pen.drawImage(sheet.canvas, 0, 0, past, height, 0, top, past, height);
}

/** @param {CanvasRenderingContext2D} pen @param {Rect} size @param {number} edge @param {Palette} palette */
function drawTrack(pen, size, edge, palette) {
  const [, top, width, height] = size;
  const { ratio } = palette;
  const middle = top + height / 2 - 3 * ratio;
  pen.fillStyle = css(palette.accent);
  for (const [alpha, end] of [
    [0.27, width],
    [1, edge],
  ]) {
    pen.globalAlpha = alpha;
    pen.beginPath();
    rounded(pen, [0, middle, end, 6 * ratio], 3 * ratio);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

/**
 * @param {HTMLCanvasElement} canvas @param {Bars | null} bars @param {number} step @param {number} steps
 * @param {Palette} palette
 */
export function drawLine(canvas, bars, step, steps, palette) {
  const pen = penOf(canvas);
  const { ratio } = palette;
  const top = Math.round(4 * ratio); // the cursor stands out above and below
  /** @type {Rect} */
  const size = [0, top, canvas.width, canvas.height - 2 * top];
  const cursor = clamp(((step + 0.5) / steps) * canvas.width, ratio, canvas.width - ratio);
  if (!canvas.width) return;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (bars) drawBars(pen, bars, size, bars.length === steps ? ((step + 1) / steps) * canvas.width : cursor, palette);
  else drawTrack(pen, size, cursor, palette);
  pen.fillStyle = css(palette.ink);
  pen.fillRect(Math.round(cursor - ratio), 0, 2 * ratio, canvas.height);
}
