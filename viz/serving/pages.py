"""What each visitor asks for first is rendered and compressed once for each address that it is seen under.

Gradio renders a page again at each visit (deep copies of a configuration of some megabytes) and does not compress it. A
reload costs 300 bytes.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

import brotli
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST = 32
"""Pages kept: part of the key is what a visitor says that the host is called."""
SEEN_UNDER = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""The headers that a page's own address is made of."""
LEFT_OUT = (b"accept-encoding", b"cookie", b"if-none-match", b"range")


class Kept(NamedTuple):
    """One page, packed in each way that a browser may ask for, its type and its tag."""

    bodies: dict[bytes, bytes]
    type: bytes
    tag: bytes


class Pages:
    """An ASGI application around ``app`` that answers for ``pages`` and their ``descriptions`` from what it has kept.

    A page reads its query itself, so that it changes nothing here; a description with a query is Gradio's to answer.
    """

    def __init__(self, app: ASGIApp, pages: Collection[str], descriptions: Collection[str] = ()) -> None:
        self._app, self._pages, self._descriptions = app, pages, descriptions
        self._kept: dict[Any, Kept] = {}
        self._rendering = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        path, headers = scope["path"].removeprefix(scope.get("root_path", "")), dict(scope["headers"])
        if path not in self._pages and (path not in self._descriptions or scope["query_string"]):
            return await self._app(scope, receive, send)
        key = (path, *(headers.get(name) for name in SEEN_UNDER))
        async with self._rendering:  # of many who ask at once, the first has it rendered
            if key not in self._kept and (page := await self._rendered(scope)):
                if len(self._kept) >= MOST:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = page
            kept = self._kept.get(key)
        if kept is None:  # an error of Gradio's, which answers for itself
            return await self._app(scope, receive, send)
        await answer(kept, scope["method"], headers, send)

    async def _rendered(self, scope: Scope) -> Kept | None:
        """The page as Gradio makes it for a visitor without a query; ``None`` unless it comes."""
        parts, status, kind = list[bytes](), 0, b""

        async def take(message: Message) -> None:
            nonlocal status, kind
            status = message.get("status", status)
            kind = dict(message.get("headers", [])).get(b"content-type", kind)
            parts.append(message.get("body", b""))

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        headers = [(name, value) for name, value in scope["headers"] if name not in LEFT_OUT]
        await self._app({**scope, "method": "GET", "query_string": b"", "headers": headers}, nothing, take)
        return await asyncio.to_thread(packed, b"".join(parts), kind) if status == 200 else None


def packed(body: bytes, kind: bytes, quality: int = 5) -> Kept:
    """A page in every packing: none, gzip for plain http, Brotli, of this quality, for https."""
    tag = b'W/"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'
    bodies = {b"": body, b"gzip": gzip.compress(body, 6, mtime=0), b"br": brotli.compress(body, quality=quality)}
    return Kept(bodies, kind, tag)


async def answer(
    kept: Kept, method: str, headers: dict[bytes, bytes], send: Send, control: bytes = b"no-cache"
) -> None:
    """Send a page in the best packing that is asked for, or the news that it is the one that the browser has.

    ``control`` says how long the browser may go without asking.
    """
    asked = {each.partition(b";")[0].strip() for each in headers.get(b"accept-encoding", b"").split(b",")}
    packing = next((each for each in (b"br", b"gzip") if each in asked), b"")
    same, body = headers.get(b"if-none-match") == kept.tag, kept.bodies[packing]
    out = [(b"etag", kept.tag), (b"cache-control", control), (b"vary", b"accept-encoding")]
    if not same:
        out += [(b"content-type", kept.type), (b"content-length", str(len(body)).encode())]
        out += [(b"content-encoding", packing)] if packing else []
    await send({"type": "http.response.start", "status": 304 if same else 200, "headers": out})
    await send({"type": "http.response.body", "body": b"" if same or method == "HEAD" else body})
