import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.nn import attention
from core.nn.attention import Window
from tests.core.small import generator

H, W = 9, 12  # taller or wider than each other, so that a swap of axes shows


def window(*rows: tuple[float, float, float, float, float]) -> Window:
    """Rows of (g_x, g_y, sigma, delta, gamma) in float64."""
    g_x, g_y, sigma, delta, gamma = torch.tensor(rows, dtype=torch.float64).unbind(1)
    return Window(g_x, g_y, sigma**2, delta, gamma)


INSIDE = window((5.3, 4.1, 0.8, 1.7, 1.3), (7.0, 5.5, 1.4, 0.6, 0.5), (6.2, 4.9, 2.2, 2.1, 2.0))
OUTSIDE = window((-500.0, 4.0, 0.3, 1.0, 1.0), (6.0, 900.0, 0.05, 2.0, 1.0), (1e6, -1e6, 1e-3, 0.1, 1.0))


def picture(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def naive_row(g: float, delta: float, sigma2: float, i: int, n: int, length: int) -> list[float]:
    """Row i of equation 25 or 26 with equations 19 and 20, everything counted from 1."""
    mu = g + (i - n / 2 - 0.5) * delta
    weights = [math.exp(-((a - mu) ** 2) / (2 * sigma2)) for a in range(1, length + 1)]
    return [weight / sum(weights) for weight in weights]


def naive_filterbank(w: Window, b: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    delta, sigma2 = float(w.delta[b]), float(w.sigma2[b])
    f_x = [naive_row(float(w.g_x[b]), delta, sigma2, i, n, W) for i in range(1, n + 1)]
    f_y = [naive_row(float(w.g_y[b]), delta, sigma2, i, n, H) for i in range(1, n + 1)]
    return np.array(f_x), np.array(f_y)


def test_five_numbers_become_a_window_as_in_equations_21_to_24() -> None:
    numbers = torch.tensor([[0.2, -0.5, 0.3, -0.7, 0.9], [-1.4, 0.1, -2.0, 0.4, -0.6]])
    for n in (1, 2, 5):
        w = attention.window(numbers, H, W, n)
        for b, (gx, gy, log_sigma2, log_delta, log_gamma) in enumerate(numbers.tolist()):
            assert float(w.g_x[b]) == pytest.approx((W + 1) / 2 * (gx + 1), rel=1e-5)
            assert float(w.g_y[b]) == pytest.approx((H + 1) / 2 * (gy + 1), rel=1e-5)
            assert float(w.sigma2[b]) == pytest.approx(math.exp(log_sigma2), rel=1e-5)
            stride = (max(H, W) - 1) / (n - 1 if n > 1 else 1)
            assert float(w.delta[b]) == pytest.approx(stride * math.exp(log_delta), rel=1e-5)
            assert float(w.gamma[b]) == pytest.approx(math.exp(log_gamma), rel=1e-5)


def test_zeros_make_a_window_centred_on_the_image_that_spans_its_longer_side() -> None:
    w = attention.window(torch.zeros(1, 5), H, W, 4)
    centres = attention.filter_centres(w.g_x, w.delta, 4)[0]
    np.testing.assert_allclose(centres[[0, -1]], [1, W], atol=1e-5)
    box = attention.geometry(w, 4)
    assert (float(box.x[0]), float(box.y[0])) == (W / 2, H / 2)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_filter_row_sums_to_one_even_far_outside_the_image(n: int) -> None:
    for w in (INSIDE, OUTSIDE):
        f_x, f_y = attention.filterbank(w, H, W, n)
        assert f_x.shape == (3, n, W) and f_y.shape == (3, n, H)
        for rows in (f_x, f_y):
            assert torch.isfinite(rows).all() and (rows >= 0).all()
            torch.testing.assert_close(rows.sum(2), torch.ones(3, n, dtype=torch.float64))


def test_a_filter_far_outside_the_image_weighs_the_nearest_border_pixel() -> None:
    f_x, f_y = attention.filterbank(OUTSIDE, H, W, 2)
    assert (f_x[0].argmax(1) == 0).all() and (f_y[1].argmax(1) == H - 1).all()
    assert (f_x[2, :, -1] > 0.999).all() and (f_y[2, :, 0] > 0.999).all()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_filterbank_equals_a_naive_loop_of_equations_25_and_26(n: int) -> None:
    f_x, f_y = attention.filterbank(INSIDE, H, W, n)
    for b in range(3):
        naive_x, naive_y = naive_filterbank(INSIDE, b, n)
        np.testing.assert_allclose(f_x[b], naive_x, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(f_y[b], naive_y, rtol=1e-6, atol=1e-12)


def test_read_equals_the_double_loop_of_equation_27() -> None:
    n, x = 3, picture(3, 2, H, W)
    glimpse = attention.read(x, INSIDE, n)
    for b in range(3):
        f_x, f_y = naive_filterbank(INSIDE, b, n)
        for c in range(2):
            for i in range(n):
                for j in range(n):
                    value = sum(
                        f_y[i, row] * float(x[b, c, row, column]) * f_x[j, column]
                        for row in range(H)
                        for column in range(W)
                    )
                    assert float(glimpse[b, c, i, j]) == pytest.approx(float(INSIDE.gamma[b]) * value, abs=1e-6)


def test_write_equals_the_double_loop_of_equation_29() -> None:
    n, patch = 3, picture(3, 2, 3, 3)
    ink = attention.write(patch, INSIDE, H, W)
    for b in range(3):
        f_x, f_y = naive_filterbank(INSIDE, b, n)
        for c in range(2):
            for row in range(H):
                for column in range(W):
                    value = sum(
                        f_y[i, row] * float(patch[b, c, i, j]) * f_x[j, column] for i in range(n) for j in range(n)
                    )
                    assert float(ink[b, c, row, column]) == pytest.approx(value / float(INSIDE.gamma[b]), abs=1e-6)


def test_a_sharp_window_with_one_filter_a_pixel_reads_and_writes_the_image_itself() -> None:
    x, w = picture(2, 3, 8, 8), window(*[(4.5, 4.5, 1e-3, 1.0, 1.0)] * 2)
    torch.testing.assert_close(attention.read(x, w, 8), x)
    torch.testing.assert_close(attention.write(x, w, 8, 8), x)


def test_write_is_the_adjoint_of_read_up_to_gamma_squared() -> None:
    n, x, patch = 4, picture(3, 2, H, W), picture(3, 2, 4, 4, seed=1)
    read = (attention.read(x, INSIDE, n) * patch).flatten(1).sum(1)
    written = (x * attention.write(patch, INSIDE, H, W)).flatten(1).sum(1)
    torch.testing.assert_close(read, INSIDE.gamma**2 * written)


def test_the_gradients_of_read_and_write_equal_finite_differences() -> None:
    parts = (INSIDE.g_x, INSIDE.g_y, INSIDE.sigma2, INSIDE.delta, INSIDE.gamma)
    leaves = [part[:2].clone().requires_grad_() for part in parts]
    x, patch = picture(2, 1, H, W).requires_grad_(), picture(2, 1, 2, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, *parts: attention.read(x, Window(*parts), 2), (x, *leaves))
    assert torch.autograd.gradcheck(lambda p, *parts: attention.write(p, Window(*parts), H, W), (patch, *leaves))


def test_the_pixels_under_the_mark_hold_68_percent_of_every_filter() -> None:
    size, n = 40, 4
    left, right = torch.arange(size), torch.arange(size) + 1  # borders of the pixels
    for delta in (0.0, 0.3, 1.0, 2.7, 5.0):
        rows = []
        for sigma in np.linspace(0.03, 4.0, 60).tolist():
            half = (n - 1) * delta / 2 + sigma
            for x in (*np.linspace(half, half + 1, 8), *np.linspace(size / 2, size / 2 + 1, 8), size - half):
                rows.append((float(x) + 0.5, size + 0.5 - float(x), sigma, delta, 1.0))  # wholly inside the image
        w = window(*rows)
        box = attention.geometry(w, n)
        for middle, bank in zip((box.x, box.y), attention.filterbank(w, size, size, n), strict=True):
            start, end = (middle - box.size / 2)[:, None], (middle + box.size / 2)[:, None]
            touched = (right > start) & (left < end)
            assert (bank * touched[:, None]).sum(2).min() >= 0.68
        torch.testing.assert_close(box.precision, 1 / torch.tensor(rows, dtype=torch.float64)[:, 2])


def test_the_mark_ends_one_sigma_behind_the_outermost_filters() -> None:
    n, box = 5, attention.geometry(INSIDE, 5)
    sigma = INSIDE.sigma2.sqrt()
    for g, middle in ((INSIDE.g_x, box.x), (INSIDE.g_y, box.y)):
        centres = attention.filter_centres(g, INSIDE.delta, n) - 0.5  # pixel 1 has its centre at 0.5
        torch.testing.assert_close(middle - box.size / 2, centres[:, 0] - sigma)
        torch.testing.assert_close(middle + box.size / 2, centres[:, -1] + sigma)


def test_the_centre_of_the_mark_is_the_mean_position_that_the_filterbank_weighs() -> None:
    height, width, n = 50, 60, 3
    w = window((30.0, 25.0, 1.0, 2.5, 1.0), (33.37, 21.81, 1.5, 1.3, 1.0), (28.5, 28.9, 2.0, 0.2, 1.0))
    f_x, f_y = attention.filterbank(w, height, width, n)
    box = attention.geometry(w, n)
    pixel_x, pixel_y = torch.arange(width) + 0.5, torch.arange(height) + 0.5
    torch.testing.assert_close((f_x * pixel_x).sum(2).mean(1), box.x, rtol=0, atol=1e-6)
    torch.testing.assert_close((f_y * pixel_y).sum(2).mean(1), box.y, rtol=0, atol=1e-6)


def test_a_window_laid_on_a_box_has_that_box_and_keeps_its_shape_and_intensity() -> None:
    w = Window(*torch.tensor([[3.0, 9.0], [7.0, 2.0], [1.5, 0.2], [2.0, 0.7], [0.3, 4.0]]).double())
    laid = attention.laid_on(w, 5, 4.25, 6.5, 9.0)
    box = attention.geometry(laid, 5)
    for found, wanted in ((box.x, 4.25), (box.y, 6.5), (box.size, 9.0)):
        torch.testing.assert_close(found, torch.full_like(found, wanted))
    torch.testing.assert_close(laid.sigma2 / laid.delta**2, w.sigma2 / w.delta**2)
    torch.testing.assert_close(laid.gamma, w.gamma)
