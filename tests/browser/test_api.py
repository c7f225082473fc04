"""The public API: its endpoints, the same answer for the same seed, one sentence for everything that is wrong."""

import base64
import io
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.studies.together_guess import SHORT, drawn, places
from tests.browser.conftest import Server

ENDPOINTS = {
    "/draw_generate",
    "/draw_copy",
    "/vae_encode",
    "/vae_decode",
    "/pixel_generate",
    "/pixel_complete",
    "/pixel_nats",
    "/look_pixels",
    "/together_answer",
    "/together_bills",
    "/read_picture",
}
PIXELCNN = "pixelcnn-mnist"
BLANK = [[0] * 28 for _ in range(28)]
BAR = [[255 if 12 <= x < 16 and 4 <= y < 24 else 0 for x in range(28)] for y in range(28)]
LOWER = [[int(y >= 14)] * 28 for y in range(28)]
ALL = [[1] * 28 for _ in range(28)]


@pytest.fixture(scope="module")
def easel(server: Server) -> Iterator[Client]:
    client = Client(server.url, verbose=False)
    yield client
    client.close()


def picture_file() -> str:
    """A dark seven on white, as base64 text."""
    image = Image.new("RGB", (200, 240), "white")
    ImageDraw.Draw(image).line([(50, 50), (140, 50), (90, 190)], fill="black", width=18)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def test_just_the_documented_endpoints_are_public(easel: Client) -> None:
    assert set(easel.view_api(return_format="dict")["named_endpoints"]) == ENDPOINTS


def unpacked(value: dict[str, Any]) -> NDArray[Any]:
    """A picture of an answer, by the three lines that the API's own page gives."""
    raw = base64.b64decode(value["data"])
    return np.frombuffer(raw, value["dtype"]).reshape(value["shape"])


def test_every_painter_answers_and_the_same_seed_gives_the_same_answer(easel: Client) -> None:
    calls: dict[str, tuple[Any, ...]] = {
        "/draw_generate": (2, 7, 1.0),
        "/draw_copy": (BAR, 7),
        "/pixel_generate": (2, 7, 1.0),
        "/pixel_complete": (BAR, LOWER, 3, 7, 1.0),
        "/pixel_nats": (BAR,),
    }
    answers = {name: easel.predict(*values, api_name=name) for name, values in calls.items()}
    for name, values in calls.items():
        assert easel.predict(*values, api_name=name) == answers[name]
    imagined, copied = (unpacked(answers[name]["canvases"]) for name in ("/draw_generate", "/draw_copy"))
    assert imagined.shape == (16, 2, 28, 28) and imagined.dtype == np.float16
    assert 0 <= imagined.min() < 0.1 and 0.9 < imagined.max() <= 1
    assert copied.shape == (16, 28, 28) and len(answers["/draw_copy"]["kl"]) == 16
    longer = easel.predict(BAR, 7, 20, api_name="/draw_copy")
    assert (unpacked(longer["canvases"])[:16] == copied).all() and len(longer["kl"]) == 20
    assert unpacked(easel.predict(2, 7, 1.0, 5, api_name="/draw_generate")["canvases"]).shape == (5, 2, 28, 28)
    completed = unpacked(answers["/pixel_complete"]["images"])
    assert completed.shape == (3, 28, 28) and completed.dtype == np.uint8
    assert (completed[:, :14] == np.array(BAR)[:14]).all()
    assert answers["/pixel_complete"]["nats"] == sorted(answers["/pixel_complete"]["nats"])


def test_other_pixel_models_answer_by_name(easel: Client) -> None:
    ones, zeros = (
        easel.predict(2, 7, 1.0, "gated-pixelcnn-mnist", digit, api_name="/pixel_generate") for digit in (1, 0)
    )
    assert unpacked(ones["images"]).shape == (2, 28, 28) and ones != zeros and len(ones["nats"]) == 2
    colour = unpacked(easel.predict(2, 7, 1.0, "pixelcnn-svhn", api_name="/pixel_generate")["images"])
    assert colour.shape == (2, 32, 32, 3) and colour.dtype == np.uint8 and len(np.unique(colour)) > 9
    heeding = easel.predict(BAR, LOWER, 3, 7, 1.0, "row-lstm-mnist", 16, api_name="/pixel_complete")
    assert (unpacked(heeding["images"])[:, :14] == np.array(BAR)[:14]).all()
    nats = {
        name: unpacked(easel.predict(BAR, name, api_name="/pixel_nats")["nats"]) for name in ("mcgsm-mnist", PIXELCNN)
    }
    assert {each.shape for each in nats.values()} == {(28, 28)} and len({each.sum() for each in nats.values()}) == 2


def test_every_painter_of_side_by_side_answers_and_a_round_of_bets_is_paid(easel: Client) -> None:
    for painter, bits in (("pixelcnn-mnist", True), ("vae-mnist", False)):
        answer = easel.predict("surprise", painter, BAR, api_name="/together_answer")
        assert unpacked(answer["surprise"]).shape == (28, 28) and (answer["bits"] is not None) == bits
        assert answer["bound"] != bits and answer["nats"] > 0 and answer["wrong"] is None
    answer = easel.predict("complete", "draw-mnist", BAR, LOWER, 2, 1, api_name="/together_answer")
    assert unpacked(answer["pictures"]).shape == (2, 28, 28)
    digit = drawn(5)
    bills = easel.predict(5, [50] * len(places(digit, SHORT)), SHORT, api_name="/together_bills")["bills"]
    assert bills["You"] == bills["A coin"] and "PixelCNN" in bills


def test_a_scene_of_any_size_in_rows_or_packed_has_its_map(easel: Client) -> None:
    scene = np.zeros((40, 64), np.uint8)
    scene[8:32, 20:23] = 255
    answer = easel.predict(scene.tolist(), api_name="/look_pixels")
    kinds = unpacked(answer["kinds"])
    assert kinds.shape == (3, 40, 64) and np.abs(kinds.astype(float).sum(0) - 1).max() < 0.01
    assert len(answer["digits"]) == 10 and sum(answer["digits"]) == pytest.approx(1, abs=0.01)
    assert ((kinds[0] > 0.5) == (scene == 0)).mean() > 0.95
    text = base64.b64encode(scene.tobytes()).decode("ascii")
    packed = {"data": text, "shape": [40, 64], "dtype": "uint8"}
    assert easel.predict(packed, api_name="/look_pixels") == answer
    assert easel.predict(packed, "mdlstm-cluttered-causal", api_name="/look_pixels") != answer


def test_a_picture_becomes_a_digit_a_code_and_a_picture_again(easel: Client) -> None:
    read = easel.predict(picture_file(), api_name="/read_picture")["pixels"]
    pixels = unpacked(read)
    assert pixels.shape == (28, 28) and set(np.unique(pixels)) == {0, 255}
    code = easel.predict(read, api_name="/vae_encode")
    assert easel.predict(pixels.tolist(), api_name="/vae_encode") == code  # in rows it is the same picture
    image = unpacked(easel.predict(code["mean"], api_name="/vae_decode")["image"])
    assert len(code["kl"]) == 8 and image.shape == (28, 28) and image.dtype == np.float16
    assert np.abs(image - pixels / 255).mean() < np.abs(image - 1 + pixels / 255).mean()


def test_each_endpoint_says_how_its_pictures_are_decoded(easel: Client) -> None:
    endpoints = easel.view_api(return_format="dict")["named_endpoints"].values()
    assert all("np.frombuffer(base64.b64decode(" in endpoint["description"] for endpoint in endpoints)


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("/draw_generate", ("many", 1, 1.0), "The number of pictures must be a whole number from 1 to 64."),
        ("/draw_generate", (65, 1, 1.0), "The number of pictures must be a whole number from 1 to 64."),
        ("/draw_generate", (1, -1, 1.0), "The seed must be a whole number from 0 to 2147483647."),
        ("/draw_generate", (1, 1, 1.0, 65), "The number of strokes must be a whole number from 1 to 64."),
        ("/draw_generate", (64, 1, 1.0, 64), "Ask for fewer pictures or fewer strokes: at most 2048 strokes together."),
        ("/draw_copy", (BAR, 1, "many"), "The number of strokes must be a whole number from 1 to 64."),
        ("/pixel_generate", (1, 1, None), "The temperature must be a number from 0.1 to 2."),
        ("/pixel_generate", (1, 1, 9), "The temperature must be a number from 0.1 to 2."),
        ("/pixel_generate", (1, 1, 1.0, "no-such" * 1000), "There is no pixel model called 'no-suchno-such"),
        ("/pixel_generate", (1, 1, 1.0, "no-such"), "There is no pixel model called 'no-such'"),
        ("/pixel_generate", (1, 1, 1.0, ["pixelcnn-mnist"]), "There is no pixel model called"),
        (
            "/pixel_generate",
            (17, 1, 1.0, "pixelcnn-cifar10"),
            "The number of pictures must be a whole number from 1 to 16.",
        ),
        ("/pixel_generate", (1, 1, 1.0, PIXELCNN, 3), "has not learned classes"),
        ("/pixel_generate", (1, 1, 1.0, "gated-pixelcnn-mnist", 10), "The class must be a whole number from 0 to 9."),
        ("/pixel_complete", (BAR, LOWER, 1, 1, 1.0, "pixelcnn-svhn"), "This model knows colour pictures of 32×32×3"),
        (
            "/pixel_complete",
            (BAR, LOWER, 1, 1, 1.0, "multiscale-mnist", 8),
            "needs a model that paints in raster order",
        ),
        (
            "/pixel_complete",
            (BAR, LOWER, 1, 1, 1.0, PIXELCNN, 7),
            "The number of particles must be a whole number from 8",
        ),
        ("/pixel_nats", (BAR, "vae-mnist"), "There is no pixel model called 'vae-mnist'"),
        ("/pixel_nats", ([[0] * 32] * 32,), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/draw_copy", ({"data": "AAAA", "shape": [28, 28], "dtype": "uint8"}, 1), "The picture must be 28 rows of 28"),
        ("/draw_copy", ({"data": "AAAA", "shape": [1, 3], "dtype": "uint8"}, 1), "The picture must be 28 rows of 28"),
        ("/together_answer", ("paint", "vae-mnist", BAR), "There is no question "),
        ("/together_answer", ("complete", "vae-mnist", BAR), "Nothing is covered"),
        ("/together_bills", (5, [50]), "A round takes"),
        ("/look_pixels", (BAR, "draw-mnist"), "There is no such network; there are mdlstm-cluttered and"),
        ("/look_pixels", ([[0] * 9] * 9,), "A scene is a grey picture of 12 to 128 pixels a side."),
        ("/look_pixels", ([[0] * 20, [0] * 19],), "A scene must be rows of numbers from 0 to 255, all rows of one"),
        ("/look_pixels", ({"data": "AAAA", "shape": [20], "dtype": "uint8"},), "A scene must be rows of numbers"),
        ("/draw_copy", ("seven", 1), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/draw_copy", ([[0] * 28] * 27, 1), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/draw_copy", ([*BLANK[:27], [0]], 1), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/vae_encode", ([[300] * 28] * 28,), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/vae_decode", ([0.0] * 7,), "A code is a list of 8 numbers."),
        ("/vae_decode", (["a"] * 8,), "Each number of a code must be a number from -20 to 20."),
        ("/vae_decode", ([1e6] * 8,), "Each number of a code must be a number from -20 to 20."),
        ("/vae_encode", (BAR, "pixelcnn-mnist"), "There is no VAE called 'pixelcnn-mnist'"),
        ("/pixel_complete", (BAR, BLANK, 1, 1, 1.0), "Nothing is covered"),
        ("/pixel_complete", (BAR, ALL, 1, 1, 1.0), "Everything is covered"),
        ("/read_picture", ({"path": "app.py"},), "Send the picture's file as base64 text."),
        ("/read_picture", ("no base64!",), "The picture's file is not valid base64 text."),
        ("/read_picture", (base64.b64encode(b"text").decode(),), "is not a picture of a known kind"),
    ],
)
def test_what_is_wrong_gets_one_sentence_and_the_app_goes_on(
    easel: Client, server: Server, name: str, values: tuple[Any, ...], sentence: str
) -> None:
    printed = len(server.output())
    with pytest.raises(AppError) as caught:
        easel.predict(*values, api_name=name)
    message = str(caught.value)
    assert sentence in message and "\n" not in message and message.endswith(".")
    assert "Traceback" not in server.output()[printed:]
    assert len(message) < 600
    assert unpacked(easel.predict([0.0] * 8, api_name="/vae_decode")["image"]).shape == (28, 28)


def plainly(server: Server, name: str, body: str) -> str:
    """The stream of events with which an endpoint answers a JSON body; gradio_client would refuse to send some."""
    endpoint = f"{server.url}gradio_api/call/{name}"
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(endpoint, body.encode(), headers), timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{endpoint}/{event}", timeout=60) as answer:
        stream: str = answer.read().decode()
    return stream


@pytest.mark.parametrize("number", ["NaN", "1e999"])
def test_numbers_that_are_none_get_a_sentence_over_plain_http(server: Server, number: str) -> None:
    stream = plainly(server, "vae_decode", f'{{"data": [[0, 0, 0, 0, 0, 0, 0, {number}], "vae-mnist"]}}')
    assert "event: error" in stream and "Each number of a code must be a number from -20 to 20." in stream


def test_what_is_left_out_over_plain_http_is_the_default_or_gets_the_endpoint_s_sentence(server: Server) -> None:
    assert plainly(server, "vae_decode", json.dumps({"data": [[0] * 8]})).startswith("event: complete")
    stream = plainly(server, "draw_copy", '{"data": []}')
    assert "event: error" in stream and "The picture must be 28 rows of 28 numbers from 0 to 255." in stream
    assert " object at 0x" not in stream


@pytest.mark.parametrize(("model", "size"), [("aevb-mnist-2d", 2), ("vae-mnist-20d", 20)])
def test_the_other_vaes_answer_with_codes_of_their_own_length(easel: Client, model: str, size: int) -> None:
    code = easel.predict(BAR, model, api_name="/vae_encode")
    assert len(code["mean"]) == len(code["sigma"]) == len(code["kl"]) == size
    image = unpacked(easel.predict(code["mean"], model, api_name="/vae_decode")["image"])
    assert image.shape == (28, 28) and 0 <= image.min() and image.max() <= 1
    colours = unpacked(easel.predict([0.0] * 64, "vae-svhn", api_name="/vae_decode")["image"])
    assert colours.shape == (32, 32, 3)
