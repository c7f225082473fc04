"""What an endpoint is: a method of a room, whose signature and words say all that there is to say about it.

:mod:`core.client` calls such a method by HTTP or in this process; the server registers it, and the reference page
(``API.md``) is written from it. So there is one table, and it is the methods.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Concatenate, NamedTuple, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from core.client.kinds import Kind

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Room")


class Taken(NamedTuple):
    """One argument: its type, in words and as it is sent; ``usual`` is ``inspect.Parameter.empty`` where one must."""

    name: str
    kind: Kind | None
    type: Any
    about: str
    usual: Any

    @property
    def json(self) -> Any:
        """The type of what is sent."""
        if self.kind is None:
            return self.type
        return self.kind.json | None if self.usual is None else self.kind.json

    def passed(self, value: Any, through: Callable[[Any], Any] | None) -> Any:
        """A value ``through`` its kind; nothing stays nothing where that is what is usual."""
        return value if through is None or (value is None and self.usual is None) else through(value)


class Endpoint(NamedTuple):
    """``name`` is that of the address, ``call`` that in Python; ``answer`` the type of what comes back."""

    name: str
    call: str
    about: str
    takes: tuple[Taken, ...]
    answer: Any

    def send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as JSON."""
        return {each.name: each.passed(given[each.name], each.kind and each.kind.send) for each in self.takes}

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments that came as JSON as the studio takes them. Raises :class:`core.errors.UserError`."""
        return {each.name: each.passed(given[each.name], each.kind and each.kind.read) for each in self.takes}


Ask = Callable[[Endpoint, dict[str, Any]], Any]
"""What answers: an endpoint and its arguments by name, all of them."""


class Room:
    """The endpoints of a room; ``key`` is its place in the address and the beginning of their names."""

    key = ""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @classmethod
    def endpoints(cls) -> dict[str, Endpoint]:
        """All of them by their names."""
        found = [each for each in vars(cls).values() if getattr(each, "asked", False)]
        return {each.name: each for each in (endpoint(cls.key, method) for method in found)}


def asked(declared: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Make a method that only says what it takes and gives into one that asks for it."""
    signature = inspect.signature(declared)

    @functools.wraps(declared)
    def method(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        _, *given = bound.arguments.items()
        return self._ask(endpoint(self.key, method), dict(given))

    method.asked = True  # type: ignore[attr-defined]  # by which Room.endpoints finds it
    return method  # type: ignore[return-value]  # a method, whose first argument may be named


@functools.cache
def endpoint(key: str, method: Callable[..., Any]) -> Endpoint:
    """What a method of the room ``key`` declares."""
    hints = get_type_hints(method, include_extras=True)
    verb = method.__name__
    _, *parameters = inspect.signature(method).parameters.values()
    bare = get_type_hints(method)
    takes = tuple(_taken(each, hints[each.name], bare[each.name]) for each in parameters)
    prefix, dot = (f"{key}_", f"{key}.") if key else ("", "")
    return Endpoint(f"{prefix}{verb}", f"{dot}{verb}", inspect.getdoc(method) or "", takes, hints["return"])


def _taken(parameter: inspect.Parameter, hint: Any, bare: Any) -> Taken:
    kind, about = None, ""
    for part in (hint, *get_args(hint)):  # Digit | None holds it one level below
        if get_origin(part) is Annotated:
            said = get_args(part)[1]
            kind = said if isinstance(said, Kind) else None
            about = said.about if isinstance(said, Kind) else str(said)
            break
    return Taken(parameter.name, kind, bare, about, parameter.default)
