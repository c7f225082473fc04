import math
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_post_hook

from core.data import sets
from core.models.base import LossTerms
from core.training.__main__ import main
from core.training.loop import Progress, fit, train_step, validate
from core.training.registry import REGISTRY
from core.training.run import Run
from tests.core import small

EVERY = pytest.mark.parametrize("name", small.NAMES)
MUON = "row-lstm-mnist"
"""A name whose recipe gives matrices to Muon; position bias, first and last layers stay with Adam."""


def fresh(name: str = "draw-mnist", **changes: Any) -> Run:
    """A run with the short recipe, of which some fields may be changed."""
    spec = small.spec(name)
    recipe = replace(spec.recipe, **changes)
    return Run(replace(spec, recipe=recipe), recipe, "cpu")


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
    for kind, optimizer in run.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{kind} {index} {key}": value for key, value in state.items()}
    return tensors


def assert_same(one: Run, other: Run) -> None:
    assert one.step == other.step and one.best == other.best
    a, b = everything(one), everything(other)
    assert a.keys() == b.keys() and {key.split()[0] for key in a} == {"model", "average", *one.optimizers}
    for key in a:
        assert torch.equal(a[key], b[key]), key


@pytest.mark.slow
@EVERY
def test_a_resumed_run_goes_on_bit_for_bit(name: str, tmp_path: Path) -> None:
    straight = fresh(name)
    in_one_go = train(straight)
    first = fresh(name, steps=3, warmup=2)
    # The first half has to follow the schedule of six steps: it is stopped, not planned to be short.
    first.recipe = straight.recipe
    config = first.spec.config
    half = fit(first, small.dataset(10, config), small.dataset(6, config, seed=1), lambda run, nats: None)
    losses = [next(half).nats for _ in range(3)]
    first.best = 1.5
    first.save(tmp_path / "state")
    second = fresh(name)
    torch.manual_seed(12345)  # the global generator must not matter
    second.load(tmp_path / "state")
    assert_same(first, second)
    losses += [progress.nats for progress in train(second)]
    assert losses == [progress.nats for progress in in_one_go]
    straight.best = 1.5
    assert_same(straight, second)


def test_adam_in_one_kernel_moves_kernels_with_channels_last_as_the_loop_over_parameters_does() -> None:
    run, noise = fresh("pixelcnn-cifar10"), small.generator()
    adam = run.optimizers["adam"]
    ours = adam.param_groups[0]["params"]
    assert any(not p.is_contiguous() for p in ours), "the layout in question"
    theirs = [p.detach().clone(memory_format=torch.contiguous_format).requires_grad_() for p in ours]
    loop = torch.optim.Adam(theirs, lr=adam.defaults["lr"], fused=False, foreach=False)
    for _ in range(3):
        for mine, other in zip(ours, theirs, strict=True):
            other.grad = torch.randn(other.shape, generator=noise)
            mine.grad = torch.empty_like(mine).copy_(other.grad)
        adam.step()
        loop.step()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-7, check_stride=False)


def test_a_state_carries_its_recipe_and_a_new_number_of_steps_is_honoured(tmp_path: Path) -> None:
    run = fresh(MUON, learning_rate=0.123, seed=7, steps=2)
    train(run)
    run.save(tmp_path / "state")
    other = fresh(MUON, steps=9)
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


def test_ctrl_c_in_the_middle_of_a_step_does_not_save_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, "tiny", small.spec(MUON))
    monkeypatch.setattr(sets, "load", lambda name, split, root: small.dataset(8, small.CONFIGS[MUON]))

    def train_in(folder: Path, *more: str) -> dict[str, Tensor]:
        main(["tiny", "--device", "cpu", "--out", str(folder), *more])
        return load_file(folder / "tiny.state.safetensors")

    updates = 0

    def interrupt(*_: object) -> None:
        nonlocal updates
        updates += 1
        if updates == 3:  # Adam has just moved its weights; Muon, the step's count and the average have not followed
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


def test_the_same_recipe_makes_the_same_run_and_another_seed_another() -> None:
    one, same, other = fresh(), fresh(), fresh(seed=1)
    for a, b in zip(one.model.parameters(), same.model.parameters(), strict=True):
        assert torch.equal(a, b)
    losses = [[progress.nats for progress in train(run)] for run in (one, same, other)]
    assert losses[0] == losses[1] != losses[2]


@EVERY
def test_validation_is_deterministic_and_judges_the_average(name: str) -> None:
    run = fresh(name)
    pictures = small.dataset(9, run.spec.config)
    torch.manual_seed(1)
    first = validate(run, pictures)
    small.shake(run.model)
    torch.manual_seed(2)
    assert validate(run, pictures) == first
    small.shake(run.average)
    assert validate(run, pictures) != first


def test_validation_is_the_mean_over_all_pictures() -> None:
    run = fresh("pixelcnn-mnist")
    pictures = small.ink(9, run.spec.config)
    with torch.no_grad():
        each = loss_of(run)(pictures, small.generator()).total
    assert validate(run, small.dataset(9, run.spec.config)) == pytest.approx(float(each.mean()), rel=1e-5)


def test_intervals_validate_and_call_back_and_so_does_the_last_step() -> None:
    run, seen = fresh(steps=5, interval=2), []
    progress = train(run, lambda run, nats: seen.append((run.step, nats)))
    assert [p.step for p in progress] == [1, 2, 3, 4, 5] and all(math.isfinite(p.nats) for p in progress)
    assert [p.step for p in progress if p.validation is not None] == [2, 4, 5] == [step for step, _ in seen]
    assert [p.validation for p in progress if p.validation is not None] == [nats for _, nats in seen]
    assert train(run) == []  # it has come to its end


@pytest.mark.slow
@EVERY
def test_training_lowers_the_validation_loss(name: str) -> None:
    steps, fall = (200, 0.3) if name in small.CLASSIFIERS else (30, 0.5)  # which begin at 2.3 nats
    run = fresh(name, steps=steps, interval=steps, muon_rate=5e-2)
    pictures = small.dataset(10, run.spec.config)
    before = validate(run, pictures)
    list(fit(run, pictures, pictures, lambda run, nats: None))
    assert validate(run, pictures) < before - fall
