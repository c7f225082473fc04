"""Who may import whom, and what no file of the product may hold: read from the source, not from memory."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

ARROWS: dict[str, tuple[str, ...]] = {
    "core.models": ("core.nn",),
    "core.samplers": ("core.models", "core.nn"),
    "core.training": ("core.data", "core.models", "core.nn", "core.samplers"),
    "core.studies": ("core.nn", "core.models", "core.samplers", "core.data", "core.training"),
    "core.studio": (
        "core.nn",
        "core.models",
        "core.samplers",
        "core.data",
        "core.training",
        "core.studies",
        "core.library",
    ),
    "core.library": (
        "core.nn",
        "core.models",
        "core.samplers",
        "core.training",
        "core.studies",
    ),
    "core.client": ("core.data", "core.studio.runtime", "core.training.registry"),
    "viz.views": ("viz.player", "core.studies", "core.training.live", "core.training.registry"),
    "viz.widgets": ("viz.views",),
    "viz.address": ("viz.widgets",),
    "viz.tabs": (
        "viz.player",
        "viz.views",
        "viz.widgets",
        "viz.address",
        "viz.page",
        "viz.files",
        "core.client",
        "core.studio.runtime",
        "core.studio.trainings",
        "core.data",
        "core.studies",
        "core.training.live",
        "core.training.registry",
        "core.training.small",
    ),
    "viz.files": ("viz.player", "viz.views", "viz.widgets"),
    "viz.layout": ("viz.tabs", "viz.head", "viz.page", "viz.widgets", "core.studio.runtime"),
    "viz.serving": (
        "viz.layout",
        "viz.page",
        "viz.player",
        "viz.widgets",
        "core.client",
        "core.data",
        "core.studio.runtime",
        "core.studio.trainings",
        "core.studio.turns",
        "core.training.registry",
    ),
}
"""Room -> the rooms that it may import beside itself and the ground. Rooms and modules that are not named here stand on
the ground alone; what is allowed and not used fails as well."""

GROUND = (
    "core.console",
    "core.errors",
    "core.files",
    "core.sentences",
    "core.requests",
    "core.results",
    "core.results_vae",
    "core.trace",
    "viz.errors",
    "viz.language",
    "viz.theme",
)
"""What every room may import; modules of it import nothing but one another."""

LAZY = {"core.trace": ("viz.files",)}
"""Module -> what it may import inside a function, against the arrows. A trace in a notebook is made into a file, and is
shown, by the very code that does it on the page; who only paints loads none of it. The other way would be a second
kind of trace for notebooks."""

ENTRANCES = {
    "app": ("viz.serving", "core.studio.runtime"),
    "core.evaluation": ("core.training",),
    "benchmarks": ("viz", "core", "tests.browser"),  # which Chromium to drive
    "scripts": ("viz", "core"),
    "examples": ("core",),
}
"""What stands outside the rooms and opens them."""

FENCES: dict[str, tuple[str, ...]] = {
    "gradio": ("app", "viz.address", "viz.layout", "viz.page", "viz.serving", "viz.theme", "viz.widgets", "viz.tabs"),
    "plotly": ("viz",),
    "torch": ("core", "benchmarks", "scripts"),
    "accelerate": ("core.training.processes",),
    "gradio_client": ("core.client", "benchmarks"),
    "mcp": ("viz.serving.tools",),
    "babel": ("viz.language", "scripts.make_words"),
    "torchvision": ("core.data", "core.data.colour", "benchmarks"),
}
"""Library -> the only places that import it."""

NUMPY_ONLY = (
    "core.data.archives",
    "core.data.binarized_mnist",
    "core.data.colour",
    "core.data.components",
    "core.data.download",
    "core.errors",
    "core.data.figures",
    "core.files",
    "core.sentences",
    "core.data.idx",
    "core.data.images",
    "core.studies.vae_map",
    "core.studies.latents",
    "core.data.mnist",
    "core.data.mnist_digits",
    "core.models.configs",
    "core.data.layouts",
    "core.data.paper",
    "core.data.reading",
    "core.client",
    "core.results",
    "core.results_vae",
    "core.studies.draw_new",
    "core.studies.together_guess",
    "core.studio.runtime",
    "core.studio.trainers",
    "core.studio.trainings",
    "core.studio.turns",
    "core.samplers.prices",
    "core.data.own",
    "core.training.live",
    "core.training.settings",
    "core.training.small",
    "core.data.scenes",
    "core.training.recipes",
    "core.training.registry",
    "core.training.spec",
    "core.data.strokes",
    "core.trace",
)
"""Modules of core that do not know torch: the page loads before it does."""

PURE = (
    "viz.views.aim",
    "viz.views.assets",
    "viz.views.vae_bound",
    "viz.views.draw_time",
    "viz.errors",
    "viz.views.draw_window",
    "viz.views.look_scores",
    "viz.views.look_aim",
    "viz.views.look_path",
    "viz.views.vae_map",
    "viz.views.pixel_lens",
    "viz.views.pixel_masks",
    "viz.views.draw_pen",
    "viz.views.pixel_paint",
    "viz.views.vae_restore",
    "viz.views.pixel_scans",
    "viz.views.pixel_scores",
    "viz.player.payload",
    "viz.player.notes",
    "viz.player.frames",
    "viz.views.vae_code",
    "viz.views.vae_walks",
    "viz.player.composite",
    "viz.views.vae_bound_tasks",
    "viz.player.overlays",
    "viz.views.figures",
    "viz.views.train_use",
    "viz.views.train_watch",
    "viz.player.export",
    "viz.player.told",
    "viz.player.words",
    "viz.files",
)
PICKLES = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch.load", "torch.save")
PICKLED = {name.rpartition(".")[2] for name in PICKLES}


class Import(NamedTuple):
    """``name`` is absolute and dotted; ``lazy`` if it stands inside a function."""

    name: str
    line: int
    lazy: bool


@cache
def parsed(source: str) -> ast.Module:
    """A module's tree, which several tests look at."""
    return ast.parse(source)


def within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def imports(module: str, tree: ast.AST, *, package: bool = False) -> Iterator[Import]:
    """Every import of ``module``, relative ones and ``import_module("…")`` too."""
    home = module.split(".") if package else module.split(".")[:-1]

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        match node:
            case ast.Import():
                yield from (Import(alias.name, node.lineno, lazy) for alias in node.names)
            case ast.ImportFrom():
                base = home[: len(home) - node.level + 1] if node.level else []
                prefix = ".".join([*base, *filter(None, [node.module])])
                yield from (Import(f"{prefix}.{alias.name}", node.lineno, lazy) for alias in node.names)
            case ast.Call(
                func=ast.Name("__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(str(name)), *_],
            ):
                yield Import(name, node.lineno, lazy)
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, lazy)

    return visit(tree, lazy=False)


def room_of(module: str) -> str:
    """The room that a module belongs to, ``core.models`` for ``core.models.draw``; outside all rooms, its own name."""
    named = [place for place in (*ARROWS, *ENTRANCES) if within(module, (place,))]
    return max(named, key=len, default=".".join(module.split(".")[:2]))


def allowed(module: str) -> tuple[str, ...]:
    """What a module may import of this house."""
    room = room_of(module)
    ground = tuple(name for name in GROUND if not module.startswith("core") or name.startswith("core"))
    own = () if module in GROUND else (room,)
    return (*ARROWS.get(room, ()), *ENTRANCES.get(room, ()), *own, *ground)


def import_violations(module: str, found: Import) -> Iterator[str]:
    name, library = found.name, found.name.split(".")[0]
    places = (*allowed(module), *(LAZY.get(module, ()) if found.lazy else ()))
    if library in {"app", "benchmarks", "core", "examples", "scripts", "tests", "viz"} and not within(name, places):
        yield f"{module} may not import {name}"

    if library in FENCES and not within(module, FENCES[library]):
        yield f"{module} may not import {library}"
    if library == "torch" and within(module, NUMPY_ONLY):
        yield f"{module} may not import torch"
    if library == "torchvision" and not found.lazy:
        yield f"{module} imports torchvision outside a function"
    if within(name, PICKLES):
        yield f"{module} imports {name}: no pickles"


def violations(module: str, source: str, *, package: bool = False) -> list[str]:
    """What is forbidden in the source of ``module``, each with its line."""
    tree = parsed(source)
    found = [
        f"line {one.line}: {text}"
        for one in imports(module, tree, package=package)
        for text in import_violations(module, one)
    ]
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attribute) if attribute in PICKLED and ast.unparse(node) in PICKLES:
                found.append(f"line {node.lineno}: {module} uses {ast.unparse(node)}: no pickles")
            case ast.keyword(arg="allow_pickle", value=value) if ast.unparse(value) != "False":
                found.append(f"line {node.lineno}: {module} sets allow_pickle: no pickles")
    return found


def undocumented(source: str) -> list[str]:
    """Public functions and classes without a docstring."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    body = [node for node in parsed(source).body if isinstance(node, kinds)]
    return [node.name for node in body if not node.name.startswith("_") and not ast.get_docstring(node)]


PLACES = re.compile(
    r"\.\./" + r"shared\b|(?<![\w.~/-])/(?:home|root|Users|work|tmp|mnt|opt)/|" + re.escape(str(ROOT)) + r"(?=[/\"'\s])"
)
"""Absolute paths of somebody's machine, and the folder beside the repository that only one machine has."""


def python_files() -> list[Path]:
    rooms = ("benchmarks", "core", "examples", "scripts", "viz")
    return [ROOT / "app.py", *(file for room in rooms for file in (ROOT / room).rglob("*.py"))]


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def text_files() -> list[Path]:
    kinds = {".py", ".js", ".css", ".md", ".toml", ".sh", ".txt", ".yaml", ".yml", ".cff"}
    rooms = ("assets", "benchmarks", "checkpoints", "core", "examples", "scripts", "viz", ".ci", ".github")
    below = (file for room in rooms for file in (ROOT / room).rglob("*") if file.is_file())
    return [file for file in [*ROOT.iterdir(), *below] if file.suffix in kinds or file.parent.name == ".ci"]


def test_every_import_follows_the_arrows_and_nothing_is_pickled() -> None:
    found = [
        f"{file.relative_to(ROOT)}, {wrong}"
        for file in python_files()
        for wrong in violations(module_name(file), file.read_text("utf-8"), package=file.name == "__init__.py")
    ]
    assert not found, "\n".join(found)


def test_no_arrow_is_drawn_that_nobody_needs() -> None:
    used = {
        (room_of(module_name(file)), place)
        for file in python_files()
        for one in imports(module_name(file), parsed(file.read_text("utf-8")), package=file.name == "__init__.py")
        for place in ARROWS.get(room_of(module_name(file)), ())
        if within(one.name, (place,))
    }
    assert {(room, place) for room, places in ARROWS.items() for place in places} - used == set()


@pytest.mark.parametrize(
    ("module", "source", "sentence"),
    [
        ("core.trace", "from core.nn import attention", "core.trace may not import core.nn.attention"),
        ("core.trace", "import torch", "core.trace may not import torch"),
        ("core.trace", "from viz.files import gif", "core.trace may not import viz.files.gif"),
        ("core.trace", "def f():\n    from viz.player import export", "core.trace may not import viz.player.export"),
        ("core.errors", "def f():\n    from viz.files import gif", "core.errors may not import viz.files.gif"),
        ("core.nn.masked", "from core.models.draw import Draw", "may not import core.models.draw.Draw"),
        ("core.nn.masked", "from ..models import draw", "may not import core.models.draw"),
        ("core.models.vae", "from ..training import registry", "may not import core.training.registry"),
        (
            "core.models.draw",
            "def f():\n    import core.training.registry",
            "line 2: core.models.draw may not import core.tr",
        ),
        ("core.training.loop", "from core import evaluation", "may not import core.evaluation"),
        ("core.samplers.brush", "from core import studio", "may not import core.studio"),
        (
            "core.training.registry",
            "from core.studio.runtime import Runtime",
            "may not import core.studio.runtime.Runtime",
        ),
        ("core.new", "import core.nn.masked", "core.new may not import core.nn.masked"),
        ("core.data", "import gradio as gr", "core.data may not import gradio"),
        ("core.data", "if True:\n    from plotly import graph_objects", "core.data may not import plotly"),
        (
            "core.data",
            "import importlib\nimportlib.import_module('viz.player.frames')",
            "may not import viz.player.frames",
        ),
        ("core.data", "from torchvision import datasets", "imports torchvision outside a function"),
        ("core.models.vae", "def f():\n    import torchvision", "core.models.vae may not import torchvision"),
        ("viz.player.frames", "import gradio", "viz.player.frames may not import gradio"),
        ("viz.player.export", "def f():\n    from torch import Tensor", "viz.player.export may not import torch"),
        ("viz.player.frames", "from app import main", "viz.player.frames may not import app.main"),
        ("viz.player.frames", "from benchmarks.sampling import main", "may not import benchmarks.sampling.main"),
        ("app", "from core.models.draw import Draw", "app may not import core.models.draw.Draw"),
        ("core.training.checkpoints", "import pickle", "no pickles"),
        (
            "core.training.checkpoints",
            "import torch\ntorch.load('a')",
            "line 2: core.training.checkpoints uses torch.load",
        ),
        ("core.training.checkpoints", "from torch import load", "imports torch.load"),
        ("core.data", "np.load(path, allow_pickle=True)", "sets allow_pickle"),
    ],
)
def test_the_checker_catches_a_violation(module: str, source: str, sentence: str) -> None:
    assert sentence in "\n".join(violations(module, source))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app", "from core.studio.runtime import Runtime\nfrom viz.serving.server import serve"),
        ("core.models.draw", "import torch\nfrom core.nn import attention\nfrom core.trace import Step"),
        ("core.trace", "def f():\n    from viz.files import gif"),
        ("core.data", "def f():\n    import torchvision\nnp.load(path, allow_pickle=False)"),
        ("core.training.checkpoints", "from safetensors.torch import load\nload(data)"),
        (
            "viz.tabs.draw",
            "import gradio as gr\nfrom core.studio.runtime import Runtime\nfrom viz.player import traces",
        ),
    ],
)
def test_the_checker_lets_the_arrows_pass(module: str, source: str) -> None:
    assert violations(module, source) == []


def loads_without(modules: tuple[str, ...], unwanted: tuple[str, ...], then: str = "pass") -> str:
    """Imports ``modules`` in a fresh Python, does something ``then``, and names which of ``unwanted`` came along."""
    code = f"import sys, {', '.join(modules)}; {then}; print(*sorted({set(unwanted)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_the_page_loads_without_torch() -> None:
    assert loads_without(("app", "viz.layout"), ("torch", "torchvision")) == ""


def test_the_pure_rooms_load_without_torch_and_gradio() -> None:
    assert loads_without(PURE, ("torch", "torchvision", "gradio")) == ""


def test_the_door_opens_without_torch_and_a_trace_without_the_page() -> None:
    assert loads_without(("core", "core.trace"), ("torch", "PIL", "gradio", "viz.files"), "core.names()") == ""


def test_no_file_of_the_product_names_a_place_of_one_machine() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in text_files()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if PLACES.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ['"/home/me/easel"', "cd ../" + "shared/docs", "open(/tmp/x)", f"'{ROOT}/core'"])
def test_a_place_of_one_machine_is_caught(text: str) -> None:
    assert PLACES.search(text)


@pytest.mark.parametrize("text", ["https://example.org/home/page", "viz/work/tmp", "~/work/easel", "a / tmp / b"])
def test_a_relative_place_and_an_address_are_not_taken_for_one(text: str) -> None:
    assert not PLACES.search(text)


def constants(room: str) -> Iterator[tuple[str, str]]:
    """Name and value, as they are written, of every constant of a room's modules."""
    for file in (ROOT / room).rglob("*.py"):
        for node in parsed(file.read_text("utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(name)], value=value) if name.isupper():
                    yield name, ast.unparse(value)
                case ast.Assign(targets=[ast.Tuple(names)], value=ast.Tuple(values)):
                    yield from zip(map(ast.unparse, names), map(ast.unparse, values), strict=True)


def test_no_constant_stands_both_in_core_and_in_viz() -> None:
    assert set(constants("core")) & set(constants("viz")) == set()


def test_viz_takes_the_results_of_core_as_they_are_and_restates_none() -> None:
    found = [
        module_name(file)
        for file in (ROOT / "viz").rglob("*.py")
        for one in imports(module_name(file), parsed(file.read_text("utf-8")))
        if one.name == "typing.Protocol"
    ]
    assert found == []


def test_every_public_function_and_class_has_a_docstring() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {name}" for file in python_files() for name in undocumented(file.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_a_missing_docstring_is_caught() -> None:
    assert undocumented('def f(): ...\ndef _g(): ...\nclass H:\n    """Documented."""\nclass I: ...') == ["f", "I"]


def test_app_py_stays_below_50_lines() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) < 50
