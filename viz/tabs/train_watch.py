"""Watch it learn: choose a model and pictures, press one button, and see what comes of noise while it learns."""

from __future__ import annotations

import base64
import html
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

import gradio as gr
import numpy as np
from PIL import Image

from core.errors import UserError
from core.training.live import Film, read_film
from core.training.small import FAMILIES, Kind, Pictures, Size, Wish
from viz.errors import said
from viz.language import say
from viz.page import IMPOSSIBLE
from viz.tabs import train_mnist
from viz.tabs.common import LATEST, SKIP, card, column, explanation, line, room, show_stage, status_line, switch, told
from viz.tabs.desk import Tab
from viz.views.train_watch import shown
from viz.widgets.take_home.take_home import download
from viz.widgets.training.training import training

PICTURES = [("Drawn digits", "strokes"), ("House numbers", "plates"), ("MNIST", "mnist"), ("Your own", "own")]
SIZES = [("S", "small"), ("M", "medium"), ("L", "large"), ("As shipped", "shipped")]
COLUMNS = 12
NAMES = {"steps": "strokes"}
"""What a setting is called in an address, where that is not its own name."""
FILMS = {
    "aevb-mnist-2d": "the map of a VAE unfolds",
    "draw-mnist": "DRAW learns to copy, stroke by stroke",
    "pixelcnn-mnist": "a PixelCNN finds digits",
    "glimpse-cluttered": "glimpses learn where to look",
}
"""The shipped films, which stand where nothing has been trained yet."""
BESIDE = "A second training stands here, when you press <b>One beside it</b>."
GOING_HERE = "A training is going on here: stop it before you begin another one."
GOING_BESIDE = "A training is going on beside: stop it before you begin another one."
HINT = "A zip file or many pictures, at least 12; folders inside mean classes. They are made small and grey."
README = (
    "{name}.safetensors and its card {name}.json, trained in Easel.\n\nThe same again:\n\n{command}\n\nIn a "
    'notebook: core.load("{name}.json"). In the shell: --weights FOLDER, with the folder that holds both.\n'
)

TEXT = """
A network begins with random weights. It looks at some pictures, and each weight is moved a little, so that these
pictures would cost less. **That is a step.** Thousands of steps later it paints.

The eight pictures come from **the same noise** all the time. What changes is only what the network has learned.
"""
MORE = """
The chart has the loss in its terms: what the pixels cost and, on top, what the code costs. The dashed line is for
pictures that it never learns from; where it rises while the other falls, the network learns its pictures by heart.

**As shipped** goes on from the weights that the other rooms use. Learning rate, β and batch can be changed while it
learns. It runs in a process of its own, with a lower priority, and ends when the page is closed or its time is up;
*Go on* then goes on from there, and so does a reload.
"""
FORMULA = r"""
Each step moves the weights $\theta$ against the slope of the loss $L$ of a batch, by Adam or Muon, with rate $\eta$:

$$\theta \leftarrow \theta - \eta\, \widehat{\nabla_\theta L}$$

For VAEs and DRAW $L = -\log p(x \mid z) + \beta\,\mathrm{KL}$, for pixel models $-\sum_i \log p(x_i \mid x_{<i})$,
for glimpses $-\log p(\text{label} \mid x)$, all in nats.
"""


class Runs(NamedTuple):
    """The trainings of the page, by their keys: the one and the one beside it."""

    run: gr.Textbox
    beside: gr.Textbox
    own: gr.Textbox


def build(tab: Tab) -> Runs:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    trainings, address = tab.runtime.trainings, tab.desk.address
    with room("train"):
        with column("controls"), card():
            families = [(family.title, key) for key, family in FAMILIES.items()]
            kind = tab.control(
                "model",
                gr.Radio(families, value="vae2", label="Model", elem_id="train-model", elem_classes="easel-chips"),
            )
            size = tab.control("size", switch("Size", SIZES, "train-size", "small"))
            pictures = tab.control("pictures", switch("Pictures", PICTURES, "train-pictures", "strokes"))
            rate = tab.control(
                "rate", gr.Slider(0.0001, 0.02, 0.002, step=0.0001, label="Learning rate", elem_id="train-rate")
            )
            beta = tab.control("beta", gr.Slider(0, 8, 1, step=0.1, label="β of a VAE", elem_id="train-beta"))
            train_mnist.offer(tab, pictures)
            with gr.Row(elem_classes="easel-go"):
                begin = gr.Button("Train", variant="primary", elem_id="train-begin", elem_classes="easel-primary")
                second = gr.Button("One beside it", elem_id="train-second", elem_classes="easel-round", scale=0)
        with column("stage"):
            with card():
                status = status_line("train")
                watched(tab, "train-run", empty(), "/run")
                watched(tab, "train-beside", say(BESIDE), "/beside")
            with card("Your own pictures", folds=True):
                bring = gr.UploadButton(
                    "Bring pictures",
                    file_count="multiple",
                    file_types=["image", ".zip"],
                    elem_id="train-bring",
                    size="sm",
                )
                sheet = gr.HTML(f"<p>{say(HINT)}</p>", elem_id="train-sheet", apply_default_css=False)
            with card("More settings", folds=True):
                gr.Markdown("With 0 a setting is as the size has it.", elem_classes="easel-text")
                with gr.Row(elem_classes="easel-sliders"):
                    batch = tab.control(
                        "batch", gr.Slider(4, 128, 32, step=4, label="Batch: pictures a step", elem_id="train-batch")
                    )
                    until = tab.control(
                        "until", gr.Slider(0, 10_000, 0, step=100, label="Steps until it ends", elem_id="train-until")
                    )
                    fields = {
                        name: tab.control(
                            NAMES.get(name, name.replace("_", "-")),
                            gr.Slider(0, most, 0, step=1, label=words, elem_id=f"train-{name.replace('_', '-')}"),
                        )
                        for name, (words, most) in every_field().items()
                    }
        with column("aside"):
            explanation(TEXT, FORMULA, MORE)
            with card("Others", folds=True):
                found = gr.Dropdown([], label="Trainings on this machine", elem_id="train-offered")
    hidden: dict[str, Any] = {"visible": "hidden"}
    runs = Runs(
        *(address.add("", name, gr.Textbox("", elem_id=f"train-{name}-key", **hidden)) for name in Runs._fields)
    )

    def wished(values: dict[str, Any]) -> Wish:
        chosen = {name: int(values[name]) for name in fields if values[name]}
        return Wish(
            cast(Kind, values["kind"]),
            cast(Size, values["size"]),
            cast(Pictures, values["pictures"]),
            values["own"] if values["pictures"] == "own" else "",
            float(values["rate"]),
            float(values["beta"]),
            int(values["batch"]),
            chosen,
            int(values["seed"] or 0),
            int(values["until"]) or None,
        )

    def start(refused: str) -> Callable[..., tuple[Any, ...]]:
        def started(**values: Any) -> tuple[Any, ...]:
            try:
                if values["now"]:
                    going = going_on(tab, values["now"])
                    if going:
                        raise UserError(refused)
                return trainings.begin(wished(values)), ""
            except UserError as error:
                return SKIP, line(html.escape(said(error)))

        return started

    inputs = {"kind": kind, "size": size, "pictures": pictures, "rate": rate, "beta": beta, "batch": batch}
    inputs |= {"until": until, "seed": tab.desk.seed, "own": runs.own, **fields}
    tab.on(begin.click, start(GOING_HERE), {**inputs, "now": runs.run}, [runs.run, status])
    tab.on(second.click, start(GOING_BESIDE), {**inputs, "now": runs.beside}, [runs.beside, status])
    show_stage(begin, "train-run")
    show_stage(second, "train-beside")

    def brought(paths: Any) -> tuple[Any, ...]:
        try:
            found = trainings.bring([Path(str(path)) for path in (paths if isinstance(paths, list) else [paths])])
        except UserError as error:
            return SKIP, SKIP, f"<p>{html.escape(said(error))}</p>"
        return found.key, "own", SKIP

    bring.upload(told(brought), [bring], [runs.own, pictures, sheet], **LATEST)

    def sheet_of(own: str) -> str:
        return sheet_html(tab, own) if own else f"<p>{say(HINT)}</p>"

    tab.paint(sheet_of, {"own": runs.own}, [sheet], status=status)
    found.focus(lambda: gr.Dropdown([(name, key) for key, name in trainings.offered().items()]), None, found, **LATEST)
    found.input(None, found, runs.run, js="key => key ?? ''", api_visibility="private")
    return runs


def every_field() -> dict[str, tuple[str, int]]:
    """The settings of all families: name -> words and the most that any takes."""
    found: dict[str, tuple[str, int]] = {}
    for family in FAMILIES.values():
        for name, (words, _, most) in family.fields.items():
            said = say(words)
            before, highest = found.get(name, (said, 0))
            either = say("{one} or {other}", one=before, other=said[0].lower() + said[1:])
            found[name] = before if before == said else either, max(most, highest)
    return found


def going_on(tab: Tab, key: str) -> bool:
    """Whether a training has a process, or waits for one."""
    try:
        return bool(shown_of(tab, key, "")["going"])
    except UserError:
        return False


def shown_of(tab: Tab, key: str, version: str) -> Any:
    """A training for its widget."""
    trainings = tab.runtime.trainings
    looked = trainings.look(key, version)
    film: Film | None = looked.film
    if film is None:
        film = read_film(trainings.film(key))
    return shown(key, looked, film)


def empty() -> str:
    """What stands there before a training, with the way to the shipped films."""
    films = say("; ").join(f'<a href="../train/?run={name}&v=1">{words}</a>' for name, words in say(FILMS).items())
    return say(
        "Press <b>Train</b>: a small network learns here, and eight pictures show what it has learned so far. Or see a "
        "film of a training: {films}.",
        films=films,
    )


def watched(tab: Tab, elem_id: str, empty: str, control: str) -> gr.HTML:
    """The widget of a training, with what it asks of the server."""
    trainings = tab.runtime.trainings

    def answered(act: Callable[..., Any], *kinds: type) -> Callable[[Any], dict[str, Any]]:
        def answer(given: Any) -> dict[str, Any]:
            try:
                parts = given if isinstance(given, list) else [given]
                words = [isinstance(part, dict) for part in parts]
                if words != [kind is dict for kind in kinds]:
                    raise UserError(IMPOSSIBLE)
                return act(*(part if isinstance(part, dict) else str(part)[:200] for part in parts)) or {}
            except Exception as error:
                return {"error": said(error)}

        return answer

    def look(key: str, version: str) -> Any:
        trainings.ready()
        return shown_of(tab, key, version) if key else {}

    def tell(key: str, word: dict[str, Any]) -> None:
        if word.get("do") == "on":
            trainings.go_on(key)
        else:
            trainings.tell(key, word)

    def home(key: str) -> dict[str, str]:
        return packed(trainings.trained(key), trainings.look(key).command)

    functions = {"look": answered(look, str, str), "tell": answered(tell, str, dict), "home": answered(home, str)}
    for name, function in functions.items():
        function.__name__ = name
    live = {"learning_rate": "watch/rate", "batch_size": "watch/batch", "beta": "watch/beta"}
    return training(elem_id, empty, **functions, control=control, live=live)


def packed(card: Path, command: str) -> dict[str, str]:
    """Weights, card, film and the command that makes them again, in one zip file for the browser."""
    name = card.stem
    words = say(README, name=name, command=command)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"easel-{name}.zip"
        with zipfile.ZipFile(path, "w") as made:
            for each in (card, card.with_suffix(".safetensors"), card.with_name(f"{name}.film.npz")):
                if each.exists():
                    made.write(each, each.name)
            made.writestr("README.txt", words)
        return download(path)


def sheet_html(tab: Tab, key: str) -> str:
    """The contact sheet of somebody's own pictures, and what was read."""
    pictures, about = tab.runtime.trainings.sheet(key)
    rows = -(-len(pictures) // COLUMNS)
    whole = np.zeros((rows * COLUMNS, *pictures.shape[1:]), np.uint8)
    whole[: len(pictures)] = pictures
    side = pictures.shape[1]
    grid = whole.reshape(rows, COLUMNS, side, side).swapaxes(1, 2).reshape(rows * side, COLUMNS * side)
    file = io.BytesIO()
    Image.fromarray(grid).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    label = say("{n} of the pictures", n=len(pictures))
    return f'<img class="easel-sheet" src="data:image/png;base64,{data}" alt="{label}"><p>{html.escape(say(about))}</p>'
