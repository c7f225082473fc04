"""What widgets ask past Gradio's queue, such as what the cursor decodes on the map, is written down like the rest."""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viz.serving.doors import again, here, whole
from viz.serving.ledger import Ledger

ASIDE = "/gradio_api/component_server"
UNKNOWN = "?"


class Asides:
    """An ASGI application around ``app`` that enters such requests into the ``ledger``."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app, self._ledger = app, ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not (path := here(scope)).endswith(ASIDE):
            return await self._app(scope, receive, send)
        body = await whole(receive)
        status = 0

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        with self._ledger.entry(path.removesuffix(ASIDE) or "/", UNKNOWN, asking(body)) as entry:
            await self._app(scope, again(body or b"", receive), seen)
            if status < 400:  # only then it is a name of ours
                entry.request = str(json.loads(body or b"")["fn_name"])
            else:
                entry.outcome = "refused" if status < 500 else "failed"


def asking(body: bytes | None) -> str:
    """Which open page asks; none where the body is not what a page sends."""
    try:
        return str(json.loads(body or b"").get("session_hash") or "")
    except (ValueError, AttributeError, RecursionError):
        return ""
