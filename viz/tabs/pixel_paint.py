"""Paint: pixel models imagine pictures, or complete one that a person has covered in part, alone or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np

from core.errors import UserError
from core.runtime import Runtime
from core.trace import RasterTrace
from viz import figures, frames, painters, pixel_frames
from viz.tabs.common import (
    LATEST,
    SIDE,
    SKIP,
    card,
    chart_in_fold,
    column,
    explanation,
    go_buttons,
    painting_on,
    picked_cell,
    room,
    seed_field,
    status_line,
    stored,
    task_switch,
    verbs,
)
from viz.tabs.subject import Picture, canvas, connect, gallery, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player
from viz.words import counted

COMPLETIONS = "Ways it could go on, the likeliest first"
COMPLETE, IMAGINE = "Complete", "Imagine"
PIXELS, PASSES, RACE, SURPRISE = "Pixel by pixel", "Passes of the sampler", "Sampler race", "What surprises it"
BEFORE, ALL = "What comes before", "All given pixels"
ANY = "any"
FIRST_DIGIT = 3
PARTICLES = 28
"""Of each filter, and one filter gives one picture."""
SIDE_BY_SIDE = 4
"""Most pictures of each painter when several paint: the stage has to hold them all."""

COLD = (
    "{blank} stayed blank. At a low temperature it takes the likelier value at nearly every pixel. At the first pixels "
    "that is paper, and after paper more paper is the likeliest. At temperature 1 it paints as it learned."
)

TEXT = """
A pixel model reads like a page: row by row, left to right. For each pixel it looks only at what is **already there**,
says how likely ink is, and decides by chance. That is all; a digit is 784 such decisions.

**Cover** a part and it goes on from what it can see *before* each pixel. It cannot see pixels below or to the right,
even those you gave. So its drawing may not fit them.

Let it use **all given pixels**. Then for each picture that you see many are painted at once, its *particles*. After
each row those that fit your pixels badly are dropped and the others doubled. So a hole in the middle is filled by what
fits on all sides. The **effective sample size** says how many equally good particles they are worth. A picture that
comes out several times is shown once, with how often.

A low **temperature** takes the likelier value more often. Near 0 that is not the best digit but blank paper.

Choose **several painters**: they get the same dice and the same cover. Fewer nats mean less surprise.
"""

FORMULA = r"""
$$p(x) = \prod_{i=1}^{784} p(x_i \mid x_1, \dots, x_{i-1})$$

Masks see to it that the network's output at pixel $i$ does not depend on $x_i$ or on anything after it, so that one
pass gives all factors of a finished picture: $-\log p(x)$ is exact. Painting with temperature $\tau$ draws
$x_i = [\,u_i < \sigma(\ell_i / \tau)\,]$ with $u_i$ uniform.

Drawing one pixel a pass would take 784 passes. For fixed $u$ the picture is the only solution of these equations; so
each row is guessed as a whole and corrected until nothing changes, about two or three passes a row, and the result is
the same to the pixel. *Passes of the sampler* shows just these passes, *Sampler race* sets the clock.

Using all given pixels: each picture has a filter of its own, whose particles $n$ carry weights
$w_n \leftarrow w_n \prod_j p(x_j \mid \text{before})$ over the given pixels $j$ of a row. They are drawn again,
systematically, when the effective sample size $1 / \sum_n w_n^2$ is below $N/2$.

van den Oord et al. 2016, *Pixel Recurrent Neural Networks* and *Conditional Image Generation with PixelCNN Decoders*;
Theis and Bethge 2015, *Generative Image Modeling Using Spatial LSTMs*.
"""


WHO = "\n\n".join(f"**{painter.title}.** {painter.about}" for painter in painters.BINARY.values())


def half_covered() -> Picture:
    """The picture that stands in the editor at first: its lower half is covered."""
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[SIDE // 2 :] = True
    return Picture(gallery()[FIRST_DIGIT], hidden)


def uncertainty(trace: RasterTrace, cell: int) -> Any:
    """The chart for the selected picture; a selection outlives a change to fewer pictures."""
    return figures.entropy_figure(trace, min(cell, len(trace.image) - 1))


class Task:
    """One press of the button: what is to be painted, by whom, and what of it is shown."""

    def __init__(
        self,
        runtime: Runtime,
        given: Picture | None,
        session: str | None,
        names: Sequence[str],
        view: str,
        heeds: str,
        digit: str,
        count: float,
        temperature: float,
        heat: bool,
        seed: float,
    ) -> None:
        if not names:
            raise UserError("Choose at least one painter.")
        self.studio, self.given, self.view, self.heat = runtime.studio.pixels, given, view, heat
        self.names = [name for name in painters.BINARY if name in names]  # in the papers' order, whatever came first
        self.heeds = heeds == ALL and given is not None
        self.digit = None if digit == ANY else int(digit)
        self.several = len(self.names) > 1 and view == PIXELS
        self.count = min(count, SIDE_BY_SIDE) if self.several else count
        self.temperature, self.seed, self.session = temperature, seed, session
        self.sheets = self.blank = 0  # painted so far, and how many of them have no ink

    @property
    def slow(self) -> bool:
        """Whether it takes too long to be repeated while a brush is moving."""
        return self.heeds or self.view == RACE or len(self.names) > 2

    def result(self, live: bool, picture: Picture) -> tuple[Any, RasterTrace]:
        """The payload for the stage and the trace behind it, that of the first painter."""
        if self.view == SURPRISE:
            judged = {painters.BINARY[name].title: self.studio.judge(name, picture.pixels) for name in self.names}
            return pixel_frames.surprise_payload(judged), next(iter(judged.values()))
        if self.view in (PASSES, RACE):
            return self.computed(self.names[0])
        if self.several:
            traces = {painters.BINARY[name].title: self.painted(name)[0] for name in self.names}
            for trace in traces.values():
                self.count_blank(trace)
            return pixel_frames.compare_payload(traces, autoplay=not live), next(iter(traces.values()))
        return self.alone(live)

    def computed(self, name: str) -> tuple[Any, RasterTrace]:
        """One picture as its sampler, or all of them, came to it."""
        painter, asked = painters.BINARY[name], (name, self.seed, self.temperature, self.given)
        told: dict[str, Any] = {"label": self.label(name), "session": self.session}
        trace, passes = self.studio.passes(*asked, **told)
        self.count_blank(trace)
        if self.view == RACE:
            return pixel_frames.race_payload(self.studio.race(*asked, **told), painter=painter.title), trace
        title = f"{painter.title}, pass by pass"
        return frames.passes_payload(passes, title=title, guessed=painter.guessed), trace

    def alone(self, live: bool) -> tuple[Any, RasterTrace]:
        """One painter's pictures."""
        name = self.names[0]
        title = "What it imagines" if self.given is None else COMPLETIONS
        trace, heeded = self.painted(name)
        self.count_blank(trace)
        if heeded is not None:
            return pixel_frames.heeded_payload(trace, heeded, title=title, autoplay=not live), trace
        heat = True if self.heat else None
        context = painters.BINARY[name].context
        return frames.raster_payload(trace, title=title, heat=heat, context=context, autoplay=not live), trace

    def painted(self, name: str) -> tuple[RasterTrace, pixel_frames.Heeded | None]:
        """What one painter makes of the task, and how the particle filter fared if it was asked."""
        asked = (self.count, self.seed, self.temperature)
        told: dict[str, Any] = {"label": self.label(name), "session": self.session}
        if self.given is None:
            return self.studio.generate(name, *asked, **told), None
        if self.heeds:
            return self.studio.fit(name, self.given, *asked, particles=PARTICLES, repeats=self.several, **told)
        return self.studio.complete(name, self.given, *asked, ranked=not self.several, **told), None

    def count_blank(self, trace: RasterTrace) -> None:
        """Look for sheets without ink."""
        self.sheets += len(trace.image)
        self.blank += int((trace.image == 0).all((1, 2, 3)).sum())

    def word(self) -> str:
        """Why sheets are blank, where a low temperature has left them so."""
        if not self.blank or self.temperature >= 1:
            return ""
        return COLD.format(blank=f"{self.blank} of {counted(self.sheets, 'sheet')}")

    def label(self, name: str) -> int | None:
        """The digit that is asked for, of painters who know what that is."""
        return self.digit if name in painters.CLASSES else None


def waiting(names: Sequence[str], view: str, heeds: str, mode: str) -> str:
    """What is worth saying while it paints: nothing where the picture is there before it is read."""
    if view == RACE:
        return "Racing: this takes two or three seconds. Stop ends it."
    if view == PIXELS and heeds == ALL and mode == COMPLETE:
        return f"Painting {PARTICLES} pictures for each one, to keep what fits: some five seconds for each painter."
    return "Painting…" if view == PIXELS and len(names) > 2 else ""


def shown(mode: str, view: str) -> tuple[gr.Column, gr.Column, gr.Radio]:
    """Editor and subject where a picture is looked at; which pixels it uses where that makes a difference."""
    looked_at = mode == COMPLETE or view == SURPRISE
    return gr.Column(visible=looked_at), gr.Column(visible=looked_at), gr.Radio(visible=view == PIXELS)


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("pixels"), half_covered()
    painted, trace, cell = gr.State(first), gr.State(None), gr.State(0)
    with room("pixels"):
        with column("stage"), card():
            with gr.Row(elem_classes="easel-pair"):
                with gr.Column(min_width=220, elem_classes="easel-editor-box") as editing:
                    board = canvas("pixels", "pixel", start, cover=True)
                with gr.Column(min_width=220):
                    stage = player("pixels-player", "pixel", first)
            status = status_line("pixels")
            verbs("pixels", painted, 30)
            with gr.Accordion("Chart: where it is unsure", open=False, elem_classes="easel-fold") as fold:
                chart = gr.Plot(show_label=False, elem_id="pixels-chart")
        with column("controls"), card("Task"):
            mode = task_switch("pixels", (COMPLETE, IMAGINE))
            names = gr.CheckboxGroup(
                [(painter.title, name) for name, painter in painters.BINARY.items()],
                value=[painters.FIRST],
                label="Painters",
                elem_id="pixels-painters",
                elem_classes="easel-chips",
            )
            with gr.Column(min_width=0) as completing:
                sub = subject("pixels", "pixel", start, board)
                heeds = gr.Radio(
                    [BEFORE, ALL], value=BEFORE, label="Uses", elem_id="pixels-heeds", elem_classes="easel-switch"
                )
            digit = gr.Dropdown(
                [ANY, *map(str, range(10))], value=ANY, label="Digit", elem_id="pixels-digit", visible=False
            )
            count = gr.Slider(1, 16, 9, step=1, label="Pictures", elem_id="pixels-count")
            temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="pixels-temperature")
            heat = gr.Checkbox(False, label="Show its probabilities", elem_id="pixels-heat")
            view = gr.Radio(
                [PIXELS, PASSES, RACE, SURPRISE],
                value=PIXELS,
                label="Show",
                elem_id="pixels-view",
                elem_classes=["easel-switch", "easel-wrap"],
            )
            seed = seed_field("pixels")
            paint = go_buttons("pixels", runtime)
        with column("aside"):
            with card():
                narrator("pixels-narrator", "pixels-player", "pixel")
            explanation(TEXT, FORMULA)
            with card("Who they are"):
                gr.Markdown(WHO, elem_classes="easel-text")

    def answer(picture: Picture, live: bool, mode: str, *asked: Any) -> tuple[Any, ...]:
        task = Task(runtime, picture if mode == COMPLETE else None, None, *asked)
        if live and task.slow:
            return SKIP, SKIP, SKIP
        value, painting = task.result(live, picture)
        return value, value, painting

    def on_paint(request: gr.Request, picture: Picture, mode: str, *asked: Any) -> tuple[Any, ...]:
        task = Task(runtime, picture if mode == COMPLETE else None, request.session_hash, *asked)
        value, painting = task.result(False, picture)
        return value, value, painting, task.word()

    outputs = [stage, painted, trace]
    options = [mode, names, view, heeds, digit, count, temperature, heat, seed]
    asked = [sub.picture, *options]
    connect(sub, answer, options, outputs, status)
    gr.on([mode.change, view.change], shown, [mode, view], [editing, completing, heeds], **LATEST)
    names.change(
        lambda names: gr.Dropdown(visible=any(name in painters.CLASSES for name in names)), names, digit, **LATEST
    )
    changes = [mode.change, names.input, view.change, heeds.change, digit.change, heat.change]
    triggers = [paint.click, *changes, count.release, temperature.release]
    painting_on(triggers, on_paint, asked, outputs, status, waiting, [names, view, heeds, mode])
    stage.pick(picked_cell, outputs=cell, **LATEST)
    chart_in_fold(
        fold, trace, chart, uncertainty, lambda: runtime.studio.pixels.complete(painters.FIRST, start, 9, 1), cell
    )
