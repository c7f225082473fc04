"""The settings of every model: how large its pictures are, and its network.

Nothing here needs torch, so that the registry can be read before torch is there. Papers and sections are those that the
models' own files name.

``channels``, ``height`` and ``width`` are those of the pictures; ``levels`` how many values a pixel model knows, 2 for
ink or paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.results import GLIMPSES, STEPS


@dataclass(frozen=True)
class AEVBConfig:
    """Of :class:`core.models.aevb.AEVB`. Defaults are the paper's, for figure 4b."""

    channels: int = 1
    height: int = 28
    width: int = 28
    hidden: int = 500  # section 5
    latent: int = 2
    beta: float = 1.0
    likelihood: Literal["bernoulli"] = "bernoulli"
    corruption: float = 0.0


@dataclass(frozen=True)
class VAEConfig:
    """Of :class:`core.models.vae.VAE`. Defaults are the notes' unless marked."""

    channels: int = 1
    height: int = 28
    width: int = 28
    features: int = 64
    latent: int = 8
    dropout: float = 0.2
    dense: int = 256  # ours
    likelihood: Literal["bernoulli", "squared"] = "bernoulli"  # the notes take squared
    beta: float = 1.0
    corruption: float = 0.0


@dataclass(frozen=True)
class ResidualVAEConfig:
    """Of :class:`core.models.residual_vae.ResidualVAE`. Defaults are ours."""

    channels: int = 1
    height: int = 28
    width: int = 28
    features: int = 32
    blocks: int = 1
    dense: int = 256
    latent: int = 20
    dropout: float = 0.2
    likelihood: Literal["bernoulli", "logistic"] = "bernoulli"
    beta: float = 1.0
    corruption: float = 0.0

    @property
    def levels(self) -> int:
        """How many values a pixel may have."""
        return 256 if self.likelihood == "logistic" else 2

    @property
    def smallest(self) -> tuple[int, int, int]:
        """Shape of the smallest map, (2 f, H / 4, W / 4)."""
        return 2 * self.features, self.height // 4, self.width // 4


@dataclass(frozen=True)
class DrawConfig:
    """Of :class:`core.models.draw.Draw`. Defaults are table 3's MNIST row unless marked."""

    channels: int = 1
    height: int = 28
    width: int = 28
    steps: int = STEPS  # ours: the paper takes 64; 16 suit a CPU
    hidden: int = 256
    latent: int = 100
    attention: bool = True
    read_size: int = 5  # ours: 2 starves when there are few steps
    write_size: int = 5


@dataclass(frozen=True)
class SpatialLSTMConfig:
    """Of :class:`core.models.spatial_lstm.SpatialLSTM`.

    Defaults are ours; the paper takes 64 units on 8×8 textures, 5 × 11 + 5 neighbours on dead leaves.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    reach: int = 5
    hidden: int = 48
    layers: int = 2
    components: int = 12
    scales: int = 4
    features: int = 32


@dataclass(frozen=True)
class MCGSMConfig:
    """Of :class:`core.models.mcgsm.MCGSM`. Defaults are ours but for the number of scales, the 2015 paper's."""

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    reach: int = 5
    """The neighbourhood: so many rows above, so many pixels to the left and to the right."""
    components: int = 16
    scales: int = 4
    features: int = 32


@dataclass(frozen=True)
class PixelCNNConfig:
    """Of :class:`core.models.pixelcnn.PixelCNN`.

    Defaults are ours; section 5.3 takes 7 layers of 16 to 128 features for MNIST, 15 of 128 for CIFAR-10.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    features: int = 64
    bottleneck: int = 64
    blocks: int = 12
    first_size: int = 7  # section 3.5
    block_size: int = 3  # section 3.5
    position_bias: bool = False  # ours
    condition: int = 0


@dataclass(frozen=True)
class PixelRNNConfig:
    """Of :class:`core.models.pixelrnn.PixelRNN`; section 5.3 takes 1 layer of h = 32 or 7 of h = 16 for MNIST."""

    kind: Literal["row", "diagonal"] = "diagonal"
    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    hidden: int = 32
    layers: int = 2
    first_size: int = 7  # section 3.5
    head: int = 64  # ours
    position_bias: bool = False  # ours


@dataclass(frozen=True)
class GatedConfig:
    """Of :class:`core.models.gated.GatedPixelCNN`.

    Defaults are ours; the paper takes 20 layers of 128 or more features for ImageNet.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    features: int = 64
    layers: int = 8
    first_size: int = 7
    layer_size: int = 3
    classes: int = 0
    position_bias: bool = False


@dataclass(frozen=True)
class MultiScaleConfig:
    """Of :class:`core.models.multiscale.MultiScale`, all ours.

    ``coarsest`` pixels a side, doubled until they are ``height`` = ``width``.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    coarsest: int = 7
    features: int = 64
    bottleneck: int = 32
    blocks: tuple[int, ...] = (4, 6, 6)
    condition: int = 32
    position_bias: bool = True

    def scales(self) -> tuple[PixelCNNConfig, ...]:
        """The network of every scale, the coarsest first."""
        if self.height != self.width or self.coarsest << (len(self.blocks) - 1) != self.height:
            raise ValueError(
                "The coarsest scale, doubled once for each network after the first, must be the picture's."
            )
        return tuple(
            PixelCNNConfig(
                height=self.coarsest << index,
                width=self.coarsest << index,
                features=self.features,
                bottleneck=self.bottleneck,
                blocks=blocks,
                position_bias=self.position_bias,
                condition=self.condition if index else 0,
            )
            for index, blocks in enumerate(self.blocks)
        )


@dataclass(frozen=True)
class GlimpseConfig:
    """Of :class:`core.models.glimpse.GlimpseClassifier`. Defaults are table 3's for cluttered MNIST unless marked."""

    channels: int = 1
    height: int = 60  # ours: 100 is the paper's
    width: int = 60
    classes: int = 10
    steps: int = GLIMPSES
    hidden: int = 256
    features: int = 256  # ours
    read_size: int = 12
    aim: Literal["learned", "random"] = "learned"


@dataclass(frozen=True)
class ConvNetConfig:
    """Of :class:`core.models.convnet.ConvNet`. Defaults are the paper's for pictures of 60 × 60 pixels."""

    channels: int = 1
    height: int = 60
    width: int = 60
    classes: int = 10
    features: int = 8
    size: int = 10
    stride: int = 5
    hidden: int = 256


@dataclass(frozen=True)
class MDLSTMConfig:
    """Of :class:`core.models.mdlstm.MDLSTM`. Defaults are ours, but for the four directions."""

    channels: int = 1
    height: int = 60
    width: int = 60
    classes: int = 10
    hidden: int = 20
    """Features of each direction."""
    layers: int = 2
    block: int = 3
    """Side of the blocks of pixels that the first layer is fed with."""
    between: int = 40
    features: int = 64
    causal: bool = False
    """Whether it has the one direction from the top left."""
    pixel_weight: float = 20.0


@dataclass(frozen=True)
class ReaderConfig:
    """Of :class:`core.models.reader.Reader`.

    All ours; the paper has eight convolutional layers of up to 192 features and two dense ones of 3,072.
    """

    channels: int = 3
    height: int = 54
    width: int = 54
    longest: int = 4
    features: tuple[int, ...] = (24, 48, 80, 96)
    dense: int = 192
    ruined: float = 0.125

    @property
    def classes(self) -> int:
        """How many numbers it tells apart."""
        return int(10**self.longest)
