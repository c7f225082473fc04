"""The languages of the page: what is said, in which, and that no text is missing, stale, or broken."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.data import own
from core.data.images import ImageError
from scripts import make_words
from viz.errors import said
from viz.language import ENGLISH, HERE, NAMES, in_this, language_of, say, say_count, speaking, spoken
from viz.widgets import web

OTHERS = sorted(set(NAMES) - {ENGLISH})
SLOTS = re.compile(r"\\text|\{\{?[^{}]*\}?\}|\[\[\w+\]\]|</?[a-zA-Z][^>]*>|\$\$?")
WORDS = re.compile(r"(\\text)\{[^{}]*\}")
"""Words inside a formula."""
READ_OUT = re.compile(r"""(aria-label|title|alt|placeholder)=("[^"]*"|'[^']*')""")


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_in_a_catalogue_and_none_is_stale(language: str) -> None:
    assert make_words.updated(language, make_words.template())[1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_placeholders_tags_and_formulas(language: str) -> None:
    with (HERE / f"{language}.po").open("rb") as file:
        found = [message for message in read_po(file, language) if isinstance(message.id, str) and message.id]
    assert [each.id for each in found if slots(each.id) != slots(str(each.string))] == []


def slots(text: str) -> Counter[str]:
    """What a translation may not change, and how often it stands there."""
    return Counter(SLOTS.findall(WORDS.sub(r"\1", READ_OUT.sub(r"\1", text))))


def test_english_is_the_text_itself() -> None:
    assert say("Stopped at {n}.", n=3) == "Stopped at 3." and spoken() == ENGLISH


def test_a_table_is_said_text_by_text_and_keeps_its_keys() -> None:
    with speaking("zh"):
        assert say({"Paint": ["Stop", ("Seed", 3)]}) == {"Paint": [say("Stop"), (say("Seed"), 3)]}
        assert say("Stop") != "Stop"


def test_counts_are_said_as_the_language_counts() -> None:
    assert [say_count("{n} pixel", "{n} pixels", n) for n in (1, 2)] == ["1 pixel", "2 pixels"]
    with speaking("zh"):
        assert say_count("{n} pixel", "{n} pixels", 1)[1:] == say_count("{n} pixel", "{n} pixels", 2)[1:]


def test_an_error_of_the_core_is_said_in_the_page_s_language() -> None:
    error = ImageError("{name} is empty.", name="a.png")
    assert str(error) == said(error) == "a.png is empty."
    with speaking("zh"):
        assert "a.png" in said(error) and "empty" not in said(error)


def test_files_of_which_none_can_be_read_are_refused_without_an_english_word_for_their_number(tmp_path: Path) -> None:
    files = [tmp_path / "no.png", tmp_path / "nor.png"]
    for file in files:
        file.write_bytes(b"nothing")
    with pytest.raises(ImageError, match="none could be read") as refused:
        own.collected(files, tmp_path / "kept")
    with speaking("zh"):
        assert say("none") not in said(refused.value) and "none" not in said(refused.value)


def test_what_gradio_calls_past_the_page_speaks_the_language_of_the_page_that_was_built() -> None:
    with speaking("zh"):
        kept = in_this(spoken)
    assert kept() == "zh" and spoken() == ENGLISH


def test_a_language_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError), speaking("tlh"):
        pass


def test_the_first_part_of_a_path_names_the_language() -> None:
    assert [language_of(path) for path in ("/", "/draw/", "/zh/", "/zh/draw/", "/zhang/")] == [
        ENGLISH, ENGLISH, "zh", "zh", ENGLISH,
    ]  # fmt: skip


def test_all_that_a_widget_s_code_says_is_gathered() -> None:
    """A text within a template literal, or put together, would be said in English everywhere."""
    for file in sorted((make_words.ROOT / "viz" / "widgets").rglob("*.js")):
        calls = re.findall(r"(?<![\w.'])say\(", re.sub(r"(?m)^\s*(?://|/?\*).*$", "", file.read_text("utf-8")))
        assert len(calls) == len(list(make_words.of_script(file))), file
        assert not any("${" in text for text in make_words.of_script(file)), file


def test_the_texts_of_a_markup_file_are_gathered() -> None:
    assert {"Play", "Previous step", "In words"} <= set(make_words.of_markup(web.HERE / "player" / "player.html"))


def test_no_style_sheet_finds_its_elements_by_a_text_that_is_said() -> None:
    sheets = sorted((make_words.ROOT / "viz").rglob("*.css"))
    found = [
        sheet.name for sheet in sheets if re.search(r"\[(?:aria-label|title|placeholder|alt)\b", sheet.read_text())
    ]
    assert sheets and found == []
