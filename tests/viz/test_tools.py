"""Tools for language models, asked by the protocol's own client at a server that stands."""

from __future__ import annotations

import base64
import io
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from PIL import Image

from core.client import Easel
from core.errors import UserError
from core.studio.runtime import Runtime
from tests.core.client.asked import LOWER, A, picture_file
from tests.loops import run
from viz.page import Page
from viz.serving import tools
from viz.serving.accounts import Keys
from viz.serving.rules import Rules
from viz.serving.server import running, site
from viz.serving.tools import cover_of, digit_of, png

mcp = pytest.importorskip("mcp", reason="the package mcp of requirements-mcp.txt is not installed")

CODE = "Blue Whale 7"
TEXT = "\n".join("".join("#" if pixel >= 128 else "." for pixel in line) for line in A)
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def rooms() -> dict[str, gr.Blocks]:
    return {"/": Page()}


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(device="cpu")


@pytest.fixture(scope="module")
def url(runtime: Runtime) -> Iterator[str]:
    """A server with tools, of which the numbers are told."""
    with running(rooms(), rules=Rules(status=True), offered=tools.Tools(runtime)) as address:
        yield address


def talked(url: str, talk: Callable[[Any], Awaitable[Any]], **headers: str) -> Any:
    """What comes of a conversation with the server."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def conversation() -> Any:
        async with (
            httpx.AsyncClient(headers=headers, trust_env=False, timeout=120) as http,
            streamable_http_client(f"{url}mcp", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await talk(session)

    return run(conversation())


def called(url: str, name: str, **given: Any) -> tuple[list[np.ndarray], str]:
    """The pictures and the words with which a tool answers; its error as ``UserError``."""
    found = talked(url, lambda session: session.call_tool(name, given))
    words = "\n".join(each.text for each in found.content if each.type == "text")
    if found.isError:
        raise UserError(words)
    images = [each.data for each in found.content if each.type == "image"]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in images], words


def test_a_client_finds_the_tools_with_words_for_each_and_for_their_arguments(url: str) -> None:
    found = talked(url, lambda session: session.list_tools()).tools
    assert {each.name for each in found} == {"painters", "draw", "complete", "judge", "explain_step"}
    for each in found:
        assert each.description and len(each.description) > 30
    (complete,) = (each for each in found if each.name == "complete")
    assert "#" in complete.inputSchema["properties"]["drawing"]["description"]
    assert complete.inputSchema["required"] == ["drawing"]


def test_it_draws_what_the_studio_draws_and_gives_rows_that_the_other_tools_take(url: str, runtime: Runtime) -> None:
    (picture,), words = called(url, "draw", painter="pixelcnn-mnist", count=2, seed=5)
    entry = Easel(runtime=runtime).together.answer("imagine", "pixelcnn-mnist", count=2, seed=5)
    shown = picture[:: tools.PIXELS, :: tools.PIXELS] / 255
    assert np.array_equal(np.stack([shown[:28, :28], shown[:28, 29:57]]), entry.pictures)
    drawing = words.split("The first one:\n")[1]
    assert np.array_equal(digit_of(drawing) > 0, entry.pictures[0] >= 0.5)
    _, judged = called(url, "judge", drawing=drawing)
    nats = Easel(runtime=runtime).pixels.judge(entry.pictures[0]).nats.sum()
    assert f"pays {nats:.2f} nats" in judged


def test_it_completes_and_what_is_in_sight_stays(url: str) -> None:
    for painter in ("pixelcnn-mnist", "vae-mnist", "draw-mnist"):
        (picture,), words = called(url, "complete", drawing=TEXT, painter=painter, count=2)
        shown = picture[:: tools.PIXELS, :: tools.PIXELS]
        for left in (0, 29):
            assert np.array_equal(shown[:14, left : left + 28] >= 128, A[:14] >= 128)
        assert "nats" in words and "distinct" in words


def test_a_bound_is_said_to_be_one_and_an_exact_price_not(url: str) -> None:
    assert "at most" in called(url, "judge", drawing=TEXT, painter="vae-mnist")[1]
    (surprise,), exact = called(url, "judge", drawing=TEXT, painter="pixelcnn-mnist")
    assert "at most" not in exact and "bits" in exact
    row, column = map(int, re.findall(r"row (\d+), column (\d+)", exact)[0])
    assert surprise[row * tools.PIXELS, column * tools.PIXELS] == 255


def test_a_step_is_explained_with_the_numbers_of_its_trace(url: str, runtime: Runtime) -> None:
    easel = Easel(runtime=runtime)
    trace, _ = easel.draw.compare(A, 1, 3)
    (picture,), words = called(url, "explain_step", step=5, drawing=TEXT, seed=3)
    step = trace.steps[4]
    write = next(mark for mark in step.marks if mark.kind == "write")
    assert words.startswith("Step 5 of 16.")
    assert f"It wrote through a window of {write.width[0]:.1f} × {write.height[0]:.1f} px" in words
    assert f"All steps so far cost {trace.series('kl')[:5].sum():.2f} nats" in words
    after = picture[:: tools.PIXELS, :: tools.PIXELS][:28, 29:57]
    assert np.array_equal(after, np.rint(255 * step.image[0, 0]))
    _, pixel = called(url, "explain_step", step=400, drawing=TEXT, painter="pixelcnn-mnist")
    judged = easel.pixels.judge(A)
    assert f"row {399 // 28}, column {399 % 28}" in pixel
    assert f"so far cost {judged.nats.ravel()[:400].sum():.2f} nats" in pixel
    assert called(url, "explain_step", step=-1)[1].startswith("Step 16 of 16")


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("draw", {"painter": "rembrandt"}, "There is no painter 'rembrandt'"),
        ("draw", {"count": 99}, "The number of pictures must be a whole number from 1 to 16."),
        ("complete", {"drawing": TEXT, "hidden": "behind"}, "What is hidden is lower"),
        ("complete", {"drawing": "a seven"}, "not valid base64"),
        ("judge", {"drawing": "." * 10}, "not valid base64"),
        ("explain_step", {"step": 17}, "There is no step 16"),
        ("explain_step", {"step": 0}, "Steps are counted from 1"),
        ("explain_step", {"step": 1, "painter": "vae-mnist"}, "paints all at once"),
    ],
)
def test_a_mistake_is_one_sentence(url: str, name: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)):
        called(url, name, **given)


def test_a_defect_is_logged_and_its_words_stay_here(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(Runtime, "answer", broken)
    with pytest.raises(UserError, match="Something went wrong here") as caught:
        called(url, "judge", drawing=TEXT)
    assert "secret" not in str(caught.value) and "secret" in caplog.text


def test_what_tools_cost_is_counted_with_the_rest(url: str) -> None:
    called(url, "draw", painter="pixelcnn-mnist", count=1, seed=6)
    counts = httpx.get(f"{url}metrics", trust_env=False).text
    assert re.search(r'easel_requests_total\{room="/mcp",request="draw",outcome="answered"\} [1-9]', counts)
    assert re.search(r'easel_cost_seconds_total\{room="/mcp"\} (0\.0*[1-9]|[1-9])', counts)


def test_a_name_that_somebody_lets_point_here_gets_nothing(url: str) -> None:
    def asked(host: str) -> int:
        return httpx.post(f"{url}mcp", json=HELLO, headers={**ACCEPT, "Host": host}, trust_env=False).status_code

    assert [asked(host) for host in ("evil.example", "evil.example:7860")] == [400, 400]
    assert [asked(host) for host in ("localhost:7860", "192.168.1.7:7860", "[::1]:1")] == [200, 200, 200]


def test_a_class_code_closes_the_tools_and_opens_them_as_a_cookie_or_a_header(runtime: Runtime) -> None:
    rules = Rules(("easel.school.example",), keys=Keys(CODE))
    with running(rooms(), rules=rules, offered=tools.Tools(runtime)) as url:

        def status(**headers: str) -> int:
            return httpx.post(f"{url}mcp", json=HELLO, headers={**ACCEPT, **headers}, trust_env=False).status_code

        assert status() == 401 and status(Authorization="Bearer wrong") == 401
        assert status(Host="elsewhere.example", Authorization=f"Bearer {CODE}") == 400
        assert status(Host="easel.school.example", Authorization=f"Bearer {CODE}") == 200
        names = talked(url, lambda session: session.list_tools(), Authorization=f"Bearer {CODE}").tools
        assert len(names) == 5
        codes = [status(Authorization=f"Bearer {guess}") for guess in range(40)]
        assert codes[0] == 401 and codes[-1] == 429, "guessing is as slow as at the door"


def test_without_the_flag_there_are_no_tools() -> None:
    with running(rooms()) as url:
        assert httpx.post(f"{url}mcp", json=HELLO, headers=ACCEPT, trust_env=False).status_code in (404, 405)


def test_digits_come_as_rows_or_as_files_and_covers_as_words_or_rows() -> None:
    assert np.array_equal(digit_of(TEXT), np.where(A >= 128, 255, 0))
    assert digit_of(base64.b64encode(picture_file()).decode()).max() == 255
    assert np.array_equal(cover_of("lower"), LOWER) and cover_of("centre").sum() == 14 * 14
    assert np.array_equal(cover_of("\n".join(["." * 28] * 14 + ["#" * 28] * 14)), LOWER)
    assert png(np.zeros((5, 28, 28), np.float32)).data.startswith(b"\x89PNG")


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.fastmcp", None)
    with pytest.raises(UserError, match=r"pip install -r requirements-mcp\.txt"):
        site(rooms(), offered=tools.Tools(runtime))
