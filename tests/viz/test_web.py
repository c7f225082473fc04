"""The widgets' code: one module a kind, at an address that holds for ever; a page's head names those that it needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import gradio as gr
import pytest
from fastapi import FastAPI

from tests.loops import run
from tests.viz.test_serving import asked, scope_of
from viz import layout
from viz.serving.web import Web
from viz.widgets import web
from viz.widgets.editor.editor import editor
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

MODULES = [path for path in web.files() if path.endswith(".js")]


def components(*widgets: gr.HTML) -> list[dict[str, Any]]:
    """As in the configuration that Gradio sends."""
    return [{"props": {"js_on_load": widget.js_on_load}} for widget in widgets]


def named(head: str) -> list[str]:
    """The addresses that a head names."""
    return re.findall(r"(?:href=\"|from ')([^\"']+)", head)


def test_of_what_the_folders_hold_only_scripts_styles_and_drawings_can_be_fetched() -> None:
    assert {Path(path).suffix for path in web.files()} <= {".js", ".css", ".svg"}
    assert {file.name for file in web.HERE.rglob("*.js")} == {Path(path).name for path in MODULES}
    app, forbidden = (
        Web(),
        ("web.py", "player/player.py", "player/", "", "../layout.py", "player/../web.py", "player.css"),
    )
    for path in forbidden:
        assert run(asked(app, scope_of(f"/{path}")))[0] == 404, path
    assert run(asked(app, scope_of("/base.js", "POST")))[0] == 404


def test_a_file_comes_packed_and_is_never_asked_for_again() -> None:
    status, headers, body = run(asked(Web(), scope_of("/player/player.js", accept_encoding="br")))
    assert status == 200 and len(body) < len(web.files()["player/player.js"]) / 2
    assert headers[b"content-encoding"] == b"br" and headers[b"content-type"].startswith(b"text/javascript")
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", MODULES)
def test_every_module_finds_what_it_imports_and_comes_after_it(path: str) -> None:
    needed = web.imports(path)
    assert needed[-1] == path and len(set(needed)) == len(needed)
    assert all(set(web.imports(one)) <= set(needed[: i + 1]) for i, one in enumerate(needed))


def test_a_head_names_the_modules_of_its_page_once_and_no_others() -> None:
    head = web.head("../", components(player("a", "vae"), narrator("b", "a", "vae"), player("c", "write")))
    assert [path.removeprefix(f"../{web.place()}/") for path in re.findall("from '([^']+)'", head)] == [
        "player/player.js",
        "narrator/narrator.js",
    ]
    assert "editor" not in head
    assert set(web.imports("player/player.js")) <= {path.removeprefix(f"../{web.place()}/") for path in named(head)}


def test_what_each_widget_carries_itself_is_a_line() -> None:
    for widget in (player("a", "vae"), narrator("b", "a", "vae"), editor("c", "vae", cover=True)):
        assert len(str(widget.js_on_load)) < 150 and not widget.css_template and not widget.head


@pytest.mark.parametrize(("widget", "event"), [(player("a", "vae"), "pick"), (editor("c", "vae", cover=False), "edit")])
def test_gradio_knows_the_events_that_a_module_triggers(widget: object, event: str) -> None:
    assert callable(getattr(widget, event))
    with pytest.raises(AttributeError):
        _ = widget.nothing_of_the_kind


def test_a_module_that_is_not_there_is_refused_when_the_page_is_built() -> None:
    with pytest.raises(KeyError):
        web.module("player/playr.js")


def test_the_rules_of_a_widget_hold_below_its_class_alone() -> None:
    sheet = web.files()[web.SHEET].decode()
    for widget in (player("a", "vae"), editor("c", "vae", cover=True)):
        (scope,) = widget.elem_classes
        assert sheet.count(f".{scope}, #easel {{") == 1
    assert sheet.count("{") == sheet.count("}")


@pytest.mark.parametrize("prefix", ["", "/easel"])
@pytest.mark.parametrize("room", ["/", "/vae/"])
def test_root_and_rooms_name_one_address_each_behind_a_proxy_too(
    room: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = gr.routes.templates.env
    monkeypatch.setattr(environment, "loader", environment.loader)
    layout.dress()
    parent = FastAPI()
    parent.mount(f"/{web.place()}", Web())
    with gr.Blocks(analytics_enabled=False) as blocks:
        player("a", "vae")
    gr.mount_gradio_app(parent, blocks, path=room)
    scope = scope_of(prefix + room, host="easel.test") | {"root_path": prefix, "scheme": "http", "server": ("h", 80)}
    status, _, page = run(asked(parent, scope))
    assert status == 200
    found = {urljoin(prefix + room, address) for address in named(page.decode()) if "web/" in address}
    assert {
        f"{prefix}/{web.place()}/{path}" for path in (*web.imports("player/player.js"), web.THEME, web.SHEET)
    } == found
    for address in found:
        assert run(asked(parent, scope_of(urlsplit(address).path) | {"root_path": prefix}))[0] == 200
