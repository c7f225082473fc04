"""Bringing a picture of one's own: what was read stands beside it, in a place that was kept for it."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab


def sheet(path: Path) -> Path:
    """A seven on a sheet that lies on a dark desk."""
    image = Image.new("L", (420, 420), 60)
    image.paste(255, (70, 70, 350, 350))
    ImageDraw.Draw(image).line([(140, 130), (280, 130), (200, 300)], 0, 24, "curve")
    image.save(path)
    return path


@pytest.mark.kept_page
def test_what_was_read_stands_beside_what_was_brought(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    open_tab("Stroke by stroke")
    note = page.locator("#desk-read")
    expect(note).to_contain_text("One digit, dark on light or light on dark.")
    with page.expect_file_chooser() as chooser:
        page.locator("#desk-upload").click()
    chooser.value.set_files(sheet(tmp_path / "sheet.png"))
    expect(note).to_contain_text("Read as dark ink on light paper; the surroundings were cut off.")
    expect(note.get_by_alt_text("Your picture")).to_be_visible()
    expect(note.get_by_alt_text("What was read")).to_be_visible()


@pytest.mark.kept_page
def test_what_cannot_be_read_is_refused_in_one_sentence(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    open_tab("Stroke by stroke")
    document = tmp_path / "scan.png"
    document.write_bytes(b"%PDF-1.7\n" * 20)
    with page.expect_file_chooser() as chooser:
        page.locator("#desk-upload").click()
    chooser.value.set_files(document)
    expect(page.get_by_text("is a PDF document, not a picture")).to_be_visible()
