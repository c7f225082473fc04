"""Side by side: one digit, every painter; and the game against them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from core.training.registry import shown_in

pytestmark = pytest.mark.kept_page
FIRST = 240_000
"""Until the first answer of a busy machine, whose app has torch to import before, ms."""


def test_every_painter_completes_copies_and_prices_the_digit_and_the_lowest_is_marked(page: Page) -> None:
    page.goto("/together/")
    entries = page.locator("#together-rows-tab .entry")
    expect(entries.locator("img")).to_have_count(4 * len(shown_in("together")))
    best = page.locator("#together-rows-tab .entry.best")
    expect(best).to_have_count(1)
    figures = [float(str(each.get_attribute("data-figure"))) for each in entries.all()]
    assert float(str(best.get_attribute("data-figure"))) == min(figures)
    page.get_by_text("How surprised are you?").click()
    expect(entries.filter(has_text="PixelCNN").first.locator("img")).to_have_count(1)
    expect(page.locator("#together-about")).to_contain_text("What your whole digit costs")
    page.wait_for_url("**q=surprise**")
    page.locator("#together-painters").get_by_role("checkbox", name="MCGSM").click()
    expect(page.locator("#together-mcgsm-mnist")).to_be_hidden()


def test_without_a_cover_each_row_says_what_is_missing(page: Page) -> None:
    page.goto("/together/?cover=none")
    expect(page.get_by_text("Nothing is covered").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_a_round_is_played_paid_and_compared_and_its_link_is_a_challenge(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/together/?tab=guess&round=5&pixels=20")
    board = page.locator("#guess-board .easel-guess")
    expect(board).to_have_attribute("data-loaded", re.compile("5-"))
    expect(board).to_be_visible()
    for at in range(int(str(board.get_attribute("data-loaded")).split("-")[1])):
        expect(board).to_have_attribute("data-at", str(at))
        if at % 2:
            board.locator('[data-bet="10"]').click()
        else:
            board.locator('[data-bet="10"]').press("2")
        expect(board.locator("button:enabled").first if at < 3 else board).to_be_visible()
    bill = page.locator("#guess-bill .row")
    expect(bill).to_have_count(3 + len(shown_in("pixel_paint")) + 1)
    paid = str(board.get_attribute("data-paid"))
    expect(page.locator("#guess-bill .you")).to_contain_text(f"{float(paid):.1f} bits")
    page.wait_for_url("**beat=**")
    page.reload()
    expect(page.locator("#guess-board .beat")).to_contain_text("Somebody paid")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_another_digit_begins_anew_and_a_bad_link_gets_a_sentence(page: Page) -> None:
    page.goto("/together/?tab=guess&beat=12.5")
    board = page.locator("#guess-board .easel-guess")
    expect(board.locator(".beat")).to_contain_text("12.5")
    before = str(board.get_attribute("data-loaded"))
    page.locator("#guess-another").click()
    expect(board).not_to_have_attribute("data-loaded", before)
    page.goto("/together/?tab=guess&beat=many")
    expect(page.locator(".easel-note")).to_contain_text("beat")


def test_what_an_address_names_as_trained_answers_in_a_row_of_its_own(page: Page) -> None:
    page.goto("/together/?q=imagine&run=pixelcnn-mnist&v=1")
    row = page.locator("#together-yours .entry")
    expect(row.locator("img")).to_have_count(4, timeout=FIRST)
    expect(row).to_contain_text("PixelCNN, as shipped")
    page.goto("/together/?q=imagine&v=1")
    expect(page.locator("#together-pixelcnn-mnist .entry img")).to_have_count(4, timeout=FIRST)
    expect(page.locator("#together-yours")).to_be_hidden()


def test_maps_and_files_stand_below_the_bill_and_are_gone_with_another_digit(page: Page) -> None:
    page.goto("/together/?tab=guess&round=3&pixels=20")
    board = page.locator("#guess-board .easel-guess")
    expect(board).to_have_attribute("data-loaded", re.compile("3-"))
    expect(page.locator("#guess-player")).to_be_hidden()
    for at in range(int(str(board.get_attribute("data-loaded")).split("-")[1])):
        expect(board).to_have_attribute("data-at", str(at))
        board.locator('[data-bet="30"]').click()
    count = 3 + len(shown_in("pixel_paint")) + 1
    expect(page.locator("#guess-player .pic")).to_have_count(count)
    expect(page.locator("#guess-files .row")).to_have_count(
        len(shown_in("pixel_paint")), timeout=60_000
    )  # one has none
    sizes = {each.split("\n")[0]: int(each.split("\n")[-1].split()[0]) for each in rows(page)}
    assert sizes.pop("PNG") > max(sizes.values())
    page.locator("#guess-another").click()
    expect(page.locator("#guess-player")).to_be_hidden()


def rows(page: Page) -> list[str]:
    """The rows of the files, a name and a number of bytes each."""
    return [each.inner_text() for each in page.locator("#guess-files .row").all()]


@pytest.mark.parametrize("width", [390, 1440])
def test_eight_looks_are_placed_by_keys_and_mouse_and_the_link_is_a_challenge(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/together/?tab=looks&scene=4")
    board, look = page.locator("#looks-aim .easel-aim"), page.locator("#looks-look")
    for left in range(7, -1, -1):
        before = board.get_attribute("data-loaded")
        board.locator("canvas").press("ArrowLeft" if left % 2 else "+")
        look.click()
        expect(page.locator("#looks-status")).to_contain_text(f"{left} look" if left else "No look is left")
        expect(board).not_to_have_attribute("data-loaded", str(before))
    look.click()
    expect(page.get_by_text("That were all 8 looks")).to_be_visible()
    expect(page.locator("#looks-player")).to_be_hidden()
    page.locator("#looks-digit").get_by_text("2", exact=True).click()
    expect(page.locator("#looks-verdict")).to_contain_text("It is a 2. You said a 2 after 8 looks: right.")
    expect(page.locator("#looks-verdict")).to_contain_text("With your looks it says")
    expect(page.locator("#looks-player .easel-player")).to_have_attribute("data-step", "7")
    page.wait_for_url("**beat=8**")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.reload()
    expect(page.locator("#looks-beat")).to_contain_text("named after 8 looks")
    expect(page.locator("#looks-player")).to_be_hidden()
    page.locator("#looks-another").click()
    expect(page.locator("#looks-beat")).not_to_contain_text("named after")


@pytest.mark.parametrize("beat", ["many", "9", "2.5"])
def test_a_challenge_of_no_number_of_looks_is_refused_in_a_sentence(page: Page, beat: str) -> None:
    page.goto(f"/together/?tab=looks&beat={beat}")
    expect(page.locator(".easel-note")).to_contain_text("could not be read (beat)")
    expect(page.locator("#looks-beat")).not_to_contain_text("named after")


def test_who_names_before_looking_is_asked_to_look(page: Page) -> None:
    page.goto("/together/?tab=looks&scene=9")
    expect(page.locator("#looks-aim .easel-aim")).to_have_attribute("data-loaded", re.compile(".+"))
    page.locator("#looks-digit").get_by_text("5", exact=True).click()
    expect(page.get_by_text("Look first")).to_be_visible()
