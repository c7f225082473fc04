"""A pixel model paints four digits, and completes them when their lower halves are covered.

python examples/sample_and_complete.py [FOLDER] writes digits.gif, and digits.html, which any browser plays.
"""

import sys
from pathlib import Path

import numpy as np

import core


def main(folder: Path, name: str = "pixelcnn-mnist", count: int = 4) -> None:
    """Paint, complete, and write both files into ``folder``."""
    cnn = core.load(name)
    digits = cnn.sample(count, seed=0)
    print(f"{cnn!r}\nnats of each digit: {digits.nats.sum((1, 2)).round(1)}")

    top_half = np.zeros((28, 28), bool)
    top_half[:14] = True
    done = cnn.complete(digits, known=top_half, seed=1)
    hidden = np.where(top_half, 0, done.nats).sum((1, 2))
    print(f"nats of each new lower half: {hidden.round(1)}")
    print(done.to_gif(folder / "digits.gif"), done.to_html(folder / "digits.html"))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
