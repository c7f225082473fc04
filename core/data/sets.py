"""Named data sets: ``load(name, split, root)``; ``python -m core.data NAME --data FOLDER`` downloads one.

``strokes`` and ``plates`` need no file, ``archive:PATH`` is a folder or zip file of the user's. The others are read
from the folder ``root`` or, without one, from the folder that the environment variable ``EASEL_DATA`` names.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.console import plain_output
from core.data import binarized_mnist, colour, plates, scenes, strokes
from core.data.archives import read_archive
from core.data.download import DataError as DataError
from core.data.download import missing
from core.data.idx import read_idx
from core.data.images import ImageError
from core.data.mnist import fetch_mnist

SPLITS = ("train", "valid", "test")
ARCHIVE = "archive:"
"""What names of data sets start with that are a folder or zip file of pictures."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """One split of a data set in memory.

    ``images`` (N, C, H, W) uint8: 0 and 1 where ``binarisation`` is ``static``, else 0–255. ``labels`` (N,) int64,
    which may index ``classes``, or None. With ``dynamic`` binarisation a pixel is ink with probability value/255,
    drawn for each batch; with ``threshold`` it is ink from 128 on; None gives value/255 itself. With a ``scene``,
    images are digits, and a batch has the scenes that it makes of them, others every time (:mod:`core.data.scenes`).
    With a ``crop``, a batch has parts of them. ``about`` says what was found in an archive and what was passed over.
    Plates (:mod:`core.data.plates`) stand there as a stream, which draws images while they are asked for, in ``faces``.
    """

    name: str
    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64] | None = None
    binarisation: Literal["static", "dynamic", "threshold"] | None = None
    classes: tuple[str, ...] = ()
    scene: scenes.Maker | None = None
    crop: colour.Crop | None = None
    about: str = ""
    faces: tuple[str, ...] = ()

    @property
    def random(self) -> bool:
        """Whether batches are drawn at random, so that they need a generator."""
        cropped = self.crop is not None and self.crop.vary
        return self.scene is not None or self.binarisation == "dynamic" or cropped

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: NDArray[np.int64] | Sequence[int], generator: torch.Generator | None = None) -> Tensor:
        """The images at ``indices`` (b,) as float32 (b, C, H, W) in [0, 1]; ``generator`` as in :meth:`packed`."""
        return self.unpacked(self.packed(indices, generator))

    def packed(self, indices: NDArray[np.int64] | Sequence[int], generator: torch.Generator | None = None) -> Tensor:
        """The same as bytes (b, C, H, W), of which :meth:`unpacked` makes numbers, on any device.

        ``generator``, on the CPU, draws scenes, crops and dynamic binarisation and is left alone otherwise; without it
        a data set that has one of them raises ``ValueError``.
        """
        return self.explained(indices, generator)[0]

    def explained(
        self, indices: NDArray[np.int64] | Sequence[int], generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """The same, and what each pixel of a scene is (b, H, W), of :data:`core.results.KINDS`; None elsewhere."""
        chosen = np.asarray(indices, np.int64)
        kinds = None
        if self.random and (generator is None or generator.device.type != "cpu"):
            raise ValueError(f"Batches of {self.name} are drawn at random: they need a generator on the CPU.")
        pixels = self.images[chosen]
        if self.scene is not None:
            scene = self.scene(self.images[:, 0], chosen, numpy_generator(generator))
            pixels, kinds = scene.pixels[:, None], torch.from_numpy(scene.kinds)
        if self.crop is not None:
            pixels = self.crop(pixels, numpy_generator(generator) if self.crop.vary else None)
        images = torch.from_numpy(pixels)
        if self.binarisation == "dynamic":
            images = (torch.rand(images.shape, generator=generator) * 255 < images).byte()
        elif self.binarisation == "threshold":
            images = (images >= scenes.INK).byte()
        return images, kinds

    def unpacked(self, images: Tensor) -> Tensor:
        """Bytes of :meth:`packed` as float32 in [0, 1]."""
        return images.float() if self.binarisation else images.float() / 255

    @property
    def binarised(self) -> str | None:
        """How its grey pictures are made black and white, in the words of ``--binarise``; None if they are not."""
        return {"dynamic": "sample", "threshold": "threshold"}.get(self.binarisation or "")

    def binarise(self, how: str) -> DataSet:
        """Grey pictures made black and white: by a ``threshold``, or each pixel as a ``sample`` of its grey value.

        Raises :class:`DataError` for pictures that are black and white already.
        """
        if self.binarisation == "static":
            raise DataError("{name} is black and white already, so there is nothing to binarise.", name=self.name)
        return replace(self, binarisation="threshold" if how == "threshold" else "dynamic")

    def subset(self, limit: int, seed: int) -> DataSet:
        """At most ``limit`` images, drawn without replacement and in random order: some files are sorted by class."""
        chosen = np.random.default_rng(seed).permutation(len(self))[:limit]
        labels = None if self.labels is None else self.labels[chosen]
        return replace(self, images=self.images[chosen], labels=labels)


def numpy_generator(generator: torch.Generator | None) -> np.random.Generator:
    """NumPy's generator, seeded by one draw of torch's."""
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))


def data_folder(name: str, root: str | Path | None) -> Path:
    """``root`` or the folder that ``EASEL_DATA`` names; raises :class:`DataError` where there is neither."""
    chosen = root or os.environ.get("EASEL_DATA")
    if not chosen:
        raise DataError("The data set {name} needs a folder: pass --data FOLDER or set EASEL_DATA.", name=name)
    return Path(chosen)


ANEW = f"{binarized_mnist.NAME}-anew"
"""Learned from as grey pictures that are binarised in every batch, judged by the published binary ones."""


def read_binarized(split: str, root: str | Path | None) -> DataSet:
    """50,000, 10,000 and 10,000 images of 0 and 1 without labels; those of ``test`` are sorted by class."""
    name = binarized_mnist.NAME
    return DataSet(name, split, binarized_mnist.read_binarized_mnist(split, data_folder(name, root)), None, "static")


def read_mnist(split: str, root: str | Path | None) -> DataSet:
    """MNIST with its labels; ``valid`` is the last 10,000 images of the file whose others are ``train``."""
    folder = data_folder("mnist", root)
    stem = "t10k" if split == "test" else "train"
    try:
        images = read_idx(folder / "MNIST" / "raw" / f"{stem}-images-idx3-ubyte")
        labels = read_idx(folder / "MNIST" / "raw" / f"{stem}-labels-idx1-ubyte")
    except FileNotFoundError:
        raise missing(
            "mnist", "There is no {file} in {folder}: fetch it with `{fetching}`.", folder, file="MNIST"
        ) from None
    except (OSError, ValueError, IndexError):
        raise missing(
            "mnist", "{file} is damaged in {folder}: fetch it with `{fetching}`.", folder, file="MNIST"
        ) from None
    if images.shape != (len(labels), 28, 28):
        raise missing("mnist", "{file} is damaged in {folder}: fetch it with `{fetching}`.", folder, file="MNIST")
    part = {"train": slice(0, -10_000), "valid": slice(-10_000, None), "test": slice(None)}[split]
    return DataSet("mnist", split, images[part, None], labels[part].astype(np.int64), "dynamic")


def read_anew(split: str, root: str | Path | None) -> DataSet:
    """``test`` is that of binarised MNIST; what is learned from and chosen by are MNIST's own, as ``mnist`` has them.

    The published file was drawn once from the same greys, so its test pictures are of this distribution, too, and none
    of them was drawn from a grey of the other splits. Its ``valid`` shares its greys with MNIST's ``train``, so it is
    not taken.
    """
    return read_binarized(split, root) if split == "test" else replace(read_mnist(split, root), name=ANEW)


STROKES = {"train": (20_000, 1), "valid": (2_000, 2), "test": (2_000, 3)}
"""Number of images and seed of every split."""


DRAWING = threading.Lock()


@functools.cache
def drawn_strokes(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Digits and their labels, drawn once in a process; nobody may write into them."""
    images, labels = strokes.digits(count, seed)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def draw_strokes(split: str, root: str | Path | None) -> DataSet:
    """Digits drawn by :mod:`core.data.strokes`, with labels; ``root`` is not needed."""
    with DRAWING:  # a second thread that wants them waits for the first, rather than draw them, too
        images, labels = drawn_strokes(*STROKES[split])
    return DataSet("strokes", split, images[:, None], labels, "dynamic")


def colour_reader(name: str, copy: str) -> Callable[[str, str | Path | None], DataSet]:
    """A reader of ``NAME.zip`` or else ``COPY.zip``; the data set's name says which, for figures are of one of them."""

    def read(split: str, root: str | Path | None) -> DataSet:
        stem, found = colour.read_pictures(name, copy, split, data_folder(name, root))
        return DataSet(stem, split, found.images, found.labels, None, found.classes)

    return read


def read_house_numbers(split: str, root: str | Path | None) -> DataSet:
    """Whole house numbers of SVHN, cropped to 54×54: anywhere and in another light for training, else the middle.

    A label is the number itself, if the names of all folders are numbers. There is no fetch: the public files are
    photographs and boxes around their digits, from which everyone cuts the numbers in another way.
    """
    name = "svhn-numbers"
    stem, found = colour.read_pictures(name, f"{name}64", split, data_folder(name, root), side=64)
    classes = found.classes
    numbers = np.array([int(each) for each in classes])[found.labels] if all(map(str.isdecimal, classes)) else None
    return DataSet(stem, split, found.images, numbers, crop=colour.Crop(54, vary=split == "train"))


PLATES = {"train": (2**22, 1), "valid": (2_000, 2), "test": (10_000, 3)}
"""Number of pictures and seed of every split."""


def plate_reader(name: str, side: int, crop: int | None = None) -> Callable[[str, str | Path | None], DataSet]:
    """A reader of house numbers drawn by :mod:`core.data.plates`; ``root`` is not needed.

    Training has four million, each a function of its index and drawn when it is asked for: so they take no memory, a
    resumed run sees the same, and nothing is there to be learned by heart. A hundred take 0.13 s of one core, where a
    step of ``draw-plates`` takes 1.2 s; that is why no pool of pictures is drawn ahead and used several times.
    Validation has other numbers in the same typefaces and is drawn once; the test split has the held-out typefaces.
    """

    def read(split: str, root: str | Path | None) -> DataSet:
        count, seed = PLATES[split]
        stream = plates.Stream(seed, count, side, whole=crop is not None, held_out=split == "test")
        everything = np.arange(count)
        return DataSet(
            name,
            split,
            stream[everything] if split == "valid" else cast("NDArray[np.uint8]", stream),
            cast("NDArray[np.int64]", stream.labels) if split == "train" else stream.labels[everything],
            crop=None if crop is None else colour.Crop(crop, vary=split == "train"),
            faces=stream.faces,
        )

    return read


@dataclass(frozen=True)
class Source:
    """Where a data set comes from: ``read(split, root)`` loads it, ``fetch(root)`` downloads it, if need be."""

    about: str
    read: Callable[[str, str | Path | None], DataSet]
    fetch: Callable[[Path], None] | None = None
    take: Callable[[Path, Sequence[Path]], None] | None = None
    """Makes it of files of the user's: ``take(root, files)``."""


def scene_sources(name: str, about: str, maker: scenes.Maker, **options: Any) -> dict[str, Source]:
    """Scenes made of MNIST's digits, and those under ``NAME-strokes`` made of drawn ones, which need no file."""
    strokes_name = f"{name}-strokes"
    return {
        name: Source(about, scenes.reader(name, read_mnist, maker, **options), fetch_mnist),
        strokes_name: Source(about, scenes.reader(strokes_name, draw_strokes, maker, **options)),
    }


DATA_SETS: dict[str, Source] = {
    "strokes": Source("digits drawn by a procedure", draw_strokes),
    "binarized-mnist": Source(
        "MNIST of 0 and 1, fixed",
        read_binarized,
        binarized_mnist.fetch_binarized_mnist,
        binarized_mnist.take_binarized_mnist,
    ),
    ANEW: Source("the same for testing; for training MNIST, made 0 and 1 by chance for every batch", read_anew),
    "mnist": Source("MNIST, made 0 and 1 by chance for every batch", read_mnist, fetch_mnist),
    **scene_sources("two-digits", "two digits on 60×60 pixels", scenes.TwoDigits(), labelled=False),
    **scene_sources("cluttered", "a digit among clutter on 60×60 pixels", scenes.Clutter(), binarisation=None),
    **scene_sources("cluttered-100", "the same on 100×100", scenes.Clutter(100, pieces=8), binarisation=None),
    "plates": Source("whole house numbers drawn by a procedure", plate_reader("plates", 64, crop=54)),
    "plates-digits": Source("digits of house numbers drawn by a procedure", plate_reader("plates-digits", 32)),
    "cifar10": Source("CIFAR-10", colour_reader("cifar10", "cifar10-jpg"), colour.fetch_cifar10),
    "svhn-digits": Source(
        "digits of house numbers, SVHN", colour_reader("svhn-digits", "svhn-digits32"), colour.fetch_svhn_digits
    ),
    "svhn-numbers": Source("whole house numbers, SVHN", read_house_numbers),
}


def load(name: str, split: str, root: str | Path | None = None) -> DataSet:
    """A split of a data set of :data:`DATA_SETS` or of ``archive:PATH``; nothing is ever downloaded.

    Raises :class:`DataError`; where files are missing, it says which command fetches them.
    """
    if not name.startswith(ARCHIVE) and name not in DATA_SETS:
        raise DataError(
            "There is no data set {name!r}; there are {data_sets} and {archive}PATH.",
            name=name,
            data_sets=", ".join(DATA_SETS),
            archive=ARCHIVE,
        )
    if split not in SPLITS:
        raise DataError("There is no split {split!r}; there are {splits}.", split=split, splits=", ".join(SPLITS))
    if name.startswith(ARCHIVE):
        try:
            found = read_archive(name.removeprefix(ARCHIVE), split)
        except ImageError as error:
            raise DataError(error.sentence) from None
        return DataSet(name, split, found.images, found.labels, None, found.classes, about=found.about)
    return DATA_SETS[name].read(split, root)


def download(name: str, root: str | Path, files: Sequence[Path] = ()) -> None:
    """Fetch a data set into the folder ``root``, with a progress bar, or make it of ``files`` that are there.

    Raises :class:`DataError`.
    """
    source = DATA_SETS.get(name)
    if source is None or source.fetch is None:
        fetchable = ", ".join(key for key, value in DATA_SETS.items() if value.fetch)
        raise DataError(
            "{name!r} is not a data set to download; those are {fetchable}.", name=name, fetchable=fetchable
        )
    if files and source.take is None:
        takable = ", ".join(key for key, value in DATA_SETS.items() if value.take)
        raise DataError(
            "{name} cannot be made of files that you have; that is for {takable}.", name=name, takable=takable
        )
    try:
        if files and source.take is not None:
            source.take(Path(root), files)
        else:
            source.fetch(Path(root))
    except OSError as error:
        raise DataError(
            "{name} could not be kept in {root}: {strerror}.", name=name, root=root, strerror=error.strerror
        ) from None


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    plain_output()
    about = f"Download a data set, or say what {ARCHIVE}PATH holds."
    parser = argparse.ArgumentParser(prog="python -m core.data", description=about)
    names = [f"{name} ({source.about})" for name, source in DATA_SETS.items() if source.fetch]
    parser.add_argument("name", help=" or ".join(names))
    parser.add_argument("--data", help="folder to keep it in; EASEL_DATA by default")
    parser.add_argument(
        "--from",
        dest="files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="files or folders that you have, instead",
    )
    options = parser.parse_args(arguments)
    try:
        if options.name.startswith(ARCHIVE):
            print(load(options.name, "train").about)
            return
        folder = data_folder(options.name, options.data)
        download(options.name, folder, options.files or ())
    except DataError as error:
        sys.exit(str(error))
    print(f"{options.name} is in {folder}.")
