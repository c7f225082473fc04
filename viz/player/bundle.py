"""A ZIP of all that a stage has: its files, its numbers, its address, the papers, and a script that paints it again.

The script is there where one call of :mod:`core` has painted what is shown; its payload then says so
(:class:`viz.player.payload.Again`). ``T`` steps, ``n`` pictures, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from core.files import CHECKPOINTS, VERSION
from viz.language import say
from viz.player import payload
from viz.player.payload import Again, Given, Player

PAPERS = Path(__file__).with_name("papers.bib")
LAST = "trace.steps[-1].image"
"""The pictures (n, C, H, W) at the end of a trace of canvases, as Python; those of all its steps:"""
FILM = "np.concatenate([step.image for step in trace])"
FINISHED = "trace.image"
"""Those of a pixel model's trace; and in the order in which the page shows completions:"""
LIKELIEST_FIRST = 'trace.image[np.argsort((trace.nats * ~trace.known).sum((1, 2)), kind="stable")]'
SCRIPT = Template('''"""Paints the same again, beside numbers.npz. It needs Easel $version: pip install -e EASEL"""
import numpy as np

$imports

given = np.load("numbers.npz")
$name = $door
trace = $trace
again = np.rint(255 * np.clip($last, 0, 1)).astype(np.uint8)
print("The same to the pixel." if np.array_equal(again, given["painting"]) else "This is another picture.")
''')
ABOUT = """{source}
Seed {seed}. This address shows the same again:
{address}

numbers.npz   the pictures as they are on the stage, and every number beside them (NumPy)
numbers.csv   the numbers alone, a line for each: what, step, picture, value
papers.bib    the papers behind the models, and Easel
{script}
"""
WITH = "again.py      paints the same again, to the pixel"
WITHOUT = "There is no script: no single call of Easel has painted what stands on this stage."


class About(NamedTuple):
    """Where a file comes from: the ``models`` that painted, by name, the seed, and the address that shows the same."""

    models: tuple[str, ...]
    seed: int
    address: str

    @property
    def trained(self) -> str:
        """The key of the training in this app that has painted; empty where it was what is shipped."""
        run = parse_qs(urlsplit(self.address).query).get("run", [""])[0]
        return "" if (CHECKPOINTS / f"{run}.json").exists() else run

    @property
    def source(self) -> str:
        """What every file says of itself: Easel's version, weights by their hash, seed and address, in one line."""
        run, shipped = self.trained, hashes(self.models).items()
        weights = (f"{name} ({f'trained here, {run}' if run else f'SHA-256 {digest}'})" for name, digest in shipped)
        return ", ".join([f"Easel {VERSION}", *weights, f"seed {self.seed}", self.address])


def hashes(models: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of each model's weights, as its card has it."""
    return {name: json.loads((CHECKPOINTS / f"{name}.json").read_text("utf-8"))["sha256"] for name in models}


def again(
    model: str,
    call: str,
    *,
    last: str = LAST,
    panel: int | list[int] = -1,
    film: bool = False,
    studio: str | None = None,
    each: str = "",
    **arrays: NDArray[Any],
) -> Again:
    """How a payload was painted: ``model.call`` in Python, its ``last`` pictures, those of ``panel``; its arrays.

    Where no verb of the model does it, the call is one of the app's ``studio``, or of a part of it by that name. Of
    several painters it is made once ``each``, such as ``name in ("draw-mnist", "vae-mnist")``.
    """
    library = studio is None
    made: Again = {
        "model": model,
        "imports": "import core" if library else "from core.studio.runtime import Runtime",
        "name": "model" if library else "studio",
        "door": f'core.load("{model}")' if library else ".".join(filter(None, ("Runtime().studio", studio))),
        "call": call,
        "last": last,
        "panel": panel,
        "film": film,
        "arrays": {name: packed(array) for name, array in arrays.items()},
    }
    return {**made, "each": each} if each else made


def packed(array: NDArray[Any]) -> Given:
    """An array as base64, of its own type."""
    kind = array.dtype.name
    return {"shape": list(array.shape), "kind": kind, "data": payload.encode(array, kind)}


def zipped(player: Player, files: Mapping[str, bytes], about: About) -> bytes:
    """The whole ZIP; ``files`` are those that the stage gives, by name."""
    made = player.get("again") if not about.trained else None
    texts = {"numbers.csv": table(player), "papers.bib": PAPERS.read_text("utf-8")}
    if made is not None:
        asked = f"{made['name']}.{made['call']}"
        trace = f"[{asked} for {made['each']}]" if "each" in made else asked
        texts["again.py"] = SCRIPT.substitute(made, version=VERSION, trace=trace)
    told = {"source": about.source, "seed": about.seed, "address": about.address}
    texts["README.txt"] = say(ABOUT, script=say(WITHOUT if made is None else WITH), **told)
    stored = io.BytesIO()
    np.savez_compressed(stored, **numbers(player, made), about=np.array(about.source), allow_pickle=False)
    whole = {**files, "numbers.npz": stored.getvalue(), **{name: text.encode() for name, text in texts.items()}}
    result = io.BytesIO()
    with ZipFile(result, "w", ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(ZipInfo(name), data, ZIP_DEFLATED)
    return result.getvalue()


def numbers(player: Player, made: Again | None) -> dict[str, NDArray[Any]]:
    """What the payload holds: pictures, bars, marks and values; and what a painting that was ``made`` so was given."""
    found: dict[str, NDArray[Any]] = {"titles": np.array([panel["title"] for panel in player["panels"]])}
    for index, panel in enumerate(player["panels"]):
        found[f"panel_{index}"] = payload.panel_data(panel)
    for index, track in enumerate(player["marks"]):
        found[f"mark_{index}_{track['kind']}"] = payload.decode(track["data"], np.float32, tuple(track["shape"]))
    found |= series(player)
    if made is not None:
        panels = [made["panel"]] if isinstance(made["panel"], int) else made["panel"]
        shown = [payload.panel_data(player["panels"][each])[0 if made["film"] else -1 :] for each in panels]
        pictures = np.concatenate([each.reshape(-1, *each.shape[2:]) for each in shown])
        found["painting"] = pictures.transpose(0, 3, 1, 2)
        for name, array in made["arrays"].items():
            found[name] = payload.decode(array["data"], array["kind"], tuple(array["shape"]))
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
