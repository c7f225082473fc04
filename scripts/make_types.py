"""Write ``viz/widgets/payload.d.ts``, what Python sends to the widgets as TypeScript: ``python -m scripts.make_types``.

The types are those of ``viz/player/payload.py`` and of the other widgets' values. A test holds the file against them.
"""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from viz.player import payload
from viz.views import aim, pixel_lens, vae_map

FILE = Path(__file__).resolve().parent.parent / "viz" / "widgets" / "payload.d.ts"
VALUES = (payload.Player, aim.Aim, pixel_lens.Board, vae_map.Map, vae_map.Cloud)
"""The values of the widgets; what they are made of is found from them."""
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def name_of(kind: Any, needed: dict[str, Any]) -> str:
    """A Python type in TypeScript; the ``TypedDict`` that it speaks of are put into ``needed``."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        needed.setdefault(kind.__name__, kind)
        return str(kind.__name__)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is list:
        element = name_of(inner[0], needed)
        return f"({element})[]" if "|" in element else f"{element}[]"
    if origin is dict:
        return f"Record<{name_of(inner[0], needed)}, {name_of(inner[1], needed)}>"
    if origin is Literal:
        return " | ".join(f"'{each}'" for each in inner)
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(name_of(each, needed) for each in inner))
    raise TypeError(f"{kind} has no counterpart here: add one.")


def interface(kind: Any, needed: dict[str, Any]) -> str:
    """One ``TypedDict`` as an interface, its docstring above it."""
    fields = []
    for name, each in get_type_hints(kind, include_extras=True).items():
        optional = get_origin(each) is NotRequired
        fields.append(f"  {name}{'?' if optional else ''}: {name_of(get_args(each)[0] if optional else each, needed)};")
    words = "\n".join(f" * {line.strip()}".rstrip() for line in (kind.__doc__ or "").strip().splitlines())
    return "\n".join([f"/**\n{words}\n */", f"export interface {kind.__name__} {{", *fields, "}"])


def text() -> str:
    """The whole file."""
    needed = {kind.__name__: kind for kind in VALUES}
    written: dict[str, str] = {}
    while missing := [kind for name, kind in needed.items() if name not in written]:
        written |= {kind.__name__: interface(kind, needed) for kind in missing}
    return "// Written by scripts/make_types.py; do not edit.\n\n" + "\n\n".join(written.values()) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
