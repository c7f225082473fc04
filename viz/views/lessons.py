"""Lessons: Markdown with front matter, in ``assets/lessons/LANGUAGE/NAME.md``, read, checked, and made into HTML.

A file begins with the lesson's own front matter, TOML between two lines ``+++``: ``title``, ``short``, ``minutes``,
``order``, ``about``, ``states`` (what one can state at its end) and ``questions``. Then each ``## Heading`` is a step:
its front matter (``at``, an address; ``look``, a CSS selector, and ``note``, its label; ``facts``, a sum by name;
``claims``, comparisons that must hold; ``task``) and its sentences, paragraphs with ``**bold**``, ``*italics*`` and
``{name}`` or ``{name:.0f}`` for a fact. What facts come to with the shipped weights stands in ``facts.json`` and is
written by ``python -m scripts.make_lessons``; a test works it out again.

A task is of a kind: ``choose`` (``answers``, ``right``, ``why``), ``number`` (``right``, a sum, and ``within``),
``do`` (``check``, a call of :mod:`viz.tabs.lesson_tasks`, which looks at the room beside the text) or ``open``
(``answer``, which stands there when it is asked for). With ``plan = true`` it is one for teachers.
"""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import segno

from core.errors import UserError
from viz.language import ENGLISH
from viz.views.assets import ASSETS, intact

FOLDER = "lessons"
FENCE = "+++"
_FACT = re.compile(r"\{(\w+)(?::([^}]*))?\}")
_WIDE = "[\u2018-\u201d\u2014\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_WRAPPED = re.compile(rf"(?<={_WIDE})(\**)[ \t]*\n[ \t]*(\**)(?={_WIDE})")
"""Where a line ends between two signs that no blank parts, as in Chinese."""
_KEY = re.compile(r"[a-z][a-z-]*")

_LESSON = {"title": str, "short": str, "minutes": int, "order": int, "about": str, "states": list, "questions": list}
_STEP: dict[str, type] = {"at": str, "look": str, "note": str, "facts": dict, "claims": list, "task": dict}
_QUESTION = {"ask": str, "answers": list, "right": int, "why": list}
_TASKS: dict[str, dict[str, type]] = {
    "choose": {"answers": list, "right": int, "why": list},
    "number": {"right": str, "within": float, "done": str, "hint": str},
    "do": {"check": str, "done": str, "hint": str},
    "open": {"answer": str},
}
_SAID: dict[str, type] = {"kind": str, "say": str}


class LessonError(UserError):
    """A lesson's file is broken; one sentence says which and where."""


@dataclass(frozen=True)
class Step:
    """A step: ``at`` is the room's address, ``task`` the front matter's table or None."""

    title: str
    at: str
    look: str
    note: str
    text: str
    facts: Mapping[str, str]
    claims: tuple[str, ...]
    task: Mapping[str, Any] | None


@dataclass(frozen=True)
class Lesson:
    """A lesson as its file says it."""

    key: str
    title: str
    short: str
    minutes: int
    order: int
    about: str
    states: tuple[str, ...]
    questions: tuple[Mapping[str, Any], ...]
    steps: tuple[Step, ...]
    plan: bool = False


def keys(language: str = ENGLISH) -> list[str]:
    """The names of the lessons that there are in a language."""
    return sorted(file.stem for file in (ASSETS / FOLDER / language).glob("*.md"))


def read(key: str, language: str = ENGLISH) -> Lesson:
    """One lesson; raises :class:`LessonError` or :class:`viz.views.assets.AssetError` with one sentence."""
    if not _KEY.fullmatch(key) or key not in keys(language):
        raise LessonError("There is no such lesson.")
    with intact(f"{FOLDER}/{language}/{key}.md") as file:
        return parsed(key, file.read().decode())


def course(language: str = ENGLISH) -> list[Lesson]:
    """All lessons in their order; one that there is not in a language is there in English."""
    there = keys(language)
    found = [read(key, language if key in there else ENGLISH) for key in keys()]
    return sorted(found, key=lambda lesson: lesson.order)


def known_facts() -> dict[str, float]:
    """What the facts of all lessons come to with the shipped weights, by their sums."""
    with intact(f"{FOLDER}/facts.json") as file:
        return dict(json.loads(file.read()))


# ---- reading -------------------------------------------------------------------------------------------------------


def parsed(key: str, text: str) -> Lesson:
    """A lesson from the text of its file. Raises :class:`LessonError`, which names the lesson and the step."""
    where = f"The lesson {key!r}"
    first, *sections = re.split(r"^## ", text.strip(), flags=re.MULTILINE)
    front, rest = _fenced(first, where)
    if rest:
        raise LessonError("{where} has text before its first step.", where=where)
    _check(front, {**_LESSON, "plan": bool}, where, needed=set(_LESSON))
    for i, question in enumerate(front["questions"], 1):
        at = f"{where}, question {i},"
        _check(question, _QUESTION, at, needed=set(_QUESTION))
        _choice(question, at)
    if not sections:
        raise LessonError("{where} has no steps.", where=where)
    steps = tuple(_step(section, f"{where}, step {i},") for i, section in enumerate(sections, 1))
    lists = {"states": tuple(front["states"]), "questions": tuple(front["questions"])}
    return Lesson(key=key, steps=steps, **{**front, **lists})


def _step(section: str, where: str) -> Step:
    title, _, body = section.partition("\n")
    front, text = _fenced(body.strip(), where)
    _check(front, _STEP, where, needed={"at"})
    if not text:
        raise LessonError("{where} has no sentences.", where=where)
    facts, task = front.get("facts", {}), front.get("task")
    if not all(isinstance(each, str) for each in (*facts.values(), *front.get("claims", ()))):
        raise LessonError("{where} has a fact or a claim that is no sum in quotes.", where=where)
    if task is not None:
        kind = task.get("kind")
        if kind not in _TASKS:
            raise LessonError(
                "{where} has a task of no kind that there is: {tasks}.", where=where, tasks=", ".join(_TASKS)
            )
        _check(task, _SAID | _TASKS[kind], where, needed=set(_SAID | _TASKS[kind]))
        if kind == "choose":
            _choice(task, where)
    for said in (text, *_texts(task)):
        for name, _ in _FACT.findall(said):
            if name not in facts:
                raise LessonError("{where} names a fact that it does not have: {name}.", where=where, name=name)
    claims = tuple(front.get("claims", ()))
    return Step(title.strip(), front["at"], front.get("look", ""), front.get("note", ""), text, facts, claims, task)


def _fenced(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Front matter and what follows it."""
    parts = text.split(f"{FENCE}\n", 2) if text.startswith(f"{FENCE}\n") else []
    if len(parts) < 3 and text.endswith(f"\n{FENCE}") and parts:
        parts = [*text.removesuffix(FENCE).split(f"{FENCE}\n", 1), ""]
    if len(parts) < 3:
        raise LessonError("{where} has no front matter between two lines {fence}.", where=where, fence=FENCE)
    try:
        return tomllib.loads(parts[1]), parts[2].strip()
    except tomllib.TOMLDecodeError as error:
        raise LessonError("{where} has front matter that cannot be read: {error}.", where=where, error=error) from None


def _check(table: object, known: Mapping[str, type], where: str, needed: set[str]) -> None:
    if not isinstance(table, dict):
        raise LessonError("{where} has a list where names with values belong.", where=where)
    if missing := sorted(needed - table.keys()):
        raise LessonError("{where} lacks {missing}.", where=where, missing=", ".join(missing))
    for name, value in table.items():
        if name not in known:
            raise LessonError("{where} has {name!r}, which means nothing.", where=where, name=name)
        if not isinstance(value, (known[name], int) if known[name] is float else known[name]):
            raise LessonError(
                "{where} has a {name} that is no {name2}.", where=where, name=name, name2=known[name].__name__
            )


def _choice(table: Mapping[str, Any], where: str) -> None:
    """Each answer has its reason, and one is right."""
    answers = table["answers"]
    if len(answers) != len(table["why"]) or len(answers) < 2 or not 0 <= table["right"] < len(answers):
        raise LessonError("{where} needs a why for each of its answers, and the number of the right one.", where=where)


def _texts(value: object) -> list[str]:
    """All texts in a table, however deep."""
    match value:
        case str():
            return [value]
        case dict():
            return [each for inner in value.values() for each in _texts(inner)]
        case list():
            return [each for inner in value for each in _texts(inner)]
    return []


# ---- what the page shows -------------------------------------------------------------------------------------------


def shown(lesson: Lesson, known: Mapping[str, float]) -> dict[str, Any]:
    """A lesson as the browser gets it: texts as HTML, facts in their place; what is checked on the server stays here.

    Raises :class:`LessonError` where ``known`` lacks a fact.
    """
    return {
        "key": lesson.key,
        "title": lesson.title,
        "short": lesson.short,
        "minutes": lesson.minutes,
        "about": marked(lesson.about),
        "plan": lesson.plan,
        "states": [marked(each) for each in lesson.states],
        "questions": [_as_html(each, {}) for each in lesson.questions],
        "steps": [_shown_step(lesson, step, known) for step in lesson.steps],
    }


def _shown_step(lesson: Lesson, step: Step, known: Mapping[str, float]) -> dict[str, Any]:
    if missing := [text for text in step.facts.values() if text not in known]:
        raise LessonError(
            "What {missing} comes to in {key!r} is not known: run scripts.make_lessons.",
            missing=missing[0],
            key=lesson.key,
        )
    facts = {name: known[text] for name, text in step.facts.items()}
    kept = None
    if step.task is not None:
        hidden = ("right", "within", "check") if step.task["kind"] in ("number", "do") else ()
        kept = _as_html({name: each for name, each in step.task.items() if name not in hidden}, facts)
    paragraphs = [each for each in re.split(r"\n\s*\n", step.text) if each.strip()]
    return {
        "title": step.title,
        "at": step.at,
        "look": step.look,
        "note": step.note,
        "html": "".join(f"<p>{marked(each, facts)}</p>" for each in paragraphs),
        "task": kept,
    }


def _as_html(value: Any, facts: Mapping[str, float]) -> Any:
    match value:
        case str():
            return marked(value, facts)
        case dict():
            return {name: each if name == "kind" else _as_html(each, facts) for name, each in value.items()}
        case list():
            return [_as_html(each, facts) for each in value]
    return value


def squares(link: object) -> str:
    """A QR code of a link as SVG; empty for what is no link, or is too long for one (2,953 bytes)."""
    if not isinstance(link, str) or not link.startswith(("http://", "https://")):
        return ""
    try:
        code = segno.make(link, error="l", micro=False)
    except segno.DataOverflowError:
        return ""
    return str(code.svg_inline(scale=3, omitsize=True, svgclass=None, lineclass=None))


def marked(text: str, facts: Mapping[str, float] | None = None) -> str:
    """A paragraph as HTML: bold, italics, and facts as numbers with a real minus."""

    def number(found: re.Match[str]) -> str:
        return format((facts or {})[found[1]], found[2] or ".1f").replace("-", "−")

    plain = html.escape(" ".join(_WRAPPED.sub(r"\1\2", text).split()), quote=False)
    plain = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", plain)
    plain = re.sub(r"\*(.+?)\*", r"<i>\1</i>", plain)
    return _FACT.sub(number, plain) if facts is not None else plain
