'use strict';
// Body of Gradio's js_on_load(element, trigger, props, server, upload, watch). The narrator has no value: it follows
// the easel:step events of its player and tells what the player's value says about (step, selected picture).

const root = element.querySelector('.easel-narrator');
const [title, sentence, patches, bar, bars, table] = ['.title', '.sentence', '.patches', '.bar', '.bars', 'table'].map((name) => root.querySelector(name));
const alive = new AbortController(); // ends every listener outside the element
const COLOURED = ['read', 'write', 'vae', 'pixel', 'glimpse'];
let told = null; // the decoded note: {value, note, values, pictures, rows, slots}
let now = null; // the last event's detail
let tallest = { html: '', width: 0, height: 0 }; // what the sentence's reserved height was measured for

function bytes(text) {
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < out.length; i += 1) out[i] = binary.charCodeAt(i);
  return out;
}

// ---- values ----------------------------------------------------------------------------------------------------

function formatter({ digits, percent }) {
  const places = digits ?? (percent ? 0 : 2);
  return (number) => {
    if (!Number.isFinite(number)) return Number.isNaN(number) ? '–' : number > 0 ? '∞' : '−∞';
    return percent ? (100 * number).toFixed(places) + ' %' : number.toFixed(places).replace('-', '−');
  };
}

// An axis of length 1 holds for all steps or all cells. A value is a number or one of a few words.
function openValue(spec) {
  const [steps, cells] = spec.shape;
  const numbers = spec.words ? bytes(spec.index) : new Float32Array(bytes(spec.data).buffer);
  const format = spec.words ? (index) => spec.words[index] : formatter(spec);
  const at = (step, cell) => numbers[Math.min(step, steps - 1) * cells + Math.min(cell, cells - 1)];
  const edges = [Infinity, -Infinity];
  for (const number of spec.words ? [] : numbers) {
    edges[0] = Math.min(edges[0], number);
    edges[1] = Math.max(edges[1], number);
  }
  const texts = spec.words || edges.map(format);
  const longest = [...texts].sort((a, b) => b.length - a.length)[0];
  return { at, text: (step, cell) => format(at(step, cell)), longest, words: Boolean(spec.words) };
}

function openValues({ steps, cells, note }) {
  const fixed = (text, longest) => ({ text, longest });
  const values = {
    step: fixed((step) => String(step + 1), String(steps)),
    steps: fixed(() => String(steps), String(steps)),
    cell: fixed((_, cell) => String(cell + 1), String(cells)),
    cells: fixed(() => String(cells), String(cells)),
  };
  for (const [name, spec] of Object.entries(note.values || {})) values[name] = openValue(spec);
  return values;
}

// ---- building --------------------------------------------------------------------------------------------------

// Put a slot for every [[name]] of an author's HTML; the numbers are written into the slots step by step.
function slotted(node, html) {
  node.innerHTML = String(html).replace(/\[\[(\w+)\]\]/g, '<span data-slot="$1"></span>');
}

function buildTable(rows) {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  table.className = columns > 2 ? 'wide' : '';
  table.hidden = !rows.length;
  table.replaceChildren(...rows.map((row, y) => {
    const line = document.createElement('tr');
    row.forEach((text, x) => {
      const cell = document.createElement(y === 0 && row[0] === '' && x ? 'th' : 'td');
      slotted(cell, text);
      if (cell.tagName === 'TH' && COLOURED.includes(text)) cell.className = text;
      if (x === row.length - 1 && row.length < columns) cell.colSpan = columns - row.length + 1;
      line.append(cell);
    });
    return line;
  }));
}

function buildPatches(specs, steps) {
  patches.hidden = !specs.length;
  const pictures = specs.map((spec) => {
    const figure = document.createElement('figure');
    const canvas = document.createElement('canvas');
    const caption = document.createElement('figcaption');
    Object.assign(canvas, { width: spec.width, height: spec.height });
    canvas.setAttribute('role', 'img');
    caption.textContent = spec.title;
    figure.append(canvas, caption);
    const pen = canvas.getContext('2d');
    const data = bytes(spec.data);
    const channels = spec.channels || 1;
    const area = spec.width * spec.height;
    const cells = data.length / (area * channels * steps);
    return { figure, canvas, pen, image: pen.createImageData(spec.width, spec.height), data, area, channels, cells, title: spec.title };
  });
  patches.replaceChildren(...pictures.map(({ figure }) => figure));
  return pictures;
}

// Bars below each other: a name, the bar and its number. Returns what fills each of them.
function buildBars(specs) {
  bars.hidden = !specs.length;
  const rows = specs.map((spec) => {
    const row = document.createElement('div');
    row.className = 'row';
    row.innerHTML = '<span class="name"></span><span class="track"><span class="fill"></span></span><span class="number"></span>';
    row.querySelector('.name').textContent = spec.label;
    row.querySelector('.number').dataset.slot = spec.value;
    return { row, fill: row.querySelector('.fill'), value: spec.value };
  });
  bars.replaceChildren(...rows.map(({ row }) => row));
  return rows;
}

function build(value) {
  const { note } = value;
  slotted(title, note.title || '');
  slotted(sentence, note.html || '');
  const pictures = buildPatches(note.patches || [], value.steps);
  const rows = buildBars(note.bars || []);
  buildTable(note.rows || []);
  bar.hidden = !note.bar;
  if (note.bar) {
    bar.querySelector('.name').textContent = note.bar.label;
    bar.setAttribute('aria-label', note.bar.label);
  }
  const values = openValues(value);
  const slots = [...root.querySelectorAll('[data-slot]')].map((node) => ({ node, value: values[node.dataset.slot] }));
  told = { value, note, values, pictures, rows, slots: slots.filter((slot) => slot.value) };
  root.dataset.loaded = value.id;
  reserve();
}

// Keep the height of the longest form of the sentence, so that nothing below it moves while the numbers run, and the
// width of every number in it, so that no line breaks elsewhere.
function reserve() {
  const width = root.clientWidth;
  const html = told.note.html || '';
  if (!width) return;
  if (tallest.html !== html || tallest.width !== width) tallest = { html, width, height: 0 };
  const inside = told.slots.filter(({ node, value }) => sentence.contains(node) && !value.words);
  for (const { node } of inside) Object.assign(node.style, { display: '', minWidth: '' });
  for (const { node, value } of told.slots) node.textContent = value.longest;
  const widths = inside.map(({ node }) => node.getBoundingClientRect().width);
  inside.forEach(({ node }, i) => Object.assign(node.style, { display: 'inline-block', minWidth: Math.ceil(widths[i]) + 'px', textAlign: 'right' }));
  sentence.style.minHeight = '';
  tallest.height = Math.max(tallest.height, sentence.offsetHeight);
  sentence.style.minHeight = tallest.height + 'px';
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

function drawPatch({ canvas, pen, image, data, area, channels, cells, title: name }, step, cell) {
  const first = (step * cells + Math.min(cell, cells - 1)) * area * channels;
  for (let i = 0; i < area; i += 1) {
    const at = first + i * channels;
    const last = channels - 1; // a grey value stands for all three
    image.data.set([data[at], data[at + Math.min(1, last)], data[at + last], 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
  canvas.setAttribute('aria-label', name + ', step ' + (step + 1));
}

function tell({ step, cell, playing }) {
  sentence.setAttribute('aria-live', playing ? 'off' : 'polite');
  for (const { node, value } of told.slots) {
    const text = value.text(step, cell);
    if (node.textContent !== text) node.textContent = text;
  }
  for (const picture of told.pictures) drawPatch(picture, step, cell);
  if (told.note.bar) {
    const share = Math.min(1, Math.max(0, told.values[told.note.bar.value].at(step, cell) || 0));
    bar.querySelector('.fill').style.transform = 'scaleX(' + share + ')';
    bar.setAttribute('aria-valuenow', share.toFixed(3));
  }
  const shares = told.rows.map((row) => told.values[row.value].at(step, cell) || 0);
  told.rows.forEach(({ row, fill }, i) => {
    fill.style.transform = 'scaleX(' + Math.min(1, Math.max(0, shares[i])) + ')';
    row.classList.toggle('most', i === shares.indexOf(Math.max(...shares)));
  });
  Object.assign(root.dataset, { step, cell });
}

function follow(detail) {
  now = detail;
  if (!detail?.value?.note) {
    if (told) clear();
    return;
  }
  if (told?.value !== detail.value) build(detail.value);
  tell(detail);
}

window.addEventListener('easel:step', ({ detail }) => {
  if (!root.isConnected) return leave();
  if (detail.player === props.player) follow(detail);
}, { signal: alive.signal });

const sizes = new ResizeObserver(() => {
  if (!root.isConnected) return leave();
  if (!told || !root.clientWidth || root.clientWidth === tallest.width) return;
  reserve();
  tell(now);
});

// An element may be moved rather than removed: look again before letting go.
function leave() {
  setTimeout(() => {
    if (root.isConnected) return;
    alive.abort();
    sizes.disconnect();
  });
}

sizes.observe(root.querySelector('.gauge')); // as wide as the narrator, without a height that could feed back
// The player may have drawn before this widget stood on the page: it leaves its last event on its own element.
follow(document.querySelector('#' + CSS.escape(props.player) + ' .easel-player')?.easelStep);
