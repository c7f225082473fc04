"""The command line: ``python -m core.training NAME``.

A run has a folder of its own, ``runs/NAME`` or ``--out``, in which lie

* ``NAME.state.safetensors``, to resume from: saved at every interval and at Ctrl-C, whole or not at all, so that a
  killed process loses at most one interval;
* ``NAME.safetensors`` with its card ``NAME.json``: the averaged weights that were best on the validation split;
* ``log.jsonl``: one JSON object a line, the first with command, commit and versions;
* with ``--tensorboard`` the folder ``tensorboard``;
* with ``--film`` ``NAME.film.npz`` (:mod:`core.training.film`), and ``live.json``, where the run stands.

Where a run lies already nothing is begun without ``--resume`` or ``--fresh``. On several processes it trains by
``accelerate launch -m core.training NAME`` (:mod:`core.training.processes`).
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from core.console import found_device, plain_output
from core.data import sets
from core.errors import UserError
from core.training import board
from core.training.checkpoints import load_trained, save_checkpoint
from core.training.film import Filmed
from core.training.fits import check_fit
from core.training.folder import Log, RunFolder, header
from core.training.loop import Progress, fit
from core.training.plan import Plan, Wishes, begun, made, resumed
from core.training.processes import Processes, launched, rank_here
from core.training.registry import REGISTRY
from core.training.run import Diverged, Run, RunError
from core.training.watched import Told, Watch


@contextmanager
def interruptions() -> Iterator[threading.Event]:
    """Ctrl-C, or a launcher that ends its processes, sets the event instead of raising.

    So no step is torn: half of one could not be resumed.
    """
    pressed, words = threading.Event(), (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(word, lambda *_: pressed.set()) for word in words]
    try:
        yield pressed
    finally:
        for word, action in zip(words, before, strict=True):
            signal.signal(word, action)


def save_best(run: Run, plan: Plan, dataset: sets.DataSet, nats: float, folder: RunFolder) -> None:
    """Keep the averaged weights, with their card, if they are the best on the validation split so far."""
    if not nats < run.best:
        return
    card = {
        "dataset": dataset.name,
        "split": "train",
        **plan.about,
        "labelled": run.spec.labelled,
        "classes": dataset.classes,
        "pictures": len(dataset),
        "recipe": asdict(run.recipe),
        "step": run.step,
        "validation_nats": round(nats, 3),
    }
    if dataset.faces:
        card["faces"] = dataset.faces
    save_checkpoint(plan.name, run.average.state_dict(), card, folder.path, run.spec)
    run.best = nats


def train(
    run: Run,
    plan: Plan,
    train_set: sets.DataSet,
    valid_set: sets.DataSet,
    folder: RunFolder,
    options: Any,
    watch: Watch | None = None,
) -> None:
    """Train with a progress bar: throughput, time left, the best validation so far; Ctrl-C saves and stops."""
    processes = run.processes

    def keep(run: Run, nats: float) -> None:
        with processes.parting():
            save_best(run, plan, train_set, nats, folder)
            run.save(folder.state, plan.about)

    batch = min(run.recipe.batch_size, len(train_set))
    shown = board.board_of(folder.path, run.step) if options.tensorboard else None
    log = Log(folder, run, len(train_set), often=watch is not None, board=shown)
    bar = tqdm(total=run.recipe.steps * batch, initial=run.step * batch, unit=" images", mininterval=2)
    with bar, interruptions() as interrupted:
        while run.step < run.recipe.steps:  # again where something was set, for the batches ahead were of before
            for progress in fit(run, train_set, valid_set, keep, options.compile):
                with processes.parting():
                    log.see(progress)
                    tell(bar, run, progress, batch)
                    changed = watch is not None and watch.after(progress)
                if processes.agreed(interrupted.is_set()):
                    run.save(folder.state, plan.about)
                    raise RunError("Stopped after step {step}; --resume goes on from there.", step=run.step)
                if changed:
                    break
    if shown is not None:
        shown.close()


def tell(bar: Any, run: Run, progress: Progress, batch: int) -> None:
    """Move the progress bar by a step."""
    bar.update(batch)
    if progress.step % 50 == 0:
        bar.set_postfix(step=progress.step, nats=f"{progress.nats:.1f}", best=f"{run.best:.2f}")
    if progress.validation is not None:
        bar.write(f"step {progress.step}: validation {progress.validation:.3f} nats", file=sys.stderr)


def follow(run: Run, train_set: sets.DataSet, valid_set: sets.DataSet, compiled: bool) -> None:
    """Train as one of several processes that is not the first: it writes nothing, and stops where the first does."""
    with interruptions() as interrupted:
        for _ in fit(run, train_set, valid_set, lambda *_: None, compiled):
            if run.processes.agreed(interrupted.is_set()):
                return


def diverged(error: Diverged, run: Run, folder: RunFolder) -> str:
    """What is said, and what can be done, when a number is none: nothing that was kept is touched."""
    slower = f"{min(run.recipe.learning_rate / 4, REGISTRY[folder.name].recipe.learning_rate):.2g}"
    what = f"Training stopped at step {error.step}, where {error.what} became {error.value}"
    if folder.state.exists():
        return (
            f"{what}: try --resume --learning-rate {slower}, which goes on from the last state kept in {folder.path}, "
            "where the best weights are whole too."
        )
    return f"{what}: try again with --learning-rate {slower}; nothing had been kept yet."


def start_from(run: Run, name: str, folder: Path) -> None:
    """Begin with the weights of a trained model of the same class and config. Raises :class:`UserError`."""
    spec, weights = load_trained(name, folder)
    if (spec.model, spec.config) != (run.spec.model, run.spec.config):
        raise RunError(
            "The weights in {folder} are of {name} with other settings: it cannot start from them.",
            folder=folder,
            name=name,
        )
    run.start_from(weights)


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="python -m core.training", description="Train a registered model.")
    made.add_argument("name", choices=REGISTRY)
    made.add_argument("--data", help="folder with the data sets (otherwise the variable EASEL_DATA)")
    made.add_argument(
        "--dataset",
        help="archive:PATH, a folder or zip file of your pictures, or a data set other than the model's",
    )
    made.add_argument(
        "--binarise",
        choices=("threshold", "sample"),
        help="make grey pictures black and white: ink from 128 on, or ink with a chance that is its grey value",
    )
    made.add_argument("--steps", type=int, help="otherwise the recipe's; the learning rate falls to zero at the last")
    made.add_argument("--batch-size", type=int, help="otherwise the recipe's")
    made.add_argument("--learning-rate", type=float, help="otherwise the recipe's; that of Muon keeps its ratio")
    made.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="any other field of the model's config or of its recipe; may be given often",
    )
    made.add_argument("--device", default="auto", help="cpu, cuda, mps, or auto: a GPU of NVIDIA's where there is one")
    start = made.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on from the state in the run's folder")
    start.add_argument("--fresh", action="store_true", help="begin again; what lies in the run's folder is lost")
    start_from = "folder of checkpoints: start from the weights NAME there"
    made.add_argument("--weights", type=Path, help=start_from)
    made.add_argument("--of", choices=REGISTRY, help="with --weights: from those of another model of the same config")
    made.add_argument("--out", type=Path, help="the run's folder, otherwise runs/NAME")
    made.add_argument("--film", action="store_true", help="keep what the same noise gives at some 24 moments")
    made.add_argument("--film-of", metavar="DATASET", help="with --film: its subjects, otherwise the validation split")
    made.add_argument("--tensorboard", action="store_true", help="the log for TensorBoard, too, where it is installed")
    made.add_argument("--minutes", type=float, default=0.0, help="end after so many; --resume goes on")
    made.add_argument("--compile", action="store_true", help="torch.compile: slow to start, faster afterwards")
    return made


def main(arguments: list[str] | None = None) -> None:
    """The command line; what a person can mend ends it with one sentence and status 1."""
    plain_output()
    options = parser().parse_args(arguments)
    try:
        with launched(options.device) as processes:
            command(options, sys.argv[1:] if arguments is None else arguments, processes=processes)
    except UserError as error:
        sys.exit(str(error) if rank_here() == 0 else 1)


def command(options: Any, arguments: list[str], told: Told | None = None, processes: Processes | None = None) -> None:
    """Check everything that can be wrong, then train; ``told`` is what a run that is watched is told meanwhile.

    Raises :class:`UserError`.
    """
    folder = RunFolder(options.out or Path("runs") / options.name, options.name)
    processes = processes or Processes(torch.device(found_device(options.device)))
    run, plan, train_set, valid_set = prepared(options, folder, processes)
    if run.step >= run.recipe.steps:
        if processes.first:
            more = f"--steps {2 * run.step}"
            print(f"The run in {folder.path} has come to its end, step {run.step}; {more} would go on with it.")
        return
    if not processes.first:
        follow(run, train_set, valid_set, options.compile)
        return
    shown = sets.load(options.film_of, "valid", options.data) if options.film_of else None
    if shown is not None:
        check_fit(plan.name, plan.spec, shown)
    parts = 1 if options.resume else 2  # the next state is written beside the one before
    folder.probe(parts * run.kept_bytes)
    with folder.sentences("make room, then go on with --resume, for what was kept before is whole"):
        if options.resume:
            folder.forget_after(run.step)
        else:
            folder.clear()
        folder.write(header(run, arguments, {**plan.about, "pictures": len(train_set)}))
        watch = None
        if options.film or options.minutes or told is not None:
            filmed = Filmed(run, plan, valid_set, folder, shown)
            watch = Watch(run, folder, filmed, lambda: run.save(folder.state, plan.about), told, options.minutes)
        try:
            if watch is not None:
                watch.begin()
            train(run, plan, train_set, valid_set, folder, options, watch)
            if watch is not None:
                watch.end()
        except RunError as error:
            if watch is not None:
                watch.end(error)
            if not isinstance(error, Diverged):
                raise
            sentence = diverged(error, run, folder)
            folder.write({"step": error.step, "stopped": sentence})
            raise RunError(sentence) from None


def prepared(options: Any, folder: RunFolder, processes: Processes) -> tuple[Run, Plan, sets.DataSet, sets.DataSet]:
    """The run as it begins or goes on, its plan, and its pictures for training and validation. Raises ``UserError``."""
    if options.of and not options.weights:
        raise RunError("--of needs --weights, the folder of the weights to start from.")
    if options.film_of and not options.film:
        raise RunError("--film-of needs --film.")
    if options.tensorboard:
        board.writer()  # or say that it is not there
    wishes = Wishes(
        options.name,
        options.dataset,
        options.binarise,
        options.steps,
        options.batch_size,
        options.learning_rate,
        options.settings,
    )
    if not (options.resume or options.fresh):
        folder.refuse_to_lose()
    if options.resume:
        plan, train_set, valid_set = resumed(wishes, folder, options.data)
    else:
        plan, train_set, valid_set = begun(wishes, options.data)
    if processes.first:
        for about in dict.fromkeys(each.about for each in (train_set, valid_set) if each.about):
            print(about, file=sys.stderr)
    run = made(plan, str(processes.device), train_set)
    run.processes = processes
    if options.resume:
        run.load(folder.state)
        run.recipe = plan.recipe
    elif options.weights:
        start_from(run, options.of or options.name, options.weights)
    if min(run.recipe.batch_size, len(train_set)) < processes.count:
        raise RunError(
            "A batch of {batch_size} cannot be shared among {count} processes.",
            batch_size=run.recipe.batch_size,
            count=processes.count,
        )
    return run, plan, train_set, valid_set


if __name__ == "__main__":
    main()
