"""The very lines of ``core`` that compute a part of a network, for the fold below its formula.

They are read from the source when they are asked for, without importing it: what stands on the page is what runs.
"""

from __future__ import annotations

import ast
import functools
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypedDict

ROOT = Path(__file__).parents[2] / "core"

Family = Literal["vae", "draw", "pixels", "look", "scans"]
"""The networks that are drawn; ``schematic/families.js`` is their one table."""

CODE: Mapping[Family, Mapping[str, tuple[str, str]]] = {
    "vae": {
        "encoder": ("models/vae.py:Posterior.forward", "mean, log_sigma = "),
        "code": ("models/aevb.py:AutoEncoder.loss", "z = mean + log_sigma.exp()"),
        "decoder": ("models/vae.py:Likelihood.forward", "return self.out("),
        "painting": ("models/aevb.py:AutoEncoder.decode", ".sigmoid()"),
    },
    "draw": {
        "read": ("models/draw.py:AttentionRead.forward", "both = attention.read("),
        "encoder": ("models/draw.py:Draw.look", "h_enc, c_enc = "),
        "z": ("models/draw.py:Draw.turn", "z = mean + log_sigma.exp()"),
        "decoder": ("models/draw.py:Draw.stroke", "h_dec, c_dec = "),
        "write": ("models/draw.py:AttentionWrite.forward", "attention.write(patch"),
        "canvas": ("nn/attention.py:write", "f_x, f_y = filterbank("),
    },
    "pixels": {
        "first": ("nn/masked.py:causal_mask", "mask[:, :, half, half:] = 0"),
        "stack": ("models/pixelcnn.py:ResidualBlock.forward", "self.masked("),
        "ink": ("models/pixelcnn.py:PixelCNN.forward", "logits = self.out("),
    },
    "look": {
        "glimpse": ("nn/attention.py:read", "glimpse = f_y"),
        "memory": ("models/glimpse.py:GlimpseClassifier.glance", "state = State(*self.lstm("),
        "next": ("models/glimpse.py:GlimpseClassifier.next_window", "attention.window("),
        "digit": ("models/glimpse.py:GlimpseClassifier.loss", "nats = F.cross_entropy("),
    },
    "scans": {
        "first": ("models/mdlstm.py:MDLSTMLayer.forward", "states, _ = spatial_scan("),
        "second": ("models/mdlstm.py:MDLSTM.scans", "states = heard(layer("),
        "map": ("models/mdlstm.py:MDLSTM.judged", "kinds = precise("),
    },
}
"""Of each network's parts, as ``schematic/families.js`` names them: a file and a function there, and what stands in
the line that is the term of the formula."""


class Lines(TypedDict):
    """A function of ``core``: where it stands, its lines, and which of them, from 0, is the ``part``'s own."""

    part: str
    place: str
    lines: list[str]
    own: int


@functools.cache
def lines(family: Family) -> list[Lines]:
    """What computes each part of a network. Raises ``LookupError`` for a function or a line that is not there."""
    return [found(part, *where) for part, where in CODE[family].items()]


def found(part: str, place: str, own: str) -> Lines:
    """One function, ``FILE:NAME`` or ``FILE:CLASS.NAME`` below ``core``, without its docstring."""
    file, _, name = place.partition(":")
    text = (ROOT / file).read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for each in name.split("."):
        inner = [one for one in ast.iter_child_nodes(node) if getattr(one, "name", None) == each]
        if not inner:
            raise LookupError(f"{place}: there is no {each}.")
        node = inner[0]
    assert isinstance(node, ast.FunctionDef)
    kept = text.splitlines()[node.lineno - 1 : node.end_lineno]
    if ast.get_docstring(node) is not None:
        first = node.body[0]
        del kept[first.lineno - node.lineno : (first.end_lineno or first.lineno) - node.lineno + 1]
    shown = textwrap.dedent("\n".join(kept)).splitlines()
    marked = [i for i, line in enumerate(shown) if own in line]
    if len(marked) != 1:
        raise LookupError(f"{place}: {own!r} stands in {len(marked)} lines.")
    return {"part": part, "place": f"core/{file}:{node.lineno}", "lines": shown, "own": marked[0]}
