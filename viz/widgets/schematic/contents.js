// @ts-check
// What the boxes of a schematic hold: pieces of the player's payload at one step, and the signs of networks and masks.
import { bytes, clamp, decimal, develop, floats, make, penOf } from '../base.js';
import { openValues } from '../narrator/values.js';
import { colours, openPanel, readPalette } from '../player/draw.js';
import { say } from '../say.js';

/** @import { Patch, Player } from '../payload.d.ts' */
/** @import { Decoded } from '../player/draw.js' */
/** @import { Shows } from './families.js' */
/** @typedef {HTMLElement & {drawn?: string}} Hold the inner part of a box, with what was drawn there last */

const SIDE = 48; // of what stands in a box, in its own units
const grey = Uint32Array.from({ length: 256 }, (_, i) => (0xff000000 | (i << 16) | (i << 8) | i) >>> 0);
const GREYS = { grey, rooms: {} };
const NODES = [0.2, 0.5, 0.3, 0.4, 0.6, 0.25, 0.45, 0.7, 0.35, 0.2, 0.55, 0.3];

/** @param {string} inner */
const svg = (inner) => `<svg viewBox="0 0 ${SIDE} ${SIDE}" aria-hidden="true">${inner}</svg>`;
/** @param {number} x @param {number} y @param {number} width @param {number} height */
const rect = (x, y, width, height, more = '') =>
  `<rect x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${width.toFixed(2)}" height="${Math.max(0, height).toFixed(2)}" ${more}/>`;

/** Nodes of a network: a sign, no numbers. */
const network = () =>
  svg(
    NODES.map((strength, i) =>
      rect(4 + 11 * (i % 4), 9 + 11 * Math.floor(i / 4), 8, 8, `rx="2" opacity="${strength}"`),
    ).join(''),
  );

/**
 * The pixels of a mask of `side` × `side` that a layer may see: those before the middle, with "B" the middle, too.
 * @param {string} mask @param {number} side
 */
export function seen(mask, side) {
  const middle = (side * side - 1) / 2;
  return Array.from({ length: side * side }, (_, i) => i < middle || (mask === 'B' && i === middle));
}

/** @param {string} mask @param {number} side */
const masked = (mask, side) => {
  const pitch = (SIDE - 4) / side;
  const gap = side > 5 ? 1 : 2;
  return svg(
    seen(mask, side)
      .map((sees, i) =>
        rect(
          2 + pitch * (i % side),
          2 + pitch * Math.floor(i / side),
          pitch - gap,
          pitch - gap,
          sees ? 'class="own"' : 'class="blank"',
        ),
      )
      .join(''),
  );
};

/** Bars up and down from a line in the middle, as far as `most`. @param {number[]} numbers */
export function code(numbers, most = 3) {
  const pitch = SIDE / Math.max(numbers.length, 4);
  const left = (SIDE - pitch * numbers.length) / 2;
  const bars = numbers.map((number, i) => {
    const high = (Math.min(Math.abs(number), most) / most) * 22;
    return rect(left + pitch * i + 0.1 * pitch, number > 0 ? 24 - high : 24, 0.8 * pitch, high, 'class="own"');
  });
  return svg(`${rect(0, 23.6, SIDE, 0.8)}${bars.join('')}`);
}

/** Bars from 0 to 1, `own` of them in the room's colour. @param {number[]} shares @param {(i: number) => boolean} own */
function columns(shares, own) {
  const pitch = SIDE / shares.length;
  const [left, wide] = [0.15 * pitch, 0.7 * pitch];
  const bars = shares.map((share, i) => {
    const high = SIDE * clamp(share || 0, 0, 1);
    return (
      rect(pitch * i + left, 0, wide, SIDE, 'class="blank"') +
      rect(pitch * i + left, SIDE - high, wide, high, `class="${own(i) ? 'own' : 'other'}"`)
    );
  });
  return svg(bars.join(''));
}

/** @param {string} large @param {string} small */
const text = (large, small) =>
  svg(`<text class="large" x="24" y="${small ? 26 : 32}">${large}</text><text x="24" y="42">${small}</text>`);

/**
 * A mark's box (x, y, width, height) in the pixels of its picture: (kind, step, cell) -> {panel, box}, null where none is.
 * @param {Player} value
 */
export function marksOf(value) {
  const tracks = value.marks.map((track) => ({ ...track, data: floats(track.data) }));
  /** @param {string} kind @param {number} step @param {number} cell */
  return (kind, step, cell) => {
    const track = tracks.find((each) => each.kind === kind);
    if (!track || step >= value.steps) return null;
    const [steps, cells] = track.shape;
    const first = 5 * (Math.min(step, steps - 1) * cells + Math.min(cell, cells - 1));
    const box = [...track.data.subarray(first, first + 4)];
    return box.every(Number.isFinite) ? { panel: track.panel, box } : null;
  };
}

/** The place of a panel by its colour, a heat map only if there is no other, −1 for none. @param {Player} value @param {string} room */
export const panelOf = (value, room) =>
  Math.max(
    value.panels.findIndex((panel) => panel.room === room && panel.map === 'grey'),
    value.panels.every((panel) => panel.room !== room || panel.map !== 'grey')
      ? value.panels.findIndex((panel) => panel.room === room)
      : -1,
  );

/**
 * A payload, opened: `draw(box, shows, step, cell)` puts into the element `box` what it is to hold, and `size` says how
 * large a patch or a picture is, "5 × 5".
 * @param {Player} value
 */
export function opened(value) {
  const values = openValues(value);
  /** @param {string} name @param {number} step @param {number} cell */
  const numbers = (name, step, cell) => values[name]?.at?.(step, cell) ?? Number.NaN;
  const marks = marksOf(value);
  /** @type {Map<number, Decoded>} */
  const panels = new Map();
  /** @type {Map<Patch, Uint8Array>} */
  const patches = new Map();
  const patchOf = (/** @type {string | undefined} */ room) => value.note?.patches.find((patch) => patch.room === room);

  /** A canvas as the box's only content, and the frame on it, if there is to be one. @param {Hold} box */
  function canvasIn(box) {
    const found = box.querySelector('canvas');
    if (found) return found;
    const there = make('span', 'there');
    const canvas = make('canvas', '', { role: 'presentation' });
    there.append(canvas);
    box.replaceChildren(there);
    return canvas;
  }

  /** The frame of a mark on the picture that a box holds.
   * @param {HTMLCanvasElement} canvas @param {{width: number, height: number}} spec @param {number[] | undefined} box */
  function frame(canvas, { width, height }, box) {
    const old = /** @type {HTMLElement | null} */ (canvas.nextElementSibling);
    if (!box) return old?.remove();
    const edge = old ?? make('i');
    if (!old) canvas.after(edge);
    const [x, y, wide, high] = box;
    Object.assign(edge.style, {
      left: `${(100 * (x - wide / 2)) / width}%`,
      top: `${(100 * (y - high / 2)) / height}%`,
      width: `${(100 * wide) / width}%`,
      height: `${(100 * high) / height}%`,
    });
  }

  /** @param {Hold} box @param {Shows} shows @param {number} step @param {number} cell */
  function picture(box, { room = '', back = 0, mark = '' }, step, cell) {
    const at = panelOf(value, room);
    if (at < 0) return box.replaceChildren();
    const panel = panels.get(at) ?? openPanel(value.panels[at]);
    panels.set(at, panel);
    const { width, height, cells } = panel.spec;
    const shown = Math.min(cell, cells - 1);
    const then = step - back;
    const canvas = canvasIn(box);
    const root = panel.spec.map === 'room' && /** @type {HTMLElement | null} */ (box.closest('.easel-schematic'));
    colours(panel, then, root ? readPalette(root, 1) : GREYS, shown, shown + 1);
    Object.assign(canvas, { width, height });
    if (then >= 0) penOf(canvas).putImageData(panel.image, 0, -shown * height);
    frame(canvas, panel.spec, mark ? marks(mark, step, cell)?.box : undefined);
  }

  /** @param {Hold} box @param {string | undefined} room @param {number} step @param {number} cell */
  function patch(box, room, step, cell) {
    const spec = patchOf(room);
    if (!spec) return box.replaceChildren();
    const { width, height, channels } = spec;
    const data = patches.get(spec) ?? bytes(spec.data);
    patches.set(spec, data);
    const size = width * height * channels;
    const cells = data.length / (size * value.steps);
    const first = (step * cells + Math.min(cell, cells - 1)) * size;
    develop(canvasIn(box), data.subarray(first, first + size), width, height, channels);
  }

  /** @param {number} step @param {number} cell */
  function next(step, cell) {
    const found = marks('glimpse', step + 1, cell);
    if (!found) return text('–', say('the last'));
    const { width, height } = value.panels[found.panel];
    const [x, y, wide, high] = found.box;
    const scale = SIDE / Math.max(width, height);
    return svg(
      rect(0, 0, width * scale, height * scale, 'class="blank"') +
        rect((x - wide / 2) * scale, (y - high / 2) * scale, wide * scale, high * scale, 'class="window"'),
    );
  }

  /** @param {number} step @param {number} cell */
  function codeAt(step, cell) {
    /** @type {number[]} */
    const found = [];
    while (`z${found.length}` in (value.note?.values ?? {})) found.push(numbers(`z${found.length}`, step, cell));
    return code(found);
  }

  /** @param {number} step @param {number} cell */
  function nats(step, cell) {
    const spent = numbers('kl', step, cell);
    return Number.isNaN(spent) ? text('ε', say('chance')) : text(decimal(spent, 1), say('nats'));
  }

  /** @param {number} at */
  function layer(at) {
    const spec = value.layers?.[at];
    return spec && !spec.mask ? network() : masked(spec?.mask ?? 'AB'[at], spec?.side ?? [7, 3][at]);
  }

  /** @param {number} step @param {number} cell */
  function ink(step, cell) {
    const p = numbers('p', step, cell);
    return columns([1 - p, p], (i) => i === 1);
  }

  /** @param {number} step @param {number} cell */
  const classes = (step, cell) => Array.from({ length: 10 }, (_, k) => numbers(`p${k}`, step, cell));

  /** @param {number} step @param {number} cell */
  function digit(step, cell) {
    const shares = classes(step, cell);
    return columns(shares, (i) => shares[i] === Math.max(...shares));
  }

  const percent = (/** @type {number} */ share) => `${Math.round(100 * share)} %`;
  /** What stands above a box in place of its name: the number that matters.
   * @param {string} kind @param {number} step @param {number} cell */
  function headline(kind, step, cell) {
    const shares = kind === 'ink' ? [numbers('p', step, cell)] : kind === 'digit' ? classes(step, cell) : [];
    const most = Math.max(...shares);
    if (!Number.isFinite(most)) return '';
    if (kind === 'ink') return say('ink: {share}', { share: percent(most) });
    return say('digit: {digit}, {share}', { digit: shares.indexOf(most), share: percent(most) });
  }

  return {
    marks,
    headline,
    /** @param {Shows} shows */
    size({ kind, room }) {
      const spec = kind === 'patch' ? patchOf(room) : value.panels[panelOf(value, room ?? '')];
      return spec ? `${spec.height} × ${spec.width}` : '';
    },
    /** @param {Hold} box @param {Shows} shows @param {number} step @param {number} cell */
    draw(box, shows, step, cell) {
      const { kind, room, layer: at = 0 } = shows;
      if (kind === 'picture') return picture(box, shows, step, cell);
      if (kind === 'patch') return patch(box, room, step, cell);
      const drawn = { network, code: codeAt, nats, ink, next, digit, layer: () => layer(at) }[kind](step, cell);
      if (box.drawn !== drawn) {
        box.drawn = drawn;
        box.innerHTML = drawn;
      }
    },
  };
}
