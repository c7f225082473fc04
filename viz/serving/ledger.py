"""What was asked of the server: counts at ``/metrics``, a line a request in a log, never a picture or a person."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import UserError
from core.files import VERSION
from viz.errors import LOG
from viz.serving.doors import here, refuse, temporary
from viz.serving.till import Till

PARTS, PART_BYTES = 3, 10 * 2**20
"""Older parts of the log that are kept beside it, and how large each may become."""
PULSE = 0.25
"""Seconds between two looks at how late the event loop is."""
STATUS = ("/healthz", "/metrics")


class _File(RotatingFileHandler):
    """A log whose disk may be full: that is said once, and the server goes on."""

    told = False

    def handleError(self, record: logging.LogRecord) -> None:  # logging's name
        if not self.told:
            LOG.warning("The log of requests cannot be written: %s", sys.exc_info()[1])
        self.told = True


@dataclass
class Entry:
    """One request: of which room, by its own name, how it ended, and its price.

    ``cost`` was said before it began, ``worked`` is what it took in its turns, both in seconds of a processor.
    """

    room: str
    request: str
    outcome: str = "answered"
    cost: float = 0.0
    worked: float = 0.0


class Ledger:
    """Counts of requests, and their log if there is a ``file``. Raises :class:`UserError` where there can be none."""

    def __init__(self, file: Path | None = None, till: Till | None = None) -> None:
        self._till = till or Till()
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._costs: defaultdict[str, float] = defaultdict(float)
        self.stall, self.under_way = 0.0, 0
        self.pages: Callable[[], int] = lambda: 0
        """How many pages are remembered; the server says it."""
        self._file = None
        if file is not None:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                self._file = _File(file, maxBytes=PART_BYTES, backupCount=PARTS, encoding="utf-8")
            except OSError as error:
                raise UserError(
                    "The log {file} cannot be written: {strerror}.", file=file, strerror=error.strerror
                ) from None

    @contextmanager
    def entry(self, room: str, request: str, page: str = "") -> Iterator[Entry]:
        """A request of an open page from when it is taken up until it is answered; the till is told what it costs."""
        start, entry = time.monotonic(), Entry(room, request)
        self.under_way += 1
        try:
            with self._till.bill(page) as bill:
                yield entry
        except asyncio.CancelledError:
            entry.outcome = "left"
            raise
        except Exception as error:
            entry.outcome = "refused" if said(error) else "failed"
            raise
        finally:
            self.under_way -= 1
            entry.cost, entry.worked = round(bill.price, 3), round(bill.worked, 3)
            self._note(entry, time.monotonic() - start)

    def _note(self, entry: Entry, seconds: float) -> None:
        self._asked[entry.room, entry.request, entry.outcome] += 1
        self._seconds[entry.room] += seconds
        self._costs[entry.room] += entry.cost
        if self._file is None:
            return
        line: dict[str, object] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **asdict(entry)}
        line["seconds"] = round(seconds, 3)
        self._file.emit(logging.LogRecord("requests", logging.INFO, "", 0, json.dumps(line), None, None))

    def close(self) -> None:
        """The server ends."""
        if self._file is not None:
            self._file.close()

    async def pulse(self) -> None:
        """Keep :attr:`stall`, by how many seconds the event loop was late at worst since it was last asked."""
        while True:
            due = time.monotonic() + PULSE
            await asyncio.sleep(PULSE)
            self.stall = max(self.stall, time.monotonic() - due)

    def metrics(self) -> str:
        """All counts in the text format of Prometheus."""
        lines = ["# TYPE easel_requests_total counter"]
        for (room, request, outcome), count in sorted(self._asked.items()):
            lines.append(f'easel_requests_total{{room="{room}",request="{request}",outcome="{outcome}"}} {count}')
        lines.append("# TYPE easel_seconds_total counter")
        lines += [f'easel_seconds_total{{room="{room}"}} {seconds:.3f}' for room, seconds in self._seconds.items()]
        lines.append("# TYPE easel_cost_seconds_total counter")
        lines += [f'easel_cost_seconds_total{{room="{room}"}} {cost:.3f}' for room, cost in self._costs.items()]
        gauges: dict[str, float] = {"owed_seconds": self._till.owed, "requests_under_way": self.under_way}
        gauges |= {"pages": self.pages(), "event_loop_stall_seconds": self.stall}
        gauges |= {"resident_bytes": resident(), "threads": threading.active_count()}
        gauges |= {"open_files": len(found := opened()), "sockets": sum(each.startswith("socket:") for each in found)}
        gauges |= {"temporary_files": sum(1 for _ in temporary())}
        self.stall = 0.0
        for name, value in gauges.items():
            lines += [f"# TYPE easel_{name} gauge", f"easel_{name} {value:g}"]
        return "\n".join(lines) + "\n"


def said(error: Exception) -> bool:
    """Whether a person was told why; else it is a defect, and logged as one. Gradio's error wraps the first."""
    cause = error.__cause__
    return isinstance(error, UserError) or cause is None or isinstance(cause, UserError)


def resident() -> int:
    """Bytes of memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def opened() -> list[str]:
    """What each open file of this process is; nothing where the system does not say."""
    found = []
    with suppress(OSError):
        for each in Path("/proc/self/fd").iterdir():
            with suppress(OSError):  # it has just been closed
                found.append(str(each.readlink()))
    return found


class Status:
    """An ASGI application around ``app`` that says how the server does, to whoever asks for ``/healthz``."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app, self._ledger = app, ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (path := here(scope)) not in STATUS:
            return await self._app(scope, receive, send)
        if scope["method"] not in ("GET", "HEAD"):
            return await refuse(405, "This can be read only.", send)
        if path == STATUS[0]:
            health: Mapping[str, object] = {"status": "ok", "version": VERSION}
            return await told(json.dumps(health), b"application/json", send)
        await told(self._ledger.metrics(), b"text/plain; version=0.0.4", send)


async def told(text: str, kind: bytes, send: Send) -> None:
    """A short text that nobody keeps."""
    body = text.encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
