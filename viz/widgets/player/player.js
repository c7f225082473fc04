// @ts-check
// The moving half of the player: the time line, the hand on it, and the events. player.py says what goes in and out.
import { clamp, floats, life, reporter } from '../base.js';
import { say } from '../say.js';
import { nameOf, standing } from './dom.js';
import { openPanel, readPalette } from './draw.js';
import { begun } from './state.js';

/** @import { Gradio, Widget } from '../gradio.d.ts' */
/** @import { Player } from '../payload.d.ts' */
/** @typedef {Record<string, string | undefined>} Told what stands in a button's `data-` attributes */

/** @param {Gradio<{ value: Player | null, player: string, room: string, panels: number, empty: string }>} gradio */
export default function start({ element, trigger, props, watch }) {
  const root = /** @type {Widget} */ (element.querySelector('.easel-player'));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const [stage, line] = ['.stage', '.line'].map(find);
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const alive = life(root);
  const send = reporter(trigger);
  const state = begun();
  const {
    shown,
    steps,
    flag,
    buildPanel,
    buildFilm,
    buildEmpty,
    filmPanel,
    setTransport,
    layout,
    render,
    renderFilm,
    barsOf,
    markSelection,
    announce,
    refresh,
    words,
  } = standing(root, props, state);

  // ---- moving ----------------------------------------------------------------------------------------------------

  /** @param {number} step */
  function seek(step) {
    state.position = clamp(Math.round(step), 0, steps() - 1);
    if (state.step === state.position) return;
    state.step = state.position;
    refresh();
  }

  /** @param {number} cell */
  function select(cell) {
    state.cell = clamp(cell, 0, shown().cells - 1);
    state.bars = barsOf(state.cell);
    markSelection();
    renderFilm();
    refresh();
  }

  /** @param {boolean} on */
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

  /** @param {number} now ms */
  function tick(now) {
    if (alive.gone()) return;
    const elapsed = state.clock ? Math.min((now - state.clock) / 1000, 0.25) : 0;
    const pace = shown().fps * state.speed;
    const looping = state.loop ?? shown().loop;
    state.clock = now;
    state.position += elapsed * pace;
    if (state.position >= steps() + (looping ? 0.7 * pace : 0)) {
      // a loop rests 0.7 s on the finished picture
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

  /** Values of one shape share their DOM: a live picture is only drawn again. @param {Player} value */
  function shapeOf(value) {
    const { columns, moment, film: strip } = value;
    return JSON.stringify([
      value.steps,
      value.cells,
      columns,
      moment,
      strip,
      value.panels.map(({ data, reveal, labels, ...spec }) => [spec, Boolean(reveal), Boolean(labels)]),
      (value.marks || []).map(({ panel, kind }) => [panel, kind]),
    ]);
  }

  /** @param {Player} value */
  function decode(value) {
    state.panels = value.panels.map(openPanel);
    for (const { panel, kind, shape, data, path } of value.marks || []) {
      state.panels[panel].marks.push({ kind, path, data: floats(data), steps: shape[0], cells: shape[1] });
    }
    state.cost = value.cost ? floats(value.cost.data) : null;
  }

  function build() {
    const value = shown();
    const kinds = (value.marks || []).map((mark) => mark.kind);
    stage.replaceChildren();
    state.views = value.panels.map((spec, i) =>
      buildPanel(
        spec,
        state.panels[i].marks.map((mark) => mark.kind),
      ),
    );
    state.cell = Math.min(state.cell, value.cells - 1);
    line.setAttribute('aria-valuemax', String(value.steps));
    const windows = find('[data-act="windows"]');
    windows.hidden = !kinds.length;
    const marker = kinds.every((kind) => kind === 'pixel' || kind === 'row');
    const word = /** @type {Element} */ (windows.lastElementChild);
    word.textContent = marker ? say('Marker') : say('Windows');
    windows.setAttribute('aria-label', word.textContent);
    state.animated ||= value.steps > 1;
    setTransport(value.steps > 1 ? 'shown' : state.animated ? 'kept' : 'none');
    buildFilm();
    layout();
  }

  function load() {
    const { value } = props;
    if (!value?.panels) return buildEmpty();
    const shape = shapeOf(value);
    const same = shape === state.shape;
    Object.assign(state, { value, shape });
    decode(value);
    if (value.cell !== undefined && value.id !== root.dataset.loaded)
      state.cell = clamp(value.cell, 0, value.cells - 1);
    if (!same || value.autoplay) {
      const runs = value.autoplay && !still.matches && value.steps > 1;
      flag(false);
      Object.assign(state, { step: runs ? 0 : value.steps - 1, pending: runs });
    }
    if (!same) build();
    state.bars = barsOf(state.cell);
    markSelection();
    if (state.reelView) state.reelView.panel = filmPanel() ?? state.reelView.panel;
    state.views.forEach(({ labels, pics }, i) => {
      const spec = value.panels[i];
      labels.forEach((label, k) => {
        label.textContent = spec.labels?.[k] ?? '';
        label.title = label.textContent;
      });
      if (pics.length > 1) pics.forEach((pic, k) => pic.setAttribute('aria-label', nameOf(spec, k)));
    });
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

  /** @param {boolean} on */
  function setLoop(on) {
    find('[data-act="loop"]').setAttribute('aria-pressed', String(Boolean(on)));
  }

  /** @param {number} step */
  function go(step) {
    state.pending = false; // whoever takes the time line in hand is not overruled by an autoplay that still waits
    setPlaying(false);
    seek(step);
  }

  /** @param {number} cell */
  function pick(cell) {
    select(cell);
    send('pick', { cell: state.cell });
  }

  /** @type {Record<string, (told: Told) => void>} */
  const acts = {
    prev: () => go(state.step - 1),
    next: () => go(state.step + 1),
    play: () => setPlaying(!state.playing),
    jump: ({ step }) => go(Number(step)),
    pick: ({ cell }) => pick(Number(cell)),
    speed: ({ speed }) => {
      state.speed = Number(speed);
      for (const button of root.querySelectorAll('[data-act="speed"]'))
        button.setAttribute('aria-pressed', String(button.getAttribute('data-speed') === speed));
    },
    loop: () => {
      state.loop = !(state.loop ?? shown().loop);
      setLoop(state.loop);
    },
    words: words.toggle,
    windows: () => {
      state.windows = !state.windows;
      find('[data-act="windows"]').setAttribute('aria-pressed', String(state.windows));
      render();
    },
  };

  /** @param {PointerEvent} event */
  function scrub(event) {
    const { left, width } = line.getBoundingClientRect();
    go(clamp(Math.floor(((event.clientX - left) / width) * steps()), 0, steps() - 1));
  }

  /** @param {Element} button @param {number} change */
  function pickByKey(button, change) {
    pick(state.cell + change);
    /** @type {HTMLElement | null | undefined} */ (
      button.closest('.cells')?.querySelector('[aria-pressed="true"]')
    )?.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!state.value || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.round(steps() / 10));
    const target = /** @type {Element} */ (event.target);
    const act = target.closest('[data-act]')?.getAttribute('data-act');
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => go(state.step - 1),
      ArrowRight: () => go(state.step + 1),
      Home: () => go(0),
      End: () => go(steps() - 1),
    };
    // Space belongs to a focused switch, but on a thumbnail or a picture it plays.
    if (!act || act === 'jump' || act === 'pick') keys[' '] = () => setPlaying(!state.playing);
    if (target === line) {
      Object.assign(keys, {
        ArrowDown: keys.ArrowLeft,
        ArrowUp: keys.ArrowRight,
        PageDown: () => go(state.step - page),
        PageUp: () => go(state.step + page),
      });
    } else if (act === 'jump') {
      Object.assign(keys, { ArrowDown: keys.ArrowRight, ArrowUp: keys.ArrowLeft }); // in the list of steps
    } else if (act === 'pick') {
      Object.assign(keys, { ArrowDown: () => pickByKey(target, 1), ArrowUp: () => pickByKey(target, -1) });
    }
    const move = keys[event.key];
    if (!move || (steps() === 1 && act !== 'pick')) return;
    event.preventDefault();
    move();
  }

  /** @param {{player: string, step?: number, cell?: number}} detail */
  function onSeek(detail) {
    if (detail.player !== props.player || !state.value) return;
    if (detail.step !== undefined) go(detail.step);
    if (detail.cell !== undefined) select(detail.cell);
  }

  // ---- the world around ------------------------------------------------------------------------------------------

  const eye = alive.onSight(
    ({ isIntersecting, intersectionRatio, intersectionRect }) => {
      state.inView = isIntersecting && (intersectionRatio > 0.2 || intersectionRect.height > 120);
      if (!state.pending) return resume();
      state.pending = false;
      if (state.inView) setPlaying(true);
      else seek(steps() - 1); // nobody would see the first strokes: show the finished picture
    },
    [0, 0.1, 0.2, 0.3],
  );

  // Before anything is painted, so that nothing is seen to jump. The gauge is as wide as the player and has no height:
  // what is changed here cannot feed back into the observer. In a hidden tab the width is 0, and all stays as it was.
  alive.onSize(find('.gauge'), () => {
    if (root.clientWidth && root.clientWidth !== state.width) fit();
  });

  // A stage that fills a phone's screen does not stick there: nothing else could be reached (theme.css).
  alive.onSize(root, () => root.classList.toggle('tall', root.offsetHeight > 0.55 * innerHeight));

  function fit() {
    layout();
    if (!state.value) return;
    renderFilm();
    refresh();
  }

  alive.onTheme(() => {
    state.palette = readPalette(root, devicePixelRatio || 1);
    render();
    renderFilm();
  });

  root.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-act]');
    if (button instanceof HTMLElement && state.value) acts[String(button.dataset.act)]({ ...button.dataset });
  });
  root.addEventListener('keydown', onKey);
  line.addEventListener('pointerdown', (event) => {
    if (!state.value || event.button) return;
    line.setPointerCapture(event.pointerId);
    scrub(event);
  });
  line.addEventListener('pointermove', (event) => line.hasPointerCapture(event.pointerId) && scrub(event));
  alive.onEvent('easel:seek', onSeek);
  document.addEventListener('visibilitychange', resume, { signal: alive.signal });
  watch('value', load);
  load();
}
