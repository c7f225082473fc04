"""What the server remembers of each open page: its ``gr.State`` values, as long as the page is open, and little else.

Gradio's own sessions copy the configuration of all components at the first request (0.1 s and 2 MB here, for deep
links, which Easel does not have) and keep the last answer of each, for good.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from gradio.blocks import Blocks
from gradio.state_holder import SessionState, StateHolder
from starlette.types import ASGIApp, Receive, Scope, Send

from viz.serving.rules import CAPACITY

REMEMBERED = 10_000
"""Forgotten pages that can be told that they are."""
GRACE = 10.0
"""Seconds from the end of a page's connection, or from its last use, until it is taken for closed."""
HEARTBEAT = "/heartbeat/"


class Session(SessionState):
    """One page's values; ``lost`` if the page is older than they are, since they had been forgotten meanwhile."""

    def __init__(self, blocks: Blocks, lost: bool = False) -> None:
        bare: Any = SimpleNamespace(default_config=blocks.default_config, blocks=())  # of none of them a copy is made
        super().__init__(bare)
        self.lost = lost

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        """Gradio keeps what deep links would need; there are none."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Gradio keeps the last answer, for deep links."""


class Sessions(StateHolder):
    """All pages' values, the last used at the end."""

    def __init__(self, blocks: Blocks, capacity: int = CAPACITY) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Gradio's own, which has no types
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        self._connections: Counter[str] = Counter()
        blocks.state_session_capacity = capacity
        self.set_blocks(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        with self.lock:
            if session_id not in self.session_data:
                self.session_data[session_id] = Session(self.blocks, session_id in self._forgotten)
        return super().__getitem__(session_id)

    def update(self, session_id: str) -> None:
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            if len(self.session_data) > self.capacity:
                # Calls of the API, which leave no values behind, push no open page out.
                empty = (key for key, one in self.session_data.items() if not one.state_data and key != session_id)
                self._drop(next(empty, next(iter(self.session_data))))

    def forget(self, session_id: str) -> None:
        """Drop a page's values."""
        with self.lock:
            if session_id in self.session_data:
                self._drop(session_id)

    def connected(self, session_id: str) -> None:
        """A page has opened the connection that lasts as long as it does."""
        self._connections[session_id] += 1

    def disconnected(self, session_id: str) -> None:
        """It has closed: the page is forgotten, unless it connects again or is in use."""
        self._connections[session_id] -= 1
        self._connections += Counter()  # without those at 0
        asyncio.get_running_loop().call_later(GRACE, self._forget_if_closed, session_id)

    def _forget_if_closed(self, session_id: str) -> None:
        used = self.time_last_used.get(session_id)
        if self._connections[session_id] or used is None:
            return
        left = GRACE - (datetime.now() - used).total_seconds()
        if left <= 0:
            self.forget(session_id)
        else:
            asyncio.get_running_loop().call_later(left, self._forget_if_closed, session_id)

    def _drop(self, session_id: str) -> None:
        self.time_last_used.pop(session_id, None)
        if self.session_data.pop(session_id).state_data:
            self._forgotten[session_id] = None
        if len(self._forgotten) > REMEMBERED:
            self._forgotten.popitem(last=False)


class Closing:
    """An ASGI application around ``app`` that sees pages open and close by the connection that each holds."""

    def __init__(self, app: ASGIApp, sessions: Sequence[Sessions]) -> None:
        self._app, self._sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, found, session_id = scope.get("path", "").partition(HEARTBEAT)
        if not found:
            return await self._app(scope, receive, send)
        for each in self._sessions:
            each.connected(session_id)
        try:
            await self._app(scope, receive, send)
        finally:
            for each in self._sessions:
                each.disconnected(session_id)
