"""The public API: the endpoints of the reference, the answers of this process, one sentence for what is wrong."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from numpy.typing import NDArray

from core.client import Easel, endpoints
from core.errors import UserError
from core.trace import CanvasTrace
from tests.browser.conftest import Server
from tests.core.client.asked import ASKED, A, picture_file, same
from tests.core.client.test_client import ask

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


@pytest.fixture(scope="module")
def remote(server: Server) -> Easel:
    return Easel(server.url)


@pytest.fixture(scope="module")
def here() -> Easel:
    return Easel()


def unpacked(value: dict[str, Any]) -> NDArray[Any]:
    """A picture of an answer, by the lines that the reference gives."""
    return np.frombuffer(base64.b64decode(value["data"]), value["dtype"]).reshape(value["shape"])


def test_just_the_endpoints_of_the_reference_are_public_with_their_arguments_and_words(easel: Client) -> None:
    told = easel.view_api(return_format="dict")["named_endpoints"]
    assert set(told) == {f"/{name}" for name in endpoints()}
    for name, endpoint in endpoints().items():
        assert [each["parameter_name"] for each in told[f"/{name}"]["parameters"]] == [t.name for t in endpoint.takes]
        assert (
            told[f"/{name}"]["description"].startswith(endpoint.about) and "API.md" in told[f"/{name}"]["description"]
        )


@pytest.mark.parametrize("name", ASKED)
def test_a_running_easel_answers_what_this_process_answers(remote: Easel, here: Easel, name: str) -> None:
    endpoint = endpoints()[name]
    same(ask(remote, endpoint, **ASKED[name]), ask(here, endpoint, **ASKED[name]))


def test_a_mistake_is_the_same_sentence_from_afar(remote: Easel, here: Easel) -> None:
    said = []
    for easel in (remote, here):
        with pytest.raises(UserError) as caught:
            easel.draw.generate(65)
        said.append(str(caught.value))
    assert said[0] == said[1] == "The number of pictures must be a whole number from 1 to 64."


def test_a_trace_from_afar_is_a_trace_with_files_and_prices(remote: Easel, tmp_path: Any) -> None:
    trace = remote.draw.copy(A, seed=7)
    assert isinstance(trace, CanvasTrace) and len(trace) == 16 and trace.nats.shape == (1, 17)
    assert trace.to_gif(tmp_path / "copy.gif").stat().st_size > 1000
    assert not np.array_equal(trace.frame(-1), remote.draw.copy(A, seed=8).frame(-1))


def test_pictures_go_in_as_rows_or_packed_and_what_is_known_stays(easel: Client) -> None:
    rows = easel.predict(BAR, LOWER, 3, 7, api_name="/pixels_complete")
    data = base64.b64encode(np.array(BAR, np.uint8).tobytes()).decode()
    packed = {"data": data, "shape": [28, 28], "dtype": "uint8"}
    assert easel.predict(packed, LOWER, 3, 7, api_name="/pixels_complete") == rows
    image, known, nats = (unpacked(rows[name]) for name in ("image", "known", "nats"))
    assert image.shape == (3, 1, 28, 28) and (image[:, 0, :14] * 255 == np.array(BAR)[:14]).all()
    assert (np.diff((nats * ~known).sum((1, 2))) >= 0).all(), "the likeliest first"


def test_a_class_and_colour_can_be_asked_for_by_name(remote: Easel) -> None:
    ones, zeros = (remote.pixels.generate(2, 7, model="gated-pixelcnn-mnist", label=label) for label in (1, 0))
    assert not np.array_equal(ones.image, zeros.image)
    assert remote.pixels.generate(2, 7, model="pixelcnn-svhn").image.shape == (2, 3, 32, 32)


def test_a_picture_becomes_a_digit_a_code_and_a_picture_again(remote: Easel) -> None:
    pixels = remote.read_picture(picture_file()).pixels
    assert pixels.shape == (28, 28) and set(np.unique(pixels)) == {0, 255}
    code = remote.vae.encode(pixels)
    image = remote.vae.decode(code.mean)[0, 0]
    assert np.abs(image - pixels / 255).mean() < np.abs(image - 1 + pixels / 255).mean()


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("/draw_generate", ("many", 1, 1.0), "The number of pictures must be a whole number from 1 to 64."),
        ("/draw_generate", (65, 1, 1.0), "The number of pictures must be a whole number from 1 to 64."),
        ("/draw_generate", (1, -1, 1.0), "The seed must be a whole number from 0 to 2147483647."),
        ("/draw_generate", (1, 1, 1.0, 65), "The number of strokes must be a whole number from 1 to 64."),
        ("/draw_generate", (64, 1, 1.0, 64), "Ask for fewer pictures or fewer strokes: at most 2048 strokes together."),
        ("/draw_copy", (BAR, 1, "many"), "The number of strokes must be a whole number from 1 to 64."),
        ("/pixels_generate", (1, 1, None), "The temperature must be a number from 0.1 to 2."),
        ("/pixels_generate", (1, 1, 9), "The temperature must be a number from 0.1 to 2."),
        ("/pixels_generate", (1, 1, 1.0, "no-such" * 1000), "There is no pixel model called 'no-suchno-such"),
        ("/pixels_generate", (1, 1, 1.0, "no-such"), "There is no pixel model called 'no-such'"),
        ("/pixels_generate", (1, 1, 1.0, ["pixelcnn-mnist"]), "There is no pixel model called"),
        (
            "/pixels_generate",
            (17, 1, 1.0, "pixelcnn-cifar10"),
            "The number of pictures must be a whole number from 1 to 16.",
        ),
        ("/pixels_generate", (1, 1, 1.0, PIXELCNN, 3), "has not learned classes"),
        ("/pixels_generate", (1, 1, 1.0, "gated-pixelcnn-mnist", 10), "The class must be a whole number from 0 to 9."),
        ("/pixels_complete", (BAR, LOWER, 1, 1, 1.0, "pixelcnn-svhn"), "This model knows colour pictures of 32×32×3"),
        (
            "/pixels_fit",
            (BAR, LOWER, 1, 1, 1.0, "multiscale-mnist", None, 8),
            "needs a model that paints in raster order",
        ),
        (
            "/pixels_fit",
            (BAR, LOWER, 1, 1, 1.0, PIXELCNN, None, 7),
            "The number of particles must be a whole number from 8",
        ),
        ("/pixels_judge", (BAR, "vae-mnist"), "There is no pixel model called 'vae-mnist'"),
        ("/pixels_judge", ([[0] * 32] * 32,), "This model knows grey pictures of 28×28 pixels, not 32×32."),
        ("/pixels_mask", ("C",), "A mask is of kind A"),
        ("/pixels_mask", ("A", 1, 10**6), "The kernel's side must be a whole number from 1 to 15."),
        ("/pixels_passes", (BAR,), "A picture and its cover belong together"),
        ("/draw_pen", (BAR, {"a": [1, 2, 3]}), "What a hand does is named by the stroke"),
        ("/draw_pen", (BAR, {"1": 3}), "A window is three numbers: x, y and its size."),
        ("/vae_film", ([[0, 0]],), "A path needs two places at least"),
        ("/together_round", (1, 7), "A round has 20 or 60 pixels."),
        ("/together_bills", (5, [[50]] * 59), "A round takes"),
        ("/draw_copy", ({"data": "AAAA", "shape": [28, 28], "dtype": "uint8"}, 1), "The picture must be 28 rows of 28"),
        ("/draw_copy", ({"data": "AAAA", "shape": [1, 3], "dtype": "uint8"}, 1), "The picture must be 28 rows of 28"),
        ("/together_answer", ("paint", "vae-mnist", BAR), "There is no question "),
        ("/together_answer", ("complete", "vae-mnist", BAR), "Nothing is covered"),
        ("/together_bills", (5, [50]), "A round takes"),
        ("/together_dark", (0,), "The round must be a whole number from 1"),
        ("/together_looks", (5, [[30, 30, 12]] * 9), "A round has 1 to 8 looks."),
        ("/together_looks", (5, [[30, 30]]), "A window is three numbers: x, y and its size."),
        ("/together_named", (5, [[30, 30, "wide"]], 3), "Each number of a window must be a number from"),
        ("/look_pixels", (BAR, "draw-mnist"), "There is no such network; there are mdlstm-cluttered and"),
        ("/look_pixels", ([[0] * 9] * 9,), "A scene is a grey picture of 12 to 128 pixels a side."),
        ("/look_pixels", ([[0] * 20, [0] * 19],), "A scene must be rows of numbers from 0 to 255, all rows of one"),
        ("/look_pixels", ({"data": "AAAA", "shape": [20], "dtype": "uint8"},), "A scene must be rows of numbers"),
        ("/draw_copy", ("seven", 1), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/draw_copy", ([[0] * 28] * 27, 1), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/draw_copy", ([*BLANK[:27], [0]], 1), "The picture must be 28 rows of 28 numbers from 0 to 255."),
        ("/vae_encode", ([[300] * 28] * 28,), "A picture must be rows of numbers from 0 to 255"),
        ("/vae_decode", ([0.0] * 7,), "A code is a list of 8 numbers."),
        ("/vae_decode", (["a"] * 8,), "Each number of a code must be a number from -20 to 20."),
        ("/vae_decode", ([1e6] * 8,), "Each number of a code must be a number from -20 to 20."),
        ("/vae_encode", (BAR, "pixelcnn-mnist"), "There is no VAE called 'pixelcnn-mnist'"),
        ("/pixels_complete", (BAR, BLANK, 1, 1, 1.0), "Nothing is covered"),
        ("/pixels_complete", (BAR, BLANK[:14], 1, 1, 1.0), "The cover must be as large as the picture"),
        ("/pixels_complete", (BAR, ALL, 1, 1, 1.0), "Everything is covered"),
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
    assert unpacked(easel.predict([0.0] * 8, api_name="/vae_decode")).shape == (1, 1, 28, 28)


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


@pytest.mark.parametrize(("model", "size"), [("aevb-mnist-2d", 2), ("vae-mnist-20d", 20), ("vae-svhn", 64)])
def test_the_other_vaes_decode_codes_of_their_own_length(remote: Easel, model: str, size: int) -> None:
    assert remote.vae.code(model=model).shape == (size,)
    image = remote.vae.decode(np.zeros(size), model)
    assert len(image) == 1 and 0 <= image.min() and image.max() <= 1
    with pytest.raises(UserError, match=f"A code is a list of {size} numbers"):
        remote.vae.decode(np.zeros(size + 1), model)
