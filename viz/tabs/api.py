"""The public API, for ``gradio_client``, plain HTTP and :mod:`core.client`, whose table of endpoints this registers.

Arguments are named; arrays are base64 text with shape and type (:mod:`core.client.wire`), errors sentences. ``API.md``
is written from the same table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_origin

from gradio.events import api

from core.client import endpoints
from core.client.rooms import Endpoint
from core.client.wire import sent
from core.studio.runtime import Runtime
from viz.tabs.common import told

REFERENCE = "Arguments, answers and how arrays are sent: API.md."
"""What the page about the API says below each endpoint."""


def register(runtime: Runtime) -> None:
    """Add every endpoint to the page that is being built."""
    for name, endpoint in endpoints().items():
        about = f"{endpoint.about} {REFERENCE}"
        api(_handler(runtime, endpoint), api_name=name, api_description=about, concurrency_limit=2)


def _handler(runtime: Runtime, endpoint: Endpoint) -> Callable[..., Any]:
    """What Gradio calls: with the endpoint's own arguments in its signature, from which it reads their names."""
    parameters = [
        inspect.Parameter(each.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=each.usual, annotation=each.json)
        for each in endpoint.takes
    ]
    answer = list[Any] if get_origin(endpoint.answer) in (list, tuple) else dict[str, Any]

    @told
    def handler(*values: Any) -> Any:
        given = dict(zip((each.name for each in endpoint.takes), values, strict=True))
        return sent(runtime.answer(endpoint.name, endpoint.read(given)))

    handler.__name__ = endpoint.name
    handler.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]
    handler.__annotations__ = {each.name: each.json for each in endpoint.takes} | {"return": answer}
    return handler
