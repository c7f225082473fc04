"""What the widgets' code takes for the shape of its values is what Python sends."""

from __future__ import annotations

from typing import NotRequired, TypedDict

import pytest

from scripts import make_types


class Inner(TypedDict):
    """Within."""

    a: int | None


class Outer(TypedDict):
    """Without."""

    many: list[Inner]
    named: NotRequired[dict[str, str | int]]


def test_the_types_that_the_javascript_is_checked_against_are_those_of_the_python() -> None:
    assert make_types.FILE.read_text(encoding="utf-8") == make_types.text(), "Run python -m scripts.make_types."


def test_optional_fields_lists_and_what_they_hold_are_written_as_typescript() -> None:
    needed: dict[str, object] = {}
    assert make_types.interface(Outer, needed).splitlines()[3:] == [
        "export interface Outer {",
        "  many: Inner[];",
        "  named?: Record<string, string | number>;",
        "}",
    ]
    assert needed == {"Inner": Inner}
    assert "  a: number | null;" in make_types.interface(Inner, needed)


def test_a_type_without_a_counterpart_is_refused() -> None:
    with pytest.raises(TypeError, match="no counterpart"):
        make_types.name_of(complex, {})
