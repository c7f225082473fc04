"""What one step of a painting did, in plain words and numbers: for who cannot see the player.

``T`` steps, ``B`` pictures. Everything is read from the trace.
"""

from __future__ import annotations

import numpy as np

from core.trace import CanvasTrace, Mark, RasterTrace, place, unit

VERBS = {
    "read": "It looked",
    "write": "It wrote",
    "glimpse": "It looked",
    "row": "It worked on a row",
    "pixel": "It painted",
}
MOVED = 0.1
"""A pixel has changed if it did by more than this, of full ink."""


def told(trace: CanvasTrace | RasterTrace, t: int, picture: int = 0) -> str:
    """What step ``t``, from 0 or counted from the end, did to one picture. Raises ``UserError`` for no step of it."""
    at = place(t, len(trace))
    if isinstance(trace, RasterTrace):
        return _pixel(trace, at, picture)
    step = trace.steps[at]
    lines = [f"Step {at + 1} of {len(trace)}."]
    lines += [_window(mark, picture) for mark in step.marks]
    if at:
        change = np.abs(step.image[picture] - trace.steps[at - 1].image[picture]).max(0)
        lines.append(f"{int((change > MOVED).sum())} of {change.size} pixels changed by more than {MOVED:.0%} of ink.")
    lines.append(f"The picture is now {float(step.image[picture].mean()):.1%} ink.")
    for name, values in step.scalars.items():
        lines.append(f"{name.replace('_', ' ')}: {float(values[picture]):.3g} {unit(name)}".rstrip() + ".")
    if "kl" in step.scalars:
        spent = sum(float(each.scalars["kl"][picture]) for each in trace.steps[: at + 1])
        lines.append(f"All steps so far cost {spent:.2f} nats.")
    return "\n".join(lines)


def _window(mark: Mark, picture: int) -> str:
    x, y, width, height = (float(getattr(mark, side)[picture]) for side in ("x", "y", "width", "height"))
    return (
        f"{VERBS[mark.kind]} through a window of {width:.1f} × {height:.1f} px with its centre at x = {x:.1f}, "
        f"y = {y:.1f} px, from the top left."
    )


def _pixel(trace: RasterTrace, at: int, picture: int) -> str:
    row, column = (int(each) for each in trace.order[at])
    before = tuple(trace.order[:at].T)
    values = trace.image[picture, :, row, column]
    colour = ("ink" if values[0] >= 0.5 else "paper") if len(values) == 1 else f"R, G, B {np.rint(255 * values)}"
    given = bool(trace.known[picture, row, column])
    nats = trace.nats[picture]
    return "\n".join(
        [
            f"Step {at + 1} of {len(trace)}: the pixel in row {row}, column {column}, counted from 0.",
            f"It is {colour}, " + ("and was given." if given else "drawn by the model."),
            f"Of ink the model was {float(trace.probability[picture, row, column]):.1%} sure, given all pixels before."
            if len(values) == 1
            else f"Of that very colour it was {float(trace.probability[picture, row, column]):.2%} sure.",
            f"The pixel costs {float(nats[row, column]):.3f} nats; its odds had an entropy of "
            f"{float(trace.entropy[picture, row, column]):.3f} nats.",
            f"All {at + 1} pixels so far cost {float(nats[before].sum() + nats[row, column]):.2f} nats.",
        ]
    )
