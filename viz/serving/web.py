"""The widgets' modules and style sheet: packed once, kept by browsers for good, since their address holds a hash."""

from __future__ import annotations

from pathlib import PurePosixPath

from starlette.types import Receive, Scope, Send

from viz.serving.doors import refuse
from viz.serving.pages import answer, packed
from viz.widgets.web import KINDS, files

FOR_GOOD = b"public, max-age=31536000, immutable"


class Web:
    """An ASGI application that serves what :func:`viz.widgets.web.files` names and nothing else of any folder."""

    def __init__(self) -> None:
        self._kept = {
            path: packed(body, KINDS[PurePosixPath(path).suffix].encode() + b"; charset=utf-8", quality=9)
            for path, body in files().items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        kept = self._kept.get(path) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if kept is None:
            return await refuse(404, "There is nothing here.", send)
        await answer(kept, scope["method"], dict(scope["headers"]), send, FOR_GOOD)
