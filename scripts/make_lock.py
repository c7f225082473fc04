"""``python -m scripts.make_lock`` writes ``requirements.lock``: every package that Easel runs on, with its hashes.

Needs ``uv``. PyTorch and the libraries of its CUDA build are left out: the Dockerfile takes its wheels for CPUs, by
version, from PyTorch's own index.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from core.files import replacing

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "requirements.lock"
OWN_INDEX = re.compile(r"torch|torchvision|triton|nvidia-.*|cuda-.*")
"""Packages that PyTorch's index brings, or that its CPU build does not need."""
PYTHON = "3.11"
HEAD = """# Made by python -m scripts.make_lock, for Python {python} on Linux; with them: {others}.
"""


def compiled() -> str:
    """What uv makes of requirements.txt."""
    command = ["uv", "pip", "compile", "requirements.txt", "--generate-hashes", "--no-header", "--no-annotate", "-q"]
    command += ["--python-version", PYTHON, "--python-platform", "linux"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def lock(text: str) -> str:
    """The lock without what has an index of its own, whose versions stand in the head."""
    parts = re.split(r"\n(?=[a-z0-9])", text.strip())
    named = {part: re.split(r"[=\s]", part, maxsplit=1)[0] for part in parts}
    others = [
        part.split(" ")[0] for part, name in named.items() if OWN_INDEX.fullmatch(name) and name.startswith("torch")
    ]
    kept = [part for part, name in named.items() if not OWN_INDEX.fullmatch(name)]
    return HEAD.format(python=PYTHON, others=", ".join(others)) + "\n".join(kept) + "\n"


if __name__ == "__main__":
    try:
        made = lock(compiled())
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"uv could not make the lock: {getattr(error, 'stderr', None) or error}")
    with replacing(FILE) as file:
        file.write(made.encode())
