"""A ZIP of all that a stage has: its files, its numbers, its address, the papers, and a script that paints it again.

The script is there where one verb of :mod:`core.library` has painted what is shown; its payload then says so
(:class:`viz.player.payload.Again`). ``T`` steps, ``n`` pictures, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from core.files import CHECKPOINTS, VERSION
from viz.player import payload
from viz.player.payload import Again, Player

PAPERS = Path(__file__).with_name("papers.bib")
LAST = "trace.steps[-1].image"
"""The pictures (n, C, H, W) at the end of a trace of canvases, as Python; of a pixel model's trace:"""
FINISHED = "trace.image"
LIKELIEST_FIRST = 'trace.image[np.argsort((trace.nats * ~trace.known).sum((1, 2)), kind="stable")]'
"""The same in the order in which the page shows completions."""
SCRIPT = Template('''"""Paints the same again, beside numbers.npz. It needs Easel $version: pip install -e EASEL"""
import numpy as np

import core

given = np.load("numbers.npz")
model = core.load("$model")
trace = model.$call
again = np.rint(255 * $last).astype(np.uint8)
print("The same to the pixel." if np.array_equal(again, given["painting"]) else "This is another picture.")
''')
ABOUT = Template("""$source
Seed $seed. This address shows the same again:
$address

numbers.npz   the pictures as they are on the stage, and every number beside them (NumPy)
numbers.csv   the numbers alone, a line for each: what, step, picture, value
papers.bib    the papers behind the models, and Easel
$script
""")
WITH = "again.py      paints the same again, to the pixel\nWeights: $model, SHA-256 $hash"
WITHOUT = "There is no script: no single verb of a model has painted what stands on this stage."


def again(model: str, call: str, *, last: str = LAST, panel: int = -1, **arrays: NDArray[np.uint8]) -> Again:
    """How a payload was painted: ``model.call`` in Python, its ``last`` pictures, those of ``panel``; its arrays."""
    return {"model": model, "call": call, "last": last, "panel": panel, "arrays": packed(arrays)}


def packed(arrays: Mapping[str, NDArray[np.uint8]]) -> dict[str, str]:
    """Square pictures as base64."""
    return {name: payload.encode(array, np.uint8) for name, array in arrays.items()}


def zipped(player: Player, files: Mapping[str, bytes], *, seed: int, address: str, source: str) -> bytes:
    """The whole ZIP; ``files`` are those that the stage gives, by name."""
    made = player.get("again")
    script = WITHOUT
    texts = {"numbers.csv": table(player), "papers.bib": PAPERS.read_text("utf-8")}
    if made is not None:
        weights = hashlib.sha256((CHECKPOINTS / f"{made['model']}.safetensors").read_bytes()).hexdigest()
        script = Template(WITH).substitute(model=made["model"], hash=weights)
        texts["again.py"] = SCRIPT.substitute(made, version=VERSION)
    texts["README.txt"] = ABOUT.substitute(source=source, seed=seed, address=address, script=script)
    stored = io.BytesIO()
    np.savez_compressed(stored, **numbers(player), allow_pickle=False)
    whole = {**files, "numbers.npz": stored.getvalue(), **{name: text.encode() for name, text in texts.items()}}
    result = io.BytesIO()
    with ZipFile(result, "w", ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(ZipInfo(name), data, ZIP_DEFLATED)
    return result.getvalue()


def numbers(player: Player) -> dict[str, NDArray[Any]]:
    """What the payload holds: pictures, bars, marks and values; and what its painting was given and gave."""
    found: dict[str, NDArray[Any]] = {"titles": np.array([panel["title"] for panel in player["panels"]])}
    for index, panel in enumerate(player["panels"]):
        found[f"panel_{index}"] = payload.panel_data(panel)
    for index, track in enumerate(player["marks"]):
        found[f"mark_{index}_{track['kind']}"] = payload.decode(track["data"], np.float32, tuple(track["shape"]))
    found |= series(player)
    made = player.get("again")
    if made is not None:
        pictures = payload.panel_data(player["panels"][made["panel"]])[-1]
        found["painting"] = pictures.transpose(0, 3, 1, 2)
        for name, text in made["arrays"].items():
            flat = payload.decode(text, np.uint8, (-1,))
            found[name] = flat.reshape(int(len(flat) ** 0.5), -1)
    return found


def series(player: Player) -> dict[str, NDArray[np.float32]]:
    """The bars under the stage and the numbers of its note, each (T or 1, n or 1)."""
    cost, note = player["cost"], player["note"]
    found: dict[str, NDArray[np.float32]] = {}
    if cost is not None:
        found["bars"] = payload.decode(cost["data"], np.float32, (cost["bars"], -1))
    values: Mapping[str, Mapping[str, Any]] = note["values"] if note is not None else {}
    for name, value in values.items():
        if "data" in value:  # and no choice of words
            found[f"value_{name}"] = payload.decode(value["data"], np.float32, tuple(value["shape"]))
    return found


def table(player: Player) -> str:
    """:func:`series` as lines; steps and pictures are counted from 1, and a number that holds for all has none."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("what", "step", "picture", "value"))
    for name, values in series(player).items():
        for (step, picture), value in np.ndenumerate(values):
            if np.isfinite(value):
                places = (k + 1 if size > 1 else "" for k, size in zip((step, picture), values.shape, strict=True))
                writer.writerow((name, *places, f"{value:.7g}"))
    return lines.getvalue()
