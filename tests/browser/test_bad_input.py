"""Whatever is handed in: one clear sentence, and the room goes on."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player, load


def digit(size: tuple[int, int] = (300, 400), mode: str = "RGB") -> Image.Image:
    """A dark seven on white."""
    picture = Image.new("RGB", size, "white")
    w, h = size
    ImageDraw.Draw(picture).line(
        [(0.25 * w, 0.2 * h), (0.7 * w, 0.2 * h), (0.45 * w, 0.8 * h)], fill="black", width=w // 12, joint="curve"
    )
    return picture.convert(mode)


def huge_png() -> bytes:
    """A PNG whose header alone promises 100 megapixels."""
    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def upload(page: Page, path: Path) -> None:
    """Choose a file as a person does."""
    with page.expect_file_chooser() as chooser:
        page.locator("#desk-upload").click()
    chooser.value.set_files(path)


def write_bad(folder: Path) -> dict[str, Path]:
    digit().save(folder / "whole.png")
    contents = {
        "text": b"I am no picture.",
        "truncated": (folder / "whole.png").read_bytes()[:200],
        "huge": huge_png(),
        "empty": b"",
    }
    Image.new("L", (50, 50), 255).save(folder / "blank.png")
    for name, data in contents.items():
        (folder / f"{name}.png").write_bytes(data)
    return {name: folder / f"{name}.png" for name in (*contents, "blank")}


@pytest.mark.kept_page
def test_bad_files_get_a_sentence_each_and_nothing_is_lost(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    open_tab("Stroke by stroke")
    editor, player = page.locator("#desk-editor .easel-editor"), Player(page, "draw-player")
    shown, ink = player.loaded(), editor.get_attribute("data-ink")
    for path in write_bad(tmp_path).values():
        upload(page, path)
        toast = page.get_by_test_id("toast-body").first
        expect(toast).to_be_visible()
        text = page.get_by_test_id("toast-text").first.inner_text()
        assert text.endswith(".") and "Traceback" not in text and len(text) < 160
        expect(toast.locator(".toast-title")).to_have_text("That did not work")
        page.get_by_test_id("toast-close").first.click()
        expect(page.get_by_test_id("toast-body")).to_have_count(0)
    assert player.loaded() == shown and editor.get_attribute("data-ink") == ink
    page.locator("#draw-paint").click()
    player.wait_for_another(shown)


def test_a_chinese_page_says_in_chinese_that_it_did_not_work(page: Page, tmp_path: Path) -> None:
    page.goto("/zh/draw/")
    upload(page, write_bad(tmp_path)["text"])
    expect(page.locator(".toast-title")).to_have_text("没有成功")
    expect(page.get_by_test_id("toast-text")).to_have_text(re.compile("。$"))


@pytest.mark.kept_page
@pytest.mark.parametrize("kind", ["rgba.png", "turned.jpg", "moving.gif", "wide.png"])
def test_odd_but_good_pictures_land_in_the_editor(page: Page, tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    match kind:
        case "rgba.png":
            digit(mode="RGBA").save(path)
        case "turned.jpg":
            turned = digit().rotate(90, expand=True)
            exif = Image.Exif()
            exif[0x0112] = 6
            turned.save(path, exif=exif)
        case "moving.gif":
            digit(mode="P").save(path, save_all=True, append_images=[Image.new("P", (300, 400))])
        case "wide.png":
            digit((1600, 700), "L").save(path)
    if not page.locator("#draw-player").is_visible():
        load(page, "/draw/")
    editor, player = page.locator("#desk-editor .easel-editor"), Player(page, "draw-player")
    shown = player.loaded()
    page.locator('[data-example="1"]').click()  # the one before may have been read as the same digit
    shown = player.wait_for_another(shown)
    upload(page, path)
    player.wait_for_another(shown)
    assert 30 < int(editor.get_attribute("data-ink") or 0) < 350
