"""Resident memory of the serving app with all three models loaded, and how soon its page answers.

``python -m benchmarks.memory --json`` starts ``python app.py``, waits for the page, paints once with every model
through the API and reads the process's resident set. The baseline is a process that has only imported torch. Linux.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from gradio_client import Client

from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MB, LIMIT_S = 1000, 15


def resident_mb(pid: int) -> float:
    """VmRSS of a process in MB (10⁶ bytes)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kb) * 1024 / 1e6


def torch_alone_mb() -> float:
    """Resident memory of a process after ``import torch``."""
    code = "import torch, os; from benchmarks.memory import resident_mb; print(resident_mb(os.getpid()))"
    return float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True).stdout)


def measure() -> dict[str, object]:
    """Start the app, use every model once, read its memory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, start = f"http://127.0.0.1:{port}/", time.perf_counter()
    with subprocess.Popen([sys.executable, "app.py", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL) as app:
        try:
            while True:
                try:
                    with urllib.request.urlopen(url, timeout=5):
                        break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.05)  # not listening yet
            answered = time.perf_counter() - start
            client = Client(url, verbose=False)
            first, again = (client.predict(16, 1, 1.0, api_name="/draw_generate") for _ in range(2))
            client.predict([0.0] * 8, api_name="/vae_decode")
            client.predict(16, 1, 1.0, api_name="/pixels_generate")
            ours = resident_mb(app.pid)
        finally:
            app.terminate()
    baseline = torch_alone_mb()
    return {
        "ratio": round(ours / baseline, 2),
        "baseline": round(baseline),
        "ours": round(ours),
        "unit": "MB resident",
        "limit": LIMIT_MB,
        "page_answers_after_s": round(answered, 1),
        "page_limit_s": LIMIT_S,
        "identical": first == again,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description="Weigh the serving app.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = {**measure(), "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
