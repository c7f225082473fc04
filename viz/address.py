"""The address of a moment: each control of a room under a name, in the query of the page's address and back.

A room is a page (``/draw/``), an inner tab and its controls are keys of the query: ``/draw/?tab=pen&at=3&seed=7&v=1``.
The browser puts the query into the controls and writes it again when they change (``widgets/address/address.js``); the
server is not asked. Names are short and of one tab: only those of the tab that is open stand in the address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import gradio as gr

from viz.widgets.address.hints import hint
from viz.widgets.web import module

C = TypeVar("C", bound=gr.components.Component)

RESERVED = frozenset({"tab", "v", "view", "hide", "lock", "lang", "digit", "cover"})
"""Keys that are no control's of a tab."""
_NAME = re.compile(r"[a-z][a-z0-9-]*")
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "show_progress_on": []}
"""For events of the page's own. Gradio marks the progress of an event on each output, three times, and copies its whole
value each time; our stages say themselves that they wait."""


class Control(NamedTuple):
    """One control: the inner tab that it belongs to, empty for the whole page, and its name there."""

    tab: str
    name: str
    component: gr.components.Component
    usual: str | None = None
    """The usual value as it stands in an address, where that is not the component's own value written."""

    def described(self) -> dict[str, Any]:
        """What the browser must know of it: how its value is written, its usual value, and what it may be."""
        it: Any = self.component
        told: dict[str, Any] = {"tab": self.tab, "name": self.name, "usual": it.value}
        if it.elem_id:
            told |= {"id": it.elem_id, "hint": hint(self.tab, self.name)}  # a teacher's link may hide or lock it
        match it:
            case gr.Checkbox():
                return {**told, "kind": "flag", "usual": bool(it.value)}
            case gr.CheckboxGroup():
                return {**told, "kind": "list", "choices": [str(value) for _, value in it.choices]}
            case gr.Radio() | gr.Dropdown():
                numbers = all(isinstance(value, int) for _, value in it.choices)
                kind = "number" if numbers else "text"
                return {**told, "kind": kind, "choices": [str(value) for _, value in it.choices]}
            case gr.Slider() | gr.Number():
                whole = it.precision == 0 or bool(it.step and float(it.step).is_integer() and isinstance(it, gr.Slider))
                return {**told, "kind": "number", "least": it.minimum, "most": it.maximum, "whole": whole}
            case gr.Textbox():
                return {**told, "kind": "text"}
        raise TypeError(f"{type(it).__name__} has no place in an address.")

    @property
    def key(self) -> str:
        """As the browser calls it."""
        return f"{self.tab}/{self.name}"

    @property
    def text(self) -> str:
        """Its usual value as it stands in an address."""
        return written(self.component.value) if self.usual is None else self.usual


def written(value: Any) -> str:
    """A control's value as the browser writes it."""
    match value:
        case bool():
            return str(int(value))
        case None:
            return ""
        case list() | tuple():
            return ",".join(map(str, value))
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


class Address:
    """The controls of one room. Raises ``ValueError`` for a name that is taken or cannot stand in an address."""

    def __init__(self) -> None:
        self.controls: list[Control] = []
        self.adopted: list[Control] = []
        """Widgets that put their own value into the address."""
        self.subjects: dict[str, str] = {}
        """What each inner tab paints of the page's subject: "digit", or "cover" where the cover counts, too."""

    def add(self, tab: str, name: str, component: C) -> C:
        """Give a control its name; returns it."""
        self._check(tab, name)
        self.controls.append(Control(tab, name, component))
        return component

    def adopt(self, tab: str, name: str, component: C, usual: str | None = None) -> C:
        """The same for a widget that puts its own value, a text, into the address, at first ``usual``."""
        self._check(tab, name)
        self.adopted.append(Control(tab, name, component, usual))
        return component

    def _check(self, tab: str, name: str) -> None:
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(f"{name!r} is no name for a control.")
        if any(other.name == name and (not tab or other.tab in (tab, "")) for other in self.every):
            raise ValueError(f"There are two controls {name!r} in the tab {tab!r}.")

    @property
    def every(self) -> list[Control]:
        """All that has a name."""
        return [*self.controls, *self.adopted]

    def drop(self, tab: str) -> None:
        """Forget the controls of a tab that could not be built."""
        self.controls = [each for each in self.controls if each.tab != tab]
        self.adopted = [each for each in self.adopted if each.tab != tab]

    def of(self, component: object) -> Control | None:
        """The entry of a component, if it has a name."""
        return next((control for control in self.every if control.component is component), None)

    def key(self, component: object) -> str:
        """As the browser calls a component. Raises ``KeyError`` for one without a name."""
        if (control := self.of(component)) is None:
            raise KeyError("This component has no name in the address.")
        return control.key

    def wire(self, tabs: gr.Tabs | None = None, ids: Mapping[str, gr.Tab] | None = None) -> None:
        """Fill the controls from the query and write them back; ``ids`` are the inner tabs by their key, in order."""
        components: list[Any] = [control.component for control in self.controls]
        ids = ids or {}
        described = [control.described() for control in self.controls]
        value = {"controls": described, "tabs": list(ids), "subjects": self.subjects}
        widget = gr.HTML(
            value,
            html_template="",
            elem_id="address",
            **module("address/address.js", ["fill"], "easel-gate"),
        )
        filled = widget.fill(
            None,
            components,
            [*components, tabs] if tabs else components,
            js="(...values) => window.easelAddress.fill(values)",
            **QUIET,
        )
        filled.then(None, None, None, js="() => window.easelAddress.filled()", **QUIET)
        for control in self.controls:
            at = f"{json.dumps(control.tab)}, {json.dumps(control.name)}"
            change: Any = control.component
            change.change(None, change, None, js=f"value => window.easelAddress.write({at}, value)", **QUIET)
        for key, tab in ids.items():
            tab.select(None, None, None, js=f"() => window.easelAddress.tab({json.dumps(key)})", **QUIET)
