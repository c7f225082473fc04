"""What must be settled before Gradio is imported: where its files go, what it asks outside, and where it is reached."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

LOOPBACK = ("localhost", "127.0.0.1", "::1")
PROXIES = ("NO_PROXY", "no_proxy")
ARENAS, MAPPED, TRIMMED = (-8, 2), (-3, 2**20), (-1, 2**22)
"""Of glibc's mallopt(3): heaps, bytes from which a block is a mapping of its own, and bytes that a heap keeps free."""


class Surroundings(NamedTuple):
    """Where the server is reached by default, and the path in front of all its addresses (``/easel`` or nothing)."""

    host: str
    port: int | None
    root: str


def lean() -> None:
    """Have memory that is no longer used given back to the system, which glibc otherwise keeps for each thread.

    Every room's tensors in a dozen threads left 1.56 GB behind, and more each time; so it is 1.1 GB, and stays so. It
    took no more time. On a system without glibc nothing is done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in (ARENAS, MAPPED, TRIMMED):
        mallopt(option, value)


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Settle them for this process; its temporary files lie in a folder of its own, which goes when the block ends.

    ``GRADIO_SERVER_NAME``, ``GRADIO_SERVER_PORT`` and ``GRADIO_ROOT_PATH`` are read as Gradio reads them; in a Space
    everything listens on port 7860 of all interfaces. A signal to end ends the block as well.
    """
    lean()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    for name in PROXIES:  # a proxy for the world outside is none for this machine
        known = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join([*known, *(host for host in LOOPBACK if host not in known)])
    # Gradio gives this to every page it mounts, which then breaks all but the first; uvicorn tells it to all alike.
    root = os.environ.pop("GRADIO_ROOT_PATH", "").rstrip("/")
    space = "SPACE_ID" in os.environ
    host = os.environ.get("GRADIO_SERVER_NAME") or ("0.0.0.0" if space else "127.0.0.1")
    port = os.environ.get("GRADIO_SERVER_PORT") or ("7860" if space else "")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="easel-", ignore_cleanup_errors=True) as folder:
        # Everything, exports too: in the folder that all share, uploads of a machine's second user fail.
        before = tempfile.tempdir, os.environ.get("TMPDIR")
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        os.environ["GRADIO_TEMP_DIR"] = str(Path(folder) / "gradio")
        try:
            yield Surroundings(host, int(port) if port.isdecimal() else None, root)
        finally:
            tempfile.tempdir, place = before
            os.environ.pop("TMPDIR")
            if place is not None:
                os.environ["TMPDIR"] = place
