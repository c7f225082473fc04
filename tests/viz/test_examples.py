"""Wherever examples stand, it is said who made them, and the painted ones are what their class says."""

import os
from pathlib import Path

import numpy as np
import pytest

import app
from core.checkpoints import read_card
from core.mnist_digits import CHOSEN
from core.studio import Studio
from tests.core.test_mnist_digits import write_mnist
from viz.payload import panel_data
from viz.serving.surroundings import Surroundings
from viz.tabs import subject
from viz.tabs.common import ASSETS


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
    assert np.array_equal(subject.chosen(25), digits[0])


def test_the_picker_has_a_line_before_each_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EASEL_DATA", raising=False)
    panel = subject.examples_payload("Examples", "read")["panels"][0]
    assert panel["groups"] == [{"at": 0, "title": titles()[0]}, {"at": 10, "title": titles()[1]}]
    pictures = panel_data(panel)[0, ..., 0]
    assert np.array_equal(pictures[:10], subject.gallery()) and np.array_equal(pictures[10:], subject.examples())


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
