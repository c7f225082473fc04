// The map in the page: values, requests and hands. latent_map.py says what goes in and out.

const MOST_POINTS = 400; // of a path
const SLIP = 6; // CSS px a press may move and still be a click
const NEAR = 12; // CSS px to the dot that is named
const STEP = 1 / 60; // of the side a press of an arrow key; with shift five times that

const root = element.querySelector('.easel-map');
const find = (selector) => root.querySelector(selector);
const [canvas, peek, shelf] = ['.chart canvas', '.peek', '.pins'].map(find);
const alive = new AbortController(); // ends every listener outside the element
const state = {
  map: null, classes: null, shares: null, medians: [], hidden: new Set(), colours: props.colours, green: '',
  sheet: null, opacity: 0.5, cloud: null, cursor: null, path: [], pins: [], frame: null,
};
let chosen = null; // the pin that waits for another one
let press = null; // {pointer, x, y, codes}: what the hand does
let wanted = null; // the place that is to be decoded next
let pinning = []; // {code} that are to be pinned; the first one may be on its way
let flying = false;
const faults = { pins: '', server: '' };
let drawing = 0;
let film = null; // the last step of the player below
let stale = null; // id of a film of another model
// One object for all reports: Gradio's "always_last" repeats the first event's data, which is then the newest.
const report = {};

function refresh() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    state.green ||= getComputedStyle(root).getPropertyValue('--easel-vae').trim();
    drawMap(canvas, state);
  });
}

function say(text) {
  find('.spoken').textContent = text;
}

/** One sentence about the pins or the server, until it no longer holds. */
function complain(kind, text) {
  faults[kind] = text;
  find('.fault').textContent = Object.values(faults).filter(Boolean).join(' ');
}

// ---- values --------------------------------------------------------------------------------------------------------

function load() {
  const map = props.value;
  if (!map || map.id === root.dataset.loaded) return;
  const other = state.map && state.map.model !== map.model;
  Object.assign(state, { map, classes: bytes(map.classes), sheet: null, cursor: null });
  measure(new Uint16Array(bytes(map.dots).buffer));
  if (other) {
    Object.assign(state, { path: [], pins: [], cloud: null });
    Object.assign(state, { frames: [], frame: null });
    [chosen, pinning, stale] = [null, [], film?.value.id];
    listPins();
  }
  wanted = null;
  const image = new Image();
  image.onload = () => {
    if (state.map !== map) return;
    state.sheet = image;
    root.dataset.painted = map.id;
    refresh();
  };
  image.src = map.lattice;
  find('.words').innerHTML = map.words;
  Object.assign(root.dataset, { loaded: map.id, model: map.model, x: '', y: '', path: state.path.length });
  takeCloud(document.querySelector('#' + props.cloud + ' .easel-cloud')?.easelCloud);
  follow(film);
  refresh();
}

/** Where on the side each dot lies, and the median of every class. */
function measure(dots) {
  const { map, classes } = state;
  const places = Float64Array.from(dots, (each) => map.half * ((2 * each) / 65535 - 1));
  state.shares = places.map((each) => share(map, each));
  state.medians = state.colours.map((_, digit) => {
    const own = [[], []];
    classes.forEach((each, i) => each === digit && own.forEach((line, k) => line.push(places[2 * i + k])));
    if (!own[0].length) return null;
    return own.map((line) => line.sort((a, b) => a - b)[Math.floor(line.length / 2)]);
  });
}

function takeCloud(cloud) {
  if (!cloud || cloud.model !== state.map?.model) return;
  state.cloud = cloud;
  root.dataset.cloud = cloud.id;
  if (!press) show(bytes(cloud.pictures).subarray(0, cloud.width * cloud.height), 'cloud', cloud.centre, cloud.mean);
  refresh();
}

/** Where the frames of the player's film lie, and the one that it shows. */
function follow(detail) {
  if (!state.map || !detail || detail.player !== props.player) return;
  if (film?.value.id !== detail.value.id || !state.frames.length) state.frames = framesOf(detail.value);
  film = detail;
  state.frame = state.frames[Math.min(detail.step, state.frames.length - 1)] ?? null;
  refresh();
}

/** The codes of a film, one a frame; none of a film by another model. */
function framesOf({ id, steps, note }) {
  const names = state.map.origin.map((_, i) => 'z' + (i + 1));
  if (id === stale || !names.every((name) => name in (note?.values ?? {}))) return [];
  const lines = names.map((name) => [new Float32Array(bytes(note.values[name].data).buffer), note.values[name].shape[0]]);
  return Array.from({ length: steps }, (_, t) => lines.map(([line, length]) => line[Math.min(t, length - 1)]));
}

// ---- the decoded picture -------------------------------------------------------------------------------------------

/** Put a picture beside the map: what lies at the cursor, or at the mean of the cloud. */
function show(picture, what, place, code) {
  const { map } = state;
  develop(peek, picture, map.width, map.height);
  root.dataset.shown = what;
  if (what === 'cloud') find('.near').textContent = '';
  find('.what').textContent = what === 'cloud' ? 'At the mean of the cloud' : 'Here';
  find('.where').textContent = map.axes.map((axis, k) => axis + ' ' + figure(place[k])).join(' · ')
    + (map.quantiles ? ' (' + place.map((each) => Math.round(100 * normal(each)) + ' %').join(', ') + ')' : '');
  find('.numbers').replaceChildren(...(code.length > 2 ? code : []).map((each, i) => {
    const item = document.createElement('span');
    item.textContent = 'z' + (i + 1) + ' ' + figure(each);
    return item;
  }));
}

/** The codes of the server: one request at a time. A pin is never passed over, of other places the latest is asked. */
async function fly() {
  if (flying || !state.map) return;
  const [pin] = pinning;
  const job = pin ?? wanted;
  if (!job) return;
  if (!pin) wanted = null;
  flying = true;
  const { id, model } = state.map;
  let answer;
  try {
    answer = await server.peek(model, job.code);
  } catch {
    answer = { error: 'The server does not answer.' };
  }
  flying = false;
  if (!root.isConnected) return;
  pinning = pinning.filter((each) => each !== pin);
  complain('server', answer.error ?? '');
  if (state.map.model === model && !answer.error) {
    const picture = bytes(answer.picture);
    if (pin) addPin(job.code, picture);
    else if (state.map.id === id) {
      show(picture, 'cursor', job.place, job.code);
      root.dataset.decoded = Number(root.dataset.decoded || 0) + 1;
      Object.assign(root.dataset, { shownX: job.place[0], shownY: job.place[1] });
    }
  }
  fly();
}

function moveTo(place) {
  state.cursor = place;
  Object.assign(root.dataset, { x: place[0], y: place[1] });
  wanted = { place, code: codeAt(state.map, place) };
  find('.near').textContent = nearest(place);
  fly();
  refresh();
}

/** The class of the dot that is nearest to a place, if one is near. */
function nearest(place) {
  const side = canvas.clientWidth - MARGIN.left - MARGIN.right;
  const [u, v] = place.map((each) => share(state.map, each));
  let [best, found] = [(NEAR / side) ** 2, -1];
  for (let i = 0; i < state.map.count; i += 1) {
    const apart = (state.shares[2 * i] - u) ** 2 + (state.shares[2 * i + 1] - v) ** 2;
    if (apart < best && !state.hidden.has(state.classes[i])) [best, found] = [apart, i];
  }
  return found < 0 ? '' : 'The nearest dot is a ' + state.classes[found] + '.';
}

// ---- hands -----------------------------------------------------------------------------------------------------------

function placeUnder(event) {
  const bounds = canvas.getBoundingClientRect();
  const side = bounds.width - MARGIN.left - MARGIN.right;
  const u = (event.clientX - bounds.left - MARGIN.left) / side;
  const v = 1 - (event.clientY - bounds.top - MARGIN.top) / side;
  return [u, v].map((each) => coordinate(state.map, each));
}

canvas.addEventListener('pointerdown', (event) => {
  if (!state.map || !event.isPrimary || event.button !== 0) return;
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  const place = placeUnder(event);
  press = { pointer: event.pointerId, x: event.clientX, y: event.clientY, map: state.map, start: place, codes: null };
  moveTo(place);
});
canvas.addEventListener('pointermove', (event) => {
  if (!state.map || !event.isPrimary) return;
  const place = placeUnder(event);
  if (press?.pointer === event.pointerId && press.map === state.map) lengthen(event, place);
  moveTo(place);
});

/** The path follows the hand; of a long one every other point is dropped. */
function lengthen(event, place) {
  if (!press.codes && Math.hypot(event.clientX - press.x, event.clientY - press.y) < SLIP) return;
  press.codes ??= [codeAt(state.map, press.start)];
  press.codes.push(codeAt(state.map, place));
  if (press.codes.length > MOST_POINTS) press.codes = press.codes.filter((_, i) => i % 2 === 0);
  state.path = press.codes;
}

canvas.addEventListener('pointerup', (event) => {
  if (press?.pointer !== event.pointerId) return;
  const { codes, start, map } = press;
  press = null;
  if (map !== state.map) return;
  if (codes) tell();
  else pinAt(codeAt(map, start));
});
for (const name of ['pointercancel', 'lostpointercapture']) {
  canvas.addEventListener(name, (event) => { if (press?.pointer === event.pointerId) press = null; });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
canvas.addEventListener('keydown', (event) => {
  if (!state.map || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = state.cursor ?? state.cloud?.centre ?? [0, 0];
  const move = ARROWS[event.key];
  if (move) {
    const step = STEP * (event.shiftKey ? 5 : 1);
    moveTo(at.map((each, k) => (move[k] ? coordinate(state.map, share(state.map, each) + move[k] * step) : each)));
    say(state.map.axes.map((axis, k) => axis + ' ' + figure(state.cursor[k])).join(', '));
  } else if (event.key === 'Enter') pinAt(codeAt(state.map, at));
  else return;
  event.preventDefault();
});

root.addEventListener('click', (event) => {
  const node = event.target.closest('[data-digit]');
  if (!node) return;
  const all = state.colours.map((_, digit) => digit);
  if (node.dataset.digit === 'all') state.hidden = new Set(state.hidden.size ? [] : all);
  else if (!state.hidden.delete(Number(node.dataset.digit))) state.hidden.add(Number(node.dataset.digit));
  for (const each of root.querySelectorAll('[data-digit]')) {
    const { digit } = each.dataset;
    each.setAttribute('aria-pressed', digit === 'all' ? !state.hidden.size : !state.hidden.has(Number(digit)));
  }
  root.dataset.off = [...state.hidden].sort().join();
  refresh();
});
find('input').addEventListener('input', ({ target }) => {
  state.opacity = Number(target.value) / 100;
  refresh();
});

window.addEventListener('easel:cloud', ({ detail }) => { if (detail.widget === props.cloud) takeCloud(detail.cloud); }, { signal: alive.signal });
window.addEventListener('easel:step', ({ detail }) => follow(detail), { signal: alive.signal });
new ResizeObserver(refresh).observe(canvas);
const theme = new MutationObserver(() => {
  if (root.isConnected) {
    state.green = ''; // to be read anew
    return refresh();
  }
  theme.disconnect();
  alive.abort();
});
theme.observe(document.body, { attributeFilter: ['class'] });

watch('value', load);
load();
follow(document.querySelector('#' + props.player + ' .easel-player')?.easelStep);
