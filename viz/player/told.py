"""What one step of a painting did, in plain words and numbers: for who cannot see the player.

``T`` steps, ``B`` pictures. Everything is read from the trace.
"""

from __future__ import annotations

import numpy as np

from core.trace import CanvasTrace, Mark, RasterTrace, place, unit
from viz.language import say

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
    lines = [say("Step {at} of {trace}.", at=at + 1, trace=len(trace))]
    lines += [_window(mark, picture) for mark in step.marks]
    if at:
        change = np.abs(step.image[picture] - trace.steps[at - 1].image[picture]).max(0)
        lines.append(
            say(
                "{sum} of {size} pixels changed by more than {moved:.0%} of ink.",
                sum=int((change > MOVED).sum()),
                size=change.size,
                moved=MOVED,
            )
        )
    lines.append(say("The picture is now {mean:.1%} ink.", mean=float(step.image[picture].mean())))
    for name, values in step.scalars.items():
        lines.append(f"{name.replace('_', ' ')}: {float(values[picture]):.3g} {unit(name)}".rstrip() + ".")
    if "kl" in step.scalars:
        spent = sum(float(each.scalars["kl"][picture]) for each in trace.steps[: at + 1])
        lines.append(say("All steps so far cost {spent:.2f} nats.", spent=spent))
    return "\n".join(lines)


def _window(mark: Mark, picture: int) -> str:
    x, y, width, height = (float(getattr(mark, side)[picture]) for side in ("x", "y", "width", "height"))
    return say(
        "{verbs} through a window of {width:.1f} × {height:.1f} px with its centre at x = {x:.1f}, y = "
        "{y:.1f} px, from the top left.",
        verbs=say(VERBS)[mark.kind],
        width=width,
        height=height,
        x=x,
        y=y,
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
            say(
                "Step {at} of {trace}: the pixel in row {row}, column {column}, counted from 0.",
                at=at + 1,
                trace=len(trace),
                row=row,
                column=column,
            ),
            f"It is {colour}, " + (say("and was given.") if given else say("drawn by the model.")),
            say(
                "Of ink the model was {probability:.1%} sure, given all pixels before.",
                probability=float(trace.probability[picture, row, column]),
            )
            if len(values) == 1
            else say(
                "Of that very colour it was {probability:.2%} sure.",
                probability=float(trace.probability[picture, row, column]),
            ),
            say(
                "The pixel costs {nats:.3f} nats; its odds had an entropy of {entropy:.3f} nats.",
                nats=float(nats[row, column]),
                entropy=float(trace.entropy[picture, row, column]),
            ),
            say(
                "All {at} pixels so far cost {sum:.2f} nats.",
                at=at + 1,
                sum=float(nats[before].sum() + nats[row, column]),
            ),
        ]
    )
