"""The folder of a run: what lies there, whether there is room for it, and its log."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.files import replacing
from core.training.board import Board
from core.training.loop import CHECK_EVERY, FOUND, Progress, learning_rate
from core.training.run import Run, RunError

LOG_EVERY = CHECK_EVERY
"""Steps from one line of the log to the next, all of them checked; a validation has a line of its own."""
OFTEN = 1.06
"""From one line to the next of a log that has some for the first steps, as a factor of the step."""
PIECE = 2**20


@dataclass(frozen=True)
class RunFolder:
    """``NAME.state.safetensors`` to resume from, the best weights with their card, and ``log.jsonl``."""

    path: Path
    name: str

    @property
    def state(self) -> Path:
        return self.path / f"{self.name}.state.safetensors"

    @property
    def weights(self) -> Path:
        return self.path / f"{self.name}.safetensors"

    @property
    def card(self) -> Path:
        return self.path / f"{self.name}.json"

    @property
    def film(self) -> Path:
        return self.path / f"{self.name}.film.npz"

    @property
    def log(self) -> Path:
        return self.path / "log.jsonl"

    def refuse_to_lose(self) -> None:
        """Raise :class:`RunError` if a run has left something here."""
        if any(path.exists() for path in (self.state, self.weights, self.card)):
            raise RunError(
                "{path} holds a run of {name} already: --resume goes on with it, --fresh begins again and loses it, "
                "and --out names another folder.",
                path=self.path,
                name=self.name,
            )

    def probe(self, size: int) -> None:
        """Write ``size`` bytes and remove them again. Raises :class:`RunError` if there is no folder or no room."""
        path, noise = self.path / f".probe.{os.getpid()}", os.urandom(PIECE)
        with self.sentences(f"the run needs {size / 2**20:,.0f} MB there"):
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("wb") as file:
                    for start in range(0, size, PIECE):
                        file.write(noise[: size - start])
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                with suppress(OSError):
                    path.unlink()

    @contextmanager
    def sentences(self, about: str) -> Iterator[None]:
        """What the disk complains of becomes a :class:`RunError`."""
        try:
            yield
        except OSError as error:
            raise RunError(
                "{path} cannot be written to ({it}): {about}.", path=self.path, it=error.strerror or error, about=about
            ) from None

    def clear(self) -> None:
        """Remove what an earlier run of the name has left."""
        with self.sentences("the earlier run stays"):
            for path in (self.state, self.card, self.weights, self.film, self.log):
                path.unlink(missing_ok=True)

    def forget_after(self, step: int) -> None:
        """Cut the log back to a step, since a run that was killed goes on from before its last lines."""
        if not self.log.exists():
            return
        kept = []
        for line in self.log.read_text("utf-8", "replace").splitlines():
            with suppress(ValueError, AttributeError):
                if json.loads(line).get("step", 0) <= step:
                    kept.append(line + "\n")
        with replacing(self.log) as file:
            file.write("".join(kept).encode())

    def write(self, line: Mapping[str, Any]) -> None:
        """Add one object to the log."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, allow_nan=False) + "\n")


def commit() -> str | None:
    """The commit of this program, with ``-dirty`` if files differ from it; None where git does not know."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def header(run: Run, arguments: list[str], about: Mapping[str, Any]) -> dict[str, Any]:
    """The first line of a log, and of each part that goes on: what ran, where, by which command."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "core.training", *arguments]),
        "commit": commit(),
        "torch": torch.__version__,
        "device": run.device,
        "threads": torch.get_num_threads(),
        "processes": run.processes.count,
        "step": run.step,
        **about,
        "config": asdict(run.spec.config),
        "recipe": asdict(run.recipe),
    }


@dataclass
class Log:
    """Adds lines to the log of a run: means over the steps since the line before.

    With ``often`` there are lines for all of the first steps, too, and then ever fewer, for a logarithmic axis. A
    ``board`` is given each line as well.
    """

    folder: RunFolder
    run: Run
    pictures: int
    often: bool = False
    board: Board | None = None
    since: list[Tensor] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    last: float = field(default_factory=time.perf_counter)
    next_early: int = 0

    def see(self, progress: Progress) -> None:
        """Take note of a step; writes a line every :data:`LOG_EVERY` steps and at every validation.

        Raises :class:`Diverged` where a line would hold a number that is none.
        """
        self.since.append(progress.update.numbers)
        early = self.often and progress.step >= self.next_early
        if early or progress.step % LOG_EVERY == 0 or progress.validation is not None:
            self.next_early = max(progress.step + 1, round(progress.step * OFTEN))
            self.run.check()
            line = self.line(progress)
            self.folder.write(line)
            if self.board is not None:
                self.board.see(line)
            self.since.clear()
            self.last = time.perf_counter()

    def line(self, progress: Progress) -> dict[str, Any]:
        """Nats per picture; the rate is that of Adam at this step; seconds since this part of the run began."""
        now, count = time.perf_counter(), len(self.since)
        rate = count * min(self.run.recipe.batch_size, self.pictures) / max(now - self.last, 1e-9)
        columns = torch.stack(self.since).T.tolist()  # fetched in one go
        means = {name: sum(column) / count for name, column in zip(FOUND, columns, strict=True)}
        return {
            "step": progress.step,
            "minimised": round(means["nats"], 5),
            "reconstruction": round(means["reconstruction"], 5),
            "kl": round(means["kl"], 5),
            "total": round(means["total"], 5),
            "gradient": float(f"{means['gradient']:.4g}"),
            "validation": None if progress.validation is None else round(progress.validation, 5),
            "rate": float(f"{learning_rate(progress.step - 1, self.run.recipe):.6g}"),
            "pictures_per_second": round(rate, 2),
            "time": round(now - self.began, 3),
        }
