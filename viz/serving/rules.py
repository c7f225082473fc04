"""What the person who starts the server has decided: who may come in, who may show it, and how much it does at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from core.errors import UserError, quoted
from core.studio.turns import PATIENCE
from viz.serving.accounts import Keys

CAPACITY = 256
"""Pages remembered at once; of more, the one that was idle longest is forgotten. A plain call counts as a page."""
NEIGHBOURS = ("http://localhost:*", "http://127.0.0.1:*")
"""Pages of this machine, such as a notebook's, may always show Easel: what runs here can reach it anyway."""
HUB = ("https://huggingface.co", "https://*.hf.space")
"""Who shows a Space."""
_PAGE = re.compile(r"\*|https?://(\*\.)?[a-z0-9.-]+(:(\d+|\*))?")
_HOST = re.compile(r"(\*\.)?[a-z0-9.-]+|[0-9a-f:]+")


class Rules(NamedTuple):
    """``hosts`` are the names that the server answers to, none for all; ``embed`` the sites that may frame it.

    ``keys`` open it, None leaves it open; ``status`` answers at ``/healthz`` and ``/metrics``; ``log`` is the file of
    requests; ``max_queue`` events wait in a room at most; ``max_sessions`` open pages are remembered in a room.
    ``budget`` is what a page may ask for within a minute, ``patience`` how long anybody waits: :mod:`viz.serving.till`.
    ``tools`` are offered to language models (:mod:`viz.serving.tools`).
    """

    hosts: tuple[str, ...] = ()
    embed: tuple[str, ...] = NEIGHBOURS
    keys: Keys | None = None
    status: bool = False
    log: Path | None = None
    max_queue: int | None = None
    max_sessions: int = CAPACITY
    budget: float | None = None
    patience: float = PATIENCE
    tools: bool = False


def listed(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [part.strip().lower().rstrip("/") for part in text.split(",") if part.strip()]


def sites(text: str, space: bool = False) -> tuple[str, ...]:
    """Who may frame the page: those named in ``text`` and those who always may. Raises :class:`UserError`."""
    named = _checked(listed(text), _PAGE, "A site that may show Easel is written as https://moodle.school.example, not")
    return (*NEIGHBOURS, *(HUB if space else ()), *named)


def hosts(text: str) -> tuple[str, ...]:
    """The names that the server answers to. Raises :class:`UserError`."""
    return tuple(_checked(listed(text), _HOST, "A host is written as easel.school.example, without a port, not"))


def _checked(names: Iterable[str], pattern: re.Pattern[str], sentence: str) -> list[str]:
    found = list(names)
    for name in found:
        if not pattern.fullmatch(name):
            raise UserError("{sentence} {name}.", sentence=sentence, name=quoted(name))
    return found
