"""Figures come with their bound, their data and their seed, and another run gives them again."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data import sets
from core.data.scenes import Clutter
from core.models.base import LossTerms, Request
from core.models.mdlstm import Judged
from core.nn.likelihood import bernoulli_nats, gaussian_kl, gaussian_log_ratio
from core.trace import Step
from core.training import evaluation
from core.training.checkpoints import CheckpointError, kl_per_latent, load_checkpoint, save_checkpoint
from core.training.registry import REGISTRY


class FactorModel(torch.nn.Module):
    """x = z + noise-free coin: z ~ N(0, 1), x one Bernoulli pixel with logit z; log p(x) follows by quadrature."""

    config = None

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> LossTerms:
        mean = torch.full((len(x), 1), 0.3)
        log_sigma = torch.full((len(x), 1), -0.2)
        z = mean + log_sigma.exp() * torch.randn(len(x), 1, generator=generator)
        return LossTerms(
            bernoulli_nats(z, x.flatten(1)), gaussian_kl(mean, log_sigma), gaussian_log_ratio(z, mean, log_sigma)
        )

    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        raise NotImplementedError


def exact_nats() -> float:
    """−log ∫ N(z; 0, 1) σ(z) dz for ink, by the trapezium rule; one half by symmetry, so log 2."""
    z = np.linspace(-12, 12, 20_001)
    p = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / (1 + np.exp(-z))
    return -math.log(np.trapezoid(p, z))


def ink(count: int) -> sets.DataSet:
    return sets.DataSet("ink", "test", np.ones((count, 1, 1, 1), np.uint8), None, "static")


def evaluated(samples: int, count: int = 4000) -> evaluation.Figure:
    return evaluation.evaluate("vae-mnist", FactorModel(), ink(count), samples=samples, seed=1)


def test_the_bound_tightens_with_samples_towards_the_exact_likelihood() -> None:
    one, many = evaluated(1), evaluated(64)
    assert exact_nats() == pytest.approx(math.log(2), abs=1e-6)
    assert one.nats > many.nats > exact_nats() - 0.001  # figures are rounded
    assert many.nats == pytest.approx(exact_nats(), abs=0.01)
    assert (one.bound, many.bound) == ("elbo", "iwae-64")


def test_the_weights_of_one_sample_average_to_the_elbo() -> None:
    generator = torch.Generator().manual_seed(0)
    terms = FactorModel().loss(torch.ones(40_000, 1), generator)
    assert float(-terms.log_weight.mean()) == pytest.approx(float(terms.total.mean()), abs=0.02)


def test_the_same_seed_gives_the_same_figure_and_another_seed_another() -> None:
    first, again = evaluated(2, 300), evaluated(2, 300)
    other = evaluation.evaluate("vae-mnist", FactorModel(), ink(300), samples=2, seed=2)
    assert first == again and first.nats != other.nats


class Ledger(torch.nn.Module):
    """A picture of one pixel costs what stands in it; looked at, ink says how sure the second of two classes is."""

    config = None

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> LossTerms:
        nats = x.flatten(1).sum(1)
        return LossTerms(nats, torch.zeros_like(nats), torch.zeros_like(nats))

    def judge(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        sure = x.flatten(1).sum(1)
        return torch.stack([torch.zeros_like(sure), sure], 1)[None]

    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        raise NotImplementedError


def spread(count: int) -> sets.DataSet:
    """Pictures of one pixel, over more than one batch, with values from 0 to ``count`` − 1, all of class 1."""
    values = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    return sets.DataSet("spread", "test", values, np.ones(count, np.int64), "static")


def test_the_standard_error_is_the_deviation_of_the_pictures_over_the_root_of_their_number() -> None:
    n = 117
    figure = evaluation.evaluate("pixelcnn-mnist", Ledger(), spread(n))
    deviation = math.sqrt(sum((k - (n - 1) / 2) ** 2 for k in range(n)) / (n - 1))
    assert (figure.n, figure.nats) == (n, (n - 1) / 2)
    assert figure.highest == (n - 1, n - 2, n - 3)
    assert figure.standard_error == pytest.approx(deviation / math.sqrt(n), abs=6e-4)
    alike = sets.DataSet("alike", "test", np.ones((n, 1, 1, 1), np.uint8), None, "static")
    assert evaluation.evaluate("pixelcnn-mnist", Ledger(), alike).standard_error == 0


def test_so_is_that_of_a_classifiers_cross_entropy() -> None:
    n = 117
    figure = evaluation.evaluate("glimpse-cluttered", Ledger(), spread(n))
    nats = [math.log1p(math.exp(-k)) for k in range(n)]
    mean = sum(nats) / n
    deviation = math.sqrt(sum((each - mean) ** 2 for each in nats) / (n - 1))
    assert figure.nats == pytest.approx(mean, abs=6e-5)
    assert figure.standard_error == pytest.approx(deviation / math.sqrt(n), abs=6e-5)


def test_a_model_whose_loss_is_exact_says_so_whatever_the_samples() -> None:
    figure = evaluation.evaluate("pixelcnn-mnist", FactorModel(), ink(10), samples=8)
    assert figure.bound == "exact"


def write_untrained(folder: Path, name: str) -> None:
    save_checkpoint(name, REGISTRY[name].build().state_dict(), {"dataset": "strokes", "metrics": []}, folder)


def test_the_command_prints_one_json_object_and_writes_the_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_untrained(tmp_path, "vae-mnist")
    command = ["vae-mnist", "--dataset", "strokes", "--limit", "5", "--checkpoints", str(tmp_path), "--json"]
    evaluation.main([*command, "--update-card"])
    evaluation.main([*command, "--update-card"])
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == second
    assert {"name", "dataset", "split", "n", "nats", "bound", "seed"} <= first.keys()
    assert (first["n"], first["split"], first["bound"]) == (5, "test", "elbo")
    card = json.loads((tmp_path / "vae-mnist.json").read_text(encoding="utf-8"))
    assert card["metrics"] == [first], "a figure of the same kind takes the place of the old one"


def test_the_nats_of_a_vaes_latents_add_up_and_tell_the_studio_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_untrained(tmp_path, "aevb-mnist-2d")
    command = ["aevb-mnist-2d", "--dataset", "strokes", "--limit", "30", "--checkpoints", str(tmp_path), "--json"]
    np.testing.assert_array_equal(kl_per_latent("aevb-mnist-2d", tmp_path), [1, 1])  # nothing measured yet
    evaluation.main([*command, "--update-card"])
    evaluation.main([*command, "--samples", "2", "--update-card"])
    figure, tighter = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    model: Any = load_checkpoint("aevb-mnist-2d", tmp_path)
    x = sets.load("strokes", "test").subset(30, 0).batch(range(30), torch.Generator().manual_seed(0))
    with torch.no_grad():
        kl = model.loss(x, torch.Generator().manual_seed(0)).kl
    assert sum(figure["kl_per_latent"]) == pytest.approx(float(kl.mean()), abs=1e-3)
    assert tighter["bound"] == "iwae-2" and tighter["kl_per_latent"] is None
    np.testing.assert_allclose(kl_per_latent("aevb-mnist-2d", tmp_path), figure["kl_per_latent"], rtol=1e-6)


def test_missing_weights_and_missing_data_end_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="missing"):
        evaluation.main(["vae-mnist", "--checkpoints", str(tmp_path)])
    write_untrained(tmp_path, "vae-mnist")
    with pytest.raises(SystemExit, match=r"python -m core\.data"):
        evaluation.main(["vae-mnist", "--checkpoints", str(tmp_path), "--data", str(tmp_path)])


class Oracle(torch.nn.Module):
    """Says after three looks what it read in the first pixel, which is the label; wrong first, then half right."""

    config = None

    def judge(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        label = (x[:, 0, 0, 0] * 255).round().long()
        half = torch.where(torch.arange(len(x)) % 2 == 0, label, (label + 1) % 10)
        return torch.stack([5.0 * torch.eye(10)[said] for said in ((label + 1) % 10, half, label)])


def test_a_classifier_has_its_error_in_percent_after_each_look() -> None:
    labels = np.arange(20) % 10
    pictures = sets.DataSet("digits", "test", labels.astype(np.uint8)[:, None, None, None], labels.astype(np.int64))
    figure = evaluation.evaluate("glimpse-cluttered", Oracle(), pictures)
    assert figure.error_after == (100.0, 50.0, 0.0) and figure.error == 0.0
    assert figure.bound == "cross-entropy" and figure.n == 20
    assert figure.nats == pytest.approx(math.log(1 + 9 * math.exp(-5)), abs=1e-4)


def test_the_overlap_of_two_maps_is_the_share_of_the_digits_pixels_that_are_in_both() -> None:
    there = torch.tensor([[[1, 1, 0], [2, 1, 0]], [[0, 0, 0], [2, 2, 0]], [[0, 1, 0], [2, 2, 0]]])
    found = torch.tensor([[[1, 0, 0], [1, 1, 2]], [[0, 0, 0], [2, 0, 0]], [[0, 0, 0], [2, 2, 0]]])
    assert evaluation.overlap(found, there).tolist() == [2 / 4, 1.0, 0.0]


def test_one_that_says_what_every_pixel_is_has_the_mean_overlap_with_what_the_scene_is_made_of() -> None:
    digits = np.zeros((3, 1, 28, 28), np.uint8)
    digits[:, :, 4:8, 4:9] = 255
    scene = Clutter(40, pieces=0)
    pictures = sets.DataSet("scenes", "test", digits, np.arange(3), scene=scene)

    class Half(torch.nn.Module):
        """Takes the first two of the digit's rows for the digit, and knows its label."""

        config = None

        def forward(self, x: torch.Tensor) -> Judged:
            ink = x[:, 0] > 0.5
            rows = ink.cumsum(1) * ink
            digit = (rows > 0) & (rows <= 2)
            return Judged(torch.stack([~digit, digit, digit * 0], 1).float(), 9 * torch.eye(10)[: len(x)])

    figure = evaluation.evaluate("mdlstm-cluttered", Half(), pictures)  # type: ignore[arg-type]  # it only judges
    assert figure.iou == 0.5 and figure.iou_standard_error == 0 and figure.error == 0


def test_a_classifier_needs_labels() -> None:
    with pytest.raises(sets.DataError, match="no labels"):
        evaluation.evaluate("glimpse-cluttered", Oracle(), ink(4))


def test_the_command_prints_the_error_of_a_classifier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_untrained(tmp_path, "convnet-cluttered")
    command = ["convnet-cluttered", "--dataset", "cluttered-strokes", "--limit", "20", "--checkpoints", str(tmp_path)]
    evaluation.main([*command, "--json"])
    figure = json.loads(capsys.readouterr().out)
    assert figure["error_after"] == [figure["error"]] and 0 < figure["error"] <= 100
    evaluation.main(command)
    assert f"error {figure['error']} %" in capsys.readouterr().out


def test_a_single_picture_has_a_figure_without_a_standard_error_and_what_is_written_is_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    for name in ("vae-mnist", "convnet-cluttered"):
        write_untrained(tmp_path, name)
        source = "cluttered-strokes" if name == "convnet-cluttered" else "strokes"
        command = [name, "--dataset", source, "--limit", "1", "--checkpoints", str(tmp_path), "--update-card"]
        evaluation.main([*command, "--json"])
        figure = json.loads(capsys.readouterr().out, parse_constant=refuse)
        assert figure["standard_error"] is None and figure["n"] == 1
        json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"), parse_constant=refuse)
        evaluation.main(command)
        assert "±" not in capsys.readouterr().out


def test_the_standard_error_is_that_of_the_mean_over_pictures() -> None:
    nats = np.random.default_rng(0).normal(80, 20, 50)
    spread = math.sqrt(sum((one - nats.mean()) ** 2 for one in nats) / 49 / 50)
    assert evaluation.standard_error(torch.tensor(nats), 6) == pytest.approx(spread, abs=1e-6)


def test_weights_that_have_diverged_have_no_figure(tmp_path: Path) -> None:
    weights = REGISTRY["vae-mnist"].build().state_dict()
    weights["logits.out.bias"].fill_(math.inf)
    save_checkpoint("vae-mnist", weights, {"dataset": "strokes"}, tmp_path)
    with pytest.raises(SystemExit, match="hold something that is no real number"):
        evaluation.main(["vae-mnist", "--dataset", "strokes", "--limit", "3", "--checkpoints", str(tmp_path)])
    with pytest.raises(CheckpointError, match="vae-mnist has no figure here: its loss is nan, so its weights have div"):
        evaluation.average("vae-mnist", torch.tensor([80.0, math.inf, -math.inf]))


def test_a_figure_names_a_device_that_is_not_there(tmp_path: Path) -> None:
    write_untrained(tmp_path, "vae-mnist")
    with pytest.raises(SystemExit, match="There is no device 'tpu' here"):
        evaluation.main(["vae-mnist", "--dataset", "strokes", "--checkpoints", str(tmp_path), "--device", "tpu"])
