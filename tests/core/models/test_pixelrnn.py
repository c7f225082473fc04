"""Row LSTM and Diagonal BiLSTM compute the paper's equations, see what they claim to and nothing that comes after."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.models.pixelrnn import DiagonalBiLSTM, PixelRNN, PixelRNNConfig, RowLSTM
from tests.core import causality, small

H, W = 5, 6
ROW = PixelRNNConfig(kind="row", height=H, width=W, hidden=2, layers=1, first_size=3, head=5)
DIAGONAL = replace(ROW, kind="diagonal")
CONFIGS = {
    "row": ROW,
    "row of two layers": replace(ROW, layers=2, position_bias=True),
    "diagonal": DIAGONAL,
    "diagonal of two layers": replace(DIAGONAL, layers=2, first_size=5, position_bias=True),
    "row without width": replace(ROW, width=1),
    "diagonal without height": replace(DIAGONAL, height=1),
}
ALL = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
SHAPES = pytest.mark.parametrize(("height", "width"), [(3, 4), (4, 3), (1, 4), (4, 1), (1, 1)])
Map = NDArray[np.float64]


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])
@pytest.mark.parametrize("name", [name for name in CONFIGS if "without" not in name])
def test_no_pixel_sees_itself_or_what_comes_after_or_another_picture(name: str, trained: bool) -> None:
    causality.assert_causal(causality.model_in_float64(CONFIGS[name], trained))


def test_the_right_hand_pass_without_the_one_row_shift_would_be_caught() -> None:
    model = causality.model_in_float64(DIAGONAL)
    (layer,) = model.layers
    left, right = layer.places
    layer.places = torch.stack([left, right.roll(-layer.width)])  # so that moving it down leaves each row in its place
    with pytest.raises(AssertionError):
        causality.assert_causal(model)


def test_the_row_lstm_sees_a_triangle_and_the_taps_at_its_rim() -> None:
    config = replace(ROW, height=4, width=9)
    found = causality.field(causality.model_in_float64(config))
    for row, column in np.ndindex(4, 9):
        # Cell (row − k, column ± k) is heard, and the input-to-state kernel reads one cell more to the left of each.
        cells = {(row - k, column + d) for k in range(row + 1) for d in range(-k - 1, k + 1)}
        inside = {(y, x) for y, x in cells if 0 <= x < 9}
        seen = causality.convolved(inside, config.first_size, False, 4, 9)
        assert seen == {(y, x) for y, x in np.ndindex(4, 9) if found[row, column, y, x]}, (row, column)
    assert found[3, 4, 2].tolist() == [False] + [True] * 5 + [False] * 3  # the triangle's flanks stay dark


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("first_size", [3, 5])
def test_the_diagonal_bilstm_sees_the_whole_past_but_the_last_pixel_of_the_row_above(
    layers: int, first_size: int
) -> None:
    # The right-hand pass starts in the cell of that pixel, and the mask A of the first layer keeps it from there.
    found = causality.field(causality.model_in_float64(replace(DIAGONAL, layers=layers, first_size=first_size)))
    expected = causality.earlier(H, W)
    for row, column in np.ndindex(H, W):
        if row and column + first_size // 2 < W - 1:
            expected[row, column, row - 1, W - 1] = False
    np.testing.assert_array_equal(found, expected)


def sigmoid(x: Map) -> Map:
    return np.asarray(1 / (1 + np.exp(-x)))


def cell(gates: Map, memory: Map) -> tuple[Map, Map]:
    """Equation 3 after its convolutions: o, f, i, g and the old memory to the new state and memory."""
    o, f, i, g = np.split(gates, 4)
    memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(memory), memory


def row_by_hand(layer: RowLSTM, x: Map) -> Map:
    """Section 3.1 pixel by pixel: a map (H, W, 2h) to states (H, W, h)."""
    height, width = x.shape[:2]
    left, own = layer.input_to_state.detach().numpy()
    taps, bias = layer.state_to_state.detach().numpy(), layer.bias.detach().numpy()[0]
    states, memories = np.zeros((2, height, width, taps.shape[1]))
    for row, column in np.ndindex(height, width):
        gates = bias + x[row, column] @ own
        if column > 0:
            gates = gates + x[row, column - 1] @ left
        for dx in (-1, 0, 1):
            if row > 0 and 0 <= column + dx < width:
                gates = gates + states[row - 1, column + dx] @ taps[dx + 1]
        memory = memories[row - 1, column] if row else np.zeros(taps.shape[1])
        states[row, column], memories[row, column] = cell(gates, memory)
    return states


def diagonal_by_hand(layer: DiagonalBiLSTM, x: Map) -> Map:
    """Section 3.2 pixel by pixel: from the left corner, from the right one, and the latter moved down by one row."""
    height, width = x.shape[:2]
    passes = []
    for direction, picture in enumerate((x, x[:, ::-1])):
        own, bias = layer.input_to_state.detach().numpy()[direction], layer.bias.detach().numpy()[direction, 0]
        above, beside = layer.state_to_state.detach().numpy()[2 * direction : 2 * direction + 2]
        states, memories = np.zeros((2, height, width, above.shape[0]))
        for row, column in np.ndindex(height, width):
            gates, memory = bias + picture[row, column] @ own, np.zeros(above.shape[0])
            if row > 0:
                gates = gates + states[row - 1, column] @ above
            if column > 0:
                gates = gates + states[row, column - 1] @ beside
                memory = memories[row, column - 1]
            states[row, column], memories[row, column] = cell(gates, memory)
        passes.append(states)
    left, right = passes[0], passes[1][:, ::-1]
    both = left.copy()
    both[1:] += right[:-1]
    return both


BY_HAND: dict[type, Callable[..., Map]] = {RowLSTM: row_by_hand, DiagonalBiLSTM: diagonal_by_hand}


@SHAPES
@pytest.mark.parametrize("kind", BY_HAND, ids=lambda kind: kind.__name__)
def test_a_layer_equals_a_loop_over_pixels(kind: type[RowLSTM | DiagonalBiLSTM], height: int, width: int) -> None:
    layer = kind(height, width, 3).double()
    small.shake(layer)
    maps = torch.randn(2, height, width, 6, dtype=torch.float64, generator=small.generator(1))
    states = layer(maps.flatten(1, 2).transpose(0, 1).contiguous())  # (P, N, 2h) -> (P, N, h)
    for n in range(2):
        found = states[:, n].detach().unflatten(0, (height, width))
        np.testing.assert_allclose(found, BY_HAND[kind](layer, maps[n].numpy()), rtol=1e-12)


@ALL
def test_the_network_equals_its_layers_by_hand_between_two_residual_connections(config: PixelRNNConfig) -> None:
    model: PixelRNN = causality.model_in_float64(config)
    height, width, half = config.height, config.width, config.first_size // 2
    x = small.ink(1, config).double()
    w = {name: value.detach().numpy() for name, value in model.named_parameters()}
    hidden = np.zeros((height, width, 2 * config.hidden))
    for row, column in np.ndindex(height, width):
        hidden[row, column] = w["first.bias"]
        for y, u in np.ndindex(height, width):
            if (y, u) < (row, column) and row - y <= half and abs(u - column) <= half:
                tap = w["first.weight"][:, 0, y - row + half, u - column + half]
                hidden[row, column] += tap * (2 * float(x[0, 0, y, u]) - 1)
    if config.position_bias:
        hidden = hidden + w["position"].reshape(height, width, -1)
    for index, layer in enumerate(model.layers):
        states = BY_HAND[type(layer)](layer, hidden)
        hidden = hidden + states @ w[f"up.{index}.weight"].T + w[f"up.{index}.bias"]
    head = np.maximum(hidden, 0) @ w["head.weight"].T + w["head.bias"]
    logits = np.maximum(head, 0) @ w["out.weight"].T + w["out.bias"]
    np.testing.assert_allclose(model(x)[0, 0, 0].detach(), logits[..., 0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("position_bias", [False, True])
@pytest.mark.parametrize("config", [ROW, DIAGONAL], ids=["row", "diagonal"])
def test_probabilities_sum_to_one_over_all_pictures_of_a_2_by_3_grid(
    config: PixelRNNConfig, position_bias: bool
) -> None:
    small.assert_normalised(replace(config, height=2, width=3, position_bias=position_bias))


@pytest.mark.parametrize("config", [ROW, DIAGONAL], ids=["row", "diagonal"])
def test_the_forget_gates_start_open_and_the_others_at_one_half(config: PixelRNNConfig) -> None:
    for layer in small.build(config).layers:
        o, f, i, g = layer.bias.detach().flatten(0, -2)[0].chunk(4)
        assert (f == 1).all() and not (o.any() or i.any() or g.any())


@pytest.mark.slow
@pytest.mark.parametrize("config", [ROW, DIAGONAL], ids=["row", "diagonal"])
def test_one_batch_is_learned_by_heart(config: PixelRNNConfig) -> None:
    config = replace(config, hidden=8, head=16, layers=2, position_bias=True)
    before, after = small.overfit(small.build(config), small.ink(4, config), steps=100)
    assert after < 0.3 * before
