// @ts-check
// The map's numbers: the Gaussian's distribution, places of the plane and pixels of the screen, codes.
import { clamp, decimal } from '../base.js';

/** @import { Map as Plane } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */

const EDGE = 0.0005; // what lies beyond this quantile is not drawn: 3.3 standard deviations

/** The standard normal's cumulative distribution; off by 1e-7 at most (Numerical Recipes, erfc by Chebyshev fit).
 * @param {number} x */
export function normal(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const fit = [
    1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  const sum = fit.reduceRight((high, each) => each + t * high, 0);
  const tail = (t * Math.exp(-z * z - 1.26551223 + t * sum)) / 2;
  return x > 0 ? 1 - tail : tail;
}

/** @param {number[]} factors @param {number} x */
const polynomial = (factors, x) => factors.reduce((high, each) => high * x + each, 0);

/** Its inverse, off by 1e-6 at most within the edges (Acklam's rational fit). @param {number} u @returns {number} */
export function quantile(u) {
  const tail = [
    -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const below = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
  const middle = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const under = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  if (u > 0.97575) return -quantile(1 - u);
  if (u < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(u));
    return polynomial(tail, q) / polynomial(below, q);
  }
  const [q, r] = [u - 0.5, (u - 0.5) * (u - 0.5)];
  return (polynomial(middle, r) * q) / polynomial(under, r);
}

/** A coordinate of the plane -> its share of the map's side, 0 to 1 from the left or the bottom.
 * @param {Plane} map @param {number} a */
export const share = (map, a) => (map.quantiles ? normal(a) : (a / map.half + 1) / 2);

/** And back, for a share on the map. @param {Plane} map @param {number} u */
export const coordinate = (map, u) =>
  map.quantiles ? quantile(clamp(u, EDGE, 1 - EDGE)) : map.half * (2 * clamp(u, 0, 1) - 1);

/** The code at a place of the plane, rounded as it is sent. @param {Plane} map @param {Place} place */
export const codeAt = ({ origin, basis }, [x, y]) =>
  origin.map((o, i) => Number((o + x * basis[0][i] + y * basis[1][i]).toFixed(5)));

/** Where a code is seen: its projection on the plane. @param {Plane} map @param {ArrayLike<number>} code */
export const placeOf = ({ basis }, code) =>
  /** @type {Place} */ (basis.map((row) => row.reduce((sum, each, i) => sum + each * code[i], 0)));

/** Where the marks of an axis stand, and what they are called. @param {Plane} map @returns {[number, string][]} */
export function ticks(map) {
  if (map.quantiles) return [0.05, 0.25, 0.5, 0.75, 0.95].map((u) => [quantile(u), `${Math.round(100 * u)} %`]);
  const step = [1, 2, 5].find((each) => map.half / each <= 4) ?? 5;
  const most = Math.floor(map.half / step);
  return Array.from({ length: 2 * most + 1 }, (_, i) => [
    (i - most) * step,
    String((i - most) * step).replace('-', '−'),
  ]);
}

/** @param {number} number */
export const figure = (number) => decimal(number, 2);
