"""Sentences reach every terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HELP = """
from contextlib import suppress
from core.data import sets
from core.studies import legibility, vae_restore
from core.training import __main__ as training
from core.training import evaluation

for command in (sets, evaluation, vae_restore, legibility, training):
    with suppress(SystemExit):
        command.main(["--help"])
print("60×60 ± 0.2 nats – done → ½")
"""


@pytest.mark.slow
def test_what_commands_print_is_readable_in_a_terminal_that_knows_ascii_only() -> None:
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, env=ascii_only, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and done.stdout.count("usage: python -m core.") == 5
    assert done.stdout.splitlines()[-1] == "60x60 +- 0.2 nats - done -> ?"
