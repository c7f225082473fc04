"""Training: ``python -m core.training NAME [--data --steps --device --resume --out]``.

All that is random is a function of the recipe's seed and the step's number: which images are in a batch, their
binarisation, the noise. So a run that is resumed goes on bit for bit as if it had never stopped. The state is saved
at every interval (and at Ctrl-C), atomically: a killed process loses at most one interval.

In the folder ``--out``: ``NAME.state.safetensors`` to resume from, ``NAME.safetensors`` with ``NAME.json``, the
averaged weights that were best on the validation split.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from tqdm import tqdm

from core import data
from core.checkpoints import CheckpointError, load_checkpoint, save_checkpoint, write_atomically
from core.labels import labelled
from core.optimizers import Muon
from core.registry import REGISTRY, ModelSpec, Recipe

VALIDATION_IMAGES = 2_000


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, a plateau, then half a cosine down to zero at ``recipe.steps``."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    start = recipe.decay_from * recipe.steps
    if step < start:
        return recipe.learning_rate
    progress = min((step - start) / max(recipe.steps - start, 1), 1.0)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, size: int) -> np.ndarray:
    """The order of an epoch's images; kept, since making it anew for every batch takes a tenth of a small step."""
    return np.random.default_rng((seed, epoch)).permutation(size)


def batch_indices(step: int, size: int, recipe: Recipe) -> np.ndarray:
    """Which of ``size`` images make batch ``step``: epochs are permutations, drawn from seed and epoch alone."""
    per_epoch = max(size // recipe.batch_size, 1)
    epoch, position = divmod(step, per_epoch)
    order = epoch_order(recipe.seed, epoch, size)
    return order[position * recipe.batch_size : (position + 1) * recipe.batch_size]


def step_generator(step: int, recipe: Recipe, device: str) -> torch.Generator:
    """The noise of one step, a function of seed and step alone."""
    seed = int(np.random.SeedSequence((recipe.seed, step)).generate_state(1, np.uint64)[0] >> 1)
    return torch.Generator(device).manual_seed(seed)


@dataclass
class Run:
    """A model in training with everything that has to survive an interruption."""

    spec: ModelSpec
    recipe: Recipe
    device: str
    model: Any = field(init=False)
    average: Any = field(init=False)
    optimizers: dict[str, torch.optim.Optimizer] = field(init=False)
    step: int = 0
    best: float = math.inf

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.model = self.spec.build().to(self.device)
        self.average = self.spec.build().to(self.device).eval()
        if self.spec.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.average.load_state_dict(self.model.state_dict())
        hidden = {
            name: p for name, p in self.model.named_parameters() if p.ndim > 1 and name.startswith(self.recipe.muon)
        }
        others = [p for name, p in self.model.named_parameters() if name not in hidden]
        # In one kernel: four times as fast as a loop over parameters, where the network is small.
        self.optimizers = {"adam": torch.optim.Adam(others, lr=self.recipe.learning_rate, fused=True)}
        if hidden:
            self.optimizers["muon"] = Muon(
                hidden.values(),
                self.recipe.muon_rate,
                weight_decay=self.recipe.muon_decay,
                bfloat16=self.recipe.bfloat16,
            )

    def start_from(self, trained: torch.nn.Module) -> None:
        """Begin with the weights of a trained model of the same config, the optimisers being fresh."""
        for model in (self.model, self.average):
            model.load_state_dict(trained.state_dict())

    def save(self, path: Path) -> None:
        """Write the whole state as one safetensors file."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for kind, optimizer in self.optimizers.items():
            for index, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{kind}.{index}.{k}": torch.as_tensor(v) for k, v in state.items()}
        cpu = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
        note = {"step": self.step, "best": self.best, "recipe": asdict(self.recipe)}
        write_atomically(path, save(cpu, {"easel": json.dumps(note)}))

    def load(self, path: Path) -> None:
        """Go on from a state that :meth:`save` wrote, with that run's recipe but this run's number of steps."""
        with safe_open(path, "pt") as file:
            note = json.loads(file.metadata()["easel"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # a safetensors file is no dict
        self.step, self.best = note["step"], note["best"]
        kept = note["recipe"] | {"muon": tuple(note["recipe"]["muon"]), "steps": self.recipe.steps}
        self.recipe = Recipe(**kept)

        def part(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        self.model.load_state_dict(part("model."))
        self.average.load_state_dict(part("average."))
        for kind, optimizer in self.optimizers.items():
            kept = optimizer.state_dict()
            for key, value in part(f"{kind}.").items():
                index, name = key.split(".")
                kept["state"].setdefault(int(index), {})[name] = value
            optimizer.load_state_dict(kept)
            for parameter, state in optimizer.state.items():
                for key, value in state.items():
                    if value.shape == parameter.shape:  # laid out alike, as Adam in one kernel takes for granted
                        state[key] = torch.empty_like(parameter).copy_(value)


def train_step(run: Run, loss: Callable[..., Any], x: Tensor, *labels: Tensor) -> float:
    """One update; returns the mean loss of the batch in nats per picture."""
    pace = learning_rate(run.step, run.recipe) / run.recipe.learning_rate
    for optimizer in run.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = pace * optimizer.defaults["lr"]
    run.model.train(run.step < run.recipe.settle_from * run.recipe.steps)
    with torch.autocast(torch.device(run.device).type, torch.bfloat16, enabled=run.recipe.bfloat16):
        nats = loss(x, step_generator(run.step, run.recipe, run.device), *labels).minimised.mean()
    run.model.zero_grad(set_to_none=True)
    nats.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.recipe.clip)
    for optimizer in run.optimizers.values():
        optimizer.step()
    run.step += 1
    decay = min(run.recipe.ema, run.step / (run.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(run.average.parameters()), list(run.model.parameters()), 1 - decay)
    return float(nats.detach())


def told(run: Run, dataset: data.DataSet, indices: np.ndarray) -> tuple[Tensor, ...]:
    """What the loss of a model is told beside pictures: the labels (b,), if it is to know them and they are known."""
    if not run.spec.labelled or dataset.labels is None:
        return ()
    return (torch.from_numpy(dataset.labels[indices]).to(run.device),)


@torch.no_grad()
def validate(run: Run, dataset: data.DataSet) -> float:
    """Mean loss in nats of the averaged weights on a seeded subset, with the same noise at every call.

    A model that is told the classes is told them here as well, where the data set has them.
    """
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(dataset))[:VALIDATION_IMAGES]
    choices = torch.Generator().manual_seed(run.recipe.seed)
    generator, total = torch.Generator(run.device).manual_seed(run.recipe.seed), 0.0
    for start in range(0, len(chosen), 200):
        indices = chosen[start : start + 200]
        x = dataset.batch(indices, choices).to(run.device)
        total += float(run.average.loss(x, generator, *told(run, dataset, indices)).minimised.sum())
    return total / len(chosen)


@dataclass(frozen=True)
class Progress:
    """What a callback sees after each step; ``validation`` only where an interval ends. Nats per picture."""

    step: int
    nats: float
    validation: float | None


def fit(
    run: Run,
    train: data.DataSet,
    valid: data.DataSet,
    on_interval: Callable[[Run, float], None],
    compiled: bool = False,
) -> Iterator[Progress]:
    """Train to ``run.recipe.steps``; calls ``on_interval`` with the validation nats, yields after every step."""
    loss = torch.compile(run.model.loss) if compiled else run.model.loss
    while run.step < run.recipe.steps:
        generator = step_generator(run.step, run.recipe, "cpu")
        indices = batch_indices(run.step, len(train), run.recipe)
        x = train.batch(indices, generator).to(run.device)
        if run.spec.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        nats, nats_valid = train_step(run, loss, x, *told(run, train, indices)), None
        if run.step % run.recipe.interval == 0 or run.step == run.recipe.steps:
            nats_valid = validate(run, valid)
            on_interval(run, nats_valid)
        yield Progress(run.step, nats, nats_valid)


@contextmanager
def interruptions() -> Iterator[threading.Event]:
    """Ctrl-C sets the event instead of raising, so that no step is torn: half of one could not be resumed."""
    pressed = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def save_best(run: Run, name: str, dataset: data.DataSet, nats: float, folder: Path) -> None:
    """Keep the averaged weights, with their card, if they are the best on the validation split so far."""
    if nats >= run.best:
        return
    run.best = nats
    card = {
        "dataset": dataset.name,
        "split": "train",
        "recipe": asdict(run.recipe),
        "step": run.step,
        "validation_nats": round(nats, 3),
    }
    if dataset.faces:
        card["faces"] = dataset.faces
    save_checkpoint(name, run.average.state_dict(), card, folder)


def train(run: Run, name: str, root: str | None, folder: Path, compiled: bool) -> None:
    """Train with a progress bar: throughput, time left, the best validation so far; Ctrl-C saves and stops."""
    state = folder / f"{name}.state.safetensors"
    train_set, valid_set = (data.load(run.spec.dataset, split, root) for split in ("train", "valid"))

    if run.spec.labelled:
        train_set = labelled(train_set, root)

    def keep(run: Run, nats: float) -> None:
        save_best(run, name, train_set, nats, folder)
        run.save(state)

    batch = run.recipe.batch_size
    bar = tqdm(total=run.recipe.steps * batch, initial=run.step * batch, unit=" images", mininterval=2)
    with bar, interruptions() as interrupted:
        for progress in fit(run, train_set, valid_set, keep, compiled):
            bar.update(batch)
            if progress.step % 50 == 0:
                bar.set_postfix(step=progress.step, nats=f"{progress.nats:.1f}", best=f"{run.best:.2f}")
            if progress.validation is not None:
                bar.write(f"step {progress.step}: validation {progress.validation:.3f} nats", file=sys.stderr)
            if interrupted.is_set():
                run.save(state)
                sys.exit(f"Stopped after step {run.step}; --resume goes on from there.")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m core.training", description="Train a registered model.")
    parser.add_argument("name", choices=REGISTRY)
    parser.add_argument("--data", help="folder with the data sets (otherwise the variable EASEL_DATA)")
    parser.add_argument("--steps", type=int, help="otherwise the recipe's; the learning rate falls to zero at the last")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--resume", action="store_true", help="go on from the state in --out")
    parser.add_argument("--weights", type=Path, help="folder of checkpoints: start from the weights NAME there")
    parser.add_argument("--of", choices=REGISTRY, help="with --weights: from those of another model of the same config")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder for state, weights and card")
    parser.add_argument("--compile", action="store_true", help="torch.compile: slow to start, faster afterwards")
    options = parser.parse_args(arguments)
    spec = REGISTRY[options.name]
    if options.steps is not None and options.steps < 1:
        parser.error("--steps must be at least 1.")
    if options.of is not None and (options.weights is None or REGISTRY[options.of].config != spec.config):
        parser.error("--of needs --weights and a model of the same config.")
    run = Run(spec, replace(spec.recipe, steps=options.steps or spec.recipe.steps), options.device)
    try:
        if options.resume:
            run.load(options.out / f"{options.name}.state.safetensors")
        elif options.weights:
            run.start_from(load_checkpoint(options.of or options.name, options.weights))
        train(run, options.name, options.data, options.out, options.compile)
    except FileNotFoundError as error:
        sys.exit(f"There is nothing to resume: {error.filename or error} is missing.")
    except (CheckpointError, data.DataError, SafetensorError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
