// @ts-check
// The narrator in the page. It has no value: it follows the easel:step events of its player and tells what the player's
// value says about (step, selected picture).
import { bytes, develop, life, make, widgetOf } from '../base.js';
import { say } from '../say.js';
import { openValues, SLOT } from './values.js';

/** @import { Gradio, Step } from '../gradio.d.ts' */
/** @import { Bar, Note, Patch, Player } from '../payload.d.ts' */
/** @import { Named } from './values.js' */
/**
 * @typedef {{figure: HTMLElement, canvas: HTMLCanvasElement, spec: Patch, data: Uint8Array, size: number, cells: number}} Picture
 * @typedef {{value: Player, note: Note, values: Record<string, Named>, pictures: Picture[],
 *   rows: {row: HTMLElement, fill: HTMLElement, value: string}[], slots: {node: HTMLElement, value: Named}[]}} Told
 */

const REST = 600; // ms after which a step has been chosen, not passed by

/** @param {Gradio<{ player: string, empty: string }>} gradio */
export default function start({ element, props }) {
  const find = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name));
  const root = find('.easel-narrator');
  const [title, sentence, patches, bar, bars, table, spoken] = [
    '.title',
    '.sentence',
    '.patches',
    '.bar',
    '.bars',
    'table',
    '.spoken',
  ].map(find);
  const alive = life(root);
  /** The heads of a table that have the colour of a window. @type {Record<string, string>} */
  const coloured = { [say('read')]: 'read', [say('write')]: 'write', [say('glimpse')]: 'glimpse' };
  /** The note, decoded. @type {Told | null} */
  let told = null;
  /** The last event's detail. @type {Step | null} */
  let now = null;
  let said = ''; // the moment that was said last
  let speech = 0; // the timer before it is said
  let tallest = { html: '', width: 0, height: 0 }; // what the sentence's reserved height was measured for

  // ---- building --------------------------------------------------------------------------------------------------

  /** Put a slot for every [[name]] of an author's HTML; the numbers are written into the slots step by step.
   * @param {HTMLElement} node @param {string} html */
  function slotted(node, html) {
    node.innerHTML = String(html).replace(SLOT, '<span data-slot="$1"></span>');
  }

  /** @param {string[][]} rows */
  function buildTable(rows) {
    const columns = Math.max(0, ...rows.map((row) => row.length));
    table.className = columns > 2 ? 'wide' : '';
    table.hidden = !rows.length;
    table.replaceChildren(
      ...rows.map((row, y) => {
        const line = make('tr');
        row.forEach((text, x) => {
          const cell = /** @type {HTMLTableCellElement} */ (make(y === 0 && row[0] === '' && x ? 'th' : 'td'));
          slotted(cell, text);
          if (cell.tagName === 'TH' && text in coloured) cell.className = coloured[text];
          if (x === row.length - 1 && row.length < columns) cell.colSpan = columns - row.length + 1;
          line.append(cell);
        });
        return line;
      }),
    );
  }

  /** @param {Patch[]} specs @param {number} steps @returns {Picture[]} */
  function buildPatches(specs, steps) {
    patches.hidden = !specs.length;
    const pictures = specs.map((spec) => {
      const [figure, canvas, caption] = [make('figure'), make('canvas', '', { role: 'img' }), make('figcaption')];
      caption.textContent = spec.title;
      figure.append(canvas, caption);
      const data = bytes(spec.data);
      const size = spec.width * spec.height * spec.channels;
      return { figure, canvas, spec, data, size, cells: data.length / (size * steps) };
    });
    patches.replaceChildren(...pictures.map(({ figure }) => figure));
    return pictures;
  }

  /** Bars below each other: a name, the bar and its number. Returns what fills each of them. @param {Bar[]} specs */
  function buildBars(specs) {
    bars.hidden = !specs.length;
    const rows = specs.map((spec) => {
      const row = make('div', 'row');
      const [name, track, fill] = [make('span', 'name'), make('span', 'track'), make('span', 'fill')];
      name.textContent = spec.label;
      track.append(fill);
      row.append(name, track, make('span', 'number', { 'data-slot': spec.value }));
      return { row, fill, value: spec.value };
    });
    bars.replaceChildren(...rows.map(({ row }) => row));
    return rows;
  }

  /** @param {Player} value @param {Note} note */
  function build(value, note) {
    slotted(title, note.title || '');
    slotted(sentence, note.html || '');
    const pictures = buildPatches(note.patches || [], value.steps);
    const rows = buildBars(note.bars || []);
    buildTable(note.rows || []);
    bar.hidden = !note.bar;
    if (note.bar) {
      find('.bar .name').textContent = note.bar.label;
      bar.setAttribute('aria-label', note.bar.label);
    }
    const values = openValues(value);
    const nodes = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-slot]'));
    const slots = [...nodes].map((node) => ({ node, value: values[String(node.dataset.slot)] }));
    told = { value, note, values, pictures, rows, slots: slots.filter((slot) => slot.value) };
    root.dataset.loaded = value.id;
    reserve();
  }

  // Keep the height of the longest form of the sentence, so that nothing below it moves while the numbers run, and tell
  // the width of every number in it, so that no line breaks elsewhere while it plays; at rest it reads as any other.
  function reserve() {
    const width = root.clientWidth;
    if (!width || !told) return;
    const html = told.note.html || '';
    if (tallest.html !== html || tallest.width !== width) tallest = { html, width, height: 0 };
    const inside = told.slots.filter(({ node, value }) => sentence.contains(node) && !value.words);
    for (const { node } of inside) node.style.removeProperty('--longest');
    for (const { node, value } of told.slots) node.textContent = value.longest;
    const widths = inside.map(({ node }) => node.getBoundingClientRect().width);
    inside.forEach(({ node }, i) => node.style.setProperty('--longest', `${Math.ceil(widths[i])}px`));
    sentence.style.minHeight = '';
    tallest.height = Math.max(tallest.height, sentence.offsetHeight);
    sentence.style.minHeight = `${tallest.height}px`;
  }

  function clear() {
    told = null;
    sentence.innerHTML = props.empty || '';
    sentence.style.minHeight = '';
    title.replaceChildren();
    for (const part of [patches, bar, bars, table]) part.hidden = true;
    delete root.dataset.loaded;
  }

  // ---- telling ---------------------------------------------------------------------------------------------------

  /** @param {Picture} picture @param {number} step @param {number} cell */
  function drawPatch({ canvas, spec, data, size, cells }, step, cell) {
    const first = (step * cells + Math.min(cell, cells - 1)) * size;
    develop(canvas, data.subarray(first, first + size), spec.width, spec.height, spec.channels);
    canvas.setAttribute('aria-label', say('{title}, step {n}', { title: spec.title, n: step + 1 }));
  }

  /** To those who listen the sentence is said once, where the player rests; of steps in quick succession only the last.
   * @param {string} moment @param {boolean} playing */
  function speak(moment, playing) {
    if (moment === said && !playing) return;
    clearTimeout(speech);
    const arrived = said;
    said = playing ? 'nothing' : moment;
    if (playing || !arrived) return; // what stands there at first is read where it stands
    speech = window.setTimeout(() => {
      spoken.textContent = say('{title}. {sentence}', {
        title: title.textContent ?? '',
        sentence: sentence.textContent ?? '',
      });
    }, REST);
  }

  /** @param {Told} told @param {Step} now */
  function tell({ value, note, values, pictures, rows, slots }, { step, cell, playing }) {
    speak(`${value.id} ${step} ${cell}`, playing);
    sentence.classList.toggle('running', playing);
    for (const { node, value } of slots) {
      const text = value.text(step, cell);
      if (node.textContent !== text) node.textContent = text;
    }
    for (const picture of pictures) drawPatch(picture, step, cell);
    const at = (/** @type {string} */ name) => values[name].at?.(step, cell) || 0;
    if (note.bar) {
      const share = Math.min(1, Math.max(0, at(note.bar.value)));
      find('.bar .fill').style.transform = `scaleX(${share})`;
      bar.setAttribute('aria-valuenow', share.toFixed(3));
    }
    const shares = rows.map((row) => at(row.value));
    rows.forEach(({ row, fill }, i) => {
      fill.style.transform = `scaleX(${Math.min(1, Math.max(0, shares[i]))})`;
      row.classList.toggle('most', i === shares.indexOf(Math.max(...shares)));
    });
    Object.assign(root.dataset, { step: String(step), cell: String(cell) });
  }

  /** @param {Step | undefined} detail */
  function follow(detail) {
    now = detail ?? null;
    if (!detail?.value?.note) {
      if (told) clear();
      return;
    }
    if (told?.value !== detail.value) build(detail.value, detail.value.note);
    if (told) tell(told, detail);
  }

  alive.onEvent('easel:step', (detail) => detail.player === props.player && follow(detail));
  // The gauge is as wide as the narrator, without a height that could feed back.
  alive.onSize(find('.gauge'), () => {
    if (!told || !now || !root.clientWidth || root.clientWidth === tallest.width) return;
    reserve();
    tell(told, now);
  });
  // The player may have drawn before this widget stood on the page: it leaves its last event on its own element.
  follow(widgetOf(props.player, 'easel-player')?.easelStep);
}
