"""Configs and recipes as text: fields by name and type, read from a command line and from a card."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from core.errors import UserError

Config = TypeVar("Config")
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class SettingError(UserError):
    """A setting cannot be; the message is one sentence for the user."""


def kinds(config: Any) -> dict[str, Any]:
    """The fields of a dataclass, an object of it or the class itself, with their types."""
    cls = config if isinstance(config, type) else type(config)
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def described(kind: Any) -> str:
    """What a value of a field may be, in words."""
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple:
        return "a list with commas"
    return {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "text")


def parsed(kind: Any, text: str) -> Any:
    """The value of type ``kind`` that a text names. Raises ``ValueError``."""
    if get_origin(kind) is Literal:
        return {str(choice): choice for choice in get_args(kind)}[text]
    if get_origin(kind) is tuple:
        return tuple(parsed(get_args(kind)[0], part) for part in text.split(",") if part)
    if kind is bool:
        return WORDS[text.lower()]
    return kind(text)


def setting(config: Any, key: str, text: str) -> Any:
    """The value of the field ``key`` of a config that ``text`` names. Raises :class:`SettingError`.

    Numbers are finite and not negative, and whole ones at least 1 unless 0 is the field's default or no warm-up.
    """
    kind = kinds(config)[key]
    try:
        value = parsed(kind, text)
    except (ValueError, KeyError):
        raise SettingError("{key} is {described}, not {it!r}.", key=key, described=described(kind), it=text) from None
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, str | bool):
            continue
        least = int(isinstance(number, int) and field_of(config, key).default != 0 and key != "warmup")
        if not math.isfinite(number) or number < least:
            raise SettingError("{key} is at least {least}, so it cannot be {it}.", key=key, least=least, it=text)
    return value


def field_of(config: Any, key: str) -> Field[Any]:
    """The field of a dataclass by its name."""
    return next(field for field in fields(config) if field.name == key)


def rebuilt(cls: type[Config], values: Any) -> Config:
    """A config of a dataclass from what JSON keeps of it: lists are tuples again, fields that came later their default.

    Raises :class:`SettingError` if there is a field that the class does not have, one is missing, or a type is wrong.
    """
    known = kinds(cls)
    if not isinstance(values, Mapping) or not values.keys() <= known.keys():
        raise SettingError("These are not the settings of a {name}.", name=cls.__name__)
    for field in fields(cls):  # type: ignore[arg-type]  # a dataclass, as its name says
        absent = field.name not in values and field.default is MISSING
        if absent or (field.name in values and not holds(known[field.name], values[field.name])):
            raise SettingError(
                "These are not the settings of a {name}: {name2} is wrong.", name=cls.__name__, name2=field.name
            )
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def holds(kind: Any, value: Any) -> bool:
    """Whether a value out of JSON is one of a type."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, list | tuple) and all(holds(get_args(kind)[0], each) for each in value)
    if get_origin(kind) is UnionType:
        return any(holds(each, value) for each in get_args(kind))
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, int | float if kind is float else kind)
