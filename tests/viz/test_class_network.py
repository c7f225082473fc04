"""A class on a network: who comes in, under which names, who frames the page, and what is written down of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio.events import api

from core.errors import UserError
from tests.loops import run
from tests.viz.test_serving import Inner, scope_of
from tests.viz.test_serving import asked as asked_of
from viz.errors import said
from viz.language import say, speaking
from viz.page import Page
from viz.serving import accounts, gate, options, rules
from viz.serving.accounts import Keys
from viz.serving.gate import Gate
from viz.serving.rules import Rules, hosts, sites
from viz.serving.server import running
from viz.serving.surroundings import Surroundings

CODE = "Blue Whale 7"


def double(number: float = 1) -> float:
    if number == 13:
        raise UserError("Not thirteen.")
    return 2 * number / (number != 0)


def rooms() -> dict[str, gr.Blocks]:
    found: dict[str, gr.Blocks] = {}
    for path in ("/draw", "/"):
        with Page() as found[path]:
            gr.Textbox("inside")
            api(double, api_name="double")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("class")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Two rooms of a class with a code and one account."""
    accounts.add(folder / "accounts", "anna", "correct horse")
    keys = Keys(CODE, accounts.read(folder / "accounts"))
    strict = Rules(hosts("*.school.example"), sites("https://moodle.example"), keys, True, folder / "log" / "requests")
    with running(rooms(), rules=strict) as address:
        yield address


@pytest.fixture
def visitor(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def entered(visitor: httpx.Client, password: str = CODE, name: str = "") -> httpx.Response:
    return visitor.post("/login", data={"username": name, "password": password, "page": "/draw/?seed=2"})


def answer(visitor: httpx.Client, number: float) -> str:
    event = visitor.post("/draw/gradio_api/call/double", json={"data": [number]}).json()["event_id"]
    return visitor.get(f"/draw/gradio_api/call/double/{event}").text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/draw/",
        "/config",
        "/gradio_api/info",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/queue/data?session_hash=a",
        "/theme.css",
        "/login/../config",
    ],
)
def test_without_a_pass_nobody_gets_anything_but_the_question_for_one(visitor: httpx.Client, path: str) -> None:
    for program in (visitor.get(path), visitor.post(path), visitor.get(path, headers={"cookie": "easel-pass=9e9.00"})):
        assert (program.status_code, program.json()["detail"]) == (401, gate.CLOSED)
    page = visitor.get(path, headers={"accept": "text/html"})
    assert page.status_code == 401 and 'name="password"' in page.text and "inside" not in page.text


@pytest.mark.parametrize(("name", "password"), [("", "bluewhale7"), ("x", "BLUE-whale 7"), ("anna", "correct horse")])
def test_a_code_however_it_is_typed_and_a_password_open_all_rooms(
    visitor: httpx.Client, name: str, password: str
) -> None:
    came = entered(visitor, password, name)
    assert (came.status_code, came.headers["location"]) == (303, "/draw/?seed=2")
    assert "HttpOnly" in came.headers["set-cookie"] and "SameSite=Lax" in came.headers["set-cookie"]
    assert "inside" in visitor.get("/").text and "inside" in visitor.get("/draw/").text
    assert "[8" in answer(visitor, 4)


def test_a_program_comes_in_as_gradio_client_does(visitor: httpx.Client) -> None:
    came = visitor.post("/login", data={"username": "anna", "password": "correct horse"})
    assert came.status_code == 200 and visitor.get("/config").status_code == 200


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", "correct horse"), ("anna", ""), ("", "")])
def test_a_wrong_word_is_said_to_be_wrong(visitor: httpx.Client, name: str, password: str) -> None:
    came = entered(visitor, password, name)
    assert came.status_code == 401 and str(gate.WRONG) in came.text and "set-cookie" not in came.headers


@pytest.mark.parametrize(
    ("page", "headers"),
    [
        ("/zh/draw/?seed=2", {}),
        ("/draw/", {"cookie": "easel-language=zh"}),
        ("/", {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}),
    ],
)
def test_the_door_speaks_the_language_that_the_visitor_gets_inside(
    visitor: httpx.Client, page: str, headers: dict[str, str]
) -> None:
    door = visitor.get(page, headers={"accept": "text/html", **headers})
    wrong = visitor.post("/login", data={"password": "wrong", "page": page}, headers=headers)
    with speaking("zh"):
        assert say("Come in") in door.text and 'lang="zh"' in door.text and "Come in" not in door.text
        assert said(gate.WRONG) in wrong.text and str(gate.WRONG) not in wrong.text
    english = visitor.get("/draw/", headers={"accept": "text/html", "accept-language": "en"})
    assert "Come in" in english.text and 'lang="en"' in english.text


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\r\nset-cookie: a"])
def test_whoever_comes_in_goes_to_a_page_of_easel(visitor: httpx.Client, page: str) -> None:
    came = visitor.post("/login", data={"password": CODE, "page": page})
    assert came.headers["location"] == "/" and "set-cookie: a" not in str(came.headers)


def test_too_many_guesses_from_one_address_wait_a_minute_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now, door = [100.0], Gate(Inner(), Keys(CODE))
    monkeypatch.setattr(gate, "monotonic", lambda: now[0])

    def tried(password: str, address: str = "10.0.0.1") -> tuple[int, bytes]:
        scope = scope_of("/login", "POST") | {"client": (address, 1)}
        status, _, body = run(asked_of(door, scope, f"password={password}".encode()))
        return status, body

    assert {tried("wrong")[0] for _ in range(gate.GUESSES)} == {401}
    now[0] += 20
    status, body = tried("bluewhale7")
    assert status == 429 and b"try again in 40 seconds" in body
    assert tried("bluewhale7", "10.0.0.2")[0] == 200
    now[0] += 41
    assert tried("bluewhale7")[0] == 200


def test_a_form_without_end_is_not_read(visitor: httpx.Client) -> None:
    assert visitor.post("/login", content=b"password=" + b"a" * 10_000).status_code == 401
    assert visitor.post("/login", content=b"a=1&" * 900).status_code == 401


def test_other_names_than_the_server_s_are_not_answered(visitor: httpx.Client) -> None:
    for name in ("evil.example", "school.example", "localhost.evil.example", "evilschool.example", ""):
        refused = visitor.get("/", headers={"host": name})
        assert refused.status_code == 400 and "--hosts" in refused.text
    for name in ("easel.school.example", "EASEL.School.example.:8080", "localhost", "[::1]:7860"):
        assert visitor.get("/", headers={"host": name}).status_code == 401


def test_only_this_machine_and_named_sites_frame_a_page_and_nothing_comes_from_elsewhere(visitor: httpx.Client) -> None:
    entered(visitor)
    for path in ("/", "/draw/", "/theme.css", "/nothing"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' http://localhost:* http://127.0.0.1:* https://moodle.example")
        assert policy.startswith("default-src 'self' data: blob:") and headers["x-content-type-options"] == "nosniff"


def test_the_log_holds_time_room_request_cost_work_seconds_and_outcome_and_nothing_else(
    visitor: httpx.Client, folder: Path
) -> None:
    entered(visitor)
    file = folder / "log" / "requests"
    before = len(file.read_text("utf-8").splitlines())
    for number in (4, 13, 0):
        answer(visitor, number)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()[before:]]
    assert [line["outcome"] for line in lines] == ["answered", "refused", "failed"]
    assert all((line["room"], line["request"]) == ("/draw", "double") for line in lines)
    assert {key for line in lines for key in line} == {
        "time",
        "room",
        "request",
        "outcome",
        "cost",
        "worked",
        "seconds",
    }


def test_health_and_counts_are_told_without_a_pass_and_hold_no_names(visitor: httpx.Client) -> None:
    health = visitor.get("/healthz", headers={"host": "10.0.0.7"})
    assert health.status_code == 200 and health.json()["status"] == "ok"
    text = visitor.get("/metrics").text
    assert re.search(r'easel_requests_total\{room="/draw",request="double",outcome="answered"\} \d', text)
    assert "easel_event_loop_stall_seconds" in text and "anna" not in text and "127.0.0.1" not in text
    assert visitor.post("/healthz").status_code == 405


def test_who_asks_for_nothing_gets_an_open_page_without_status() -> None:
    with running(rooms()) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as visitor:
        assert "inside" in visitor.get("/", headers={"host": "anything.example"}).text
        assert visitor.get("/healthz").status_code == visitor.get("/metrics").status_code == 404


def test_a_pass_is_good_for_a_day_on_every_server_of_the_class_and_on_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Keys(CODE).issued()
    assert Keys("BLUE WHALE-7").good(shown) and not Keys("blue whale 8").good(shown)
    until, _, signature = shown.partition(".")
    assert not any(Keys(CODE).good(forged) for forged in (f"{int(until) + 1}.{signature}", "", "é.é"))
    monkeypatch.setattr(accounts, "STAY", -1)
    assert not Keys(CODE).good(Keys(CODE).issued())


def test_no_password_stands_in_the_file_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    accounts.add(file, "anna", "correct horse")
    accounts.add(file, "ben", "correct horse")
    accounts.add(file, "anna", "battery staple")
    text = file.read_text("utf-8")
    assert "horse" not in text and len(set(text.splitlines())) == 2 and file.stat().st_mode & 0o777 == 0o600
    keys = Keys(None, accounts.read(file))
    assert keys.opens("anna", "battery staple") and not keys.opens("anna", "correct horse")
    for name, password in (("an na", "long enough"), ("a:b", "long enough"), ("anna", "short")):
        with pytest.raises(UserError):
            accounts.add(file, name, password)


def asked(monkeypatch: pytest.MonkeyPatch, *words: str) -> Rules:
    monkeypatch.setattr("sys.argv", ["app.py", *words])
    return options.rules(options.asked(Surroundings("127.0.0.1", None, "")))


def test_a_code_that_is_not_named_is_made_and_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = asked(monkeypatch, "--code").keys
    code = capsys.readouterr().out.split()[-1]
    assert keys is not None and len(code) == 8 and keys.opens("", code) and asked(monkeypatch).keys is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--code", "abc"], "at least 6"),
        (["--embed", "moodle.example"], "is written as https://"),
        (["--embed", "https://a.example; script-src *"], "is written as https://"),
        (["--hosts", "http://a"], "without a port"),
        (["--hosts", "a.example", "--share"], "leave out --hosts"),
        (["--auth", "no-such-file"], "cannot be read"),
    ],
)
def test_rules_that_make_no_sense_are_one_sentence(monkeypatch: pytest.MonkeyPatch, words: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)) as error:
        asked(monkeypatch, *words)
    assert "\n" not in str(error.value)


def test_a_damaged_file_of_accounts_is_told_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    for text, words in (("# none\n", "no account"), ("# a\nanna:secret\n", "Line 2")):
        file.write_text(text, "utf-8")
        with pytest.raises(UserError, match=words):
            accounts.read(file)


def test_a_space_may_be_shown_by_the_hub() -> None:
    assert set(rules.HUB) <= set(sites("", space=True)) and not set(rules.HUB) & set(sites(""))
