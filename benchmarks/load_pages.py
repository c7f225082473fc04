"""Open pages without a browser: each a session, a heartbeat and a stream of answers, as Gradio's front end has them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from benchmarks.load_asks import DIGIT, SEED, STANDS, Action, Ask, bare, filled

ALWAYS = {"desk-editor": DIGIT, "desk-seed": SEED}
"""Inputs that every painting of a room takes."""


class Room:
    """What a room's page knows of itself: its components, and its events with what stands in their inputs."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.components = {each["id"]: each for each in config["components"]}
        self.events = [each for each in config["dependencies"] if each["backend_fn"]]
        self.ids = {self.name(each): each for each in self.components}

    def name(self, component: int) -> str:
        """The element's name of a component; empty where it has none."""
        return str(self.components[component]["props"].get("elem_id") or "")

    def event(self, ask: Ask) -> dict[str, Any]:
        """The handler that an ask is for. Raises ``LookupError`` where the page has none."""
        for each in self.events:
            if not ask.event and each["api_name"] == ask.target:
                return dict(each)
            fires = any(name == ask.event and at and self.name(at) == ask.target for at, name in each["targets"])
            if fires and ask.shown in ("", *(self.name(output) for output in each["outputs"][:1])):
                return dict(each)
        raise LookupError(f"{ask.target} has no {ask.event or 'endpoint'}")

    def inputs(self, event: dict[str, Any], ask: Ask, seed: int) -> list[Any]:
        """What the page sends with it: what stands there, but for what was set."""
        if not ask.event:
            return [filled(value, seed) for value in ask.given.values()]
        return [self._input(each, ALWAYS | ask.given, seed) for each in event["inputs"]]

    def _input(self, component: int, given: dict[str, Any], seed: int) -> Any:
        each, name = self.components[component], self.name(component)
        if given.get(name, STANDS) != STANDS:
            return filled(given[name], seed)
        return None if each["type"] == "state" else each["props"].get("value")


class Page:
    """One open page of a room."""

    def __init__(self, url: str, room: Room, http: httpx.AsyncClient) -> None:
        self._room, self._http, self._session = room, http, secrets.token_hex(6)
        self._place = f"{url}gradio_api/"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Page]:
        """While it is open its heartbeat runs."""
        beating = asyncio.create_task(self._beat())
        try:
            yield self
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        async with self._http.stream("GET", f"{self._place}heartbeat/{self._session}") as stream:
            async for _ in stream.aiter_raw():
                pass

    async def done(self, action: Action, seed: int) -> str:
        """A digest of all answers to an action; raises where one of them is none."""
        found = [await self.asked(step, seed) for step in action.steps]
        return digest(found[0][0][0] if action.stage else found)

    async def asked(self, asks: Sequence[Ask], seed: int) -> list[Any]:
        """The answers to events of one moment, in their order."""
        if asks[0].function:
            return [await self._past_the_queue(ask, seed) for ask in asks]
        names = [await self._join(ask, seed) for ask in asks]
        found = dict[str, Any]()
        async with self._http.stream(
            "GET", f"{self._place}queue/data", params={"session_hash": self._session}
        ) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed" and message.get("event_id") in names:
                    if not message["success"]:
                        raise RuntimeError(str(message["output"].get("error"))[:100])
                    found[message["event_id"]] = message["output"]["data"]
                    if len(found) == len(names):
                        return [found[name] for name in names]
        raise RuntimeError("the stream ended without an answer")

    async def _join(self, ask: Ask, seed: int) -> str:
        event = self._room.event(ask)
        body = {"data": self._room.inputs(event, ask, seed), "fn_index": event["id"], "session_hash": self._session}
        if ask.event:
            body |= {"event_data": filled(ask.data, seed), "trigger_id": self._room.ids[ask.target]}
        joined = await self._http.post(f"{self._place}queue/join", json=body)
        if joined.status_code != 200:
            raise RuntimeError(f"{joined.status_code} {joined.text[:100]}")
        return str(joined.json()["event_id"])

    async def _past_the_queue(self, ask: Ask, seed: int) -> Any:
        body = {"session_hash": self._session, "component_id": self._room.ids[ask.target], "fn_name": ask.function}
        answer = await self._http.post(
            f"{self._place}component_server", json={**body, "data": list(filled(ask.data, seed).values())}
        )
        answer.raise_for_status()
        return answer.json()


def digest(answer: Any) -> str:
    """Of an answer, without what differs each time."""
    return hashlib.sha256(json.dumps(bare(answer), sort_keys=True).encode()).hexdigest()
