"""A walk through all rooms: every tab, and the tabs inside it, opened by script so that no input excuses a jump."""

from collections.abc import Iterator

from playwright.sync_api import BrowserContext, Page

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
    if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.nodeType === 1))) stir();
  }).observe(document.documentElement, { subtree: true, childList: true });
});
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


def walk(page: Page) -> Iterator[str]:
    """Open every tab, the rooms first and then what is inside each; yields its id when it stands."""
    rooms = page.evaluate(TABS_IN_SIGHT, [])
    seen = list(rooms)
    for room in rooms:
        yield from _inside(page, room, seen)


def _inside(page: Page, tab: str, seen: list[str]) -> Iterator[str]:
    page.evaluate(CLICK, tab)
    settle(page)
    yield tab
    inside = page.evaluate(TABS_IN_SIGHT, seen)
    seen.extend(inside)
    for inner in inside:
        yield from _inside(page, inner, seen)
