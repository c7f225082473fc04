"""Who comes by keyboard, listens, sees little contrast or wants no motion: axe-core's verdict, and what keys do."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import ROOT
from tests.browser.helpers import Player, at, focus, load, unfold
from tests.browser.walk import CLICK, TABS_IN_SIGHT
from viz.layout import ROOMS, Room

pytestmark = pytest.mark.kept_page

AXE = Path(ROOT, "node_modules", "axe-core", "axe.min.js")
WIDTHS = {1440: 900, 360: 800}
FAULTS = """async ([whole, rules]) => {
  const panels = [...document.querySelectorAll('[role=tabpanel]')];
  const shown = panels.filter(each => each.getClientRects().length);
  const include = whole || !shown.length ? [document.body] : shown;
  const exclude = [...panels.filter(each => !shown.includes(each)), 'svg > *'];
  const { violations } = await axe.run({ include, exclude }, { resultTypes: ['violations'], ...rules });
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).flatMap(({ id, nodes }) =>
    nodes.map(({ html, any, all, none }) => `${id}: ${html.slice(0, 120)} (${[...any, ...all, ...none][0]?.message})`));
}"""
"""What is wrong on the open tab, with ``whole`` also in the header and in the digit's column."""
BARE = """() => [...document.querySelectorAll('img, canvas')]
  .filter(each => each.offsetParent && !each.alt && !each.ariaLabel && each.role !== 'presentation')
  .filter(each => !each.closest('button')?.innerText && !each.closest('button')?.ariaLabel)
  .map(each => `no words: ${each.outerHTML.slice(0, 120)}`)"""
ALL = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    # axe's own default leaves this trial rule out: it takes numbers that are drawn in a box for the box's label.
    "rules": {"label-content-name-mismatch": {"enabled": False}},
}
LOOKS = {1440: "light", 360: "dark"}
"""A colour is the same at every width, and a name in both themes."""
TOP = """() => {
  scrollTo(0, 0);
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
}"""
"""The next press of the Tab key is the page's first."""
STOP = """() => {
  const { activeElement: node } = document;
  const marked = node.matches('input[type=radio], input[type=checkbox]') ? node.closest('label') ?? node : node;
  const { left, right, top, bottom } = marked.getBoundingClientRect();
  const rings = [node, marked, node.closest('.stage') ?? node].map(each => getComputedStyle(each).outlineStyle);
  const name = node.getAttribute('aria-label') || node.textContent.trim().slice(0, 40) || node.id;
  return node === document.body ? null
    : { name, left, right, top: top + scrollY, bottom: bottom + scrollY, ring: rings.some(style => style !== 'none') };
}"""
"""Where the focus is, in px of the page, and whether it can be seen there."""
PUT_TOGETHER = "() => !document.body.matches('.easel-settling, .easel-arriving')"


def at_rest(page: Page, address: str) -> None:
    """Bring the page to an address, and wait until all of it is seen."""
    at(page, address)
    page.wait_for_function(PUT_TOGETHER)


def size(page: Page, width: int) -> None:
    page.set_viewport_size(ViewportSize(width=width, height=WIDTHS[width]))


@pytest.fixture(
    scope="module", params=sorted(ROOMS, key=lambda room: room.key == "draw"), ids=lambda room: room.key or "start"
)
def room(request: pytest.FixtureRequest) -> Room:
    """One room after the other, for all tests that go through the rooms; last that of the tests after these."""
    found: Room = request.param
    return found


def stops(page: Page) -> list[dict[str, Any]]:
    """What one meets with the Tab key, from the top of the page to its end."""
    found: list[dict[str, Any]] = []
    while len(found) < 200:
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (found and stop["name"] == found[0]["name"]):  # the end, or from there to the top again
            return found
        found.append(stop)
    raise AssertionError(f"The focus goes round in a circle: {[stop['name'] for stop in found]}")


def test_the_focus_goes_where_the_eye_goes_and_is_seen_there(page: Page, room: Room) -> None:
    page.emulate_media(reduced_motion="reduce")  # the players rest
    at_rest(page, f"{room.path.rstrip('/')}/" + ("?tab=code" if room.key == "vae" else ""))
    for width in WIDTHS:
        size(page, width)
        page.wait_for_function(PUT_TOGETHER)
        met = stops(page)
        names = [stop["name"] for stop in met]
        with_digit = room.key != "lessons"
        assert names[0] == "Skip to the picture" and len(met) > (25 if with_digit else 12)
        assert {"Copy link", *(["Seed"] if with_digit else [])} <= set(names), names
        jumps = [
            f"{a['name']} -> {b['name']}"
            for a, b in pairwise(met)
            if b["bottom"] <= a["top"] and b["left"] < a["right"]  # up, and not into the next column
        ]
        assert not jumps, (width, jumps)
        assert not (unseen := [stop["name"] for stop in met if not stop["ring"]]), (width, unseen)
        page.evaluate(TOP)


def test_no_tab_has_a_fault_that_axe_calls_serious_a_picture_without_words_or_more_width_than_a_phone(
    page: Page, room: Room
) -> None:
    page.emulate_media(reduced_motion="reduce")  # colours that are on their way to another theme are no colours of it
    at_rest(page, f"{room.path.rstrip('/')}/")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults, theme = [], page.get_by_role("button", name="Light or dark")
    tabs = page.evaluate(TABS_IN_SIGHT, []) or [None]
    for place, tab in enumerate(tabs):
        if tab is not None:
            page.evaluate(CLICK, tab)
            expect(page.locator(f"#{tab.removesuffix('-button')}")).to_be_visible()
        for width, look in LOOKS.items():
            size(page, width)
            if page.evaluate("() => document.body.classList.contains('dark')") != (look == "dark"):
                theme.click()
            page.wait_for_function(PUT_TOGETHER)
            unfold(page)
            page.evaluate("scrollTo(0, 0)")  # nothing sticks over anything
            found = page.evaluate(FAULTS, [place == 0, ALL])
            found += page.evaluate(BARE)
            faults += [f"{tab} in {look} at {width} px: {fault}" for fault in found]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{tab} at {width} px: it is wider")
    assert not faults, "\n".join(faults)


def test_a_term_is_explained_where_it_first_stands_by_mouse_and_by_keyboard(page: Page) -> None:
    at(page, "/together/?tab=guess")
    text = page.locator("#together-guess-tab .easel-text").first
    term = text.get_by_role("button", name="bits", exact=True)
    expect(term).to_have_count(1)
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_hidden()
    term.hover()
    expect(tip).to_have_text(re.compile("0.69 nats"))
    box, window = tip.bounding_box(), page.viewport_size
    assert box and window and box["x"] >= 0 and box["x"] + box["width"] <= window["width"]
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    focus(term)
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_phone_folds_what_one_did_not_come_for_and_a_wide_screen_shows_it(page: Page) -> None:
    at_rest(page, "/draw/")
    size(page, 360)
    text = page.get_by_text("never paints a picture at once").filter(visible=True)
    fold = page.get_by_role("button", name="What you see").filter(visible=True)
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(text).to_have_count(0)
    focus(fold)
    page.keyboard.press("Enter")
    expect(text).to_have_count(1)
    size(page, 1440)
    expect(fold).to_have_count(0)
    expect(text).to_have_count(1)


def test_the_first_stop_leads_to_the_picture_past_all_else(page: Page) -> None:
    at_rest(page, "/draw/")
    page.evaluate(TOP)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the picture")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#draw-player .easel-player")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#draw-player [data-act=prev]")).to_be_focused()


def test_arrows_go_through_the_tabs_which_are_one_stop(page: Page) -> None:
    at_rest(page, "/draw/")
    focus(page.locator("#draw-paint-tab-button"))
    for key, tab in (
        ("ArrowRight", "time"),
        ("End", "window"),
        ("ArrowRight", "paint"),
        ("ArrowLeft", "window"),
        ("Home", "paint"),
    ):
        page.keyboard.press(key)
        button = page.locator(f"#draw-{tab}-tab-button")
        expect(button).to_be_focused()
        expect(button).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab").and_(page.locator(":focus"))).to_have_count(0)


def test_a_fold_says_whether_it_is_open(page: Page) -> None:
    at_rest(page, "/draw/")
    fold = page.get_by_role("button", name="The formula", exact=True)
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")


def test_the_steps_stand_in_words_and_lead_to_the_step(page: Page) -> None:
    at_rest(page, "/draw/")
    player, narrator = Player(page, "draw-player"), page.locator("#draw-narrator")
    player.loaded()
    player.press("words")
    steps = player.root.locator(".steps button")
    expect(steps).to_have_count(player.value()["steps"])
    steps.nth(4).click()
    player.expect_step(4)
    title, sentence = narrator.locator(".title").inner_text(), narrator.locator(".sentence").inner_text()
    assert steps.nth(4).inner_text() == f"{title}. {sentence}"
    assert steps.nth(4).inner_text() != steps.nth(3).inner_text()
    page.keyboard.press("ArrowDown")
    player.expect_step(5)
    expect(steps.nth(5)).to_be_focused()
    expect(steps.nth(5)).to_have_attribute("aria-current", "step")


def test_the_narrator_is_silent_while_the_picture_plays_and_speaks_once_where_it_rests(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")  # it does not play yet
    at_rest(page, "/draw/")
    player, spoken = Player(page, "draw-player"), page.locator("#draw-narrator .spoken")
    player.loaded()
    player.press("play")
    page.evaluate("""() => { const node = document.querySelector('#draw-narrator .spoken'); window.said = [];
      new MutationObserver(() => window.said.push(node.textContent)).observe(node, { childList: true }); }""")
    expect(player.root).to_have_attribute("data-playing", "false")
    expect(spoken).to_contain_text("Stroke 16 of 16. It looks")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(spoken).to_contain_text("Stroke 13 of 16.")
    assert [text.split(".")[0] for text in page.evaluate("window.said")] == ["Stroke 16 of 16", "Stroke 13 of 16"]


def test_arrows_go_through_a_choice_which_is_one_stop_and_has_a_name(page: Page) -> None:
    at_rest(page, "/draw/")
    choice = page.get_by_role("group", name="Task")
    focus(choice.get_by_role("radio", name="Copy"))
    page.keyboard.press("ArrowRight")
    expect(choice.get_by_role("radio", name="Imagine")).to_be_focused()
    expect(choice.get_by_role("radio", name="Imagine")).to_be_checked()
    expect(page).to_have_url("/draw/?task=Imagine&v=1")
    page.keyboard.press("Tab")
    expect(choice.locator(":focus")).to_have_count(0)


def test_who_wants_no_motion_gets_none_and_steps_all_the_same(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    load(page, "/draw/")
    player = Player(page, "draw-player")
    before = player.loaded()
    assert player.value()["autoplay"]
    expect(player.root).to_have_attribute("data-playing", "false")
    player.expect_step(15)
    page.evaluate("addEventListener('easel:step', ({detail}) => { window.moved ||= detail.playing; })")
    page.locator("#draw-paint").click()
    player.wait_for_another(before)
    player.expect_step(15)
    assert not page.evaluate("window.moved")
    player.press("prev")
    player.expect_step(14)
    moving = page.evaluate("""() => document.getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().duration > 1).map(({ effect }) => effect.target.className)""")
    assert not moving, moving


def test_of_many_pictures_the_words_are_those_of_the_chosen_one_and_each_has_a_name(page: Page) -> None:
    at_rest(page, "/pixels/")
    player = Player(page, "pixels-player")
    player.loaded()
    player.press("words")
    steps = player.root.locator(".steps button")
    expect(steps).to_have_count(784)
    before = steps.all_inner_texts()
    player.root.get_by_role("button", name="Picture 2: ").click()
    expect(steps.nth(783)).to_have_attribute("aria-current", "step")
    assert steps.all_inner_texts() != before
