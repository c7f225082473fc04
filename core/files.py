"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

CHECKPOINTS = Path(__file__).resolve().parents[1] / "checkpoints"
"""The trained models: weights and cards."""
ASSETS = CHECKPOINTS.with_name("assets")
"""What was computed in advance."""
VERSION = "0.1.0"
"""Easel's own, in every file that is taken home."""


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a new ``path``, which takes the place of the old one in one move when the block ends without an error.

    A killed process leaves the old file or the new one, never half.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files that belong together: all are whole on the disk before the first takes its place.

    So a full disk changes none of them, and a process has to be killed between two moves to leave one new and one old.
    """
    temporaries = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in contents}
    try:
        for path, data in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporaries[path].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path, temporary in temporaries.items():
            temporary.replace(path)
    finally:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)
