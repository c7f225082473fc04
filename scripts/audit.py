"""``python -m scripts.audit`` looks for known security holes in what Easel runs on: requirements.lock and PyTorch.

pip-audit does it, in an environment of its own that goes again. Where the service that knows the holes does not answer,
that is said, and nothing is wrong; with a hole it ends with 1.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
TOOL = "pip-audit==2.10.*"
HOLED = "https://pypi.org/pypi/pillow/9.0.0/json"
"""A package that is known to have holes: a service that names none knows nothing."""


def answers() -> bool:
    """Whether the advisory service is there."""
    try:
        with urllib.request.urlopen(HOLED, timeout=15) as answer:
            return bool(json.load(answer).get("vulnerabilities"))
    except (OSError, ValueError):
        return False


def named(lock: str) -> list[str]:
    """``name==version`` of every package of a lock, those in its head, which have an index of their own, included."""
    head, _, rest = lock.partition("\n")
    return [*re.findall(r"torch\w*==[\d.]+\d", head), *re.findall(r"^[\w.-]+==[^ ;\\]+", rest, re.MULTILINE)]


def audited(packages: list[str], folder: Path) -> int:
    """What pip-audit, installed into a folder, ends with."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", TOOL], check=True)
    wanted = folder / "wanted.txt"
    wanted.write_text("\n".join(packages) + "\n", "utf-8")
    return subprocess.run([python, "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", wanted]).returncode


def main() -> int:
    """Audit, or say that it was skipped."""
    if not answers():
        print("Skipped: the service that knows of security holes (pypi.org) does not answer here.")
        return 0
    with tempfile.TemporaryDirectory(prefix="easel-audit-") as folder:
        return audited(named(LOCK.read_text("utf-8")), Path(folder))


if __name__ == "__main__":
    sys.exit(main())
