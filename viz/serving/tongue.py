"""Which language a visitor gets: what the address says, then what was chosen here before, then the browser's wish.

English stands at the root and every other language below its key, ``/zh/draw/``. Who comes to an English page from
outside, and wishes another language of ours, is sent there with the whole address. Who comes from a page of ours stays
in its language. ``?lang=KEY`` is a choice: it holds from then on.
"""

from __future__ import annotations

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viz.language import ENGLISH, NAMES, language_of

COOKIE = "easel-language"
KEPT = 365 * 24 * 3600
"""Seconds for which a choice holds."""
MOST = 20
"""Languages of a browser's wish that are looked at."""


class Tongue:
    """An ASGI application around ``app`` that sends visitors of its English ``pages`` to those of their language."""

    def __init__(self, app: ASGIApp, pages: Collection[str]) -> None:
        self._app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "") if scope["type"] == "http" else ""
        path = scope["path"].removeprefix(root) if scope["type"] == "http" else ""
        if path not in self._pages or scope["method"] not in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        chosen = next((key for key in query.get("lang", ()) if key in NAMES), None)
        wish = chosen or remembered(headers) or (ENGLISH if from_here(headers) else wished(headers))
        if language_of(path) == ENGLISH != wish:
            left = urlencode([(name, each) for name, values in query.items() for each in values])
            place = f"{root}/{wish}{path}" + (f"?{left}" if left else "")
            out = [(b"location", place.encode("latin-1")), (b"cache-control", b"no-cache"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 302, "headers": out})
            return await send({"type": "http.response.body", "body": b""})

        async def remembering(message: Message) -> None:
            if chosen and message["type"] == "http.response.start":
                kept = f"{COOKIE}={chosen}; Path={root}/; Max-Age={KEPT}; SameSite=Lax"
                message = {**message, "headers": [*message["headers"], (b"set-cookie", kept.encode())]}
            await send(message)

        await self._app(scope, receive, remembering)


def of_visitor(scope: Scope, page: str) -> str:
    """The language of who wants a page that is not shown yet, by its address below the server's root."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    there = language_of(page.partition("?")[0])
    return there if there != ENGLISH else remembered(headers) or wished(headers)


def remembered(headers: dict[bytes, str]) -> str | None:
    """The language that was chosen here before."""
    try:
        kept = SimpleCookie(headers.get(b"cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return kept.value if kept is not None and kept.value in NAMES else None


def from_here(headers: dict[bytes, str]) -> bool:
    """Whether the visitor comes from another page of this server."""
    try:
        return urlsplit(headers.get(b"referer", "")).netloc == headers.get(b"host")
    except ValueError:
        return False


def wished(headers: dict[bytes, str]) -> str:
    """The one of our languages that a browser likes best; English where it names none."""
    asked: list[tuple[float, str]] = []
    for each in headers.get(b"accept-language", "").split(",")[:MOST]:
        name, _, weight = each.strip().partition(";")
        try:
            liking = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        key = name.partition("-")[0].lower()
        if key in NAMES and liking > 0:
            asked.append((liking, key))
    return max(asked, key=lambda each: each[0])[1] if asked else ENGLISH
