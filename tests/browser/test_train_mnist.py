"""MNIST where it is not on the machine: a button in Train downloads it, with a bar, from a server of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.data import mnist
from core.studio.runtime import Runtime
from core.studio.trainings import Trainings
from tests.core.data.test_mnist import IMAGES, served  # noqa: F401  # a fixture
from viz.layout import build_rooms
from viz.serving.server import running

WAIT = 120_000


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The app in this process, with no data set at hand."""
    monkeypatch.setenv("EASEL_DATA", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    trainings = Trainings(tmp_path / "runs")
    with running(build_rooms(Runtime(trainings=trainings))) as url:
        yield url
    trainings.close()


@pytest.fixture
def visitor(browser: Browser, app: str) -> Iterator[Page]:
    """A page at a phone's width."""
    context = browser.new_context(base_url=app, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_a_press_downloads_mnist_and_what_goes_wrong_is_a_sentence(
    served: dict[str, bytes],  # noqa: F811
    visitor: Page,
    tmp_path: Path,
) -> None:
    good = served.pop(IMAGES)
    visitor.goto("/train/?pictures=mnist&v=1")
    get = visitor.get_by_role("button", name="Download MNIST")
    expect(get).to_be_visible(timeout=WAIT)
    assert not (tmp_path / "easel").exists(), "nothing was asked for before the press"
    visitor.get_by_role("button", name="Train", exact=True).click()
    expect(visitor.locator("#train-status")).to_contain_text("download it, or start the app with --data")
    get.click()
    expect(visitor.locator("#train-fetched")).to_contain_text("404 Not Found", timeout=WAIT)
    served[IMAGES] = good
    get.click()
    expect(visitor.locator("#train-fetched")).to_contain_text("MNIST is here now: press Train.", timeout=WAIT)
    expect(get).to_be_hidden()
    assert mnist.there(tmp_path / "easel")
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.goto("/train/?pictures=mnist&v=1")
    expect(visitor.locator("#train-pictures")).to_be_visible(timeout=WAIT)
    expect(visitor.get_by_role("button", name="Download MNIST")).to_be_hidden()
    visitor.goto("/train/")
    expect(visitor.locator("#train-pictures")).to_be_visible(timeout=WAIT)
    expect(visitor.get_by_role("button", name="Download MNIST")).to_be_hidden()
