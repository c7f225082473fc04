"""Which Chromium the browser tests drive: ``python -m tests.browser.chromium`` prints its path, or exits with 1."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def candidates() -> Iterator[str]:
    """$CHROMIUM alone where it is set; else what stands on the PATH, then the one playwright installs."""
    if named := os.environ.get("CHROMIUM"):
        yield named
        return
    yield from filter(None, map(shutil.which, NAMES))
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def runs(path: str) -> bool:
    """Whether it is a browser that starts: Ubuntu's ``chromium-browser`` may only tell to install a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find() -> str | None:
    """The path of the first Chromium that runs, if there is one."""
    return next(filter(runs, candidates()), None)


if __name__ == "__main__":
    path = find()
    print(path or "", end="\n" if path else "")
    sys.exit(path is None)
