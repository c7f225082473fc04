"""A training that is watched: it tells where it stands, keeps its film, and does what it is told meanwhile.

It is told in lines of JSON: ``{"do": "pause"}``, ``"go"``, ``"step"``, ``"slow"``, ``"stop"``, or ``"set"`` with any of
``learning_rate``, ``batch_size`` and ``beta``. Where nobody tells anything, it runs to its end.

None of this touches the weights but what is set, and that is in the state and in the log: a run that was paused,
slowed, killed and resumed ends with the weights of one that was left alone.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.errors import UserError
from core.training.film import Filmed
from core.training.folder import RunFolder
from core.training.live import Live, State, ended
from core.training.loop import Progress
from core.training.run import Diverged, Run, RunError
from core.training.settings import setting

SLOW = 0.5
"""Seconds from one step to the next in slow motion."""
TELL = 0.25
"""Seconds from one word on where it stands to the next."""
SHARE = 4.0
"""The time from one painting to the next is at least so many times what a painting takes."""
LEAST = 0.5
"""Seconds from one painting to the next, where painting takes no time."""

BECAME = {
    "the loss": "the loss became {value}",
    "the gradient": "the gradient became {value}",
    "the validation": "the validation became {value}",
    "a weight": "a weight became {value}",
}
"""What is said of a quantity that came to a number that is none."""

Told = queue.Queue[Mapping[str, Any]]


class Ended(RunError):
    """A watched training has ended before its last step, because it was told to or its time is up."""

    def __init__(self, sentence: str, state: State) -> None:
        super().__init__(sentence)
        self.state: State = state


class Watch:
    """What a run tells those who watch it, after every step (:meth:`after`), and what it is told by them.

    ``save`` keeps the run's state. After ``minutes`` it ends, 0 for none.
    """

    def __init__(
        self,
        run: Run,
        folder: RunFolder,
        filmed: Filmed,
        save: Callable[[], None],
        told: Told | None = None,
        minutes: float = 0.0,
    ) -> None:
        self.run, self.folder, self.filmed, self.save = run, folder, filmed, save
        self.told: Told = told or queue.Queue()
        self.ends = time.monotonic() + 60 * minutes if minutes else float("inf")
        self.pace, self.allowed = "full", 0
        self.speed, self.last_step = 0.0, time.monotonic()
        self.next_word = self.next_picture = self.step_due = 0.0
        self.live = Live("training", run.step, run.recipe.steps)

    def begin(self) -> None:
        """The first picture."""
        self.picture()
        self.say("training")
        self.last_step = time.monotonic()

    def after(self, progress: Progress) -> bool:
        """A step was made; true if something was set, so that the batches to come are others.

        Raises :class:`Ended`.
        """
        now = time.monotonic()
        rate = self.run.recipe.batch_size / max(now - self.last_step, 1e-6)
        self.speed = rate if not self.speed else 0.95 * self.speed + 0.05 * rate
        alone = self.pace != "full"
        if progress.step in self.filmed.moments or alone or now >= self.next_picture:
            self.picture()
        if alone or now >= self.next_word:
            self.say("training")
        changed = self.listen()
        self.last_step = time.monotonic()
        return changed

    def picture(self) -> None:
        """Paint; not more often than a part of the time, unless a moment asks for it."""
        self.run.check()
        began = time.monotonic()
        self.filmed.take()
        took = time.monotonic() - began
        self.next_picture = began + took + max(LEAST, SHARE * took)

    def say(self, state: State) -> None:
        """Put where the run stands into its folder."""
        left = (self.run.recipe.steps - self.run.step) * self.run.recipe.batch_size / max(self.speed, 1e-9)
        self.live = Live(
            state, self.run.step, self.run.recipe.steps, round(self.speed, 1), round(min(left, 1e6), 1), self.pace
        )
        self.live.write(self.folder.path)
        self.next_word = time.monotonic() + TELL

    def listen(self) -> bool:
        """Do what was told; wait while it is paused or slow. True if something was set."""
        changed, due = False, time.monotonic() + (SLOW if self.pace == "slow" else 0.0)
        self.allowed = max(0, self.allowed - 1)
        while True:
            if time.monotonic() > self.ends:
                raise Ended("The time for a training is up; what it has learned is kept.", "time is up")
            waits = self.pace == "paused" and not self.allowed
            if waits and self.live.state != "paused":
                self.say("paused")
            left = 0.25 if waits else due - time.monotonic()
            try:
                word = self.told.get(timeout=left) if left > 0 else self.told.get_nowait()
            except queue.Empty:
                if waits:
                    continue
                return changed
            changed |= self.obey(word)
            due = min(due, time.monotonic()) if self.pace == "full" else due

    def obey(self, word: Mapping[str, Any]) -> bool:
        """Do one thing that was told."""
        match word.get("do"):
            case "stop":
                why = str(word.get("why") or "")
                raise Ended(why or "Stopped; what it has learned is kept.", "stopped")
            case "pause":
                self.pace = "paused"
                self.save()
            case "step":
                self.pace, self.allowed = "paused", self.allowed + 1
            case "slow":
                self.pace = "slow"
            case "go":
                self.pace = "full"
            case "set":
                return self.change(word)
        self.say("paused" if self.pace == "paused" else "training")
        return False

    def change(self, word: Mapping[str, Any]) -> bool:
        """Set what may be set while it runs; what cannot be is left as it was."""
        recipe, config = self.run.recipe, self.run.spec.config
        for key in ("learning_rate", "batch_size"):
            if key in word:
                recipe = replace(recipe, **{key: setting(recipe, key, str(word[key]))})
        if recipe.learning_rate == 0:
            recipe = replace(recipe, learning_rate=self.run.recipe.learning_rate)
        if "beta" in word and hasattr(config, "beta"):
            config = replace(config, beta=setting(config, "beta", str(word["beta"])))
        if (recipe, config) == (self.run.recipe, self.run.spec.config):
            return False
        self.run.change(recipe, config)
        self.save()
        kept = {"learning_rate": recipe.learning_rate, "batch_size": recipe.batch_size}
        beta = {"beta": config.beta} if hasattr(config, "beta") else {}
        self.folder.write({"step": self.run.step, "changed": {**kept, **beta}})
        return True

    def end(self, error: Exception | None = None) -> None:
        """The last word, and the film as it stays."""
        if isinstance(error, Diverged):
            self.live = replace(self.live, step=error.step)
            became = UserError(BECAME[error.what], value=str(error.value))
            ended(self.live, "diverged", became).write(self.folder.path)
            return
        if isinstance(error, Ended):
            self.save()
        if self.run.step != self.filmed.last:
            self.filmed.take()
        self.say("training")
        state: State = error.state if isinstance(error, Ended) else "finished"
        why = error if isinstance(error, UserError) else str(error or "")
        ended(self.live, state, why).write(self.folder.path)
