"""Every model that Easel knows, in one visible dict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core.models.aevb import AEVB, AEVBConfig
from core.models.convnet import ConvNet, ConvNetConfig
from core.models.draw import Draw, DrawConfig
from core.models.gated import GatedConfig, GatedPixelCNN
from core.models.glimpse import GlimpseClassifier, GlimpseConfig
from core.models.mcgsm import MCGSM, MCGSMConfig
from core.models.multiscale import MultiScale, MultiScaleConfig
from core.models.pixelcnn import PixelCNN, PixelCNNConfig
from core.models.pixelrnn import PixelRNN, PixelRNNConfig
from core.models.reader import Reader, ReaderConfig
from core.models.residual_vae import ResidualVAE, ResidualVAEConfig
from core.models.spatial_lstm import SpatialLSTM, SpatialLSTMConfig
from core.models.vae import VAE, VAEConfig


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
    """Names, or their beginnings, of the parameters whose matrices :mod:`core.optimizers` moves; Adam has the rest."""
    muon_rate: float = 8e-3
    """Peak learning rate of those; it follows the same schedule."""
    muon_decay: float = 0.0
    """Their weight decay, as a part of the learning rate."""
    bfloat16: bool = False
    """Whether convolutions and products are computed in bfloat16; weights, their averages and the loss stay float32."""
    interval: int = 500
    seed: int = 0


@dataclass(frozen=True)
class ModelSpec:
    """A name's model class, its config, the data it learns from and its recipe."""

    model: type[Any]
    config: Any
    dataset: str
    recipe: Recipe
    bound: str
    """``exact`` if the model's loss is −log p(x) itself, ``elbo`` if it is a bound; ``cross-entropy``: a classifier."""
    labelled: bool = False
    """Whether training tells the model the classes."""
    channels_last: bool = False
    """Memory layout in training: convolutions are faster with channels last."""
    instrument: bool = False
    """Whether it only measures what others paint, so that no room shows it."""
    half: bool = False
    """Whether the weights are kept in float16, which halves the file; they are computed with in float32."""

    def build(self) -> Any:
        """A fresh, untrained model."""
        return self.model(self.config)


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
PLACED = ModelSpec(
    model=PixelCNN,
    config=PixelCNNConfig(features=48, bottleneck=24, blocks=6, position_bias=True),
    dataset="binarized-mnist",
    recipe=Recipe(steps=1_500, batch_size=16, learning_rate=2e-3, muon=PIXEL_MATRICES),
    bound="exact",
    channels_last=True,
)
"""For the lesson of the position bias: two equal networks, trained alike, with it and without."""
CIFAR10 = ModelSpec(
    model=PixelCNN,
    config=PixelCNNConfig(
        height=32, width=32, channels=3, levels=256, features=96, bottleneck=48, blocks=8, position_bias=True
    ),
    dataset="cifar10",
    recipe=replace(LONG, steps=5_200, batch_size=16, clip=1_000.0, interval=1_000),
    bound="exact",
    channels_last=True,
)

DRAW_MATRICES = ("encoder.weight", "decoder.weight", "posterior.weight")
DRAW = ModelSpec(
    model=Draw,
    config=DrawConfig(),
    dataset="binarized-mnist",
    recipe=Recipe(
        steps=16_000,
        batch_size=100,
        learning_rate=1e-3,
        decay_from=0.1,
        muon=DRAW_MATRICES,
        muon_rate=3e-3,
        muon_decay=0.1,
        bfloat16=True,
    ),
    bound="elbo",
    half=True,
)
GLIMPSE = ModelSpec(
    model=GlimpseClassifier,
    config=GlimpseConfig(),
    dataset="cluttered",
    recipe=Recipe(steps=20_000, batch_size=100, learning_rate=1e-3, decay_from=0.1, clip=1.0, bfloat16=True),
    bound="cross-entropy",
    labelled=True,
    half=True,
)
"""Gradients are cut short early here: a window that is once thrown out of the picture sees nothing that could bring it
back. Under Muon with ``clip`` 10 the loss rose again after step 500 and was that of guessing by step 2,700."""
GLIMPSE_100 = replace(
    GLIMPSE,
    config=GlimpseConfig(height=100, width=100),
    dataset="cluttered-100",
    recipe=replace(GLIMPSE.recipe, steps=14_000),
)
CONVNET = replace(GLIMPSE, model=ConvNet, config=ConvNetConfig(), recipe=replace(GLIMPSE.recipe, steps=10_000))

AEVB_2D = ModelSpec(
    model=AEVB,
    config=AEVBConfig(),
    dataset="binarized-mnist",
    recipe=Recipe(steps=25_000, batch_size=100, learning_rate=1e-3, decay_from=0.1, bfloat16=True, interval=2_500),
    bound="elbo",
    half=True,
)
"""A run of 40,000 was best after 22,500 (149.2 nats on validation) and learned its pictures by heart from then on."""
VAE_MATRICES = ("encode.", "logits.")
VAE_8 = ModelSpec(
    model=VAE,
    config=VAEConfig(),
    dataset="binarized-mnist",
    recipe=replace(LONG, steps=6_000, batch_size=100, learning_rate=1e-3, muon=VAE_MATRICES, interval=1_000),
    bound="elbo",
    channels_last=True,
    half=True,
)
VAE_20 = replace(VAE_8, model=ResidualVAE, config=ResidualVAEConfig(), recipe=replace(VAE_8.recipe, steps=16_000))

READER = ModelSpec(
    model=Reader,
    config=ReaderConfig(),
    dataset="plates",
    recipe=Recipe(
        steps=1_300,
        batch_size=100,
        learning_rate=2e-3,
        decay_from=0.2,
        ema=0.99,
        muon=("layers.", "dense."),
        muon_rate=6e-3,
        bfloat16=True,
        interval=325,
    ),
    bound="cross-entropy",
    labelled=True,
    channels_last=True,
    instrument=True,
    half=True,
)

REGISTRY: dict[str, ModelSpec] = {
    "draw-mnist": DRAW,
    "draw-mnist-plain": replace(
        DRAW,
        config=DrawConfig(attention=False),
        # Its encoder reads 1,824 numbers, and Muon's step on that matrix would take as long as all the rest. With Adam
        # there, validation stood at 103.7 nats after 1,000 steps, with Muon at 104.2.
        recipe=replace(DRAW.recipe, muon=("encoder.weight_hh", "decoder.weight", "posterior.weight")),
    ),
    "draw-two-digits": replace(
        DRAW,
        config=DrawConfig(height=60, width=60, read_size=8, write_size=8),
        dataset="two-digits",
        recipe=replace(DRAW.recipe, steps=8_000),
    ),
    "draw-svhn": replace(
        DRAW,
        config=DrawConfig(channels=3, height=54, width=54, read_size=12, write_size=12),
        dataset="svhn-numbers",
        recipe=replace(DRAW.recipe, steps=3_000, clip=1_000.0),
    ),
    "draw-cifar10": replace(
        DRAW,
        config=DrawConfig(channels=3, height=32, width=32, read_size=8, write_size=8),
        dataset="cifar10",
        recipe=replace(DRAW.recipe, steps=4_000, clip=1_000.0),
    ),
    "glimpse-cluttered": GLIMPSE,
    "glimpse-random-cluttered": replace(
        GLIMPSE, config=GlimpseConfig(aim="random"), recipe=replace(GLIMPSE.recipe, steps=6_000)
    ),
    "convnet-cluttered": CONVNET,
    "glimpse-cluttered-100": GLIMPSE_100,
    "convnet-cluttered-100": replace(CONVNET, config=ConvNetConfig(height=100, width=100), dataset="cluttered-100"),
    "aevb-mnist-2d": AEVB_2D,
    "aevb-mnist-2d-beta01": replace(AEVB_2D, config=AEVBConfig(beta=0.1)),
    "aevb-mnist-2d-beta4": replace(AEVB_2D, config=AEVBConfig(beta=4.0)),
    "vae-mnist": VAE_8,
    "vae-mnist-squared": replace(VAE_8, config=VAEConfig(likelihood="squared")),
    "vae-mnist-20d": VAE_20,
    "vae-mnist-denoising": replace(
        VAE_20, config=ResidualVAEConfig(corruption=0.3), recipe=replace(VAE_20.recipe, steps=6_000)
    ),
    "vae-svhn": replace(
        VAE_20,
        config=ResidualVAEConfig(channels=3, height=32, width=32, latent=64, likelihood="logistic"),
        dataset="svhn-digits",
        recipe=replace(VAE_20.recipe, steps=4_000, clip=1_000.0),
    ),
    "pixelcnn-mnist": ModelSpec(
        model=PixelCNN,
        config=PixelCNNConfig(position_bias=True),
        dataset="binarized-mnist",
        recipe=LONG,
        bound="exact",
        channels_last=True,
    ),
    "gated-pixelcnn-mnist": ModelSpec(
        model=GatedPixelCNN,
        config=GatedConfig(position_bias=True, classes=10),
        dataset="binarized-mnist",
        recipe=replace(LONG, steps=6_500),
        bound="exact",
        labelled=True,
        channels_last=True,
    ),
    "row-lstm-mnist": ModelSpec(
        model=PixelRNN,
        config=PixelRNNConfig(kind="row", layers=3, position_bias=True),
        dataset="binarized-mnist",
        recipe=RECURRENT,
        bound="exact",
    ),
    "diagonal-bilstm-mnist": ModelSpec(
        model=PixelRNN,
        config=PixelRNNConfig(kind="diagonal", layers=2),
        dataset="binarized-mnist",
        recipe=RECURRENT,
        bound="exact",
    ),
    "multiscale-mnist": ModelSpec(
        model=MultiScale,
        config=MultiScaleConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(
            steps=2_000,
            batch_size=16,
            learning_rate=2e-3,
            muon=tuple(f"scales.{i}.{part}" for i in range(3) for part in PIXEL_MATRICES),
        ),
        bound="exact",
        channels_last=True,
    ),
    "spatial-lstm-mnist": ModelSpec(
        model=SpatialLSTM,
        config=SpatialLSTMConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(steps=2_000, batch_size=16, learning_rate=5e-3),
        bound="exact",
    ),
    "mcgsm-mnist": ModelSpec(
        model=MCGSM,
        config=MCGSMConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(steps=3_000, batch_size=16, learning_rate=1e-2),
        bound="exact",
    ),
    "reader-plates": READER,
    "pixelcnn-cifar10": CIFAR10,
    "pixelcnn-svhn": replace(CIFAR10, dataset="svhn-digits", recipe=replace(CIFAR10.recipe, steps=2_600)),
    "pixelcnn-placed-mnist": PLACED,
    "pixelcnn-unplaced-mnist": replace(PLACED, config=replace(PLACED.config, position_bias=False)),
}
