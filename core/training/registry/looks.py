"""Networks that look at pictures and say what is there: their part of the registry."""

from __future__ import annotations

from dataclasses import replace

from core.models.configs import ConvNetConfig, GlimpseConfig, MDLSTMConfig, ReaderConfig
from core.training import recipes
from core.training.spec import ModelSpec, Shown

GLIMPSE = ModelSpec(
    family="classifier",
    title="Glimpse network, 60×60",
    about="Finds a digit among clutter in eight looks through a small window, and chooses where to look.",
    model="core.models.glimpse.GlimpseClassifier",
    config=GlimpseConfig(),
    dataset="cluttered",
    recipe=recipes.GLIMPSE,
    bound="cross-entropy",
    one_channel=True,
    labelled=True,
    half=True,
    shown={"look_scores": Shown("60×60, looks by choice")},
)
CONVNET = replace(
    GLIMPSE,
    title="Convolutional network, 60×60",
    about="Looks once, at all pixels.",
    model="core.models.convnet.ConvNet",
    config=ConvNetConfig(),
    recipe=replace(recipes.GLIMPSE, steps=10_000),
    one_channel=False,
    shown={"look_scores": Shown("60×60, conv net")},
)
MDLSTM = replace(
    GLIMPSE,
    title="Multi-dimensional LSTM, four directions",
    about="Says of every pixel whether it is digit, clutter or paper, from all four corners.",
    model="core.models.mdlstm.MDLSTM",
    config=MDLSTMConfig(),
    recipe=recipes.MDLSTM,
    mapped=True,
    one_channel=False,
    half=False,
    shown={"look_pixels": Shown("Four directions"), "look_scores": Shown("60×60, every pixel, four directions")},
)

LOOKS: dict[str, ModelSpec] = {
    "glimpse-cluttered": GLIMPSE,
    "glimpse-random-cluttered": replace(
        GLIMPSE,
        title="Glimpse network, 60×60, random looks",
        about="Looks through the same small window, at places chosen by chance.",
        config=GlimpseConfig(aim="random"),
        recipe=replace(recipes.GLIMPSE, steps=6_000),
        shown={"look_scores": Shown("60×60, looks at random")},
    ),
    "convnet-cluttered": CONVNET,
    "mdlstm-cluttered": MDLSTM,
    "mdlstm-cluttered-causal": replace(
        MDLSTM,
        title="Multi-dimensional LSTM, one direction",
        about="The same from the top left corner alone, with as many weights.",
        config=MDLSTMConfig(causal=True, hidden=47),
        shown={"look_pixels": Shown("One direction"), "look_scores": Shown("60×60, every pixel, one direction")},
    ),
    "glimpse-cluttered-100": replace(
        GLIMPSE,
        title="Glimpse network, 100×100",
        about="Finds a digit among more clutter on a larger scene.",
        config=GlimpseConfig(height=100, width=100),
        dataset="cluttered-100",
        recipe=replace(recipes.GLIMPSE, steps=14_000),  # and on from there as the smaller one, 33,000 steps
        shown={"look_scores": Shown("100×100, looks by choice")},
    ),
    "convnet-cluttered-100": replace(
        CONVNET,
        title="Convolutional network, 100×100",
        about="Looks once, at all pixels of a larger scene.",
        config=ConvNetConfig(height=100, width=100),
        dataset="cluttered-100",
        shown={"look_scores": Shown("100×100, conv net")},
    ),
    "reader-plates": ModelSpec(
        family="classifier",
        title="Reader",
        about="Reads house numbers, to judge whether painted ones can be read.",
        model="core.models.reader.Reader",
        config=ReaderConfig(),
        dataset="plates",
        recipe=recipes.READER,
        bound="cross-entropy",
        labelled=True,
        channels_last=True,
        instrument=True,
        half=True,
    ),
}
