"""One function says whether a model fits a data set, before training, before going on and before evaluating."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import sets
from core.data.sets import DataError, DataSet
from core.training import evaluation
from core.training.__main__ import main
from core.training.fits import adapted, check_fit, levels_of, shape_of, values_fit
from core.training.registry import REGISTRY
from tests.core import small

RNG = np.random.default_rng(0)


def pictures(channels: int = 1, side: int = 28, kind: str = "grey", labels: Any = None, count: int = 6) -> DataSet:
    """Random pictures without binarisation, as an archive holds them: black and white ones have 0 and 255."""
    images = RNG.integers(0, 256, (count, channels, side, side), dtype=np.uint8)
    images = np.where(images > 128, 255, 0).astype(np.uint8) if kind == "binary" else images
    return DataSet("mine", "train", images, None if labels is None else np.array(labels, np.int64))


def refusal(name: str, dataset: DataSet, spec: Any = None, told: bool = False) -> str:
    with pytest.raises(DataError) as caught:
        check_fit(name, spec or REGISTRY[name], dataset, told)
    sentence = str(caught.value)
    assert name in sentence and sentence.endswith(".") and ". " not in sentence
    return sentence


@pytest.mark.parametrize("name", REGISTRY)
def test_every_model_fits_black_and_white_or_grey_pictures_of_its_own_size_as_its_kind_says(name: str) -> None:
    config, spec = REGISTRY[name].config, REGISTRY[name]
    images = RNG.integers(0, 256, (4, config.channels, config.height, config.width), dtype=np.uint8)
    grey = DataSet("mine", "train", images, np.arange(4))
    binary = replace(grey, images=(images > 128).astype(np.uint8), binarisation="static")
    check_fit(name, spec, binary)
    if levels_of(spec) == 2:
        assert "--binarise threshold or --binarise sample" in refusal(name, grey)
        for how in ("threshold", "sample"):
            check_fit(name, spec, grey.binarise(how))
    else:
        check_fit(name, spec, grey)


def test_a_wrong_size_or_number_of_channels_is_said_with_both() -> None:
    one = "pictures of one channel of"
    assert refusal("draw-mnist", pictures(1, 32)) == (
        f"draw-mnist is for {one} 28×28 pixels, but mine holds {one} 32×32 pixels."
    )
    assert "holds colour pictures of 28×28" in refusal("vae-mnist", pictures(3, 28))
    assert "is for colour pictures of 32×32" in refusal("pixelcnn-cifar10", pictures(1, 32))


def test_pictures_of_0_and_255_are_black_and_white_without_being_told() -> None:
    check_fit("pixelcnn-mnist", REGISTRY["pixelcnn-mnist"], pictures(kind="binary"))
    assert values_fit(pictures(kind="binary"), 2) and not values_fit(pictures(), 2) and values_fit(pictures(), 256)
    four = replace(pictures(), images=np.full((1, 1, 28, 28), 85, np.uint8))  # 0, 85, 170, 255
    assert values_fit(four, 4) and not values_fit(four, 2) and not values_fit(four, 3)
    late = np.zeros((2_500, 1, 2, 2), np.uint8)
    late[-1, 0, 1, 1] = 7
    assert not values_fit(DataSet("mine", "train", late), 2)


def test_labels_beyond_the_classes_are_refused_where_they_count() -> None:
    name = "gated-pixelcnn-mnist"
    eleven = pictures(kind="binary", labels=[0, 1, 2, 3, 10, 4])
    assert "knows 10 classes, 0 to 9, but mine has pictures of class 10" in refusal(name, eleven, told=True)
    check_fit(name, REGISTRY[name], eleven)  # nobody tells the labels in evaluation
    assert "class -1" in refusal(name, pictures(kind="binary", labels=[0, -1, 2, 3, 1, 4]), told=True)
    assert "has no labels" in refusal("convnet-cluttered", pictures(side=60))
    assert "class 12" in refusal("convnet-cluttered", pictures(side=60, labels=[0, 12, 1, 1, 1, 1]))


def test_a_data_set_without_pictures_is_refused() -> None:
    with pytest.raises(DataError, match="has no pictures in its split 'train'"):
        shape_of(pictures(count=0))


def test_a_model_takes_sizes_channels_classes_and_levels_from_the_data() -> None:
    names = ("a", "b", "c")
    shapes = replace(pictures(3, 20, labels=[0, 1, 0, 1, 0, 1]), classes=names)
    config = adapted(REGISTRY["pixelcnn-mnist"], shapes).config
    assert (config.channels, config.height, config.width, config.levels) == (3, 20, 20, 256)
    assert adapted(REGISTRY["pixelcnn-mnist"], shapes, {"levels"}).config.levels == 2
    assert adapted(REGISTRY["pixelcnn-cifar10"], pictures(kind="binary")).config.levels == 2
    gated = adapted(REGISTRY["gated-pixelcnn-mnist"], replace(pictures(labels=[0, 1] * 3), classes=names))
    assert gated.config.classes == 3 and gated.labelled
    untold = adapted(REGISTRY["gated-pixelcnn-mnist"], pictures())
    assert untold.config.classes == 0 and not untold.labelled
    assert adapted(REGISTRY["convnet-cluttered"], pictures()).labelled  # so that the missing labels are refused


class TestBinarised:
    def test_a_threshold_puts_ink_from_128_on_and_a_sample_draws_it_by_its_grey(self) -> None:
        grey = DataSet("mine", "test", np.array([0, 127, 128, 255], np.uint8).reshape(1, 1, 2, 2))
        cut = grey.binarise("threshold")
        assert cut.batch([0]).flatten().tolist() == [0, 0, 1, 1] and cut.binarised == "threshold"
        drawn = grey.binarise("sample")
        means = drawn.batch([0] * 4_000, torch.Generator().manual_seed(0)).mean(0).flatten()
        np.testing.assert_allclose(means, [0, 127 / 255, 128 / 255, 1], atol=0.03)
        assert drawn.binarised == "sample" and grey.binarised is None

    def test_what_is_black_and_white_for_good_is_refused(self) -> None:
        static = DataSet("mine", "test", np.zeros((1, 1, 2, 2), np.uint8), binarisation="static")
        with pytest.raises(DataError, match="black and white already"):
            static.binarise("sample")


def archive(folder: Path, side: int, mode: str) -> str:
    """A folder of two classes; 20 pictures for training and 4 for the test."""
    for split, count in (("train", 10), ("test", 2)):
        for label in ("x", "y"):
            (folder / split / label).mkdir(parents=True)
            for i in range(count):
                values = RNG.integers(0, 256, (side, side) if mode == "L" else (side, side, 3), dtype=np.uint8)
                Image.fromarray(values).save(folder / split / label / f"{i}.png")
    return f"archive:{folder}"


def tiny(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spec = small.spec(name)
    monkeypatch.setitem(REGISTRY, "tiny", replace(spec, half=False, recipe=replace(spec.recipe, steps=2)))


class TestFromTheCommandLine:
    """From a folder of pictures to a figure that names it, without a line of Python."""

    def run(self, tmp_path: Path, *arguments: str) -> Path:
        folder = tmp_path / "run"
        main(["tiny", "--device", "cpu", "--out", str(folder), *arguments])
        return folder

    def figure(self, folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
        capsys.readouterr()
        evaluation.main(["tiny", "--device", "cpu", "--checkpoints", str(folder), "--json", *more])
        return json.loads(capsys.readouterr().out)

    def test_colour_pictures_of_another_size_train_a_pixelcnn_that_is_evaluated_from_its_card(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tiny(monkeypatch, "pixelcnn-mnist")
        mine = archive(tmp_path / "mine", 7, "RGB")
        folder = self.run(tmp_path, "--dataset", mine, "--set", "bottleneck=3", "--batch-size", "5")
        assert (
            "has split folders (train 18, valid 2 lent by train, test 4)" in capsys.readouterr().err
        )  # what was found there
        card = json.loads((folder / "tiny.json").read_text())
        assert (card["dataset"], card["source"], card["pictures"], card["classes"]) == (mine, mine, 18, ["x", "y"])
        assert card["config"]["height"] == 7 and card["config"]["levels"] == 256 and card["config"]["bottleneck"] == 3
        assert card["recipe"]["batch_size"] == 5
        figure = self.figure(folder, capsys)
        assert (figure["dataset"], figure["n"], figure["bound"]) == (mine, 4, "exact")
        assert 7 < figure["bits_per_dimension"] < 10
        main(["tiny", "--device", "cpu", "--out", str(folder), "--resume", "--steps", "4"])
        assert json.loads((folder / "tiny.json").read_text())["config"] == card["config"]

    @pytest.mark.parametrize("how", ["threshold", "sample"])
    def test_grey_pictures_under_a_model_of_black_and_white_say_how_they_were_binarised(
        self, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tiny(monkeypatch, "gated-pixelcnn-mnist")
        mine = archive(tmp_path / "mine", 6, "L")
        with pytest.raises(SystemExit, match="--binarise threshold or --binarise sample"):
            self.run(tmp_path, "--dataset", mine)
        folder = self.run(tmp_path, "--dataset", mine, "--binarise", how)
        card = json.loads((folder / "tiny.json").read_text())
        assert card["binarised"] == how and card["config"]["classes"] == 2
        assert self.figure(folder, capsys)["binarised"] == how  # as the card says, unless asked otherwise
        with pytest.raises(SystemExit, match="--binarise threshold or --binarise sample"):
            evaluation.main(["tiny", "--checkpoints", str(folder), "--dataset", archive(tmp_path / "other", 6, "L")])
        other = "sample" if how == "threshold" else "threshold"
        with pytest.raises(SystemExit, match="has binarise"):
            self.run(tmp_path, "--resume", "--steps", "9", "--binarise", other)

    @pytest.mark.parametrize(
        ("name", "arguments", "sentence"),
        [
            ("gated-pixelcnn-mnist", (), "is for pictures of one channel, but .* colour pictures of 8×8"),
            ("vae-mnist", (), "only black and white, .* --binarise threshold or --binarise sample"),
            ("vae-svhn", ("--set", "likelihood=bernoulli"), "train it with --set likelihood=logistic"),
            ("pixelcnn-mnist", ("--set", "features=7"), "features and bottleneck must be multiples of 3"),
            ("pixelcnn-mnist", ("--set", "features"), "--set takes KEY=VALUE, not 'features'"),
            ("pixelcnn-mnist", ("--set", "fetures=7"), "no setting 'fetures'; there are, of the config: height,"),
            ("pixelcnn-mnist", ("--set", "features=many"), "features is a whole number, not 'many'"),
            ("pixelcnn-mnist", ("--set", "features=-3"), "features is at least 1, so it cannot be -3"),
            ("pixelcnn-mnist", ("--set", "clip=nan"), "clip is at least 0, so it cannot be nan"),
            ("pixelcnn-mnist", ("--set", "position_bias=maybe"), "position_bias is true or false, not 'maybe'"),
            ("vae-mnist", ("--set", "likelihood=laplace"), "likelihood is bernoulli or squared, not 'laplace'"),
            ("draw-mnist", ("--set", "steps=3"), "write config.steps or recipe.steps"),
            ("pixelcnn-mnist", ("--batch-size", "0"), "batch_size is at least 1"),
            ("pixelcnn-mnist", ("--learning-rate", "0"), "learning_rate is more than 0"),
        ],
    )
    def test_what_cannot_go_together_is_one_sentence(
        self, name: str, arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tiny(monkeypatch, name)
        with pytest.raises(SystemExit, match=sentence) as caught:
            self.run(tmp_path, "--dataset", archive(tmp_path / "mine", 8, "RGB"), *arguments)
        assert "\n" not in str(caught.value.code) and not (tmp_path / "run").exists()

    def test_settings_reach_config_and_recipe_and_muon_keeps_its_ratio(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tiny(monkeypatch, "pixelcnn-mnist")
        monkeypatch.setattr(sets, "load", lambda name, split, root: small.dataset(8, REGISTRY["tiny"].config))
        values = ("blocks=1", "recipe.ema=0.5", "muon=blocks.,head.", "bfloat16=yes", "position_bias=no")
        settings = [part for value in values for part in ("--set", value)]
        folder = self.run(tmp_path, *settings, "--learning-rate", "0.002")
        card = json.loads((folder / "tiny.json").read_text())
        assert card["config"]["blocks"] == 1 and card["config"]["position_bias"] is False
        recipe = card["recipe"]
        assert (recipe["ema"], recipe["muon"], recipe["bfloat16"]) == (0.5, ["blocks.", "head."], True)
        assert recipe["learning_rate"] == 0.002 and recipe["muon_rate"] == pytest.approx(8e-3 / 5)


def test_an_unlabelled_data_set_of_another_kind_is_given_no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.data.labels import labelled

    with pytest.raises(DataError, match="mine has no labels"):
        labelled(pictures(kind="binary"), None)
