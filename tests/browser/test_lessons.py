"""The room of the lessons: each is walked to its end, and its tasks are solved wrong and right in the real room."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.helpers import focus, load
from viz.language import ENGLISH, NAMES, say, speaking
from viz.views import lessons
from viz.views.lesson_sums import value

ROOT = ".easel-lessons"
FRAME = ".easel-beside iframe"
COURSES = {language: {lesson.key: lesson for lesson in lessons.course(language)} for language in NAMES}
COURSE = COURSES[ENGLISH]
KNOWN = lessons.known_facts()
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}


def words(language: str, text: str) -> str:
    """What the page says in a language, up to where it has something else in it."""
    with speaking(language):
        return say(text).partition("{")[0]


def root_of(language: str) -> str:
    return "" if language == ENGLISH else f"/{language}"


def open_step(page: Page, key: str, step: int, language: str = ENGLISH) -> FrameLocator:
    """A step of a lesson, and its room, in the lesson's language, when it stands and its painting has come."""
    load(page, f"{root_of(language)}/lessons/?lesson={key}&step={step}&v=1")
    expect(page.locator(ROOT)).to_have_attribute("data-at", f"{key}/{step}")
    expect(page.locator(FRAME)).to_have_attribute("data-at", COURSE[key].steps[step - 1].at)
    expect(page.frame_locator(FRAME).locator("html")).to_have_attribute("lang", language)
    return page.frame_locator(FRAME)


def task(page: Page) -> Locator:
    return page.locator(".words .task")


def answer_all(card: Locator, right: int, count: int, language: str) -> None:
    """A wrong answer says why and costs nothing; then the right one."""
    answers = card.locator(".answer")
    answers.nth((right + 1) % count).click()
    expect(card.locator(".said")).to_contain_text(words(language, "✗ Not this one."))
    answers.nth(right).click()
    expect(card.locator(".said")).to_contain_text(words(language, "✓ Right."))
    expect(answers.first).to_be_disabled()


@pytest.mark.kept_page
@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_each_lesson_is_walked_to_its_end_with_its_questions_answered_wrong_and_right(
    page: Page, size: str, language: str
) -> None:
    page.route(re.compile(r"view=lesson"), lambda route: route.fulfill(body="<p>A room.</p>", content_type="text/html"))
    page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    load(page, f"{root_of(language)}/lessons/")
    root = page.locator(ROOT)
    for lesson in COURSES[language].values():
        if root.get_attribute("data-at") == "":  # a plan is followed by the list
            page.locator(f".list a[href='?lesson={lesson.key}']").click()
        for i, step in enumerate(lesson.steps, 1):
            expect(root).to_have_attribute("data-at", f"{lesson.key}/{i}")
            expect(page.locator(".words h2")).to_have_text(step.title)
            assert "{" not in page.locator(".words").inner_text()
            if step.task and step.task["kind"] == "choose":
                answer_all(task(page), step.task["right"], len(step.task["answers"]), language)
                expect(root).to_have_attribute("data-done", "true")
            if step.task and step.task["kind"] == "number":
                task(page).locator("input").fill("-1")
                task(page).locator(".check").click()
                expect(task(page).locator(".said")).to_contain_text(words(language, "Hint: {hint}"))
                names = {name: KNOWN[text] for name, text in step.facts.items()}
                task(page).locator("input").fill(f"{value(step.task['right'], {}, names):g}")
                task(page).locator(".check").click()
                expect(task(page).locator(".said")).to_contain_text(words(language, "✓ Done."))
            if step.task and step.task["kind"] == "open":
                expect(task(page).locator(".said")).to_be_empty()
                task(page).get_by_role("button", name=words(language, "Show the answer")).click()
                expect(task(page).locator(".said")).not_to_be_empty()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.locator(".feet .next").click()
        if lesson.states:
            expect(page.locator(".words h2")).to_have_text(words(language, "What you can now state"))
        for k, question in enumerate(lesson.questions):
            answer_all(page.locator(".question").nth(k), question["right"], len(question["answers"]), language)
        if lesson.states:
            page.locator(".feet .next").click()
    expect(root).to_have_attribute("data-at", "")
    expect(page.locator(".list .ended")).to_have_count(len(COURSE))
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.kept_page
def test_keys_back_and_a_reload_find_the_step_and_the_list_knows_it(page: Page) -> None:
    page.route(re.compile(r"view=lesson"), lambda route: route.fulfill(body="<p>A room.</p>", content_type="text/html"))
    key = next(iter(COURSE))
    load(page, f"/lessons/?lesson={key}&step=2&v=1")
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-at", f"{key}/2")
    focus(page.locator(".words h2"))
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-at", f"{key}/3")
    page.wait_for_url("**step=3**")
    page.keyboard.press("ArrowLeft")
    expect(root).to_have_attribute("data-at", f"{key}/2")
    page.wait_for_url("**step=2**")
    page.go_back()
    expect(root).to_have_attribute("data-at", f"{key}/3")
    page.reload()
    expect(root).to_have_attribute("data-at", f"{key}/3")
    page.get_by_role("button", name="All lessons").click()
    expect(page.locator(".list a").first).to_contain_text("step 3 of")
    load(page, "/lessons/?lesson=nothing&v=1")
    expect(page.locator(".easel-note")).to_contain_text("could not be read (lesson)")
    expect(page.locator(".list")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.kept_page
@pytest.mark.parametrize("language", NAMES)
def test_the_real_room_stands_beside_the_text_and_the_task_looks_at_it(page: Page, language: str) -> None:
    room = open_step(page, "stroke-by-stroke", 2, language)
    expect(room.locator(".easel-header")).to_be_hidden()
    expect(room.locator("#draw-player .line")).to_have_css("outline-style", "solid")
    stage = room.locator("#draw-player .easel-player")
    expect(stage).to_have_attribute("data-step", "0")
    check = task(page).locator(".check")
    check.click()
    expect(task(page).locator(".said")).to_contain_text(words(language, "Hint: {hint}"))
    dearest = COURSE["stroke-by-stroke"].steps[1].facts["dearest"]
    focus(room.locator("#draw-player .line[role=slider]"))
    for _ in range(int(lessons.known_facts()[dearest]) - 1):
        page.keyboard.press("ArrowRight")
    expect(stage).to_have_attribute("data-step", str(int(lessons.known_facts()[dearest]) - 1))
    check.click()
    expect(task(page).locator(".said")).to_contain_text(words(language, "✓ Done."))
    expect(page.locator(ROOT)).to_have_attribute("data-done", "true")


@pytest.mark.kept_page
@pytest.mark.parametrize("language", NAMES)
def test_what_a_hand_does_in_the_room_is_judged_as_it_stands(page: Page, language: str) -> None:
    room = open_step(page, "all-at-once", 2, language)
    field = room.locator("#vae-code [data-z='1'] input[type=number]")
    expect(field).not_to_have_value("")
    task(page).locator(".check").click()
    expect(task(page).locator(".said")).to_contain_text(
        words(language, "Set exactly one number to 0 and leave all others as they are.")
    )
    field.fill("0")
    page.locator(FRAME).evaluate(
        "frame => new Promise(done => { const look = () => frame.contentWindow.easelAddress.link().includes('z=0')"
        " ? done() : setTimeout(look, 50); look(); })"
    )
    task(page).locator(".check").click()
    expect(task(page).locator(".said")).to_contain_text(words(language, "✓ Done."))
