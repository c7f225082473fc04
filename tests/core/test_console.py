"""Sentences reach every terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", ["core.data", "core.training", "core.evaluation", "core.restoration"])
def test_help_is_printed_in_a_terminal_that_knows_ascii_only(command: str) -> None:
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", command, "--help"], cwd=ROOT, env=ascii_only, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.isascii() and b"usage" in done.stdout and b"\\x" not in done.stdout
