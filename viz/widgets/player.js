// The moving half of the player: the time line, the hand on it, and the events. It stands below player_draw.js in
// the body of Gradio's js_on_load(element, trigger, props, server, upload, watch).

const root = element.querySelector('.easel-player');
const find = (selector) => root.querySelector(selector);
const [stage, line, film, reel] = ['.stage', '.line', '.film', '.reel'].map(find);
const still = matchMedia('(prefers-reduced-motion: reduce)');
const alive = new AbortController(); // ends every listener outside the element
const state = {
  value: null, shape: '', cost: null, bars: null, step: 0, cell: 0, position: 0, playing: false, speed: 1, loop: null, windows: true,
  inView: false, pending: false, animated: false, frame: 0, clock: 0, width: -1,
};
let palette = null;
let panels = []; // decoded panels of the value
let views = []; // their DOM: {box, canvas, pics, labels, rects, paths}
let reelView = null; // {canvas, buttons, steps, rects, panel, current}

// ---- moving ----------------------------------------------------------------------------------------------------

function seek(step) {
  state.position = clamp(Math.round(step), 0, steps() - 1);
  if (state.step === state.position) return;
  state.step = state.position;
  refresh();
}

function select(cell) {
  state.cell = clamp(cell, 0, state.value.cells - 1);
  state.bars = barsOf(state.cell);
  markSelection();
  renderFilm();
  refresh();
}

function flag(on) {
  state.playing = on;
  root.dataset.playing = on;
  find('[data-act="play"]').setAttribute('aria-label', on ? 'Pause' : 'Play');
}

function setPlaying(on) {
  if (on === state.playing) return;
  flag(on);
  if (on && state.step === steps() - 1) seek(0);
  state.position = state.step;
  announce();
  resume();
}

// Run the clock only while someone can see it.
function resume() {
  cancelAnimationFrame(state.frame);
  state.clock = 0;
  if (state.playing && state.inView && !document.hidden) state.frame = requestAnimationFrame(tick);
}

function tick(now) {
  if (!root.isConnected) return leave();
  const elapsed = state.clock ? Math.min((now - state.clock) / 1000, 0.25) : 0;
  const pace = state.value.fps * state.speed;
  const looping = state.loop ?? state.value.loop;
  state.clock = now;
  state.position += elapsed * pace;
  if (state.position >= steps() + (looping ? 0.7 * pace : 0)) { // a loop rests 0.7 s on the finished picture
    if (!looping) {
      seek(steps() - 1);
      return setPlaying(false);
    }
    state.position = 0;
  }
  const step = Math.min(Math.floor(state.position), steps() - 1);
  if (step !== state.step) {
    state.step = step;
    refresh();
  }
  state.frame = requestAnimationFrame(tick);
}

// ---- a new value -----------------------------------------------------------------------------------------------

// Values of one shape share their DOM: a live picture is only drawn anew.
function shapeOf(value) {
  const { columns, word: unit, film: strip } = value;
  return JSON.stringify([value.steps, value.cells, columns, unit, strip,
    value.panels.map(({ data, reveal, labels, ...spec }) => [spec, Boolean(reveal), Boolean(labels)]),
    (value.marks || []).map(({ panel, kind }) => [panel, kind])]);
}

function decode(value) {
  panels = value.panels.map(openPanel);
  for (const { panel, kind, shape, data, path } of value.marks || []) {
    panels[panel].marks.push({ kind, path, data: floats(data), steps: shape[0], cells: shape[1] });
  }
  state.cost = value.cost ? floats(value.cost.data) : null;
}

function build() {
  const { value } = state;
  const kinds = (value.marks || []).map((mark) => mark.kind);
  stage.replaceChildren();
  views = value.panels.map((spec, i) => buildPanel(spec, panels[i].marks.map((mark) => mark.kind)));
  state.cell = Math.min(state.cell, value.cells - 1);
  line.setAttribute('aria-valuemax', value.steps);
  const windows = find('[data-act="windows"]');
  windows.hidden = !kinds.length;
  windows.lastElementChild.textContent = kinds.every((kind) => kind === 'pixel' || kind === 'row') ? 'Marker' : 'Windows';
  windows.setAttribute('aria-label', windows.textContent);
  state.animated ||= value.steps > 1;
  setTransport(value.steps > 1 ? 'shown' : state.animated ? 'kept' : 'none');
  buildFilm();
  layout();
}

function load() {
  const { value } = props;
  if (!value || !value.panels) return buildEmpty();
  const shape = shapeOf(value);
  const same = shape === state.shape;
  Object.assign(state, { value, shape });
  decode(value);
  if (value.cell !== undefined && value.id !== root.dataset.loaded) state.cell = clamp(value.cell, 0, value.cells - 1);
  if (!same || value.autoplay) {
    const runs = value.autoplay && !still.matches && value.steps > 1;
    flag(false);
    Object.assign(state, { step: runs ? 0 : value.steps - 1, pending: runs });
  }
  if (!same) build();
  state.bars = barsOf(state.cell);
  markSelection();
  if (reelView) reelView.panel = filmPanel();
  views.forEach(({ labels }, i) => labels.forEach((label, k) => {
    label.textContent = value.panels[i].labels[k];
    label.title = label.textContent;
  }));
  find('.what').textContent = value.cost ? value.cost.label : '';
  setLoop(state.loop ?? value.loop);
  renderFilm();
  refresh();
  root.dataset.loaded = value.id;
  if (!state.pending) return;
  eye.unobserve(root); // a fresh report says whether the stage is in view now
  eye.observe(root);
}

// ---- hands -----------------------------------------------------------------------------------------------------

function setLoop(on) {
  find('[data-act="loop"]').setAttribute('aria-pressed', Boolean(on));
}

function go(step) {
  state.pending = false; // whoever takes the time line in hand is not overruled by an autoplay that still waits
  setPlaying(false);
  seek(step);
}

// Gradio repeats the data of the first event for one that waited; a shared object makes that the latest data.
const picked = {};
function pick(cell) {
  select(cell);
  trigger('pick', Object.assign(picked, { cell: state.cell }));
}

const acts = {
  prev: () => go(state.step - 1),
  next: () => go(state.step + 1),
  play: () => setPlaying(!state.playing),
  jump: ({ step }) => go(Number(step)),
  pick: ({ cell }) => pick(Number(cell)),
  speed: ({ speed }) => {
    state.speed = Number(speed);
    for (const button of root.querySelectorAll('[data-act="speed"]')) button.setAttribute('aria-pressed', button.dataset.speed === speed);
  },
  loop: () => {
    state.loop = !(state.loop ?? state.value.loop);
    setLoop(state.loop);
  },
  windows: () => {
    state.windows = !state.windows;
    find('[data-act="windows"]').setAttribute('aria-pressed', state.windows);
    render();
  },
};

function scrub(event) {
  const { left, width } = line.getBoundingClientRect();
  go(clamp(Math.floor(((event.clientX - left) / width) * steps()), 0, steps() - 1));
}

function pickByKey(button, change) {
  pick(state.cell + change);
  button.closest('.cells').querySelector('[aria-pressed="true"]').focus();
}

function onKey(event) {
  if (!state.value || event.ctrlKey || event.altKey || event.metaKey) return;
  const page = Math.max(1, Math.round(steps() / 10));
  const act = event.target.closest('[data-act]')?.dataset.act;
  const keys = {
    ArrowLeft: () => go(state.step - 1), ArrowRight: () => go(state.step + 1), Home: () => go(0), End: () => go(steps() - 1),
  };
  // Space belongs to a focused switch, but on a thumbnail or a picture it plays.
  if (!act || act === 'jump' || act === 'pick') keys[' '] = acts.play;
  if (event.target === line) {
    Object.assign(keys, {
      ArrowDown: keys.ArrowLeft, ArrowUp: keys.ArrowRight, PageDown: () => go(state.step - page), PageUp: () => go(state.step + page),
    });
  } else if (act === 'pick') {
    Object.assign(keys, { ArrowDown: () => pickByKey(event.target, 1), ArrowUp: () => pickByKey(event.target, -1) });
  }
  const move = keys[event.key];
  if (!move || (steps() === 1 && act !== 'pick')) return;
  event.preventDefault();
  move();
}

function onSeek({ detail }) {
  if (!root.isConnected) return leave();
  if (detail.player !== props.player || !state.value) return;
  if (detail.step !== undefined) go(detail.step);
  if (detail.cell !== undefined) select(detail.cell);
}

// ---- the world around ------------------------------------------------------------------------------------------

const eye = new IntersectionObserver((reports) => {
  if (!root.isConnected) return leave();
  const { isIntersecting, intersectionRatio, intersectionRect } = reports.at(-1);
  state.inView = isIntersecting && (intersectionRatio > 0.2 || intersectionRect.height > 120);
  if (!state.pending) return resume();
  state.pending = false;
  if (state.inView) setPlaying(true);
  else seek(steps() - 1); // nobody would see the first strokes: show the finished picture
}, { threshold: [0, 0.1, 0.2, 0.3] });

// Before anything is painted, so that nothing is seen to jump. The gauge is as wide as the player and has no height:
// what is changed here cannot feed back into the observer. In a hidden tab the width is 0, and all stays as it was.
const sizes = new ResizeObserver(() => {
  if (!root.isConnected) return leave();
  if (root.clientWidth && root.clientWidth !== state.width) fit();
});

function fit() {
  layout();
  if (!state.value) return;
  renderFilm();
  refresh();
}

const theme = new MutationObserver(() => {
  if (!root.isConnected) return leave();
  palette = readPalette(root, devicePixelRatio || 1);
  render();
  renderFilm();
});

// An element may be moved rather than removed: look again before letting go.
function leave() {
  setTimeout(() => {
    if (root.isConnected) return;
    cancelAnimationFrame(state.frame);
    alive.abort();
    for (const observer of [eye, sizes, theme]) observer.disconnect();
  });
}

root.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button && state.value) acts[button.dataset.act](button.dataset);
});
root.addEventListener('keydown', onKey);
line.addEventListener('pointerdown', (event) => {
  if (!state.value || event.button) return;
  line.setPointerCapture(event.pointerId);
  scrub(event);
});
line.addEventListener('pointermove', (event) => line.hasPointerCapture(event.pointerId) && scrub(event));
window.addEventListener('easel:seek', onSeek, { signal: alive.signal });
document.addEventListener('visibilitychange', resume, { signal: alive.signal });
for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true, attributeFilter: ['class'] });
eye.observe(root);
sizes.observe(find('.gauge'));
watch('value', load);
load();
