"""Wherever examples stand, it is said who made them, and the painted ones are what their class says."""

import os
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

import app
from core.data.mnist_digits import CHOSEN
from core.studio.runtime import Runtime
from core.studio.studio import Studio
from core.training.checkpoints import read_card
from tests.core.data.test_mnist_digits import write_mnist
from viz.serving.surroundings import Surroundings
from viz.tabs import subject
from viz.tabs.common import ASSETS
from viz.tabs.desk import offered
from viz.widgets.picker.picker import buttons, digit_of


def titles() -> list[str]:
    return [group.title for group in subject.groups()]


def test_two_groups_are_always_there_and_mnists_digits_where_they_are_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EASEL_DATA", raising=False)
    assert titles() == ["Painted by Gated PixelCNN", "Drawn by a program"]
    digits = np.zeros((max(CHOSEN) + 1, 28, 28), np.uint8)
    digits[:, 4:24, 12:16] = 255
    write_mnist(tmp_path, digits)
    monkeypatch.setenv("EASEL_DATA", str(tmp_path))
    assert titles()[2:] == ["Written by people: MNIST's test digits"]
    assert np.array_equal(subject.choices()[25], digits[0])


def test_the_picker_names_each_maker_before_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EASEL_DATA", raising=False)
    template = buttons(offered())
    assert re.findall(r"<(?:p|summary)>([^<]*)<", template) == titles()
    shown = [digit_of(bits, subject.choices()) for bits in re.findall('data-bits="([^"]*)"', template)]
    assert np.array_equal(shown[:10], subject.gallery()) and np.array_equal(shown[10:], subject.examples())


def test_the_gallery_says_who_painted_it_from_which_seed_and_with_which_weights() -> None:
    with np.load(ASSETS / "gallery.npz") as file:
        assert str(file["model"]) == subject.MAKER and len(file["picked"]) == 10 and file["seed"].ndim == 0
        assert str(file["sha256"]) == read_card(subject.MAKER)["sha256"], "run `python -m scripts.make_assets`"


def test_a_network_that_reads_digits_reads_each_painted_one_as_its_class() -> None:
    glimpses = Studio().glimpses
    for digit, pixels in enumerate(subject.gallery()):
        last = glimpses.look(glimpses.scene(pixels, 60, 0, 0, (16, 16)).pixels).steps[-1].scalars
        sure = [float(last[f"{k}_probability"][0]) for k in range(10)]
        assert np.argmax(sure) == digit and max(sure) > 0.9


def test_the_app_takes_the_folder_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_DATA", "somewhere")
    monkeypatch.setattr("sys.argv", ["app.py", "--data", "elsewhere"])
    app.asked(Surroundings("127.0.0.1", None, ""))
    assert os.environ["EASEL_DATA"] == "elsewhere"


def test_the_app_computes_where_it_is_told_and_ends_with_one_sentence_where_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: list[Runtime] = []
    monkeypatch.setattr(app, "surroundings", lambda: nullcontext(Surroundings("127.0.0.1", None, "")))
    monkeypatch.setattr("viz.serving.server.serve", lambda runtime, *_: served.append(runtime))
    for device, found in (("cpu", "cpu"), ("auto", "cuda" if torch.cuda.is_available() else "cpu")):
        monkeypatch.setattr("sys.argv", ["app.py", "--device", device])
        app.main()
        assert served.pop().studio.device == torch.device(found)
    monkeypatch.setattr("sys.argv", ["app.py", "--device", "tpu"])
    with pytest.raises(SystemExit, match=r"^There is no device 'tpu' here: --device takes cpu[a-z ]* or auto\.$"):
        app.main()
    assert not served
