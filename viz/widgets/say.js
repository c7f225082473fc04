// @ts-check
// Texts in the page's language: the page's head brings those of the catalogue that scripts need, English brings none.

/** @type {Record<string, string>} */
const words = /** @type {any} */ (globalThis).easelWords ?? {};

/** A text in the page's language, with values in the place of its `{names}`.
 * @param {string} text @param {Record<string, string | number>} [values] */
export const say = (text, values = {}) =>
  (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/** Whether the page's language writes its words without spaces between them. */
export const unspaced = globalThis.document?.documentElement.lang.startsWith('zh') ?? false;
