"""Keep the film of a run beside the shipped weights: ``python -m scripts.make_film RUN``, the run's folder.

The pictures of the data set, which are not ours to ship, are left out; what the network painted stays.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.files import CHECKPOINTS, replacing
from core.training.live import packed_film, read_film

LEFT_OUT = ("subjects", "copies")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_film", description=__doc__)
    parser.add_argument("run", type=Path, help="the folder of a run that was trained with --film")
    parser.add_argument("--out", type=Path, default=CHECKPOINTS)
    options = parser.parse_args(arguments)
    for path in options.run.glob("*.film.npz"):
        film = read_film(path)
        if film is None:
            parser.error(f"{path} is no film")
        kept = {key: value for key, value in film.items() if key not in LEFT_OUT}
        with replacing(options.out / path.name) as file:
            file.write(packed_film(kept))
        note = json.loads(str(film["note"]))
        print(f"{path.name}: {note['name']} on {note['source']}, {len(film['steps'])} moments")


if __name__ == "__main__":
    main()
