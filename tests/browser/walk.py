"""A walk through all rooms and their tabs, which are opened by script so that no input excuses a jump."""

from collections.abc import Iterator

from playwright.sync_api import BrowserContext, Page

from viz.layout import TABBED

QUIET_MS = 700
"""So long nothing is put into the page and nothing moves before a tab counts as settled."""

WATCH = """
window.moved = [];
window.stirred = 0;
const stir = () => { window.stirred = performance.now(); };
const where = ({ node }) => {
  let place = node?.nodeType === 1 ? node : node?.parentElement;
  const name = place ? place.tagName + '.' + place.className : 'something gone';
  while (place && (!place.id || place.id.startsWith('html-'))) place = place.parentElement;
  return name + ' in #' + (place?.id ?? '?');
};
new PerformanceObserver((list) => {
  stir();
  for (const { value, sources } of list.getEntries()) window.moved.push({ value, what: sources.map(where).join(', ') });
}).observe({ type: 'layout-shift', buffered: true });
document.addEventListener('DOMContentLoaded', () => {
  new MutationObserver((changes) => {
    const living = ({ target }) => target.parentElement?.closest('.easel-training'); // a training never rests
    if (changes.some((each) => !living(each) && [...each.addedNodes].some((node) => node.nodeType === 1))) stir();
  }).observe(document.documentElement, { subtree: true, childList: true });
});
window.asked = 0;
const send = window.fetch;
window.fetch = (...told) => {
  if (['/queue/join', '/run/predict'].some((each) => String(told[0]?.url ?? told[0]).includes(each))) window.asked += 1;
  return send(...told);
};
"""
TABS_IN_SIGHT = """seen => [...document.querySelectorAll('[role=tab][id$="-button"]')]
  .filter(tab => tab.offsetParent && !seen.includes(tab.id) && !tab.closest('.visually-hidden')).map(tab => tab.id)"""
CLICK = "id => { window.stirred = performance.now(); document.getElementById(id).click(); }"


def watch_shifts(context: BrowserContext) -> None:
    """From now on the pages of ``context`` write down what moves."""
    context.add_init_script(WATCH)


def settle(page: Page) -> None:
    """Wait until nothing was put into the page and nothing has moved for a while."""
    page.wait_for_function("quiet => performance.now() - window.stirred > quiet", arg=QUIET_MS)


def moved(page: Page) -> tuple[float, list[str]]:
    """How far the page has shifted since the last call, and what: the layout shift score, whoever caused it."""
    settle(page)
    entries = page.evaluate("() => window.moved.splice(0)")
    return sum(entry["value"] for entry in entries), [f"{entry['value']:.3f} {entry['what']}" for entry in entries]


def walk(page: Page, again: bool = False) -> Iterator[str]:
    """Open every room and every tab in it, and ``again`` every tab; yields its id when it stands."""
    for room in TABBED:
        page.goto(f"{room.path}/")
        page.wait_for_function("() => document.querySelector('[role=tab]') && window.easelAddress?.settled")
        settle(page)
        tabs = page.evaluate(TABS_IN_SIGHT, [])
        yield tabs[0]
        for tab in [*tabs[1:], *(tabs if again else ())]:
            page.evaluate(CLICK, tab)
            settle(page)
            yield tab
