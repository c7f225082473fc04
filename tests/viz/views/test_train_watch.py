"""What the page says of a training is what its log and its film say."""

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import UserError
from core.sentences import Clause
from core.training.live import Film, Live, Looked, ended, moments, read_live
from core.training.small import Wish
from viz.language import say, speaking
from viz.views.train_watch import HEIGHT, WIDTH, Scale, chart, clock, filmed, head, sentence, shown, why

LIVE = Live("training", 40, 100, 1234.5, 75.0)


def line(step: int, total: float, kl: float = 10.0, validation: float | None = None) -> dict[str, Any]:
    told = {"step": step, "total": total, "kl": kl, "reconstruction": total - kl, "validation": validation}
    return {**told, "gradient": 12.5, "rate": 0.002}


def film(steps: int = 100) -> Film:
    at = np.array(moments(steps))
    rng = np.random.default_rng(0)
    return {
        "steps": at,
        "validation": np.linspace(500, 100, len(at), dtype=np.float32),
        "pictures": rng.integers(0, 256, (len(at), 8, 1, 4, 5), np.uint8),
        "codes": rng.normal(size=(len(at), 6, 2)).astype(np.float16),
        "labels": np.arange(6, dtype=np.uint8),
    }


def looked(**changes: Any) -> Looked:
    lines = [line(1, 500.0), line(10, 300.0), line(40, 127.0 + 13.0, 13.0, 139.5)]
    told: dict[str, Any] = {
        "live": LIVE,
        "place": 0,
        "name": "aevb-mnist-2d",
        "wish": Wish("vae2"),
        "lines": lines,
        "film": film(),
        "now": None,
        "version": "1 2",
        "command": "python -m core.training aevb-mnist-2d",
        "kept": True,
    }
    return Looked(**{**told, **changes})


def test_the_words_are_the_last_line_of_the_log_in_its_terms() -> None:
    words = sentence(looked())
    assert "<b>140</b> nats; at step 1 it was 500" in words and "pixels cost <b>127</b>" in words
    assert "code <b>13.0</b>" in words
    assert "strokes <b>13.0</b>" in sentence(looked(name="draw-mnist"))
    exact = sentence(looked(name="pixelcnn-mnist", lines=[line(1, 500, 0), line(2, 90, 0)]))
    assert "<b>90</b> nats" in exact and "code" not in exact
    assert "guessing among ten costs 2.30" in sentence(looked(name="glimpse-cluttered"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "step 40 of 100 · 1,234 pictures a second · 1:15 left"),
        ({"place": 2}, "In line: 2 trainings are before this one"),
        ({"live": replace(LIVE, state="paused")}, "Paused at step 40 of 100"),
        ({"live": replace(LIVE, state="time is up")}, "Time is up: step 40 of 100"),
        ({"live": Live("getting ready")}, "Getting ready"),
    ],
)
def test_where_it_stands_is_one_line(changes: dict[str, Any], words: str) -> None:
    assert words in head(looked(**changes))


def test_a_diverged_training_says_at_which_step_and_what_to_do() -> None:
    live = Live("diverged", 43, 100, sentence="the loss became nan")
    assert "At step 43 the loss became nan. The last good weights are kept" in sentence(looked(live=live))
    assert "Nothing had been kept" in sentence(looked(live=live, kept=False))


def test_why_a_training_has_ended_is_said_in_the_language_of_the_page() -> None:
    loss = ended(LIVE, "diverged", UserError("the loss became {value}", value="nan"))
    with speaking("zh"):
        told = sentence(looked(live=loss))
        assert say("the loss became {value}", value="nan") in told and "became" not in told
        over = ended(LIVE, "time is up", "The time for a training is up; what it has learned is kept.")
        assert "时间到了" in sentence(looked(live=over)) and head(looked(live=over)).startswith(say("Time is up"))


def test_a_film_without_a_log_says_what_it_was_recorded_from() -> None:
    told_by = {"name": "aevb-mnist-2d", "source": "binarized-mnist", "shown": "strokes", "config": {}}
    note = json.dumps({**told_by, "recipe": {"steps": 6000}})
    told = sentence(looked(wish=None, lines=[]), {**film(), "note": np.array(note)})
    assert "6,000 steps on binarized-mnist" in told and "from 500 to <b>100</b> nats" in told
    assert "what is shipped is larger" in told and "are others: strokes" in told
    assert "its rate fell" not in told
    twice = json.dumps({**told_by, "recipe": {"steps": 6000}, "earlier": [{"steps": 8000, "until": 5000}]})
    told = sentence(looked(wish=None, lines=[]), {**film(), "note": np.array(twice)})
    assert "Up to step 5,000 its rate fell as for 8,000 steps, then as for 6,000." in told
    assert "neither a log nor a film" in sentence(looked(wish=None, lines=[]))
    assert head(looked(wish=None, live=Live("finished"))) == "A film"


def test_what_ended_it_is_said_and_is_no_markup() -> None:
    assert "&lt;b&gt;" in sentence(looked(live=Live("failed", 1, 2, sentence="<b>"), lines=[]))


def test_the_chart_has_steps_by_their_logarithm_and_nats_from_zero() -> None:
    scale = Scale(1000, 500)
    across = [scale.x(step) for step in (1, 10, 100, 1000)]
    assert np.ptp(np.diff(across)) < 0.2 and scale.x(0) == across[0] and across[-1] < WIDTH
    assert scale.y(0) > scale.y(250) > scale.y(500) > 0 and scale.y(9e9) == scale.y(500)
    drawn = chart(looked(), film())
    (total,) = re.findall(r'points="([^"]*)" class="total"', drawn)
    assert [float(point.split(",")[0]) for point in total.split()] == [Scale(100, 1).x(step) for step in (1, 10, 40)]
    assert 'class="code"' in drawn and 'class="validation"' in drawn and f"0 0 {WIDTH} {HEIGHT}" in drawn
    assert 'class="code"' not in chart(looked(lines=[line(1, 9, 0), line(2, 8, 0)]), None)
    assert "<svg" in chart(looked(lines=[]), None)


def test_a_film_travels_as_bytes_in_the_order_of_a_canvas() -> None:
    made = film()
    value = filmed(made, Scale(100, 500))
    pixels = np.frombuffer(base64.b64decode(value["pictures"]["data"]), np.uint8).reshape(-1, 8, 4, 5, 1)
    assert (pixels[..., 0] == made["pictures"][:, :, 0]).all()
    assert value["codes"]["shape"] == [len(made["steps"]), 6, 2] and len(value["x"]) == len(value["steps"])


def test_what_the_widget_has_already_is_not_sent_again() -> None:
    value = shown("key", looked(film=None), film())
    assert "film" not in value and "now" not in value and value["rows"][1] == ["validation", "139.5 nats"]
    now = {"pictures": film()["pictures"][0], "step": np.array(40)}
    assert shown("key", looked(now=now), film())["now"]["step"] == 40
    assert clock(61.9) == "1:01"


def test_what_has_kept_weights_is_led_to_the_rooms_in_which_it_can_paint() -> None:
    def led(**kind: Any) -> dict[str, str]:
        return {words: href for href, words in shown("key", looked(**kind), film())["rooms"]}

    there = led(kept=True)
    assert list(there) == ["Side by side", "The map", "The code", "Between", "What it costs"]
    assert all(re.search(r"[?&]run=key&v=1$", href) for href in there.values())
    assert list(led(kept=True, name="vae-svhn")) == ["Colour"]
    assert list(led(kept=True, name="glimpse-cluttered", wish=Wish("glimpse"))) == ["Its glimpses"]
    own = Wish("glimpse", pictures="own")
    assert not led(kept=False) and not led(kept=True, wish=None)
    assert not led(kept=True, name="glimpse-cluttered", wish=own)


def test_why_a_training_failed_is_told_in_the_language_of_the_page(tmp_path: Path) -> None:
    damage = Clause("{name} is neither a folder nor a whole zip file.", name="a.zip")
    error = UserError("{damage}: fetch it with `{fetching}`.", damage=damage, fetching="this")
    ended(LIVE, "failed", error).write(tmp_path)
    live = read_live(tmp_path)
    assert live is not None and why(live) == "a.zip is neither a folder nor a whole zip file: fetch it with `this`."
    with speaking("zh"):
        assert why(live) == say("{damage}: fetch it with `{fetching}`.", damage=say(damage), fetching="this")
        assert "neither" not in why(live)
