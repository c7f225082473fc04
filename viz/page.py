"""``gr.Blocks`` with a net under all its handlers: whatever fails reaches a person as one sentence."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api
from gradio.context import Context, get_blocks_context
from gradio.exceptions import ComponentProcessingError
from gradio.routes import App
from pydantic import ValidationError

from core.errors import UserError
from viz.errors import DEFECT, LOG, said
from viz.language import ENGLISH, say, speaking, spoken

LABELS = ("label", "info", "placeholder")
"""The properties of Gradio's components that people read."""

T = TypeVar("T")
A = TypeVar("A")
MISSING = "easel-missing"
"""The class of what stands in the place of a room that could not be built."""

SWEEP, AGE = 300, 1800
"""Seconds from one look for old files to the next, and the age at which they go."""
LONGEST = 300
"""Characters of a sentence; Gradio's own checks repeat whatever they were sent."""

LOST = "This page was away for too long and its picture is forgotten: reload it."
"""Better than to go on from a picture that is not the one on the screen; see :mod:`viz.serving.sessions`."""

LARGEST = sys.float_info.max
"""Of numbers; one that is none is not even smaller than this."""
IMPOSSIBLE = "No control of this page can have the value that was sent: set it again or reload the page."


def sentence(error: Exception) -> gr.Error:
    """An error as one sentence on the screen and through the API; never a stack trace."""
    return gr.Error(said(error), title=say("That did not work"), print_exception=False)


def completed(handler: BlockFunction, inputs: list[Any]) -> list[Any]:
    """The inputs of a call; what an endpoint's caller left out at the end is the default of the argument."""
    wanted = handler.inputs
    if len(inputs) < len(wanted) and not all(isinstance(block, Api) for block in wanted):
        raise UserError("This takes {wanted} values, not {inputs}.", wanted=len(wanted), inputs=len(inputs))
    return [*inputs, *(block.value for block in wanted[len(inputs) :] if isinstance(block, Api))]


def possible(block: object, value: object) -> bool:
    """Whether a control of the page could have sent such a value, as far as Gradio does not look itself.

    It knows a choice and a range. What widgets and endpoints send is theirs to read.
    """
    match block:
        case gr.Number() | gr.Slider():
            if value is None:  # a field that was cleared; a slider cannot be
                return isinstance(block, gr.Number)
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
        case gr.Checkbox():
            return isinstance(value, bool)
        case gr.Textbox():
            return isinstance(value, str) or value is None
        case gr.UploadButton():
            return value is not None
        case gr.Radio():  # what has been chosen once stays so
            return value is not None or block.value is None
    return True


def attempt(fill: Callable[[A], T], given: A) -> T | None:
    """Fill a part of the page that is being built; where that fails, nothing of it but one sentence stands there."""
    config, tab = get_blocks_context(), Context.block
    assert config is not None and tab is not None
    blocks, handlers, children = dict(config.blocks), dict(config.fns), list(tab.children)
    try:
        return fill(given)
    except Exception as error:
        LOG.error("A room could not be built:", exc_info=error)
        config.blocks, config.fns, tab.children = blocks, handlers, children
        text = said(error) if isinstance(error, UserError) else say(DEFECT)
        gr.HTML(f"<p>{html.escape(text)}</p>", elem_classes=MISSING, apply_default_css=False)
        return None


def labelled(props: Mapping[str, Any], read: Sequence[str] = LABELS) -> dict[str, Any]:
    """Those of a component's properties that people ``read``, in the language that is spoken here."""
    found = {name: say(props[name]) for name in read if isinstance(props.get(name), str)}
    if isinstance(choices := props.get("choices"), list):
        found["choices"] = [(say(title), value) for title, value in choices]
    return found


def label(page: gr.Blocks) -> None:
    """Say the labels of all components of a page, and what its buttons and paragraphs say, in its language."""
    for block in page.blocks.values():
        read = (*LABELS, "value") if isinstance(block, gr.Button | gr.Markdown) else LABELS
        vars(block).update(labelled(vars(block), read))


@contextmanager
def unserved() -> Iterator[None]:
    """Within the block Gradio makes no application of a page's routes.

    It makes one when a page is built, one for its queue and one when it is mounted, each in a tenth of a second, and
    serves the last one only.
    """
    making = App.create_app
    App.create_app = staticmethod(lambda *_, **__: None)  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        App.create_app = staticmethod(making)  # type: ignore[method-assign]


class Page(gr.Blocks):
    """A page whose every event ends in an answer or a sentence, also where Gradio itself refuses the inputs.

    What it puts into Gradio's folder of temporary files, uploads and downloads, goes after half an hour.
    """

    address: object = None
    """The :class:`viz.address.Address` of what has a name on a page that is built."""
    around: Callable[[str, str], AbstractContextManager[object]] = staticmethod(lambda request, page: nullcontext())
    """What holds while an event is answered; it is told its name and which open page asks. The server's to set."""

    def __init__(self, **options: Any) -> None:
        self.language = spoken()
        super().__init__(analytics_enabled=False, delete_cache=(SWEEP, AGE), **options)

    def __exit__(self, *failure: Any) -> None:
        with unserved():
            super().__exit__(*failure)

    def queue(self, *options: Any, **more: Any) -> Page:
        with unserved():
            super().queue(*options, **more)
        return self

    async def process_api(self, block_fn: BlockFunction | int, inputs: list[Any], *args: Any, **more: Any) -> Any:
        handler = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        asked = self.around(str(handler.api_name or handler.name), more.get("session_hash") or "")
        with speaking(self.language), asked:
            answer = await self._answered(handler, inputs, *args, **more)
            if self.language != ENGLISH:
                for value in answer["data"]:
                    if isinstance(value, dict) and value.get("__type__") == "update":
                        value.update(labelled(value))
            return answer

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """The values of a call as the handler takes them; one that no control can have is refused in a sentence."""
        wrong: Exception | None = None
        if all(possible(*each) for each in zip(block_fn.inputs, inputs, strict=False)):
            try:
                found: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
                return found
            except (ComponentProcessingError, ValidationError) as error:
                if isinstance(error.__cause__, OSError):  # a full disk is nobody's value
                    raise
                wrong = error
        raise UserError(IMPOSSIBLE) from wrong

    async def _answered(self, handler: BlockFunction, inputs: list[Any], *args: Any, **more: Any) -> Any:
        try:
            if getattr(more.get("state"), "lost", False) and any(block.stateful for block in handler.inputs):
                raise UserError(LOST)
            brought = getattr(more.get("event_data"), "_data", None)
            # Our widgets name what they send along; Gradio's own controls send what they like, such as their value.
            ours = any(isinstance(self.blocks.get(target), gr.HTML) for target, _ in handler.targets if target)
            if handler.collects_event_data and ours and not isinstance(brought, dict | None):
                raise UserError(IMPOSSIBLE)
            return await super().process_api(handler, completed(handler, inputs), *args, **more)
        except gr.Error as error:  # said already, by a handler or by one of Gradio's checks
            text, error.print_exception = str(error.message), False
            error.message = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
            raise
        except Exception as error:
            raise sentence(error) from error
