// The drawing of last time, kept in the browser. Between editor_centre.js and editor.js in the same function body.
// Storage may be refused, full, or hold what another edition of the page left there: then there is no last time.

const shelf = 'easel-drawing-' + root.dataset.keep;

/** Keeps an editor's value; without a name for it nothing is kept. */
function keep({ height, width, channels, pixels, hidden }) {
  if (!root.dataset.keep) return;
  try {
    localStorage.setItem(shelf, JSON.stringify({ height, width, channels, pixels, hidden }));
  } catch { /* this drawing will be lost on a reload */ }
}

/** The value of last time as a picture, if it has the shape of `picture` and holds what an editor may hold. */
function kept(picture) {
  if (!root.dataset.keep) return null;
  try {
    const last = parse(JSON.parse(localStorage.getItem(shelf)));
    const shape = ['height', 'width', 'channels'].every((name) => last[name] === picture[name]);
    const size = last.pixels.length === picture.pixels.length && last.hidden.length === picture.hidden.length;
    const whole = last.hidden.every((mark) => mark <= 1) && (last.channels === 3 || last.pixels.every((ink) => ink % 255 === 0));
    return shape && size && whole ? last : null;
  } catch {
    return null;
  }
}
