"""The page in another language: nothing on it is left in English, and the way over keeps what stands there."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import focus, load, query
from viz.language import ENGLISH, NAMES, say, speaking
from viz.layout import ROOMS

OTHERS = [language for language in NAMES if language != ENGLISH]
VISIBLE = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const home = node.parentElement;
    if (home.closest('script, style, noscript, code, pre, .katex, em, i, cite') || !home.checkVisibility()) continue;
    found.push(node.textContent.replace(/\\s+/g, ' ').trim());
  }
  return found;
}"""
"""Texts on the screen; what stands in italics are titles of papers."""
SENTENCE = re.compile(r"\b[A-Za-z][a-z'’]*(?:[ ,;:]+[a-z][a-z'’]+){3,}")
"""Four words of English one after the other: names of models and authors have capitals."""


def words(language: str, text: str) -> str:
    with speaking(language):
        return say(text).partition("{")[0]


def left_in_english(page: Page) -> set[str]:
    return {text for text in page.evaluate(VISIBLE) if SENTENCE.search(text)}


@pytest.mark.kept_page
@pytest.mark.parametrize("room", [room.key for room in ROOMS])
@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_on_the_page_is_left_in_english(page: Page, language: str, room: str) -> None:
    load(page, f"/{language}/{room}/" if room else f"/{language}/")
    expect(page.locator("html")).to_have_attribute("lang", language)
    found = left_in_english(page)
    tabs = page.locator(".easel-inner > .tab-wrapper [role=tab]")
    for tab in tabs.all():
        if tab.is_visible():
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
            expect(page.get_by_role("tabpanel").filter(visible=True).first).to_be_visible()
            found |= left_in_english(page)
    assert found == set()


def test_what_is_looked_for_is_found_on_the_english_page(page: Page) -> None:
    load(page, "/vae/")
    assert left_in_english(page)


@pytest.mark.parametrize("language", OTHERS)
def test_the_way_to_another_language_and_back_keeps_the_address(page: Page, language: str) -> None:
    load(page, "/vae/?tab=code&seed=5&v=1")
    slider = page.locator("#vae-code [data-z='1'] input[type=range]")
    focus(slider)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**z=**")
    there = query(page.url)
    page.locator(f"a.language[data-language={language}]").click()
    page.wait_for_url(f"**/{language}/vae/**z=**")
    assert query(page.url).items() >= there.items()
    expect(slider).to_be_visible()
    page.locator(f"a.language[data-language={ENGLISH}]").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/vae/" and "z=" in url)
    assert query(page.url).items() >= there.items()


@pytest.mark.parametrize("language", OTHERS)
def test_a_lesson_that_was_composed_in_one_language_opens_in_the_other(page: Page, language: str) -> None:
    load(page, f"/{language}/lessons/")
    page.locator("button.compose").click()
    page.get_by_label(words(language, "Title"), exact=True).fill("看哪里")
    page.get_by_label(words(language, "Sentences"), exact=True).fill("它**先**看哪里？")
    page.wait_for_url("**made=z**")
    page.get_by_role("button", name=words(language, "See it as a student")).click()
    page.wait_for_function("() => !location.search.includes('compose')")
    link = page.url
    assert urlsplit(link).path == f"/{language}/lessons/"
    for address, spoken in ((link, language), (link.replace(f"/{language}/", "/"), ENGLISH)):
        load(page, address)
        expect(page.locator(".words .easel-text")).to_have_text("它先看哪里？")
        frame = page.frame_locator(".easel-beside iframe")
        expect(frame.locator("html")).to_have_attribute("lang", spoken)


@pytest.mark.parametrize("language", OTHERS)
def test_a_lesson_goes_on_paper_in_its_language(page: Page, language: str) -> None:
    page.route(re.compile(r"view=lesson"), lambda route: route.fulfill(body="<p>A room.</p>", content_type="text/html"))
    load(page, f"/{language}/lessons/?lesson=plan-a-quarter&v=1")
    page.get_by_role("button", name=words(language, "On paper")).click()
    sheet = page.locator(".sheet")
    expect(sheet.locator(".squares svg")).to_be_visible()
    assert left_in_english(page) == set()
    sheet.get_by_role("button", name=words(language, "With answers")).click()
    page.wait_for_url("**sheet=answers**")
    assert left_in_english(page) == set()
    page.unroute_all(behavior="ignoreErrors")
