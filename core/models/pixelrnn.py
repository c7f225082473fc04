"""PixelRNN: two-dimensional LSTM layers whose states carry the whole past of a pixel.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks", the columns "Row LSTM" and "Diagonal BiLSTM" of table 1:
7×7 convolution with mask A; LSTM layers with residual connections (section 3.3, figure 5); a head of ReLU, 1×1,
ReLU, 1×1; one Bernoulli logit for each pixel.

* Row LSTM (section 3.1): input-to-state k×1 along the row with mask B, state-to-state k×1 from the row above. A
  pixel sees the triangle above it and whatever the convolutions bring from its left.
* Diagonal BiLSTM (section 3.2): input-to-state 1×1, state-to-state from the left and from above, once from the left
  and once from the right corner. The map of the right-hand pass is moved down by one row before both are added,
  since at its own row it has seen pixels that are yet to be painted. A pixel sees everything before it but one: the
  last pixel of the row above is in no map before its own row's end, unless the first convolution reaches it.

Where we deviate: fewer layers, to train and paint on a CPU; the forget gate starts open (bias 1); the optional bias
for each position of :mod:`core.models.pixelcnn`.

Shapes: ``N`` images, ``H`` × ``W`` pixels, ``P`` = H · W, ``h`` features of the state, 2h features between layers.
Between layers a map lies as (P, N, 2h), so that a diagonal is a slice and a 1×1 convolution a matrix product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.models.configs import PixelRNNConfig
from core.models.raster import PixelModel
from core.nn.lstm_scan import diagonal_order, lstm_scan
from core.nn.masked import MaskedConv2d


def _initial(count: int, inputs: int, hidden: int) -> nn.Parameter:
    """Uniform within 1/√h, the LSTM's customary start: (count, inputs, 4h)."""
    bound = hidden**-0.5
    return nn.Parameter(torch.empty(count, inputs, 4 * hidden).uniform_(-bound, bound))


def _open_gates(directions: int, hidden: int) -> Tensor:
    """Biases of o, f, i, g, (directions, 1, 4h): zero, but one for the forget gate."""
    bias = torch.zeros(directions, 1, 4, hidden)
    bias[:, :, 1] = 1
    return bias.flatten(2)


class RowLSTM(nn.Module):
    """(P, N, 2h) -> (P, N, h); input-to-state 3×1 with mask B, state-to-state 3×1."""

    def __init__(self, height: int, width: int, hidden: int) -> None:
        super().__init__()
        self.width = width
        self.input_to_state = _initial(2, 2 * hidden, hidden)  # taps: left, the pixel itself
        self.state_to_state = _initial(3, hidden, hidden)
        self.bias = nn.Parameter(_open_gates(1, hidden)[0])

    def forward(self, x: Tensor) -> Tensor:
        left, own = self.input_to_state
        inputs = torch.matmul(x, own) + self.bias
        rows, maps = inputs.unflatten(0, (-1, self.width)), x.unflatten(0, (-1, self.width))
        rows[:, 1:] += maps[:, :-1] @ left
        return lstm_scan(inputs[None], self.state_to_state[None], self.width)[0]


class DiagonalBiLSTM(nn.Module):
    """(P, N, 2h) -> (P, N, h): the left pass plus the right pass moved down by one row."""

    orders: Tensor
    places: Tensor

    def __init__(self, height: int, width: int, hidden: int) -> None:
        super().__init__()
        self.width = width
        left = torch.tensor(diagonal_order(height, width))
        right = left // width * width + (width - 1 - left % width)  # the mirrored picture, scanned the same way
        self.register_buffer("orders", torch.cat([left, right]), persistent=False)
        places = torch.stack([left.argsort(), right.argsort() + height * width])
        self.register_buffer("places", places, persistent=False)
        self.input_to_state = _initial(2, 2 * hidden, hidden)  # directions: left, right
        self.state_to_state = _initial(4, hidden, hidden)
        self.bias = nn.Parameter(_open_gates(2, hidden))

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.passes(x)  # the right one is moved down by one row
        return torch.cat([left[: self.width], left[self.width :] + right[: -self.width]])

    def passes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(P, N, 2h) -> the states of the scans from the left and from the right where they are, (P, N, h) each."""
        both = x.index_select(0, self.orders).view(2, -1, x.shape[2])
        inputs = torch.baddbmm(self.bias, both, self.input_to_state).unflatten(1, x.shape[:2])
        kernel = self.state_to_state.unflatten(0, (2, 2))
        states = lstm_scan(inputs, kernel, self.width).flatten(0, 1)
        return states.index_select(0, self.places[0]), states.index_select(0, self.places[1])


class PixelRNN(PixelModel):
    """The whole painter, for binary pictures of one channel."""

    samplers = "core.samplers.pixelrnn"

    def __init__(self, config: PixelRNNConfig) -> None:
        super().__init__(config)
        layer = RowLSTM if config.kind == "row" else DiagonalBiLSTM
        h, height, width = config.hidden, config.height, config.width
        self.first = MaskedConv2d("A", 1, 2 * h, config.first_size)
        self.position = nn.Parameter(torch.zeros(height * width, 1, 2 * h)) if config.position_bias else None
        self.layers = nn.ModuleList(layer(height, width, h) for _ in range(config.layers))
        self.up = nn.ModuleList(nn.Linear(h, 2 * h) for _ in range(config.layers))
        self.head = nn.Linear(2 * h, config.head)
        self.out = nn.Linear(config.head, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 1, 1, H, W) of pixels (N, 1, H, W) in {0, 1}, each blind to its own pixel and all after."""
        hidden = self.first(2 * x - 1).flatten(2).permute(2, 0, 1).contiguous()
        if self.position is not None:
            hidden = hidden + self.position
        for layer, up in zip(self.layers, self.up, strict=True):
            hidden = hidden + up(layer(hidden))
        logits = self.out(self.head(hidden.relu()).relu())
        return logits.permute(1, 2, 0).unflatten(2, x.shape[2:])[:, None]
