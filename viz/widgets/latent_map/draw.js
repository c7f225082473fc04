// @ts-check
// The map's picture: the decoded manifold, the dots, and above them all that moves.
import { clamp, fitted, penOf } from '../base.js';
import { placeOf, share, ticks } from './scale.js';

/** @import { Cloud, Map as Plane } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */
/** @import { Pin, Shown, State } from './state.js' */
/** @typedef {{left: number, top: number, side: number}} Square */

export const MARGIN = { left: 52, right: 8, top: 8, bottom: 34 }; // CSS px around the square
const DOT = 1.7; // CSS px, its radius

/** Left, top and side of the square in device pixels. @param {HTMLCanvasElement} canvas @param {number} ratio */
function square(canvas, ratio) {
  const [left, top] = [MARGIN.left * ratio, MARGIN.top * ratio];
  return { left, top, side: canvas.width - left - MARGIN.right * ratio };
}

/** A place on the screen: device pixels of the canvas. @param {Plane} map @param {Square} area @param {Place} place @returns {Place} */
function screen(map, { left, top, side }, [x, y]) {
  return [left + share(map, x) * side, top + (1 - share(map, y)) * side];
}

/** All dots that are switched on.
 * @param {CanvasRenderingContext2D} pen @param {Shown} state @param {Square} area @param {number} ratio */
function drawDots(pen, state, { left, top, side }, ratio) {
  const { map, classes, hidden, shares } = state;
  pen.globalAlpha = 0.85;
  for (let i = 0; i < map.count; i += 1) {
    if (hidden.has(classes[i])) continue;
    pen.beginPath();
    pen.arc(left + shares[2 * i] * side, top + (1 - shares[2 * i + 1]) * side, DOT * ratio, 0, 2 * Math.PI);
    pen.fillStyle = state.colours[classes[i]] ?? '#fff'; // of no class
    pen.fill();
  }
  pen.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} pen @param {Shown} state @param {Square} area @param {number} ratio */
function drawAxes(pen, state, area, ratio) {
  const { map } = state;
  const { left, top, side } = area;
  pen.font = `${12 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  pen.fillStyle = '#a3a8b3';
  pen.strokeStyle = 'rgb(255 255 255 / 30%)';
  pen.lineWidth = ratio;
  pen.strokeRect(left - ratio / 2, top - ratio / 2, side + ratio, side + ratio);
  pen.beginPath();
  for (const [at, text] of ticks(map)) {
    const [x, y] = screen(map, area, [at, at]);
    pen.moveTo(x, top + side);
    pen.lineTo(x, top + side + 4 * ratio);
    pen.moveTo(left, y);
    pen.lineTo(left - 4 * ratio, y);
    [pen.textAlign, pen.textBaseline] = ['center', 'top'];
    pen.fillText(text, clamp(x, left + 8 * ratio, left + side - 8 * ratio), top + side + 6 * ratio);
    [pen.textAlign, pen.textBaseline] = ['right', 'middle'];
    pen.fillText(text, left - 7 * ratio, clamp(y, top + 6 * ratio, top + side - 6 * ratio));
  }
  pen.stroke();
  pen.fillStyle = '#f2f0ea';
  [pen.textAlign, pen.textBaseline] = ['center', 'alphabetic'];
  pen.fillText(map.axes[0], left + side / 2, top + side + 30 * ratio);
  pen.save();
  pen.translate(11 * ratio, top + side / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(map.axes[1], 0, 0);
  pen.restore();
}

/**
 * A line with a dark one below it, to stand out on ink and paper alike.
 * @param {CanvasRenderingContext2D} pen @param {string} colour @param {number} width @param {number} ratio
 * @param {() => void} trace @param {number[]} dash
 */
function haloed(pen, colour, width, ratio, trace, dash = []) {
  pen.beginPath();
  trace();
  pen.setLineDash([]);
  pen.lineJoin = 'round';
  pen.strokeStyle = 'rgb(8 9 11 / 70%)';
  pen.lineWidth = (width + 2) * ratio;
  pen.stroke();
  pen.setLineDash(dash.map((length) => length * ratio));
  pen.strokeStyle = colour;
  pen.lineWidth = width * ratio;
  pen.stroke();
  pen.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} pen @param {Place[]} points */
function through(pen, points) {
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}

/** The digit of every class that is on, at the median of its dots: colour is not the only sign.
 * @param {CanvasRenderingContext2D} pen @param {Shown} state @param {Square} area @param {number} ratio */
function drawNames(pen, state, area, ratio) {
  pen.font = `700 ${17 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  [pen.textAlign, pen.textBaseline, pen.lineJoin] = ['center', 'middle', 'round'];
  state.medians.forEach((place, digit) => {
    if (!place || state.hidden.has(digit)) return;
    const [x, y] = screen(state.map, area, place);
    pen.strokeStyle = 'rgb(8 9 11 / 88%)';
    pen.lineWidth = 5 * ratio;
    pen.strokeText(String(digit), x, y);
    pen.fillStyle = state.colours[digit];
    pen.fillText(String(digit), x, y);
  });
}

/** One and two standard deviations, and the codes that were drawn.
 * @param {CanvasRenderingContext2D} pen @param {Shown} state @param {Cloud} cloud @param {Square} area @param {number} ratio */
function drawCloud(pen, { map, green }, cloud, area, ratio) {
  const [u, v] = cloud.half_axes;
  for (const [times, width] of [
    [2, 1.4],
    [1, 2.2],
  ]) {
    haloed(
      pen,
      green,
      width,
      ratio,
      () => {
        for (let i = 0; i <= 72; i += 1) {
          const [c, s] = [times * Math.cos((i * Math.PI) / 36), times * Math.sin((i * Math.PI) / 36)];
          const [x, y] = [0, 1].map((k) => cloud.centre[k] + c * u[k] + s * v[k]);
          pen.lineTo(...screen(map, area, [x, y]));
        }
      },
      times === 2 ? [5, 3] : [],
    );
  }
  for (const [x, y] of cloud.points) dot(pen, screen(map, area, [x, y]), 2, green, ratio);
  dot(pen, screen(map, area, [cloud.centre[0], cloud.centre[1]]), 1.8, '#fff', ratio);
}

/** @param {CanvasRenderingContext2D} pen @param {Place} at @param {number} radius @param {string} colour @param {number} ratio */
function dot(pen, [x, y], radius, colour, ratio) {
  pen.beginPath();
  pen.arc(x, y, radius * ratio, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.strokeStyle = 'rgb(8 9 11 / 80%)';
  pen.lineWidth = 1.2 * ratio;
  pen.fill();
  pen.stroke();
}

/** @param {CanvasRenderingContext2D} pen @param {Place} at @param {number} radius @param {string} colour @param {number} ratio */
function ring(pen, [x, y], radius, colour, ratio) {
  haloed(pen, colour, 2, ratio, () => pen.arc(x, y, radius * ratio, 0, 2 * Math.PI));
}

/** A pinned picture, its corner at its place.
 * @param {CanvasRenderingContext2D} pen @param {Pin} pin @param {number} index @param {Plane} map @param {Square} area @param {number} ratio */
function drawPin(pen, pin, index, map, area, ratio) {
  const [x, y] = screen(map, area, pin.place);
  const side = 28 * ratio;
  const left = clamp(x, area.left, area.left + area.side - side);
  const top = clamp(y - side, area.top, area.top + area.side - side);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(pin.picture, Math.round(left), Math.round(top), side, side);
  haloed(pen, '#fff', 1.4, ratio, () => pen.rect(Math.round(left), Math.round(top), side, side));
  pen.fillStyle = '#fff';
  pen.font = `700 ${11 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  [pen.textAlign, pen.textBaseline] = ['left', 'top'];
  pen.strokeStyle = 'rgb(8 9 11 / 90%)';
  pen.lineWidth = 3 * ratio;
  pen.strokeText(String(index + 1), left + 2 * ratio, top + 2 * ratio);
  pen.fillText(String(index + 1), left + 2 * ratio, top + 2 * ratio);
}

/** What stays while a hand moves, painted once: pictures, dots, axes and the cloud.
 * @param {HTMLCanvasElement} canvas @param {Shown} state @param {Square} area @param {number} ratio */
function groundOf(canvas, state, area, ratio) {
  const { map, cloud, sheet, opacity, hidden, green, ground } = state;
  const key = [map.id, cloud?.id, Boolean(sheet), opacity, [...hidden].join(), green, canvas.width, ratio].join('|');
  if (ground.key === key) return ground.canvas;
  ground.key = key;
  Object.assign(ground.canvas, { width: canvas.width, height: canvas.height });
  const [pen, { left, top, side }] = [penOf(ground.canvas), area];
  pen.save();
  pen.beginPath();
  pen.rect(left, top, side, side);
  pen.clip();
  if (sheet) {
    pen.globalAlpha = opacity;
    pen.imageSmoothingEnabled = side < sheet.width; // made smaller; made larger its pixels stay hard
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(sheet, left, top, side, side);
  }
  drawDots(pen, state, area, ratio);
  drawNames(pen, state, area, ratio);
  if (cloud) drawCloud(pen, state, cloud, area, ratio);
  pen.restore();
  drawAxes(pen, state, area, ratio);
  return ground.canvas;
}

/** @param {HTMLCanvasElement} canvas @param {State} state */
export function drawMap(canvas, state) {
  const { map } = state;
  const ratio = map && fitted(canvas);
  if (!map || !ratio) return;
  const [pen, area] = [penOf(canvas), square(canvas, ratio)];
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(groundOf(canvas, { ...state, map }, area, ratio), 0, 0);
  pen.save();
  pen.beginPath();
  pen.rect(area.left, area.top, area.side, area.side);
  pen.clip();
  if (state.path.length > 1) {
    const points = state.path.map((place) => screen(map, area, place));
    haloed(pen, '#fff', 1.4, ratio, () => through(pen, points), [7, 4]);
  }
  const stops = state.frames.map((code) => screen(map, area, placeOf(map, code)));
  if (stops.length) haloed(pen, '#fff', 1.2, ratio, () => through(pen, stops));
  for (const stop of stops) dot(pen, stop, 2.6, '#fff', ratio);
  state.pins.forEach((pin, i) => drawPin(pen, pin, i, map, area, ratio));
  if (state.frame) ring(pen, screen(map, area, placeOf(map, state.frame)), 7, state.green, ratio);
  if (state.cursor) ring(pen, screen(map, area, state.cursor), 6, '#fff', ratio);
  pen.restore();
}
