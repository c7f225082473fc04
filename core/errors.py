"""The errors that a person can cause, understand and mend."""

from __future__ import annotations


class UserError(Exception):
    """Something that was asked for cannot be had; the message is one sentence for the person who asked.

    Every sentence of Easel derives from it, and nothing else does: what is not a ``UserError`` is a defect of ours, is
    logged with its trace and is never shown as somebody's mistake.
    """
