"""Keep the film of a run beside the shipped weights: ``python -m scripts.make_film RUN``, the run's folder.

The pictures of a data set that is not ours to ship are left out; what the network painted stays, and so do pictures
that Easel drew itself (``--film-of``).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.files import CHECKPOINTS, replacing
from core.training.live import packed_film, read_film

LEFT_OUT = ("subjects", "copies")
DRAWN = ("strokes", "cluttered-strokes", "plates", "plates-digits")
"""Data sets that are drawn by a procedure of ours."""


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
        note = json.loads(str(film["note"]))
        left_out = () if note.get("shown") in DRAWN else LEFT_OUT
        kept = {key: value for key, value in film.items() if key not in left_out}
        with replacing(options.out / path.name) as file:
            file.write(packed_film(kept))
        print(f"{path.name}: {note['name']} on {note['source']}, {len(film['steps'])} moments")


if __name__ == "__main__":
    main()
