"""A run does what its recipe says: rates, batches, noise, clipping, averages, optimisers, labels."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.data import sets
from core.models.base import LossTerms
from core.training import __main__, plan
from core.training.__main__ import main
from core.training.batches import batch_indices, step_generator, told
from core.training.checkpoints import read_card, save_checkpoint
from core.training.loop import learning_rate, train_step
from core.training.recipes import Recipe
from core.training.registry import REGISTRY
from core.training.run import Run
from tests.core import small
from tests.core.training.test_loop import EVERY, MUON, fresh, loss_of, train


def test_the_learning_rate_warms_up_stays_and_falls_along_a_half_cosine() -> None:
    recipe = Recipe(steps=1000, batch_size=1, learning_rate=0.4, warmup=100, decay_from=0.6)
    expected = {0: 0.004, 49: 0.2, 99: 0.4, 100: 0.4, 599: 0.4, 600: 0.4, 800: 0.2, 1000: 0.0, 1200: 0.0}
    expected[700] = 0.4 * (1 + math.sqrt(0.5)) / 2
    for step, rate in expected.items():
        assert learning_rate(step, recipe) == pytest.approx(rate), step
    falling = [learning_rate(step, recipe) for step in range(600, 1001)]
    assert falling == sorted(falling, reverse=True) and learning_rate(999, recipe) > 0


def test_every_epoch_is_a_permutation_of_its_own() -> None:
    recipe = replace(small.RECIPE, batch_size=5)
    epochs = [np.concatenate([batch_indices(4 * epoch + i, 20, recipe) for i in range(4)]) for epoch in range(3)]
    for order in epochs:
        assert sorted(order) == list(range(20))
    assert len({tuple(order) for order in epochs}) == 3
    assert not np.array_equal(batch_indices(0, 20, recipe), batch_indices(0, 20, replace(recipe, seed=1)))


def test_batches_are_full_and_without_repeats_when_the_size_does_not_divide() -> None:
    recipe = replace(small.RECIPE, batch_size=6)
    for epoch in range(3):
        drawn = np.concatenate([batch_indices(3 * epoch + i, 20, recipe) for i in range(3)])
        assert len(drawn) == 18 == len(set(drawn.tolist()))
    assert sorted(batch_indices(7, 4, recipe)) == [0, 1, 2, 3]  # a data set smaller than a batch is the batch


def test_the_noise_of_a_step_is_a_function_of_seed_and_step_alone() -> None:
    def draw(step: int, seed: int) -> tuple[float, ...]:
        return tuple(torch.randn(4, generator=step_generator(step, replace(small.RECIPE, seed=seed), "cpu")).tolist())

    assert draw(3, 0) == draw(3, 0)
    assert len({draw(step, seed) for step in range(20) for seed in range(5)}) == 100


def test_the_average_follows_the_weights_by_its_formula() -> None:
    run = fresh(ema=0.2)
    mean = [parameter.detach().double().numpy() for parameter in run.model.parameters()]
    for step in range(1, 5):
        train_step(run, loss_of(run), small.ink(4, run.spec.config, seed=step))
        keep = min(0.2, step / (step + 10))  # 1/11, 2/12, then 0.2
        now = [parameter.detach().double().numpy() for parameter in run.model.parameters()]
        mean = [keep * old + (1 - keep) * new for old, new in zip(mean, now, strict=True)]
        for ours, theirs in zip(mean, run.average.parameters(), strict=True):
            np.testing.assert_allclose(theirs.detach(), ours, rtol=1e-5, atol=1e-7)


def gradient(run: Run, x: Tensor) -> Tensor:
    """The gradient of the mean loss at the noise of the run's next step, all in one."""
    nats = loss_of(run)(x, step_generator(run.step, run.recipe, "cpu")).total.mean()
    return torch.cat([g.flatten() for g in torch.autograd.grad(nats, list(run.model.parameters()))])


@pytest.mark.parametrize("clip", [0.05, 1e6])
def test_the_gradient_is_clipped_to_the_norm_of_the_recipe(clip: float) -> None:
    run = fresh(clip=clip)
    x = small.ink(4, run.spec.config)
    whole = gradient(run, x)
    assert 0.05 < float(whole.norm()) < 1e6
    train_step(run, loss_of(run), x)
    used = torch.cat([parameter.grad.flatten() for parameter in run.model.parameters() if parameter.grad is not None])
    torch.testing.assert_close(used, whole * min(1.0, clip / float(whole.norm())), rtol=1e-4, atol=1e-7)


def test_a_step_moves_weights_at_the_scheduled_rates_of_both_optimisers_and_reports_the_mean_loss() -> None:
    run = fresh(MUON)
    x = small.ink(4, run.spec.config)
    for pace in (0.5, 1.0):  # the warm-up takes two steps
        rates = {"adam": pace * 0.01, "muon": pace * 0.008}
        before = {kind: [p.detach().clone() for p in moved_by(run, kind)] for kind in rates}
        expected = float(loss_of(run)(x, small.generator()).total.mean().detach())
        assert train_step(run, loss_of(run), x).nats == pytest.approx(expected)
        for kind, rate in rates.items():
            assert run.optimizers[kind].param_groups[0]["lr"] == pytest.approx(rate)
        steps = {
            kind: [new - old for new, old in zip(moved_by(run, kind), before[kind], strict=True)] for kind in rates
        }
        fastest = max(float(step.detach().abs().max()) for step in steps["adam"])
        assert 0.5 * rates["adam"] < fastest < 2 * rates["adam"]  # Adam moves a weight by about its rate
        for step in steps["muon"]:  # … and Muon a matrix by a fifth of it, on average over its weights
            assert 0.1 * rates["muon"] < float(step.detach().square().mean().sqrt()) < 0.3 * rates["muon"]
    assert run.step == 2


def moved_by(run: Run, kind: str) -> list[Tensor]:
    """The parameters that one of the optimisers has."""
    return [parameter for group in run.optimizers[kind].param_groups for parameter in group["params"]]


@EVERY
def test_every_parameter_has_one_optimiser_and_muon_has_all_matrices_that_its_recipe_names(name: str) -> None:
    run = fresh(name)
    named = {id(parameter): key for key, parameter in run.model.named_parameters()}
    keys = {kind: [named[id(parameter)] for parameter in moved_by(run, kind)] for kind in run.optimizers}
    assert sorted(key for each in keys.values() for key in each) == sorted(named.values())
    muon = REGISTRY[name].recipe.muon
    assert ("muon" in keys) == bool(muon)
    for key, parameter in run.model.named_parameters():
        assert (key in keys.get("muon", [])) == (parameter.ndim > 1 and any(key.startswith(start) for start in muon)), (
            key
        )


def test_the_first_and_the_last_layer_and_the_position_bias_stay_with_adam() -> None:
    run = fresh(MUON)
    adam = {id(parameter) for parameter in moved_by(run, "adam")}
    named = {key: id(parameter) in adam for key, parameter in run.model.named_parameters()}
    assert named["first.weight"] and named["out.weight"] and named["position"] and named["up.0.bias"]
    assert not (named["layers.1.state_to_state"] or named["up.0.weight"] or named["head.weight"])


@pytest.mark.parametrize(("name", "labelled"), [("gated-pixelcnn-mnist", True), ("pixelcnn-mnist", False)])
def test_a_labelled_model_is_told_the_classes_of_the_pictures_of_its_batch(name: str, labelled: bool) -> None:
    run, told = fresh(name), []
    loss, config = run.model.loss, run.spec.config

    def watched(x: Tensor, generator: torch.Generator, *labels: Tensor) -> LossTerms:
        told.append((x, labels))
        terms: LossTerms = loss(x, generator, *labels)
        return terms

    run.model.loss = watched
    train(run)
    pictures = small.dataset(10, config)
    assert pictures.labels is not None
    for step, (x, labels) in enumerate(told):
        indices = batch_indices(step, 10, run.recipe)
        assert torch.equal(x, pictures.batch(indices))
        assert [label.tolist() for label in labels] == ([pictures.labels[indices].tolist()] if labelled else [])
    assert len(told) == 6 and not torch.equal(told[0][0], told[1][0])


def test_labels_are_looked_for_where_the_data_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "tiny", small.spec("gated-pixelcnn-mnist"))
    asked = []

    def load(name: str, split: str, root: str | None) -> sets.DataSet:
        return small.dataset(8, small.CONFIGS["gated-pixelcnn-mnist"], seed=len(split))

    def labelled(dataset: sets.DataSet, root: str | None) -> sets.DataSet:
        asked.append((dataset.images, root))
        return dataset

    monkeypatch.setattr(sets, "load", load)
    monkeypatch.setattr(plan, "labelled", labelled)
    main(["tiny", "--device", "cpu", "--out", str(tmp_path), "--data", "somewhere"])
    ((images, root),) = asked  # training alone needs them
    assert root == "somewhere" and torch.equal(torch.as_tensor(images), torch.as_tensor(load("", "train", None).images))


def test_the_card_names_the_typefaces_that_pictures_were_drawn_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, "tiny", small.spec("draw-svhn"))
    for drawn in (True, False):
        pictures = replace(small.dataset(8, small.CONFIGS["draw-svhn"]), faces=("Some-Bold",) if drawn else ())
        monkeypatch.setattr(sets, "load", lambda name, split, root, pictures=pictures: pictures)
        main(["tiny", "--device", "cpu", "--out", str(tmp_path / str(drawn))])
    assert read_card("tiny", tmp_path / "True")["faces"] == ["Some-Bold"]
    assert "faces" not in read_card("tiny", tmp_path / "False")


def test_a_run_can_begin_with_the_weights_of_another_model_of_the_same_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "load", lambda name, split, root: small.dataset(8, small.CONFIGS["draw-svhn"]))
    started: list[Run] = []
    monkeypatch.setattr(__main__, "train", lambda run, *_: started.append(run))
    spec = small.spec("draw-svhn")
    entries = {"first": spec, "second": spec, "third": replace(spec, config=replace(spec.config, steps=9))}
    for name, entry in entries.items():
        monkeypatch.setitem(REGISTRY, name, replace(entry, half=False))
    trained = small.build(spec.config, seed=5)
    save_checkpoint("first", trained.state_dict(), {}, tmp_path)
    here = ["--device", "cpu", "--out", str(tmp_path / "run")]
    main(["second", *here, "--weights", str(tmp_path), "--of", "first"])
    (run,) = started
    for model in (run.model, run.average):
        assert all(torch.equal(value, trained.state_dict()[key]) for key, value in model.state_dict().items())
    for arguments in (["third", "--weights", str(tmp_path), "--of", "first"], ["second", "--of", "first"]):
        with pytest.raises(SystemExit, match=r"with other settings|--of needs --weights"):
            main([*arguments, *here])
    assert len(started) == 1


def test_dropout_ends_where_the_recipe_lets_the_network_settle() -> None:
    run = fresh("vae-mnist", steps=4, settle_from=0.5)
    modes = []
    loss = run.model.loss

    def watched(x: torch.Tensor, generator: torch.Generator) -> Any:
        modes.append(run.model.training)
        return loss(x, generator)

    x = small.dataset(4, run.spec.config).batch(np.arange(4), torch.Generator())
    for _ in range(4):
        train_step(run, watched, x)
    assert modes == [True, True, False, False]


def test_a_recipe_in_bfloat16_computes_so_and_keeps_weights_loss_and_average_in_float32() -> None:
    losses, kinds = [], set()
    for bfloat16 in (False, True):
        run = fresh("pixelcnn-mnist", bfloat16=bfloat16)
        run.model.head.register_forward_hook(lambda *inputs: kinds.add(inputs[-1].dtype))
        x = small.dataset(4, run.spec.config).batch(np.arange(4), torch.Generator())
        losses.append([train_step(run, loss_of(run), x).nats for _ in range(3)])
        parameters = [*run.model.parameters(), *run.average.parameters()]
        assert {parameter.dtype for parameter in parameters} == {torch.float32}
        assert all(torch.isfinite(parameter).all() for parameter in parameters)
    assert kinds == {torch.float32, torch.bfloat16}
    assert losses[0] != losses[1] and losses[1] == pytest.approx(losses[0], rel=0.01)


@EVERY
def test_every_model_trains_in_bfloat16_with_nearly_the_losses_and_gradients_of_float32(name: str) -> None:
    losses, gradients = [], []
    for bfloat16 in (False, True):
        run = fresh(name, bfloat16=bfloat16)
        small.shake(run.model, 0.05)
        pictures = small.dataset(4, run.spec.config)
        indices = np.arange(4)
        x, labels = pictures.batch(indices, small.generator()), told(run, pictures, indices)
        losses.append(train_step(run, loss_of(run), x, *labels).nats)
        gradients.append(torch.cat([p.grad.flatten() for p in run.model.parameters() if p.grad is not None]))
    assert losses[0] != losses[1] and losses[1] == pytest.approx(losses[0], rel=0.01)
    assert gradients[1].dtype == torch.float32
    assert float(torch.cosine_similarity(gradients[0], gradients[1], 0)) > 0.98


@pytest.mark.parametrize("name", ["row-lstm-mnist", "diagonal-bilstm-mnist"])
def test_both_recurrent_recipes_compute_their_products_in_bfloat16(name: str) -> None:
    assert REGISTRY[name].recipe.bfloat16
