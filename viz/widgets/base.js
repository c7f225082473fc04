// @ts-check
// What all widgets share: bytes from text, numbers, colours, elements, boxes with round corners.

/** @param {string} text base64 */
export function bytes(text) {
  const letters = atob(text);
  const found = new Uint8Array(letters.length);
  for (let i = 0; i < found.length; i++) found[i] = letters.charCodeAt(i); // a tenth of the time of `from`
  return found;
}

/** Little-endian float32. @param {string} text base64 */
export const floats = (text) => new Float32Array(bytes(text).buffer);

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A colour on the way from `a` to `b`. @param {number[]} a @param {number[]} b @param {number} t */
export const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));

/** @param {number[]} rgb */
export const css = (rgb) => `rgb(${rgb.join(' ')})`;

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} name its class
 * @param {Record<string, string | number | boolean>} attributes
 */
export function make(tag, name = '', attributes = {}) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/** @param {HTMLCanvasElement} canvas */
export const penOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

/** Reads the theme's colours where `root` stands. @param {Element} root @returns {(name: string) => number[]} */
export function tokens(root) {
  const style = getComputedStyle(root);
  const pen = penOf(make('canvas'));
  return (name) => {
    pen.fillStyle = style.getPropertyValue(name).trim();
    const hex = String(pen.fillStyle);
    return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  };
}

/** @typedef {[number, number]} Place across and down */

/** 256 colours from the stage's black over the room's colour to near white: the heat maps' scale.
 * @param {number[]} stage @param {number[]} colour */
export function heatRamp(stage, colour) {
  const light = mix(colour, [255, 255, 255], 0.9);
  return Array.from({ length: 256 }, (_, i) =>
    i < 150 ? mix(stage, colour, i / 150) : mix(colour, light, (i - 150) / 105),
  );
}

/** The element of another widget, on which it leaves its last word for those that mount later.
 * @param {string} id @param {string} kind */
export const widgetOf = (id, kind) =>
  /** @type {import('./gradio.d.ts').Widget | null} */ (document.querySelector(`#${CSS.escape(id)} .${kind}`));

/** A number as it is written: with so many decimals and a real minus. @param {number} number @param {number} places */
export const decimal = (number, places) => number.toFixed(places).replace('-', '−');

/**
 * Fits a canvas to the screen's pixels. Returns how many of them a CSS pixel has, 0 while it is not shown.
 * @param {HTMLCanvasElement} canvas
 */
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [across, along] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (!across || !along) return 0;
  if (canvas.width !== across || canvas.height !== along) Object.assign(canvas, { width: across, height: along });
  return ratio;
}

/**
 * Puts bytes on a canvas, one of its pixels for each of theirs; a grey value stands for all three colours.
 * @param {HTMLCanvasElement} canvas @param {Uint8Array} data @param {number} width @param {number} height
 */
export function develop(canvas, data, width, height, channels = 1) {
  Object.assign(canvas, { width, height });
  const pen = penOf(canvas);
  const image = pen.createImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    const pixel = data.subarray(i * channels, (i + 1) * channels);
    image.data.set([pixel[0], pixel[1] ?? pixel[0], pixel[2] ?? pixel[0], 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** @param {CanvasRenderingContext2D} pen @param {Path2D} path @param {string} colour @param {number} width */
export function stroke(pen, path, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke(path);
}

/**
 * The outline of the pixels of a box for which `has` of column and row is true.
 * @param {(x: number, y: number) => unknown} has
 * @param {{x: number, y: number, width: number, height: number}} box
 * @param {(x: number, y: number) => Place} at turns pixels into screen coordinates
 */
export function border(has, { x: left, y: top, width, height }, at) {
  const path = new Path2D();
  /** @param {Place} from @param {Place} to */
  const edge = (from, to) => {
    path.moveTo(...at(...from));
    path.lineTo(...at(...to));
  };
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) {
      if (!has(x, y)) continue;
      if (!has(x, y - 1)) edge([x, y], [x + 1, y]);
      if (!has(x, y + 1)) edge([x, y + 1], [x + 1, y + 1]);
      if (!has(x - 1, y)) edge([x, y], [x, y + 1]);
      if (!has(x + 1, y)) edge([x + 1, y], [x + 1, y + 1]);
    }
  }
  return path;
}

/** `act`, once before the screen is painted next, however often it is asked for. @param {() => void} act */
export function onceAFrame(act) {
  let _frame = 0;
  return () => {
    _frame ||= requestAnimationFrame(() => {
      _frame = 0;
      act();
    });
  };
}

/**
 * Sends events to Python. Of those that wait Gradio's "always_last" repeats the first one's data: one object for all of
 * them makes that the newest.
 * @param {(event: string, data?: object) => void} trigger
 */
export function reporter(trigger) {
  const report = {};
  return (/** @type {string} */ event, /** @type {object} */ data) => trigger(event, Object.assign(report, data));
}

/**
 * Observers and listeners that go with the element `root`: each looks first whether it is still on the page. An element
 * may be moved rather than removed, so it looks again before it lets go. `signal` ends listeners outside of `root`.
 * @param {HTMLElement} root
 */
export function life(root) {
  const end = new AbortController();
  const gone = () => {
    if (root.isConnected) return false;
    setTimeout(() => root.isConnected || end.abort());
    return true;
  };
  /**
   * @template {{disconnect: () => void}} Observer
   * @param {Observer} observer @param {Element[]} nodes @param {(node: Element) => void} observe
   */
  const watch = (observer, nodes, observe) => {
    nodes.forEach(observe);
    end.signal.addEventListener('abort', () => observer.disconnect());
    return observer;
  };
  return {
    signal: end.signal,
    gone,
    /** Another theme: its colours must be read again. @param {() => void} act */
    onTheme: (act) => {
      const observer = new MutationObserver(() => gone() || act());
      const options = { attributes: true, attributeFilter: ['class'] };
      return watch(observer, [document.documentElement, document.body], (node) => observer.observe(node, options));
    },
    /** @param {Element} node @param {() => void} act */
    onSize: (node, act) => {
      const observer = new ResizeObserver(() => gone() || act());
      return watch(observer, [node], (each) => observer.observe(each));
    },
    /** @param {(report: IntersectionObserverEntry) => void} act gets the latest */
    onSight: (act, threshold = [0]) => {
      const observer = new IntersectionObserver((reports) => gone() || act(reports[reports.length - 1]), { threshold });
      return watch(observer, [root], (each) => observer.observe(each));
    },
    /** Events on `window` from other widgets. @param {string} name @param {(detail: any) => void} act */
    onEvent: (name, act) =>
      window.addEventListener(name, (event) => gone() || act(/** @type {CustomEvent} */ (event).detail), {
        signal: end.signal,
      }),
  };
}
