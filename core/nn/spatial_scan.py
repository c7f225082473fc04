"""The recurrence of a two-dimensional LSTM as one differentiable scan, in as many directions as one likes.

Graves, Fernández and Schmidhuber 2007, "Multi-Dimensional Recurrent Neural Networks": a cell hears from one before it
in each dimension and has a forget gate for each. In the form of Theis and Bethge 2015, equation 8, at (i, j),

    g, o, i, f^r, f^c = (tanh, σ, σ, σ, σ)(x_{i,j} + W [h_{i,j−1}, h_{i−1,j}])
    c_{i,j} = g ⊙ i + c_{i,j−1} ⊙ f^c + c_{i−1,j} ⊙ f^r
    h_{i,j} = tanh(c_{i,j} ⊙ o)

Cells of an anti-diagonal hear only from the one before it, so a step is a diagonal. Every direction is the scan from
the top left of a picture that was flipped first, and all of them are ``G`` in the same matrix products.

The gradient is written out by hand: one backward step hears, for each cell, the error of its own output and the
derivatives of its two successors, as in the paper's section 2.1.

Features come before cells, so that each gate of a diagonal lies in one piece.

Shapes: ``G`` directions, ``P`` = H · W cells in the order of :func:`core.nn.lstm_scan.diagonal_order`, ``N`` pictures,
``h`` features, ``n`` cells of a diagonal.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from core.nn.likelihood import precise
from core.nn.lstm_scan import NOTHING, diagonal_fronts

GATES = 5
"""g, o, i, f^r, f^c in this order, h features each."""
Kept = tuple[Tensor, Tensor, Tensor, Tensor]


def _scanned(inputs: Tensor, weight: Tensor, width: int) -> Kept:
    """States and memories, and what the way back needs besides: gates, and what was heard (G, 2h, P, N).

    The gates overwrite ``inputs``.
    """
    h = weight.shape[2] // 2
    groups, _, *rest = inputs.shape
    states, cells = (inputs.new_empty(groups, h, *rest) for _ in range(2))
    all_heard = inputs.new_zeros(groups, 2 * h, *rest)
    hidden = cell = states[:, :, NOTHING]
    for front in diagonal_fronts(rest[0] // width, width):
        gates, heard = inputs[:, :, front.cells], all_heard[:, :, front.cells]
        left, above = front.memory, front.above
        heard[:, :h, left.to] = hidden[:, :, left.source]
        heard[:, h:, above.to] = hidden[:, :, above.source]
        _flat(gates).baddbmm_(weight, _flat(heard))
        gates[:, :h].tanh_()
        gates[:, h:].sigmoid_()
        g, o, i, f_r, f_c = gates.split(h, 1)
        old, cell = cell, cells[:, :, front.cells]
        torch.mul(g, i, out=cell)
        cell[:, :, left.to].addcmul_(f_c[:, :, left.to], old[:, :, left.source])
        cell[:, :, above.to].addcmul_(f_r[:, :, above.to], old[:, :, above.source])
        hidden = torch.mul(cell, o, out=states[:, :, front.cells]).tanh_()
    return states, cells, inputs, all_heard


def _scanned_back(
    grads: tuple[Tensor, Tensor],
    weight: Tensor,
    kept: Kept,
    width: int,
) -> tuple[Tensor, Tensor]:
    """The gradients of ``inputs`` and ``weight`` from those of the states and of the memories."""
    states, cells, all_gates, heard = kept
    fronts = diagonal_fronts(states.shape[2] // width, width)
    h, back, d_inputs = weight.shape[2] // 2, weight.transpose(1, 2), torch.empty_like(all_gates)
    d_states, d_cells = (each.clone(memory_format=torch.contiguous_format) for each in grads)
    for t in reversed(range(len(fronts))):
        front, before = fronts[t], fronts[max(t - 1, 0)].cells
        gates, d_gates, cell = all_gates[:, :, front.cells], d_inputs[:, :, front.cells], cells[:, :, front.cells]
        g, o, i, f_r, f_c = gates.split(h, 1)
        d_g, d_o, d_i, d_f_r, d_f_c = d_gates.split(h, 1)
        d_cell = d_cells[:, :, front.cells]
        inside = torch.ops.aten.tanh_backward(d_states[:, :, front.cells], states[:, :, front.cells])
        d_cell.addcmul_(inside, o)
        torch.mul(inside, cell, out=d_o)
        torch.mul(d_cell, i, out=d_g)
        torch.mul(d_cell, g, out=d_i)
        d_gates[:, 3 * h :].zero_()
        for link, f, d_f in ((front.memory, f_c, d_f_c), (front.above, f_r, d_f_r)):
            torch.mul(d_cell[:, :, link.to], cells[:, :, before][:, :, link.source], out=d_f[:, :, link.to])
            d_cells[:, :, before][:, :, link.source].addcmul_(d_cell[:, :, link.to], f[:, :, link.to])
        sharp, smooth = d_gates[:, :h], d_gates[:, h:]
        torch.ops.aten.tanh_backward.grad_input(sharp, g, grad_input=sharp)
        torch.ops.aten.sigmoid_backward.grad_input(smooth, gates[:, h:], grad_input=smooth)
        d_heard = torch.bmm(back, _flat(d_gates)).view(*d_gates.shape[:1], 2 * h, *d_gates.shape[2:])
        d_states[:, :, before][:, :, front.memory.source] += d_heard[:, :h, front.memory.to]
        d_states[:, :, before][:, :, front.above.source] += d_heard[:, h:, front.above.to]
    return d_inputs, torch.bmm(_flat(d_inputs), _flat(heard).transpose(1, 2))


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, width: int) -> tuple[Tensor, Tensor]:
        kept = _scanned(inputs, weight, width)
        _keep(ctx, (inputs, weight, width), kept)
        return kept[:2]

    @staticmethod
    def backward(ctx: Any, grad: Tensor, grad_cells: Tensor) -> Any:
        weight, states, cells, gates, heard = ctx.saved_tensors
        return *_scanned_back((grad, grad_cells), weight, (states, cells, gates, heard), ctx.width), None


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: Kept) -> None:
    ctx.width = inputs[2]
    ctx.save_for_backward(inputs[1], *output)


# The same for a compiled graph, as in core.nn.lstm_scan: operations of torch's own kind, which may overwrite nothing.
_LIBRARY = torch.library.Library("easel", "FRAGMENT")
_LIBRARY.define("spatial_scan(Tensor inputs, Tensor weight, int width) -> (Tensor, Tensor, Tensor, Tensor)")
_LIBRARY.define(
    "spatial_scan_back(Tensor grad, Tensor grad_cells, Tensor weight, Tensor states, Tensor cells, Tensor gates,"
    " Tensor heard, int width) -> (Tensor, Tensor)"
)


def _scanned_apart(inputs: Tensor, weight: Tensor, width: int) -> Kept:
    return _scanned(inputs.clone(memory_format=torch.contiguous_format), weight, width)


def _shapes(inputs: Tensor, weight: Tensor, width: int) -> Kept:
    h = weight.shape[2] // 2
    groups, _, *rest = inputs.shape
    states, cells, heard = (inputs.new_empty(groups, size, *rest) for size in (h, h, 2 * h))
    return states, cells, inputs.new_empty(inputs.shape), heard


def _scanned_back_apart(
    grad: Tensor,
    grad_cells: Tensor,
    weight: Tensor,
    states: Tensor,
    cells: Tensor,
    gates: Tensor,
    heard: Tensor,
    width: int,
) -> tuple[Tensor, Tensor]:
    return _scanned_back((grad, grad_cells), weight, (states, cells, gates, heard), width)


def _shapes_back(
    grad: Tensor, grad_cells: Tensor, weight: Tensor, states: Tensor, cells: Tensor, gates: Tensor, *_: Any
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(gates), torch.empty_like(weight)


def _back(ctx: Any, grad: Tensor, grad_cells: Tensor, *_: Any) -> Any:
    return *torch.ops.easel.spatial_scan_back(grad, grad_cells, *ctx.saved_tensors, ctx.width), None


for _name, _function, _fake in (
    ("spatial_scan", _scanned_apart, _shapes),
    ("spatial_scan_back", _scanned_back_apart, _shapes_back),
):
    _LIBRARY.impl(_name, _function, "CompositeExplicitAutograd")
    torch.library.register_fake(f"easel::{_name}", _fake, lib=_LIBRARY)
torch.library.register_autograd("easel::spatial_scan", _back, setup_context=_keep, lib=_LIBRARY)


def spatial_scan(inputs: Tensor, weight: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """States and memories, (G, h, P, N) each, of all cells of pictures of a ``width``, in the order of the scan.

    ``inputs`` (G, 5h, P, N) is what each cell gets from below with its bias, gates in the order of :data:`GATES`; it
    may be overwritten. ``weight`` (G, 5h, 2h) is from the states of the left cell and of the one above. Computed in
    float32 at least, as :func:`core.nn.lstm_scan.lstm_scan` is.
    """
    given = precise(inputs).contiguous(), precise(weight), width
    if torch.compiler.is_compiling():
        states, cells, *_ = torch.ops.easel.spatial_scan(*given)
        return states, cells
    found: tuple[Tensor, Tensor] = _Scan.apply(*given)
    return found


def _flat(x: Tensor) -> Tensor:
    """(G, C, n, N), a slice of cells, as (G, C, n · N) without a copy."""
    return x.view(*x.shape[:2], x.shape[2] * x.shape[3])


class _Ordered(torch.autograd.Function):
    """The gradient of a permutation is the one back, which torch does not know."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, order: Tensor, back: Tensor) -> Tensor:
        ctx.save_for_backward(order, back)
        return torch.stack([each.index_select(1, places) for each, places in zip(x, order, strict=True)])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        order, back = ctx.saved_tensors
        return _Ordered.apply(grad, back, order), None, None


def ordered(x: Tensor, order: Tensor, back: Tensor) -> Tensor:
    """Cells of x (G, C, P, N) in an order for each direction, (G, P); ``back`` is the way back, of the same shape."""
    found: Tensor = _Ordered.apply(x, order, back)
    return found
