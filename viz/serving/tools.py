"""Easel for language models: tools at ``/mcp``, by the Model Context Protocol, where the server was asked for them.

They answer with pictures and words, not with arrays, as :mod:`core.client` does. Each is one request to the studio, at
its price. Who knows no cookie may show a class code as ``Authorization: Bearer CODE`` (:mod:`viz.serving.gate`).
"""

from __future__ import annotations

import asyncio
import functools
import io
import ipaddress
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray
from PIL import Image as Pictures
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.client import Easel
from core.client.kinds import read_file
from core.data.images import open_picture
from core.data.reading import read_digit
from core.errors import UserError, quoted
from core.results import SIDE, Entry
from core.studio.runtime import Runtime
from core.trace import CanvasTrace, RasterTrace
from core.training.registry import FIRST, REGISTRY, shown_in
from viz.errors import said
from viz.player.told import told
from viz.serving.doors import refuse
from viz.serving.fence import SELVES, host, known
from viz.serving.ledger import Ledger

PATH = "/mcp"
ABOUT = (
    "Easel shows how machines draw handwritten digits of 28 × 28 pixels: VAEs (all at once), DRAW (stroke by stroke), "
    "PixelCNN and its kin (pixel by pixel). Prices are in nats: how surprised a model is. Every answer belongs to its "
    "seed."
)
AT_ONCE = 2
"""Tools at work at the same time."""
PIXELS = 8
"""How many pixels of a PNG are one of a picture."""
MISSING = "The tools need the Python package mcp: pip install -r requirements-mcp.txt."
COVERS: dict[str, Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]] = {
    "lower": lambda row, column: row >= SIDE // 2,
    "upper": lambda row, column: row < SIDE // 2,
    "left": lambda row, column: column < SIDE // 2,
    "right": lambda row, column: column >= SIDE // 2,
    "centre": lambda row, column: (abs(row - (SIDE - 1) / 2) < SIDE / 4) & (abs(column - (SIDE - 1) / 2) < SIDE / 4),
}
FAMILIES = {name: REGISTRY[name].family for name in shown_in("together")}
"""Painter -> family."""
Painter = Annotated[str, Field(description=f"one of {', '.join(FAMILIES)}")]
ROWS = f"{SIDE} lines of {SIDE} characters"
Drawing = Annotated[
    str, Field(description=f"a digit: {ROWS}, # for ink and . for paper, or a picture's file as base64 text")
]
Hidden = Annotated[str, Field(description=f"what is hidden: {', '.join(COVERS)}, or {SIDE} lines with # where it is")]


class Tools:
    """What the tools answer: pictures as PNG and words. ``runtime`` has the studio."""

    def __init__(self, runtime: Runtime) -> None:
        self._easel = Easel(runtime=runtime)

    def painters(self) -> list[Any]:
        """All painters of digits: what each is, and its price on test digits."""
        lines = [f"{each.name} ({each.family}): {each.about}" for each in self._easel.models() if each.name in FAMILIES]
        return ["\n".join(lines)]

    def draw(self, painter: Painter = FIRST["draw"], count: int = 4, seed: int = 1) -> list[Any]:
        """Imagine 1 to 16 digits. Answers with a PNG of them, and the first as rows that the other tools take."""
        entry = self._easel.together.answer("imagine", painter, count=count, seed=seed)
        return [
            png(entry.pictures),
            f"{count} digits imagined by {painter}, seed {seed}; {variety(entry)}",
            rows(entry),
        ]

    def complete(
        self,
        drawing: Drawing,
        hidden: Hidden = "lower",
        painter: Painter = FIRST["pixel"],
        count: int = 4,
        seed: int = 1,
    ) -> list[Any]:
        """Complete a digit of which a part is hidden. Answers with a PNG of the completions, and words."""
        digit, cover = digit_of(drawing), cover_of(hidden)
        entry = self._easel.together.answer("complete", painter, digit, cover, count, seed)
        price = f"What was in sight costs {price_of(entry)}." if np.isfinite(entry.nats) else ""
        words = f"{count} completions by {painter}, seed {seed}; {variety(entry)} {price}"
        return [png(entry.pictures), words.strip(), rows(entry)]

    def judge(self, drawing: Drawing, painter: Painter = FIRST["pixel"], seed: int = 1) -> list[Any]:
        """Say how surprised a painter is by a digit, in nats, and where: a PNG, bright where a pixel is dear."""
        entry = self._easel.together.answer("surprise", painter, digit_of(drawing), seed=seed)
        words = f"{painter} pays {price_of(entry)} for this digit."
        if entry.bits is not None:
            words += f" A file with its odds takes {entry.bits} bits."
        if entry.surprise is None:
            return [words]
        row, column = np.unravel_index(int(entry.surprise.argmax()), entry.surprise.shape)
        most = float(entry.surprise.max())
        words += f" The dearest pixel is in row {row}, column {column}, counted from 0: {most:.2f} nats."
        return [png(entry.surprise[None] / max(most, 1e-6)), words]

    def explain_step(
        self,
        step: Annotated[int, Field(description="which step, from 1; −1 is the last")],
        painter: Painter = FIRST["draw"],
        drawing: Annotated[str, Field(description="a digit to copy or judge; empty: the painter imagines")] = "",
        seed: int = 1,
    ) -> list[Any]:
        """Say what one step of a painting did, in words and numbers. Answers with a PNG: before it and after."""
        trace = self._trace(painter, digit_of(drawing) if drawing else None, seed)
        if step == 0:
            raise UserError("Steps are counted from 1, and there are {trace}.", trace=len(trace))
        at = step - 1 if step > 0 else step
        words = told(trace, at)
        after = trace.frame(at)[0]
        first = at in (0, -len(trace))
        before = np.zeros_like(after) if first else trace.frame(at - 1)[0]
        return [png(np.stack([before[0], after[0]])), words]

    def _trace(self, painter: str, digit: NDArray[np.uint8] | None, seed: int) -> CanvasTrace | RasterTrace:
        if painter not in FAMILIES:
            raise UserError(
                "There is no painter {painter} here; there are {families}.",
                painter=quoted(painter),
                families=", ".join(FAMILIES),
            )
        family = FAMILIES[painter]
        if family == "vae":
            raise UserError(
                "{painter} paints all at once, without steps: ask {draw} or a pixel model.",
                painter=painter,
                draw=FIRST["draw"],
            )
        if family == "pixel":
            pixels = self._easel.pixels
            return pixels.generate(1, seed, model=painter) if digit is None else pixels.judge(digit, painter)
        attentive, plain = self._easel.draw.compare(digit, 1, seed)
        return attentive if painter == FIRST["draw"] else plain


def mount(parent: FastAPI, tools: Tools, ledger: Ledger, hosts: Sequence[str]) -> None:
    """Answer at :data:`PATH` of an application. Raises :class:`UserError` where the package is not installed."""
    try:
        from mcp.server.fastmcp import FastMCP
        from mcp.server.fastmcp.exceptions import ToolError
        from mcp.server.transport_security import TransportSecuritySettings
    except ImportError:
        raise UserError(MISSING) from None
    # Whom the server answers to is decided by Answering; FastMCP would know this machine's names only.
    open_to_all = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server = FastMCP(
        "Easel",
        ABOUT,
        stateless_http=True,
        json_response=True,
        transport_security=open_to_all,
        streamable_http_path=PATH,
        log_level="WARNING",
    )
    at_once = asyncio.Semaphore(AT_ONCE)

    def tool(work: Callable[..., list[Any]]) -> None:
        @functools.wraps(work)
        async def answered(*args: Any, **given: Any) -> list[Any]:
            request: Any = server.get_context().request_context.request
            page = f"mcp {request.client.host if request.client else ''}"
            try:
                with ledger.entry(PATH, work.__name__, page):
                    async with at_once:
                        return await run_in_threadpool(work, *args, **given)
            except Exception as error:
                raise ToolError(said(error)) from None

        server.add_tool(answered, structured_output=False)

    for work in (tools.painters, tools.draw, tools.complete, tools.judge, tools.explain_step):
        tool(work)
    (route,) = server.streamable_http_app().routes
    assert isinstance(route, Route)
    parent.router.routes.append(Route(PATH, Answering(route.app, hosts)))
    within = parent.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with server.session_manager.run(), within(app) as state:
            yield state

    parent.router.lifespan_context = lifespan


class Answering:
    """An ASGI application around ``app`` that answers under this machine's names, ``hosts`` and bare addresses only.

    So a page from elsewhere, whose name somebody lets point at this machine, cannot use the tools: where no ``hosts``
    are named, the rooms answer under every name, but a page of another name reads nothing of them.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app, self._hosts = app, (*SELVES, *hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = host(scope)
        if not known(name, self._hosts) and not bare(name):
            sentence = (
                f"The tools do not answer to the name {quoted(name)}: who started Easel can allow it with --hosts."
            )
            return await refuse(400, sentence, send)
        await self._app(scope, receive, send)


def bare(name: str) -> bool:
    """Whether a host is an address in numbers, which nobody can let point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def digit_of(drawing: str) -> NDArray[np.uint8]:
    """A digit from rows of characters, or from a picture's file as base64 text. Raises :class:`UserError`."""
    return np.where(read, 255, 0).astype(np.uint8) if (read := grid_of(drawing)) is not None else photographed(drawing)


def photographed(text: str) -> NDArray[np.uint8]:
    """A digit from a picture's file as base64 text."""
    return read_digit(open_picture(read_file(text)), SIDE).pixels


def cover_of(hidden: str) -> NDArray[np.bool_]:
    """Where a picture is hidden, (28, 28), by a word or by rows of characters. Raises :class:`UserError`."""
    if (cover := COVERS.get(hidden.strip())) is not None:
        row, column = np.indices((SIDE, SIDE))
        return cover(row, column)
    if (read := grid_of(hidden)) is None:
        raise UserError(
            "What is hidden is {covers}, or {side} lines of {side} characters, # where it is.",
            covers=", ".join(COVERS),
            side=SIDE,
        )
    return read


def grid_of(text: str) -> NDArray[np.bool_] | None:
    """28 lines of 28 characters, true at each #; none where it is something else."""
    lines = text.strip("\n").splitlines()
    if len(lines) != SIDE or any(len(line) != SIDE or set(line) - set("#. ") for line in lines):
        return None
    return np.array([[character == "#" for character in line] for line in lines])


def rows(entry: Entry) -> str:
    """The first picture as lines of characters."""
    ink = entry.pictures[0] >= 0.5
    return "The first one:\n" + "\n".join("".join("#" if each else "." for each in line) for line in ink)


def variety(entry: Entry) -> str:
    """How different the pictures are."""
    if len(entry.pictures) < 2:
        return "one picture."
    return f"{entry.distinct} distinct ones, two of them differ in {entry.distance:.1%} of the pixels on average."


def price_of(entry: Entry) -> str:
    """A price in words."""
    words = f"{'at most ' if entry.bound else ''}{entry.nats:.2f} nats"
    if np.isfinite(entry.code):
        words += f", of which {entry.code:.2f} for the code"
    return words if np.isnan(entry.error) else f"{words} (standard error {entry.error:.2f})"


def png(pictures: NDArray[Any]) -> Any:
    """Pictures (n, H, W) in [0, 1] side by side, in rows of four, as a picture for a model to see."""
    from mcp.server.fastmcp import Image

    n, height, width = pictures.shape
    across = min(n, 4)
    blank = np.full((-(-n // across) * across, height + 1, width + 1), 0.5, np.float32)
    blank[:n, :height, :width] = pictures
    sheet = blank.reshape(-1, across, height + 1, width + 1).swapaxes(1, 2).reshape(-1, across * (width + 1))
    levels = np.rint(255 * np.clip(np.kron(sheet, np.ones((PIXELS, PIXELS))), 0, 1)).astype(np.uint8)
    buffer = io.BytesIO()
    Pictures.fromarray(levels).save(buffer, "PNG")
    return Image(data=buffer.getvalue(), format="png")
