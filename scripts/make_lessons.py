"""Write ``assets/lessons/facts.json``: what the facts of all lessons come to, ``python -m scripts.make_lessons``.

Run it when weights have changed. It fails where a claim of a lesson no longer holds: then a sentence has to change.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.files import replacing
from core.studio.runtime import Runtime
from viz.tabs.lesson_facts import Facts
from viz.views import lessons
from viz.views.assets import ASSETS
from viz.views.lesson_sums import value

FILE = Path(ASSETS) / lessons.FOLDER / "facts.json"


def found() -> dict[str, float]:
    """All facts of all lessons by their sums, with the weights that are there."""
    calls = Facts(Runtime(device="cpu").studio).calls()
    sums = sorted({text for lesson in lessons.course() for step in lesson.steps for text in step.facts.values()})
    return {text: float(f"{value(text, calls):.6g}") for text in sums}


def broken(known: dict[str, float]) -> list[str]:
    """The claims of all lessons that do not hold."""
    wrong = []
    for lesson in lessons.course():
        for i, step in enumerate(lesson.steps, 1):
            names = {name: known[text] for name, text in step.facts.items()}
            wrong += [f"{lesson.key}, step {i}: {each} ({names})" for each in step.claims if not value(each, {}, names)]
    return wrong


def main() -> None:
    """The command line."""
    known = found()
    with replacing(FILE) as file:
        file.write((json.dumps(known, indent=1, ensure_ascii=False) + "\n").encode())
    if wrong := broken(known):
        sys.exit("These claims no longer hold:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
