"""The schematics: lit with the step that plays; a box, its symbol and its place on the stage light together."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import WAIT_MS, Server, watch
from tests.browser.helpers import Player, at, focus, load
from tests.browser.walk import CLICK, TABS_IN_SIGHT
from viz.layout import TABBED

WIDTHS = (3840, 390, 1440)
FOLDS = """[...document.querySelectorAll('.easel-fold')]
  .filter(fold => fold.offsetParent && /^The formula/.test(fold.innerText))"""
HEIGHT = "root => root.offsetHeight - root.querySelector('.code').offsetHeight"
"""Of the schematic without the fold below it."""
SHOWN = "fold.querySelector('.katex')?.getClientRects().length"
OPEN = f"() => {FOLDS}.forEach(fold => {SHOWN} || fold.querySelector('button').click())"
OPENED = f"() => {FOLDS}.every(fold => {SHOWN})"
FORMULAS = ".katex-display, .katex-html, .easel-text p, .formula, .equation, .bank-formula, .bank-formula p"
CUT = f"""() => [...document.querySelectorAll('{FORMULAS}')]
  .filter(each => each.getClientRects().length && getComputedStyle(each).display !== 'inline')
  .filter(each => each.scrollWidth > each.clientWidth || each.getBoundingClientRect().right > innerWidth)
  .map(each => `${{innerWidth}} px: ${{each.className || each.tagName}}, ${{each.textContent.slice(0, 60)}}`)"""


def schematic(page: Page, path: str, key: str) -> tuple[Locator, Player]:
    """The schematic on a page, and the player that it follows, at rest."""
    at(page, path)
    root = page.locator(f"#{key}-schematic .easel-schematic")
    expect(root).to_have_attribute("data-loaded", re.compile(".+"))
    expect(root).to_be_visible()
    expect(page.locator(f"#{key}-player .easel-player")).to_have_attribute("data-playing", "false")
    return root, Player(page, f"{key}-player")


def lit(root: Locator, parts: str) -> None:
    """Just these parts are lit, their boxes and their symbols in the formula, after all turns."""
    expect(root).to_have_attribute("data-resting", "true")
    expect(root).to_have_attribute("data-lit", parts)
    for kind in (".part", ".symbol"):
        found = root.locator(f"{kind}.lit").evaluate_all("all => all.map(each => each.dataset.part)")
        assert set(found) <= set(parts.split()) and (found or kind == ".symbol")


def end(page: Page, player: Player, *keys: str) -> None:
    """Keys on the time line."""
    focus(player.root.locator(".line"))
    for key in keys:
        page.keyboard.press(key)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")


@pytest.mark.kept_page
def test_the_keyboard_lights_too_and_the_code_has_its_place_at_the_sliders(page: Page) -> None:
    root, _ = schematic(page, "/vae/?tab=code", "vae")
    focus(root.locator(".part").first)
    lit(root, "picture")
    expect(page.locator("#vae-player .spot")).to_have_attribute("data-part", "picture")
    for _ in range(2):
        page.keyboard.press("Tab")
    lit(root, "code")
    expect(page.locator("#vae-code .sliders")).to_have_class(re.compile("easel-spot"))
    page.keyboard.press("Escape")
    lit(root, "code")
    expect(page.locator(".easel-spot")).to_have_count(0)


@pytest.mark.kept_page
@pytest.mark.parametrize(
    ("path", "key", "resting", "arrows"),
    [
        ("/vae/?tab=code", "vae", "code", [">code", "code>decoder", "encoder>code"]),
        ("/pixels/", "pixels", "ink", ["stack>ink", "ink>more"]),
        ("/look/", "look", "digit", ["memory>digit"]),
        ("/look/?tab=pixels", "every", "map", ["map>which", "scene>map", "second>map"]),
        ("/draw/", "draw", "write", ["decoder>write", "write>canvas"]),
    ],
)
def test_a_step_at_rest_lights_what_it_ends_with_and_the_arrows_into_and_out_of_it(
    page: Page, path: str, key: str, resting: str, arrows: list[str]
) -> None:
    root, player = schematic(page, path, key)
    if key != "vae":
        end(page, player, "Home", "ArrowRight")
    lit(root, resting)
    found = root.locator(".arrow.lit").evaluate_all("all => all.map(g => `${g.dataset.from}>${g.dataset.to}`)")
    assert sorted(found) == sorted(arrows)
    assert root.locator(".part").count() <= 6 and root.evaluate(HEIGHT) < 240
    names = root.locator(".part").evaluate_all("all => all.map(each => each.ariaLabel)")
    assert all(re.fullmatch(r".+: .+", name) and "{" not in name for name in names)


@pytest.mark.kept_page
def test_the_boxes_of_a_stroke_hold_its_patches_its_price_and_its_canvas(page: Page) -> None:
    root, player = schematic(page, "/draw/", "draw")
    end(page, player, "Home")
    held = "all => all.map(each => [each.width, each.height, each.toDataURL()])"
    first = root.locator(".part canvas").evaluate_all(held)
    assert [each[:2] for each in first] == [[5, 5], [5, 5], [28, 28]]
    expect(root.get_by_role("button", name="write: adds a 5 × 5 patch").first).to_be_visible()
    end(page, player, "End")
    assert all(
        now[2] != then[2] for now, then in zip(root.locator(".part canvas").evaluate_all(held), first, strict=True)
    )
    spent = page.locator("#draw-narrator td").filter(has_text="nats").first
    assert float(root.locator(".part[data-part=z] .large").text_content() or "") == pytest.approx(
        float(spent.inner_text().split()[0]), abs=0.051
    )


@pytest.mark.kept_page
def test_while_it_plays_all_that_a_stroke_does_is_lit_and_afterwards_its_end(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    root, player = schematic(page, "/draw/", "draw")
    page.evaluate(
        """() => { window.lit = []; new MutationObserver(() => window.lit.push(document.querySelector(
        '#draw-schematic .easel-schematic').dataset.lit)).observe(document.querySelector('#draw-schematic'),
        {subtree: true, attributes: true, attributeFilter: ['data-lit']}); }"""
    )
    player.press("play")
    player.expect_step(15)
    lit(root, "write")
    assert "read encoder z decoder write" in page.evaluate("window.lit")
    page.evaluate("window.lit.length = 0")
    end(page, player, "Home")
    page.wait_for_function("window.lit.includes('z') && window.lit.at(-1) === 'write'")
    turns = [each for i, each in enumerate(page.evaluate("window.lit")) if each]
    assert [*dict.fromkeys(turns)] == ["read", "encoder", "z", "decoder", "write"]


@pytest.mark.kept_page
def test_pointing_at_a_symbol_lights_its_box_and_its_window_on_the_stage(page: Page) -> None:
    root, player = schematic(page, "/draw/", "draw")
    end(page, player, "Home", "ArrowRight")
    lit(root, "write")
    root.locator(".symbol[data-part=read]").hover()
    lit(root, "read")
    spot = player.root.locator(".spot")
    expect(spot).to_have_attribute("data-part", "read")
    expect(root.locator(".caption .name")).to_have_text("read: looks at a 5 × 5 patch")
    frame, stage = spot.bounding_box(), player.root.locator(".panel").first.locator(".pic").bounding_box()
    value = player.value()
    assert frame and stage and value["marks"][0]["kind"] == "read"
    assert stage["x"] - 4 <= frame["x"] and frame["x"] + frame["width"] <= stage["x"] + stage["width"] + 4
    page.mouse.move(0, 0)
    lit(root, "write")
    expect(spot).to_have_count(0)


@pytest.mark.kept_page
def test_pointing_at_a_window_on_the_stage_lights_its_box_and_its_symbol(page: Page) -> None:
    root, player = schematic(page, "/draw/", "draw")
    end(page, player, "Home", "ArrowRight")
    root.locator(".part[data-part=read]").hover()
    looked_at = player.root.locator(".panel").first.locator(".pic")
    window, stage = player.root.locator(".spot").bounding_box(), looked_at.bounding_box()
    assert window and stage
    page.mouse.move(0, 0)
    lit(root, "write")
    middle = {side: window[side] - stage[side] + window[long] / 2 for side, long in (("x", "width"), ("y", "height"))}
    looked_at.hover(position={"x": middle["x"], "y": middle["y"]})
    lit(root, "read")
    expect(root.locator(".symbol.lit")).to_have_text("read")
    canvas = player.root.locator(".panel").nth(1).locator(".pic")
    canvas.hover(position={"x": 4, "y": 4})
    lit(root, "canvas")
    expect(player.root.locator(".spot")).to_have_attribute("data-part", "canvas")


@pytest.mark.kept_page
def test_imagining_neither_reads_nor_encodes(page: Page) -> None:
    root, player = schematic(page, "/draw/?task=Imagine", "draw")
    expect(root.locator(".part.idle")).to_have_count(2)
    expect(root.locator(".part[data-part=z]")).to_contain_text("chance")
    assert [part.get_attribute("data-part") for part in root.locator(".part.idle").all()] == ["read", "encoder"]
    assert player.value()["cells"] == 16


@pytest.mark.kept_page
def test_the_layers_bear_the_painters_own_names(page: Page) -> None:
    root, player = schematic(page, "/pixels/", "pixels")
    expect(root.locator(".label").nth(1)).to_have_text("mask A, 7 × 7")
    expect(root.locator(".label").nth(2)).to_have_text("12 × mask B, 3 × 3")
    before = player.loaded()
    painters = page.locator("#pixels-painters")
    painters.get_by_role("checkbox", name="MCGSM", exact=True).check()
    painters.get_by_role("checkbox", name="PixelCNN", exact=True).uncheck()
    expect(root.locator(".label").nth(1)).to_have_text("60 neighbours")
    player.wait_for_another(before)


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a phone that has its motion reduced."""
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    faults = watch(context, server.url)
    yield context.new_page()
    context.close()
    assert not faults, "\n".join(faults)


def test_on_a_phone_the_row_scrolls_until_the_lit_box_is_in_view_and_the_page_stays(phone: Page) -> None:
    root, _ = schematic(phone, "/draw/", "draw")
    lit(root, "write")
    inside = """part => { const box = document.querySelector(`#draw-schematic .part[data-part=${part}]`)
      .getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth; }"""
    assert phone.evaluate(inside, "write") and not phone.evaluate(inside, "read")
    root.scroll_into_view_if_needed()
    before = phone.evaluate("scrollY")
    root.locator(".symbol[data-part=read]").tap()
    lit(root, "read")
    assert phone.evaluate(inside, "read") and phone.evaluate("scrollY") == before
    stage = phone.locator("#draw-player").bounding_box()
    assert stage and stage["y"] == 0 and before > 500, "the stage stays in sight above"
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    still = "all => all.every(each => getComputedStyle(each).transitionDuration === '0s')"
    assert root.locator(".hold, .symbol, .line").evaluate_all(still), "reduced motion: nothing glides"


def test_no_formula_is_cut_off_in_any_tab_at_any_width(page: Page) -> None:
    cut: list[str] = []
    seen = 0
    for room in TABBED:
        load(page, f"{room.path}/")
        page.wait_for_function("() => document.querySelector('[role=tab]') && window.easelAddress?.settled")
        for place, tab in enumerate(page.evaluate(TABS_IN_SIGHT, [])):
            page.evaluate(CLICK, tab)
            page.locator(f"#{tab.removesuffix('-button')}").locator(
                ".easel-room, .lens-room, .easel-scores-room"
            ).first.wait_for()
            page.evaluate(OPEN)
            page.wait_for_function(OPENED)
            for width in WIDTHS[place > 0 :]:
                page.set_viewport_size({"width": width, "height": 300})
                cut += [f"{tab}: {each}" for each in page.evaluate(CUT)]
            seen += page.locator(".katex-display, .formula").filter(visible=True).count()
    assert not cut, "\n".join(cut)
    assert seen > 20, "there were formulas to look at"


@pytest.mark.kept_page
def test_the_formula_opens_as_the_program_and_a_symbol_finds_its_line_there(page: Page) -> None:
    root, _ = schematic(page, "/vae/?tab=code", "vae")
    root.locator(".code summary").click()
    expect(root.locator(".source")).to_have_count(4)
    page.mouse.move(0, 0)  # whoever reads a line is not moved away from it
    focus(root.locator(".symbol[data-part=code]"))
    lines = root.locator(".source.lit")
    expect(lines).to_have_count(1)
    expect(lines.locator(".place")).to_contain_text("core/models/aevb.py")
    expect(lines.locator(".own")).to_contain_text("z = mean + log_sigma.exp() * ")
    expect(lines).to_be_in_viewport()
    assert root.locator(".sources").evaluate("box => box.scrollTop") > 0
    root.locator(".source[data-part=decoder]").hover()
    expect(root.locator(".part.lit")).to_have_attribute("data-part", "decoder")
