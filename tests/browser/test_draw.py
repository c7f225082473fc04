"""Stroke by stroke, from the mouse to the file that is taken home."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.hands import Board, Stage, box_of, choose, downloaded, durations, enter, unfold

ROOM = "Stroke by stroke"
STROKES = 16


def test_a_digit_drawn_with_the_mouse_is_copied_in_sixteen_strokes(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    board, stage = Board(page, "draw-editor"), Stage(page, "draw-player")
    with stage.renewed():
        board.act("clear").click()
    assert board.ink() == 0
    with stage.renewed():
        board.stroke([(14, 5), (14, 22)])
    ink = board.ink()
    assert 30 <= ink <= 50  # a bar 2 pixels wide and about 18 high
    value, subject = stage.value(), stage.pictures(0)[0, 0, :, :, 0]
    assert value["steps"] == STROKES and value["word"] == "stroke"
    assert (subject == 255).sum() == ink and set(np.unique(subject)) == {0, 255}
    assert len(stage.pictures()) == STROKES

    sentence, title = page.locator("#draw-narrator .sentence"), page.locator("#draw-narrator .title")
    told = []
    for step in (0, 7):
        stage.line.press("Home")
        for _ in range(step):
            stage.act("next").click()
        expect(title).to_have_text(f"Stroke {step + 1} of {STROKES}")
        told.append(page.locator("#draw-narrator .easel-narrator").inner_text())
        expect(sentence).to_contain_text("nats")
    assert told[0] != told[1]

    stage.act("windows").click()  # without the windows on it, the canvas is the picture
    drawn, seen = stage.canvas(), stage.pictures()[7, 0, :, :, 0]
    inner = slice(2, -2)  # the corners of a picture are round
    np.testing.assert_array_equal(drawn[inner, inner, :3], np.repeat(seen[inner, inner, None], 3, 2))


def test_the_time_line_obeys_buttons_keys_and_the_mouse(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    stage = Stage(page, "draw-player")
    last, line = STROKES - 1, stage.line
    expect(stage.root).to_have_attribute("data-loaded", stage.value()["id"])

    stage.act("play").click()
    stage.rests(last)
    line.press("Home")
    stage.at(0)
    line.press("ArrowRight")
    stage.at(1)
    stage.act("next").click()
    stage.at(2)
    line.press("ArrowLeft")
    stage.act("prev").click()
    stage.act("prev").click()  # there is nothing before the first step
    stage.at(0)
    line.press("End")
    stage.at(last)

    box = box_of(line)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 2, middle)
    page.mouse.down()
    stage.at(0)
    for step in (4, 9, 12):
        page.mouse.move(box["x"] + (step + 0.5) / STROKES * box["width"], middle)
        stage.at(step)
    page.mouse.up()
    page.mouse.move(box["x"] + 2, middle)
    stage.at(12)
    expect(line).to_have_attribute("aria-valuenow", "13")
    stage.root.locator("[data-act=jump]").nth(5).click()
    stage.at(5)


def test_pause_holds_and_space_goes_on(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    stage = Stage(page, "draw-player")
    stage.line.press("Home")
    stage.speed("0.25×")
    stage.line.press("Space")
    expect(stage.root).to_have_attribute("data-playing", "true")
    stage.at(1)
    stage.line.press("Space")
    expect(stage.root).to_have_attribute("data-playing", "false")
    held = stage.root.get_attribute("data-step")
    stage.speed("4×")
    page.evaluate(  # in this many frames it would be 16 steps further
        "() => new Promise((done) => { let n = 0; const next = () => (n++ < 30 ? requestAnimationFrame(next) : done());"
        " next(); })"
    )
    assert stage.root.get_attribute("data-step") == held
    stage.line.press("Space")
    stage.rests(STROKES - 1)

    expect(stage.act("windows")).to_have_attribute("aria-pressed", "true")
    with_windows = stage.canvas()
    stage.act("windows").click()
    expect(stage.act("windows")).to_have_attribute("aria-pressed", "false")
    assert (stage.canvas() != with_windows).any()


def test_an_example_can_be_copied_and_pictures_imagined_again_from_their_seed(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    board, stage, examples = Board(page, "draw-editor"), Stage(page, "draw-player"), Stage(page, "draw-examples")
    with stage.renewed():
        examples.cell(8).click()
    example = examples.pictures()[0, 8]
    np.testing.assert_array_equal(stage.pictures(0)[0, 0], example)
    expect(board.root).to_have_attribute("data-ink", str((example == 255).sum()))

    with stage.renewed():
        choose(page, "draw-mode", "Imagine")
    expect(page.locator("#draw-count")).to_be_visible()
    expect(board.root).to_be_hidden()
    enter(page, "draw-count", 4)
    painted = []
    for seed in (5, 6, 5):
        enter(page, "draw-seed", seed)
        with stage.renewed():
            page.locator("#draw-paint").click()
        value = stage.value()
        assert (value["steps"], value["cells"]) == (STROKES, 4)
        painted.append(stage.pictures())
    np.testing.assert_array_equal(painted[0], painted[2])
    assert (painted[0] != painted[1]).any()

    seed = page.locator("#draw-seed input")
    page.locator("#draw-die").click()
    expect(seed).not_to_have_value("5")
    stage.line.press("Home")
    stage.cell(2).click()
    expect(stage.root).to_have_attribute("data-cell", "2")


def test_the_painting_goes_home_as_gif_and_as_strip_and_its_nats_as_a_chart(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    stage = Stage(page, "draw-player")
    with stage.renewed():
        page.locator("#draw-paint").click()
    unfold(page, "Options of the download")
    page.get_by_label("number input for Size, px").filter(visible=True).fill("140")
    name, gif = downloaded(page, "draw-gif")
    assert name == "easel-draw.gif" and gif.format == "GIF"
    assert gif.n_frames == STROKES
    assert gif.height == 140 and 280 <= gif.width <= 290  # two panels and the gap between them
    times = durations(gif)
    assert abs(sum(times) - (15 * 125 + 1000)) <= 15 * 5  # 8 a second, the last one for a second; in steps of 10 ms
    assert gif.info["loop"] == 0

    name, strip = downloaded(page, "draw-strip")
    assert name == "easel-draw.png" and strip.format == "PNG"
    strip.load()
    assert strip.width > 8 * 140 and strip.height >= 280  # eight pictures beside, two panels below each other

    unfold(page, "Chart: nats of each stroke")
    chart = page.locator("#draw-chart .js-plotly-plot")
    expect(chart).to_be_visible()
    expect(chart.locator(".bars .point, .scatterlayer .trace").first).to_be_attached()
