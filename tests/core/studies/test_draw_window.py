"""The window in a person's hand does what the paper's formulas say, and nothing that is asked makes it not a number."""

from __future__ import annotations

import numpy as np
import pytest

from core.requests import RequestError
from core.results import Setting
from core.studies.draw_window import LIMITS, MOST_FILTERS, checked, look

PIXELS = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
SETTINGS = [
    Setting(14.5, 14.5, 3.0, 2.0, 1.0, 10),
    Setting(9.0, 20.5, 1.3, 0.7, 2.5, 5),
    Setting(30.0, 2.0, 2.0, 4.0, 0.5, 1),
]


def bank(g: float, setting: Setting) -> np.ndarray:
    """Equations 19 and 25, one filter and one pixel at a time: (N, 28)."""
    rows = np.zeros((setting.n, 28))
    for i in range(1, setting.n + 1):
        mu = g + (i - setting.n / 2 - 0.5) * setting.delta
        for a in range(1, 29):
            rows[i - 1, a - 1] = np.exp(-((a - mu) ** 2) / (2 * setting.sigma2))
        rows[i - 1] /= rows[i - 1].sum()
    return rows


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_filterbanks_patch_and_what_is_written_back_are_the_papers(setting: Setting) -> None:
    found, x = look(PIXELS, setting), PIXELS / 255
    f_x, f_y = bank(setting.g_x, setting), bank(setting.g_y, setting)
    patch = setting.gamma * f_y @ x @ f_x.T
    np.testing.assert_allclose(found.f_x, f_x, atol=1e-5)
    np.testing.assert_allclose(found.f_y, f_y, atol=1e-5)
    np.testing.assert_allclose(found.patch, patch, atol=1e-5)
    np.testing.assert_allclose(found.back, f_y.T @ patch @ f_x / setting.gamma, atol=1e-5)
    np.testing.assert_allclose(found.picture, x, atol=1e-6)
    np.testing.assert_allclose(np.diff(found.centres_x), setting.delta, atol=1e-5)


@pytest.mark.parametrize("sigma2", LIMITS["sigma2"])
@pytest.mark.parametrize("delta", LIMITS["delta"])
@pytest.mark.parametrize("g", LIMITS["g_x"])
@pytest.mark.parametrize("n", [1, MOST_FILTERS])
def test_at_every_limit_all_numbers_are_finite_and_every_filter_sums_to_one(
    sigma2: float, delta: float, g: float, n: int
) -> None:
    found = look(PIXELS, checked(g, -g + 29, delta, sigma2, LIMITS["gamma"][1], n))
    for values in (found.f_x, found.f_y, found.patch, found.back):
        assert np.isfinite(values).all()
    np.testing.assert_allclose(found.f_x.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(found.f_y.sum(1), 1, atol=1e-5)


def test_without_variance_a_filter_on_a_pixel_reads_this_pixel() -> None:
    found = look(PIXELS, checked(5, 9, 0, 0, 1, 1))
    assert found.patch[0, 0] == pytest.approx(PIXELS[8, 4] / 255)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("left", 1, 1, 1, 1, 1), "g_X must be a number from -10 to 39."),
        ((1, float("nan"), 1, 1, 1, 1), "g_Y must be a number from -10 to 39."),
        ((1, 1, 1e6, 1, 1, 1), "The stride must be a number from 0 to 14."),
        ((1, 1, 1, -1, 1, 1), "The variance must be a number from 0 to 16."),
        ((1, 1, 1, 1, 0, 1), "The intensity must be a number from 0.1 to 4."),
        ((1, 1, 1, 1, 1, 2.5), "The number of filters must be a whole number from 1 to 14."),
    ],
)
def test_what_is_no_setting_is_refused_in_one_sentence(values: tuple[object, ...], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        checked(*values)
    assert str(caught.value) == sentence
