"""House numbers drawn by a procedure: how many a core draws in a second, against the 600 that training needs.

``python -m benchmarks.plates [--pictures N --repeats N] --json``. Figures are pictures for each second of the
processor's own time (medians), which other programs on the machine do not lengthen; ratios are parts of the target.
``identical`` says that the same pictures came out every time. ``faces`` names the typefaces that were there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import numpy as np

from benchmarks.machine import machine
from core.data.plates import Stream

TARGET = 600
"""Pictures a second and core."""
STREAMS = {"whole numbers, 64×64": Stream(1, 2**22), "single digits, 32×32": Stream(1, 2**22, side=32, whole=False)}


def speed(stream: Stream, pictures: int, repeats: int) -> tuple[float, bool]:
    """Pictures in a second of one core's time, and whether they were the same every time."""
    seconds, drawn = [], []
    for _ in range(repeats + 1):
        start = time.process_time()
        drawn.append(stream[np.arange(pictures)].tobytes())
        seconds.append(time.process_time() - start)
    return pictures / statistics.median(seconds[1:]), len(set(drawn)) == 1


def measure(pictures: int, repeats: int) -> dict[str, object]:
    """Both kinds."""
    found = {name: speed(stream, pictures, repeats) for name, stream in STREAMS.items()}
    return {
        "ratio": {name: round(ours / TARGET, 2) for name, (ours, _) in found.items()},
        "baseline": TARGET,
        "ours": {name: round(ours) for name, (ours, _) in found.items()},
        "target": TARGET,
        "within_target": all(ours >= TARGET for ours, _ in found.values()),
        "identical": all(same for _, same in found.values()),
        "pictures": pictures,
        "repeats": repeats,
        "faces": STREAMS["whole numbers, 64×64"].faces,
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plates", description="Time the drawing of plates.")
    parser.add_argument("--pictures", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = measure(options.pictures, options.repeats) | {"machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
