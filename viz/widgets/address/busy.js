// @ts-check
// What a stage looks like while its next picture is being painted: for a moment as before, then with a moving line on
// top, and after a second dimmed, since what it shows is no longer what was asked for.

const LINE = 300; // ms
const DIM = 1000;

/** @param {string} id the stage's */
export function stage(id) {
  let running = false;
  let more = false; // asked for while another is painted: Gradio goes on with the latest
  /** @type {ReturnType<typeof setTimeout>[]} */
  let timers = [];

  /** @param {string[]} states */
  function show(...states) {
    const block = document.getElementById(id);
    const root = block?.querySelector('[class^="easel-"]') ?? block;
    for (const state of ['easel-busy', 'easel-late']) root?.classList.toggle(state, states.includes(state));
    root?.setAttribute('aria-busy', String(states.length > 0));
  }

  return {
    asked() {
      more = running;
      if (running) return;
      running = true;
      timers = [setTimeout(() => show('easel-busy'), LINE), setTimeout(() => show('easel-busy', 'easel-late'), DIM)];
    },
    answered() {
      running = more;
      more = false;
      if (running) return;
      timers.forEach(clearTimeout);
      show();
    },
  };
}
