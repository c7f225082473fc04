"""A model in training with everything that has to survive an interruption, and the file that it survives in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from core.errors import UserError
from core.training.checkpoints import write_atomically
from core.training.muon import Muon
from core.training.processes import Processes
from core.training.recipes import Recipe
from core.training.settings import SettingError, rebuilt
from core.training.spec import ModelSpec


class RunError(UserError):
    """A run cannot begin, go on or be kept; the message is one sentence for the user."""


class Diverged(RunError):
    """Training has come to a number that is none; ``step`` is the step, ``what`` the quantity."""

    def __init__(self, step: int, what: str, value: float) -> None:
        self.step, self.what, self.value = step, what, value
        super().__init__(f"At step {step} {what} became {value}.")


@dataclass
class Run:
    """The weights, their running average, the optimisers, the step and the best validation so far."""

    spec: ModelSpec
    recipe: Recipe
    device: str
    model: Any = field(init=False)
    average: Any = field(init=False)
    optimizers: dict[str, torch.optim.Optimizer] = field(init=False)
    step: int = 0
    best: float = math.inf
    unread: list[Tensor] = field(default_factory=list, init=False)
    """What the last steps found, on the device: loss and gradient of each, which :meth:`check` has yet to look at."""
    processes: Processes = field(init=False)
    """Those that train it together, each with a run of its own; this one alone unless said otherwise."""

    def __post_init__(self) -> None:
        self.processes = Processes(torch.device(self.device))
        torch.manual_seed(self.recipe.seed)
        layout = {"memory_format": torch.channels_last} if self.spec.channels_last else {}
        self.model = self.spec.build().to(self.device, **layout)
        self.average = self.spec.build().to(self.device).eval()
        self.average.load_state_dict(self.model.state_dict())
        hidden = {
            name: p for name, p in self.model.named_parameters() if p.ndim > 1 and name.startswith(self.recipe.muon)
        }
        others = [p for name, p in self.model.named_parameters() if name not in hidden]
        # In one kernel: four times as fast as a loop over parameters, where the network is small.
        fused = torch.device(self.device).type in ("cpu", "cuda", "mps")
        self.optimizers = {"adam": torch.optim.Adam(others, lr=self.recipe.learning_rate, fused=fused)}
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

    def change(self, recipe: Recipe, config: Any) -> None:
        """Go on with another learning rate or batch, or another β of a VAE. Muon's rate keeps its ratio to Adam's."""
        ratio = recipe.learning_rate / self.recipe.learning_rate
        self.recipe = replace(recipe, muon_rate=self.recipe.muon_rate * ratio)
        for optimizer in self.optimizers.values():
            optimizer.defaults["lr"] *= ratio
        self.spec = replace(self.spec, config=config)
        self.model.config = self.average.config = config

    def check(self) -> None:
        """Raise :class:`Diverged` if a loss or a gradient since the last time was no number: one wait for the device.

        Until then the weights may have moved by such numbers; nothing is kept before this was asked.
        """
        rows = torch.stack(self.unread).tolist() if self.unread else []
        self.unread.clear()
        for step, row in enumerate(rows, self.step + 1 - len(rows)):
            for what, value in zip(("the loss", "the gradient"), row, strict=True):
                if not math.isfinite(value):
                    raise Diverged(step, what, value)

    @property
    def kept_bytes(self) -> int:
        """About how large its files become: weights, and a state of weights, average, and moments: two of Adam's, one
        of Muon's.
        """
        weights = sum(value.numel() * value.element_size() for value in self.model.state_dict().values())
        moments = {"adam": 2, "muon": 1}
        moved = sum(
            moments[kind] * p.numel() * p.element_size()
            for kind, optimizer in self.optimizers.items()
            for group in optimizer.param_groups
            for p in group["params"]
        )
        return 3 * weights + moved + 2**18  # … and the names of all of them

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Write the whole state as one safetensors file, with what ``about`` says of the run.

        Raises :class:`Diverged` in the place of writing a state with a number in it that is none.
        """
        self.check()
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for kind, optimizer in self.optimizers.items():
            for index, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{kind}.{index}.{k}": torch.as_tensor(v) for k, v in state.items()}
        if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
            raise Diverged(self.step, "a weight", math.nan)
        cpu = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
        note = {
            **(about or {}),
            "step": self.step,
            "best": self.best if math.isfinite(self.best) else None,
            "recipe": asdict(self.recipe),
            "config": asdict(self.spec.config),
            "labelled": self.spec.labelled,
        }
        write_atomically(path, save(cpu, {"easel": json.dumps(note, allow_nan=False)}))

    def load(self, path: Path) -> None:
        """Go on from a state that :meth:`save` wrote, with that run's recipe but this run's number of steps.

        Raises :class:`RunError`.
        """
        note, tensors = read_state(path)
        self.step, self.best = note["step"], math.inf if note["best"] is None else note["best"]
        self.recipe = replace(recipe_of(note, path), steps=self.recipe.steps)

        def part(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        try:
            self.model.load_state_dict(part("model."))
            self.average.load_state_dict(part("average."))
            for kind, optimizer in self.optimizers.items():
                restore(optimizer, part(f"{kind}."))
        except (RuntimeError, ValueError, KeyError, IndexError):
            raise another_version(path) from None


def restore(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimiser its state back. Raises ``ValueError`` if it is that of other parameters."""
    kept = optimizer.state_dict()
    for key, value in tensors.items():
        index, name = key.split(".")
        kept["state"].setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(kept)
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if value.shape == parameter.shape:  # laid out alike, as Adam in one kernel takes for granted
                state[key] = torch.empty_like(parameter).copy_(value)
            elif value.ndim:
                raise ValueError(f"The {key} of {tuple(value.shape)} is not that of {tuple(parameter.shape)}.")


def another_version(path: Path) -> RunError:
    """The error for a state that this program, or this model, cannot go on from."""
    return RunError("{path} is a state of another version or of other settings: begin again with --fresh.", path=path)


def read_state(path: Path, tensors: bool = True) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a state says of itself, and its tensors. Raises :class:`RunError`."""
    try:
        with path.open("rb"), safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get("easel")
            found = {key: file.get_tensor(key) for key in file.keys()} if tensors else {}  # noqa: SIM118  # no dict
    except FileNotFoundError:
        raise RunError(
            "There is no run to resume in {parent}: {name} is missing.", parent=path.parent, name=path.name
        ) from None
    except OSError as error:
        raise RunError("{path} could not be read: {it}.", path=path, it=error.strerror or error) from None
    except SafetensorError:
        raise RunError("{path} is damaged, or it is no state of a training run.", path=path) from None
    if text is None:
        raise RunError("{path} is no state of a training run.", path=path)
    note = json.loads(text)
    if not isinstance(note, dict) or not {"step", "best", "recipe"} <= note.keys():
        raise another_version(path)
    return note, found


def recipe_of(note: Mapping[str, Any], path: Path) -> Recipe:
    """The recipe that a state was trained by. Raises :class:`RunError`."""
    try:
        return rebuilt(Recipe, note["recipe"])
    except SettingError:
        raise another_version(path) from None


def spec_of(note: Mapping[str, Any], spec: ModelSpec, path: Path) -> ModelSpec:
    """The model that a state is of: the registry's, with the state's config. Raises :class:`RunError`.

    A state that does not say its config is of the registry's.
    """
    if "config" not in note:
        return spec
    try:
        return replace(spec, config=rebuilt(type(spec.config), note["config"]), labelled=bool(note.get("labelled")))
    except SettingError:
        raise another_version(path) from None
