"""A process that trains what it is told: ``python -m core.training.trainer``, started by :mod:`core.studio.trainings`.

It loads torch and draws the training digits first, so that a training begins as soon as it is asked for. The
first line that it reads holds the ``arguments`` of ``python -m core.training``, as JSON; further lines are what
:mod:`core.training.watched` is told. Where nobody can tell anything any more, since the program that started it is
gone, it keeps what it has and ends.

It computes on one processor thread, and who begins it gives it a lower priority, so that the page stays as quick as
without it.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import torch

from core.data import sets
from core.errors import UserError
from core.training.__main__ import command, parser
from core.training.live import Live, ended, read_live
from core.training.watched import Ended, Told

DRAWN = "strokes"
"""The data set that is drawn before anybody asks for it: the one that a person meets first."""
GONE = "The program that showed this training has ended; what it has learned is kept."


def listen(lines: Iterable[str], told: Told) -> None:
    """Hand on what is told, until there is nobody who could tell anything."""
    for line in lines:
        with suppress(ValueError):
            word = json.loads(line)
            if isinstance(word, dict):
                told.put(word)
    told.put({"do": "stop", "why": GONE})


def trained(arguments: list[str], told: Told) -> None:
    """Train, and leave in the folder why it ended, whatever that was."""
    options = parser().parse_args(arguments)
    folder: Path = options.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Live("getting ready").write(folder)
        command(options, arguments, told)
    except Ended:
        pass  # it has been said
    except UserError as error:
        now = read_live(folder) or Live("failed")
        if now.state != "diverged":
            ended(now, "failed", error).write(folder)
    except Exception:
        ended(read_live(folder) or Live("failed"), "failed").write(folder)
        (folder / "defect.txt").write_text(traceback.format_exc(), "utf-8")
        raise


def get_ready() -> None:
    """Do once, before anybody asks, what would make them wait."""
    torch.optim.Adam([torch.zeros(1)])  # with its first optimizer torch imports 900 modules more, for a second
    for split in ("valid", "train"):
        sets.load(DRAWN, split)


def main() -> None:
    """Get ready, wait for the first line, train."""
    torch.set_num_threads(1)
    told: Told = queue.Queue()
    threading.Thread(target=listen, args=(sys.stdin, told), daemon=True).start()
    try:
        first = told.get(timeout=0.05)
    except queue.Empty:  # nobody waits yet
        threading.Thread(target=get_ready, daemon=True).start()
        first = told.get()
    if "arguments" in first:
        trained(first["arguments"], told)


if __name__ == "__main__":
    main()
