"""Write ``API.md``, the reference of all endpoints: ``python -m scripts.make_reference``.

It is read from the table of endpoints (:mod:`core.client`) and from the words at what they answer; a test compares.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from core.client import ROOMS, Easel
from core.client.rooms import Endpoint, Room, Taken
from core.trace import CanvasTrace, RasterTrace

FILE = Path(__file__).resolve().parent.parent / "API.md"
HEAD = """# All that Easel can be asked

Every capability of every room, {count} of them, under one name each. This page is made from the code: `python -m
scripts.make_reference`. Trainings are started in the room *Train* or from a shell (`python -m core.training NAME`):
they take minutes of a processor and belong to a folder of runs, so there is no endpoint for them.

## Three ways to ask

**From Python, typed**, with arrays and traces:

```python
from core.client import Easel  # pip install -e .

easel = Easel("http://127.0.0.1:7860")  # a running Easel; Easel() answers in this process, without a server
trace = easel.draw.copy(digit, seed=7)  # digit: (28, 28) bool, 0 to 255, or 0.0 to 1.0
trace.frame(-1), trace.nats.sum(), trace.to_gif("copy.gif")
```

A class code goes in as `Easel(url, code="…")`, a name and password as `Easel(url, name="…", code="…")`. A mistake is a
`core.errors.UserError` with one sentence.

**With `gradio_client`**, where Easel itself is not installed. Arguments are named as below:

```python
from gradio_client import Client

easel = Client("http://127.0.0.1:7860")  # of a class: Client(url, auth=("", code))
answer = easel.predict(count=4, seed=7, api_name="/pixels_generate")
```

**By plain HTTP**: the first call answers with an `event_id`, the second with the answer.

```sh
curl -s http://127.0.0.1:7860/gradio_api/call/v2/pixels_generate -H "Content-Type: application/json" -d '{{"count": 4}}'
curl -sN http://127.0.0.1:7860/gradio_api/call/pixels_generate/EVENT_ID
```

**Arrays** are `{{"data": base64, "shape": […], "dtype": "float32"}}` in answers, little end first, and

```python
import base64, numpy as np

array = np.frombuffer(base64.b64decode(value["data"]), value["dtype"]).reshape(value["shape"])
```

reads them. A picture in a request is such a value of `uint8` or rows of numbers from 0 to 255. Several answers come as
a list; an answer with parts as an object with their names; NaN as `null`. A `CanvasTrace` is sent with its steps
stacked: @ (T, 5, B): x, y, width, height in pixels and precision, NaN at steps that lack them.

The same seed gives the same answer. Prices are in nats unless it says bits. Requests take turns and have a budget like
those of the pages; what is out of range is answered with one sentence.
"""
ABOUT = {"": "Everywhere", **{room.key: inspect.getdoc(inspect.getmodule(room)) or "" for room in ROOMS}}
ROLE = re.compile(r":\w+:`~?([^`]+)`")


def reference() -> str:
    """The whole page."""
    every: tuple[type[Room], ...] = (*ROOMS, Easel)
    rooms = [(room.key, list(room.endpoints().values())) for room in every]
    parts = [HEAD.format(count=sum(len(found) for _, found in rooms))]
    for key, found in rooms:
        parts.append(f"## {words(ABOUT[key]).rstrip('.')}\n")
        parts += [entry(each) for each in found]
    kinds = dict.fromkeys(kind for _, found in rooms for each in found for kind in named(each.answer))
    parts.append("## What comes back\n")
    parts += [answer(kind) for kind in sorted(kinds, key=lambda kind: kind.__name__)]
    return "\n".join(parts)


def entry(endpoint: Endpoint) -> str:
    """One endpoint."""
    given = ", ".join(each.name if needed(each) else f"{each.name}={usual(each)}" for each in endpoint.takes)
    lines = [f"### `{endpoint.name}`\n", f"`easel.{endpoint.call}({given})`\n", f"{words(endpoint.about)}\n"]
    if endpoint.takes:
        lines += ["| argument | what it is | usual |", "| --- | --- | --- |"]
        lines += [
            f"| `{each.name}` | {each.about} | {'' if needed(each) else f'`{usual(each)}`'} |"
            for each in endpoint.takes
        ]
        lines.append("")
    lines.append(f"Answers {said(endpoint.answer)}.\n")
    return "\n".join(lines)


def needed(each: Taken) -> bool:
    """Whether an argument has no usual value."""
    return each.usual is inspect.Parameter.empty


def usual(each: Taken) -> str:
    """The usual value as Python writes it."""
    return repr(each.usual).replace("'", '"')


def said(kind: Any) -> str:
    """A type in words, with the way to what is said of it."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        names = [f"{text}: {one}" for text, one in zip(kind.__metadata__, map(said, get_args(parts[0])), strict=False)]
        return " · ".join(names) if len(names) > 1 else f"{said(parts[0])}: {kind.__metadata__[0]}"
    if type(None) in parts:
        return f"{said(parts[0])} or nothing"
    if origin in (list, tuple):
        if origin is tuple and parts[-1] is not Ellipsis:
            return ", ".join(map(said, parts))
        return f"a list of {said(parts[0])}"
    if kind is np.ndarray or origin is np.ndarray:
        return "an array"
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return f"[`{kind.__name__}`](#{kind.__name__.lower()})"
    return {bytes: "bytes", int: "a whole number", float: "a number"}.get(kind, f"`{kind}`")


def named(kind: Any) -> Iterator[Any]:
    """The results within a type, and those within them."""
    for part in get_args(kind):
        yield from named(part)
    if isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields")):
        yield kind
        if kind is not CanvasTrace:
            yield from (one for hint in get_type_hints(kind).values() for one in named(hint))


def answer(kind: Any) -> str:
    """What is said of a result, and its fields."""
    text = f"### {kind.__name__}\n\n{words(inspect.getdoc(kind) or '')}\n"
    if kind in (CanvasTrace, RasterTrace):
        return f"{text}\nIn Python, too: `frame(t)`, `marks(t)`, `series(name)`, `to_gif`, `to_png`, `to_html`.\n"
    names = [one.name for one in fields(kind)] if is_dataclass(kind) else list(kind._fields)
    return f"{text}\nFields: {', '.join(f'`{name}`' for name in names)}.\n"


def words(text: str) -> str:
    """A docstring as Markdown."""
    return ROLE.sub(lambda role: f"`{role[1].rpartition('.')[2]}`", text).replace("``", "`")


def main() -> None:
    """Write the page."""
    FILE.write_text(reference(), "utf-8")


if __name__ == "__main__":
    main()
