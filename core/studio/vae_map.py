"""The map of a latent space: planes through it, the pictures on them, where a picture's posterior lies, and paths.

Everything from outside is checked here and in :mod:`core.studio.vae_code`; codes are in the order of
:meth:`core.studio.vae_code.VAEStudio.order`. A picture is uint8 (H, W) of 0 and 255.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import quoted
from core.models.base import array
from core.requests import MAX_LATENT, RequestError, number, whole
from core.results_vae import Posterior
from core.studies import latents, vae_map
from core.studies.vae_map import Numbers, Plane
from core.studio.train_learned import Dots, Learned
from core.studio.vae_code import VAEStudio
from core.trace import Array, CanvasTrace
from core.training.registry import shown_in

MAPS = tuple(shown_in("vae_map"))
"""The models that have a map: of their weights ``assets/codes.npz`` holds codes of test digits."""
SIDE = 20
"""Tiles along each side of the lattice, as in the paper's figure 4b."""
AT_A_TIME = 100
"""Tiles that are decoded in one go, then somebody else gets the models: a moving hand does not wait for all of them."""
SAMPLES = 11
"""Codes that are drawn from a posterior."""
MAX_PATH = 2_000
"""Points of a path; the page sends 400 at most."""


def mapped(name: object) -> str:
    """The name of a model with a map; raises :class:`RequestError` for any other."""
    if name not in MAPS:
        raise RequestError(
            "There is no map of {name}; there are maps of {maps}.", name=quoted(name), maps=", ".join(MAPS)
        )
    return str(name)


class MapStudio:
    """Requests to ``vaes``; ``sha256(name)`` is that of a model's weights, from its card.

    ``learned(name)`` knows the codes of a model that was trained here, and is None for the others.
    """

    def __init__(self, vaes: VAEStudio, sha256: Callable[[str], str], learned: Callable[[str], Learned | None]) -> None:
        self._vaes, self._sha256, self._learned = vaes, sha256, learned

    def size(self, name: str) -> int:
        """How many numbers the codes of a map have: two at least."""
        if (d := self._vaes.size(mapped(name))) < 2:
            raise RequestError("A map needs two numbers: the code of what was trained has but one.")
        return d

    def own(self, name: str) -> Dots | None:
        """Codes in the studio's order of pictures that what was trained here learned with; none where they are gone.

        None for a shipped model, whose codes are stored.
        """
        if (learned := self._learned(mapped(name))) is None:
            return None
        if (found := learned.dots) is None:
            return Dots(np.zeros((0, self._vaes.size(name)), np.float32), np.zeros(0, np.uint8))
        return found._replace(means=found.means[:, self._vaes.order(name)])

    def in_order(self, name: str, means: Array, sha256: str) -> Array | None:
        """Stored codes (n, d), in the model's own order, in the studio's; None where other weights made them."""
        if self._sha256(mapped(name)) != sha256:
            return None
        return means[:, self._vaes.order(name)]

    def of_axes(self, name: str, across: object, along: object) -> Plane:
        """The plane of two latents, counted from 1, the others at 0."""
        d = self.size(name)
        i, j = (whole(value, "A number of the code", 1, d) - 1 for value in (across, along))
        if i == j:
            raise RequestError("Choose two different numbers of the code for the map's axes.")
        return vae_map.of_axes(d, i, j)

    def lattice(self, name: str, plane: Plane, half: object, quantiles: bool) -> Array:
        """The pictures at :data:`SIDE` × :data:`SIDE` places of a plane, (SIDE², H, W) in [0, 1], from the top left."""
        reach = number(half, "Half the side of the map", 0.1, MAX_LATENT)
        name = mapped(name)
        codes = plane.codes(vae_map.lattice(SIDE, reach, bool(quantiles))).clip(-MAX_LATENT, MAX_LATENT)
        parts = [self._vaes.decode_all(codes[at : at + AT_A_TIME], name) for at in range(0, SIDE**2, AT_A_TIME)]
        return np.concatenate(parts)[:, 0]

    def peek(self, name: object, code: object) -> NDArray[np.uint8]:
        """The picture of one code as grey values (H, W): what a hand that moves over the map sees."""
        picture, _ = self._vaes.decode(code, name=mapped(name))
        return np.rint(255 * picture[0, 0]).astype(np.uint8)

    def posterior(self, name: str, pixels: NDArray[np.uint8]) -> Posterior:
        """The posterior of a picture and :data:`SAMPLES` draws from it, of the same noise for every picture."""
        code = self._vaes.encode(pixels, mapped(name))
        noise = array(torch.randn(SAMPLES, len(code.mean), generator=torch.Generator().manual_seed(0)))
        samples = code.mean + code.sigma * noise
        all_codes = np.concatenate([code.mean[None], samples]).clip(-MAX_LATENT, MAX_LATENT)
        return Posterior(code, samples, self._vaes.decode_all(all_codes, name)[:, 0])

    def film(self, name: object, path: object, frames: object) -> tuple[CanvasTrace, Numbers]:
        """The pictures along a path of codes (n, d) in ``frames`` equal steps, and their codes (frames, d)."""
        count = whole(frames, "The number of frames", *latents.FRAMES)
        if not isinstance(path, (list, tuple, np.ndarray)) or len(path) < 2:
            raise RequestError("A path needs two places at least: drag over the map.")
        codes = self._vaes.latents(path, name := mapped(name), most=MAX_PATH).cpu().double().numpy()
        way = vae_map.resampled(codes[:, self._vaes.order(name)], count)
        return self._vaes.walk(way, name), way
