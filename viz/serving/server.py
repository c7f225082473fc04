"""The server: one FastAPI application with the page mounted in it, run by uvicorn on a socket of our own.

Gradio's ``launch`` asks its own page before it says that it stands, with a limit of 3 s, and ends itself where browsers
are already waiting or a proxy is set. Here nothing is asked.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.networking import setup_tunnel
from gradio.routes import App
from starlette.types import ASGIApp

from core.errors import UserError
from core.runtime import Runtime
from viz.errors import LOG
from viz.layout import LAUNCH, build_app
from viz.serving.doors import Doors
from viz.serving.pages import Pages
from viz.serving.refusals import HANDLERS
from viz.serving.sessions import Closing, Sessions

PORTS = range(7860, 7960)
"""Tried in turn where none is named."""
AT_ONCE = 2
"""Events of one kind that are answered at the same time."""
PATIENCE = 2
"""Seconds that open answers get when the server ends."""


PAGES = ("/", "", "/config", "/config/", "/gradio_api/info", "/gradio_api/info/")
"""What is rendered once: the page, and its two descriptions that ``gradio_client`` asks for."""


class Site(NamedTuple):
    """What uvicorn runs, and what must hear that it ends."""

    app: ASGIApp
    mounted: tuple[App, ...]


def site(blocks: gr.Blocks) -> Site:
    """``blocks`` at ``/``, with its page kept ready, its sessions small and its doors watched."""
    blocks.queue(default_concurrency_limit=AT_ONCE)
    parent = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(parent, blocks, path="/", **LAUNCH)
    mount: Any = parent.routes[-1]
    mounted: App = mount.app
    mounted.state_holder = sessions = Sessions(blocks)
    for kind, handler in HANDLERS.items():
        mounted.add_exception_handler(kind, handler)
    return Site(Doors(Closing(Pages(parent, PAGES), [sessions])), (mounted,))


def taken(host: str, port: int | None) -> socket.socket:
    """A socket at ``host`` and ``port``, or at the first free one of :data:`PORTS`; else :class:`UserError`.

    It does not listen yet: who came before the page is ready would wait, and not try again.
    """
    try:
        family, _, _, _, _ = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise UserError(f"There is no address {host} on this machine.") from None
    for each in PORTS if port is None else [port]:
        found = socket.socket(family)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, each))
        except (OSError, OverflowError) as error:
            found.close()
            if port is not None:
                reason = getattr(error, "strerror", None) or "there is no such port"
                raise UserError(f"Port {port} of {host} cannot be had: {reason}. Name another with --port.") from None
        else:
            return found
    raise UserError(f"All ports from {PORTS[0]} to {PORTS[-1]} are in use: name another with --port.")


def address(listener: socket.socket, host: str) -> str:
    """What a browser on this machine is told."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{listener.getsockname()[1]}/"


class Server(uvicorn.Server):
    """uvicorn, which says when it stands, and ends without waiting for the pages that are still open."""

    def __init__(self, site: Site, root: str = "", ready: Callable[[], None] = lambda: None) -> None:
        quiet: dict[str, Any] = {"log_level": "warning", "server_header": False, "ws": "none"}
        super().__init__(uvicorn.Config(site.app, root_path=root, timeout_graceful_shutdown=PATIENCE, **quiet))
        self._mounted, self._ready = site.mounted, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for app in self._mounted:
            app.stop_event.set()  # the connections that pages hold open
        await super().shutdown(sockets)


@contextmanager
def running(blocks: gr.Blocks, host: str = "127.0.0.1", port: int | None = None) -> Iterator[str]:
    """Serve ``blocks`` in a thread of this process, as ``python app.py`` does in its own; yields the address."""
    stands = threading.Event()
    with taken(host, port) as listener:
        server = Server(site(blocks), ready=stands.set)
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


def serve(runtime: Runtime, host: str, port: int | None, root: str = "", public: bool = False) -> None:
    """Serve the app until a signal comes; raises :class:`UserError` where it cannot.

    ``root`` is the path that a proxy strips off all addresses. With ``public`` Gradio is asked for a link.
    """
    with taken(host, port) as listener:

        def ready() -> None:
            print(f"Easel stands at {address(listener, host)} (Ctrl+C ends it).", flush=True)
            runtime.warm()
            if public:
                threading.Thread(target=share, args=(listener.getsockname()[1],), daemon=True).start()

        Server(site(build_app(runtime)), root, ready).run(sockets=[listener])


def share(port: int) -> None:
    """Ask Gradio for a public link to ``port`` and print it, or that there is none."""
    try:
        said = f"Public link: {setup_tunnel('127.0.0.1', port, secrets.token_urlsafe(32), None, None)}"
    except Exception as error:  # whatever is wrong with somebody else's service, the page stands
        LOG.warning("Gradio's link could not be had: %s", error)
        said = "Gradio gives no public link at the moment; the address above holds."
    print(said, flush=True)
