"""The stroke generator: what it promises about seeds, that its arithmetic is right, that digits look like digits."""

import numpy as np
import pytest

from core.data import strokes
from core.data.strokes import digits


@pytest.fixture(scope="module")
def sample():
    return digits(1500, seed=0)


def test_the_same_seed_gives_the_same_pictures_and_another_seed_gives_others():
    images, labels = digits(20, seed=3)
    again, labels_again = digits(20, seed=3)
    others, _ = digits(20, seed=4)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (images != others).any(axis=(1, 2)).all()


def test_picture_i_does_not_depend_on_how_many_are_drawn():
    few, few_labels = digits(7, seed=1)
    many, many_labels = digits(strokes.CHUNK + 9, seed=1)
    np.testing.assert_array_equal(few, many[:7])
    np.testing.assert_array_equal(few_labels, many_labels[:7])
    longer, _ = digits(2 * strokes.CHUNK, seed=1)
    np.testing.assert_array_equal(many, longer[: len(many)])


def test_picture_i_depends_on_no_other_label():
    images, labels = digits(5, seed=2, labels=[0, 1, 2, 3, 4])
    others, _ = digits(5, seed=2, labels=[0, 1, 9, 3, 4])
    np.testing.assert_array_equal(labels, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal((images != others).any(axis=(1, 2)), [False, False, True, False, False])


@pytest.mark.parametrize("labels", [[1, 2], [1, 2, 10], [1, 2, -1]])
def test_labels_of_a_wrong_number_or_outside_0_to_9_are_refused(labels):
    with pytest.raises(ValueError, match=r"labels|Labels"):
        digits(3, seed=0, labels=labels)


def test_no_digits_are_no_pictures():
    images, labels = digits(0, seed=0)
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_every_digit_is_about_as_likely(sample):
    counts = np.bincount(sample[1], minlength=10)
    expected = len(sample[1]) / 10
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()


def test_variants_are_drawn_in_the_ratio_of_their_weights():
    sevens = [glyph.weight for glyph in strokes.GLYPHS if glyph.digit == 7]
    shares = np.diff(strokes.font().shares[7][: len(sevens)], prepend=0)
    np.testing.assert_allclose(shares, np.array(sevens) / sum(sevens))
    assert all(sum(glyph.digit == digit for glyph in strokes.GLYPHS) >= 2 for digit in range(10))


def test_a_stroke_is_a_smooth_chain_of_bezier_curves_through_its_knots():
    knots = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 4.0]])
    np.testing.assert_allclose(strokes.stroke_matrix(4, np.arange(4.0)) @ knots, knots, atol=1e-12)
    step = 1e-6
    before, at, after = (strokes.stroke_matrix(4, np.array([1.0 + s, 2.0 + s])) @ knots for s in (-step, 0, step))
    np.testing.assert_allclose((at - before) / step, (after - at) / step, atol=1e-4)
    control = strokes.bezier_matrix(4, 1) @ knots
    while len(control) > 1:  # de Casteljau at u = 1/4
        control = 0.75 * control[:-1] + 0.25 * control[1:]
    np.testing.assert_allclose(strokes.stroke_matrix(4, np.array([1.25])) @ knots, control, atol=1e-12)


def test_rendering_equals_the_signed_distance_to_the_union_of_tips():
    points = np.array([[[3.2, 4.1], [6.0, 5.5], [6.4, 9.9]]], np.float32)
    radius = np.full((1, 3), 1.7, np.float32)
    image = strokes.render(points, radius, 12)[0]
    for row in range(12):
        for column in range(12):
            distance = min(np.hypot(column + 0.5 - x, row + 0.5 - y) for x, y in points[0])
            coverage = min(max(0.5 + (1.7 - distance) * 28 / (strokes.EDGE * 12), 0), 1)
            assert abs(float(image[row, column]) - 255 * coverage) <= 0.51


def test_a_larger_picture_is_the_same_writing():
    small, _ = digits(30, seed=5)
    large, _ = digits(30, seed=5, size=84)
    pooled = large.reshape(30, 28, 3, 28, 3).mean(axis=(2, 4))
    assert np.abs(pooled - small).mean() < 3


def test_digits_can_be_told_apart_by_the_nearest_mean(sample):
    images, labels = (sample[0] / 255).reshape(-1, 784), sample[1]
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    others, truth = digits(500, seed=1)
    distance = (((others / 255).reshape(-1, 1, 784) - means) ** 2).sum(axis=2)
    assert (distance.argmin(axis=1) == truth).mean() > 0.8


def test_ink_and_stroke_width_are_those_of_mnist(sample):
    """MNIST's test images: mean ink 0.1325 with deviation 0.044, stroke width 2.64 px with deviation 0.70."""
    values = sample[0] / 255
    ink = values.mean(axis=(1, 2))
    assert 0.12 < ink.mean() < 0.14
    assert 0.03 < ink.std() < 0.05
    solid = values > 0.5
    edges = (solid[:, 1:] != solid[:, :-1]).sum(axis=(1, 2)) + (solid[:, :, 1:] != solid[:, :, :-1]).sum(axis=(1, 2))
    width = 2 * solid.sum(axis=(1, 2)) / (np.pi / 4 * edges)
    assert 2.4 < width.mean() < 2.9
    assert 0.5 < width.std() < 0.9


def test_digits_fill_a_box_of_20_pixels_and_are_centred_by_mass(sample):
    values = sample[0] / 255
    inked = values > 0.2
    sides = [28 - np.argmax(a, 1) - np.argmax(a[:, ::-1], 1) for a in (inked.any(axis=2), inked.any(axis=1))]
    longer = np.maximum(*sides)
    assert 19 < longer.mean() < 20.5
    assert longer.min() >= 18
    assert longer.max() <= 22
    mass, place = values.sum(axis=(1, 2)), np.arange(28)
    for axis in (1, 2):
        middle = (values.sum(axis=axis) * place).sum(axis=1) / mass
        assert abs(middle.mean() - 14) < 0.2
        assert middle.std() < 0.6


def test_hands_slant_to_both_sides(sample):
    """MNIST's slant, from second moments: mean 0.09 and deviation 0.26 to the right."""
    values, place = sample[0] / 255, np.arange(28)
    mass = values.sum(axis=(1, 2))
    x = place[None] - ((values.sum(axis=1) * place).sum(axis=1) / mass)[:, None]
    y = place[None] - ((values.sum(axis=2) * place).sum(axis=1) / mass)[:, None]
    slant = -np.einsum("nyx,nx,ny->n", values, x, y) / np.einsum("nyx,ny,ny->n", values, y, y)
    assert 0.0 < slant.mean() < 0.2
    assert 0.2 < slant.std() < 0.35
