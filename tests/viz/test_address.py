"""Names of controls: what a browser is told of them, and what is refused."""

from __future__ import annotations

import gradio as gr
import pytest

from viz.address import Address, Control, written


@pytest.mark.parametrize(
    ("value", "text"), [(True, "1"), (None, ""), (3.0, "3"), (0.05, "0.05"), (["a", "b"], "a,b"), ("Copy", "Copy")]
)
def test_a_value_is_written_as_the_browser_writes_it(value: object, text: str) -> None:
    assert written(value) == text


def test_each_control_tells_its_kind_its_usual_value_and_its_limits() -> None:
    def told(component: gr.components.Component) -> dict[str, object]:
        return Control("pen", "it", component).described()

    assert told(gr.Slider(1, 64, 16, step=1)) == {
        "tab": "pen", "name": "it", "usual": 16, "kind": "number", "least": 1, "most": 64, "whole": True
    }  # fmt: skip
    assert not told(gr.Slider(0, 1, 0.5, step=0.05))["whole"]
    assert told(gr.Number(1, precision=0, minimum=0))["whole"]
    assert told(gr.Checkbox(False))["kind"] == "flag"
    assert told(gr.Radio([("PixelCNN", "pixelcnn-mnist"), "b"], value="b"))["choices"] == ["pixelcnn-mnist", "b"]
    assert (
        told(gr.Radio([("60×60", 60), ("100×100", 100)], value=60))["kind"] == "number"
    )  # Gradio knows no "100" there
    assert told(gr.CheckboxGroup(["a", "b"], value=["a"]))["usual"] == ["a"]


def test_what_has_no_text_has_no_place_in_an_address() -> None:
    with pytest.raises(TypeError, match="Plot has no place"):
        Control("pen", "it", gr.Plot()).described()


@pytest.mark.parametrize("name", ["tab", "v", "digit", "Stride", "", "a b", "a&b"])
def test_a_name_that_means_something_else_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a control"):
        Address().add("pen", name, gr.Checkbox())


def test_two_tabs_may_use_one_name_but_not_one_tab_or_the_page_and_a_tab() -> None:
    address = Address()
    address.add("pen", "at", gr.Slider(1, 2))
    address.add("time", "at", gr.Slider(1, 2))
    with pytest.raises(ValueError, match="two controls 'at'"):
        address.adopt("pen", "at", gr.HTML())
    with pytest.raises(ValueError, match="two controls 'at'"):
        address.add("", "at", gr.Number())
    address.add("", "seed", gr.Number())
    with pytest.raises(ValueError, match="two controls 'seed'"):
        address.add("pen", "seed", gr.Number())
