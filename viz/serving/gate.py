"""The door of a class: who shows no pass sees one small page, which asks for the class code or for name and password.

Gradio's own login belongs to one mounted page each, so that a visitor would come in seven times.
"""

from __future__ import annotations

import asyncio
import html
from collections import OrderedDict, deque
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from time import monotonic
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import UserError
from viz.errors import said
from viz.language import say, speaking, spoken
from viz.serving.accounts import Keys
from viz.serving.doors import here, refuse
from viz.serving.tongue import of_visitor

PASS = "easel-pass"
LOGIN = "/login"
"""Where ``gradio_client`` takes the name and password of ``Client(url, auth=(name, password))`` to."""
BEARER = "Bearer "
LONGEST_FORM = 4096
GUESSES, MINUTE = 30, 60.0
"""Wrong ones from one address a minute; a class behind one address mistypes, too."""
WATCHED = 1000
"""Addresses whose guesses are counted."""
WRONG = UserError("That is not right. Look at the code again: capitals and blanks do not matter.")
MANY = "Too many wrong codes came from here: try again in {wait:.0f} seconds."
CLOSED = "This Easel is for a class: come in with its code first."

PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem;background:#fff;
color:#1c1e24}}label{{display:block;margin:1rem 0 .3rem}}input,button{{font:inherit;width:100%;box-sizing:border-box;
padding:.6rem;border:1px solid #6b6f7a;border-radius:.5rem;background:inherit;color:inherit}}button{{margin-top:1.2rem;
background:#1c1e24;color:#fff}}p[role=alert]{{color:#a3231a}}@media(prefers-color-scheme:dark){{body{{background:#14151a;
color:#e8e9ee}}button{{background:#e8e9ee;color:#14151a}}p[role=alert]{{color:#ff9d94}}}}</style>
<h1>Easel</h1><p>{hint}</p>{said}<form method="post" action="{action}"><input type="hidden" name="page" value="{page}">
{fields}<button>{enter}</button></form></html>"""
NAME = """<label for="name">{label}</label>
<input id="name" name="username" autocomplete="username" autocapitalize="none"{must}>"""
CODE = '<label for="word">{label}</label><input id="word" name="password" type="{kind}" autocomplete="{fill}" required>'


class Gate:
    """An ASGI application around ``app`` that lets through who shows a pass of ``keys``.

    The pass is a cookie that no script can read. Pages of other sites can frame Easel and send it along only over
    https, where ``framed``; browsers send it nowhere else.
    """

    def __init__(self, app: ASGIApp, keys: Keys, framed: bool = False) -> None:
        self._app, self._keys, self._framed = app, keys, framed
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._checking = asyncio.Semaphore(2)  # each check of a password takes 50 ms of a processor and 16 MB

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = dict(scope["headers"])
        if here(scope) == LOGIN and scope["method"] == "POST":
            return await self._login(scope, receive, send)
        if self._keys.good(cookie(headers, PASS)):
            return await self._app(scope, receive, send)
        if (word := headers.get(b"authorization", b"").decode("latin-1")).startswith(BEARER):
            return await self._shown(word.removeprefix(BEARER), scope, receive, send)
        if b"text/html" in headers.get(b"accept", b"") and scope["method"] in ("GET", "HEAD"):
            query = scope["query_string"].decode("latin-1")
            wanted = scope["path"] + (f"?{query}" if query else "")
            return await self._page(scope, "/" if here(scope) == LOGIN else wanted, None, 401, send)
        await refuse(401, CLOSED, send)

    async def _shown(self, code: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A program that keeps no cookies shows the class code with each request."""
        address = (scope.get("client") or ("",))[0]
        if (left := self._wait(address)) > 0:
            return await refuse(429, MANY.format(wait=left), send)
        async with self._checking:
            right = await asyncio.to_thread(self._keys.opens, "", code)
        if right:
            return await self._app(scope, receive, send)
        self._count(address)
        await refuse(401, str(WRONG), send)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = (scope.get("client") or ("",))[0]
        if (left := self._wait(address)) > 0:
            return await refuse(429, MANY.format(wait=left), send)
        form = await filled(receive)
        name, password, page = (form.get(field, "") for field in ("username", "password", "page"))
        async with self._checking:
            right = await asyncio.to_thread(self._keys.opens, name, password)
        if not right:
            self._count(address)
            if page:
                return await self._page(scope, page, WRONG, 401, send)
            return await refuse(401, str(WRONG), send)
        await self._enter(scope, page, send)

    async def _enter(self, scope: Scope, page: str, send: Send) -> None:
        headers = [(b"set-cookie", self._pass(scope).encode()), (b"cache-control", b"no-store")]
        if page:  # a browser; a program is told that it worked
            own = page.startswith("/") and not page.startswith(("//", "/\\")) and page.isprintable()
            target = page if own else f"{scope.get('root_path', '')}/"
            headers.append((b"location", target.encode("latin-1", "replace")))
        body = b"" if page else b'{"success": true}'
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 303 if page else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _pass(self, scope: Scope) -> str:
        secure = scope.get("scheme") == "https"
        where = "SameSite=None; Secure; Partitioned" if secure and self._framed else "SameSite=Lax"
        if secure and not self._framed:
            where += "; Secure"
        return f"{PASS}={self._keys.issued()}; Path={scope.get('root_path') or '/'}; HttpOnly; {where}"

    async def _page(self, scope: Scope, page: str, wrong: UserError | None, status: int, send: Send) -> None:
        with speaking(of_visitor(scope, page.removeprefix(scope.get("root_path", "")))):
            text = self._text(scope, page, wrong).encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(text)).encode())]
        headers += [(b"cache-control", b"no-store"), (b"vary", b"cookie, accept-language")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else text})

    def _text(self, scope: Scope, page: str, wrong: UserError | None) -> str:
        """The page in the language that is spoken."""
        keys = self._keys
        words = say("Class code or password") if keys.code is not None else say("Password")
        label = words if keys.accounts else say("Class code")
        hidden = bool(keys.accounts)
        code = CODE.format(
            label=label, kind="password" if hidden else "text", fill="current-password" if hidden else "off"
        )
        must = " required" if keys.code is None else f' placeholder="{say("not needed with a class code")}"'
        return PAGE.format(
            language=spoken(),
            title=say("Easel: come in"),
            enter=say("Come in"),
            hint=say("This Easel is for a class.") if keys.code is not None else say("This Easel asks who you are."),
            said=f'<p role="alert">{html.escape(said(wrong))}</p>' if wrong is not None else "",
            action=html.escape(f"{scope.get('root_path', '')}{LOGIN}"),
            page=html.escape(page),
            fields=(NAME.format(label=say("Name"), must=must) if keys.accounts else "") + code,
        )

    def _wait(self, address: str) -> float:
        """Seconds until this address may guess again."""
        times = self._wrong.get(address, deque())
        while times and monotonic() - times[0] > MINUTE:
            times.popleft()
        return MINUTE - (monotonic() - times[0]) if len(times) >= GUESSES else 0.0

    def _count(self, address: str) -> None:
        self._wrong.setdefault(address, deque(maxlen=GUESSES)).append(monotonic())
        self._wrong.move_to_end(address)
        if len(self._wrong) > WATCHED:
            self._wrong.popitem(last=False)


def cookie(headers: Mapping[bytes, bytes], name: str) -> str:
    """A cookie of a request; empty where there is none."""
    try:
        found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def filled(receive: Receive) -> dict[str, str]:
    """The fields of a short form; of one that is too long, none."""
    body, more = bytearray(), True
    while more:
        message: Message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LONGEST_FORM:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8) if body.count(b"&") < 8 else {}
    return {name: values[0] for name, values in fields.items()}
