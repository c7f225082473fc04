"""MNIST, downloaded because somebody has pressed a button: in a thread, once, whoever asks. No torch here."""

from __future__ import annotations

import logging
import os
import threading
from typing import NamedTuple

from core.data import mnist
from core.errors import UserError

log = logging.getLogger("easel")

NOT_HERE = "MNIST is not on this machine: start the app with --data and the folder that has it."
NOT_ALLOWED = "This server downloads nothing: start it with --downloads, or with --data and the folder that has MNIST."


class Stand(NamedTuple):
    """How far a download is: ``came`` of ``length`` bytes; ``over``, and what went ``wrong``."""

    came: int
    length: int
    over: bool = False
    wrong: UserError | None = None


class Fetching:
    """The download; ``allowed`` where the app is local or was told so."""

    def __init__(self, allowed: bool) -> None:
        self.allowed = allowed
        self._stand = Stand(0, mnist.length())
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin to download, unless that is under way. Raises ``UserError`` where it is not allowed."""
        if not self.allowed:
            raise UserError(NOT_ALLOWED)
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._stand = Stand(0, mnist.length())
                self._thread = threading.Thread(target=self._fetch, name="easel-mnist", daemon=True)
                self._thread.start()

    def stand(self) -> Stand:
        """How far it is."""
        return self._stand

    def _seen(self, came: int) -> None:
        self._stand = self._stand._replace(came=came)

    def _fetch(self) -> None:
        wrong: UserError | None = None
        root = mnist.folder()
        try:
            mnist.fetch_mnist(root, self._seen)
            os.environ["EASEL_DATA"] = str(root)  # where all that read data sets look
        except UserError as error:
            wrong = error
        except Exception:
            log.exception("MNIST could not be downloaded")
            wrong = UserError("MNIST could not be downloaded: something went wrong here.")
        self._stand = self._stand._replace(over=True, wrong=wrong)
