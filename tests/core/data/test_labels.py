"""A binarised picture finds the grey one that it was drawn from, and takes its label."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.data import labels, sets
from core.data.labels import labelled, likeliest_sources


def greys(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Blots (count, 1, 20, 20) that are white, black and soft between, as digits are."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:20, :20]
    blots = np.zeros((count, 20, 20))
    for _ in range(4):
        row, column, size = rng.uniform((1, 1, 1.5), (19, 19, 3), (count, 3)).T[..., None, None]
        blots += 1.3 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * size**2))
    return (255 * blots.clip(0, 1)).astype(np.uint8)[:, None]


def binarised(pictures: NDArray[np.uint8], seed: int = 1) -> NDArray[np.uint8]:
    """Ink with a probability that is the grey value."""
    return (np.random.default_rng(seed).random(pictures.shape) < pictures / 255).astype(np.uint8)


def test_every_binarised_picture_finds_its_source_whatever_the_order() -> None:
    pictures = greys(300)
    order = np.random.default_rng(2).permutation(300)
    np.testing.assert_array_equal(likeliest_sources(binarised(pictures[order]), pictures), order)


def test_the_source_is_that_of_the_largest_sum_of_logarithms() -> None:
    # Noise instead of a picture: then no source stands out, and only the right sums find the largest.
    pictures, noise = greys(40), np.random.default_rng(3).integers(0, 2, (50, 1, 20, 20)).astype(np.uint8)
    p = (pictures / 255).clip(1e-3, 1 - 1e-3)[None]
    x = noise[:, None]
    sums = np.where(x == 1, np.log(p), np.log(1 - p)).sum((2, 3, 4))
    np.testing.assert_array_equal(likeliest_sources(noise, pictures), sums.argmax(1))


def test_white_and_black_pixels_that_contradict_do_not_break_the_sums() -> None:
    pictures = np.stack([np.zeros((1, 4, 4)), np.full((1, 4, 4), 255)]).astype(np.uint8)
    odd = np.ones((1, 1, 4, 4), np.uint8)
    odd[0, 0, 0, 0] = 0  # no grey picture allows both
    assert likeliest_sources(odd, pictures).tolist() == [1]


def test_more_pictures_than_go_at_once_come_back_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = greys(50)
    whole = likeliest_sources(binarised(pictures), pictures)
    monkeypatch.setattr(labels, "CHUNK", 7)
    np.testing.assert_array_equal(likeliest_sources(binarised(pictures), pictures), whole)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> dict[str, sets.DataSet]:
    """What stands for MNIST: three splits of blots with labels that say split and place."""
    splits = {}
    for number, (split, count) in enumerate({"train": 60, "valid": 20, "test": 30}.items()):
        numbers = 1000 * number + np.arange(count)
        splits[split] = sets.DataSet("mnist", split, greys(count, seed=number), numbers, "dynamic")

    def load(name: str, split: str, root: str | None) -> sets.DataSet:
        assert (name, root) == ("mnist", "somewhere")
        return splits[split]

    monkeypatch.setattr(sets, "load", load)
    return splits


def static(images: NDArray[np.uint8], split: str) -> sets.DataSet:
    return sets.DataSet("binarized-mnist", split, images, None, "static")


def test_training_pictures_find_their_labels_in_both_parts_of_mnist_s_training_file(
    sources: dict[str, sets.DataSet],
) -> None:
    both = np.concatenate([sources["train"].images, sources["valid"].images])
    order = np.random.default_rng(4).permutation(80)[:50]
    found = labelled(static(binarised(both[order]), "train"), "somewhere")
    numbers = [*range(60), *range(1000, 1020)]
    assert found.labels is not None and found.labels.tolist() == [numbers[place] for place in order]
    assert (found.name, found.split) == ("binarized-mnist", "train")


def test_test_pictures_find_theirs_among_the_test_pictures(sources: dict[str, sets.DataSet]) -> None:
    found = labelled(static(binarised(sources["test"].images[::-1]), "test"), "somewhere")
    assert found.labels is not None and found.labels.tolist() == [*range(2029, 1999, -1)]


def test_a_data_set_that_has_labels_comes_back_as_it_is(sources: dict[str, sets.DataSet]) -> None:
    assert labelled(sources["train"], "nowhere") is sources["train"]
