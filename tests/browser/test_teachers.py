"""For teachers: a composed lesson is one link, rooms are kept to one thing, and any lesson goes on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import focus, load

ROOT, FRAME = ".easel-lessons", ".easel-beside iframe"
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}


@pytest.mark.kept_page
@pytest.mark.parametrize("size", SIZES)
def test_a_teacher_composes_two_steps_and_a_student_finds_them_behind_the_link(page: Page, size: str) -> None:
    page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    load(page, "/lessons/")
    page.get_by_role("button", name="Compose a lesson of your own").click()
    expect(page.locator(ROOT)).to_have_attribute("data-at", "compose")
    page.get_by_label("Title").fill("Looking")
    page.get_by_label("Sentences").fill("Where does it look *first*?")
    page.get_by_label("A question").fill("Why <there>?")
    page.get_by_label("Its answer").fill("It knows **nothing** yet.")
    room = page.frame_locator(FRAME)
    expect(page.locator(FRAME)).to_have_attribute("data-at", "/draw/")
    expect(room.locator("#draw-player .easel-player")).to_have_attribute("data-loaded", re.compile(".+"))
    focus(room.locator("#draw-player .line[role=slider]"))
    page.keyboard.press("Home")
    page.locator(FRAME).evaluate(
        "frame => new Promise(done => { const look = () => frame.contentWindow.easelAddress.link().includes('step=1&')"
        " ? done() : setTimeout(look, 50); look(); })"
    )
    page.get_by_role("button", name="Take what stands beside").click()
    page.get_by_role("group", name="Leave out").get_by_label("the words").check()
    expect(room.locator(".easel-aside")).to_be_hidden()
    page.get_by_role("button", name="Add a step").click()
    page.get_by_label("The room beside", exact=True).select_option("Pixel by pixel")
    page.get_by_label("Sentences").fill("And this one?")
    expect(page.locator(".words > .said")).to_contain_text(re.compile(r"has \d{3} of 4,000"))
    page.wait_for_url("**made=z**")
    page.get_by_role("button", name="See it as a student").click()
    expect(page.locator(".words h2")).to_have_text("Step 1")
    page.wait_for_function("() => !location.search.includes('compose')")
    link = page.url

    load(page, link)
    expect(page.locator(".words .easel-text")).to_have_text("Where does it look first?")
    expect(page.locator(".task .say")).to_have_text("Why <there>?")
    expect(page.locator(".task .said")).to_be_empty()
    page.get_by_role("button", name="Show the answer").click()
    expect(page.locator(".task .said b")).to_have_text("nothing")
    expect(room.locator("#draw-player .easel-player")).to_have_attribute("data-step", "0")
    expect(room.locator(".easel-aside")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".feet .next").click()
    expect(page.locator(".words .easel-text")).to_have_text("And this one?")
    expect(room.locator("#pixels-player .easel-player")).to_be_visible()
    page.locator(".feet .next").click()
    expect(page.locator(".list")).to_be_visible()


@pytest.mark.kept_page
def test_a_damaged_lesson_is_said_and_the_list_stands_there(page: Page) -> None:
    load(page, "/lessons/?made=zAAAA&v=1")
    expect(page.locator(".list .damaged")).to_be_visible()
    expect(page.locator(".list .course a").first).to_be_visible()
    load(page, "/lessons/?made=<b>&v=1")
    expect(page.locator(".easel-note")).to_contain_text("could not be read (made)")


@pytest.mark.kept_page
def test_a_plan_goes_on_paper_with_squares_and_its_answers_on_another_sheet(page: Page) -> None:
    load(page, "/lessons/?lesson=plan-a-quarter&v=1")
    page.get_by_role("button", name="On paper").click()
    sheet = page.locator(".sheet")
    expect(sheet.locator(".squares svg")).to_be_visible()
    expect(sheet.locator(".space").first).to_be_visible()
    expect(sheet).not_to_contain_text("20 bits, one for each")
    page.emulate_media(media="print")
    for gone in (".easel-header", "footer", ".sheet .tools"):
        expect(page.locator(gone)).to_be_hidden()
    expect(sheet.locator("h2")).to_be_visible()
    page.emulate_media(media="screen")
    sheet.get_by_role("button", name="With answers").click()
    expect(page.locator(".sheet")).to_contain_text("20 bits, one for each")
    page.wait_for_url("**sheet=answers**")
    page.reload()
    expect(page.locator(".sheet")).to_contain_text("20 bits, one for each")
    page.get_by_role("button", name="Back to the lesson").click()
    expect(page.locator(ROOT)).to_have_attribute("data-at", "plan-a-quarter/1")


@pytest.mark.kept_page
def test_a_link_leaves_out_and_locks_parts_and_single_controls_of_a_room(page: Page) -> None:
    load(page, "/vae/?tab=code&hide=words,film,tabs&lock=digit,model&v=1")
    for gone in (".easel-aside:visible", "#vae-walk", ".easel-inner > .tab-wrapper"):
        expect(page.locator(gone)).to_have_count(0) if ":" in gone else expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("#vae-model")).to_have_css("pointer-events", "none")
    page.locator("#vae-model input").last.evaluate("field => field.focus()")
    assert not page.evaluate("document.activeElement.matches('#vae-model *')")
    expect(page.locator("#vae-code [data-z='1'] input[type=range]")).to_be_enabled()
    focus(page.locator("#vae-code [data-z='1'] input[type=range]"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**z=**")
    assert "hide=words,film,tabs" in page.url and "lock=digit,model" in page.url
    load(page, "/vae/?tab=code&hide=everything&v=1")
    expect(page.locator(".easel-note")).to_contain_text("could not be read (hide)")
