"""Widgets of a kind share one script, which is their files in order and tells Gradio which events there are."""

from pathlib import Path

import pytest

from viz.widgets import editor, narrator, player, shared

HERE = Path(shared.__file__).parent


def served(head: str) -> str:
    """The script that a head names."""
    address = head.removeprefix('<script src="gradio_api/file=').removesuffix('"></script>')
    return Path(address).read_text(encoding="utf-8")


def test_many_players_name_one_and_the_same_script_which_holds_their_files_in_order() -> None:
    one, other = player.player("a", "vae"), player.player("b", "write")
    assert one.head == other.head and one.js_on_load == other.js_on_load
    text = served(str(one.head))
    parts = [(HERE / name).read_text(encoding="utf-8") for name in ("player_draw.js", "player_dom.js", "player.js")]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.startswith("window.easel_player = function (element, trigger, props, server, upload, watch) {")


def test_what_each_widget_carries_itself_is_a_line() -> None:
    for widget in (
        player.player("a", "vae"),
        narrator.narrator("b", "a", "vae"),
        editor.editor("c", "vae", cover=True),
    ):
        assert len(str(widget.js_on_load)) < 150


@pytest.mark.parametrize(
    ("widget", "event"), [(player.player("a", "vae"), "pick"), (editor.editor("c", "vae", cover=False), "edit")]
)
def test_gradio_knows_the_events_that_the_script_triggers(widget: object, event: str) -> None:
    assert callable(getattr(widget, event))
    with pytest.raises(AttributeError):
        _ = widget.nothing_of_the_kind  # type: ignore[attr-defined]
