"""The streams of answers that pages hold: one asked for by a page that has gone ends without a trace in the log."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

STREAMS = "/queue/data"


class Streams:
    """An ASGI application around ``app``. Gradio tells the page that it is unknown, and then fails all the same."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except RuntimeError as error:
            if not (isinstance(error.__cause__, HTTPException) and scope["path"].rstrip("/").endswith(STREAMS)):
                raise
            await send({"type": "http.response.body"})
