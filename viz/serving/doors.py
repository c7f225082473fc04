"""What comes in: closed routes are not there, and a request's body has a size that cannot stop the server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSED = re.compile(
    r"/(monitoring|profiling|login|login_check|logout|token|user|dev|runs|run-history|deep_link|process_recording"
    r"|custom_component|startup-events|stream|vibe-[a-z-]+)(/|$)|/proxy=|^/openapi\.json$"
)
"""Parts of Gradio's server that Easel has no use for: statistics, run history, the Hub's doors, recordings."""
MAX_BODY = 16 * 2**20
"""Bytes of a request's body; a picture's file as base64 text is the largest thing that is asked for so."""
MAX_VALUES = 200_000
"""Values in it: Gradio walks through them one by one, and everybody waits meanwhile."""
MAX_FILES = 2 * 2**30
"""Bytes of all temporary files together; they go after half an hour (:data:`viz.page.AGE`)."""


class Doors:
    """An ASGI application around ``app``. Uploads, which Gradio writes to disk as they come, have their own limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = here(scope)
        if CLOSED.search(path.partition("/file=")[0]):
            return await refuse(404, "There is nothing here.", send)
        if path.endswith("/upload") and await asyncio.to_thread(stored) > MAX_FILES:
            return await refuse(503, "There is no room for more files now: try again in half an hour.", send)
        if scope["method"] != "POST" or path.endswith("/upload"):
            return await self._app(scope, receive, send)
        body = await whole(receive)
        if body is None:
            return await refuse(413, f"A request may hold at most {MAX_BODY >> 20} MB.", send)
        if body.count(b",") >= MAX_VALUES:
            return await refuse(413, f"A request may hold at most {MAX_VALUES:,} values.", send)
        await self._app(scope, again(body, receive), send)


def here(scope: Scope) -> str:
    """A request's path below the one that a proxy strips, without a slash at its end."""
    path: str = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
    return path


def temporary() -> Iterator[Path]:
    """The temporary files of this process."""
    for folder, _, names in os.walk(tempfile.gettempdir()):
        yield from (Path(folder) / name for name in names)


def stored() -> int:
    """Bytes of them."""
    total = 0
    for file in temporary():
        with suppress(OSError):  # it has just gone
            total += file.stat().st_size
    return total


async def whole(receive: Receive) -> bytes | None:
    """A request's body; ``None`` as soon as it is too long."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """What hands on a body that has been read, and then whatever else comes: that the client has gone."""
    left = [body]

    async def handed() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return handed


async def refuse(status: int, sentence: str, send: Send) -> None:
    """One sentence, as FastAPI would say it."""
    body = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 413:
        headers.append((b"connection", b"close"))  # the rest of the body is not wanted
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
