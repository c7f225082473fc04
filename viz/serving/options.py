"""The command line of the app, read before Gradio and torch are there."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from core.errors import UserError
from core.studio.trainings import Trainings, use_downloaded
from core.studio.turns import PATIENCE
from viz.serving import accounts
from viz.serving.rules import CAPACITY, Rules, hosts, sites
from viz.serving.surroundings import LOOPBACK, Surroundings


def asked(here: Surroundings) -> argparse.Namespace:
    """The options; ``data`` goes into the environment, where all that read data sets look.

    Without it that is where MNIST was once downloaded to.
    """
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
    parser.add_argument(
        "--downloads", action="store_true", help="let pages have MNIST downloaded, also where others can reach the app"
    )
    parser.add_argument(
        "--mcp", action="store_true", help="offer tools for language models at /mcp (needs requirements-mcp.txt)"
    )
    parser.add_argument("--share", action="store_true", help="open a public Gradio link")
    _add_rules(parser)
    options = parser.parse_args()
    if options.train_minutes <= 0 or options.trainers < 1:
        parser.error("a training takes some time and a trainer: --train-minutes is above 0, --trainers at least 1")
    if options.max_sessions < 1 or (options.max_queue is not None and options.max_queue < 1):
        parser.error("somebody must be let in: --max-sessions and --max-queue are at least 1")
    if options.timeout <= 0 or (options.budget is not None and options.budget <= 0):
        parser.error("some painting must be allowed: --budget and --timeout are above 0")
    if options.data:
        os.environ["EASEL_DATA"] = options.data
    use_downloaded()
    return options


def _add_rules(parser: argparse.ArgumentParser) -> None:
    """Who may come in, who may show it, and how many at once."""
    group = parser.add_argument_group("for a class", "who may come in, and how much is done at once")
    group.add_argument(
        "--code", nargs="?", const="", help="a class code that opens the page; without one, one is made and printed"
    )
    group.add_argument("--auth", type=Path, metavar="FILE", help="names and passwords (python -m viz.serving.accounts)")
    group.add_argument("--hosts", default="", help="names that the server answers to, with commas; otherwise all")
    group.add_argument("--embed", default="", help="sites that may frame the page, with commas: https://moodle.example")
    group.add_argument("--status", action="store_true", help="answer at /healthz and /metrics")
    group.add_argument("--log", type=Path, metavar="FILE", help="a line for each request: never pictures or names")
    group.add_argument("--max-queue", type=int, help="requests that may wait in a room; otherwise any number")
    group.add_argument("--max-sessions", type=int, default=CAPACITY, help="open pages of a room that are remembered")
    group.add_argument("--budget", type=float, help="seconds of painting that a page may ask for in a minute")
    group.add_argument(
        "--timeout", type=float, default=PATIENCE, help="seconds that a request may have to wait for its turn"
    )


def rules(options: argparse.Namespace) -> Rules:
    """The rules of the server; a code that is made here is printed. Raises :class:`UserError`."""
    keys, code = None, options.code
    if code == "":
        code = accounts.new_code()
        print(f"The class code is {code}", flush=True)
    if code is not None or options.auth:
        keys = accounts.Keys(code, accounts.read(options.auth) if options.auth else None)
    names = hosts(options.hosts)
    if options.share and names:
        raise UserError("A public link has a name that nobody knows beforehand: leave out --hosts or --share.")
    return Rules(
        names,
        sites(options.embed, "SPACE_ID" in os.environ),
        keys,
        options.status,
        options.log,
        options.max_queue,
        options.max_sessions,
        options.budget,
        options.timeout,
        options.mcp,
    )


def trainings(options: argparse.Namespace) -> Trainings:
    """The trainings of the app; the shell's runs are offered only where nobody else can reach it."""
    local = options.host in LOOPBACK and not options.share
    return Trainings(options.runs, options.trainers, options.train_minutes, local, local or options.downloads)
