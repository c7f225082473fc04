"""Downloads, from a server of the test's own on 127.0.0.1."""

import socket
import threading
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.data.download import TIMEOUT, DataError, explaining, fetch
from core.files import replacing

BODY = bytes(range(256)) * 5000


class Handler(BaseHTTPRequestHandler):
    """``/whole`` and ``/unannounced`` send the body, ``/cut`` ends half way; everything else is missing."""

    def do_GET(self) -> None:
        if self.path not in ("/whole", "/unannounced", "/cut"):
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unannounced":
            self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[: len(BODY) // 2] if self.path == "/cut" else BODY)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("page", ["whole", "unannounced"])
def test_a_file_arrives_whole_in_folders_made_for_it_with_a_progress_bar(server, page, tmp_path, capsys):
    path = tmp_path / "deep" / "down" / "file.bin"
    fetch(f"{server}/{page}", path, len(BODY))
    assert path.read_bytes() == BODY
    assert list(path.parent.iterdir()) == [path]
    assert "file.bin" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("page", "limit", "complaint"),
    [
        ("cut", len(BODY), "ended after 640,000 of 1,280,000 bytes"),
        ("whole", len(BODY) - 1, "longer than the 1,279,999 bytes"),
        ("unannounced", 1000, "longer than the 1,000 bytes"),
        ("nowhere", len(BODY), "The server refused .*/nowhere: 404 Not Found"),
    ],
)
def test_a_failed_download_says_why_and_leaves_the_old_file_alone(server, page, limit, complaint, tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(DataError, match=complaint) as caught:
        fetch(f"{server}/{page}", path, limit)
    assert str(caught.value).endswith(".")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_server_that_cannot_be_reached_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/file.bin"
        with pytest.raises(DataError, match=f"{url} could not be downloaded: .*refused"):
            fetch(url, tmp_path / "file.bin", 10)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError("timed out"), "MNIST could not be downloaded: timed out."),
        (ConnectionResetError(), "MNIST could not be downloaded: ConnectionResetError."),
        (
            RuntimeError("No file.\nTried:\n<urlopen error no route>\n"),
            "MNIST could not be downloaded: urlopen error no route.",
        ),
        (
            RuntimeError("Not found or corrupted. You can use download=True"),
            "MNIST could not be downloaded: Not found or corrupted.",
        ),
        (IncompleteRead(b"abc", 4), "MNIST could not be downloaded: IncompleteRead(3 bytes read, 4 more expected)."),
    ],
)
def test_what_another_library_says_becomes_one_sentence(error, sentence):
    with pytest.raises(DataError) as caught, explaining("MNIST"):
        raise error
    assert str(caught.value) == sentence


def test_another_library_waits_no_longer_for_a_silent_server_than_this_one():
    with explaining("MNIST"), socket.socket() as inside:
        assert inside.gettimeout() == TIMEOUT
    assert socket.getdefaulttimeout() is None
    with pytest.raises(DataError), explaining("MNIST"):
        raise OSError
    assert socket.getdefaulttimeout() is None


def test_a_file_is_replaced_only_when_its_block_ends_well(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")

    def give_up_half_way() -> None:
        with replacing(path) as file:
            file.write(b"half of the ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up_half_way()
    assert path.read_bytes() == b"old"
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
