"""How models are trained: steps, rates and which matrices Muon moves. No torch, as for all that the registry names."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How a model is trained; ``interval`` is the number of steps between validations, which also save."""

    steps: int
    batch_size: int
    learning_rate: float
    decay_from: float = 0.5
    """Fraction of the steps after which the learning rate falls, by a half cosine, to zero."""
    warmup: int = 100
    clip: float = 10.0
    """Largest norm of the gradient of the mean loss in nats per picture; 10 as in DRAW's published recipe."""
    ema: float = 0.999
    settle_from: float = 1.0
    """Fraction of the steps after which dropout is off, so that the network settles as it will be used."""
    muon: tuple[str, ...] = ()
    """Names, or their beginnings, of the parameters whose matrices :mod:`core.training.muon` moves; Adam has the
    rest."""
    muon_rate: float = 8e-3
    """Peak learning rate of those; it follows the same schedule."""
    muon_decay: float = 0.0
    """Their weight decay, as a part of the learning rate."""
    bfloat16: bool = False
    """Whether convolutions and products are computed in bfloat16; weights, their averages and the loss stay float32."""
    interval: int = 500
    validation: int = 2_000
    """Pictures of the validation split that are looked at each time."""
    seed: int = 0


PIXEL_MATRICES = ("blocks.", "layers.", "up.", "head.")
"""The hidden layers of pixel models, all of theirs that has two dimensions or more (the biases of an LSTM's gates are
such a matrix); first and last layers stay with Adam, as Muon's authors advise."""
LONG = Recipe(
    steps=10_000,
    batch_size=32,
    learning_rate=2e-3,
    decay_from=0.1,
    muon=PIXEL_MATRICES,
    muon_rate=3e-3,
    muon_decay=0.1,
    bfloat16=True,
)
"""For convolutional networks. Without decay their weights grow under Muon until the loss rises again."""
RECURRENT = Recipe(steps=11_000, batch_size=16, learning_rate=2e-3, muon=PIXEL_MATRICES, bfloat16=True)
"""For both PixelRNNs. In bfloat16 a step takes 0.75 to 0.84 of its time in float32 (an Intel Xeon, one thread); the
recurrence itself stays in float32."""
PLACED = Recipe(steps=1_500, batch_size=16, learning_rate=2e-3, muon=PIXEL_MATRICES)
SCALES = replace(
    PLACED,
    steps=24_000,
    learning_rate=1.5e-3,
    decay_from=0.2,
    muon=tuple(f"scales.{i}.{part}" for i in range(3) for part in PIXEL_MATRICES),
    muon_rate=6e-3,
    bfloat16=True,
    interval=1_000,
)
"""The shipped weights had learned for 2,000 steps before, at the rates of :data:`PLACED`. Longer gives nothing:
validation was best after 20,000 steps (86.56 nats) while batches of the training split cost 85.4: the network is too
small."""
COLOUR = replace(LONG, steps=5_200, batch_size=16, clip=1_000.0, interval=1_000)

DRAW = Recipe(
    steps=16_000,
    batch_size=100,
    learning_rate=1e-3,
    decay_from=0.1,
    muon=("encoder.weight", "decoder.weight", "posterior.weight"),
    muon_rate=3e-3,
    muon_decay=0.1,
    bfloat16=True,
)
DRAW_PLAIN = replace(DRAW, muon=("encoder.weight_hh", "decoder.weight", "posterior.weight"))
"""Its encoder reads 1,824 numbers, and Muon's step on that matrix would take as long as all the rest. With Adam there,
validation stood at 103.7 nats after 1,000 steps, with Muon at 104.2."""

GLIMPSE = Recipe(steps=20_000, batch_size=100, learning_rate=1e-3, decay_from=0.1, clip=1.0, bfloat16=True)
"""Gradients are cut short early here: a window that is once outside the picture sees nothing that could bring it
back. Under Muon with ``clip`` 10 the loss rose again after step 500 and was that of guessing by step 2,700. The shipped
weights went on from there: ``--weights checkpoints --steps 45000 --learning-rate 0.0008 --set seed=1``."""

MDLSTM = Recipe(
    steps=3_500,
    batch_size=32,
    learning_rate=3e-3,
    decay_from=0.2,
    clip=1.0,
    ema=0.998,
    muon=("layers.", "between."),
    muon_rate=6e-3,
    interval=500,
)
"""In float32: the scan is, and the products beside it are small."""

AEVB = Recipe(steps=25_000, batch_size=100, learning_rate=1e-3, decay_from=0.1, bfloat16=True, interval=2_500)
"""A run of 40,000 was best after 22,500 (149.2 nats on validation) and learned its pictures by heart from then on."""
VAE = replace(LONG, steps=6_000, batch_size=100, learning_rate=1e-3, muon=("encode.", "logits."), interval=1_000)
"""With dropout to the end, for the pictures of a fixed file are soon known by heart. Where each batch has them anew
(``binarized-mnist-anew``) dropout only costs: the shipped weights of digits went on from there without it,
``--weights checkpoints --learning-rate 0.0007 --set seed=1 --set settle_from=0``, which brought the one of 20 numbers
from 89.5 to 85.9 nats in 15,000 steps."""

READER = Recipe(
    steps=1_300,
    batch_size=100,
    learning_rate=2e-3,
    decay_from=0.2,
    ema=0.99,
    muon=("layers.", "dense."),
    muon_rate=6e-3,
    bfloat16=True,
    interval=325,
)
