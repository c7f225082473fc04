"""A file of the page's own that is missing or damaged costs the room that shows it, not the app."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from core.studio.runtime import Runtime
from viz.language import ENGLISH, language_of
from viz.layout import build_rooms
from viz.page import MISSING
from viz.views import assets
from viz.views.assets import ASSETS, AssetError, intact, stored


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = Path(shutil.copytree(ASSETS, tmp_path / "assets"))
    monkeypatch.setattr(assets, "ASSETS", copied)
    return copied


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_nothing(path: Path) -> None:
    path.write_text("{}")


DAMAGES = (Path.unlink, cut_short, a_folder, of_nothing)


def sentences(rooms: Mapping[str, gr.Blocks]) -> list[str]:
    """What stands in the places of rooms that could not be built."""
    blocks = [block for room in rooms.values() for block in room.blocks.values()]
    return [str(block.value) for block in blocks if MISSING in (getattr(block, "elem_classes", None) or [])]


@pytest.mark.slow
def test_all_rooms_are_built_from_what_is_there() -> None:
    assert sentences(build_rooms(Runtime())) == []


@pytest.mark.slow
def test_a_damaged_file_costs_its_room_and_the_others_are_built(folder: Path) -> None:
    for name in ("two-digits", "map"):
        cut_short(folder / f"{name}.json")
    rooms = {path: room for path, room in build_rooms(Runtime()).items() if language_of(path) == ENGLISH}
    assert sentences(rooms) == [
        f"<p>The file {name}.json of this page is missing or damaged: fetch it again.</p>"
        for name in ("map", "two-digits")
    ]
    ids = {getattr(block, "elem_id", None) for room in rooms.values() for block in room.blocks.values()}
    assert {"draw-player", "pixels-player", "start-draw"} <= ids and "map-chart" not in ids
    for room in rooms.values():
        wired = {block._id for handler in room.fns.values() for block in [*handler.inputs, *handler.outputs]}
        assert wired <= set(room.blocks)  # no event of the room is left behind


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_one_sentence(folder: Path, damage: Callable[[Path], Any]) -> None:
    damage(folder / "map.json")
    with pytest.raises(AssetError, match=r"^The file map\.json of this page is missing or damaged: fetch it again\.$"):
        stored("map")


@pytest.mark.parametrize("damage", DAMAGES)
def test_arrays_are_read_whole_or_not_at_all(folder: Path, damage: Callable[[Path], Any]) -> None:
    damage(folder / "gallery.npz")
    with pytest.raises(AssetError, match=r"gallery\.npz"), intact("gallery.npz") as stream, np.load(stream) as file:
        file["bits"]
