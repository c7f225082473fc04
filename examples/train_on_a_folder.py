"""Train a VAE on a folder of your own pictures, then sample from it.

python examples/train_on_a_folder.py PICTURES [RUN] [STEPS]; a run can also be stopped and resumed, and take any other
model: `python -m core.training --help`. Without PICTURES it takes digits that a program draws.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

import core
from core.data import strokes
from core.training.__main__ import main as train


def main(pictures: Path, run: Path, steps: int = 300) -> None:
    """Train on what lies in ``pictures``, keep weights and card in ``run``, and write samples beside them."""
    data = ["--dataset", f"archive:{pictures}", "--binarise", "threshold"]
    train(["vae-mnist", *data, "--steps", str(steps), "--batch-size", "20", "--out", str(run), "--fresh"])

    vae = core.load(run)  # its size is that of the pictures, as the card says
    imagined = vae.sample(9, seed=0)
    print(vae, imagined.to_png(run / "imagined.png", size=280, frames=1))


def drawn(folder: Path, count: int = 200) -> Path:
    """Pictures to begin with: digits drawn by a program."""
    for i, digit in enumerate(strokes.digits(count, seed=0)[0]):
        Image.fromarray(digit).save(folder / f"{i}.png")
    return folder


if __name__ == "__main__":
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        home = Path(given[0]) if given else drawn(Path(place))
        main(home, Path(given[1] if len(given) > 1 else "runs/mine"), int(given[2]) if len(given) > 2 else 300)
