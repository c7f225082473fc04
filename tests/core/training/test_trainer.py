"""A process that waits for a training has done beforehand what takes time."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.files import CHECKPOINTS

CODE = """
import pathlib, queue, sys
from core.training import trainer
from core.training.small import Wish, arguments_of
trainer.get_ready()
before = set(sys.modules)
folder = pathlib.Path(sys.argv[1])
trainer.trained([*arguments_of(Wish("vae2", steps=10)), "--out", str(folder), "--device", "cpu"], queue.Queue())
assert (folder / "now.npz").exists()
print(*sorted(set(sys.modules) - before))
"""


@pytest.mark.slow
def test_a_training_that_begins_in_it_imports_only_its_model_and_what_ends_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CODE, str(tmp_path / "run")]
    done = subprocess.run(command, cwd=CHECKPOINTS.parent, capture_output=True, text=True, timeout=300, check=True)
    named = done.stdout.split()
    assert "core.models.aevb" in named
    assert len(named) < 40 and not [name for name in named if name.startswith("torch._")], named
