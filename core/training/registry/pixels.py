"""The pixel models: their part of the registry."""

from __future__ import annotations

from dataclasses import replace

from core.models.configs import (
    GatedConfig,
    MCGSMConfig,
    MultiScaleConfig,
    PixelCNNConfig,
    PixelRNNConfig,
    SpatialLSTMConfig,
)
from core.training import recipes
from core.training.recipes import Recipe
from core.training.spec import ModelSpec, Reported, Shown, Sight, Tab


def painter(place: int) -> dict[Tab, Shown]:
    """Where a pixel model of digits is shown: among the painters, under the lens, in the scores, with all others."""
    among: dict[Tab, Shown] = dict.fromkeys(("pixel_paint", "pixel_lens", "pixel_scores"), Shown(place=place))
    return {**among, "together": Shown(place=10 + place)}


PIXELCNN = ModelSpec(
    family="pixel",
    title="PixelCNN",
    about="Masked convolutions; blind for a wedge to the upper right.",
    model="core.models.pixelcnn.PixelCNN",
    config=PixelCNNConfig(position_bias=True),
    dataset="binarized-mnist",
    recipe=recipes.LONG,
    bound="exact",
    any_levels=True,
    channels_last=True,
    shown=painter(3),
    sight=Sight(
        context="what lies near, above and to the left",
        one="lies in its blind spot",
        many="lie in its blind spot",
        why="More layers reach further up and to the left. But no stack of 3×3 masks can look up to the right by more "
        "than one pixel a row: that wedge is the <b>blind spot</b>, and depth does not cure it.",
        far=" or beyond its depth",
    ),
    reported=Reported("81.30", True),
)
"""Reported figures are those of van den Oord et al. 2016, table 4: statically binarised MNIST, test split, on GPUs."""
PLACED = replace(
    PIXELCNN,
    title="small PixelCNN with the bias",
    about="A small PixelCNN that learns a bias for each position.",
    config=PixelCNNConfig(features=48, bottleneck=24, blocks=6, position_bias=True),
    recipe=recipes.PLACED,
    shown={"pixel_bias": Shown("with the bias")},
    reported=None,
)
"""For the experiment with the position bias: two equal networks, trained alike, with it and without."""
CIFAR10 = replace(
    PIXELCNN,
    title="PixelCNN, CIFAR-10",
    about="Small photographs of ten kinds of things.",
    config=PixelCNNConfig(
        height=32, width=32, channels=3, levels=256, features=96, bottleneck=48, blocks=8, position_bias=True
    ),
    dataset="cifar10",
    recipe=recipes.COLOUR,
    shown={"pixel_colour": Shown("CIFAR-10")},
    reported=None,
)
ROW_LSTM = ModelSpec(
    family="pixel",
    title="Row LSTM",
    about="An LSTM runs down the rows and sees a triangle.",
    model="core.models.pixelrnn.PixelRNN",
    config=PixelRNNConfig(kind="row", layers=3, position_bias=True),
    dataset="binarized-mnist",
    recipe=recipes.RECURRENT,
    bound="exact",
    one_channel=True,
    shown=painter(4),
    sight=Sight(
        context="a triangle above, and what is to the left",
        one="lies outside its triangle",
        many="lie outside its triangle",
        why="With every row its state hears one pixel more to either side: a triangle. What else it knows of the left, "
        "the convolutions bring.",
    ),
    reported=Reported("80.54", False),
)

PIXELS: dict[str, ModelSpec] = {
    "pixelcnn-mnist": PIXELCNN,
    "gated-pixelcnn-mnist": ModelSpec(
        family="pixel",
        title="Gated PixelCNN",
        about="Two stacks of convolutions without a blind spot; knows its digits' names.",
        model="core.models.gated.GatedPixelCNN",
        config=GatedConfig(position_bias=True, classes=10),
        dataset="binarized-mnist",
        recipe=replace(recipes.LONG, steps=6_500),
        bound="exact",
        one_channel=True,
        labelled=True,
        channels_last=True,
        shown=painter(7),
        sight=Sight(
            one="lies beyond its depth, none in a blind spot",
            many="lie beyond its depth, none in a blind spot",
            why="The vertical stack sees a full rectangle above, so nothing within reach is hidden; every layer more "
            "makes the rectangle wider.",
        ),
    ),
    "row-lstm-mnist": ROW_LSTM,
    "diagonal-bilstm-mnist": replace(
        ROW_LSTM,
        title="Diagonal BiLSTM",
        about="Two LSTMs run along diagonals; of all before it, a pixel misses but one.",
        config=PixelRNNConfig(kind="diagonal", layers=2),
        shown=painter(5),
        sight=Sight(
            one="slips by",
            many="slip by",
            why="Two passes along the diagonals reach the whole past, however far. Only the last pixel of the row "
            "above may slip by: the pass from the right is moved down a row, and its first layer hides the pixel it "
            "stands on.",
        ),
        reported=Reported("80.75 (1 layer), 79.20 (7 layers)", True),
    ),
    "multiscale-mnist": ModelSpec(
        family="pixel",
        title="Multi-Scale",
        about="First 7×7 pixels, then the ones between, twice.",
        model="core.models.multiscale.MultiScale",
        config=MultiScaleConfig(),
        dataset="binarized-mnist",
        recipe=recipes.SCALES,
        bound="exact",
        one_channel=True,
        channels_last=True,
        shown=painter(6),
        sight=Sight(
            context="coarser pixels on all sides, and what comes before",
            one="stays out of its sight",
            many="stay out of its sight",
            why="Its past is not what stands above: coarser pixels come first, on all sides, and the finer ones "
            "between them come later.",
        ),
    ),
    "spatial-lstm-mnist": ModelSpec(
        family="pixel",
        title="Spatial LSTM",
        about="Two layers of a two-dimensional LSTM read everything to the upper left.",
        model="core.models.spatial_lstm.SpatialLSTM",
        config=SpatialLSTMConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(steps=4_200, batch_size=32, learning_rate=4e-3, decay_from=0.3),
        bound="exact",
        one_channel=True,
        shown=painter(2),
        sight=Sight(
            context="everything to its upper left",
            one="lies in its blind spot",
            many="lie in its blind spot",
            why="Its memory comes from above and from the left; to the right it sees no further than the five pixels "
            "of its neighbourhood.",
            guessed=False,
        ),
    ),
    "mcgsm-mnist": ModelSpec(
        family="pixel",
        title="MCGSM",
        about="A mixture of Gaussians looks at 60 pixels around; no depth.",
        model="core.models.mcgsm.MCGSM",
        config=MCGSMConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(steps=3_000, batch_size=16, learning_rate=1e-2),
        bound="exact",
        one_channel=True,
        shown=painter(1),
        sight=Sight(
            context="the 60 pixels just before",
            one="lies outside its neighbourhood",
            many="lie outside its neighbourhood",
            why="The neighbourhood is a fixed window, five rows up and five pixels to either side, and there is no "
            "depth to widen it.",
        ),
    ),
    "pixelcnn-cifar10": CIFAR10,
    "pixelcnn-svhn": replace(
        CIFAR10,
        title="PixelCNN, SVHN",
        about="Digits of house numbers.",
        dataset="svhn-digits",
        recipe=replace(recipes.COLOUR, steps=2_600),
        shown={"pixel_colour": Shown("SVHN")},
    ),
    "pixelcnn-placed-mnist": PLACED,
    "pixelcnn-unplaced-mnist": replace(
        PLACED,
        title="small PixelCNN without the bias",
        about="The same small PixelCNN without a bias for each position.",
        config=replace(PLACED.config, position_bias=False),
        shown={"pixel_bias": Shown("without the bias")},
    ),
}
