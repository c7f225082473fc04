"""Which language a visitor gets: by the address, by an earlier choice, by the browser's wish."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viz.serving.tongue import COOKIE, Tongue, wished

CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
PAGES = ["/", "/draw/", "/zh/", "/zh/draw/"]


def client() -> TestClient:
    def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.path)

    routes = [Route(path, page) for path in [*PAGES, "/config"]]
    return TestClient(Tongue(Starlette(routes=routes), PAGES), follow_redirects=False)


def test_who_wishes_chinese_is_sent_to_the_same_room_with_the_whole_address() -> None:
    answer = client().get("/draw/?tab=pen&seed=3&cover=", headers=CHINESE)
    assert answer.status_code == 302 and answer.headers["location"] == "/zh/draw/?tab=pen&seed=3&cover="


def test_who_wishes_english_or_nothing_stays() -> None:
    assert client().get("/draw/", headers={"accept-language": "en-GB,en;q=0.9,zh;q=0.5"}).text == "/draw/"
    assert client().get("/draw/", headers={"accept-language": "de, ;q=x, zh;q=0"}).text == "/draw/"


def test_an_address_that_names_a_language_is_stronger_than_the_wish_and_is_remembered() -> None:
    visitor = client()
    assert visitor.get("/draw/?lang=en", headers=CHINESE).text == "/draw/"
    assert visitor.cookies[COOKIE] == "en" and visitor.get("/", headers=CHINESE).text == "/"
    assert visitor.get("/zh/draw/", headers={"accept-language": "en"}).text == "/zh/draw/"


def test_a_choice_of_chinese_holds_for_the_next_english_address() -> None:
    visitor = client()
    assert visitor.get("/?lang=zh").headers["location"] == "/zh/?lang=zh"
    visitor.get("/zh/?lang=zh")
    assert visitor.get("/draw/").headers["location"] == "/zh/draw/"


def test_who_comes_from_a_page_of_ours_stays_in_its_language_also_without_cookies() -> None:
    headers = {**CHINESE, "referer": "http://testserver/draw/?lang=en"}
    assert client().get("/", headers=headers).text == "/"
    assert client().get("/", headers={**CHINESE, "referer": "http://[broken"}).status_code == 302


def test_what_is_no_page_is_left_alone() -> None:
    assert client().get("/config", headers=CHINESE).text == "/config"


def test_a_broken_cookie_and_a_foreign_language_are_no_choice() -> None:
    assert client().get("/?lang=tlh", headers={"cookie": f"{COOKIE}=tlh; \x01="}).text == "/"


def test_the_strongest_wish_that_there_is_wins() -> None:
    assert wished({b"accept-language": "fr;q=0.9, zh-TW;q=0.8, en;q=0.7"}) == "zh"
