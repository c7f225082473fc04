"""What a VAE with codes of two numbers paints all over its plane, and where on it a few digits lie.

python examples/latent_map.py [FOLDER] writes map.png: each row and each column is as likely as the others.
"""

import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np

import core


def main(folder: Path, side: int = 16) -> None:
    """Decode ``side`` × ``side`` codes at the prior's quantiles; encode digits that the model imagines."""
    vae = core.load("aevb-mnist-2d")
    quantiles = [NormalDist().inv_cdf((i + 0.5) / side) for i in range(side)]
    codes = np.array([(x, y) for y in reversed(quantiles) for x in quantiles], np.float32)
    print(vae.decode(codes).to_png(folder / "map.png", size=1024, frames=1))

    digits = vae.sample(5, seed=0)
    found = vae.encode(digits)
    for (x, y), nats in zip(found.mean, found.kl.sum(1), strict=True):
        print(f"a digit at ({x:+.2f}, {y:+.2f}), whose code costs {nats:.1f} nats")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
