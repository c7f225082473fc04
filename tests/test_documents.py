"""What ARCHITECTURE.md says of the tree is the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.training import evaluation
from core.training.registry import REGISTRY
from scripts import make_addresses, make_reference

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 23
"""Columns of a folder's name in the drawing."""


def drawn() -> dict[str, set[str]]:
    """Folder -> the modules that stand behind it, of those below ``core/`` and ``viz/``."""
    block = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("```")[1]
    found: dict[str, str] = {}
    for line in block.strip().splitlines():
        if folder := line[:WIDTH].strip():
            found[folder] = ""
            last = folder
        found[last] += " " + line[WIDTH:]
    return {
        folder: set(text.rpartition(": ")[2].split())
        for folder, text in found.items()
        if folder.startswith(("core/", "viz/"))
    }


def real() -> dict[str, set[str]]:
    """The same from the files; a widget, a folder of its own, counts as one of the folder above."""
    found: dict[str, set[str]] = {}
    for file in [*(ROOT / "core").rglob("*.py"), *(ROOT / "viz").rglob("*.py")]:
        folder = file.relative_to(ROOT).parent
        if folder.parts[:2] == ("viz", "widgets") and len(folder.parts) == 3:
            continue
        if not file.name.startswith("__"):
            found.setdefault(f"{folder.as_posix()}/", set()).add(file.stem)
    return found


def test_the_tree_in_the_architecture_is_the_tree() -> None:
    assert drawn() == real()


def test_all_widgets_are_named_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = re.search(r"The widgets are ([\w, \n]+)\.", text)
    assert named is not None
    widgets = {file.parent.name for file in (ROOT / "viz" / "widgets").glob("*/__init__.py")}
    assert set(re.split(r",\s+", named[1])) == widgets


@pytest.mark.slow
def test_the_table_of_addresses_is_that_of_the_pages() -> None:
    assert make_addresses.FILE.read_text("utf-8") == make_addresses.addresses()


def test_the_reference_of_the_api_is_that_of_the_endpoints() -> None:
    assert make_reference.FILE.read_text("utf-8") == make_reference.reference(), "Run python -m scripts.make_reference."


def test_the_table_of_all_figures_is_what_the_cards_say(capsys: pytest.CaptureFixture[str]) -> None:
    evaluation.main(["--all", "--markdown"])
    printed = capsys.readouterr().out
    assert printed == (ROOT / "FIGURES.md").read_text("utf-8"), (
        "python -m core.evaluation --all --markdown > FIGURES.md"
    )
    for name in REGISTRY:
        assert f"| `{name}` |" in printed
    assert "84.57 ± 0.23 |" in printed and "2.45 bits/dim" in printed and "3.21 % wrong" in printed


@pytest.mark.parametrize("arguments", [["--all"], ["--markdown"], [], ["draw-mnist", "--all", "--markdown"]])
def test_a_command_that_names_neither_one_model_nor_all_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        evaluation.main(arguments)
