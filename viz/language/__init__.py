"""The languages of the page: each text is written in English where it is used, and :func:`say` gives it in another.

The catalogues are ``LANGUAGE.po`` beside this file, of gettext's kind; ``python -m scripts.make_words`` brings them up
to date. Which language is spoken is a matter of the page that is built or that is answering: no handler carries it.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.sentences import Clause, Sentence

T = TypeVar("T")
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
HERE = Path(__file__).parent
ENGLISH = "en"
NAMES = {ENGLISH: "English", "zh": "中文"}
"""Each language by its key in an address, as those who speak it call it."""

_now: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken() -> str:
    """The key of the language that is spoken here."""
    return _now.get()


def language_of(path: str) -> str:
    """The language of the page at a path."""
    first = path.strip("/").partition("/")[0]
    return first if first in NAMES else ENGLISH


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within the block :func:`say` speaks ``language``. Raises ``KeyError`` for one that there is not."""
    before = _now.set(language if language in NAMES else NAMES[language])
    try:
        yield
    finally:
        _now.reset(before)


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of a language; where one is missing, and for English, the text itself."""
    if language == ENGLISH:
        return NullTranslations()
    packed = io.BytesIO()
    with (HERE / f"{language}.po").open("rb") as file:
        write_mo(packed, read_po(file, language))
    packed.seek(0)
    return GNUTranslations(packed)


def say(text: T, /, **values: Any) -> T:
    """A text in the language that is spoken, with ``values`` in the place of its ``{names}``.

    Of a table, a list, a tuple or a dictionary of texts, however deep, each text but not the keys.
    """
    if isinstance(text, Sentence):
        said = say(text.text, **{name: say(value) for name, value in text.values.items()})
        return said.rstrip(".。") if isinstance(text, Clause) else said  # type: ignore[return-value]
    if isinstance(text, str):
        said = catalogue(spoken()).gettext(text) if text else text
        return said.format(**values) if values else said  # type: ignore[return-value]
    if spoken() == ENGLISH:
        return text
    match text:
        case dict():
            return {key: say(each) for key, each in text.items()}  # type: ignore[return-value]
        case list():
            return [say(each) for each in text]  # type: ignore[return-value]
        case tuple():
            return tuple(say(each) for each in text)  # type: ignore[return-value]
    return text


def in_this(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """``function``, speaking the language of the page that is being built: for what Gradio calls past the page."""
    language = spoken()

    @functools.wraps(function)
    def wrapper(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        with speaking(language):
            return function(*args, **kwargs)

    return wrapper


@cache
def for_scripts(language: str) -> dict[str, str]:
    """What the widgets' code says, in a language: texts by their English."""
    if language == ENGLISH:
        return {}
    with (HERE / f"{language}.po").open("rb") as file:
        found = read_po(file, language)
    scripts = (each for each in found if any(name.endswith(".js") for name, _ in each.locations))
    return {str(each.id): str(each.string) for each in scripts if each.string}


def say_count(text: str, texts: str, count: int) -> str:
    """``text``, or ``texts`` where there is not one, with ``count`` in the place of ``{n}``; languages decide which."""
    return catalogue(spoken()).ngettext(text, texts, count).format(n=f"{count:,}")
