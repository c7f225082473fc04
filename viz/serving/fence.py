"""Under which names the server answers, who may frame its pages, and what a browser may do on them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import quoted
from viz.serving.doors import refuse

SELVES = ("localhost", "127.0.0.1", "::1")
"""This machine's own names are always answered: whoever says them sits at it."""
POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self' {sites}"
)
"""Nothing comes from elsewhere and nothing goes there. Gradio and Plotly write scripts and styles into the page."""


class Fence:
    """An ASGI application around ``app`` that answers only to ``hosts`` (none: to all) and is framed by ``sites``."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], sites: Sequence[str]) -> None:
        self._app, self._hosts = app, hosts
        policy = POLICY.format(sites=" ".join(sites)).strip()
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"permissions-policy", b"geolocation=(), microphone=(), payment=(), usb=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def fenced(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message.get("headers", [])}
                more = [header for header in self._headers if header[0] not in there]
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        name = host(scope)
        if self._hosts and not known(name, (*SELVES, *self._hosts)):
            sentence = f"This Easel is not called {quoted(name)}: who started it can allow that name with --hosts."
            return await refuse(400, sentence, fenced)
        await self._app(scope, receive, fenced)


def host(scope: Scope) -> str:
    """What a request calls the server, without the port."""
    text = dict(scope["headers"]).get(b"host", b"").decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")


def known(name: str, hosts: Sequence[str]) -> bool:
    """Whether a name is one of them; ``*.school.example`` is every name below that one."""
    return any(name == each or (each.startswith("*.") and name.endswith(each[1:])) for each in hosts)
