"""Under the lens: what a person sees who points at pixels, breaks a mask and turns the switches."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import SIDE, Player

MODELS = 7


class Lens:
    """A lens on the page."""

    def __init__(self, page: Page, elem_id: str) -> None:
        self.page, self.root = page, page.locator(f"#{elem_id} .easel-lens")
        self.canvas, self.sentence = self.root.locator(".large canvas"), self.root.locator(".sentence")

    def point(self, row: int, column: int) -> None:
        """Press a pixel of the large picture."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        assert box is not None
        x, y = (column + 0.5) / SIDE * box["width"], (row + 0.5) / SIDE * box["height"]
        self.canvas.click(position={"x": x, "y": y})

    def expect_all_answers(self, row: int, column: int) -> None:
        expect(self.root).to_have_attribute("data-missing", "0")
        expect(self.root).to_have_attribute("data-row", str(row))
        expect(self.root).to_have_attribute("data-column", str(column))

    def back_to_the_middle(self) -> None:
        """Where every lens begins."""
        self.point(14, 14)
        self.expect_all_answers(14, 14)

    def counts(self) -> list[str]:
        return self.root.locator(".views .count").all_inner_texts()

    def colour(self, row: int, column: int) -> list[int]:
        """Red, green and blue on the large canvas, beside the centre of a pixel: there may be a cross on it."""
        place: list[int] = self.canvas.evaluate(
            """(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(
                 Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data.slice(0, 3)]""",
            [(column + 0.5) / SIDE, (row + 0.12) / SIDE],
        )
        return place


@pytest.fixture
def lens_tab(open_tab: OpenTab) -> Any:
    open_tab("Pixel by pixel")
    return open_tab("Under the lens")


def test_the_fields_of_all_models_come_by_themselves_and_follow_the_pixel(page: Page, lens_tab: Locator) -> None:
    lens = Lens(page, "lens-field")
    lens.expect_all_answers(14, 14)
    expect(lens.root).to_have_attribute("data-chosen", "pixelcnn-mnist")
    first = lens.counts()
    assert len(first) == MODELS and all(re.fullmatch(r"\d+ of \d+", count) for count in first)
    assert "60 of 406" in first and "405 of 406" in first  # MCGSM's window, and Diagonal BiLSTM's full past
    expect(lens.sentence).to_contain_text(re.compile(r"PixelCNN sees \d+ of the 406 pixels before it"))
    lens.point(20, 6)
    lens.expect_all_answers(20, 6)
    expect(lens.root.locator(".where")).to_have_text("Row 21, column 7")
    expect(lens.sentence).to_contain_text("of the 566 pixels before it")
    lens.root.locator(".views button", has_text="Gated PixelCNN").click()
    expect(lens.sentence).to_contain_text("none in a blind spot")
    expect(lens.root.locator('[aria-pressed="true"]')).to_contain_text("Gated PixelCNN")


@pytest.mark.kept_page
def test_of_two_quick_presses_the_last_one_is_answered(page: Page, lens_tab: Locator) -> None:
    lens = Lens(page, "lens-field")
    lens.back_to_the_middle()
    lens.point(2, 2)
    lens.point(9, 20)
    lens.expect_all_answers(9, 20)
    expect(lens.sentence).to_contain_text("of the 272 pixels before it")


@pytest.mark.kept_page
def test_a_pixel_is_chosen_with_the_keyboard_alone(page: Page, lens_tab: Locator) -> None:
    lens = Lens(page, "lens-field")
    lens.back_to_the_middle()
    lens.canvas.focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    lens.expect_all_answers(13, 12)
    expect(lens.root.locator(".spoken")).to_contain_text("row 14, column 13")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(lens.root).to_have_attribute("data-chosen", "mcgsm-mnist")


@pytest.mark.kept_page
def test_the_field_is_drawn_where_the_window_of_mcgsm_lies(page: Page, lens_tab: Locator) -> None:
    lens = Lens(page, "lens-field")
    lens.back_to_the_middle()
    lens.root.locator(".views button", has_text="MCGSM").click()
    expect(lens.sentence).to_contain_text("60 of the 406")
    seen, unseen, future = lens.colour(12, 12), lens.colour(3, 3), lens.colour(25, 25)
    assert seen[2] > unseen[2] + 40 and seen[2] > seen[1]
    assert max(unseen) - min(unseen) < 12  # grey: no colour says "seen"
    assert future != unseen


def test_another_picture_is_asked_about_at_the_same_pixel(page: Page, lens_tab: Locator) -> None:
    lens, film = Lens(page, "lens-field"), Player(page, "lens-scan")
    lens.point(10, 10)
    lens.expect_all_answers(10, 10)
    old, scan = lens.root.get_attribute("data-loaded") or "", film.loaded()
    page.locator('#lens-examples [data-act="pick"]').nth(8).click()
    expect(lens.root).not_to_have_attribute("data-loaded", old)
    film.wait_for_another(scan)
    lens.expect_all_answers(10, 10)


@pytest.mark.kept_page
def test_no_model_leaks_until_its_mask_is_broken(page: Page, lens_tab: Locator) -> None:
    lens = Lens(page, "lens-leak")
    expect(lens.sentence).to_contain_text("Press a pixel")
    assert not any(re.search(r"\d", count) for count in lens.counts())  # nothing is tested before it is asked for
    lens.root.locator('[data-act="ask"]').click()
    lens.expect_all_answers(14, 14)
    assert all(count.startswith("✓ 0 of ") for count in lens.counts())
    expect(lens.sentence).to_contain_text("PixelCNN: nothing before it moved")
    page.locator("#lens-broken input").check()
    expect(lens.sentence).to_contain_text("Caught. PixelCNN with a broken mask: its own logit moved")
    lens.expect_all_answers(14, 14)
    assert sorted(count[0] for count in lens.counts()) == ["✓"] * (MODELS - 1) + ["✗"]
    red, green, blue = lens.colour(14, 14)
    assert red > 200 and red > green + 80 and red > blue + 80
    page.locator("#lens-broken input").uncheck()
    expect(lens.sentence).to_contain_text("PixelCNN: nothing before it moved")


@pytest.mark.kept_page
def test_the_masks_follow_their_switches(page: Page, lens_tab: Locator) -> None:
    picture, words = page.locator("#lens-mask svg"), page.locator("#lens-mask-words")
    expect(picture).to_have_attribute("aria-label", "one kernel of 5×5 taps; 12 of 25 taps are live")
    page.locator("#lens-mask-kind").get_by_text("B", exact=True).click()
    expect(picture).to_have_attribute("aria-label", "one kernel of 5×5 taps; 13 of 25 taps are live")
    expect(words).to_contain_text("keeps the centre")
    page.locator("#lens-mask-channels").get_by_text("R, G, B").click()
    expect(picture.locator(".kernel")).to_have_count(9)
    page.locator("#lens-mask-size").get_by_text("3×3").click()
    expect(picture).to_have_attribute("aria-label", "3×3 kernels of 3×3 taps; 42 of 81 taps are live")
    expect(words).to_contain_text("blue hears red, green and blue")


@pytest.mark.kept_page
def test_the_orders_of_the_visits_play(page: Page, lens_tab: Locator) -> None:
    film = Player(page, "lens-scan")
    old = film.loaded()
    steps = {"Row LSTM": 14, "from the right": 27, "Multi-Scale": 49, "from the left": 27}
    for name, count in steps.items():
        page.locator("#lens-order label", has_text=name).click()
        old = film.wait_for_another(old)
        assert film.value()["steps"] == count and len(film.value()["panels"]) == 2
    film.root.locator(".line").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lens-scan-narrator .title")).to_have_text("Diagonal 2 of 27")
    expect(page.locator("#lens-scan-narrator .sentence")).to_contain_text("All 2 states of this diagonal")


@pytest.mark.kept_page
def test_nothing_is_cut_off_on_a_phone(page: Page, lens_tab: Locator) -> None:
    page.set_viewport_size(ViewportSize(width=360, height=740))
    Lens(page, "lens-field").expect_all_answers(14, 14)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for elem_id in ("lens-field", "lens-leak", "lens-mask", "lens-scan"):
        box = page.locator(f"#{elem_id}").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360
    large = Lens(page, "lens-leak").canvas.bounding_box()
    assert large is not None and large["width"] > 280
