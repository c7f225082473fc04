"""The map: the latent space as a plane to walk on, with test digits as dots and the decoder under the hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gradio as gr
import numpy as np

from core.errors import UserError
from core.studies import latents
from viz import errors
from viz.language import say
from viz.player.payload import encode
from viz.tabs.common import LATEST, SKIP, card, column, explanation, room, shown_for, status_line, stored, told, verbs
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture
from viz.tabs.trained import Asked, Painters
from viz.tabs.vae_map_view import (
    AXES,
    DIGIT,
    FIRST,
    FIRST_FRAMES,
    FIRST_PATH,
    HELD,
    LENGTHS,
    MODELS,
    PLANES,
    TILES,
    View,
    board,
    cloud,
    film,
    moves,
    seen,
)
from viz.widgets.latent_cloud.latent_cloud import latent_cloud
from viz.widgets.latent_map.latent_map import latent_map as map_widget
from viz.widgets.player.player import player

TEXT = """
The decoder knows nothing but **a code**. Where a code is two numbers, all that it can ever paint lies on one sheet:
move over the map and watch.

Each **dot** is a test digit, at the mean of its code. Nobody told the encoder which digit is which. Draw a digit: the
**ellipse** is where its code may lie, and it follows the brush.

**Drag** a path to film the walk.
"""
MORE = """
Steps of the film are equally long in the code, not in the picture: between two classes a short step changes much.

**β** weighs the KL in training. With β = 0.1 codes may spread far beyond the prior, with β = 4 they are pressed into
it. **Quantiles** arranges the map so that every picture stands for an equal share of the prior, as in the paper.

Codes of 8 or 20 numbers do not fit on a sheet: you see a plane through them, and dots and ellipse as shadows on it.
"""

FORMULA = r"""
Each dot is the mean $\mu(x)$ of $q(z \mid x) = \mathcal N(\mu, \operatorname{diag} \sigma^2)$, each picture behind
them the decoder's $p(x = 1 \mid z)$.

**Quantiles**: pictures at $z = \Phi^{-1}(u)$ for $u$ evenly in the unit square, with $\Phi$ the cumulative distribution
of the prior $\mathcal N(0, 1)$ (Kingma and Welling 2013, appendix D); a dot stands at $\Phi(\mu)$.

**A plane** is $z = o + a_1 e_1 + a_2 e_2$ with orthonormal $e_1, e_2$ and $o$ orthogonal to both, so that
$a_i = e_i \cdot z$, whose prior is $\mathcal N(0, 1)$, too. Principal: $e_1, e_2$ are the eigenvectors of the dots'
covariance with the largest eigenvalues, and $o$ is their mean's part outside of the plane. The posterior's shadow has
the covariance $E \operatorname{diag}(\sigma^2) E^\top$.

Training maximises $\mathbb E_q[\log p(x \mid z)] - \beta\, \mathrm{KL}\,(q \,\|\, \mathcal N(0, I))$.
"""


def controls(tab: Tab) -> tuple[dict[str, Any], Painters]:
    """The fields of a :class:`View` by their names, and who has a map; planes are for more than two numbers."""

    def chips(name: str, choices: Iterable[tuple[str, str]], label: str) -> Any:
        first = FIRST._asdict()[name]
        radio = gr.Radio(list(choices), value=first, label=label, elem_id=f"map-{name}", elem_classes="easel-chips")
        return tab.control({"tiles": "axes"}.get(name, name), radio)

    def number(name: str, label: str) -> Any:
        first = FIRST._asdict()[name]
        return tab.control(
            name, gr.Dropdown(numbers(most), value=first, label=label, elem_id=f"map-{name}", min_width=80)
        )

    most = max(LENGTHS.values())
    fields = {"model": chips("model", MODELS.items(), say("Code"))}
    with gr.Column(min_width=0, visible=False, elem_id="map-planes") as planes:
        fields["plane"] = chips("plane", PLANES, say("Plane"))
        with gr.Row(visible=False, elem_classes="easel-pair") as axes:
            fields |= {"across": number("across", say("Across")), "along": number("along", say("Along"))}
        fields["held"] = chips("held", HELD, say("Outside of the plane"))
    fields["tiles"] = chips("tiles", TILES, say("Axes"))
    trained = Painters(tab, "map", LENGTHS, fields["model"])
    shown_for(fields["plane"], {AXES: axes})

    def on_model(model: str, run: str, *chosen: str) -> tuple[Any, ...]:
        there = numbers(size_of(trained.asked(run)) if run else LENGTHS[model])
        kept = chosen if set(chosen) <= set(there) else (FIRST.across, FIRST.along)
        return gr.Column(visible=len(there) > 2), *(gr.Dropdown(there, value=value) for value in kept)

    both = [fields["across"], fields["along"]]
    changes = [fields["model"].change, trained.run.change]
    gr.on(changes, told(on_model), [fields["model"], trained.run, *both], [planes, *both], **LATEST)
    return fields, trained


def size_of(asked: Asked) -> int:
    """How many numbers the code of a model has."""
    size: int = asked.studio.vaes.size(asked.name)
    return size


def numbers(d: int) -> list[str]:
    """The numbers of a code as choices."""
    return [f"z{i + 1}" for i in range(d)]


def peek_of(trained: Painters) -> Any:
    """What is decoded at one place, for the widget, which gets a sentence where something is wrong."""

    def peek(request: Any) -> dict[str, str]:
        try:
            if not isinstance(request, list) or len(request) != 2:
                raise UserError("Ask for a model and a code.")
            model, code = request
            studio, name = trained.asked("", model) if model in LENGTHS else trained.asked(str(model))
            return {"picture": encode(studio.map.peek(name, code), np.uint8)}
        except Exception as error:  # it is asked past the queue, where Gradio would say nothing of use
            return {"error": errors.said(error)}

    return peek


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("map-film")
    painted, before = gr.State(first), gr.State(None)
    with room("vae"):
        with column("controls"), card():
            view, trained = controls(tab)
        with column("stage"):
            with card():
                chart = map_widget(
                    "map-chart",
                    stored("map"),
                    peek_of(trained),
                    cloud="map-cloud",
                    player="map-player",
                    tab=tab.key,
                    path=FIRST_PATH,
                )
                path = tab.text("path", chart, FIRST_PATH)
                tab.text("pins", chart, "")
                status = status_line("map")
            with card("Along the path", folds=True):
                stage = player("map-player", "vae", first, panels=1)
                frames = tab.control(
                    "frames", gr.Slider(*latents.FRAMES, FIRST_FRAMES, step=1, label="Frames", elem_id="map-frames")
                )
                verbs("map", painted, 8, by=view["model"])
        with column("aside"):
            with card("What the encoder says"):
                said = latent_cloud("map-cloud", stored("map-cloud"))
            explanation(TEXT, FORMULA, MORE)

    def asked_for(run: str, model: str, **fields: str) -> tuple[Any, View]:
        """Who is asked, for which view of the code."""
        studio, name = trained.asked(run, model)
        return studio, View(model=name, **fields)

    def answer(picture: Picture, before: Any, live: bool, run: str, **fields: str) -> tuple[Any, ...]:
        """The map, where it is another one, and the cloud; what the map shows is kept."""
        studio, view = asked_for(run, **fields)
        now, whose = seen(studio, view, picture.pixels), {"model": run or view.model}
        said = {**cloud(studio, view, now, picture.pixels), **whose}
        of = (*view, picture.pixels.tobytes() if moves(studio, view) else b"", run)
        if live or of == (before or (*FIRST, b"", "")):
            return SKIP, said, SKIP
        return {**board(studio, view, now), **whose}, said, of

    def on_path(picture: Picture, places: str, frames: float, run: str, **fields: str) -> tuple[Any, ...]:
        studio, view = asked_for(run, **fields, tiles=FIRST.tiles)
        value = film(studio, view, seen(studio, view, picture.pixels).plane, places, frames)
        return value, value

    asked = {"picture": tab.desk.digit, **view, "run": trained.run}
    tab.paint(answer, {**asked, "before": before}, [chart, said, before], status=status, live=True)
    walked = {**{name: each for name, each in asked.items() if name != "tiles"}, "places": path, "frames": frames}
    tab.moment("map-player")
    tab.paint(on_path, walked, [stage, painted], when={"picture": (view["held"], DIGIT)})
