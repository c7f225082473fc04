"""On a machine that lends GPUs a dear painting is made on one, and it is the same picture; else it is made here."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core.studio import lent
from core.studio.studio import Studio

DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[6:22, 13:15] = 255
COVERED = DIGIT, np.arange(28)[:, None].repeat(28, 1) >= 20
NAME = "pixelcnn-unplaced-mnist"


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """One on a machine that lends; the GPU is its processor."""
    monkeypatch.setattr(lent, "LENDS", True)
    monkeypatch.setattr(lent, "DEVICE", "cpu")
    monkeypatch.setattr(lent, "DEAR", 0.05)
    lent._brush.cache_clear()
    yield Studio()
    lent._brush.cache_clear()


@pytest.fixture
def lendings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was asked of the lender."""
    asked, there = list[tuple[Any, ...]](), lent.painted

    def painted(*given: Any) -> Any:
        asked.append(given)
        return there(*given)

    monkeypatch.setattr(lent, "painted", painted)
    return asked


def painted(studio: Studio) -> np.ndarray:
    return studio.pixels.generate(NAME, 64, 3).image


def fitted(studio: Studio) -> np.ndarray:
    return studio.pixels.fit(NAME, COVERED, 9, 3, particles=28, repeats=True)[0].image


@pytest.mark.parametrize("paint", [painted, fitted])
def test_a_dear_painting_is_lent_a_gpu_and_comes_back_the_same(
    studio: Studio, lendings: list[tuple[Any, ...]], paint: Callable[[Studio], np.ndarray]
) -> None:
    np.testing.assert_array_equal(paint(studio), paint(Studio()))
    assert [given[3] for given in lendings] == ["paint" if paint is painted else "fit"] * 2
    price = lendings[0][0]
    assert price > lent.DEAR and lent.seconds(*lendings[0]) == 5 + round(price)


def test_what_a_processor_paints_in_no_time_is_painted_on_it(studio: Studio, lendings: list[tuple[Any, ...]]) -> None:
    studio.pixels.generate(NAME, 1, 3)
    assert not lendings


def test_where_no_gpu_is_free_the_picture_is_painted_all_the_same(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lent, "LENDS", False)
    right = painted(Studio())
    monkeypatch.setattr(lent, "LENDS", True)

    def refused(*_: Any) -> None:
        raise RuntimeError("You have exceeded your quota")

    monkeypatch.setattr(lent, "painted", refused)
    np.testing.assert_array_equal(painted(studio), right)
    assert "exceeded your quota" in caplog.text


def test_on_such_a_machine_the_package_is_told_what_needs_a_gpu_and_that_the_app_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = dict[str, Any]()
    package, zero = ModuleType("spaces"), ModuleType("spaces.zero")

    def gpu(task: Any, duration: Any) -> Any:
        told["duration"] = duration(3.0, "a folder", NAME)
        return task

    package.GPU = gpu  # type: ignore[attr-defined]
    zero.startup = lambda: told.setdefault("stands", True)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spaces", package)
    monkeypatch.setitem(sys.modules, "spaces.zero", zero)
    monkeypatch.setattr("core.studio.runtime.LENDS", True)
    spec = importlib.util.spec_from_file_location("lent_there", str(lent.__file__))
    assert spec is not None and spec.loader is not None
    there = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(there)
    there.begin()
    assert there.LENDS and told == {"duration": 8, "stands": True}
