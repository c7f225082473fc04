import itertools

import pytest
import torch
import torch.nn.functional as F

from core.nn.masked import MaskedConv2d, MaskType, causal_mask
from tests.core.small import generator

ABOVE = [1.0, 1.0, 1.0]


def layer(kind: MaskType, inputs: int, outputs: int, size: int, groups: int) -> MaskedConv2d:
    """In float64, with random weights and biases."""
    made, noise = MaskedConv2d(kind, inputs, outputs, size, groups).double(), generator(3)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=noise, dtype=torch.float64))
    return made


def test_the_masks_of_one_channel_are_those_drawn_in_the_paper() -> None:
    assert causal_mask("A", 1, 1, 3).tolist() == [[[ABOVE, [1, 0, 0]]]]
    assert causal_mask("B", 1, 1, 3).tolist() == [[[ABOVE, [1, 1, 0]]]]
    five = [1.0] * 5
    assert causal_mask("A", 1, 1, 5).tolist() == [[[five, five, [1, 1, 0, 0, 0]]]]


@pytest.mark.parametrize(
    ("kind", "sees"),
    [
        ("A", {"R": "", "G": "R", "B": "RG"}),
        ("B", {"R": "R", "G": "RG", "B": "RGB"}),
    ],
)
def test_the_centre_tap_orders_red_green_blue(kind: MaskType, sees: dict[str, str]) -> None:
    mask = causal_mask(kind, 3, 3, 3, groups=3)
    for (o, out), (i, inp) in itertools.product(enumerate("RGB"), enumerate("RGB")):
        centre = float(inp in sees[out])
        assert mask[o, i].tolist() == [ABOVE, [1, centre, 0]], (out, inp)


def test_wide_layers_split_their_channels_into_equal_consecutive_groups() -> None:
    mask = causal_mask("A", 6, 9, 1, groups=3)[:, :, 0, 0]
    groups_out, groups_in = "RRGGBB", "RRRGGGBBB"
    for o, i in itertools.product(range(6), range(9)):
        assert bool(mask[o, i]) == ("RGB".index(groups_in[i]) < "RGB".index(groups_out[o]))


@pytest.mark.parametrize("size", [2, 4])
def test_an_even_kernel_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="odd size"):
        causal_mask("A", 1, 1, size)


@pytest.mark.parametrize("kind", ["A", "B"])
@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("groups", [1, 3])
def test_the_layer_equals_a_plain_convolution_with_the_whole_zero_filled_kernel(
    kind: MaskType, size: int, groups: int
) -> None:
    conv = layer(kind, 3, 6, size, groups)
    half = size // 2
    kernel = torch.zeros(6, 3, size, size, dtype=torch.float64)
    for o, i, row, column in itertools.product(range(6), range(3), range(half + 1), range(size)):
        centre = (row, column) == (half, half)
        out_group, in_group = o * groups // 6, i * groups // 3
        live = row < half or column < half
        if live or (centre and (in_group < out_group or (kind == "B" and in_group == out_group))):
            kernel[o, i, row, column] = conv.weight[o, i, row, column].detach()
    x = torch.randn(2, 3, 5, 8, generator=generator(1), dtype=torch.float64)
    torch.testing.assert_close(conv(x), F.conv2d(x, kernel, conv.bias, padding=half))


@pytest.mark.parametrize("kind", ["A", "B"])
def test_forward_and_backward_leave_the_weight_alone_and_dead_taps_get_no_gradient(kind: MaskType) -> None:
    conv = layer(kind, 3, 3, 3, 3)
    before, version = conv.weight.detach().clone(), conv.weight._version
    conv(torch.ones(1, 3, 4, 4, dtype=torch.float64)).square().sum().backward()
    assert torch.equal(conv.weight, before) and conv.weight._version == version
    assert conv.weight.grad is not None
    assert (conv.weight.grad[conv.mask == 0] == 0).all() and (conv.weight.grad[conv.mask == 1] != 0).all()
    assert (before[conv.mask == 0] != 0).any()  # the mask acts, the weight itself is not zeroed


def test_two_layers_let_every_colour_see_only_the_colours_before_it() -> None:
    first, second = layer("A", 3, 6, 3, 3), layer("B", 6, 3, 3, 3)

    stack = torch.nn.Sequential(first, second)

    x = torch.randn(1, 3, 3, 4, dtype=torch.float64, generator=generator(5))
    jacobian = torch.autograd.functional.jacobian(stack, x)[0, :, :, :, 0]
    seen = jacobian.permute(1, 2, 0, 4, 5, 3).reshape(36, 36) != 0  # both in the order row, column, colour
    assert not seen.triu().any()
    for pixel in range(12):
        red, green, blue = range(3 * pixel, 3 * pixel + 3)
        assert seen[green, red] and seen[blue, red] and seen[blue, green]


def test_the_mask_is_not_saved_with_the_weights() -> None:
    assert set(MaskedConv2d("A", 1, 2, 3).state_dict()) == {"weight", "bias"}


@pytest.mark.parametrize("size", [1, 3, 7])
def test_in_bfloat16_it_is_the_same_layer_and_its_maps_are_whole(size: int) -> None:
    made, x = MaskedConv2d("B", 4, 6, size), torch.randn(2, 4, 9, 8, generator=generator(5))
    exact = made(x)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = made(x)
    assert rounded.is_contiguous()
    torch.testing.assert_close(rounded.float(), exact, atol=0.03, rtol=0.03)
