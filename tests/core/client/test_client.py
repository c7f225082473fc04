"""One table says what every endpoint takes and gives; in this process the studio answers it, at the studio's price."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from typing import Any, get_args, get_origin

import numpy as np
import pytest

from core.client import Easel, endpoints
from core.client.rooms import Endpoint
from core.client.wire import received, sent
from core.errors import UserError
from core.results import GLIMPSES, LOOKS_SIDE
from core.studio.calls import CALLS
from core.studio.turns import BILL, Bill
from core.trace import CanvasTrace, RasterTrace
from tests.core.client.asked import ASKED, A, same

ENDPOINTS = endpoints()
FREE = {
    "models",
    "read_picture",
    "vae_code",
    "draw_novelty",
    "pixels_mask",
    "look_scene",
    "look_backwards",
    "together_dark",
    "together_round",
}
"""Endpoints that ask no model."""


@pytest.fixture(scope="module")
def easel() -> Easel:
    return Easel()


def ask(easel: Easel, endpoint: Endpoint, **given: Any) -> Any:
    """By the call in Python that the reference names."""
    *room, verb = endpoint.call.split(".")
    return getattr(getattr(easel, room[0]) if room else easel, verb)(**given)


def test_all_that_is_declared_is_answered_and_nothing_else_under_the_same_names() -> None:
    assert set(ENDPOINTS) == set(CALLS) == set(ASKED)
    for name, call in CALLS.items():
        _, *takes = inspect.signature(call).parameters
        assert takes == [each.name for each in ENDPOINTS[name].takes], name


def test_every_endpoint_and_every_argument_says_what_it_is() -> None:
    for endpoint in ENDPOINTS.values():
        assert endpoint.about.endswith((".", "!")), endpoint.name
        for each in endpoint.takes:
            assert each.about, f"{endpoint.name}: {each.name}"
            assert each.usual is not dataclasses.MISSING


def answers(value: Any, kind: Any) -> bool:
    """Whether an answer is of the type that is declared."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        return answers(value, parts[0])
    if origin is tuple and parts[-1] is not Ellipsis:
        return len(value) == len(parts) and all(map(answers, value, parts))
    if origin in (list, tuple):
        return isinstance(value, origin) and all(answers(each, parts[0]) for each in value)
    if type(None) in parts:
        return value is None or any(answers(value, part) for part in parts if part is not type(None))
    return isinstance(value, np.ndarray if origin is np.ndarray or kind is np.ndarray else kind)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_answer_is_what_is_declared_survives_its_way_and_has_a_price(easel: Easel, name: str) -> None:
    endpoint, bill = ENDPOINTS[name], Bill()
    token = BILL.set(bill)
    try:
        answer = ask(easel, endpoint, **ASKED[name])
    finally:
        BILL.reset(token)
    assert answers(answer, endpoint.answer)
    same(received(json.loads(json.dumps(sent(answer))), endpoint.answer), answer)
    assert (bill.price > 0) != (name in FREE), "what asks a model names its price before it begins"


def test_the_words_of_a_mistake_are_the_studio_s(easel: Easel) -> None:
    for wrong, sentence in (
        (lambda: easel.draw.copy(A, seed=-1), "The seed"),
        (lambda: easel.draw.copy(A[:20]), "28 rows"),
        (lambda: easel.pixels.generate(500), "The number of pictures"),
        (lambda: easel.pixels.judge(A, model="nobody"), "There is no pixel model"),
        (lambda: easel.pixels.passes(A), "belong together"),
        (lambda: easel.together.answer("sing"), "There is no question"),
        (lambda: easel.together.round(3, length=7), "A round has"),
        (lambda: easel.together.looks(3, []), "A round has 1 to 8 looks"),
        (lambda: easel.together.named(3, [(30, 30, 60)], 10), "The digit"),
    ):
        with pytest.raises(UserError, match=sentence):
            wrong()


def test_a_round_of_eight_looks_is_played_from_python_with_the_networks_own_looks_beside(easel: Easel) -> None:
    scene, digit = easel.together.dark(4)
    windows = [(30, 30, 60), (20.5, 24, 12)]
    seen, found = easel.together.looks(4, windows), easel.together.named(4, windows, 2)
    assert scene.shape == (LOOKS_SIDE, LOOKS_SIDE) and len(seen) == 2 and seen.subject is not None
    assert np.array_equal(np.rint(255 * seen.subject[0, 0]), scene), "all looks are at this scene"
    assert (found.digit, found.named, len(found.its)) == (digit, 2, GLIMPSES)
    same(found.yours, seen)
    same(found.its, easel.look.glimpses(scene))


def test_pictures_go_in_as_arrays_of_any_kind_and_as_traces(easel: Easel) -> None:
    trace = easel.draw.copy(A, seed=7)
    assert isinstance(trace, CanvasTrace)
    ink = A >= 128
    for given in (ink, ink.astype(np.float32), ink[None], np.where(ink, 255, 0)):
        assert np.array_equal(easel.draw.copy(given, seed=7).frame(-1), trace.frame(-1))
    judged = easel.pixels.judge(easel.pixels.generate(1, seed=2))
    assert isinstance(judged, RasterTrace) and judged.nats.sum() > 0


def test_where_nobody_answers_a_sentence_says_so() -> None:
    with pytest.raises(UserError, match="No Easel answers at"):
        Easel("http://127.0.0.1:9/")
