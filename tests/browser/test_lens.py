"""Under the lens: what a person sees who points at pixels, breaks a mask and turns the switches."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.helpers import SIDE, Player, drag, focus, load, unfold

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
def lens_tab(page: Page) -> Locator:
    """The tab, on a page that is kept or fresh."""
    tab = page.locator(".lens-room")
    if not tab.is_visible():
        load(page, "/pixels/?tab=lens")
    expect(tab).to_be_visible()
    return tab


@pytest.mark.kept_page
def test_the_fields_of_all_models_come_unasked_and_follow_the_pixel(page: Page, lens_tab: Locator) -> None:
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
    focus(lens.canvas)
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
    focus(film.root.locator(".line"))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lens-scan-narrator .title")).to_have_text("Diagonal 2 of 27")
    expect(page.locator("#lens-scan-narrator .sentence")).to_contain_text(
        "All 2 states are computed at once on this diagonal"
    )


@pytest.mark.kept_page
def test_nothing_is_cut_off_on_a_phone(page: Page, lens_tab: Locator) -> None:
    page.set_viewport_size(ViewportSize(width=360, height=740))
    unfold(page)
    Lens(page, "lens-field").expect_all_answers(14, 14)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for elem_id in ("lens-field", "lens-leak", "lens-scanned", "lens-mask", "lens-scan"):
        box = page.locator(f"#{elem_id}").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360
    large = Lens(page, "lens-leak").canvas.bounding_box()
    assert large is not None and large["width"] > 280


def test_another_picture_is_asked_about_at_the_same_pixel(page: Page, lens_tab: Locator) -> None:
    lens, film = Lens(page, "lens-field"), Player(page, "lens-scan")
    lens.point(10, 10)
    lens.expect_all_answers(10, 10)
    old, scan = lens.root.get_attribute("data-loaded") or "", film.loaded()
    page.locator('#desk [data-example="8"]').click()
    expect(lens.root).not_to_have_attribute("data-loaded", old)
    film.wait_for_another(scan)
    lens.expect_all_answers(10, 10)


def test_pixel_view_broken_mask_and_switches_stand_in_the_address_and_come_back_from_it(page: Page) -> None:
    load(page, "/pixels/?tab=lens")
    fields, leak = Lens(page, "lens-field"), Lens(page, "lens-leak")
    fields.point(20, 6)
    fields.root.locator(".views button", has_text="Gated PixelCNN").click()
    page.locator("#lens-broken input").check()
    leak.point(5, 9)
    leak.root.locator(".views button", has_text="MCGSM").click()
    page.locator("#lens-mask-kind").get_by_text("B", exact=True).click()
    page.locator("#lens-order label", has_text="Row LSTM").click()
    said = {"pixel": "20,6", "model": "gated-pixelcnn-mnist", "flip": "5,9", "tested": "mcgsm-mnist"}
    said |= {"broken": "1", "mask": "B", "order": "rows", "tab": "lens"}
    page.wait_for_url(lambda url: said.items() <= dict(parse_qsl(urlsplit(url).query)).items())
    page.reload()
    fields.expect_all_answers(20, 6)
    expect(fields.root).to_have_attribute("data-chosen", "gated-pixelcnn-mnist")
    leak.canvas.scroll_into_view_if_needed()
    leak.expect_all_answers(5, 9)
    expect(leak.root).to_have_attribute("data-chosen", "mcgsm-mnist")
    assert sorted(count[0] for count in leak.counts()) == ["✓"] * (MODELS - 1) + ["✗"]
    expect(page.locator("#lens-mask svg")).to_have_attribute("aria-label", re.compile("13 of 25"))
    assert Player(page, "lens-scan").value()["steps"] == 14


def test_a_digit_that_is_drawn_meanwhile_is_the_one_that_is_answered_about(page: Page) -> None:
    load(page, "/pixels/?tab=lens&pixel=10,10&v=1")
    lens = Lens(page, "lens-field")
    lens.expect_all_answers(10, 10)
    first = lens.root.get_attribute("data-loaded")
    page.locator("#desk-editor [data-act=draw]").click()
    drag(page, page.locator("#desk-editor canvas").first, [(4.0, 4.0), (24.0, 4.0), (4.0, 8.0)])
    expect(lens.root).not_to_have_attribute("data-loaded", str(first))
    lens.expect_all_answers(10, 10)
    ink = page.locator("#desk-editor .easel-editor").get_attribute("data-ink")
    expect(lens.root).to_have_attribute("data-ink", str(ink))


@pytest.mark.kept_page
def test_on_a_4k_screen_words_are_larger_and_a_press_still_hits_the_pixel_under_the_mouse(page: Page) -> None:
    heights = []
    for width in (1440, 3840):
        page.set_viewport_size({"width": width, "height": 2160})
        load(page, "/pixels/?tab=lens")
        heading = page.get_by_role("heading", name="What a pixel sees").bounding_box()
        canvas = page.locator(".easel-lens canvas").first.bounding_box()
        assert heading and canvas
        heights.append(heading["height"])
    x, y = (canvas[start] + canvas[size] * 8.4 / 28 for start, size in (("x", "width"), ("y", "height")))
    page.mouse.click(x, y)
    page.wait_for_url("**pixel=8,8**")
    assert heights[1] == pytest.approx(1.5 * heights[0], rel=0.1)
