"""What a person reads on the way: a line on each control, and not more than 90 words beside a stage."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

from core.studio.runtime import Runtime
from viz import tabs
from viz.address import Address
from viz.layout import build_rooms
from viz.widgets.address.hints import HINTS, hint

TABS = [import_module(f"viz.tabs.{each.name}") for each in iter_modules(tabs.__path__)]
MOST = 90
"""Words of an explanation before the first fold."""


def test_each_control_has_a_hint_of_one_line_and_no_hint_is_of_a_control_that_has_gone() -> None:
    used = set()
    for room in build_rooms(Runtime()).values():
        address = getattr(room, "address", None)
        for control in address.controls if isinstance(address, Address) else ():
            said = hint(control.tab, control.name)
            assert re.fullmatch(r"[^.]+\.|0: [^.]+\.", said) and len(said) <= 80, said
            used.add(f"{control.tab}/{control.name}" if f"{control.tab}/{control.name}" in HINTS else control.name)
    assert used == set(HINTS)


@pytest.mark.parametrize("tab", [each for each in TABS if hasattr(each, "TEXT")], ids=lambda tab: tab.__name__)
def test_an_explanation_has_at_most_ninety_words_before_its_first_fold(tab: object) -> None:
    text = str(vars(tab)["TEXT"])
    assert len(re.sub(r"[*$#]", "", text).split()) <= MOST
