import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_post_hook

from core import data
from core.models.base import LossTerms
from core.models.draw import Draw
from core.models.pixelcnn import PixelCNN
from core.models.vae import VAE
from core.registry import REGISTRY, Recipe
from core.training import (
    Progress,
    Run,
    batch_indices,
    fit,
    learning_rate,
    main,
    step_generator,
    train_step,
    validate,
)
from tests.core import small

CLASSES = pytest.mark.parametrize("model", small.NAMES_BY_CLASS, ids=lambda model: model.__name__)
ROOT = Path(__file__).resolve().parents[2]


def fresh(model: type[Any] = Draw, recipe: Recipe = small.RECIPE) -> Run:
    return Run(replace(small.spec(model), recipe=recipe), recipe, "cpu")


def loss_of(run: Run) -> Callable[..., LossTerms]:
    loss: Callable[..., LossTerms] = cast(Any, run.model).loss
    return loss


def train(run: Run, on_interval: Callable[[Run, float], None] = lambda run, nats: None) -> list[Progress]:
    config = run.spec.config
    return list(fit(run, small.dataset(10, config), small.dataset(6, config, seed=1), on_interval))


def everything(run: Run) -> dict[str, Tensor]:
    """All tensors that the future of a run depends on."""
    tensors = {f"model {key}": value for key, value in run.model.state_dict().items()}
    tensors |= {f"average {key}": value for key, value in run.average.state_dict().items()}
    for index, state in run.optimizer.state_dict()["state"].items():
        tensors |= {f"adam {index} {key}": value for key, value in state.items()}
    return tensors


def assert_same(one: Run, other: Run) -> None:
    assert one.step == other.step and one.best == other.best
    a, b = everything(one), everything(other)
    assert a.keys() == b.keys() and any(key.startswith("adam") for key in a)
    for key in a:
        assert torch.equal(a[key], b[key]), key


def test_there_is_a_tiny_config_for_every_registered_class() -> None:
    assert set(small.CONFIGS) == {spec.model for spec in REGISTRY.values()}


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


@CLASSES
def test_a_resumed_run_goes_on_bit_for_bit(model: type[Any], tmp_path: Path) -> None:
    straight = fresh(model)
    in_one_go = train(straight)
    first = fresh(model, replace(small.RECIPE, steps=3, warmup=2))
    # The first half has to follow the schedule of six steps: it is stopped, not planned to be short.
    first.recipe = small.RECIPE
    config = first.spec.config
    half = fit(first, small.dataset(10, config), small.dataset(6, config, seed=1), lambda run, nats: None)
    losses = [next(half).nats for _ in range(3)]
    first.best = 1.5
    first.save(tmp_path / "state")
    second = fresh(model)
    torch.manual_seed(12345)  # the global generator must not matter
    second.load(tmp_path / "state")
    assert_same(first, second)
    losses += [progress.nats for progress in train(second)]
    assert losses == [progress.nats for progress in in_one_go]
    straight.best = 1.5
    assert_same(straight, second)


def test_a_state_carries_its_recipe_and_a_new_number_of_steps_is_honoured(tmp_path: Path) -> None:
    run = fresh(recipe=replace(small.RECIPE, learning_rate=0.123, seed=7, steps=2))
    train(run)
    run.save(tmp_path / "state")
    other = fresh(recipe=replace(small.RECIPE, steps=9))
    other.load(tmp_path / "state")
    assert other.recipe == replace(run.recipe, steps=9) and other.step == 2


def test_a_crash_while_saving_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, run = tmp_path / "state", fresh()
    train_step(run, loss_of(run), small.ink(4, run.spec.config))
    run.save(path)
    before = path.read_bytes()

    def crash(*_: object) -> None:
        raise OSError("killed")

    train_step(run, loss_of(run), small.ink(4, run.spec.config))
    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="killed"):
        run.save(path)
    assert path.read_bytes() == before
    again = fresh()
    again.load(path)
    assert again.step == 1


VICTIM = """
import os, signal, sys
from pathlib import Path
from tests.core.test_training import fresh, train

def keep(run, nats):
    if run.step == 4:  # in the middle of the second save
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    run.save(Path(sys.argv[1]))

train(fresh(), keep)
"""


def test_a_killed_process_loses_at_most_one_interval(tmp_path: Path) -> None:
    path = tmp_path / "state"
    command = [sys.executable, "-c", VICTIM, str(path)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    run, straight = fresh(), fresh()
    run.load(path)
    assert run.step == 2  # it had come to 4 and was saving, the interval is 2
    train(run)
    train(straight)
    for key, value in everything(straight).items():
        torch.testing.assert_close(everything(run)[key], value)


def test_ctrl_c_in_the_middle_of_a_step_does_not_save_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, "tiny", small.spec(PixelCNN))
    monkeypatch.setattr(data, "load", lambda name, split, root: small.dataset(8, small.CONFIGS[PixelCNN]))

    def train_in(folder: Path, *more: str) -> dict[str, Tensor]:
        main(["tiny", "--device", "cpu", "--out", str(folder), *more])
        return load_file(folder / "tiny.state.safetensors")

    updates = 0

    def interrupt(*_: object) -> None:
        nonlocal updates
        updates += 1
        if updates == 3:  # Adam has just moved the weights; the step's count and the average have not followed
            signal.raise_signal(signal.SIGINT)

    hook = register_optimizer_step_post_hook(interrupt)
    try:
        with pytest.raises(SystemExit, match="Stopped"):
            train_in(tmp_path / "interrupted")
    finally:
        hook.remove()
    resumed, straight = train_in(tmp_path / "interrupted", "--resume"), train_in(tmp_path / "straight")
    for key, value in straight.items():
        assert torch.equal(resumed[key], value), key


def test_the_average_follows_the_weights_by_its_formula() -> None:
    run = fresh(recipe=replace(small.RECIPE, ema=0.2))
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
    run = fresh(recipe=replace(small.RECIPE, clip=clip))
    x = small.ink(4, run.spec.config)
    whole = gradient(run, x)
    assert 0.05 < float(whole.norm()) < 1e6
    train_step(run, loss_of(run), x)
    used = torch.cat([parameter.grad.flatten() for parameter in run.model.parameters() if parameter.grad is not None])
    torch.testing.assert_close(used, whole * min(1.0, clip / float(whole.norm())), rtol=1e-4, atol=1e-7)


def test_a_step_is_one_step_of_adam_at_the_scheduled_rate_and_reports_the_mean_loss() -> None:
    run = fresh(PixelCNN)
    x = small.ink(4, run.spec.config)
    for rate in (0.005, 0.01):  # the warm-up takes two steps
        before = [parameter.detach().clone() for parameter in run.model.parameters()]
        expected = float(loss_of(run)(x, small.generator()).total.mean().detach())
        assert train_step(run, loss_of(run), x) == pytest.approx(expected)
        assert run.optimizer.param_groups[0]["lr"] == pytest.approx(rate)
        pairs = zip(run.model.parameters(), before, strict=True)
        moved = max(float((new - old).detach().abs().max()) for new, old in pairs)
        assert 0.5 * rate < moved < 2 * rate  # Adam moves a weight by about its rate
    assert run.step == 2


def test_the_same_recipe_makes_the_same_run_and_another_seed_another() -> None:
    one, same, other = fresh(), fresh(), fresh(recipe=replace(small.RECIPE, seed=1))
    for a, b in zip(one.model.parameters(), same.model.parameters(), strict=True):
        assert torch.equal(a, b)
    losses = [[progress.nats for progress in train(run)] for run in (one, same, other)]
    assert losses[0] == losses[1] != losses[2]


@CLASSES
def test_validation_is_deterministic_and_judges_the_average(model: type[Any]) -> None:
    run = fresh(model)
    pictures = small.dataset(9, run.spec.config)
    torch.manual_seed(1)
    first = validate(run, pictures)
    small.shake(run.model)
    torch.manual_seed(2)
    assert validate(run, pictures) == first
    small.shake(run.average)
    assert validate(run, pictures) != first


def test_validation_is_the_mean_over_all_pictures() -> None:
    run = fresh(PixelCNN)
    pictures = small.ink(9, run.spec.config)
    with torch.no_grad():
        each = loss_of(run)(pictures, small.generator()).total
    assert validate(run, small.dataset(9, run.spec.config)) == pytest.approx(float(each.mean()), rel=1e-5)


def test_intervals_validate_and_call_back_and_so_does_the_last_step() -> None:
    run, seen = fresh(recipe=replace(small.RECIPE, steps=5, interval=2)), []
    progress = train(run, lambda run, nats: seen.append((run.step, nats)))
    assert [p.step for p in progress] == [1, 2, 3, 4, 5] and all(math.isfinite(p.nats) for p in progress)
    assert [p.step for p in progress if p.validation is not None] == [2, 4, 5] == [step for step, _ in seen]
    assert [p.validation for p in progress if p.validation is not None] == [nats for _, nats in seen]
    assert train(run) == []  # it has come to its end


@CLASSES
def test_training_lowers_the_validation_loss(model: type[Any]) -> None:
    run = fresh(model, replace(small.RECIPE, steps=30, interval=30))
    pictures = small.dataset(10, run.spec.config)
    before = validate(run, pictures)
    list(fit(run, pictures, pictures, lambda run, nats: None))
    assert validate(run, pictures) < before - 1


def test_dropout_ends_where_the_recipe_lets_the_network_settle() -> None:
    run = fresh(VAE, replace(small.RECIPE, steps=4, settle_from=0.5))
    modes = []
    loss = run.model.loss

    def watched(x: torch.Tensor, generator: torch.Generator) -> Any:
        modes.append(run.model.training)
        return loss(x, generator)

    x = small.dataset(4, run.spec.config).batch(np.arange(4), torch.Generator())
    for _ in range(4):
        train_step(run, watched, x)
    assert modes == [True, True, False, False]
