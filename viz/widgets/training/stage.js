// @ts-check
// The pictures, the chart and the two ways through a film: along its moments, and what each moment holds.

import { bytes, develop, floats, life, make } from '../base.js';
import { say } from '../say.js';

/**
 * @typedef {{data: string, channels: number, height: number, width: number, count: number}} Pictures
 * @typedef {{data: string, shape: number[]}} Numbers
 * @typedef {{steps: number[], x: number[], pictures?: Pictures, copies?: Pictures, strokes?: Pictures,
 *   subjects?: Pictures, codes?: Numbers, windows?: Numbers, right?: Numbers, field?: Numbers, labels?: Numbers}} Film
 * @typedef {{key: string, state: string, going: boolean, kept: boolean, step: number, colour: string, pace: string,
 *   title: string, head: string, words: string, rows: string[][], rooms: string[][], chart: string, command: string, version: string,
 *   film?: Film, now?: {step: number, pictures: Pictures, windows?: Numbers, right?: Numbers}}} Shown
 */

const PACE = 350; // ms from one moment to the next while it plays
const REACH = 3.2; // standard deviations of a code that are drawn
const TITLES = {
  codes: [say('The map'), say('pictures of the validation split by the two numbers of their code')],
  strokes: [say('A copy, stroke by stroke'), say('the window is dashed; the last one is the whole copy')],
  field: [say('What the middle pixel looks at'), say('the brighter, the more')],
  copies: [say('Copies'), say('above what it sees, below what it makes of it')],
};

/** One of the pictures, from 0. @param {Pictures} pictures @param {Uint8Array} data @param {number} index */
function cut(pictures, data, index) {
  const size = pictures.channels * pictures.height * pictures.width;
  return data.subarray(index * size, (index + 1) * size);
}

export class Stage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Film | null} */
    this.film = null;
    /** @type {Shown["now"] | null} */
    this.now = null;
    /** The moment that is shown; null: the last pictures, as they come. @type {number | null} */
    this.at = null;
    this.cell = 0;
    /** @type {Record<string, Uint8Array | Float32Array>} */
    this.data = {};
    this.timer = 0;
    root.addEventListener('click', ({ target }) => this.pressed(/** @type {HTMLElement} */ (target)));
    this.part('.time input').addEventListener('input', (/** @type {Event} */ event) => {
      this.stop();
      this.go(Number(/** @type {HTMLInputElement} */ (event.target).value));
    });
    life(root).onTheme(() => this.film && this.draw());
  }

  /** @param {string} name @returns {any} */
  part(name) {
    return this.root.querySelector(name);
  }

  clear() {
    this.stop();
    Object.assign(this, { film: null, now: null, at: null, cell: 0, data: {} });
    for (const name of ['.pictures', '.strip', '.more', '.chart']) this.part(name).replaceChildren();
    this.root.dataset.moments = '0';
  }

  /** @param {Shown} shown */
  show(shown) {
    this.root.style.setProperty('--run', `var(--easel-${shown.colour})`);
    this.root.style.setProperty('--run-text', `var(--easel-${shown.colour}-text)`);
    this.root.dataset.state = shown.state;
    this.root.dataset.step = String(shown.step);
    this.part('.head').textContent = `${shown.title} · ${shown.head}`;
    this.part('.words').innerHTML = shown.words;
    this.part('.chart').innerHTML = shown.chart;
    this.part('.rows').replaceChildren(
      ...shown.rows.map(([name, value]) => {
        const row = make('div');
        row.append(Object.assign(make('dt'), { textContent: name }), Object.assign(make('dd'), { textContent: value }));
        return row;
      }),
    );
    this.part('.rooms').replaceChildren(
      ...shown.rooms.flatMap(([href, words], i) => [
        i ? ' · ' : say('Use it: '),
        Object.assign(make('a'), { href, textContent: words }),
      ]),
    );
    if (shown.film) {
      this.film = shown.film;
      for (const [name, each] of Object.entries(shown.film)) {
        if ('data' in each) this.data[name] = 'shape' in each ? floats(each.data) : bytes(each.data);
      }
      this.root.dataset.moments = String(shown.film.steps.length);
      this.strip();
    }
    if (shown.now) {
      this.now = shown.now;
      this.data.now = bytes(shown.now.pictures.data);
    }
    if (this.at === null || shown.film) this.draw();
    this.cursor();
  }

  /** @param {number} moment */
  go(moment) {
    const last = (this.film?.steps.length ?? 1) - 1;
    const to = Math.max(0, Math.min(moment, last));
    this.at = to === last && this.now ? null : to;
    this.draw();
    this.cursor();
  }

  get moment() {
    return this.at ?? Math.max(0, (this.film?.steps.length ?? 1) - 1);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.part('[data-time=play]').textContent = '▶';
  }

  play() {
    if (this.timer) {
      this.stop();
      return;
    }
    this.part('[data-time=play]').textContent = '❚❚';
    const last = (this.film?.steps.length ?? 1) - 1;
    if (this.moment >= last) this.go(0);
    this.timer = setInterval(() => {
      if (!this.root.isConnected || this.moment >= last) this.stop();
      else this.go(this.moment + 1);
    }, PACE);
  }

  /** @param {HTMLElement} target */
  pressed(target) {
    const time = target.closest('[data-time]')?.getAttribute('data-time');
    if (time === 'play') this.play();
    else if (time) {
      this.stop();
      this.go(this.moment + Number(time));
    }
    const moment = target.closest('[data-moment-of]')?.getAttribute('data-moment-of');
    if (moment) {
      this.stop();
      this.go(Number(moment));
    }
    const cell = target.closest('[data-cell]')?.getAttribute('data-cell');
    if (cell) {
      this.cell = Number(cell);
      this.strip();
      this.draw();
      this.cursor();
    }
  }

  cursor() {
    const { film } = this;
    if (!film) return;
    const line = this.part('.chart .cursor');
    const across = String(film.x[this.moment]);
    line?.setAttribute('x1', across);
    line?.setAttribute('x2', across);
    const input = this.part('.time input');
    Object.assign(input, { max: String(film.steps.length - 1), value: String(this.moment) });
    const step = this.at === null ? (this.now?.step ?? film.steps[this.moment]) : film.steps[this.moment];
    this.part('.time output').textContent = say('moment {n} of {all}, step {step}', {
      n: this.moment + 1,
      all: film.steps.length,
      step: step.toLocaleString('en'),
    });
    this.root.dataset.moment = this.at === null ? '' : String(this.at);
    for (const each of this.root.querySelectorAll('[data-moment-of]')) {
      const here = Number(each.getAttribute('data-moment-of')) === this.moment;
      if (here) each.setAttribute('aria-current', 'true');
      else each.removeAttribute('aria-current');
    }
  }

  /** One picture at every moment. */
  strip() {
    const { film, data } = this;
    const what = film?.pictures;
    this.part('.strip').replaceChildren(
      ...(film && what
        ? film.steps.map((step, m) => {
            const button = make('button', '', {
              type: 'button',
              'data-moment-of': m,
              'aria-label': say('Step {n}', { n: step }),
              title: say('Step {n}', { n: step }),
            });
            const index = m * what.count + Math.min(this.cell, what.count - 1);
            button.append(this.canvas(what, cut(what, /** @type {Uint8Array} */ (data.pictures), index)));
            return button;
          })
        : []),
    );
  }

  /** @param {Pictures} pictures @param {Uint8Array} pixels */
  canvas(pictures, pixels) {
    const canvas = make('canvas', '', { 'aria-hidden': 'true' });
    return develop(canvas, pixels, pictures.width, pictures.height, pictures.channels);
  }

  /** What stands at the moment: the pictures, and what else its family has. */
  draw() {
    const { film, now, at, data, root } = this;
    const what = at === null && now ? now.pictures : (film?.pictures ?? film?.subjects);
    if (!what) return;
    const pixels = /** @type {Uint8Array} */ (
      at === null && now ? data.now : film?.pictures ? data.pictures : data.subjects
    );
    const first = at === null && now ? 0 : film?.pictures ? this.moment * what.count : 0;
    const looks = film?.right ? say('What it looks at, and where') : say('The same noise, painted');
    this.part('.what').textContent = looks;
    this.part('h3 small').textContent = film?.right
      ? say('its windows, the last one boldest; below how sure it is of the right answer')
      : say('unchanged noise since before the first step');
    root.querySelector('.pictures')?.replaceChildren(
      ...Array.from({ length: what.count }, (_, i) => {
        const button = make('button', '', {
          type: 'button',
          'data-cell': i,
          'aria-label': say('Picture {n}', { n: i + 1 }),
        });
        button.setAttribute('aria-pressed', String(i === this.cell));
        const canvas = this.canvas(what, cut(what, pixels, first + i));
        button.append(canvas);
        if (film?.right) this.looks(button, canvas, i);
        return button;
      }),
    );
    this.more();
  }

  /** The windows of a classifier on what it looks at. @param {HTMLElement} button @param {HTMLCanvasElement} canvas @param {number} index */
  looks(button, canvas, index) {
    const live = this.at === null && this.now?.windows ? this.now : null;
    const from = /** @type {{windows?: Numbers, right: Numbers}} */ (live ?? this.film);
    const right = live ? floats(from.right.data) : /** @type {Float32Array} */ (this.data.right);
    const [count, steps] = from.right.shape.slice(-2);
    const base = ((live ? 0 : this.moment * count) + index) * steps;
    button.append(Object.assign(make('span'), { textContent: `${Math.round(100 * right[base + steps - 1])} %` }));
    if (!from.windows) return;
    const windows = live ? floats(from.windows.data) : /** @type {Float32Array} */ (this.data.windows);
    const [width, height] = [canvas.width, canvas.height];
    const large = make('canvas', '', { 'aria-hidden': 'true' });
    Object.assign(large, { width: 4 * width, height: 4 * height });
    const pen = /** @type {CanvasRenderingContext2D} */ (large.getContext('2d'));
    pen.imageSmoothingEnabled = false;
    pen.drawImage(canvas, 0, 0, large.width, large.height);
    pen.strokeStyle = getComputedStyle(this.root).getPropertyValue('--easel-glimpse');
    for (let t = 0; t < steps; t += 1) {
      const [x, y, side] = windows.subarray((base + t) * 3, (base + t) * 3 + 3);
      pen.lineWidth = t === steps - 1 ? 4 : 1;
      pen.strokeRect(4 * (x - side / 2), 4 * (y - side / 2), 4 * side, 4 * side);
    }
    canvas.replaceWith(large);
  }

  /** The map, the strokes, the field or the copies of the moment. */
  more() {
    const { film } = this;
    const box = this.part('.more');
    const kind = /** @type {"codes" | "strokes" | "field" | "copies" | undefined} */ (
      ['codes', 'strokes', 'field', 'copies'].find((each) => film && each in film)
    );
    const title = this.part('.more-title');
    title.hidden = box.hidden = !kind;
    if (!kind || !film) return;
    const [name, about] = TITLES[kind];
    title.replaceChildren(name, ' ', Object.assign(make('small'), { textContent: about }));
    box.dataset.kind = kind;
    box.replaceChildren(...this[kind](film));
  }

  /** @param {Film} film */
  codes(film) {
    const codes = /** @type {Float32Array} */ (this.data.codes);
    const count = film.codes?.shape[1] ?? 0;
    const canvas = make('canvas', 'map', { role: 'img', 'aria-label': say('The map of codes at this moment') });
    Object.assign(canvas, { width: 560, height: 560 });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const style = getComputedStyle(this.root);
    const labels = this.data.labels;
    for (let i = 0; i < count; i += 1) {
      const [x, y] = codes.subarray((this.moment * count + i) * 2, (this.moment * count + i) * 2 + 2);
      pen.fillStyle = labels ? `hsl(${36 * labels[i]} 62% 55%)` : style.getPropertyValue('--run');
      pen.beginPath();
      pen.arc(280 + (280 * x) / REACH, 280 - (280 * y) / REACH, 6, 0, 7);
      pen.fill();
    }
    return [canvas];
  }

  /** @param {Film} film */
  strokes(film) {
    const what = /** @type {Pictures} */ (film.strokes);
    const windows = this.data.windows;
    const colour = getComputedStyle(this.root).getPropertyValue('--easel-write');
    return Array.from({ length: what.count }, (_, t) => {
      const index = this.moment * what.count + t;
      const small = this.canvas(what, cut(what, /** @type {Uint8Array} */ (this.data.strokes), index));
      if (!windows) return small;
      const large = make('canvas', '', { 'aria-hidden': 'true' });
      Object.assign(large, { width: 4 * what.width, height: 4 * what.height });
      const pen = /** @type {CanvasRenderingContext2D} */ (large.getContext('2d'));
      pen.imageSmoothingEnabled = false;
      pen.drawImage(small, 0, 0, large.width, large.height);
      const [x, y, side] = windows.subarray(index * 3, index * 3 + 3);
      pen.strokeStyle = colour;
      pen.lineWidth = 3;
      pen.setLineDash([8, 5]);
      pen.strokeRect(4 * (x - side / 2), 4 * (y - side / 2), 4 * side, 4 * side);
      return large;
    });
  }

  /** @param {Film} film */
  field(film) {
    const [, height, width] = film.field?.shape ?? [0, 0, 0];
    const size = height * width;
    const values = this.data.field.subarray(this.moment * size, (this.moment + 1) * size);
    const pixels = Uint8Array.from(values, (value) => Math.round(255 * Math.sqrt(Math.min(1, value))));
    const canvas = make('canvas', '', { role: 'img', 'aria-label': say('The receptive field of the middle pixel') });
    return [develop(canvas, pixels, width, height)];
  }

  /** @param {Film} film */
  copies(film) {
    const [what, subjects] = [/** @type {Pictures} */ (film.copies), /** @type {Pictures} */ (film.subjects)];
    return Array.from({ length: what.count }, (_, i) => {
      const pair = make('div', 'pair');
      const index = this.moment * what.count + i;
      pair.append(
        this.canvas(subjects, cut(subjects, /** @type {Uint8Array} */ (this.data.subjects), i)),
        this.canvas(what, cut(what, /** @type {Uint8Array} */ (this.data.copies), index)),
      );
      return pair;
    });
  }
}
