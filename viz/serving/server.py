"""The server: one FastAPI application with the page mounted in it, run by uvicorn on a socket of our own.

Gradio's ``launch`` asks its own page before it says that it stands, with a limit of 3 s, and ends itself where browsers
are already waiting or a proxy is set. Here nothing is asked.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.networking import setup_tunnel
from gradio.routes import App
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from core.errors import UserError
from core.studio.runtime import Runtime
from viz.errors import LOG
from viz.layout import LAUNCH, build_rooms, dress
from viz.page import Page
from viz.serving import tools
from viz.serving.asides import Asides
from viz.serving.doors import Doors
from viz.serving.fence import Fence
from viz.serving.gate import Gate
from viz.serving.ledger import Ledger, Status
from viz.serving.pages import Pages
from viz.serving.refusals import HANDLERS
from viz.serving.rules import NEIGHBOURS, Rules
from viz.serving.sessions import Closing, Sessions
from viz.serving.settled import settling
from viz.serving.streams import Streams
from viz.serving.till import Till
from viz.serving.tongue import Tongue
from viz.serving.web import Web
from viz.widgets.web import place

PORTS = range(7860, 7960)
"""Tried in turn where none is named."""
AT_ONCE = 2
"""Events of one kind that are answered at the same time."""
PATIENCE = 2
"""Seconds that open answers get when the server ends."""


DESCRIPTIONS = ("config", "config/", "gradio_api/info", "gradio_api/info/")
"""What ``gradio_client`` asks for of each page; rendered once, as the page itself."""


class Site(NamedTuple):
    """What uvicorn runs, and what must hear that it ends."""

    app: ASGIApp
    mounted: tuple[App, ...]
    ledger: Ledger


def site(
    rooms: Mapping[str, gr.Blocks],
    rules: Rules = Rules(),  # noqa: B008  # it cannot change
    offered: tools.Tools | None = None,
) -> Site:
    """``rooms`` by their paths, each with its page kept ready, its sessions small and its doors watched.

    ``offered`` are the tools for language models, where there are any.
    """
    dress()
    ledger = Ledger(rules.log, Till(rules.budget, rules.patience))
    parent = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    parent.mount(f"/{place()}", Web())
    if offered is not None:
        tools.mount(parent, offered, ledger, rules.hosts)
    sessions, mounted = [], []
    for path in sorted(rooms, reverse=True):  # the root is last: it would swallow all others
        app = mount(parent, path, rooms[path], rules, ledger)
        mounted.append(app)
        sessions.append(cast(Sessions, app.state_holder))
    pages = ["", *(f"{path.rstrip('/')}/" for path in rooms)]
    told = [f"{page}{each}" for page in pages[1:] for each in DESCRIPTIONS]
    ledger.pages = lambda: sum(len(each.session_data) for each in sessions)
    seen = Tongue(Pages(parent, pages, told), pages[1:])
    inner = Doors(Asides(Streams(Closing(seen, sessions)), ledger))
    return Site(guarded(inner, rules, ledger), tuple(mounted), ledger)


def guarded(app: ASGIApp, rules: Rules, ledger: Ledger) -> ASGIApp:
    """``app`` behind what ``rules`` ask for. Whoever watches the server's health needs no key and no name for it."""
    inner = app if rules.keys is None else Gate(app, rules.keys, framed=len(rules.embed) > len(NEIGHBOURS))
    fenced = Fence(inner, rules.hosts, rules.embed)
    return Status(fenced, ledger) if rules.status else fenced


def mount(parent: FastAPI, path: str, blocks: gr.Blocks, rules: Rules, ledger: Ledger) -> App:
    """One room at its path, which is found without the slash at its end, too."""
    blocks.queue(default_concurrency_limit=AT_ONCE, max_size=rules.max_queue)
    if isinstance(blocks, Page):
        blocks.around = lambda request, page: ledger.entry(path, request, page)
    if path != "/":
        name = path.rpartition("/")[2]

        def slash(request: Request) -> Response:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{name}/{query}", headers={"cache-control": "no-cache"})

        parent.router.routes.append(Route(path, slash))
    gr.mount_gradio_app(parent, blocks, path=path, **LAUNCH)
    # After every event Gradio groups its last 10,000 in a table of pandas, for statistics that nobody can ask for.
    blocks._queue.ANALYTICS_MAX_EVENTS = 0
    last: Any = parent.routes[-1]
    app: App = last.app
    blocks.app = app
    app.state_holder = Sessions(blocks, rules.max_sessions)
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return app


def taken(host: str, port: int | None) -> socket.socket:
    """A socket at ``host`` and ``port``, or at the first free one of :data:`PORTS`; else :class:`UserError`.

    It does not listen yet: who came before the page is ready would wait, and not try again.
    """
    try:
        family, _, _, _, _ = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise UserError("There is no address {host} on this machine.", host=host) from None
    for each in PORTS if port is None else [port]:
        found = socket.socket(family)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, each))
        except (OSError, OverflowError) as error:
            found.close()
            if port is not None:
                reason = getattr(error, "strerror", None) or "there is no such port"
                raise UserError(
                    "Port {port} of {host} cannot be had: {reason}. Name another with --port.",
                    port=port,
                    host=host,
                    reason=reason,
                ) from None
        else:
            return found
    raise UserError(
        "All ports from {ports} to {ports2} are in use: name another with --port.", ports=PORTS[0], ports2=PORTS[-1]
    )


def address(listener: socket.socket, host: str) -> str:
    """What a browser on this machine is told."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{listener.getsockname()[1]}/"


class Server(uvicorn.Server):
    """uvicorn, which says when it stands, and ends without waiting for the pages that are still open."""

    def __init__(self, site: Site, root: str = "", ready: Callable[[], None] = lambda: None) -> None:
        quiet: dict[str, Any] = {"log_level": "warning", "server_header": False, "ws": "none"}
        super().__init__(uvicorn.Config(site.app, root_path=root, timeout_graceful_shutdown=PATIENCE, **quiet))
        self._mounted, self._ledger, self._ready = site.mounted, site.ledger, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._pulse = asyncio.create_task(self._ledger.pulse())
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for app in self._mounted:
            app.stop_event.set()  # the connections that pages hold open
        self._pulse.cancel()
        await super().shutdown(sockets)
        self._ledger.close()


@contextmanager
def running(
    rooms: Mapping[str, gr.Blocks],
    host: str = "127.0.0.1",
    port: int | None = None,
    rules: Rules = Rules(),  # noqa: B008  # it cannot change
    offered: tools.Tools | None = None,
) -> Iterator[str]:
    """Serve ``rooms`` in a thread of this process, as ``python app.py`` does in its own; yields the address."""
    stands = threading.Event()
    with taken(host, port) as listener:
        server = Server(site(rooms, rules, offered), ready=stands.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while thread.is_alive() and not stands.wait(0.1):
            pass
        if not stands.is_set():
            raise RuntimeError("The server ended before it stood; what it logged says why.")
        try:
            yield address(listener, host)
        finally:
            server.should_exit = True
            thread.join()


def serve(
    runtime: Runtime,
    host: str,
    port: int | None,
    root: str = "",
    public: bool = False,
    rules: Rules = Rules(),  # noqa: B008  # it cannot change
) -> None:
    """Serve the app until a signal comes; raises :class:`UserError` where it cannot.

    ``root`` is the path that a proxy strips off all addresses. With ``public`` Gradio is asked for a link.
    """
    offered = tools.Tools(runtime) if rules.tools else None
    with taken(host, port) as listener:

        def ready() -> None:
            print(f"Easel stands at {address(listener, host)} (Ctrl+C ends it).", flush=True)
            if offered is not None:
                print(f"Tools for language models (MCP): {address(listener, host).rstrip('/')}{tools.PATH}", flush=True)
            threading.Thread(target=warmed, args=(runtime,), daemon=True).start()
            if public:
                threading.Thread(target=share, args=(listener.getsockname()[1],), daemon=True).start()

        with settling():
            built = site(build_rooms(runtime), rules, offered)
            gc.collect()  # a hundred event loops, which Gradio has left open
        Server(built, root, ready).run(sockets=[listener])


def warmed(runtime: Runtime) -> None:
    """Load torch and the models, which stay as the rooms do."""
    with settling():
        runtime.warm().join()


def share(port: int) -> None:
    """Ask Gradio for a public link to ``port`` and print it, or that there is none."""
    try:
        said = f"Public link: {setup_tunnel('127.0.0.1', port, secrets.token_urlsafe(32), None, None)}"
    except Exception as error:  # whatever is wrong with somebody else's service, the page stands
        LOG.warning("Gradio's link could not be had: %s", error)
        said = "Gradio gives no public link at the moment; the address above holds."
    print(said, flush=True)
