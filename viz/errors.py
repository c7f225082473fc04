"""What a person is told when something fails: the sentence of a ``UserError``; of a defect, only that it is one."""

from __future__ import annotations

import logging

from core.errors import UserError
from viz.language import say

DEFECT = "Something went wrong here. It has been logged."

LOG = logging.getLogger("easel")


def said(error: Exception) -> str:
    """The sentence for the person who asked; what is no :class:`UserError` goes to the log, with its trace."""
    if isinstance(error, UserError):
        return say(error.sentence).strip()
    LOG.error("A defect of Easel:", exc_info=error)
    return say(DEFECT)
