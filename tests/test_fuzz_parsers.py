"""Parsers of what comes from outside: whatever the bytes, a value or one sentence, and no file where none belongs.

Hypothesis makes the cases; with ``EASEL_FUZZ=2000 pytest tests/test_fuzz_parsers.py`` it makes so many of each, and
others each time.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.client import kinds
from core.data import own
from core.data.archives import read_archive
from core.data.images import open_picture
from core.data.reading import read_digit
from core.errors import UserError
from core.files import CHECKPOINTS
from core.studio.trainings import Trainings
from core.training.checkpoints import load_trained
from core.training.live import LIVE, begun_with, read_film, read_live, read_log
from tests.fuzz import DIGIT, LONGEST, fault_of
from viz.serving import accounts
from viz.tabs.vae_map_view import places_of
from viz.widgets.code.code import numbers_of
from viz.widgets.editor import editor

LONG = int(os.environ.get("EASEL_FUZZ", 0))
tried = settings(
    max_examples=LONG or 40,
    derandomize=not LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
SMALL = "aevb-mnist-2d"


def picture(kind: str, mode: str = "L") -> bytes:
    """A small picture of a digit's kind as a file."""
    pixels = np.full((40, 32), 255, np.uint8)
    pixels[6:34, 14:18] = 0
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, kind)
    return file.getvalue()


FILES = [picture(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")] + [picture("PNG", "RGBA")]


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of which a few are others, are missing, or come twice."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 12))
        data[at : at + length] = draw(st.one_of(st.binary(max_size=12), st.just(bytes(data[:length]))))
    return bytes(data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))])


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["uint8", 10**400, 28]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def near(draw: st.DrawFn, usual: Any) -> Any:
    """A JSON value with a few others in it."""
    if isinstance(usual, dict) and usual and draw(st.booleans()):
        keys = draw(st.lists(st.sampled_from(sorted(usual)), max_size=2))
        return {**usual, **{key: draw(near(usual[key])) for key in keys}}
    if isinstance(usual, list) and usual and draw(st.booleans()):
        at = draw(st.integers(0, len(usual) - 1))
        return [*usual[:at], draw(near(usual[at])), *usual[at + 1 :]]
    return draw(values)


def sentence_or(call: Callable[[], Any]) -> Any:
    """What comes of it; None where a person is told in one good sentence why nothing does."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        try:
            return call()
        except UserError as error:
            said = str(error)
    assert said and not fault_of(said), said[:LONGEST]
    return None


@tried
@given(damaged(st.sampled_from(FILES)) | st.binary(max_size=64))
def test_any_bytes_are_a_picture_or_a_sentence(data: bytes) -> None:
    image = sentence_or(lambda: open_picture(data))
    reading = image and sentence_or(lambda: read_digit(image))
    assert reading is None or (reading.pixels.shape == (28, 28) and set(np.unique(reading.pixels)) <= {0, 255})


names = st.text(st.sampled_from("ab0/\\.ä\x00:"), min_size=1, max_size=8).map(lambda text: text + ".png")
names |= st.sampled_from(["../up.png", "/tmp/away.png", "train/1/a.png", "a/../../b.png", "C:\\x.png", ".hidden/a.png"])


@st.composite
def zips(draw: st.DrawFn) -> bytes:
    """A zip file of pictures under any names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        for number in range(draw(st.integers(0, 14))):
            data = draw(st.sampled_from(FILES)) if draw(st.integers(0, 4)) else draw(damaged(st.sampled_from(FILES)))
            archive.writestr(f"{number}/a.png" if draw(st.booleans()) else draw(names).replace("\x00", ""), data)
    return file.getvalue()


def a_class() -> bytes:
    """An archive of as many pictures as one can learn from."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(own.LEAST):
            archive.writestr(f"{number}.png", FILES[0])
    return file.getvalue()


def lying(name: bytes = b"0/a.png", size: int | None = None) -> bytes:
    """An archive of one picture whose directory has that ``name``, and says that it has that ``size``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("0/a.png", FILES[0])
    data = file.getvalue().replace(b"0/a.png", name)
    at = data.rindex(b"PK\x01\x02") + 24
    return data if size is None else data[:at] + size.to_bytes(4, "little") + data[at + 4 :]


@tried
@given(zips() | damaged(zips()))
@example(lying(size=2**26))
@example(lying(name=b"\x00/a.png"))
@example(a_class())
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_archive_is_pictures_or_a_sentence_and_nothing_lands_outside_its_folder(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as home:
        path, kept = Path(home) / "in" / "class.zip", Path(home) / "kept"
        path.parent.mkdir()
        path.write_bytes(data)
        found = sentence_or(lambda: own.collected([path], kept))
        pictures = sentence_or(lambda: read_archive(path, "train"))
        there = sorted(each.relative_to(home).as_posix() for each in Path(home).rglob("*") if each.is_file())
        assert there == ["in/class.zip", *([f"kept/{found.key}.zip"] if found else [])]
        assert pictures is None or pictures.images.dtype == np.uint8
        if found:
            shown = own.sheet(kept / f"{found.key}.zip").pictures
            assert len(shown) == min(found.number, own.SHOWN)


CARD = json.loads((CHECKPOINTS / f"{SMALL}.json").read_text("utf-8"))
WEIGHTS = (CHECKPOINTS / f"{SMALL}.safetensors").read_bytes()


@tried
@example(json.dumps({**CARD, "config": {**CARD["config"], "hidden": 2**70}}).encode())
@given(st.one_of(near(CARD).map(lambda card: json.dumps(card).encode()), damaged(st.just(json.dumps(CARD).encode()))))
def test_any_card_is_a_model_or_a_sentence(card: bytes) -> None:
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / f"{SMALL}.json").write_bytes(card)
        (Path(home) / f"{SMALL}.safetensors").write_bytes(WEIGHTS)
        sentence_or(lambda: load_trained(SMALL, Path(home)))


@settings(parent=tried, max_examples=(LONG or 40) // 4)
@given(damaged(st.just(WEIGHTS)))
def test_any_weights_are_those_of_the_card_or_a_sentence(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / f"{SMALL}.json").write_text(json.dumps(CARD), "utf-8")
        (Path(home) / f"{SMALL}.safetensors").write_bytes(data)
        assert (sentence_or(lambda: load_trained(SMALL, Path(home))) is not None) == (data == WEIGHTS)


STATE = {"state": "training", "step": 3, "sentence": ""}
WISH = {"wish": {"kind": "vae2", "size": "small"}, "arguments": [SMALL, "--steps", "3"]}
FILM = (CHECKPOINTS / f"{SMALL}.film.npz").read_bytes()


@tried
@example(STATE, {**WISH, "arguments": []}, b"", None)
@example(STATE, {**WISH, "arguments": [None]}, b"", None)
@example(STATE, {**WISH, "arguments": SMALL}, b"", None)
@given(
    near(STATE), near(WISH), st.binary(max_size=40) | damaged(st.just(b'{"step": 1, "total": 2.0}\n{"a"')), st.data()
)
def test_whatever_a_training_has_left_is_looked_at_or_a_sentence(state: Any, wish: Any, log: bytes, more: Any) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "room" / "0123456789ab"
        folder.mkdir(parents=True)
        (folder / LIVE).write_text(json.dumps(state), "utf-8")
        (folder / "wish.json").write_text(json.dumps(wish), "utf-8")
        (folder / "log.jsonl").write_bytes(log)
        (folder / f"{SMALL}.film.npz").write_bytes(
            more.draw(damaged(st.just(FILM[:3000])) | st.just(FILM)) if more else FILM
        )
        read_live(folder), read_film(folder / f"{SMALL}.film.npz")
        assert all(
            isinstance(line, dict) for line in (*read_log(folder / "log.jsonl"), begun_with(folder / "log.jsonl"))
        )
        sentence_or(lambda: Trainings(Path(home)).look(folder.name))


@tried
@given(near(editor.encode(np.array(DIGIT, np.uint8))))
def test_any_value_of_the_editor_is_a_picture_or_a_sentence(value: Any) -> None:
    found = sentence_or(lambda: editor.decode(value))
    assert found is None or found[0].shape[:2] == found[1].shape


READS = [read for name, read in vars(kinds).items() if name.startswith("read_")]
"""What reads the arguments of the API."""


@tried
@given(near({"data": "A" * 1048, "shape": [28, 28], "dtype": "uint8"}) | near(DIGIT), st.text(max_size=60))
def test_any_value_of_the_api_and_any_text_of_an_address_is_read_or_a_sentence(value: Any, text: str) -> None:
    for reads in READS:
        sentence_or(lambda reads=reads: reads(value))
    for reads in (kinds.read_file, places_of, lambda given: numbers_of(given, 2)):
        sentence_or(lambda reads=reads: reads(text))


@tried
@given(
    st.text(st.characters(codec="utf-8"), max_size=80)
    | st.sampled_from(["a:b$c\n", "a:0$0", "# only\n", "a:YQ==$YQ==\n"])
)
def test_any_file_of_accounts_is_read_or_a_sentence(text: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "accounts"
        file.write_text(text, "utf-8")
        found = sentence_or(lambda: accounts.read(file))
        assert found is None or not accounts.Keys(None, found).opens("a", "wrong word")
