"""Small colour pictures with labels: read from a zip file in the user's folder, and fetched into one.

``FOLDER/NAME.zip`` is what a fetch writes: the exact pixels, as PNG, laid out as :mod:`core.archives` says, so that
reading them needs neither torchvision nor the pickles and MATLAB files that the originals are.
"""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core.archives import read_archive
from core.download import DataError, explaining, missing, remedy
from core.files import replacing
from core.images import ImageError

SIDE = 32


def read_pictures(
    name: str, copy: str, split: str, folder: Path
) -> tuple[str, NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    """The pictures of ``name``: which file they came from, (N, 3, 32, 32) in 0–255, labels (N,) and their names.

    ``NAME.zip`` is read or, where there is none, ``COPY.zip``, which holds something near to it; the first value is
    ``name`` or ``copy`` accordingly. Raises :class:`DataError`.
    """
    for stem in (name, copy):
        path = folder / f"{stem}.zip"
        if path.exists():
            try:
                return stem, *read_archive(path, split, (SIDE, SIDE), channels=3)
            except ImageError as error:
                raise DataError(f"{str(error).removesuffix('.')}: {remedy(name, folder)}.") from None
    raise missing(name, f"There is no {name}.zip", folder)


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
