"""Every speed that README prints, one after another in one go: ``python -m benchmarks.all [--out FILE] [--only WORD]``.

Machines are of different makes and share their cores, so that figures of two days say nothing of each other. Each line
is one command of README with what it printed, and the processor's name.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import machine

PIXELS = ("pixelcnn-mnist", "gated-pixelcnn-mnist", "row-lstm-mnist", "diagonal-bilstm-mnist", "pixelcnn-cifar10")
COMMANDS = (
    *(f"sampling --model {name} --batch {batch} --naive-values 40" for name in PIXELS for batch in (1, 16)),
    *(f"training --model {name}" for name in ("row-lstm", "diagonal-bilstm", "pixelcnn")),
    "mdlstm",
    "draw",
    "draw --compile",
    "alike",
    "trace",
    "clicks",
    "learn",
    "map",
    "vae",
    "together",
    "plates",
    "memory",
)
"""Of the figures in README's table, in its order."""


def run(command: str) -> dict[str, object]:
    """What ``python -m benchmarks.COMMAND --json`` prints; its last line on the error stream where it fails."""
    words = [sys.executable, "-m", *shlex.split(f"benchmarks.{command} --json")]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip() or "without a word").splitlines()[-1]}
    result: dict[str, object] = json.loads(done.stdout)
    return result


def main(arguments: list[str] | None = None) -> None:
    """The command line; a benchmark that fails is said to and the others go on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description="Measure all of README's speeds.")
    parser.add_argument("--out", type=Path, help="a file of JSON lines, written while it goes on")
    parser.add_argument("--only", default="", help="those whose command holds this word")
    options = parser.parse_args(arguments)
    failed = 0
    for command in (one for one in COMMANDS if options.only in one):
        result = run(command)
        failed += "failed" in result
        line = json.dumps({"command": command, "processor": machine()["processor"], **result}, allow_nan=False)
        print(line, flush=True)
        if options.out:
            with options.out.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
