"""One digit, one address: what stands in every room, survives every way of coming back, and fits into a link."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Visit
from tests.browser.helpers import GO, SEEN, Player, at, drag, load
from viz.address import written
from viz.layout import TABBED
from viz.widgets.picker.picker import bits_of

SEVEN = [(7.0, 7.0), (20.0, 7.0), (13.0, 22.0)]
EDITOR = "#desk-editor .easel-editor"


def ink(page: Page) -> tuple[str, str]:
    """How many pixels of the page's digit are drawn and how many are covered."""
    root = page.locator(EDITOR)
    return str(root.get_attribute("data-ink")), str(root.get_attribute("data-hidden"))


def draw_seven(page: Page) -> tuple[str, str]:
    """Draw a 7 by hand on clean paper, cover its right half; returns what :func:`ink` says."""
    for act in ("clear", "mask-none", "draw"):
        page.locator(f'{EDITOR} [data-act="{act}"]').click()
    drag(page, page.locator(f"{EDITOR} canvas").first, SEVEN)
    page.locator(f'{EDITOR} [data-act="mask-right"]').click()
    page.wait_for_function("() => location.search.includes('cover=right')")
    return ink(page)


def test_a_digit_drawn_in_one_room_is_the_digit_of_every_room(page: Page) -> None:
    load(page, "/")
    drawn = draw_seven(page)
    for room in TABBED:
        page.get_by_role("navigation", name="Rooms").get_by_role("link", name=room.label).click()
        page.wait_for_url(f"**{room.path}/?**")
        expect(page.locator(EDITOR)).to_have_attribute("data-ink", drawn[0])
        assert ink(page) == drawn


def test_back_forward_reload_and_a_second_window_show_what_was_there(page: Page) -> None:
    load(page, "/draw/")
    drawn = draw_seven(page)
    page.locator("#draw-time-tab-button").click()
    page.wait_for_url("**tab=time**")
    page.go_back()
    expect(page.locator("#draw-paint-tab-button")).to_have_attribute("aria-selected", "true")
    assert ink(page) == drawn
    page.go_forward()
    expect(page.locator("#draw-time-tab-button")).to_have_attribute("aria-selected", "true")
    page.reload()
    expect(page.locator("#draw-time-tab-button")).to_have_attribute("aria-selected", "true")
    expect(page.locator(EDITOR)).to_have_attribute("data-ink", drawn[0])
    with page.context.new_page() as other:
        load(other, "/pixels/")
        expect(other.locator(EDITOR)).to_have_attribute("data-ink", drawn[0])
        other.locator(f'{EDITOR} [data-act="mask-none"]').click()
        expect(page.locator(EDITOR)).to_have_attribute("data-hidden", "0")


def test_a_copied_link_shows_the_same_to_somebody_else_and_leaves_them_their_own_digit(
    page: Page, browser: Browser, server: Server
) -> None:
    load(page, "/draw/?strokes=9&seed=5")
    drawn = draw_seven(page)
    page.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    page.get_by_role("button", name="Copy link").click()
    link = page.wait_for_function("() => window.copied").json_value()
    assert len(link) < 500
    other = Visit(browser, server)
    load(other.page, "/")
    other.page.locator('[data-example="4"]').click()
    own = ink(other.page)
    load(other.page, link)
    expect(other.page.locator(EDITOR)).to_have_attribute("data-ink", drawn[0])
    expect(other.page.locator("#draw-strokes input[type=number]")).to_have_value("9")
    expect(other.page.locator("#desk-seed input")).to_have_value("5")
    load(other.page, "/draw/")
    expect(other.page.locator(EDITOR)).to_have_attribute("data-ink", own[0])
    other.context.close()
    assert not other.faults()


def expect_complaint(page: Page, name: str) -> None:
    expect(page.locator(".easel-note")).to_contain_text(f"A part of this link could not be read ({name})")
    expect(page.locator("#desk-seed input")).to_have_value("3")
    expect(page.locator("#draw-strokes input[type=number]")).to_have_value("16")
    assert ink(page)[0] != "0"


@pytest.mark.kept_page
@pytest.mark.parametrize(("name", "text"), [("digit", "../../etc"), ("strokes", "NaN")])
def test_a_bad_link_is_one_sentence_and_the_page_as_it_would_be_without(page: Page, name: str, text: str) -> None:
    load(page, f"/draw/?seed=3&{name}={text}")
    expect_complaint(page, name)


@pytest.mark.kept_page
def test_on_the_way_back_a_bad_address_is_one_sentence_and_a_good_one_takes_it_away(page: Page) -> None:
    at(page, "/draw/?seed=3")
    for name, text in {
        "strokes": "9" * 10_000,
        "task": "<script>alert(1)</script>",
        "tab": "nowhere",
        "v": "99",
    }.items():
        page.evaluate(GO, f"/draw/?seed=3&{name}={text}")
        expect_complaint(page, name)
        page.evaluate(GO, "/draw/?seed=3")
        expect(page.locator(".easel-note")).to_be_empty()


def test_coming_back_computes_nothing_and_a_new_digit_is_painted_once(page: Page) -> None:
    asked: list[str] = []
    paints = re.compile(r"/queue/join|/run/predict")
    page.on("request", lambda request: asked.append(str(request.post_data)) if paints.search(request.url) else None)
    load(page, "/draw/")
    player = Player(page, "draw-player")
    assert player.loaded() == "draw"
    page.locator("#draw-time-tab-button").click()
    page.wait_for_url("**tab=time**")
    page.locator("#draw-paint-tab-button").click()
    assert not asked, "what is stored need not be painted"
    page.locator('[data-example="7"]').click()
    player.wait_for_another("draw")
    gate = page.locator("#draw-player-gate [data-asked]")
    expect(gate).to_have_attribute("data-asked", "1")
    page.locator("#draw-time-tab-button").click()
    page.locator("#draw-paint-tab-button").click()
    expect(gate).to_have_attribute("data-asked", "1")


@pytest.mark.kept_page
def test_the_usual_digit_is_the_same_for_python_and_the_browser(page: Page) -> None:
    at(page, "/draw/")
    from viz.tabs.subject import USUAL, choices, usual

    texts = [bits_of(pixels) for pixels in choices()]
    assert texts.index(bits_of(usual().pixels)) == int(USUAL[0])
    page.wait_for_function(SEEN)
    link = page.evaluate("Object.fromEntries(new URLSearchParams(new URL(window.easelAddress.link()).search))")
    assert (link["digit"], link["cover"]) == USUAL


HOLD = """() => { const { fill } = window.easelAddress;
  window.easelAddress.fill = (values) => { window.held = values; return fill(values); }; }"""


def another(control: dict[str, Any]) -> str:
    """A value of a control that is not its usual one, as it stands in an address."""
    usual = control["usual"]
    if control["kind"] == "number" and "choices" in control:
        return str(next(choice for choice in control["choices"] if choice != written(usual)))
    match control["kind"]:
        case "flag":
            return str(int(not usual))
        case "list":
            return next(choice for choice in control["choices"] if [choice] != usual)
        case "text":
            return next(choice for choice in control.get("choices") or ["0.5"] if choice != written(usual))
    step = 1 if control["whole"] else (control["most"] - control["least"]) / 4
    value = usual + step if usual + step <= control["most"] else usual - step
    return f"{value:g}"


def as_text(value: Any) -> str:
    """What a control holds, as it stands in an address."""
    return f"{value:g}" if isinstance(value, float) else written(value)


@pytest.mark.kept_page
@pytest.mark.parametrize("room", sorted(room.path for room in TABBED))
def test_every_control_of_every_tab_takes_what_a_link_says_and_keeps_it(page: Page, room: str) -> None:
    at(page, f"{room}/")
    page.evaluate(HOLD)
    parts = page.request.get(f"{room}/config").json()["components"]
    registry = next(each["props"]["value"] for each in parts if each["props"].get("elem_id") == "address")
    wrong = []
    for tab in registry["tabs"]:
        wanted = {control["name"]: another(control) for control in registry["controls"] if control["tab"] == tab}
        query = "?" + urlencode({"tab": tab, **wanted, "v": 1})
        page.evaluate(GO, query)
        page.wait_for_function(
            "tab => document.querySelector(`[id$='-${tab}-tab-button'][aria-selected=true]`)", arg=tab
        )
        page.evaluate("() => { window.held = null; dispatchEvent(new PopStateEvent('popstate')); }")
        held = page.wait_for_function("() => window.held").json_value()
        for control, value in zip(registry["controls"], held, strict=False):
            if control["tab"] == tab and as_text(value) != wanted[control["name"]]:
                wrong.append(f"{tab}: {control['name']} is {as_text(value)}, not {wanted[control['name']]}")
        found = dict(parse_qsl(urlsplit(page.evaluate("window.easelAddress.link()")).query))
        wrong += [f"{tab}: the link says {name}={found.get(name)}, not {text}" for name, text in wanted.items()
                  if found.get(name) != text]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def test_where_the_cover_or_the_digit_does_not_count_the_page_says_so(page: Page) -> None:
    load(page, "/pixels/?digit=7&cover=lower")
    words = "() => getComputedStyle(document.querySelector('.easel-digit'), '::after').content"
    for tab, said in (
        ("paint", ""),
        ("lens", "The cover does not count"),
        ("scores", "This tab paints another picture"),
    ):
        page.locator(f"#pixels-{tab}-tab-button").click()
        page.wait_for_function(f"said => ({words})().includes(said)", arg=said)
        assert said or "." not in page.evaluate(words)


def test_what_is_changed_before_the_page_has_read_its_address_is_not_undone(page: Page) -> None:
    load(page, "/draw/?strokes=9&v=1")
    path = page.locator('head link[href$="address/address.js"]').get_attribute("href")
    filled = page.evaluate(
        """async (path) => {
            const { default: start } = await import(`${path}?another`);
            const range = { tab: '', kind: 'number', least: 0, most: 16, whole: true };
            const control = (name, usual) => ({ ...range, name, usual });
            const controls = [control('strokes', 3), control('futures', 12), control('fork', 3)];
            start({ trigger: () => {}, props: { value: { controls, tabs: [], subjects: {} } } });
            return window.easelAddress.fill([3, 11, 3]).map((each) => each.__type__ ?? each);
        }""",
        path,
    )
    assert filled == [9, "update", "update"]  # one from the address, one that a person has just set to 11, one usual
