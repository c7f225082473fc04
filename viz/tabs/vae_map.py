"""The map: the latent space as a plane to walk on, with test digits as dots and the decoder under the hand."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr
import numpy as np

from core.errors import UserError
from core.runtime import Runtime
from viz import errors
from viz.payload import encode
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    column,
    explanation,
    room,
    status_line,
    stored,
    told,
    verbs,
)
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.tabs.vae_map_view import (
    AXES,
    DIGIT,
    EVEN,
    FIRST,
    LENGTHS,
    MEAN,
    MODELS,
    PRINCIPAL,
    QUANTILES,
    View,
    board,
    cloud,
    film,
    seen,
)
from viz.widgets.latent_cloud import latent_cloud
from viz.widgets.latent_map import latent_map as map_widget
from viz.widgets.player import player

FIRST_DIGIT, FIRST_FRAMES = 7, 24
FIRST_PATH = [[-1.2, -1.2], [0.0, 1.2], [1.2, -0.4]]
"""Of codes, in the order of nats."""
TEXT = """
The decoder knows nothing but **a code**. Where a code is two numbers, all that it can ever paint lies on one sheet:
move over the map and watch.

Each **dot** is a digit of the test split, at the mean of its code. Nobody told the encoder which digit is
which. It separated them by itself. Draw a digit: the **ellipse** is where its code may lie, and it follows the brush.

**Drag** a path to film the walk. Steps of the film are equally long in the code, not in the picture: between two
classes a short step changes much.

**β** weighs the KL in training. With β = 0.1 codes may spread far beyond the prior, with β = 4 they are pressed into
it.
**Quantiles** lays the map out so that every picture stands for an equal share of the prior, as in the paper.

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


class Controls(NamedTuple):
    """What a person chooses: the fields of a :class:`View` in its order, and what holds those of longer codes."""

    model: gr.Radio
    plane: gr.Radio
    across: gr.Dropdown
    along: gr.Dropdown
    held: gr.Radio
    tiles: gr.Radio
    planes: gr.Column
    axes: gr.Row

    def choices(self) -> list[Any]:
        """The fields of a view."""
        return list(self[:6])


def controls() -> Controls:
    """The card of the model; planes are for codes of more than two numbers."""
    with card("Model"):
        model = gr.Radio(list(MODELS), value=FIRST.model, label="Code", elem_id="map-model", elem_classes="easel-chips")
        with gr.Column(min_width=0, visible=False, elem_id="map-planes") as planes:
            plane = gr.Radio(
                [PRINCIPAL, AXES],
                value=FIRST.plane,
                label="Plane",
                elem_id="map-plane",
                elem_classes="easel-chips",
            )
            with gr.Row(visible=False, elem_classes="easel-pair") as axes:
                across = gr.Dropdown(numbers(2), value=1, label="Across", elem_id="map-across", min_width=80)
                along = gr.Dropdown(numbers(2), value=2, label="Along", elem_id="map-along", min_width=80)
            held = gr.Radio(
                [MEAN, DIGIT],
                value=FIRST.held,
                label="Outside of the plane",
                elem_id="map-held",
                elem_classes="easel-chips",
            )
        tiles = gr.Radio(
            [EVEN, QUANTILES], value=FIRST.tiles, label="Axes", elem_id="map-tiles", elem_classes="easel-chips"
        )
    return Controls(model, plane, across, along, held, tiles, planes, axes)


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("map-film"), painted_digit(FIRST_DIGIT)
    painted, path = gr.State(first), gr.State((MODELS[FIRST.model], FIRST_PATH))

    def peek(request: Any) -> dict[str, str]:
        """What is decoded at one place: for the widget, which gets a sentence where something is wrong."""
        try:
            if not isinstance(request, list) or len(request) != 2:
                raise UserError("Ask for a model and a code.")
            return {"picture": encode(runtime.studio.map.peek(*request), np.uint8)}
        except Exception as error:  # it is asked past the queue, where Gradio would say nothing of use
            return {"error": errors.said(error)}

    with room("vae"):
        with column("stage"):
            with card("Move over it, click, drag"):
                chart = map_widget("map-chart", stored("map"), peek, cloud="map-cloud", player="map-player")
                status = status_line("map")
            with card("Along the path"):
                stage = player("map-player", "vae", first, panels=1)
                frames = gr.Slider(3, 60, FIRST_FRAMES, step=1, label="Frames", elem_id="map-frames")
                verbs("map", painted, 8)
        with column("controls"):
            fields = controls()
            with card("Your digit"):
                sub = subject("map", "read", start, canvas("map", "read", start))
        with column("aside"):
            with card("What the encoder says"):
                said = latent_cloud("map-cloud", stored("map-cloud"))
            explanation(TEXT, FORMULA)

    choices = fields.choices()

    def answer(picture: Picture, live: bool, *values: Any) -> tuple[Any, ...]:
        view = View(*values)
        now = seen(runtime.studio, view, picture.pixels)
        moved = view.held == DIGIT and LENGTHS[view.model] > 2 and not live  # the plane goes through the digit
        return cloud(runtime.studio, view, now, picture.pixels), board(runtime.studio, view, now) if moved else SKIP

    @told
    def on_view(picture: Picture, *values: Any) -> tuple[Any, ...]:
        view = View(*values)
        now = seen(runtime.studio, view, picture.pixels)
        return board(runtime.studio, view, now), cloud(runtime.studio, view, now, picture.pixels)

    @told
    def on_model(picture: Picture, *values: Any) -> tuple[Any, ...]:
        view = View(*values)._replace(across=1, along=2)
        now = seen(runtime.studio, view, picture.pixels)
        d = LENGTHS[view.model]
        chart, said = board(runtime.studio, view, now), cloud(runtime.studio, view, now, picture.pixels)
        first_two = (gr.Dropdown(numbers(d), value=value) for value in (1, 2))
        return chart, said, *first_two, gr.Column(visible=d > 2)

    @told
    def on_path(event: gr.EventData, frames: float) -> tuple[Any, ...]:
        name, codes = getattr(event, "model", None), getattr(event, "codes", None)
        value = film(runtime.studio, name, codes, frames)
        return value, value, (name, codes)

    @told
    def on_frames(path: tuple[str, Any], frames: float) -> tuple[Any, ...]:
        value = film(runtime.studio, *path, frames)
        return value, value

    connect(sub, answer, choices, [said, chart], status)
    renewed = [chart, said, fields.across, fields.along, fields.planes]
    fields.model.input(on_model, [sub.picture, *choices], renewed, **LATEST)
    fields.plane.change(lambda plane: gr.Row(visible=plane == AXES), fields.plane, fields.axes, **LATEST)
    gr.on(
        [choice.input for choice in choices[1:]],
        on_view,
        [sub.picture, *choices],
        [chart, said],
        **LATEST,
    )
    chart.path(on_path, frames, [stage, painted, path], **LATEST)
    frames.input(on_frames, [path, frames], [stage, painted], **LATEST)


def numbers(d: int) -> list[tuple[str, int]]:
    """The numbers of a code as choices."""
    return [(f"z{i + 1}", i + 1) for i in range(d)]
