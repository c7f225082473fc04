// @ts-check
// The map in the page: values, requests and hands. latent_map.py says what goes in and out.
import { adopt, note } from '../address/address.js';
import { unfold } from '../address/folds.js';
import { bytes, clamp, develop, floats, life, onceAFrame, widgetOf } from '../base.js';
import { say } from '../say.js';
import { drawMap, MARGIN } from './draw.js';
import { MOST_PINS, pinboard } from './pins.js';
import { codeAt, coordinate, figure, normal, share } from './scale.js';
import { begun } from './state.js';

/** @import { Gradio, Step } from '../gradio.d.ts' */
/** @import { Cloud, Map as Plane, Player, Value } from '../payload.d.ts' */
/** @import { Place } from '../base.js' */
/**
 * @typedef {{place: Place, code: number[]}} Wanted
 * @typedef {{pointer: number, x: number, y: number, map: Plane, start: Place, places: Place[] | null}} Press
 * @typedef {Step & {value: Player}} Film
 */

const MOST_POINTS = 120; // of a path
const FAR = 12; // no place lies farther out
const SLIP = 6; // CSS px a press may move and still be a click
const NEAR = 12; // CSS px to the dot that is named
const STEP = 1 / 60; // of the side a press of an arrow key; with shift five times that

/** @param {Gradio<{ value: Plane, colours: string[], cloud: string, player: string, tab: string, path: string }>} gradio */
export default function start({ element, props, server, watch }) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const root = find('.easel-map');
  const [canvas, peek] = ['.chart canvas', '.peek'].map((name) => /** @type {HTMLCanvasElement} */ (find(name)));
  const state = begun(props.colours);
  const plane = () => /** @type {Plane} */ (state.map);
  /** What the hand does. @type {Press | null} */
  let press = null;
  /** The place that is to be decoded next. @type {Wanted | null} */
  let wanted = null;
  let flying = false;
  const faults = { pins: '', server: '' };
  /** The last step of the player below. @type {Film | null} */
  let film = null;
  /** Id of a film of another model. @type {string | undefined} */
  let stale;

  const alive = life(root);
  const refresh = onceAFrame(() => {
    state.green ||= getComputedStyle(root).getPropertyValue('--easel-vae').trim();
    drawMap(canvas, state);
  });

  /** @param {string} text */
  function speak(text) {
    find('.spoken').textContent = text;
  }

  /** One sentence about the pins or the server, until it no longer holds.
   * @param {'pins' | 'server'} kind @param {string} text */
  function complain(kind, text) {
    faults[kind] = text;
    find('.fault').textContent = Object.values(faults).filter(Boolean).join(' ');
  }

  /** Places as they stand in the address; a path and pins are places of the map, whatever lies there.
   * @param {Place[]} places */
  const written = (places) => places.map((place) => place.map((each) => Number(each.toFixed(3))).join(',')).join(' ');

  /** And back; null for what is no list of places. @param {string} text @param {number} most @returns {Place[] | null} */
  function read(text, most) {
    const parts = text ? text.split(' ') : [];
    if (parts.length > most || !parts.every((each) => /^-?\d{1,2}(\.\d+)?,-?\d{1,2}(\.\d+)?$/.test(each))) return null;
    return parts.map((each) => {
      const [x, y] = each.split(',').map((number) => clamp(Number(number), -FAR, FAR));
      return [x, y];
    });
  }

  function tell() {
    root.dataset.path = String(state.path.length);
    note(props.tab, 'path', written(state.path));
    if (state.path.length) unfold(props.player); // a phone hides the film until there is one
  }

  function notePins() {
    note(props.tab, 'pins', written([...state.pins, ...state.pinning].map(({ place }) => place)));
  }

  const { pinAt, addPin, listPins } = pinboard(root, state, { fly, complain, refresh, speak, tell, notePins });

  // ---- values --------------------------------------------------------------------------------------------------------

  function load() {
    const map = props.value;
    if (!map || map.id === root.dataset.loaded) return;
    const other = state.map && state.map.model !== map.model;
    const named = (/** @type {Plane} */ { model, origin, basis }) => JSON.stringify([model, origin, basis]);
    const moved = state.map && named(state.map) !== named(map);
    Object.assign(state, { map, classes: bytes(map.classes), sheet: null, cursor: null });
    measure(map, new Uint16Array(bytes(map.dots).buffer));
    if (other) {
      Object.assign(state, { cloud: null, frames: [], frame: null });
      stale = film?.value.id;
    }
    if (moved) repin([...state.pins, ...state.pinning].map(({ place }) => place));
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
    root.toggleAttribute('data-classless', map.count > 0 && !state.classes.some((each) => each < state.colours.length));
    Object.assign(root.dataset, { loaded: map.id, model: map.model, x: '', y: '', path: String(state.path.length) });
    takeCloud(widgetOf(props.cloud, 'easel-cloud')?.easelCloud);
    follow(film);
    refresh();
  }

  /** Pictures of the map that there is now, at these places. @param {Place[]} places */
  function repin(places) {
    Object.assign(state, { pins: [], chosen: null, pinning: places.map((place) => ({ place })) });
    listPins();
    fly();
  }

  /** Where on the side each dot lies, and the median of every class. @param {Plane} map @param {Uint16Array} dots */
  function measure(map, dots) {
    const places = Float64Array.from(dots, (each) => map.half * ((2 * each) / 65535 - 1));
    state.shares = places.map((each) => share(map, each));
    state.medians = state.colours.map((_, digit) => {
      /** @param {number} axis */
      const median = (axis) => {
        const line = places.filter((_, i) => i % 2 === axis && state.classes[i >> 1] === digit).sort();
        return line[Math.floor(line.length / 2)];
      };
      return state.classes.includes(digit) ? [median(0), median(1)] : null;
    });
  }

  /** @param {Cloud | undefined} cloud */
  function takeCloud(cloud) {
    if (!cloud || cloud.model !== state.map?.model) return;
    state.cloud = cloud;
    root.dataset.cloud = cloud.id;
    if (!press) show(bytes(cloud.pictures).subarray(0, cloud.width * cloud.height), 'cloud', cloud.centre, cloud.mean);
    refresh();
  }

  /** Where the frames of the player's film lie, and the one that it shows. @param {Step | null | undefined} detail */
  function follow(detail) {
    if (!state.map || !detail?.value || detail.player !== props.player) return;
    const { value } = detail;
    if (film?.value.id !== value.id || !state.frames.length) state.frames = framesOf(value, state.map);
    film = { ...detail, value };
    state.frame = state.frames[Math.min(detail.step, state.frames.length - 1)] ?? null;
    refresh();
  }

  /** The codes of a film, one a frame; none of a film by another model. @param {Player} film @param {Plane} map */
  function framesOf({ id, steps, note }, map) {
    const names = map.origin.map((_, i) => `z${i + 1}`);
    const values = /** @type {Record<string, Value>} */ (note?.values ?? {});
    if (id === stale || !names.every((name) => name in values)) return [];
    const lines = names.map((name) => ({ line: floats(values[name].data), length: values[name].shape[0] }));
    return Array.from({ length: steps }, (_, t) => lines.map(({ line, length }) => line[Math.min(t, length - 1)]));
  }

  // ---- the decoded picture -------------------------------------------------------------------------------------------

  /** Put a picture beside the map: what lies at the cursor, or at the mean of the cloud.
   * @param {Uint8Array} picture @param {'cursor' | 'cloud'} what @param {number[]} place @param {number[]} code */
  function show(picture, what, place, code) {
    const map = plane();
    develop(peek, picture, map.width, map.height);
    root.dataset.shown = what;
    if (what === 'cloud') find('.near').textContent = '';
    find('.what').textContent = what === 'cloud' ? say('At the mean of the cloud') : say('Here');
    find('.where').textContent =
      map.axes.map((axis, k) => `${axis} ${figure(place[k])}`).join(' · ') +
      (map.quantiles ? ` (${place.map((each) => `${Math.round(100 * normal(each))} %`).join(', ')})` : '');
    find('.numbers').replaceChildren(
      ...(code.length > 2 ? code : []).map((each, i) => {
        const item = document.createElement('span');
        item.textContent = `z${i + 1} ${figure(each)}`;
        return item;
      }),
    );
  }

  /** The codes of the server: one request at a time. A pin is never passed over, of other places the latest is asked. */
  async function fly() {
    if (flying || !state.map) return;
    const [pin] = state.pinning;
    const job = pin ? { ...pin, code: codeAt(state.map, pin.place) } : wanted;
    if (!job) return;
    if (!pin) wanted = null;
    flying = true;
    const { id, model } = state.map; // of a place the picture is another one on another map
    /** @type {{picture: string, error?: string}} */
    let answer;
    try {
      answer = await server.peek(model, job.code);
    } catch {
      answer = { picture: '', error: say('The server does not answer.') };
    }
    flying = false;
    if (!root.isConnected) return;
    const waits = pin && state.pinning.includes(pin);
    if (waits) state.pinning = state.pinning.filter((each) => each !== pin);
    complain('server', answer.error ?? '');
    if (state.map.model === model && !answer.error) {
      const picture = bytes(answer.picture);
      if (pin) {
        if (waits) addPin(pin.place, picture, state.map);
      } else if (state.map.id === id) {
        show(picture, 'cursor', job.place, job.code);
        root.dataset.decoded = String(Number(root.dataset.decoded || 0) + 1);
        Object.assign(root.dataset, { shownX: String(job.place[0]), shownY: String(job.place[1]) });
      }
    }
    fly();
  }

  /** @param {Place} place */
  function moveTo(place) {
    state.cursor = place;
    Object.assign(root.dataset, { x: String(place[0]), y: String(place[1]) });
    wanted = { place, code: codeAt(plane(), place) };
    find('.near').textContent = nearest(place);
    fly();
    refresh();
  }

  /** The class of the dot that is nearest to a place, if one is near. @param {Place} place */
  function nearest(place) {
    const side = canvas.clientWidth - MARGIN.left - MARGIN.right;
    const map = plane();
    const [u, v] = place.map((each) => share(map, each));
    let [best, found] = [(NEAR / side) ** 2, -1];
    for (let i = 0; i < map.count; i += 1) {
      const apart = (state.shares[2 * i] - u) ** 2 + (state.shares[2 * i + 1] - v) ** 2;
      if (apart < best && !state.hidden.has(state.classes[i])) [best, found] = [apart, i];
    }
    const named = found >= 0 && state.classes[found] < state.colours.length;
    return named ? say('The nearest dot is a {digit}.', { digit: state.classes[found] }) : '';
  }

  // ---- hands -----------------------------------------------------------------------------------------------------------

  /** @param {PointerEvent} event @returns {Place} */
  function placeUnder(event) {
    const bounds = canvas.getBoundingClientRect();
    const side = bounds.width - MARGIN.left - MARGIN.right;
    const u = (event.clientX - bounds.left - MARGIN.left) / side;
    const v = 1 - (event.clientY - bounds.top - MARGIN.top) / side;
    return [coordinate(plane(), u), coordinate(plane(), v)];
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (!state.map || !event.isPrimary || event.button !== 0) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const place = placeUnder(event);
    press = {
      pointer: event.pointerId,
      x: event.clientX,
      y: event.clientY,
      map: state.map,
      start: place,
      places: null,
    };
    moveTo(place);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!state.map || !event.isPrimary) return;
    const place = placeUnder(event);
    if (press?.pointer === event.pointerId && press.map === state.map) lengthen(press, event, place);
    moveTo(place);
  });

  /** The path follows the hand; of a long one every other point is dropped.
   * @param {Press} press @param {PointerEvent} event @param {Place} place */
  function lengthen(press, event, place) {
    if (!press.places && Math.hypot(event.clientX - press.x, event.clientY - press.y) < SLIP) return;
    press.places ??= [press.start];
    press.places.push(place);
    if (press.places.length > MOST_POINTS) press.places = press.places.filter((_, i) => i % 2 === 0);
    state.path = press.places;
  }

  canvas.addEventListener('pointerup', (event) => {
    if (press?.pointer !== event.pointerId) return;
    const { places, start, map } = press;
    press = null;
    if (map !== state.map) return;
    if (places) tell();
    else pinAt(start);
  });
  for (const name of /** @type {const} */ (['pointercancel', 'lostpointercapture'])) {
    canvas.addEventListener(name, (event) => {
      if (press?.pointer === event.pointerId) press = null;
    });
  }

  /** @type {Record<string, Place>} */
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.addEventListener('keydown', (event) => {
    if (!state.map || event.ctrlKey || event.metaKey || event.altKey) return;
    const { map } = state;
    const [x, y] = state.cursor ?? state.cloud?.centre ?? [0, 0];
    const move = ARROWS[event.key];
    if (move) {
      const step = STEP * (event.shiftKey ? 5 : 1);
      /** @param {number} each @param {number} way */
      const moved = (each, way) => (way ? coordinate(map, share(map, each) + way * step) : each);
      /** @type {Place} */
      const place = [moved(x, move[0]), moved(y, move[1])];
      moveTo(place);
      speak(map.axes.map((axis, k) => `${axis} ${figure(place[k])}`).join(', '));
    } else if (event.key === 'Enter') pinAt([x, y]);
    else return;
    event.preventDefault();
  });

  root.addEventListener('click', (event) => {
    const node = /** @type {Element} */ (event.target).closest('[data-digit]');
    if (!(node instanceof HTMLElement)) return;
    const all = state.colours.map((_, digit) => digit);
    if (node.dataset.digit === 'all') state.hidden = new Set(state.hidden.size ? [] : all);
    else if (!state.hidden.delete(Number(node.dataset.digit))) state.hidden.add(Number(node.dataset.digit));
    for (const each of root.querySelectorAll('[data-digit]')) {
      const digit = each.getAttribute('data-digit');
      const on = digit === 'all' ? !state.hidden.size : !state.hidden.has(Number(digit));
      each.setAttribute('aria-pressed', String(on));
    }
    root.dataset.off = [...state.hidden].sort().join();
    refresh();
  });
  find('input').addEventListener('input', ({ target }) => {
    state.opacity = Number(/** @type {HTMLInputElement} */ (target).value) / 100;
    refresh();
  });

  alive.onEvent('easel:cloud', (detail) => detail.widget === props.cloud && takeCloud(detail.cloud));
  alive.onEvent('easel:step', follow);
  alive.onSize(canvas, refresh);
  alive.onTheme(() => {
    state.green = ''; // to be read again
    refresh();
  });

  watch('value', load);
  load();
  adopt(props.tab, 'path', {
    usual: props.path,
    apply: (text) => {
      const places = read(text, MOST_POINTS);
      if (!places || places.length < 2) return false;
      state.path = text === props.path ? [] : places; // the usual one is nobody's
      root.dataset.path = String(state.path.length);
      refresh();
      return true;
    },
  });
  adopt(props.tab, 'pins', {
    usual: '',
    apply: (text) => {
      const places = read(text, MOST_PINS);
      if (places) repin(places);
      return Boolean(places);
    },
  });
  follow(widgetOf(props.player, 'easel-player')?.easelStep);
}
