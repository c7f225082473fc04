"""What the command lines have in common: sentences that every terminal can show, and devices that are there."""

from __future__ import annotations

import codecs
import sys

PLAIN = str.maketrans({"±": "+-", "×": "x", "−": "-", "–": "-", "…": "...", "’": "'", "→": "->", "σ": "sigma"})
"""What stands for characters that a terminal may lack."""


def spelt(error: UnicodeError) -> tuple[str, int]:
    """What is printed in the place of characters that the terminal's encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    return "".join(c if c.isascii() else "?" for c in text), error.end


def plain_output() -> None:
    """Let standard output and error spell what their encoding cannot, where they would raise or print escapes."""
    codecs.register_error("easel", spelt)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="easel")
