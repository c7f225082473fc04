"""The head of the served page: Easel's own tags instead of Gradio's, and scripts before Gradio's own."""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr
import pytest
from gradio import routes
from jinja2 import Environment
from markupsafe import Markup
from PIL import Image

from viz import head, layout
from viz.tabs.common import ASSETS

GRADIOS = Path(gr.__file__).parent / "templates" / "frontend" / "index.html"


def metas(page: str) -> dict[str, list[str]]:
    """What stands under each name or property of a page's ``<meta>``."""
    found: dict[str, list[str]] = {}
    for name, content in re.findall(r'<meta\s+(?:name|property)="([^"]+)"\s+content="([^"]*)"', page):
        found.setdefault(name, []).append(content)
    return found


def rendered(template: str, root: str) -> str:
    environment = Environment(autoescape=True)
    environment.filters["toorjson"] = lambda value: "{}"
    environment.globals |= {"easel_web": lambda config, request: "early", "easel_up": lambda request: "../"}
    environment.globals |= {"easel_language": lambda request: "en"}
    environment.globals |= {"easel_tags": lambda config, request: Markup(head.tags(config["root"]))}
    return environment.from_string(template).render(config={"root": root}, gradio_api_info={})


def test_gradios_own_tags_are_gone_and_each_of_easels_stands_once() -> None:
    page = rendered(head.dressed(GRADIOS.read_text(encoding="utf-8")), "https://example.org/easel")
    tags = metas(page)
    for name in ("og:title", "og:description", "og:image", "og:url", "twitter:card", "twitter:title", "description"):
        assert len(tags[name]) == 1, name
    assert tags["og:title"] == tags["twitter:title"] == [head.TITLE] and page.count("<title>") == 1
    assert tags["og:image"] == tags["twitter:image"] == ["https://example.org/easel/easel/preview.png"]
    said = " ".join(content for name, all_of in tags.items() if ":" in name for content in all_of)
    assert "gradio" not in said.lower()


def test_the_widgets_scripts_come_before_gradios() -> None:
    page = rendered(head.dressed(GRADIOS.read_text(encoding="utf-8")), "")
    assert page.index("early") < page.index('<script type="module"')


def test_a_room_fetches_gradios_code_from_the_root_as_all_others_do() -> None:
    page = rendered(head.dressed(GRADIOS.read_text(encoding="utf-8")), "")
    places = re.findall(r'"([./]*)assets/', page)
    assert places and set(places) == {"../"}


def test_what_is_no_page_of_gradio_is_refused() -> None:
    with pytest.raises(ValueError, match="no page template"):
        head.dressed("<html></html>")


def test_the_picture_of_the_preview_is_there_in_the_size_that_the_tags_say() -> None:
    with Image.open(ASSETS / head.PICTURE) as picture:
        assert picture.size == (head.WIDTH, head.HEIGHT)
    assert (ASSETS / head.PICTURE).stat().st_size < 200_000


def test_dressing_a_page_twice_leaves_one_set_of_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes.templates.env, "loader", routes.templates.env.loader)
    for _ in range(2):
        layout.dress()
    source, *_ = routes.templates.env.loader.get_source(routes.templates.env, "frontend/index.html")
    assert source.count("easel_tags") == 1 and source.count("easel_web") == 1
