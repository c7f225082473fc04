"""What must be settled before Gradio is imported: where its files go, what it asks outside, and where it is reached."""

from __future__ import annotations

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


class Surroundings(NamedTuple):
    """Where the server is reached by default, and the path in front of all its addresses (``/easel`` or nothing)."""

    host: str
    port: int | None
    root: str


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Settle them for this process; its temporary files lie in a folder of its own, which goes when the block ends.

    ``GRADIO_SERVER_NAME``, ``GRADIO_SERVER_PORT`` and ``GRADIO_ROOT_PATH`` are read as Gradio reads them; in a Space
    everything listens on port 7860 of all interfaces. A signal to end ends the block as well.
    """
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
