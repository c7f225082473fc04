"""Weights that are missing, cut short or tampered with: the painter says so, the others paint, mending is enough."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from core.files import CHECKPOINTS
from core.studio.runtime import Runtime
from tests.browser.conftest import free_port
from viz.layout import build_rooms
from viz.serving.server import running

WEIGHTS, CARD = "draw-mnist.safetensors", "draw-mnist.json"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the checkpoints, to be damaged."""
    return Path(shutil.copytree(CHECKPOINTS, tmp_path / "checkpoints"))


@pytest.fixture
def easel(weights: Path) -> Iterator[Client]:
    with running(build_rooms(Runtime(checkpoints=weights)), port=free_port()) as url:
        client = Client(url, verbose=False)
        yield client
        client.close()


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def tamper(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_a_painter_without_sound_weights_says_so_and_the_others_paint(weights: Path, easel: Client) -> None:
    damages: list[tuple[str, Callable[[Path], None], str]] = [
        (WEIGHTS, Path.unlink, "missing"),
        (WEIGHTS, cut_short, "do not match the SHA-256"),
        (WEIGHTS, tamper, "do not match the SHA-256"),
        (CARD, Path.unlink, "missing"),
        (CARD, cut_short, "damaged"),
    ]
    for name, damage, words in damages:
        damage(weights / name)
        with pytest.raises(AppError) as caught:
            easel.predict(1, 1, 1.0, api_name="/draw_generate")
        message = str(caught.value)
        assert name in message and words in message
        assert "\n" not in message and message.endswith(".") and "Traceback" not in message
        assert easel.predict(1, 1, 1.0, api_name="/pixels_generate")["image"]["shape"] == [1, 1, 28, 28]
        shutil.copy(CHECKPOINTS / name, weights / name)
    assert easel.predict(1, 1, 1.0, api_name="/draw_generate")["image"]["shape"] == [16, 1, 1, 28, 28]
