"""Bring the catalogues up to date with what the page says: ``python -m scripts.make_words``; ``--check`` only looks.

Everything that a person reads is gathered: what is given to ``say``, ``counted`` and the errors that are sentences;
the labels of Gradio's components; and the texts that stand as constants in the modules that make the page. A
translation whose text is gone is dropped, a new text waits untranslated, and ``--check`` names both.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript
from babel.messages.pofile import read_po, write_po

from core.files import replacing
from viz.language import ENGLISH, HERE, NAMES

ROOT = Path(__file__).resolve().parents[1]
CONSTANTS = (
    "viz/tabs",
    "viz/views",
    "viz/player",
    "viz/widgets",
    "viz/head.py",
    "viz/layout.py",
    "viz/page.py",
    "core/training/registry",
    "core/training/spec.py",
    "core/training/small.py",
    "core/training/trainer.py",
    "core/training/watched.py",
    "core/studio/trainings.py",
    "core/studio/train_mnist.py",
    "core/results.py",
    "core/requests.py",
    "core/data/archives.py",
)
"""Where prose that stands in a constant is read by people."""
SPOKEN = ("viz", "core")
IN_ENGLISH = (
    "core/client", "core/console.py", "core/library", "core/evaluation.py", "core/training/__main__.py",
    "core/training/evaluation.py", "core/training/checkpoints.py", "core/training/folder.py", "core/training/board.py",
    "viz/serving/options.py", "viz/serving/tools.py", "viz/serving/server.py", "viz/serving/surroundings.py",
    "viz/serving/accounts.py", "viz/serving/rules.py", "viz/serving/ledger.py", "viz/views/lessons.py",
    "viz/views/sources.py",
    "viz/views/lesson_sums.py", "viz/tabs/api.py", "viz/tabs/lesson_facts.py",
    "core/data/labels.py",
    "core/training/settings.py", "core/training/fits.py", "core/training/processes.py", "viz/player/told.py",
)  # fmt: skip
"""What is said in a shell, to programs, or to who writes lessons: in English."""
SAYS = {"say", "Sentence", "card", "explanation", "switch", "Room"}
SUBJECTS = {"number": 1, "whole": 1, "as_array": 1, "_check": 0}
"""What puts the name of a number or a picture into the sentence of an error, and which of its arguments that is."""
LABELS = {"label", "info", "placeholder", "title", "about", "value"}
_CODE = re.compile(
    r"<svg|=>|\bvar\(|\w\(\{|\bnp\.|^import |^from core|trace\.|^\s*(?:data:|rgba?\()|given\[|^[.#/]|\\d(?![a-z])"
    r"|\\u[0-9a-f]{4}|^M\d|\(\?:|^image/|\bwindow\."
)
_SLOTS = re.compile(r"<[^>]*>|\{[^}]*\}|\[\[\w+\]\]|&\w+;|\$[^$]*\$")

MADE = datetime(2026, 11, 30, tzinfo=UTC)
"""In each catalogue's head, the same at all times: a catalogue changes with its texts only."""

Message = str | tuple[str, str]


def prose(text: str) -> bool:
    """Whether a text is for people: words, not a name, an address or a piece of code."""
    bare = _SLOTS.sub("", text).strip()
    if _CODE.search(text) or not re.search(r"[A-Za-z]{2}", bare):
        return False
    return "[[" in text or not re.fullmatch(r"[\w.\-/:=]+", bare) or bool(re.fullmatch(r"[A-Z][a-z]+", bare))


def errors() -> set[str]:
    """The names of the errors whose text is a sentence for people."""
    names, found = {"UserError"}, 0
    trees = [ast.parse(file.read_text("utf-8")) for part in SPOKEN for file in (ROOT / part).rglob("*.py")]
    while found != len(names):
        found = len(names)
        for node in (each for tree in trees for each in ast.walk(tree) if isinstance(each, ast.ClassDef)):
            if any(getattr(base, "id", getattr(base, "attr", "")) in names for base in node.bases):
                names.add(node.name)
    return names


def texts(node: ast.AST, calls: bool = True) -> Iterator[str]:
    """The literal texts in an expression, however it is put together; not the keys of a table, nor without ``calls``
    what is given to other functions.
    """
    match node:
        case ast.Call() if not calls:
            return
        case ast.Constant(value=str(text)):
            yield text
        case ast.Dict(values=values):
            for each in values:
                yield from texts(each, calls)
        case ast.JoinedStr():
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from texts(child, calls)


def called(call: ast.Call) -> str:
    """The name of what is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def in_call(call: ast.Call, sentences: set[str]) -> Iterator[Message]:
    """What people read of a call's arguments."""
    name, first = called(call), call.args[0] if call.args else None
    component = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "gr"
    if name == "counted":
        words = [str(each.value) for each in call.args[1:] if isinstance(each, ast.Constant)]
        if words:
            yield f"{{n}} {words[0]}", f"{{n}} {words[1] if len(words) > 1 else words[0] + 's'}"
    elif name == "say_count":
        match call.args:
            case [ast.Constant(value=str(one)), ast.Constant(value=str(many)), _]:
                yield one, many
    elif name in SUBJECTS and len(call.args) > SUBJECTS[name]:
        yield from texts(call.args[SUBJECTS[name]], calls=False)
    elif name == "Shown" and first is not None:  # a model's name in a tab may be a word of a sentence
        yield from (text for text in texts(first) if re.fullmatch(r"[a-z][a-z ]+", text))
    elif name == "missing" and len(call.args) > 1:
        yield from texts(call.args[1], calls=False)
    elif name in SAYS or name in sentences:
        yield from (text for text in texts(first, calls=False) if text.strip()) if first is not None else ()
    if name.endswith("switch"):
        for each in call.args:
            yield from choices(each)
    if component or name in SAYS:
        for keyword in call.keywords:
            if keyword.arg in LABELS:
                yield from filter(prose, texts(keyword.value))
    if component:
        for each in call.args:
            yield from filter(prose, texts(each))


def rows(node: ast.AST) -> Iterator[str]:
    """The words in a table's rows: lists in a list, where a single word is one for people."""
    if isinstance(node, ast.List | ast.Tuple):
        for row in node.elts:
            if isinstance(row, ast.List):
                yield from (text for text in texts(row) if re.search(r"[A-Za-z]{2}", _SLOTS.sub("", text)))
            yield from rows(row)


def choices(node: ast.AST) -> Iterator[str]:
    """The titles of a choice: names, or pairs of a title and a value."""
    if isinstance(node, ast.List | ast.Tuple):
        for each in node.elts:
            title = each.elts[0] if isinstance(each, ast.Tuple) else each
            yield from (text for text in texts(title) if re.search(r"[A-Za-z]{2}", text))


def titles(node: ast.AST) -> Iterator[str]:
    """The keys of a table from titles to values, as a choice offers them."""
    if isinstance(node, ast.Dict):
        for key in node.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value[:1].isupper():
                yield from filter(prose, (key.value,))


def constants(tree: ast.Module) -> Iterator[str]:
    """The prose of a module's own constants, of class bodies and of usual values."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            yield from filter(prose, texts(statement.value))
            yield from titles(statement.value)
            yield from rows(statement.value)
        elif isinstance(statement, ast.ClassDef):
            for each in statement.body:
                if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None:
                    yield from filter(prose, texts(each.value))
        elif isinstance(statement, ast.FunctionDef):
            for usual in (*statement.args.defaults, *(each for each in statement.args.kw_defaults if each)):
                yield from filter(prose, texts(usual))


def of_python(file: Path, sentences: set[str]) -> Iterator[Message]:
    """All messages of a module."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from in_call(node, sentences)
    if file.relative_to(ROOT).as_posix().startswith(CONSTANTS):
        yield from constants(tree)


def of_script(file: Path) -> Iterator[Message]:
    """What a widget's code gives to ``say``."""
    with file.open("rb") as source:
        for _, _, text, _ in extract_javascript(source, {"say": None}, [], {"encoding": "utf-8"}):
            yield text if isinstance(text, str) else text[0]


def of_markup(file: Path) -> Iterator[Message]:
    """The texts of an HTML file, which stand there as ``[[text]]``."""
    yield from re.findall(r"\[\[(.+?)\]\]", file.read_text("utf-8"))


def template() -> Catalog:
    """All that is said in English, by the file that says it first."""
    catalog, sentences = Catalog(charset="utf-8"), errors()
    for part in SPOKEN:
        for file in sorted((ROOT / part).rglob("*.*")):
            path = file.relative_to(ROOT).as_posix()
            if path.startswith(IN_ENGLISH):
                continue
            where = [(path, None)]
            kinds: dict[str, Any] = {
                ".js": of_script,
                ".html": of_markup,
                ".py": lambda each: of_python(each, sentences),
            }
            found = kinds.get(file.suffix)
            for message in found(file) if found else ():
                catalog.add(message, locations=where)  # type: ignore[arg-type]
    return catalog


def written(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return HERE / f"{language}.po"


def updated(language: str, said: Catalog) -> tuple[Catalog, list[str]]:
    """The catalogue of a language as it should be, and what is missing or stale in the one that there is."""
    catalog = Catalog(locale=language, charset="utf-8")
    if written(language).exists():
        with written(language).open("rb") as file:
            catalog = read_po(file, language)
    before = {message.id: message.string for message in catalog if message.id}
    wanted = {message.id for message in said if message.id}
    wrong = [f"stale: {each!r}" for each in before if each not in wanted]
    catalog.update(said, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.project, catalog.fuzzy, catalog.creation_date = "Easel", False, MADE
    catalog.header_comment = f"# Easel in {NAMES[language]}; python -m scripts.make_words keeps it up to date."
    for message in catalog:
        if message.id and not (message.string if isinstance(message.string, str) else any(message.string or ())):
            wrong.append(f"missing: {message.id!r}")
    return catalog, wrong


def main(arguments: list[str] | None = None) -> None:
    """Write every language's catalogue, or name what is wrong with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something is missing or stale")
    asked, said, failed = parser.parse_args(arguments), template(), False
    for language in (each for each in NAMES if each != ENGLISH):
        catalog, wrong = updated(language, said)
        failed |= bool(wrong)
        if not asked.check:
            with replacing(written(language)) as file:
                write_po(file, catalog, width=110, sort_by_file=True, include_lineno=False)
        print(f"{language}: {len(wrong)} texts are missing or stale", *(wrong if asked.check else ()), sep="\n  ")
    sys.exit(asked.check and failed)


if __name__ == "__main__":
    main()
