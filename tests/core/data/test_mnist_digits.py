"""MNIST's test digits stand among the examples where they are on the machine, and nowhere else."""

import struct
from pathlib import Path

import numpy as np
import pytest

from core.data import mnist_digits
from core.data.mnist_digits import CHOSEN, one_of_each


def write_mnist(root: Path, images: np.ndarray) -> None:
    """A test split in MNIST's format."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    head = bytes([0, 0, 8, 3]) + struct.pack(">3i", *images.shape)
    (folder / "t10k-images-idx3-ubyte").write_bytes(head + images.tobytes())


@pytest.fixture
def mnist(tmp_path: Path) -> np.ndarray:
    images = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (max(CHOSEN) + 1, 28, 28))
    write_mnist(tmp_path, images)
    return images


def test_the_chosen_digits_come_in_the_order_of_their_classes(
    tmp_path: Path, mnist: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EASEL_DATA", str(tmp_path))
    digits = one_of_each()
    assert digits is not None and np.array_equal(digits, mnist[list(CHOSEN)])


def test_grey_becomes_ink_as_often_as_it_is_dark_and_always_in_the_same_places(tmp_path: Path) -> None:
    write_mnist(tmp_path, np.full((max(CHOSEN) + 1, 28, 28), 64, np.uint8))
    first = mnist_digits.read(tmp_path)
    mnist_digits.read.cache_clear()
    again = mnist_digits.read(tmp_path)
    assert first is not None and again is not None and np.array_equal(first, again)
    assert set(np.unique(first)) == {0, 255} and 0.2 < (first == 255).mean() < 0.3


def test_without_a_folder_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EASEL_DATA", raising=False)
    assert one_of_each() is None


@pytest.mark.parametrize(
    "content", [None, b"", b"\0\0\x08\x03", b"\0\0\x08\x03" + struct.pack(">3i", 2, 28, 28) + bytes(1568)]
)
def test_a_folder_without_mnist_or_with_a_damaged_one_is_told_in_the_log(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is not None:
        (tmp_path / "MNIST" / "raw").mkdir(parents=True)
        (tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte").write_bytes(content)
    assert mnist_digits.read(tmp_path) is None
    assert "the examples go without its test digits" in caplog.text
