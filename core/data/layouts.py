"""How a folder or zip file of pictures is laid out: which pictures it has for each split, and their labels.

Only names are looked at, taken apart into folders and file name. Three layouts are known, each of them inside of other
folders or not, in any capitals, and with folders below the class folders::

    train/CLASS/FILE   val/CLASS/FILE   test/CLASS/FILE     split folders; CLASS/train/FILE too, and train/FILE
    CLASS/FILE                                              class folders, split by a seed
    FILE                                                    pictures without classes, split by a seed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.sentences import Sentence, listed

Parts = tuple[str, ...]
"""A member's path, taken apart: folders, then the file's name."""

NAMES = {"train": ("train", "training"), "valid": ("valid", "val", "validation", "dev"), "test": ("test", "testing")}
"""Split -> names of folders that mean it, in small letters."""
SPLIT_OF = {name: split for split, names in NAMES.items() for name in names}
SEED = 0
"""Of the split of pictures that come without one."""
VALID, TEST = 9, 4
"""Places within every ten pictures that are lent to a split which has no folder."""


class Layout(NamedTuple):
    """``splits``: the members of each split, sorted by label and name; ``labels`` of those that have one.

    ``classes``: the sorted labels of all splits; ``found``: in words, after "it has"; ``outside``: how many pictures
    have no place in it.
    """

    splits: dict[str, list[Parts]]
    labels: dict[Parts, str]
    found: Sentence
    outside: int

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.labels.values())))


def find_layout(members: Sequence[Parts]) -> Layout:
    """The layout of an archive with these pictures, at least one."""
    depth = wrappers(members)
    inner = {member: member[depth:] for member in sorted(members) if len(member) > depth}
    level = split_level(inner.values())
    if level is not None:
        splits, labels, words = by_folder(inner, level)
    else:
        labels = {member: parts[0] for member, parts in inner.items() if len(parts) > 1}
        labels = labels if 2 * len(labels) >= len(inner) else {}
        splits, words = by_seed(labels or inner, labels)
    outside = len(members) - sum(map(len, splits.values()))
    kinds = len(set(labels.values()))
    found = Sentence(
        "{words}, with {kinds:,} classes"
        if kinds > 1
        else "{words}, with 1 class"
        if kinds
        else "{words}, with no classes",
        words=words,
        kinds=kinds,
    )
    return Layout(splits, labels, found, outside)


def wrappers(members: Sequence[Parts]) -> int:
    """How many folders lie around everything; pictures beside such a folder do not count if it has split folders."""
    depth = 0
    while True:
        tops = {member[depth] for member in members if len(member) > depth + 1}
        loose = any(len(member) == depth + 1 for member in members)
        splits = any(len(member) > depth + 2 and is_split(member[depth + 1]) for member in members)
        if len(tops) != 1 or is_split(*tops) or (loose and not splits):
            return depth
        depth += 1


def is_split(folder: str) -> bool:
    """Whether a folder's name means a split."""
    return folder.casefold() in SPLIT_OF


def split_level(paths: Iterable[Parts]) -> int | None:
    """At which level the split folders are: 0, 1 (below the class folders), or None if there are none.

    ``train`` beside other names is a split if its pictures have class folders or if there is another split; else it
    may be a class, as in ``car``, ``bus``, ``train``.
    """
    paths = list(paths)
    named = [parts for parts in paths if len(parts) > 1 and is_split(parts[0])]
    several = len({SPLIT_OF[parts[0].casefold()] for parts in named}) > 1
    if named and (len(named) == len(paths) or several or any(len(parts) > 2 for parts in named)):
        return 0
    return 1 if all(len(parts) > 2 and is_split(parts[1]) for parts in paths) else None


def by_folder(inner: Mapping[Parts, Parts], level: int) -> tuple[dict[str, list[Parts]], dict[Parts, str], Sentence]:
    """Splits and labels by folders at ``level``, and words for them; a missing ``valid`` is lent by ``train``."""
    splits: dict[str, list[Parts]] = {split: [] for split in NAMES}
    rest: dict[Parts, Parts] = {}
    for member, parts in inner.items():
        if len(parts) > level + 1 and is_split(parts[level]):
            splits[SPLIT_OF[parts[level].casefold()]].append(member)
            rest[member] = parts[:level] + parts[level + 1 :]
    labels = {member: parts[0] for member, parts in rest.items() if len(parts) > 1}
    for split, chosen in splits.items():
        labelled = [member for member in chosen if member in labels]
        splits[split] = sorted(labelled or chosen, key=lambda member: rest[member])
    lent: set[int] = set()
    if splits["train"] and not splits["valid"]:
        train = splits["train"]
        lent = places(len(train), VALID)
        splits["train"] = [member for i, member in enumerate(train) if i not in lent]
        splits["valid"] = [member for i, member in enumerate(train) if i in lent]
    return splits, labels, Sentence("split folders ({sizes})", sizes=sizes(splits, lent=bool(lent)))


def by_seed(members: Iterable[Parts], labels: Mapping[Parts, str]) -> tuple[dict[str, list[Parts]], Sentence]:
    """Eight, one and one of ten pictures of each class, chosen by :data:`SEED`, for train, valid and test."""
    rng, classes = np.random.default_rng(SEED), dict[str, list[Parts]]()
    for member in members:
        classes.setdefault(labels.get(member, ""), []).append(member)
    shuffled = [chosen[i] for _, chosen in sorted(classes.items()) for i in rng.permutation(len(chosen))]
    valid, test = places(len(shuffled), VALID), places(len(shuffled), TEST) if len(shuffled) > 2 else set[int]()
    splits: dict[str, list[Parts]] = {split: [] for split in NAMES}
    for i, member in enumerate(shuffled):
        splits["valid" if i in valid else "test" if i in test else "train"].append(member)
    for chosen in splits.values():
        chosen.sort(key=lambda member: (labels.get(member, ""), member))
    number = len(shuffled)
    return splits, Sentence(
        "1 picture without split folders, split by seed {seed} ({sizes})"
        if number == 1
        else "{number:,} pictures without split folders, split by seed {seed} ({sizes})",
        number=number,
        seed=SEED,
        sizes=sizes(splits),
    )


def sizes(splits: Mapping[str, Sequence[Parts]], lent: bool = False) -> Sentence:
    """How many pictures each split has, and whether ``valid`` is ``lent`` by ``train``."""
    number = {split: len(chosen) for split, chosen in splits.items()}
    said = {
        "train": Sentence("train {number:,}", number=number["train"]),
        "valid": Sentence(
            "valid {number:,} lent by train" if lent else "valid {number:,}",
            number=number["valid"],
        ),
        "test": Sentence("test {number:,}", number=number["test"]),
    }
    return listed([said[split] for split in splits if number[split]])


def places(count: int, place: int) -> set[int]:
    """Which of ``count`` pictures are lent: the ``place``-th of every ten, of fewer than ten one, of one none."""
    if count < 10:
        return {count * place // 10} if count > 1 else set()
    return set(range(place, count, 10))
