"""One script file for all widgets of a kind: the page has some fifty players, and would carry the code fifty times."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

ARGUMENTS = "element, trigger, props, server, upload, watch"
"""What Gradio gives to the script of a ``gr.HTML``."""


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that is served as it is, holds nothing but these scripts and goes with the program."""
    folder = tempfile.TemporaryDirectory(prefix="easel-scripts-")
    gr.set_static_paths(folder.name)
    return folder


@functools.cache
def _address(name: str, files: tuple[Path, ...]) -> str:
    """Write the files as one function ``easel_NAME`` and say where the page finds it, seen from the page."""
    body = "\n".join(file.read_text(encoding="utf-8") for file in files)
    bundle = Path(_folder().name) / f"{name}.js"
    bundle.write_text(f"window.easel_{name} = function ({ARGUMENTS}) {{\n{body}\n}};\n", encoding="utf-8")
    return f"gradio_api/file={bundle.as_posix()}"


def script(name: str, files: Sequence[Path], events: Sequence[str] = ()) -> dict[str, Any]:
    """``head`` and ``js_on_load`` for a ``gr.HTML`` whose code is that of ``files``, one after the other.

    ``events`` are the names that the code triggers: Gradio looks for them, in quotes, in the script that it is given.
    """
    told = ", ".join(f"'{event}'" for event in events)
    return {
        "head": f'<script src="{_address(name, tuple(files))}"></script>',
        "js_on_load": f"window.easel_{name}({ARGUMENTS}); // triggers {told or 'nothing'}",
    }
