// @ts-check
// Marks, among the painters that are shown, whose figure is the lowest, and says how far ahead it is.

/** @param {{props: {room: string}}} gradio */
export default function start({ props }) {
  const room = document.getElementById(props.room);
  if (room) follow(room);
}

/** @param {HTMLElement} room */
function follow(room) {
  function mark() {
    const entries = /** @type {HTMLElement[]} */ ([...room.querySelectorAll('.entry[data-figure]')]).filter(
      (entry) => entry.getClientRects().length,
    );
    const figures = entries.map((entry) => Number(entry.dataset.figure));
    const least = Math.min(...figures);
    entries.forEach((entry, i) => {
      entry.classList.toggle('best', entries.length > 1 && figures[i] === least);
    });
  }

  new MutationObserver(mark).observe(room, { subtree: true, childList: true });
  document.addEventListener('change', () => setTimeout(mark));
  mark();
}
