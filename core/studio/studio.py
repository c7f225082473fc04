"""The painters at work: the app's requests in NumPy terms, answered by the trained models.

Everything that comes from outside is checked here, so that the browser and the API get the same one clear sentence
(:class:`RequestError`). One picture is a uint8 array (H, W) of 0 (paper) and 255 (ink), as the editor gives it.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import requests
from core.console import found_device
from core.files import CHECKPOINTS
from core.library.model import Model
from core.models.base import Generate, Reconstruct, array
from core.models.draw import Draw
from core.requests import RequestError, binary_picture, seeded, whole
from core.results import STEPS, Erased, Looking, Penned
from core.samplers import prices
from core.samplers.brush import Brush
from core.studies import draw_pen, draw_time, draw_window
from core.studies.draw_time import Way
from core.studio import lent
from core.studio.draw import DrawStudio
from core.studio.look import GlimpseStudio
from core.studio.look_pixels import EveryPixelStudio
from core.studio.pixels import DEFAULT, PixelStudio
from core.studio.together_guess import GuessStudio
from core.studio.together_looks import LooksStudio
from core.studio.together_rows import TogetherStudio
from core.studio.train_learned import Learned
from core.studio.train_use import UseStudio
from core.studio.turns import ANY, LIGHT, PATIENCE, Turn, Turns
from core.studio.vae_bound import CostStudio
from core.studio.vae_code import VAEStudio
from core.studio.vae_map import MAPS, MapStudio
from core.studio.vae_restore import RestoreStudio
from core.studio.vae_walks import WalkStudio
from core.trace import Array, CanvasTrace
from core.training.checkpoints import CheckpointError, kl_per_latent, load_checkpoint, read_card
from core.training.registry import FIRST, REGISTRY

log = logging.getLogger("easel")

MAX_FORKS = 25
"""Futures of one painting in one request."""
MAX_GUESTS = 4
"""Models that were trained here and are kept ready for the rooms."""
SIDES = ("channels", "height", "width")
ANY_SIZE = ("channels",)
"""Of what a room's pictures have in common: for DRAW in colour a picture is made as large as its canvas."""
MAX_CANVASES = 2048
"""Strokes of all paintings in one request: each is a canvas to be kept and sent."""


class Studio:
    """The trained models, each loaded once, at its first use; requests take turns (:mod:`core.studio.turns`).

    All of them compute on ``device``, a name of torch's or ``auto`` (:func:`core.console.found_device`). Noise is drawn
    on the processor, so that a seed paints the same picture on each. Who waits ``patience`` seconds is told so.
    """

    def __init__(
        self, checkpoints: Path = CHECKPOINTS, device: str | torch.device = "cpu", patience: float = PATIENCE
    ) -> None:
        self._checkpoints, self.device = checkpoints, found_device(device)
        self._made: dict[str, Any] = {}
        self._learned: Learned | None = None
        self._host: Studio | None = None
        self._turns, self._making = Turns(patience), threading.RLock()
        self._guests: dict[int, tuple[Model, Studio]] = {}
        self.pixels = PixelStudio(self._load, self._at_work, self._lent)
        """The pixel models; made here, so that stopping one waits for no lock."""
        self.trained = UseStudio()
        self.glimpses = GlimpseStudio(self._load, self._at_work)
        self.every_pixel = EveryPixelStudio(self._load, self._at_work)
        self.draws = DrawStudio(self._load, self._at_work)
        self.vaes = VAEStudio(self._load, self._carried, self._at_work)
        self.map = MapStudio(self.vaes, self._sha256, self._learned_of)
        self.walks = WalkStudio(self.vaes)
        self.costs = CostStudio(self.vaes)
        self.restoring = RestoreStudio(self.vaes, self.pixels)
        self.guessing = GuessStudio(self.pixels)
        self.looking = LooksStudio(self.glimpses)
        self.together = TogetherStudio(self._load, self._at_work, self.vaes, self.pixels)

    @contextmanager
    def _at_work(self, model: str = ANY, price: float = LIGHT) -> Iterator[Turn]:
        """A request in its turn, of pixel models one at a time, on one processor thread.

        These networks are so small that sharing a row of pixels between threads costs more than it saves: two threads
        make PixelCNN four times slower in a server's worker thread. The number belongs to the calling thread.
        """
        with self._turns.at(model, price) as turn:
            torch.set_num_threads(1)
            yield turn

    def _lent(self, brush: Brush, name: str, price: float) -> Brush | lent.LentBrush:
        """What a painting of that price is made with: on a GPU that is lent, if it is one of our own models."""
        if not lent.LENDS or price <= lent.DEAR or self._learned is not None:
            return brush
        return lent.LentBrush(brush, price, self._checkpoints, name)

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        if self._host is not None and key not in self._made:
            return self._host._once(key, make)
        if key not in self._made:  # what is there is given without waiting for a painting that is under way
            with self._making:
                if key not in self._made:
                    self._made[key] = make()
        return self._made[key]

    def _load(self, name: str) -> Any:
        return self._once(name, lambda: load_checkpoint(name, self._checkpoints).to(self.device))

    def _carried(self, name: str) -> Array:
        """Mean nats of each latent of a VAE, (d,), as its card says; a card without such a figure: ones."""
        if (learned := self._learned_of(name)) is not None:
            return learned.carried
        carried: Array = self._once(f"{name}'s latents", lambda: kl_per_latent(name, self._checkpoints))
        return carried

    def _picture(self, pixels: NDArray[np.uint8] | None) -> Tensor | None:
        """A digit (H, W) from outside as DRAW sees it, if there is one."""
        return None if pixels is None else binary_picture(pixels).to(self.device)

    def _sha256(self, name: str) -> str:
        """That of a shipped model's weights, from its card."""
        return str(read_card(name, self._checkpoints).get("sha256"))

    def _learned_of(self, name: str) -> Learned | None:
        """Who knows the codes of a VAE that was trained here; None for the shipped ones."""
        return self._learned if self._learned is not None and self._learned.name == name else None

    def with_trained(self, card: Path) -> Studio:
        """The painters, with what was trained in the place of the shipped model of its name. Raises ``UserError``."""
        model = self.trained.model(card)
        usual = REGISTRY[model.name].config if model.name in REGISTRY else None
        if usual is None or any(getattr(usual, side) != getattr(model.config, side) for side in sides_of(model)):
            raise RequestError("What was trained knows pictures of another kind than this room's: use it in Try it.")
        with self._making:
            if id(model) not in self._guests:
                self._guests[id(model)] = model, self._guest(model, card)  # while it is kept, its number is its own
                while len(self._guests) > MAX_GUESTS:
                    del self._guests[next(iter(self._guests))]
            return self._guests[id(model)][1]

    def _guest(self, model: Model, card: Path) -> Studio:
        """These painters, but for one; it takes turns with them and uses what they have loaded."""
        guest = Studio(self._checkpoints, self.device)
        guest._turns, guest.pixels._under_way = self._turns, self.pixels._under_way
        guest._made, guest._host = {model.name: copy.deepcopy(model.module).to(self.device)}, self
        guest._learned = Learned(model, card) if model.family == "vae" else None
        return guest

    @property
    def draw(self) -> Draw:
        """The DRAW painter."""
        model: Draw = self._load(FIRST["draw"])
        return model

    def warm(self) -> None:
        """Load every model and paint once with each, so that the first click does not pay for it."""
        blank = np.zeros((28, 28), np.uint8)
        for paint in (
            lambda: self.draw_copy(blank, 0),
            lambda: self.vaes.encode(blank),
            lambda: self.map.posterior(MAPS[0], blank),
            lambda: self.pixels.generate(DEFAULT, 1, 0),
            lambda: self.glimpses.look(np.zeros((60, 60), np.uint8)),
            lambda: self.every_pixel.grown(np.zeros((60, 60), np.uint8)),
        ):
            try:
                paint()
            except CheckpointError as error:  # the others paint all the same, and a request will say it again
                log.warning("%s", error)

    def draw_generate(
        self, count: object, seed: object, temperature: object = 1.0, steps: object = None
    ) -> CanvasTrace:
        """DRAW paints ``count`` pictures from the prior, in ``steps`` strokes; None: as many as it was trained with."""
        request, length = Generate(requests.count(count), requests.temperature(temperature)), requests.strokes(steps)
        if request.count * (length or 1) > MAX_CANVASES:
            raise RequestError(
                "Ask for fewer pictures or fewer strokes: at most {max_canvases} strokes together.",
                max_canvases=MAX_CANVASES,
            )
        with self._at_work(price=prices.strokes(length or STEPS, request.count)):
            return CanvasTrace.record(self.draw.steps(request, seeded(seed), length))

    def draw_blank(self) -> Array:
        """DRAW's learned canvas before the first stroke, (1, C, H, W) in [0, 1]."""
        blank: Array = array(self.draw.initial_canvas.sigmoid()[None])
        return blank

    def draw_copy(self, pixels: NDArray[np.uint8], seed: object, steps: object = None) -> CanvasTrace:
        """DRAW looks at one picture (H, W) and paints it again; the trace keeps it as its subject.

        ``steps`` strokes; None: as many as it was trained with.
        """
        x, length = binary_picture(pixels), requests.strokes(steps)
        with self._at_work():
            return CanvasTrace.record(self.draw.steps(Reconstruct(x), seeded(seed), length), subject=array(x))

    def draw_forks(self, pixels: NDArray[np.uint8] | None, at: object, count: object, seed: object) -> CanvasTrace:
        """Futures of one painting, of a copy if there are pixels, that share their first ``at`` strokes."""
        model, x = self.draw, self._picture(pixels)
        at = whole(at, "The stroke to fork at", 0, model.config.steps)
        count = whole(count, "The number of futures", 2, MAX_FORKS)
        subject = None if x is None else array(x)
        with self._at_work():
            return CanvasTrace.record(draw_time.forks(model, x, at, count, seeded(seed)), subject=subject)

    def draw_erased(self, pixels: NDArray[np.uint8] | None, way: str, seed: object) -> Erased:
        """One painting without each of its strokes: of their ``stroke`` alone, or of the ``latent`` behind it."""
        if way not in get_args(Way):
            raise RequestError("The eraser takes a stroke or the latent behind it.")
        x = self._picture(pixels)
        with self._at_work():
            return draw_time.erased(self.draw, x, cast(Way, way), seeded(seed))

    def draw_pen(
        self,
        pixels: NDArray[np.uint8] | None,
        moves: Mapping[int, Sequence[object]],
        inks: Mapping[int, NDArray[np.int8]],
        seed: object,
    ) -> Penned:
        """One painting, a copy if there are pixels, as it would have gone and with a person's hand in it.

        ``moves``: step, from 0, -> centre x, y and size of its write window in pixels; ``inks``: step -> (H, W), what
        is painted on the canvas before it: 1 ink, −1 erased, 0 left alone.
        """
        x = self._picture(pixels)
        with self._at_work():
            return draw_pen.penned(self.draw, x, draw_pen.checked(moves, inks, self.draw), seeded(seed))

    def filters(self, pixels: NDArray[np.uint8], *values: object) -> Looking:
        """What a window with g_X, g_Y, δ, σ², γ and N makes of one picture (H, W); no model is asked."""
        setting = draw_window.checked(*values)
        with self._at_work():
            return draw_window.look(pixels, setting)


def sides_of(model: Model) -> tuple[str, ...]:
    """What of its pictures must be as the shipped model's for the rooms to have any for it."""
    return ANY_SIZE if model.family == "draw" and model.config.channels > 1 else SIDES
