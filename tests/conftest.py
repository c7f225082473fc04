"""The same numbers everywhere: nothing of the machine reaches a test."""

import os
import sys

import anyio
import pytest

os.environ.pop("EASEL_DATA", None)  # whoever tests data brings its own folder
# For a plain `pytest`; scripts/test.sh sets both. The order in which threads add up is part of a sum in float32.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

# It imports itself piece by piece when it is used. Where that first happens in a server's deep stack, pytest, which
# rewrites its plug-ins' code, compiles the piece there, and Python 3.11 gives up with a SystemError.
assert anyio.open_file


@pytest.fixture(autouse=True)
def seeded_layers() -> None:
    """New layers draw their weights from torch's global generator; every test finds it at the same place."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
