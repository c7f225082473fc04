"""The widgets' code as the page finds it: ES modules and a style sheet at ``web/HASH/``, and what a head says of them.

A widget's module is a file with ``export default function start({ element, trigger, props, server, upload, watch })``,
Gradio's own arguments for the script of a ``gr.HTML``. A page's head imports the modules of its widgets before Gradio's
script runs, so that each widget stands at its size as soon as it is mounted, and lays them down in ``window.easel``
under their paths. The hash makes every address hold for ever; all rooms of the house share what a browser has fetched.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from viz.language import for_scripts, say, spoken
from viz.theme import css

HERE = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""The only files that a browser can fetch, and what they are served as."""
THEME, SHEET, SHARED = "theme.css", "widgets.css", "base.css"
"""The style sheet of the pages, that of all widgets, and the file with those rules that several widgets share."""

_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^'";]*\sfrom\s+)?["'](\.[^"']+)["']""", re.MULTILINE)
_START = "window.easel['{}']"
_STARTED = re.compile(re.escape(_START).replace(r"\{\}", "([^']+)"))


@functools.cache
def files() -> dict[str, bytes]:
    """What is served: each file's path below ``viz/widgets``, or :data:`SHEET`, and its content."""
    found = {file.relative_to(HERE).as_posix(): file.read_bytes() for file in sorted(HERE.rglob("*"))
             if file.suffix in KINDS and file.is_file()}  # fmt: skip
    sheets = sorted((path for path in found if path.endswith(".css")), key=lambda path: path != SHARED)
    # Nested rules are as specific as the most specific selector around them: the id, which nothing bears, lifts them
    # above Gradio's own rules for buttons.
    every = '[class*="widget-"]'
    rules = "\n".join(
        f"{every if path == SHARED else f'.{scope(path)}'}, #easel {{\n{found.pop(path).decode()}}}" for path in sheets
    )
    return {**found, THEME: css().encode(), SHEET: rules.encode()}


@functools.cache
def place() -> str:
    """``web/HASH``: where they are served, seen from the root of the site."""
    every = b"\0".join(path.encode() + b"\0" + body for path, body in files().items())
    return f"web/{hashlib.sha256(every).hexdigest()[:16]}"


def scope(path: str) -> str:
    """The class below which the style sheet beside a module holds: ``widget-player`` for all in ``player/``."""
    return f"widget-{PurePosixPath(path).parts[0]}"


@functools.cache
def imports(path: str) -> tuple[str, ...]:
    """A module and all that it imports, paths as in :func:`files`, each after what it needs itself."""
    text = files()[path].decode()
    needed = [normpath(f"{PurePosixPath(path).parent}/{each}") for each in _IMPORT.findall(text)]
    return tuple(dict.fromkeys([*(one for each in needed for one in imports(each)), path]))


def inlined(path: str) -> dict[str, str]:
    """The same modules by the names ``easel/PATH``, under which they then import each other: for a page of one file."""
    needed = imports(path)

    def named(home: PurePosixPath) -> Callable[[re.Match[str]], str]:
        return lambda found: found[0].replace(found[1], f"easel/{normpath(f'{home.parent}/{found[1]}')}")

    return {f"easel/{each}": _IMPORT.sub(named(PurePosixPath(each)), files()[each].decode()) for each in needed}


def markup(path: str) -> str:
    """An HTML file below ``viz/widgets``, its ``[[texts]]`` in the language that is spoken here."""
    return re.sub(r"\[\[(.+?)\]\]", lambda found: say(found[1]), (HERE / path).read_text("utf-8"))


def words(path: str) -> dict[str, str]:
    """What a module, and all that it imports, says in the language that is spoken here: texts by their English."""
    code = "\n".join(files()[each].decode() for each in imports(path))
    return {text: said for text, said in for_scripts(spoken()).items() if text in code}


def module(path: str, events: Sequence[str] = (), classes: str = "") -> dict[str, Any]:
    """The arguments of a ``gr.HTML`` whose code is the module ``path`` and whose looks are the style sheet beside it.

    ``classes`` are further CSS classes. ``events`` are the names that the code triggers: Gradio looks for them, in
    quotes, in the script that it is given.
    Raises ``KeyError`` where there is no such module.
    """
    imports(path)
    told = ", ".join(f"'{event}'" for event in events)
    return {
        "js_on_load": f"{_START.format(path)}({{ element, trigger, props, server, upload, watch }}); // {told}",
        "elem_classes": [scope(path), *classes.split()],
        "apply_default_css": False,
    }


def head(up: str, components: Iterable[dict[str, Any]]) -> str:
    """The lines for the head of a page from which the root of the site is ``up``, ``./`` or ``../``.

    ``components`` are the page's in Gradio's configuration; of the modules only those are imported that they name.
    """
    scripts = (str(each["props"].get("js_on_load") or "") for each in components)
    paths = list(dict.fromkeys(path for script in scripts for path in _STARTED.findall(script)))
    root = escape(f"{up}{place()}/")
    every = dict.fromkeys(one for path in paths for one in imports(path))
    lines = [f'<link rel="stylesheet" href="{root}{sheet}">' for sheet in (THEME, SHEET)]
    lines += [f'<link rel="modulepreload" href="{root}{path}">' for path in every]
    lines += ['<script type="module">']
    lines += [f"import start{i} from '{root}{path}';" for i, path in enumerate(paths)]
    known = ", ".join(f"'{path}': start{i}" for i, path in enumerate(paths))
    lines += [f"window.easel = {{ {known} }};", "</script>"]
    return "\n".join(lines)
