"""The command line of the app, read before Gradio and torch are there."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from core.studio.trainings import Trainings
from viz.serving.surroundings import LOOPBACK, Surroundings


def asked(here: Surroundings) -> argparse.Namespace:
    """The options; ``data`` goes into the environment, where all that read data sets look."""
    parser = argparse.ArgumentParser(description="Watch machines draw.")
    parser.add_argument("--host", default=here.host, help="0.0.0.0 for all who can reach this machine")
    parser.add_argument("--port", type=int, default=here.port, help="otherwise the first free one from 7860 on")
    parser.add_argument("--data", help="folder with MNIST, whose test digits then stand among the examples")
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, mps, or auto: a GPU of NVIDIA's where there is one"
    )
    parser.add_argument("--train-minutes", type=float, default=10.0, help="how long a training in the room may take")
    parser.add_argument("--trainers", type=int, default=1, help="trainings at a time; others wait in a line")
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path(os.environ.get("EASEL_RUNS") or "runs"),
        help="folder of the trainings (otherwise the variable EASEL_RUNS, or runs)",
    )
    parser.add_argument("--share", action="store_true", help="open a public Gradio link")
    options = parser.parse_args()
    if options.train_minutes <= 0 or options.trainers < 1:
        parser.error("a training takes some time and a trainer: --train-minutes is above 0, --trainers at least 1")
    if options.data:
        os.environ["EASEL_DATA"] = options.data
    return options


def trainings(options: argparse.Namespace) -> Trainings:
    """The trainings of the app; the shell's runs are offered only where nobody else can reach it."""
    local = options.host in LOOPBACK and not options.share
    return Trainings(options.runs, options.trainers, options.train_minutes, local)
