"""The errors that a person can cause, understand and mend."""

from __future__ import annotations

from core.sentences import Sentence

LONGEST_NAME = 40
"""Characters of a name that a sentence repeats."""


class UserError(Exception):
    """Something that was asked for cannot be had; the message is one sentence for the person who asked.

    Every sentence of Easel derives from it, and nothing else does: what is not a ``UserError`` is a defect of ours, is
    logged with its trace and is never shown as somebody's mistake.

    ``sentence`` may have ``{names}``, for which ``values`` stand; it is kept so, to be said in another language.
    """

    def __init__(self, sentence: str = "", /, **values: object) -> None:
        self.sentence = sentence if isinstance(sentence, Sentence) and not values else Sentence(sentence, **values)
        super().__init__(self.sentence.strip())


class StoppedError(UserError):
    """The person who asked has stopped it before it was finished. No mistake: where it is shown, it is said calmly."""

    def __init__(self) -> None:
        super().__init__("Stopped. The picture on the stage is the last one that was finished.")


def quoted(name: object) -> str:
    """A name from outside as a sentence may repeat it: in quotes, on one line, and no longer than a name is."""
    text = repr(name)
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
