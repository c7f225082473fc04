"""The sums that lessons are made of: calls by name, arithmetic and comparisons, and nothing else of Python."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import UserError, quoted

Calls = Mapping[str, Callable[..., Any]]

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARED: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class SumError(UserError):
    """A sum that cannot be read or names what is not there; one sentence says which."""


def value(text: str, calls: Calls, names: Mapping[str, float] | None = None) -> Any:
    """What ``text`` comes to: of :data:`Calls` by name, of ``names``, of numbers and texts in quotes.

    Raises :class:`SumError` for anything else.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise SumError("The sum {it} cannot be read.", it=quoted(text)) from None
    return _value(tree, calls, names or {})


def _value(node: ast.expr, calls: Calls, names: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=int() | float() | str() as number):
            return number
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, calls, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, calls, names), _value(right, calls, names))
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARED for op in ops):
            values = [_value(each, calls, names) for each in (left, *others)]
            return all(_COMPARED[type(op)](a, b) for op, a, b in zip(ops, values, values[1:], strict=False))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in calls:
            return calls[name](*(_value(each, calls, names) for each in given))
    raise SumError("There is nothing called {unparse} in a lesson's sums.", unparse=quoted(ast.unparse(node)))
