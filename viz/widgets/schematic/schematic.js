// @ts-check
// The schematic in the page. Like the narrator it follows the easel:step events of its player; what is pointed at, here,
// in the formula or on the stage, lights in all three.
import { clamp, life, make, widgetOf } from '../base.js';
import { codeFold } from './code.js';
import { opened, panelOf } from './contents.js';
import { arrows, BOTTOM, FAMILIES, HALF, TOP, typeset, WIDTH, working } from './families.js';

/** @import { Gradio, Step } from '../gradio.d.ts' */
/** @import { Family, Place } from './families.js' */
/** @typedef {[number, number]} Point */

const TURN_MS = 130; // a part of a step that is lit in turn
const HURRY_MS = 700; // steps that follow each other faster light all their parts at once
const MIDDLE = (TOP + BOTTOM) / 2;

/** @param {Point[]} points */
const line = (points) => `<path class="line" d="M${points.map((point) => point.join(' ')).join('L')}"/>`;
/** @param {number} x @param {number} y @param {number} dx @param {number} dy its direction */
const head = (x, y, dx, dy) =>
  `<path class="head" d="M${x} ${y}L${x - 8 * dx - 4 * dy} ${y - 8 * dy - 4 * dx}L${x - 8 * dx + 4 * dy} ${y - 8 * dy + 4 * dx}Z"/>`;
/** @param {string} from @param {string} to @param {string} inner */
const arrow = (from, to, inner) => `<g class="arrow" data-from="${from}" data-to="${to}">${inner}</g>`;

/** What joins the boxes, drawn once. @param {Family} family */
function wires(family) {
  const at = Object.fromEntries(family.boxes.map((box) => [box.part, box.at]));
  const straight = arrows(family).map(({ from, to }) => {
    const end = to.at - HALF - 3;
    return arrow(
      from.part,
      to.part,
      line([
        [from.at + HALF + 4, MIDDLE],
        [end - 6, MIDDLE],
      ]) + head(end, MIDDLE, 1, 0),
    ); // prettier-ignore
  });
  const loops = family.loops.flatMap(({ from, to, deep, words, middle, shift = 0 }) => [
    ...to.map((part) => {
      const end = at[part] - (part === to.at(-1) ? shift : 0);
      /** @type {Point[]} */
      const way = [
        [at[from], BOTTOM + 4],
        [at[from], deep],
        [end, deep],
        [end, BOTTOM + 10],
      ]; // prettier-ignore
      return arrow(from, part, line(way) + head(end, BOTTOM + 4, 0, -1));
    }),
    words && `<text class="words" x="${middle}" y="${deep + 4}">${words}</text>`,
  ]);
  const noisy = family.noise ? at.code : 0;
  const noise = noisy
    ? arrow(
        '',
        'code',
        line([
          [noisy, 106],
          [noisy, BOTTOM + 10],
        ]) + head(noisy, BOTTOM + 4, 0, -1),
      ) + // prettier-ignore
      `<text class="words" x="${noisy}" y="118">${family.noise}</text>`
    : '';
  return `<svg class="wires" viewBox="0 0 ${WIDTH} ${family.height}" aria-hidden="true">${straight.join('')}${loops.join('')}${noise}</svg>`;
}

/** @param {Family} family */
function skeleton(family) {
  const boxes = family.boxes.map(
    ({ part, label, at, colour, below, sheets = 0 }) =>
      `<button type="button" class="part" data-part="${part}" style="--at: ${at}"${colour ? ` data-room="${colour}"` : ''}>` +
      `<span class="label">${label}</span>${'<span class="sheet"></span>'.repeat(sheets)}<span class="hold"></span>` +
      `${below ? `<span class="below">${below}</span>` : ''}</button>`,
  );
  return (
    `<div class="scroller"><div class="plan"><div class="field" style="--high: ${family.height}">${wires(family)}${boxes.join('')}` +
    `</div></div></div><div class="told"><p class="caption"><span class="sentence"></span><span class="name"></span></p><div class="formula">` +
    `${family.formula.map((each) => `<span class="equation">${typeset(each)}</span>`).join(' ')}</div></div>`
  );
}

/** @param {Gradio<{ stage: string, family: string }>} gradio */
export default function start({ element, props, server }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.easel-schematic'));
  const family = FAMILIES[props.family];
  const player = `${props.stage}-player`;
  const alive = life(root);
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  root.dataset.room = family.room;
  root.innerHTML = skeleton(family);
  const code = codeFold(() => server.program(), light);
  root.append(code.fold);
  const [scroller, sentence, name] = ['.scroller', '.sentence', '.name'].map(
    (name) => /** @type {HTMLElement} */ (root.querySelector(name)),
  );
  const parts = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('.part')]);
  /** @type {Step | null} */
  let now = null;
  /** @type {ReturnType<typeof opened> | null} */
  let held = null;
  /** The player's, once it is there. @type {HTMLElement | null} */
  let stage = null;
  /** The parts that the step lights. @type {string[]} */
  let playing = [];
  let timer = 0;
  let last = -HURRY_MS; // when the last step came
  const pointed = { hover: '', focus: '' };

  // ---- what is lit -----------------------------------------------------------------------------------------------

  const able = () => working(family, now?.value);
  const chosen = () => pointed.hover || pointed.focus;

  function light() {
    const part = chosen();
    const lit = new Set(part ? [part] : playing);
    const among = (/** @type {Element} */ node, /** @type {string} */ name) => lit.has(node.getAttribute(name) ?? '');
    for (const node of root.querySelectorAll('[data-part]')) node.classList.toggle('lit', among(node, 'data-part'));
    for (const node of root.querySelectorAll('.arrow'))
      node.classList.toggle('lit', among(node, 'data-from') || among(node, 'data-to'));
    root.dataset.lit = [...lit].join(' ');
    root.classList.toggle('pointed', Boolean(part));
    name.textContent = part ? parts[family.boxes.findIndex((box) => box.part === part)].getAttribute('aria-label') : '';
    spot(part);
    if (part && !code.fold.contains(document.activeElement) && !code.fold.matches(':hover')) code.show(part);
    if (part || playing.length === 1) bringIntoView(part || playing[0]);
  }

  /** Where the row is wider than the screen, the lit box is in view. The page itself never moves. @param {string} part */
  function bringIntoView(part) {
    const box = /** @type {HTMLElement} */ (root.querySelector(`.part[data-part="${part}"]`));
    const most = scroller.scrollWidth - scroller.clientWidth;
    if (most <= 0 || (pointed.hover && scroller.matches(':hover'))) return;
    const left = box.offsetLeft + box.offsetWidth / 2 - scroller.clientWidth / 2;
    scroller.scrollTo({ left: clamp(left, 0, most), behavior: still.matches ? 'instant' : 'smooth' });
  }

  /** What a step does is lit in turn, one part after another; where steps come fast, all that it does at once.
   * @param {boolean} hurried */
  function play(hurried) {
    clearTimeout(timer);
    const doing = family.cycle.filter((part) => able().includes(part));
    const rest = doing.includes(family.rest) ? [family.rest] : doing.slice(-1);
    /** @param {string[]} lit @param {() => void} [then] @param {number} [after] */
    const show = (lit, then, after) => {
      playing = lit;
      root.dataset.resting = String(!then);
      light();
      if (then) timer = window.setTimeout(() => alive.gone() || then(), after);
    };
    /** @param {number} i @returns {void} */
    const turn = (i) => (i < doing.length ? show([doing[i]], () => turn(i + 1), TURN_MS) : show(rest));
    if (!now?.value) return show([]);
    if (still.matches) return show(rest);
    if (hurried) return show(doing, () => show(rest), HURRY_MS);
    turn(0);
  }

  // ---- the boxes -------------------------------------------------------------------------------------------------

  function fill() {
    const seen = held?.size({ kind: 'picture', room: family.room }) ?? '';
    sentence.innerHTML = family.sentence.replace('{size}', seen);
    family.boxes.forEach((box, i) => {
      const node = parts[i];
      const layer = now?.value?.layers?.[box.shows.layer ?? -1];
      const label = (now && held?.headline(box.shows.kind, now.step, now.cell)) || (layer?.label ?? box.label);
      const size = held?.size(box.shows) ?? '';
      const told = box.name.replace('{label}', layer?.label ?? box.label);
      /** @type {HTMLElement} */ (node.querySelector('.label')).textContent = label;
      node.setAttribute('aria-label', size || !box.sizeless ? told.replace('{size}', size) : box.sizeless);
      node.classList.toggle('idle', Boolean(now?.value) && !able().includes(box.part));
      const hold = /** @type {HTMLElement} */ (node.querySelector('.hold'));
      if (held && now) held.draw(hold, box.shows, now.step, now.cell);
      else hold.replaceChildren();
    });
  }

  // ---- the stage -------------------------------------------------------------------------------------------------

  /** A frame on the stage around the place of the part that is pointed at; elsewhere on the page the element itself.
   * @param {string} part */
  function spot(part) {
    stage?.querySelectorAll('.spot').forEach((old) => old.getAttribute('data-part') === part || old.remove());
    document
      .querySelectorAll(`.easel-spot[data-spot="${props.stage}"]`)
      .forEach((node) => node.classList.remove('easel-spot'));
    const place = family.stage[part];
    if (!place || !held || !now?.value) return;
    const region = place.region && document.querySelector(place.region.replace('{key}', props.stage));
    if (region instanceof HTMLElement) {
      region.dataset.spot = props.stage;
      region.classList.add('easel-spot');
    }
    const { value, step, cell } = now;
    const found = place.mark ? held.marks(place.mark, step + (place.ahead ?? 0), cell) : null;
    const panel = found?.panel ?? (place.mark ? -1 : panelOf(value, place.room ?? ''));
    const box = stage?.querySelectorAll('.panel')[panel]?.querySelector('.box');
    if (!box) return;
    const pictures = /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll('.pic'));
    const pic = pictures[Math.min(cell, pictures.length - 1)];
    const { width, height } = value.panels[panel];
    const [x, y, wide, high] = found?.box ?? [width / 2, height / 2, width, height];
    const [left, right] = [x - wide / 2, x + wide / 2].map((edge) => clamp(edge, 0, width) / width);
    const [top, bottom] = [y - high / 2, y + high / 2].map((edge) => clamp(edge, 0, height) / height);
    const frame = /** @type {HTMLElement} */ (box.querySelector('.spot') ?? box.appendChild(make('div', 'spot')));
    frame.dataset.part = part;
    Object.assign(frame.style, {
      left: `${pic.offsetLeft + left * pic.offsetWidth}px`,
      top: `${pic.offsetTop + top * pic.offsetHeight}px`,
      width: `${(right - left) * pic.offsetWidth}px`,
      height: `${(bottom - top) * pic.offsetHeight}px`,
    });
  }

  /** Which part stands under the pointer: a window before the picture that it lies on. @param {PointerEvent} event */
  function under(event) {
    const pic = /** @type {Element} */ (event.target).closest('.pic');
    const panel = pic?.closest('.panel');
    const [marks, moment] = [held?.marks, now];
    if (!pic || !panel || !stage || !marks || !moment?.value) return '';
    const at = [...stage.querySelectorAll('.panel')].indexOf(panel);
    const { left, top, width, height } = pic.getBoundingClientRect();
    const spec = moment.value.panels[at];
    const across = ((event.clientX - left) / width) * spec.width;
    const down = ((event.clientY - top) / height) * spec.height;
    const cell = spec.cells === 1 ? moment.cell : [...panel.querySelectorAll('.pic')].indexOf(pic);
    const inside = (/** @type {Place} */ { mark, ahead }) => {
      const found = mark && !ahead && marks(mark, moment.step, cell);
      if (!found || found.panel !== at) return false;
      const [x, y, wide, high] = found.box;
      return Math.abs(across - x) <= Math.max(wide, 3) / 2 && Math.abs(down - y) <= Math.max(high, 3) / 2;
    };
    const places = Object.entries(family.stage);
    const hit = places.find(([, place]) => inside(place)) ?? places.find(([, { room }]) => room === spec.room);
    return hit?.[0] ?? '';
  }

  /** @param {'hover' | 'focus'} kind @param {string} part */
  function follow(kind, part) {
    if (pointed[kind] === part) return;
    pointed[kind] = part;
    light();
  }

  function attach() {
    stage = widgetOf(player, 'easel-player')?.querySelector('.stage') ?? null;
    if (!stage) return;
    const { signal } = alive;
    stage.addEventListener('pointermove', (event) => event.pointerType === 'touch' || follow('hover', under(event)), {
      signal,
    });
    stage.addEventListener('pointerleave', () => follow('hover', ''), { signal });
    stage.addEventListener('pointerdown', (event) => event.pointerType === 'touch' && follow('focus', under(event)), {
      signal,
    });
  }

  // ---- the world around ------------------------------------------------------------------------------------------

  const partOf = (/** @type {Event} */ { target }) =>
    /** @type {Element} */ (target).closest('[data-part]')?.getAttribute('data-part') ?? '';
  root.addEventListener('pointerover', (event) => event.pointerType === 'touch' || follow('hover', partOf(event)));
  root.addEventListener('pointerleave', () => follow('hover', ''));
  root.addEventListener('focusin', (event) => follow('focus', partOf(event)));
  root.addEventListener('focusout', () => follow('focus', ''));
  root.addEventListener('click', ({ target }) => /** @type {Element} */ (target).closest('button')?.focus()); // Safari does not focus what is tapped
  root.addEventListener('keydown', ({ key, target }) => key === 'Escape' && /** @type {HTMLElement} */ (target).blur());

  /** @param {Step} detail */
  function onStep(detail) {
    const before = now;
    const another = before?.value !== detail.value;
    now = detail;
    if (!stage?.isConnected) attach();
    if (another) held = detail.value ? opened(detail.value) : null;
    root.dataset.loaded = detail.value?.id ?? '';
    fill();
    if (!another && before?.step === detail.step) return light();
    const time = performance.now();
    play(time - last < HURRY_MS);
    last = time;
  }

  alive.onEvent('easel:step', (detail) => detail.player === player && onStep(detail));
  const first = widgetOf(player, 'easel-player')?.easelStep;
  if (first) onStep(first);
  else {
    fill();
    light();
  }
}
