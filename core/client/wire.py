"""Values on their way between a running Easel and who asks it: JSON, in which an array is one text. NumPy only.

An array is ``{"data": base64, "shape": […], "dtype": "float32"}``: as nested lists, a server would walk through its
numbers while everybody waits. Results and raster traces are their fields by name. A trace of canvases has them stacked:
``image`` (T, B, C, H, W), ``scalars`` and ``patches`` by name, (T, B, …), ``marks`` with ``kind`` and ``box`` (T, 5,
B): x, y, width, height and precision; NaN where a step has none.
"""

from __future__ import annotations

import base64
import binascii
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.trace import CanvasTrace, Mark, Step

Packed = dict[str, Any]
DTYPES = ("uint8", "int8", "int16", "int64", "bool", "float32", "float64")
BOX = ("x", "y", "width", "height", "precision")
_BROKEN = 'An array is {"data": base64 text, "shape": its sides, "dtype": its type}, and all three belong together.'


def packed(array: NDArray[Any]) -> Packed:
    """An array as one text."""
    kind = array.dtype.name
    if kind not in DTYPES:
        raise TypeError(f"No array of {kind} is sent.")
    ordered = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    return {"data": base64.b64encode(ordered.tobytes()).decode(), "shape": list(array.shape), "dtype": kind}


def unpacked(value: object) -> NDArray[Any]:
    """What :func:`packed` made of an array. Raises :class:`UserError` for anything else."""
    if not isinstance(value, Mapping):
        raise UserError(_BROKEN)
    data, shape, kind = (value.get(name) for name in ("data", "shape", "dtype"))
    sides = isinstance(shape, list) and len(shape) <= 8 and all(type(side) is int and side >= 0 for side in shape)
    if not isinstance(data, str) or not sides or kind not in DTYPES:
        raise UserError(_BROKEN)
    try:
        raw = base64.b64decode(data, validate=True)
        return np.frombuffer(raw, np.dtype(str(kind)).newbyteorder("<")).reshape(shape).astype(str(kind))
    except (ValueError, binascii.Error):
        raise UserError(_BROKEN) from None


def sent(value: Any) -> Any:
    """Anything that the studio answers, as JSON; a number that is none, NaN, is null."""
    match value:
        case None | bool() | int() | str():
            return value
        case np.generic():
            return sent(value.item())
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return packed(np.frombuffer(value, np.uint8))
        case np.ndarray():
            return packed(value)
        case CanvasTrace():
            return _canvases(value)
        case tuple() if names := getattr(value, "_fields", ()):
            return {name: sent(each) for name, each in zip(names, value, strict=True)}
        case list() | tuple():
            return [sent(each) for each in value]
        case Mapping():
            return {str(name): sent(each) for name, each in value.items()}
    if is_dataclass(value):
        return {one.name: sent(getattr(value, one.name)) for one in fields(value)}
    raise TypeError(f"Nothing of the kind {type(value).__name__} is sent.")


def received(value: Any, kind: Any) -> Any:
    """What :func:`sent` made of something of that type. Raises :class:`UserError` where it is something else."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return received(value, parts[0])
    if origin in (types.UnionType, Union):
        (some,) = (part for part in parts if part is not types.NoneType)
        return None if value is None else received(value, some)
    if kind is np.ndarray or origin is np.ndarray:
        return unpacked(value)
    if kind is float:
        return math.nan if value is None else float(value)
    if kind is bytes:
        return unpacked(value).tobytes()
    if kind is CanvasTrace:
        return _trace(value)
    if origin is tuple and parts[-1] is not Ellipsis:
        return tuple(received(each, part) for each, part in zip(value, parts, strict=True))
    if origin in (tuple, list):
        return origin(received(each, parts[0]) for each in value)
    if origin is dict:
        return {name: received(each, parts[1]) for name, each in value.items()}
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        names = [one.name for one in fields(kind)] if is_dataclass(kind) else list(kind._fields)
        return kind(**{name: received(value[name], hints[name]) for name in names})
    return value


def _canvases(trace: CanvasTrace) -> Packed:
    """A trace of canvases, its steps stacked."""
    steps = trace.steps
    kinds = list(dict.fromkeys(mark.kind for step in steps for mark in step.marks))
    boxes = {kind: [_box(step, kind) for step in steps] for kind in kinds}
    return {
        "image": packed(np.stack([step.image for step in steps])),
        "subject": None if trace.subject is None else packed(trace.subject),
        "scalars": {name: packed(_stacked([step.scalars.get(name) for step in steps])) for name in _names(steps)},
        "patches": {
            name: packed(_stacked([step.patches.get(name) for step in steps]))
            for name in dict.fromkeys(name for step in steps for name in step.patches)
        },
        "marks": [{"kind": kind, "box": packed(_stacked(boxes[kind]))} for kind in kinds],
    }


def _names(steps: tuple[Step, ...]) -> list[str]:
    return list(dict.fromkeys(name for step in steps for name in step.scalars))


def _box(step: Step, kind: str) -> NDArray[Any] | None:
    found = [mark for mark in step.marks if mark.kind == kind]
    return np.stack([getattr(found[0], side) for side in BOX]) if found else None


def _stacked(parts: list[NDArray[Any] | None]) -> NDArray[np.float32]:
    """Parts of one shape, (T, …), NaN where there is none."""
    shape = next(part.shape for part in parts if part is not None)
    nothing = np.full(shape, np.nan, np.float32)
    return np.stack([nothing if part is None else part.astype(np.float32) for part in parts])


def _trace(value: Mapping[str, Any]) -> CanvasTrace:
    images = unpacked(value["image"])
    scalars = {name: unpacked(each) for name, each in value["scalars"].items()}
    patches = {name: unpacked(each) for name, each in value["patches"].items()}
    marks = [(each["kind"], unpacked(each["box"])) for each in value["marks"]]
    subject = None if value["subject"] is None else unpacked(value["subject"])
    steps = tuple(
        Step(
            image,
            tuple(Mark(kind, *box[t]) for kind, box in marks if not np.isnan(box[t, 0]).all()),
            {name: each[t] for name, each in scalars.items() if not np.isnan(each[t]).all()},
            {name: each[t] for name, each in patches.items() if not np.isnan(each[t]).all()},
        )
        for t, image in enumerate(images)
    )
    return CanvasTrace(steps, subject)
