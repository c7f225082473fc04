"""Texts for people that are put together in one place and said in another, in the language that is spoken there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import reduce
from typing import Any


class Sentence(str):
    """A text in English that knows what it was made of: ``text``, and ``values`` for its ``{names}``.

    So it can be said in another language. A value may be such a text itself.
    """

    __slots__ = ("text", "values")
    text: str
    values: dict[str, object]

    def __new__(cls, text: str = "", /, **values: object) -> Sentence:
        made = super().__new__(cls, text.format(**values) if values else text)
        made.text, made.values = text, values
        return made


class Clause(Sentence):
    """A sentence as a part of another, that is without its full stop."""

    __slots__ = ()

    def __new__(cls, text: str = "", /, **values: object) -> Clause:
        whole = Sentence(text, **values)
        made = str.__new__(cls, whole.removesuffix("."))
        made.text, made.values = text, values
        return made


def listed(parts: Iterable[Sentence]) -> Sentence:
    """At least one text, as a list in a sentence."""
    return reduce(lambda before, part: Sentence("{before}, {part}", before=before, part=part), parts)


def in_a_row(parts: Iterable[Sentence]) -> Sentence:
    """Sentences one after the other; empty ones are left out."""
    rest = [part for part in parts if part]
    return (
        reduce(lambda before, part: Sentence("{before} {part}", before=before, part=part), rest) if rest else Sentence()
    )


def packed(text: Sentence) -> str:
    """As JSON, from which :func:`unpacked` makes it again."""

    def plain(value: object) -> Any:
        if isinstance(value, Sentence):
            values = {name: plain(each) for name, each in value.values.items()}
            return {"text": value.text, "values": values, "clause": isinstance(value, Clause)}
        return value if isinstance(value, str | int | float) else str(value)

    return json.dumps(plain(text))


def unpacked(data: str) -> Sentence:
    """What :func:`packed` gave; what else there is stands for itself."""

    def made(value: Any) -> Any:
        if isinstance(value, dict):
            kind = Clause if value["clause"] else Sentence
            return kind(value["text"], **{name: made(each) for name, each in value["values"].items()})
        return value

    try:
        found = made(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        found = None
    return found if isinstance(found, Sentence) else Sentence(data)
