"""Who may import whom, and what no file of the product may hold: read from the source, not from memory."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

ARROWS: dict[str, tuple[str, ...]] = {
    "app": ("viz", "core.runtime"),
    "benchmarks": ("benchmarks", "viz", "core", "tests.browser"),  # which Chromium to drive
    "scripts": ("viz", "core"),
    "viz": ("viz", "core"),
    "core": (),
    "core.nn": ("core.nn", "core.trace"),
    "core.models": ("core.models", "core.nn", "core.noise", "core.trace"),
    "core.registry": ("core.models",),
    "core.settings": (),
    "core.checkpoints": ("core.files", "core.registry", "core.settings"),
    "core.fits": ("core.data", "core.models", "core.registry", "core.settings"),
    "core.archives": ("core.images", "core.layouts"),
    "core.paper": ("core.components", "core.images"),
    "core.figures": ("core.components", "core.images", "core.paper"),
    "core.reading": ("core.components", "core.figures", "core.images", "core.paper"),
    "core.download": ("core.files",),
    "core.binarized_mnist": ("core.download", "core.files"),
    "core.colour_data": ("core.archives", "core.download", "core.files", "core.images"),
    "core.data": (
        "core.binarized_mnist",
        "core.colour_data",
        "core.archives",
        "core.console",
        "core.download",
        "core.idx",
        "core.images",
        "core.plate_design",
        "core.plate_fonts",
        "core.plates",
        "core.scenes",
        "core.strokes",
    ),
    "core.plate_fonts": ("core.strokes",),
    "core.plate_design": ("core.plate_fonts",),
    "core.plates": ("core.plate_design", "core.plate_fonts"),
    "core.samplers": ("core.models", "core.nn", "core.samplers", "core.trace"),
    "core.sampling": ("core.models", "core.nn", "core.noise", "core.samplers", "core.trace"),
    "core.labels": ("core.binarized_mnist", "core.data"),
    "core.training": (
        "core.checkpoints",
        "core.console",
        "core.data",
        "core.files",
        "core.fits",
        "core.labels",
        "core.optimizers",
        "core.registry",
        "core.settings",
        "core.training",
    ),
    "core.evaluation": ("core.checkpoints", "core.console", "core.data", "core.fits", "core.models", "core.registry"),
    "core.legibility": (
        "core.checkpoints",
        "core.console",
        "core.data",
        "core.models",
        "core.nn",
        "core.registry",
        "core.sampling",
        "core.trace",
    ),
    "core.draw_pen": ("core.models", "core.nn", "core.requests", "core.trace"),
    "core.draw_time": ("core.models", "core.nn", "core.trace"),
    "core.draw_between": ("core.models", "core.trace"),
    "core.draw_studio": ("core.draw_between", "core.models", "core.requests", "core.scenes", "core.trace"),
    "core.playground": ("core.models.base", "core.nn", "core.requests", "core.trace"),
    "core.instruments": ("core.models", "core.nn", "core.trace"),
    "core.glimpse_studio": (
        "core.models",
        "core.nn",
        "core.requests",
        "core.scenes",
        "core.strokes",
        "core.trace",
    ),
    "core.mnist_digits": ("core.idx",),
    "core.race": ("core.models", "core.requests", "core.samplers", "core.sampling", "core.trace"),
    "core.pixel_studio": (
        "core.instruments",
        "core.models",
        "core.race",
        "core.registry",
        "core.requests",
        "core.samplers",
        "core.sampling",
        "core.trace",
    ),
    "core.latents": ("core.trace",),
    "core.vae_between": ("core.draw_between", "core.models"),
    "core.vae_studio": (
        "core.latents",
        "core.models",
        "core.noise",
        "core.registry",
        "core.requests",
        "core.trace",
        "core.vae_between",
        "core.vae_bound",
    ),
    "core.walk_studio": (
        "core.draw_between",
        "core.latents",
        "core.models",
        "core.requests",
        "core.trace",
        "core.vae_between",
        "core.vae_studio",
    ),
    "core.vae_bound": ("core.latents", "core.models", "core.nn", "core.noise"),
    "core.cost_studio": (
        "core.models",
        "core.noise",
        "core.registry",
        "core.requests",
        "core.trace",
        "core.vae_bound",
        "core.vae_studio",
    ),
    "core.restoration": (
        "core.checkpoints",
        "core.console",
        "core.data",
        "core.models",
        "core.noise",
        "core.sampling",
    ),
    "core.restore_studio": (
        "core.models",
        "core.noise",
        "core.pixel_studio",
        "core.requests",
        "core.restoration",
        "core.trace",
        "core.vae_studio",
    ),
    "core.map_studio": ("core.latent_plane", "core.registry", "core.requests", "core.trace", "core.vae_studio"),
    "core.studio": (
        "core.checkpoints",
        "core.cost_studio",
        "core.draw_pen",
        "core.draw_studio",
        "core.draw_time",
        "core.glimpse_studio",
        "core.map_studio",
        "core.models",
        "core.nn",
        "core.pixel_studio",
        "core.playground",
        "core.requests",
        "core.restore_studio",
        "core.trace",
        "core.vae_studio",
        "core.walk_studio",
    ),
    "core.runtime": ("core.studio",),
}
"""Module or package -> what it may import of this house. The longest name that fits a module counts, so a module of
core that is not named here may import nothing of the house."""

GROUND = ("core.errors",)
"""What every module may import."""

FENCES: dict[str, tuple[str, ...]] = {
    "gradio": ("app", "viz.layout", "viz.page", "viz.serving", "viz.theme", "viz.widgets", "viz.tabs"),
    "plotly": ("viz",),
    "torch": ("core", "benchmarks", "scripts"),
    "torchvision": ("core.data", "core.colour_data", "benchmarks"),
}
"""Library -> the only places that import it."""

NUMPY_ONLY = (
    "core.archives",
    "core.binarized_mnist",
    "core.colour_data",
    "core.components",
    "core.download",
    "core.errors",
    "core.figures",
    "core.files",
    "core.idx",
    "core.images",
    "core.latent_plane",
    "core.latents",
    "core.mnist_digits",
    "core.layouts",
    "core.paper",
    "core.reading",
    "core.runtime",
    "core.scenes",
    "core.strokes",
    "core.trace",
)
"""Modules of core that do not know torch: the page loads before it does."""

PURE = (
    "viz.aiming",
    "viz.assets",
    "viz.bound_views",
    "viz.draw_frames",
    "viz.errors",
    "viz.filterbank",
    "viz.glimpse_chart",
    "viz.glimpse_compare",
    "viz.glimpse_frames",
    "viz.latent_map",
    "viz.lens",
    "viz.masks",
    "viz.painters",
    "viz.pen_frames",
    "viz.pixel_frames",
    "viz.restore_frames",
    "viz.scans",
    "viz.scores",
    "viz.payload",
    "viz.notes",
    "viz.frames",
    "viz.codes",
    "viz.vae_walks",
    "viz.composite",
    "viz.cost_views",
    "viz.overlays",
    "viz.figures",
    "viz.export",
    "viz.words",
)
PICKLES = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch.load", "torch.save")


class Import(NamedTuple):
    """``name`` is absolute and dotted; ``lazy`` if it stands inside a function."""

    name: str
    line: int
    lazy: bool


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


def import_violations(module: str, found: Import) -> Iterator[str]:
    name, library = found.name, found.name.split(".")[0]
    if library in {"app", "benchmarks", "core", "scripts", "tests", "viz"}:
        room = max((place for place in ARROWS if within(module, (place,))), key=len)
        if not within(name, (*ARROWS[room], *GROUND)):
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
    tree = ast.parse(source)
    found = [
        f"line {one.line}: {text}"
        for one in imports(module, tree, package=package)
        for text in import_violations(module, one)
    ]
    for node in ast.walk(tree):
        match node:
            case ast.Attribute() if ast.unparse(node) in PICKLES:
                found.append(f"line {node.lineno}: {module} uses {ast.unparse(node)}: no pickles")
            case ast.keyword(arg="allow_pickle", value=value) if ast.unparse(value) != "False":
                found.append(f"line {node.lineno}: {module} sets allow_pickle: no pickles")
    return found


def undocumented(source: str) -> list[str]:
    """Public functions and classes without a docstring."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    body = [node for node in ast.parse(source).body if isinstance(node, kinds)]
    return [node.name for node in body if not node.name.startswith("_") and not ast.get_docstring(node)]


PLACES = re.compile(
    r"\.\./" + r"shared\b|(?<![\w.~/-])/(?:home|root|Users|work|tmp|mnt|opt)/|" + re.escape(str(ROOT)) + r"(?=[/\"'\s])"
)
"""Absolute paths of somebody's machine, and the folder beside the repository that only one machine has."""


def python_files() -> list[Path]:
    rooms = ("benchmarks", "core", "scripts", "viz")
    return [ROOT / "app.py", *(file for room in rooms for file in (ROOT / room).rglob("*.py"))]


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def text_files() -> list[Path]:
    kinds = {".py", ".js", ".css", ".md", ".toml", ".sh", ".txt", ".yaml", ".yml", ".cff"}
    rooms = ("assets", "benchmarks", "checkpoints", "core", "scripts", "viz", ".ci", ".github")
    below = (file for room in rooms for file in (ROOT / room).rglob("*") if file.is_file())
    return [file for file in [*ROOT.iterdir(), *below] if file.suffix in kinds or file.parent.name == ".ci"]


def test_every_import_follows_the_arrows_and_nothing_is_pickled() -> None:
    found = [
        f"{file.relative_to(ROOT)}, {wrong}"
        for file in python_files()
        for wrong in violations(module_name(file), file.read_text("utf-8"), package=file.name == "__init__.py")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source", "sentence"),
    [
        ("core.trace", "from core.nn import attention", "core.trace may not import core.nn.attention"),
        ("core.trace", "import torch", "core.trace may not import torch"),
        ("core.nn.masked", "from core.models.draw import Draw", "may not import core.models.draw.Draw"),
        ("core.nn.masked", "from ..models import draw", "may not import core.models.draw"),
        ("core.models.vae", "from .. import registry", "may not import core.registry"),
        ("core.models.draw", "def f():\n    import core.registry", "line 2: core.models.draw may not import core.re"),
        ("core.training", "from core import evaluation", "may not import core.evaluation"),
        ("core.sampling", "from core import studio", "may not import core.studio"),
        ("core.registry", "from core.runtime import Runtime", "may not import core.runtime.Runtime"),
        ("core.new", "import core.trace", "core.new may not import core.trace"),
        ("core.data", "import gradio as gr", "core.data may not import gradio"),
        ("core.data", "if True:\n    from plotly import graph_objects", "core.data may not import plotly"),
        ("core.data", "import importlib\nimportlib.import_module('viz.frames')", "may not import viz.frames"),
        ("core.data", "from torchvision import datasets", "imports torchvision outside a function"),
        ("core.models.vae", "def f():\n    import torchvision", "core.models.vae may not import torchvision"),
        ("viz.frames", "import gradio", "viz.frames may not import gradio"),
        ("viz.export", "def f():\n    from torch import Tensor", "viz.export may not import torch"),
        ("viz.frames", "from app import main", "viz.frames may not import app.main"),
        ("viz.frames", "from benchmarks.sampling import main", "may not import benchmarks.sampling.main"),
        ("app", "from core.models.draw import Draw", "app may not import core.models.draw.Draw"),
        ("core.checkpoints", "import pickle", "no pickles"),
        ("core.checkpoints", "import torch\ntorch.load('a')", "line 2: core.checkpoints uses torch.load"),
        ("core.checkpoints", "from torch import load", "imports torch.load"),
        ("core.data", "np.load(path, allow_pickle=True)", "sets allow_pickle"),
    ],
)
def test_the_checker_catches_a_violation(module: str, source: str, sentence: str) -> None:
    assert sentence in "\n".join(violations(module, source))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app", "from core.runtime import Runtime\nfrom viz.layout import build_app"),
        ("core.models.draw", "import torch\nfrom core.nn import attention\nfrom core.trace import Step"),
        ("core.data", "def f():\n    import torchvision\nnp.load(path, allow_pickle=False)"),
        ("core.checkpoints", "from safetensors.torch import load\nload(data)"),
        ("viz.tabs.draw", "import gradio as gr\nfrom core.runtime import Runtime\nfrom viz import frames"),
    ],
)
def test_the_checker_lets_the_arrows_pass(module: str, source: str) -> None:
    assert violations(module, source) == []


def loads_without(modules: tuple[str, ...], unwanted: tuple[str, ...]) -> str:
    """Imports ``modules`` in a fresh Python and names which of ``unwanted`` came along."""
    code = f"import sys, {', '.join(modules)}; print(*sorted({set(unwanted)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_the_page_loads_without_torch() -> None:
    assert loads_without(("app", "viz.layout"), ("torch", "torchvision")) == ""


def test_the_pure_rooms_load_without_torch_and_gradio() -> None:
    assert loads_without(PURE, ("torch", "torchvision", "gradio")) == ""


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


def test_every_public_function_and_class_has_a_docstring() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {name}" for file in python_files() for name in undocumented(file.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_a_missing_docstring_is_caught() -> None:
    assert undocumented('def f(): ...\ndef _g(): ...\nclass H:\n    """Documented."""\nclass I: ...') == ["f", "I"]


def test_app_py_stays_below_50_lines() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) < 50
