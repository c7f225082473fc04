"""What Gradio's own routes say where they fail: one sentence, without a trace and without repeating what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradio.route_utils import FnIndexInferError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from viz.errors import DEFECT

LONGEST = 100
UNKNOWN = "There is no such endpoint: /gradio_api/info names those that there are."
ARGUMENTS = "These are not the endpoint's arguments: /gradio_api/info names them."


def saying(status: int, sentence: str) -> Callable[[Request, Exception], Response]:
    """A handler that answers with one sentence."""
    return lambda request, error: JSONResponse({"detail": sentence}, status)


def cut(request: Request, error: Any) -> Response:
    """A refusal of Gradio's, without the name that it repeats where that is long."""
    detail = error.detail
    if isinstance(detail, str) and len(detail) > LONGEST:
        detail = f"{detail[:LONGEST]} …"
    return JSONResponse({"detail": detail}, error.status_code, error.headers)


HANDLERS: dict[type[Exception], Any] = {
    HTTPException: cut,
    FnIndexInferError: saying(404, UNKNOWN),
    KeyError: saying(404, UNKNOWN),  # Gradio looks names and numbers up without asking whether they are there
    TypeError: saying(422, ARGUMENTS),
    Exception: saying(500, DEFECT),  # and the server logs its trace
}
"""Kinds of error in Gradio's routes, and what answers for them. Those of an event never come so far; see viz.page."""
