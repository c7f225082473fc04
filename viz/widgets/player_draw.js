'use strict';
// The picture half of the player: bytes in, hard pixels out. player.js follows in the same function body.
// Shapes: T steps, n cells, H x W pixels, C channels; rectangles are [x, y, width, height] in device pixels.

// Each kind of mark has its own dash (CSS px), so that colour is never the only carrier.
const DASHES = { read: [], pixel: [], write: [7, 4], row: [2, 3], glimpse: [9, 3, 2, 3] };
const COLOURS = { read: 'read', write: 'write', pixel: 'pixel', row: 'pixel', glimpse: 'glimpse', vae: 'vae', plain: 'muted' };
const HIDDEN = 0; // a transparent pixel: the hatch below it shows

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function bytes(text) {
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < out.length; i += 1) out[i] = binary.charCodeAt(i);
  return out;
}
// A binary film travels as bits, the first pixel in the highest one.
function unpacked(text, length) {
  const packed = bytes(text);
  return Uint8Array.from({ length }, (_, i) => ((packed[i >> 3] >> (7 - (i & 7))) & 1) * 255);
}
const floats = (text) => new Float32Array(bytes(text).buffer);

function make(tag, name, attributes = {}) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** Adds a box with round corners, those below with a radius of their own: older browsers have no roundRect. */
function rounded(path, [left, top, width, height], radius, below = radius) {
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

const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));
const css = (rgb) => 'rgb(' + rgb.join(' ') + ')';
const word = (rgb) => ((255 << 24) | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0; // RGBA in memory

// 256 memory words from the stage's black over the room's colour to near white: the heat maps' scale.
function heatRamp(stage, colour) {
  const light = mix(colour, [255, 255, 255], 0.9);
  return Uint32Array.from({ length: 256 }, (_, i) =>
    word(i < 150 ? mix(stage, colour, i / 150) : mix(colour, light, (i - 150) / 105)));
}

function hatch(stage, colour, ratio) {
  const side = Math.round(6 * ratio);
  const tile = make('canvas');
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext('2d');
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
  return pen.createPattern(tile, 'repeat');
}

// The theme's tokens as numbers; read again whenever the theme changes.
function readPalette(root, ratio) {
  const style = getComputedStyle(root);
  const pen = make('canvas').getContext('2d');
  const token = (name) => {
    pen.fillStyle = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((i) => parseInt(pen.fillStyle.slice(i, i + 2), 16));
  };
  const stage = token('--easel-stage');
  const palette = { ratio, stage, ink: token('--easel-ink'), accent: token('--easel-' + (COLOURS[root.dataset.room] || 'muted')) };
  palette.grey = Uint32Array.from({ length: 256 }, (_, i) => word([i, i, i]));
  palette.rooms = {};
  for (const [room, name] of Object.entries(COLOURS)) {
    const rgb = token('--easel-' + name);
    palette.rooms[room] = { rgb, ramp: heatRamp(stage, rgb), hatch: hatch(stage, rgb, ratio), hidden: css(mix(stage, rgb, 0.2)) };
  }
  return palette;
}

// ---- panels --------------------------------------------------------------------------------------------------

// One panel of the payload, decoded. The atlas holds the n pictures of one step below each other, one to one.
function openPanel(spec) {
  const atlas = make('canvas');
  atlas.width = spec.width;
  atlas.height = spec.height * spec.cells;
  const pen = atlas.getContext('2d');
  const image = pen.createImageData(atlas.width, atlas.height);
  return {
    spec, atlas, pen, image,
    data: spec.packed
      ? unpacked(spec.data, spec.frames * spec.cells * spec.height * spec.width * spec.channels)
      : bytes(spec.data),
    reveal: spec.reveal ? new Uint16Array(bytes(spec.reveal).buffer) : null,
    words: new Uint32Array(image.data.buffer),
    moving: spec.frames > 1 || Boolean(spec.reveal),
    marks: [],
  };
}

// Put the pictures [from, to) of one step into the atlas.
function paintAtlas(panel, step, palette, from = 0, to = panel.spec.cells) {
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
  panel.pen.putImageData(panel.image, 0, 0, 0, from * spec.height, spec.width, (to - from) * spec.height);
}

function copyCell(pen, panel, cell, rect) {
  const { width, height } = panel.spec;
  pen.drawImage(panel.atlas, 0, cell * height, width, height, ...rect);
}

// A mark is a box (x, y, width, height, precision) in the picture's pixels, clipped to its cell by the caller.
function drawMark(pen, panel, mark, row, rect, palette) {
  const [x, y, width, height, precision] = row;
  if (!Number.isFinite(x + y + width + height)) return;
  const [left, top, wide, high] = rect;
  const scale = wide / panel.spec.width;
  const small = clamp(wide / palette.ratio / 200, 0.5, 1);
  const line = (1 + 3 * clamp(precision / 2, 0, 1)) * small * palette.ratio;
  // A hard border stands outside its box: a one-pixel mark must not cover the pixel it points at.
  const out = precision === Infinity ? line / 2 : 0;
  const box = [left + (x - width / 2) * scale - out, top + (y - height / 2) * (high / panel.spec.height) - out,
    width * scale + 2 * out, height * (high / panel.spec.height) + 2 * out];
  pen.setLineDash([]);
  pen.strokeStyle = DASHES[mark.kind].length ? 'rgb(8 9 11 / 25%)' : 'rgb(8 9 11 / 40%)'; // to stand out on white ink
  pen.lineWidth = line + 1.5 * palette.ratio;
  pen.strokeRect(...box);
  pen.setLineDash(DASHES[mark.kind].map((length) => length * palette.ratio * Math.max(small, 0.7)));
  pen.strokeStyle = css(palette.rooms[mark.kind].rgb);
  pen.lineWidth = line;
  pen.strokeRect(...box);
}

// The way of a mark so far: its centres joined by a line, a dot at each. `at(t)` is its box at step t.
function drawPath(pen, panel, mark, at, step, rect, palette) {
  const [left, top, wide, high] = rect;
  const [across, down] = [wide / panel.spec.width, high / panel.spec.height];
  const line = 1.5 * clamp(wide / palette.ratio / 200, 0.5, 1) * palette.ratio;
  const points = Array.from({ length: step + 1 }, (_, t) => at(t)).filter(([x, y]) => Number.isFinite(x + y))
    .map(([x, y]) => [left + x * across, top + y * down]);
  pen.setLineDash([]);
  pen.lineJoin = 'round';
  for (const [rim, colour] of [[1.5 * palette.ratio, 'rgb(8 9 11 / 55%)'], [0, css(palette.rooms[mark.kind].rgb)]]) {
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

// Draw one step of a panel on its canvas. `view` is {rects, paths} of its cells.
function drawPanel(panel, canvas, view, step, cell, palette, withMarks) {
  const pen = canvas.getContext('2d');
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
      const at = (t) => {
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

function drawFilm(panel, canvas, rects, steps, cell, palette) {
  const pen = canvas.getContext('2d');
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

// All bars in the accent's colour on a canvas of their own, so that a step costs two copies.
function paintBars(bars, width, height, palette) {
  const sheet = make('canvas');
  Object.assign(sheet, { width, height });
  const pen = sheet.getContext('2d');
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

// The bars of the past are solid, those of the future pale; the bar under the cursor is solid as far as it is done.
let sheet = null; // {bars, width, palette, canvas}: what was painted last
function drawBars(pen, bars, size, edge, palette) {
  const [, top, width, height] = size;
  if (sheet?.bars !== bars || sheet.width !== width || sheet.palette !== palette) {
    sheet = { bars, width, palette, canvas: paintBars(bars, width, height, palette) };
  }
  const past = Math.round(edge);
  pen.globalAlpha = 0.27;
  if (past < width) pen.drawImage(sheet.canvas, past, 0, width - past, height, past, top, width - past, height);
  pen.globalAlpha = 1;
  if (past > 0) pen.drawImage(sheet.canvas, 0, 0, past, height, 0, top, past, height);
}

function drawTrack(pen, size, edge, palette) {
  const [, top, width, height] = size;
  const { ratio } = palette;
  const middle = top + height / 2 - 3 * ratio;
  pen.fillStyle = css(palette.accent);
  for (const [alpha, end] of [[0.27, width], [1, edge]]) {
    pen.globalAlpha = alpha;
    pen.beginPath();
    rounded(pen, [0, middle, end, 6 * ratio], 3 * ratio);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function drawLine(canvas, bars, step, steps, palette) {
  const pen = canvas.getContext('2d');
  const { ratio } = palette;
  const top = Math.round(4 * ratio); // the cursor stands out above and below
  const size = [0, top, canvas.width, canvas.height - 2 * top];
  const cursor = clamp(((step + 0.5) / steps) * canvas.width, ratio, canvas.width - ratio);
  if (!canvas.width) return;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (bars) drawBars(pen, bars, size, bars.length === steps ? ((step + 1) / steps) * canvas.width : cursor, palette);
  else drawTrack(pen, size, cursor, palette);
  pen.fillStyle = css(palette.ink);
  pen.fillRect(Math.round(cursor - ratio), 0, 2 * ratio, canvas.height);
}
