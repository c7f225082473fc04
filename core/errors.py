"""The errors that a person can cause, understand and mend."""

from __future__ import annotations


class UserError(Exception):
    """Something that was asked for cannot be had; the message is one sentence for the person who asked.

    Every sentence of Easel derives from it, and nothing else does: what is not a ``UserError`` is a defect of ours, is
    logged with its trace and is never shown as somebody's mistake.
    """


class StoppedError(UserError):
    """The person who asked has stopped it before it was finished. No mistake: where it is shown, it is said calmly."""

    def __init__(self) -> None:
        super().__init__("Stopped. The picture on the stage is the last one that was finished.")
