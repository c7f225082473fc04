"""The way to people: a page kept ready, small sessions that go with their pages, limits on what comes in."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import gradio as gr
import pytest
from gradio.events import api

from core.errors import UserError
from tests.loops import run
from viz.page import AGE, LOST, Page
from viz.serving import doors, pages, sessions
from viz.serving.doors import Doors
from viz.serving.pages import Pages
from viz.serving.server import PORTS, address, taken
from viz.serving.sessions import Closing, Session, Sessions
from viz.serving.surroundings import surroundings

Headers = dict[bytes, bytes]


def scope_of(path: str, method: str = "GET", query: bytes = b"", **headers: str) -> dict[str, Any]:
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": listed}


async def asked(app: Any, scope: dict[str, Any], body: bytes = b"") -> tuple[int, Headers, bytes]:
    """Status, headers and body of an ASGI application's answer; the body of the request comes in three pieces."""
    pieces = [body[: len(body) // 2], body[len(body) // 2 :], b""]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(part.get("body", b"") for part in sent[1:])


class Inner:
    """What stands behind: it counts its answers, says its path and query, and repeats the body that it was sent."""

    def __init__(self, status: int = 200) -> None:
        self.answers, self.status = 0, status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.answers += 1
        await asyncio.sleep(0)  # others come meanwhile
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        text = scope["path"].encode() + scope["query_string"] + body + b"x" * 2000
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": text, "more_body": False})


def test_many_who_ask_at_once_get_one_rendering_in_the_packing_that_they_can_read() -> None:
    inner = Inner()
    app = Pages(inner, ("/",))

    async def many() -> list[tuple[int, Headers, bytes]]:
        ways = ["", "gzip, deflate", "gzip, br;q=0.9"] * 5
        return await asyncio.gather(*(asked(app, scope_of("/", query=b"a=1", accept_encoding=way)) for way in ways))

    plain, gzipped, packed = run(many())[:3]
    assert inner.answers == 1
    assert plain[2] == gzip.decompress(gzipped[2]) == brotli.decompress(packed[2]) == b"/" + b"x" * 2000
    assert [each[1].get(b"content-encoding") for each in (plain, gzipped, packed)] == [None, b"gzip", b"br"]
    assert all(int(each[1][b"content-length"]) == len(each[2]) for each in (plain, gzipped, packed))
    again = run(asked(app, scope_of("/", if_none_match=plain[1][b"etag"].decode())))
    assert (again[0], again[2]) == (304, b"")
    head = run(asked(app, scope_of("/", "HEAD")))
    assert (head[0], head[2]) == (200, b"") and head[1][b"content-length"] == plain[1][b"content-length"]


def test_each_address_has_a_page_of_its_own_and_their_number_is_bounded() -> None:
    inner = Inner()
    app = Pages(inner, ("/",))
    for host in ("a", "b", "a"):
        run(asked(app, scope_of("/", host=host)))
    assert inner.answers == 2
    for k in range(2 * pages.MOST):
        run(asked(app, scope_of("/", host=f"h{k}")))
    assert len(app._kept) == pages.MOST


def test_errors_other_paths_and_questions_are_not_kept() -> None:
    failing, inner = Inner(500), Inner()
    app, ill = Pages(inner, ("/",), ("/config",)), Pages(failing, ("/",))
    for _ in range(2):
        assert run(asked(ill, scope_of("/")))[0] == 500
        assert run(asked(app, scope_of("/config", query=b"q=1")))[2].startswith(b"/configq=1")
        assert run(asked(app, scope_of("/other")))[2].startswith(b"/other")
        assert run(asked(app, scope_of("/", "POST"), b"sent"))[2].startswith(b"/sent")
    assert (inner.answers, failing.answers) == (6, 4)


def test_a_path_in_front_of_all_addresses_is_seen_through() -> None:
    inner = Inner()
    app = Pages(inner, ("/",))
    for _ in range(2):
        run(asked(app, {**scope_of("/easel/"), "root_path": "/easel"}))
    assert inner.answers == 1


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/runs",
        "/gradio_api/run-history/buckets",
        "/gradio_api/deep_link",
        "/gradio_api/proxy=https://a.hf.space/x",
        "/login/huggingface",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit/",
        "/draw/gradio_api/runs/",
        "/openapi.json",
    ],
)
def test_what_easel_has_no_use_for_is_closed(path: str) -> None:
    inner = Inner()
    assert run(asked(Doors(inner), scope_of(path)))[0] == 404 and not inner.answers


@pytest.mark.parametrize(
    "path", ["/", "/assets/login-a1.js", "/gradio_api/info", "/gradio_api/file=/t/easel/login/user/runs/a.png"]
)
def test_what_the_page_needs_is_open(path: str) -> None:
    assert run(asked(Doors(Inner()), scope_of(path)))[0] == 200


def test_a_body_is_handed_on_whole_unless_it_is_too_long_or_holds_too_many_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # what else this machine keeps there does not count
    monkeypatch.setattr(doors, "MAX_BODY", 1000)
    monkeypatch.setattr(doors, "MAX_VALUES", 100)
    inner = Inner()

    def posted(path: str, body: bytes) -> tuple[int, bytes]:
        status, _, answer = run(asked(Doors(inner), scope_of(path, "POST"), body))
        return status, answer

    assert posted("/a", b"1" * 1000) == (200, b"/a" + b"1" * 1000 + b"x" * 2000)
    assert posted("/a", b"1" * 1001)[0] == posted("/a", b"1," * 100)[0] == 413
    assert inner.answers == 1
    assert posted("/gradio_api/upload", b"1" * 1001)[0] == 200  # goes to disk as it comes, with a limit of its own


def test_uploads_wait_while_there_are_too_many_files_and_all_else_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(doors, "MAX_FILES", 1000)
    (tmp_path / "gradio").mkdir()
    upload = scope_of("/draw/gradio_api/upload", "POST")
    (tmp_path / "gradio" / "one").write_bytes(b"1" * 1000)
    assert run(asked(Doors(Inner()), upload, b"file"))[0] == 200
    (tmp_path / "gradio" / "two").write_bytes(b"1")
    status, _, body = run(asked(Doors(Inner()), upload, b"file"))
    assert status == 503 and b"half an hour" in body
    assert run(asked(Doors(Inner()), scope_of("/draw/")))[0] == 200


def plain() -> str:
    return "answer"


def small_page() -> tuple[gr.Blocks, gr.State]:
    with Page() as blocks:
        kept, button = gr.State([0]), gr.Button()
        for _ in range(20):
            gr.UploadButton()
        button.click(lambda values: [*values, 1], kept, kept)
        api(plain, api_name="plain")
    return blocks, kept


@pytest.fixture
def page() -> tuple[Sessions, gr.State]:
    blocks, kept = small_page()
    return Sessions(blocks, capacity=4), kept


def test_plain_calls_push_no_open_page_out(page: tuple[Sessions, gr.State]) -> None:
    held, kept = page
    held["open"][kept._id] = [0, 1]
    for k in range(20):
        held[f"call {k}"]
    assert len(held.session_data) <= 4 and held["open"][kept._id] == [0, 1]


def test_of_too_many_open_pages_the_one_longest_idle_is_told_to_reload(page: tuple[Sessions, gr.State]) -> None:
    held, kept = page
    for k in range(5):
        held[f"page {k}"][kept._id] = [k]
    held["page 1"]
    held["page 5"][kept._id] = [5]
    held["page 6"]
    assert set(held.session_data) == {"page 1", "page 4", "page 5", "page 6"}
    click = next(iter(held.blocks.fns.values()))
    assert run(held.blocks.process_api(click, [None], state=held["page 1"]))
    with pytest.raises(gr.Error, match=LOST[:30]):
        run(held.blocks.process_api(click, [None], state=held["page 0"]))


def test_a_session_holds_no_configuration_and_no_answer(page: tuple[Sessions, gr.State]) -> None:
    held, kept = page
    session = held["one"]
    for handler in held.blocks.fns.values():
        run(held.blocks.process_api(handler, [None] * len(handler.inputs), state=session))
    assert isinstance(session, Session) and session.config_values == {}
    assert session.state_data == {kept._id: [0, 1]}


def test_a_page_is_forgotten_when_its_connection_ends_unless_it_comes_back(
    page: tuple[Sessions, gr.State], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, kept = page
    monkeypatch.setattr(sessions, "GRACE", 0.02)

    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.03)

    async def closed() -> tuple[set[str], set[str]]:
        app = Closing(nothing, [held])
        for name in ("gone", "back"):
            held[name][kept._id] = [1]
            await app(scope_of(f"/gradio_api/heartbeat/{name}"), None, None)
        again = asyncio.create_task(app(scope_of("/gradio_api/heartbeat/back"), None, None))
        await asyncio.sleep(0.025)
        first = set(held.session_data)
        await again
        await asyncio.sleep(0.05)
        return first, set(held.session_data)

    assert run(closed()) == ({"back"}, set())
    assert not held._connections


def test_a_port_in_use_is_one_sentence_and_without_a_name_the_next_is_taken() -> None:
    with taken("127.0.0.1", None) as first:
        first.listen()
        with taken("127.0.0.1", None) as second:
            one, two = (each.getsockname()[1] for each in (first, second))
        assert one != two and one in PORTS and two in PORTS
        assert address(first, "0.0.0.0") == f"http://127.0.0.1:{one}/"
        with pytest.raises(UserError, match=rf"^Port {one} of 127.0.0.1 cannot be had: [^.]+\. Name another") as error:
            taken("127.0.0.1", one)
        assert "\n" not in str(error.value)
    for host, port, words in (("no.such.place.invalid", None, "no address"), ("127.0.0.1", 70000, "no such port")):
        with pytest.raises(UserError, match=words):
            taken(host, port)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """An environment and a folder of temporary files of the test's own."""
    for name in list(os.environ):
        if name.startswith(("GRADIO_", "SPACE_")) or name.lower() == "no_proxy":
            monkeypatch.delenv(name)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = signal.getsignal(signal.SIGTERM)
    yield monkeypatch
    signal.signal(signal.SIGTERM, before)


def test_temporary_files_lie_in_a_private_folder_that_goes_with_the_process(environment: Any, tmp_path: Path) -> None:
    with surroundings() as here:
        folder = Path(tempfile.gettempdir())
        assert folder.parent == tmp_path and folder.stat().st_mode & 0o777 == 0o700
        assert Path(os.environ["GRADIO_TEMP_DIR"]).parent == folder
        (folder / "easel-draw.gif").write_bytes(b"gif")
        assert len(list(folder.iterdir())) == 1 and here == ("127.0.0.1", None, "")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_to_end_leaves_no_folder_behind(environment: Any, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, surroundings():
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 0 and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ({"SPACE_ID": "me/easel"}, ("0.0.0.0", 7860, "")),
        ({"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "80"}, ("0.0.0.0", 80, "")),
        ({"GRADIO_ROOT_PATH": "/easel/"}, ("127.0.0.1", None, "/easel")),
    ],
)
def test_where_it_is_reached_comes_from_the_environment(environment: Any, names: Any, wanted: Any) -> None:
    for name, value in names.items():
        environment.setenv(name, value)
    environment.setenv("NO_PROXY", "school.example")
    with surroundings() as here:
        assert here == wanted and "GRADIO_ROOT_PATH" not in os.environ
        assert os.environ["NO_PROXY"] == "school.example,localhost,127.0.0.1,::1"
        assert os.environ["no_proxy"] == "localhost,127.0.0.1,::1"


def test_gradio_s_own_files_go_by_age_on_every_page() -> None:
    frequency, age = small_page()[0].delete_cache
    assert frequency <= age == AGE
