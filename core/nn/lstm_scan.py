"""The recurrence of PixelRNN's LSTM layers as one differentiable scan.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks", equation 3: with K^ss the state-to-state and K^is the
input-to-state component,

    [o, f, i, g] = σ(K^ss ⊛ h_{t−1} + K^is ⊛ x_t)        (tanh for g)
    c_t = f ⊙ c_{t−1} + i ⊙ g
    h_t = o ⊙ tanh(c_t)

What differs between the Row LSTM and the Diagonal BiLSTM is only which cells are computed together and which cells
of the step before they hear from: a list of :class:`Front`, one a step.

* Rows (section 3.1): step t is row t; a cell hears from the three cells above it.
* Diagonals (section 3.2): step t is an anti-diagonal; a cell hears from the one to its left and the one above. The
  paper skews the map so that a diagonal becomes a column, half of which lies outside the picture. Here the pixels
  are put in the order of the diagonals, so that each step is a slice and nothing is computed that is not there.

The gradient is written out by hand: one backward step is a dozen operations on the stored gates, against some fifty
nodes that autograd would keep. Both directions of a BiLSTM are ``G = 2`` in the same matrix products.

Shapes: ``G`` directions, ``P`` = H · W pixels in the order of the scan, ``N`` images, ``h`` features, ``n`` cells of
a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from core.nn.likelihood import precise

NOTHING = slice(0, 0)


@dataclass(frozen=True)
class Link:
    """Through one tap of the state-to-state kernel: cells ``to`` of this step hear from ``source`` of the last."""

    tap: int
    to: slice
    source: slice


@dataclass(frozen=True)
class Front:
    """One step of a scan: the cells it computes, what they hear, whose memory cells they carry on, and who is above."""

    cells: slice
    links: tuple[Link, ...]
    memory: Link
    above: Link


@lru_cache
def row_fronts(height: int, width: int) -> tuple[Front, ...]:
    """Row by row; taps 0, 1, 2 are above left, above, above right. The memory runs straight down."""
    left = Link(0, slice(1, width), slice(0, width - 1))
    straight = Link(1, slice(0, width), slice(0, width))
    right = Link(2, slice(0, width - 1), slice(1, width))
    links = (left, straight, right) if width > 1 else (straight,)
    rows = [slice(r * width, (r + 1) * width) for r in range(height)]
    none = Link(1, NOTHING, NOTHING)
    return Front(rows[0], (), none, none), *(Front(row, links, straight, straight) for row in rows[1:])


def diagonal_rows(t: int, height: int, width: int) -> range:
    """The rows that anti-diagonal ``t`` runs through, from the top; its pixel of row s stands in column t − s."""
    return range(max(0, t - width + 1), min(height - 1, t) + 1)


@lru_cache
def diagonal_order(height: int, width: int) -> tuple[int, ...]:
    """Raster indices of all pixels, diagonal by diagonal from the top left corner."""
    return tuple(s * width + t - s for t in range(height + width - 1) for s in diagonal_rows(t, height, width))


@lru_cache
def diagonal_fronts(height: int, width: int) -> tuple[Front, ...]:
    """Diagonal by diagonal; taps 0, 1 are above and left. The memory runs from the left to the right."""
    fronts, start = [], 0
    for t in range(height + width - 1):
        rows, last = diagonal_rows(t, height, width), diagonal_rows(t - 1, height, width)

        def heard(tap: int, up: int, rows: range = rows, last: range = last) -> Link:
            low, high = max(rows.start, last.start + up), min(rows.stop, last.stop + up)
            if low >= high:
                return Link(tap, NOTHING, NOTHING)
            source = slice(low - up - last.start, high - up - last.start)
            return Link(tap, slice(low - rows.start, high - rows.start), source)

        above, left = heard(0, 1), heard(1, 0)
        fronts.append(Front(slice(start, start + len(rows)), (above, left) if t else (), left, above))
        start += len(rows)
    return tuple(fronts)


def _fronts(taps: int, pixels: int, width: int) -> tuple[Front, ...]:
    """Those of a kernel: three taps reach up from a row, two reach up and to the left from a diagonal."""
    return (row_fronts if taps == 3 else diagonal_fronts)(pixels // width, width)


def _scanned(inputs: Tensor, weight: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The states, and what the way back needs besides them: gates, memory cells, and those after their tanh.

    The gates overwrite ``inputs``.
    """
    h = weight.shape[2]
    states, cells, squashed = (inputs.new_empty(*inputs.shape[:3], h) for _ in range(3))
    hidden = cell = states[:, NOTHING]
    for front in _fronts(weight.shape[1], inputs.shape[1], width):
        gates = inputs[:, front.cells]
        for link in front.links:
            _flat(gates[:, link.to]).baddbmm_(_flat(hidden[:, link.source]), weight[:, link.tap])
        gates[..., : 3 * h].sigmoid_()
        gates[..., 3 * h :].tanh_()
        o, f, i, g = gates.split(h, -1)
        to, old, cell = front.memory.to, cell[:, front.memory.source], cells[:, front.cells]
        torch.mul(i, g, out=cell)
        cell[:, to].addcmul_(f[:, to], old)
        hidden = states[:, front.cells]
        torch.mul(o, torch.tanh(cell, out=squashed[:, front.cells]), out=hidden)
    return states, inputs, cells, squashed


def _scanned_back(
    grad: Tensor, weight: Tensor, states: Tensor, all_gates: Tensor, cells: Tensor, all_squashed: Tensor, width: int
) -> tuple[Tensor, Tensor]:
    """The gradients of ``inputs`` and ``weight`` from that of the states."""
    fronts = _fronts(weight.shape[1], states.shape[1], width)
    h, back, weight_grad = weight.shape[2], weight.transpose(2, 3), torch.zeros_like(weight)
    d_inputs, d_cells = torch.empty_like(all_gates), torch.zeros_like(cells)
    d_states = grad.clone(memory_format=torch.contiguous_format)
    for t in reversed(range(len(fronts))):
        front, before = fronts[t], fronts[max(t - 1, 0)].cells
        gates, squashed, d_gates = all_gates[:, front.cells], all_squashed[:, front.cells], d_inputs[:, front.cells]
        o, f, i, g = gates.split(h, -1)
        d_o, d_f, d_i, d_g = d_gates.split(h, -1)
        d_hidden, d_cell = d_states[:, front.cells], d_cells[:, front.cells]
        torch.mul(d_hidden, squashed, out=d_o)
        d_cell += torch.ops.aten.tanh_backward(d_hidden * o, squashed)
        torch.mul(d_cell, g, out=d_i)
        torch.mul(d_cell, i, out=d_g)
        to, source = front.memory.to, front.memory.source
        d_f.zero_()
        if t:
            torch.mul(d_cell[:, to], cells[:, before][:, source], out=d_f[:, to])
            torch.mul(d_cell[:, to], f[:, to], out=d_cells[:, before][:, source])
        smooth, sharp = d_gates[..., : 3 * h], d_gates[..., 3 * h :]
        torch.ops.aten.sigmoid_backward.grad_input(smooth, gates[..., : 3 * h], grad_input=smooth)
        torch.ops.aten.tanh_backward.grad_input(sharp, g, grad_input=sharp)
        for link in front.links:
            d, heard = _flat(d_gates[:, link.to]), _flat(states[:, before][:, link.source])
            weight_grad[:, link.tap].baddbmm_(heard.transpose(1, 2), d)
            _flat(d_states[:, before][:, link.source]).baddbmm_(d, back[:, link.tap])
    return d_inputs, weight_grad


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, width: int) -> Tensor:
        kept = _scanned(inputs, weight, width)
        _keep(ctx, (inputs, weight, width), kept)
        return kept[0]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        weight, states, gates, cells, squashed = ctx.saved_tensors
        return *_scanned_back(grad, weight, states, gates, cells, squashed, ctx.width), None


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: tuple[Tensor, ...]) -> None:
    ctx.width = inputs[2]
    ctx.save_for_backward(inputs[1], *output)


# The same for a compiled graph: two operations of torch's own kind, each of which is one node, so that hundreds of
# steps run as they are. They may not overwrite anything. Not by torch.library.custom_op, whose operations load all of
# torch's compiler when they are first called.
_LIBRARY = torch.library.Library("easel", "DEF")
_LIBRARY.define("lstm_scan(Tensor inputs, Tensor weight, int width) -> (Tensor, Tensor, Tensor, Tensor)")
_LIBRARY.define(
    "lstm_scan_back(Tensor grad, Tensor weight, Tensor states, Tensor gates, Tensor cells, Tensor squashed, int width)"
    " -> (Tensor, Tensor)"
)


def _scanned_apart(inputs: Tensor, weight: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return _scanned(inputs.clone(memory_format=torch.contiguous_format), weight, width)


def _shapes(inputs: Tensor, weight: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    states, cells, squashed = (inputs.new_empty(*inputs.shape[:3], weight.shape[2]) for _ in range(3))
    return states, inputs.new_empty(inputs.shape), cells, squashed


def _shapes_back(grad: Tensor, weight: Tensor, states: Tensor, gates: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    return torch.empty_like(gates), torch.empty_like(weight)


def _back(ctx: Any, grad: Tensor, *_: Any) -> Any:
    return *torch.ops.easel.lstm_scan_back(grad, *ctx.saved_tensors, ctx.width), None


for _name, _function, _fake in (
    ("lstm_scan", _scanned_apart, _shapes),
    ("lstm_scan_back", _scanned_back, _shapes_back),
):
    _LIBRARY.impl(_name, _function, "CompositeExplicitAutograd")
    torch.library.register_fake(f"easel::{_name}", _fake, lib=_LIBRARY)
torch.library.register_autograd("easel::lstm_scan", _back, setup_context=_keep, lib=_LIBRARY)


def lstm_scan(inputs: Tensor, weight: Tensor, width: int) -> Tensor:
    """Hidden states (G, P, N, h) of every pixel of pictures of a ``width``, in the order of the scan.

    ``inputs`` (G, P, N, 4h) is the input-to-state component with its bias, gates in the order o, f, i, g; it may be
    overwritten. ``weight`` (G, taps, h, 4h) is the state-to-state kernel of each direction: three taps make rows of
    the pictures, two make diagonals.

    The recurrence is computed in float32 at least, also where the products before it are in bfloat16: a memory that is
    rounded at each of 55 steps forgets, and products this small are no faster in bfloat16 on a CPU (they were slower).
    """
    given = precise(inputs), precise(weight), width
    states: Tensor = torch.ops.easel.lstm_scan(*given)[0] if torch.compiler.is_compiling() else _Scan.apply(*given)
    return states


def _flat(x: Tensor) -> Tensor:
    """(G, n, N, C), a slice of cells, as (G, n · N, C) without a copy."""
    return x.view(len(x), x.shape[1] * x.shape[2], x.shape[3])
