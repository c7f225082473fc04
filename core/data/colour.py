"""Small colour pictures with labels: read from a zip file in the user's folder, and fetched into one.

``FOLDER/NAME.zip`` is what a fetch writes: the exact pixels, as PNG, laid out as :mod:`core.data.archives` says, so
that reading them needs neither torchvision nor the pickles and MATLAB files that the originals are.
"""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core.data.archives import Pictures, read_archive
from core.data.download import DataError, explaining, missing
from core.data.images import ImageError
from core.files import replacing
from core.results import COLOUR_SIDE
from core.sentences import Clause


def read_pictures(name: str, copy: str, split: str, folder: Path, side: int = COLOUR_SIDE) -> tuple[str, Pictures]:
    """The pictures of ``name``, (N, 3, side, side), and which file they came from.

    ``NAME.zip`` is read or, where there is none, ``COPY.zip``, which holds something near to it; the first value is
    ``name`` or ``copy`` accordingly. Raises :class:`DataError`.
    """
    for stem in (name, copy):
        path = folder / f"{stem}.zip"
        if path.exists():
            try:
                return stem, read_archive(path, split, (side, side), channels=3)
            except ImageError as error:
                damage = Clause(error.sentence.text, **error.sentence.values)
                raise missing(name, "{damage}: fetch it with `{fetching}`.", folder, damage=damage) from None
    if side != COLOUR_SIDE:
        raise DataError(
            "There is no {name}.zip in {folder}: "
            "put one of {side}×{side} pixels there, laid out as SPLIT/LABEL/NAME.png.",
            name=name,
            folder=folder,
            side=side,
        )
    raise missing(name, "There is no {file} in {folder}: fetch it with `{fetching}`.", folder, file=f"{name}.zip")


@dataclass(frozen=True)
class Crop:
    """Cuts squares of ``side`` pixels out of pictures: out of the middle or, with ``vary``, anywhere.

    With ``vary`` the light changes too: a contrast between 0.7 and 1.3 and a shift of up to 25 levels for each channel
    of each picture.
    """

    side: int
    vary: bool = False

    def __call__(self, pixels: NDArray[np.uint8], rng: np.random.Generator | None) -> NDArray[np.uint8]:
        """Crops (b, C, side, side) uint8; ``rng`` is only asked with ``vary``."""
        room = np.array(pixels.shape[2:]) - self.side
        if rng is None or not self.vary:
            row, column = room // 2
            return pixels[:, :, row : row + self.side, column : column + self.side]
        b, c = pixels.shape[:2]
        windows = np.lib.stride_tricks.sliding_window_view(pixels, (self.side, self.side), axis=(2, 3))
        row, column = rng.integers(room + 1, size=(b, 2)).T
        cut = windows[np.arange(b), :, row, column].astype(np.float32)
        contrast, shift = rng.uniform(0.7, 1.3, (b, 1, 1, 1)), rng.uniform(-25, 25, (b, c, 1, 1))
        middle = cut.mean((2, 3), keepdims=True)
        return (middle + (cut - middle) * contrast + shift).round().clip(0, 255).astype(np.uint8)


def fetch_cifar10(root: Path) -> None:
    """Let torchvision download CIFAR-10, with its checks of MD5 sums, and write ``cifar10.zip``."""
    from torchvision.datasets import CIFAR10  # takes 3 s and 170 MB, which only this verb has to pay

    parts, splits = root / "cifar10.zip.parts", {}
    for split in ("train", "test"):
        with explaining("CIFAR-10"):
            files = CIFAR10(parts, train=split == "train", download=True)
        splits[split] = files.data, [files.classes[label] for label in files.targets]
    write_zip(root / "cifar10.zip", splits)
    shutil.rmtree(parts)


def fetch_svhn_digits(root: Path) -> None:
    """Let torchvision download the cropped digits of SVHN, with its checks of MD5 sums; write ``svhn-digits.zip``.

    The files are MATLAB's. torchvision has SciPy read them, which nothing else here needs, so that it is no
    requirement of the app; without it nothing is downloaded.
    """
    if importlib.util.find_spec("scipy") is None:
        raise DataError("Fetching svhn-digits needs SciPy, which reads its files: run `pip install scipy` first.")
    from torchvision.datasets import SVHN

    parts, splits = root / "svhn-digits.zip.parts", {}
    for split in ("train", "test"):
        with explaining("SVHN"):
            files = SVHN(parts, split, download=True)
        splits[split] = files.data.transpose(0, 2, 3, 1), [str(label) for label in files.labels]
    write_zip(root / "svhn-digits.zip", splits)
    shutil.rmtree(parts)


def write_zip(path: Path, splits: Mapping[str, tuple[NDArray[np.uint8], Sequence[str]]]) -> None:
    """Write pictures (N, H, W, 3) with the names of their classes as SPLIT/LABEL/NUMBER.png, whole or not at all.

    Members bear no date, so that the same pictures are the same bytes.
    """
    count = sum(len(labels) for _, labels in splits.values())
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w") as archive,
        tqdm(total=count, desc=path.name, unit="picture") as bar,
    ):
        for split, (images, labels) in splits.items():
            for i, (image, label) in enumerate(zip(images, labels, strict=True)):
                png = BytesIO()
                Image.fromarray(image).save(png, "PNG")
                archive.writestr(zipfile.ZipInfo(f"{split}/{label}/{i:05}.png"), png.getvalue())
                bar.update()
