"""What the page shows before any weight is loaded is what these weights paint."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.training.checkpoints import read_card
from scripts import make_novelty
from scripts.make_assets import make
from scripts.make_novelty import imagined
from viz.player.payload import panel_data
from viz.tabs.common import ASSETS, stored
from viz.tabs.subject import examples, gallery
from viz.widgets.hand.hand import ink_of

NUMBER = r"-?\d+(?:\.\d+)?"
NAMES = sorted(path.stem for path in ASSETS.glob("*.json"))


def sheet_of(url: str) -> Image.Image:
    """The picture behind a data URL."""
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@pytest.fixture(scope="module")
def painted_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    make(folder)
    return folder


@pytest.mark.slow
def test_the_script_makes_just_the_assets_that_are_there(painted_now: Path) -> None:
    assert sorted(path.stem for path in painted_now.glob("*.json")) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_stored_painting_is_what_the_weights_paint(painted_now: Path, name: str) -> None:
    old, new = stored(name), json.loads((painted_now / f"{name}.json").read_text(encoding="utf-8"))
    assert old.keys() == new.keys()
    if name == "vae-code":
        np.testing.assert_allclose(old["at"], new["at"], atol=0.02)
        assert (old["labels"], old["dead"]) == (new["labels"], new["dead"])
        return
    if name.startswith("start-"):
        prices = [np.array(re.findall(NUMBER, shown["price"]), float) for shown in (old, new)]
        np.testing.assert_allclose(*prices, atol=1.01)
        old, new = old["player"], new["player"]
    if name == "filterbank":
        assert old["words"] == new["words"] and old["formula"] == new["formula"]
        drawings = [re.sub(r"base64,[^\"]*", "", shown["drawing"]) for shown in (old, new)]  # zlib packs as it likes
        assert re.sub(NUMBER, "", drawings[0]) == re.sub(NUMBER, "", drawings[1])
        numbers = [np.array(re.findall(NUMBER, drawing), float) for drawing in drawings]
        np.testing.assert_allclose(*numbers, atol=0.11)
        return
    if name in ("cost-bars", "compare-tally"):
        assert re.sub(NUMBER, "", old["html"]) == re.sub(NUMBER, "", new["html"])
        numbers = [np.array(re.findall(NUMBER, shown["html"]), float) for shown in (old, new)]
        np.testing.assert_allclose(*numbers, atol=0.11)
        return
    if name == "look-own":
        np.testing.assert_allclose(old["aim"]["box"], new["aim"]["box"], atol=0.05)
        np.testing.assert_allclose(old["aim"]["ghosts"], new["aim"]["ghosts"], atol=0.05)
        for part in ("lists", "words"):
            shown = [re.sub(r"base64,[^']*", "", each[part]) for each in (old, new)]
            assert re.sub(NUMBER, "", shown[0]) == re.sub(NUMBER, "", shown[1])
            numbers = [np.array(re.findall(NUMBER, text), float) for text in shown]
            np.testing.assert_allclose(*numbers, atol=1.01)  # percent, rounded
        return
    if name == "map":
        assert (old["axes"], old["model"], old["words"]) == (new["axes"], new["model"], new["words"])
        assert (old["dots"], old["classes"], old["half"]) == (new["dots"], new["classes"], new["half"])
        sheets = [np.asarray(sheet_of(each["lattice"]), int) for each in (old, new)]
        assert np.abs(sheets[0] - sheets[1]).max() <= 5  # one of 64 grey levels
        return
    if name == "map-cloud":
        for part in ("mean", "centre", "half_axes", "points"):
            np.testing.assert_allclose(old[part], new[part], atol=0.01)
        pictures = [np.frombuffer(base64.b64decode(each["pictures"]), np.uint8).astype(int) for each in (old, new)]
        assert np.abs(pictures[0] - pictures[1]).max() <= 2
        return
    if name == "pen-under":
        assert old["at"] == new["at"]
        pictures = [ink_of(each["bits"]) for each in (old, new)]
        assert (pictures[0] != pictures[1]).sum() <= 2  # a pixel on the edge may fall the other way
        return
    if name == "pen-aim":
        np.testing.assert_allclose(old["box"], new["box"], atol=0.01)
        np.testing.assert_allclose(old["ghosts"], new["ghosts"], atol=0.02)
        return
    assert (old["id"], old["steps"], old["cells"]) == (name, new["steps"], new["cells"])
    for before, now in zip(old["panels"], new["panels"], strict=True):
        # One grey level either way is rounding on another processor.
        assert np.abs(panel_data(before).astype(int) - panel_data(now)).max() <= 2


@pytest.mark.slow
def test_the_gallery_and_the_examples_are_twenty_different_digits(painted_now: Path) -> None:
    with np.load(painted_now / "gallery.npz") as new, np.load(ASSETS / "gallery.npz") as old:
        assert (new["bits"] == old["bits"]).all()
    with np.load(painted_now / "colour.npz") as new, np.load(ASSETS / "colour.npz") as old:
        for name in old.files:
            # A value on the edge may fall the other way on another processor, and all that follow with it.
            assert (new[name] == old[name]).mean() > 0.9 or (new[name][:, :8] == old[name][:, :8]).mean() > 0.99
    pictures = np.concatenate([examples(), gallery()])
    assert pictures.shape == (20, 28, 28) and set(np.unique(pictures)) == {0, 255}
    assert len({picture.tobytes() for picture in pictures}) == 20


def test_the_distances_are_those_of_the_weights_that_are_there_and_of_the_pictures_that_are_shown() -> None:
    with np.load(ASSETS / "novelty.npz") as file:
        found = {name: file[name] for name in file.files}
    assert str(found["sha256"]) == read_card("draw-mnist")["sha256"], "run `python -m scripts.make_novelty`"
    pictures = imagined(make_novelty.COUNT)[: make_novelty.SHOWN]
    # A draw within rounding of its probability may fall the other way on another processor.
    assert (np.packbits(pictures, axis=1) == found["bits"]).mean() > 0.99
    assert all(len(found[name]) == make_novelty.COUNT for name in ("imagined", "test", "train"))
    assert found["imagined"].min() > 0
