"""Trainings in processes of their own: begun, told, looked at, and found again by what they leave on the disk.

Everything lies below one folder, ``runs`` by default: ``room/ID``, a run's folder with ``wish.json`` beside, and
``pictures/KEY.zip``, what people brought. No torch here: the page looks before torch is there.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import shlex
import shutil
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from core.data import mnist, own
from core.data.own import Own, Sheet
from core.files import CHECKPOINTS
from core.studio.train_mnist import NOT_HERE, Fetching
from core.studio.trainers import Reserve, Trainer, begun, end, free_memory, hang_up
from core.training.live import GOING, NOW, Live, Looked, ended, read_film, read_live, read_log
from core.training.registry import REGISTRY
from core.training.small import TrainError, Wish, arguments_of

ID = re.compile("[a-z0-9]{12}")
PATIENCE = 75.0
"""Seconds after which a page that has not looked is taken for closed: in the background a browser lets a page do
something once a minute."""
SETTLES = 10.0
"""Seconds after a training has begun in which no other process loads torch: its first pictures come first."""
KEPT = 100
"""Runs of the room that are kept; of more, the oldest go."""
MEMORY = 400 * 2**20
"""Bytes that must be free for a training to begin or go on; twice as many for a process that only waits for one."""
BROKEN_OFF = "It was broken off; what it had kept is there."
IN_LINE = "Stopped before its turn came."
CLOSED = "Its page was closed; what it has learned is kept."
MISSING = "MNIST is not on this machine yet: download it, or start the app with --data and the folder that has it."
SHORT = "The machine is short of memory; what it has learned is kept."


class Place(NamedTuple):
    """Where a training lies: its folder, its model's name, and, of one of the room's, what was wished and told."""

    folder: Path
    name: str
    wish: Wish | None = None
    arguments: Sequence[str] = ()

    @property
    def card(self) -> Path:
        """The card of what it has kept."""
        return self.folder / f"{self.name}.json"


@dataclass
class Job:
    """A training that has a process, or waits for its turn."""

    arguments: list[str]
    process: Trainer | None = None
    begun: float = 0.0
    seen: float = field(default_factory=time.monotonic)

    def say(self, word: Mapping[str, Any]) -> None:
        """Tell it something; what has ended hears nothing."""
        if self.process is not None and self.process.stdin is not None:
            with suppress(OSError, ValueError):
                self.process.stdin.write(json.dumps(word) + "\n")
                self.process.stdin.flush()


def use_downloaded() -> None:
    """Where nobody has named a folder of data sets, it is that of the MNIST that was once downloaded on request."""
    if not os.environ.get("EASEL_DATA") and mnist.there(mnist.cache()):
        os.environ["EASEL_DATA"] = str(mnist.cache())


def mnist_there() -> str:
    """The data set that there is of MNIST in the folder that EASEL_DATA names; nothing where there is none."""
    root = os.environ.get("EASEL_DATA")
    if root and (Path(root) / "binarized_mnist.npz").exists():
        return "binarized-mnist"
    return "mnist" if root and mnist.there(Path(root)) else ""


class Trainings:
    """All trainings of the app: ``at_once`` of them run, the others wait; each ends after ``minutes``.

    With ``local`` all runs in the folder are offered, also those of the shell. With ``downloads`` MNIST may be fetched.
    """

    def __init__(
        self,
        folder: Path | None = None,
        at_once: int = 1,
        minutes: float = 10.0,
        local: bool = True,
        downloads: bool = True,
    ) -> None:
        self.folder = (folder or Path("runs")).resolve()
        self.at_once, self.minutes, self.local = at_once, minutes, local
        self.mnist = Fetching(downloads)
        self._jobs: dict[str, Job] = {}
        self._reserve = Reserve(self._process)
        self._lock = threading.RLock()
        self._watcher: threading.Thread | None = None
        self._closed = threading.Event()

    # What a page asks for

    def ready(self) -> None:
        """Have a process load torch, so that the first training begins at once: somebody has opened the room."""
        with self._lock:
            if not self._closed.is_set():
                self._reserve.want()
                self._tend()
                self._attend()

    def begin(self, wish: Wish) -> str:
        """Begin a training, or let it wait in line; answers with its ID. Raises :class:`UserError`."""
        if wish.pictures == "mnist" and not mnist_there():
            raise TrainError(MISSING if self.mnist.allowed else NOT_HERE)
        if wish.pictures == "own":
            self.sheet(wish.own)  # or say that they are gone
        there = wish._replace(own=str(self._pictures(wish.own)) if wish.own else "")
        arguments = arguments_of(there, mnist_there())
        if free_memory() < MEMORY:
            raise TrainError("The machine is short of memory: a training cannot begin now.")
        key = secrets.token_hex(6)
        folder = self._room() / key
        try:
            folder.mkdir(parents=True)
            told = {"wish": wish._asdict(), "arguments": arguments}
            (folder / "wish.json").write_text(json.dumps(told), "utf-8")
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise TrainError(
                "Nothing can be kept in {folder}: {strerror}.", folder=self.folder, strerror=error.strerror
            ) from None
        self._queue(key, arguments)
        self._prune()
        return key

    def go_on(self, key: str) -> None:
        """Let a training that has ended go on from where it is. Raises :class:`UserError`."""
        place = self._known(key)
        if place.wish is None:
            raise TrainError("This training belongs to the shell: --resume goes on with it.")
        with self._lock:
            if key in self._jobs:
                raise TrainError("This training is going on already.")
        live = read_live(place.folder)
        if live is not None and live.state == "finished":
            raise TrainError("This training has come to its end: begin another one.")
        resumed = (place.folder / f"{place.name}.state.safetensors").exists()
        self._queue(key, [place.name, "--resume"] if resumed else list(place.arguments))

    def tell(self, key: str, word: Mapping[str, Any]) -> None:
        """Tell a training something (:mod:`core.training.watched`); one that waits in line can be stopped."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return
            job.say(word)
            if job.process is None and word.get("do") == "stop":
                del self._jobs[key]
                self._leave(key, IN_LINE)

    def look(self, key: str, version: str = "") -> Looked:
        """What there is to see of a training, or of a shipped film; ``version`` is what was seen of it already.

        Raises :class:`UserError`.
        """
        place = self._known(key)
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.seen = time.monotonic()
            self._turn()
            waiting = [each for each, one in self._jobs.items() if one.process is None]
        live = read_live(place.folder) or Live("finished" if place.wish is None else "getting ready")
        if job is None and place.wish is not None and live.state in GOING:
            live = ended(live, "failed", BROKEN_OFF)
        paths = place.folder / f"{place.name}.film.npz", place.folder / NOW
        versions = [f"{path.stat().st_mtime_ns}" if path.exists() else "" for path in paths]
        before, _, now_before = version.partition(" ")
        film, now = (
            read_film(path) if here != seen else None
            for path, here, seen in zip(paths, versions, (before, now_before), strict=True)
        )
        shown = [part.rpartition("/")[2] if Path(part).is_absolute() else part for part in place.arguments]
        return Looked(
            live=live,
            place=waiting.index(key) + 1 if key in waiting else 0,
            name=place.name,
            wish=place.wish,
            lines=read_log(place.folder / "log.jsonl"),
            film=film,
            now=now,
            version=" ".join(versions),
            command=shlex.join(["python", "-m", "core.training", *shown]) if shown else "",
            kept=place.card.exists(),
        )

    def film(self, key: str) -> Path:
        """Where a training's film lies, if there is one. Raises :class:`UserError`."""
        place = self._known(key)
        return place.folder / f"{place.name}.film.npz"

    def bring(self, paths: Sequence[Path]) -> Own:
        """Keep pictures that a person brought. Raises :class:`UserError`."""
        return own.collected(paths, self.folder / "pictures")

    def sheet(self, key: str | None) -> Sheet:
        """The contact sheet of pictures that were brought. Raises :class:`UserError`."""
        return own.sheet(self._pictures(key))

    def trained(self, key: str) -> Path:
        """The card of what a training has kept, for ``core.load``. Raises :class:`UserError`."""
        card = self._known(key).card
        if not card.exists():
            raise TrainError("This training has kept nothing yet: wait for its first validation.")
        return card

    def offered(self) -> dict[str, str]:
        """What can be looked at beside the page's own: shipped films and, on a local app, the runs in the folder.

        Key -> what it is called; newest first.
        """
        shipped = {path.name.partition(".")[0]: path for path in sorted(CHECKPOINTS.glob("*.film.npz"))}
        films = {name: f"shipped: {name}" for name in shipped}
        if not self.local:
            return films
        return {**films, **self.usable(REGISTRY)}

    def usable(self, names: Collection[str]) -> dict[str, str]:
        """What was trained of the models ``names`` and has weights, where the app is local; as :meth:`offered`."""
        found = [*self.folder.glob("*/*.json"), *self._room().glob("*/*.json")] if self.local else []
        cards = [each for each in found if each.stem in names and each.with_suffix(".safetensors").exists()]
        cards.sort(key=lambda card: -card.stat().st_mtime)
        return dict(self._called(card) for card in cards[:50])

    def _called(self, card: Path) -> tuple[str, str]:
        """The key of a card of a run, and what it is called."""
        key = card.parent.name
        if card.parent.parent != self._room():
            return f"{key}/{card.stem}", f"{key}/{card.stem}"
        wish = self._known(key).wish
        size = f", {wish.size}, {wish.pictures}" if wish is not None else ""
        return key, f"{REGISTRY[card.stem].title}{size} ({key[:4]})"

    def close(self) -> None:
        """Stop all, which then keep what they have learned."""
        self._closed.set()
        atexit.unregister(self.close)
        with self._lock:
            self._reserve.close()
            end(job.process for job in self._jobs.values() if job.process is not None)
            self._jobs.clear()

    # How it is done

    def _room(self) -> Path:
        return self.folder / "room"

    def _pictures(self, key: str | None) -> Path:
        if not ID.fullmatch(key or ""):
            raise TrainError("There are no pictures of your own here yet: bring some.")
        return self.folder / "pictures" / f"{key}.zip"

    def _known(self, key: str) -> Place:
        """Where a training of that key lies. Raises :class:`UserError`."""
        try:
            if ID.fullmatch(key):
                folder = self._room() / key
                told = json.loads((folder / "wish.json").read_text("utf-8"))
                name, *more = told["arguments"]
                if not all(isinstance(word, str) for word in (name, *more)):
                    raise ValueError("words are text")
                return Place(folder, name, Wish(**told["wish"]), [name, *more])
        except (OSError, ValueError, TypeError, KeyError):
            raise TrainError("This training is not on this machine, or no longer.") from None
        if key not in self.offered():
            raise TrainError("This training is not on this machine, or no longer.")
        run, _, name = key.rpartition("/")
        return Place(self.folder / run, name) if run else Place(CHECKPOINTS, name)

    def _process(self) -> Trainer:
        return begun()

    def _queue(self, key: str, arguments: list[str]) -> None:
        limits = ["--out", str(self._room() / key), "--minutes", f"{self.minutes:g}", "--device", "cpu"]
        with self._lock:
            Live("getting ready").write(self._room() / key)
            self._jobs[key] = Job([*arguments, *limits])
            self._turn()
            self._attend()

    def _attend(self) -> None:
        """From now on look after the processes."""
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="easel-trainings", daemon=True)
            self._watcher.start()
            atexit.register(self.close)

    def _turn(self) -> None:
        """Forget what has ended, and let the next ones begin."""
        for key, job in list(self._jobs.items()):
            if job.process is not None and job.process.poll() is not None:
                del self._jobs[key]
                hang_up(job.process)
        running = sum(job.process is not None for job in self._jobs.values())
        for job in self._jobs.values():
            if job.process is None and running < self.at_once:
                job.process, job.begun = self._reserve.take(), time.monotonic()
                job.say({"arguments": job.arguments})
                running += 1

    def _watch(self) -> None:
        """Once a second: whose turn it is, whose page was closed, whether memory lasts."""
        while not self._closed.wait(1.0):
            now = time.monotonic()
            with self._lock:
                for key, job in list(self._jobs.items()):
                    if now - job.seen > PATIENCE:
                        self.tell(key, {"do": "stop", "why": CLOSED})
                if free_memory() < MEMORY and not self._reserve.let_go() and self._jobs:
                    self.tell(list(self._jobs)[-1], {"do": "stop", "why": SHORT})
                self._turn()
                self._tend()

    def _tend(self) -> None:
        newest = max((job.begun for job in self._jobs.values()), default=float("-inf"))
        self._reserve.tend(time.monotonic() - newest > SETTLES and free_memory() >= 2 * MEMORY)

    def _leave(self, key: str, sentence: str) -> None:
        ended(Live("stopped"), "stopped", sentence).write(self._room() / key)

    def _prune(self) -> None:
        """Keep the newest runs of the room."""
        with self._lock:
            old = sorted(self._room().iterdir(), key=lambda each: -each.stat().st_mtime)[KEPT:]
            for folder in old:
                if folder.name not in self._jobs:
                    shutil.rmtree(folder, ignore_errors=True)
