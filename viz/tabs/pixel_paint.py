"""Paint: pixel models imagine pictures, or complete one that a person has covered in part, alone or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from core.errors import UserError
from core.results import Fitted
from core.trace import RasterTrace
from core.training.registry import FIRST, REGISTRY, shown_in
from viz.language import say
from viz.player import frames
from viz.player.payload import Again
from viz.player.words import counted
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    chart_in_fold,
    column,
    explanation,
    go_buttons,
    picked_cell,
    room,
    status_line,
    stored,
    switch,
    task_switch,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture, usual
from viz.tabs.trained import Asked, Painters
from viz.views import figures, pixel_paint
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

COMPLETIONS = "How it could go on, the likeliest first"
COMPLETE, IMAGINE = "Complete", "Imagine"
PIXELS, PASSES, RACE, SURPRISE = "pixels", "passes", "race", "surprise"
VIEWS = {
    PIXELS: "Pixel by pixel",
    PASSES: "Passes of the sampler",
    RACE: "Sampler race",
    SURPRISE: "What surprises it",
}
BEFORE, ALL = "before", "all"
USES = {BEFORE: "What comes before", ALL: "All given pixels"}
ANY = "any"
PARTICLES = 28
"""Of each filter, and one filter gives one picture."""
WIDE = 5
"""Pictures in a row of one painter's, so that the time line stands below them without scrolling."""
SIDE_BY_SIDE = 4
"""Most pictures of each painter when several paint: the stage has to hold them all."""

COLD = (
    "{blank} stayed blank. At a low temperature it takes the likelier value at nearly every pixel. At the first pixels "
    "that is paper, and after paper more paper is the likeliest. At temperature 1 it paints as it learned."
)

TEXT = """
A pixel model reads like a page: row by row, left to right. For each pixel it looks only at what is **already there**,
says how likely ink is, and decides by chance. That is all; a digit is 784 such decisions.

**Cover** a part and it goes on from what it can see *before* each pixel.
"""

MORE = """
It cannot see pixels below or to the right, even those you gave. So its drawing may not fit them.

Let it use **all given pixels**. Then for each picture that you see many are painted at once, its *particles*. After
each row those that fit your pixels badly are dropped and the others doubled. So a hole in the middle is filled by what
fits on all sides. The **effective sample size** says how many equally good particles they are worth. A picture that
comes out several times is shown once, with how often.

A low **temperature** takes the likelier value more often. Near 0 that is not the best digit but blank paper.

Choose **several painters**: they get the same noise and the same cover. Fewer nats mean less surprise.
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

FIRST_COUNT = 9
"""Pictures at first."""


def who() -> str:
    """Every painter, with a sentence about it."""
    titles = say(shown_in("pixel_paint"))
    return "\n\n".join(f"**{title}.** {say(REGISTRY[name].about)}" for name, title in titles.items())


def uncertainty(trace: RasterTrace, cell: int) -> Any:
    """The chart for the selected picture; a selection outlives a change to fewer pictures."""
    return figures.entropy_figure(trace, min(cell, len(trace.image) - 1))


class Task:
    """One press of the button: what is to be painted, by whom, and what of it is shown.

    What was trained here paints where ``asked`` names it.
    """

    def __init__(
        self,
        asked: Asked,
        given: Picture | None,
        session: str | None,
        names: Sequence[str],
        view: str,
        uses: str,
        digit: str,
        count: float,
        temperature: float,
        heat: bool,
        seed: float,
    ) -> None:
        yours = asked.name
        if not (names or yours):
            raise UserError("Choose at least one painter.")
        self.studio, self.given, self.view, self.heat = asked.studio.pixels, given, view, heat
        self.titles = {name: title for name, title in say(shown_in("pixel_paint")).items() if name in (yours, *names)}
        if yours:
            self.titles[yours] += say(", trained by you")
        self.names = list(self.titles)  # in the papers' order, whatever came first
        self.fits = uses == ALL and given is not None
        self.digit = None if digit == ANY else int(digit)
        self.several = len(self.names) > 1 and view == PIXELS
        self.count = min(count, SIDE_BY_SIDE) if self.several else count
        self.temperature, self.seed, self.session = temperature, seed, session
        self.sheets = self.blank = 0  # painted so far, and how many of them have no ink

    @property
    def slow(self) -> bool:
        """Whether it takes too long to be repeated while a brush is moving."""
        return self.fits or self.view == RACE or len(self.names) > 2

    def result(self, live: bool, picture: Picture) -> tuple[Any, RasterTrace]:
        """The payload for the stage, with the layers of the first painter, and the trace behind it."""
        value, trace = self.shown(live, picture)
        return {**value, "layers": pixel_paint.layers(self.names[0])}, trace

    def shown(self, live: bool, picture: Picture) -> tuple[Any, RasterTrace]:
        """The payload and the first painter's trace."""
        if self.view == SURPRISE:
            judged = {self.titles[name]: self.studio.judge(name, picture.pixels) for name in self.names}
            return pixel_paint.surprise_payload(judged), next(iter(judged.values()))
        if self.view in (PASSES, RACE):
            return self.computed(self.names[0])
        if self.several:
            traces = {self.titles[name]: self.painted(name)[0] for name in self.names}
            for trace in traces.values():
                self.count_blank(trace)
            return pixel_paint.compare_payload(traces, autoplay=not live), next(iter(traces.values()))
        return self.alone(live)

    def computed(self, name: str) -> tuple[Any, RasterTrace]:
        """One picture as its sampler, or all of them, came to it."""
        title, asked = self.titles[name], (name, self.seed, self.temperature, self.given)
        told: dict[str, Any] = {"label": self.label(name), "session": self.session}
        trace, passes = self.studio.passes(*asked, **told)
        self.count_blank(trace)
        if self.view == RACE:
            return pixel_paint.race_payload(self.studio.race(*asked, **told), painter=title), trace
        guessed = REGISTRY[name].sight.guessed
        return frames.passes_payload(passes, title=say("{title}, pass by pass", title=title), guessed=guessed), trace

    def alone(self, live: bool) -> tuple[Any, RasterTrace]:
        """One painter's pictures."""
        name = self.names[0]
        title = say("What it imagines") if self.given is None else say(COMPLETIONS)
        trace, fitted = self.painted(name)
        self.count_blank(trace)
        shown: dict[str, Any] = {"title": title, "autoplay": not live}
        if len(trace.image) > SIDE_BY_SIDE:
            shown["columns"] = WIDE
        if fitted is not None:
            return pixel_paint.fitted_payload(trace, fitted, **shown), trace
        heat = True if self.heat else None
        return frames.raster_payload(trace, heat=heat, context=REGISTRY[name].sight.context, **shown), trace

    def again(self) -> dict[str, Again]:
        """How the pictures come again, where one verb of each painter has painted them: a part of the payload."""
        if self.view != PIXELS:
            return {}
        labels = {name: self.label(name) for name in self.names}
        asked = (self.given, int(self.count), int(self.seed), self.temperature)
        if not (self.several or self.fits):
            return {"again": pixel_paint.again(self.names[0], *asked, labels[self.names[0]])}
        return {"again": pixel_paint.together(labels, *asked, PARTICLES if self.fits else 0)}

    def painted(self, name: str) -> tuple[RasterTrace, Fitted | None]:
        """What one painter makes of the task, and how the particle filter fared if it was asked."""
        asked = (self.count, self.seed, self.temperature)
        told: dict[str, Any] = {"label": self.label(name), "session": self.session}
        if self.given is None:
            return self.studio.generate(name, *asked, **told), None
        if self.fits:
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
        return say(COLD).format(
            blank=say("{blank} of {counted}", blank=self.blank, counted=counted(self.sheets, "sheet"))
        )

    def label(self, name: str) -> int | None:
        """The digit that is asked for, of painters who know what that is."""
        return self.digit if REGISTRY[name].labelled else None


def waiting(names: Sequence[str], view: str, uses: str, mode: str) -> str:
    """What is worth saying while it paints: nothing where the picture is there before it is read."""
    if view == RACE:
        return say("Racing: this takes two or three seconds. Stop ends it.")
    if view == PIXELS and uses == ALL and mode == COMPLETE:
        return say(
            "Painting {particles} pictures for each one, to keep what fits: some five seconds for each painter.",
            particles=PARTICLES,
        )
    return say("Painting…") if view == PIXELS and len(names) > 2 else ""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first = stored("pixels") | {"again": pixel_paint.again(FIRST["pixel"], usual(), FIRST_COUNT, 1, 1, None)}
    painted, trace, cell = gr.State(first), gr.State(None), gr.State(0)
    with room("pixels"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("pixels", (COMPLETE, IMAGINE)))
            view = tab.control("show", switch("Show", titled(VIEWS), "pixels-view", next(iter(VIEWS))))
            names = tab.control("painters", painter_chips())
            uses = tab.control("uses", switch("Uses", titled(USES), "pixels-uses", BEFORE))
            digit = tab.control(
                "class",
                gr.Dropdown(
                    [ANY, *map(str, range(10))], value=ANY, label="Digit", elem_id="pixels-digit", visible=False
                ),
            )
            count = tab.control(
                "pictures", gr.Slider(1, 16, FIRST_COUNT, step=1, label="Pictures", elem_id="pixels-count")
            )
            temperature = tab.control(
                "temperature", gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="pixels-temperature")
            )
            heat = tab.control(
                "probabilities", gr.Checkbox(False, label="Show its probabilities", elem_id="pixels-heat")
            )
            trained = Painters(tab, "pixels", [FIRST["pixel"]])
            paint = go_buttons("pixels", tab.runtime)
        with column("stage"), card():
            stage = player("pixels-player", "pixel", first)
            status = status_line("pixels")
            schematic("pixels", "pixels")
            verbs("pixels", painted, 30, by=names)
            with gr.Accordion("Chart: where it is unsure", open=False, elem_classes="easel-fold") as fold:
                chart = gr.Plot(show_label=False, elem_id="pixels-chart")
        with column("aside"):
            with card():
                narrator("pixels-narrator", "pixels-player", "pixel")
            explanation(TEXT, FORMULA, MORE)
            with card(), gr.Accordion("Who they are", open=False, elem_classes="easel-fold"):
                gr.Markdown(who(), elem_classes="easel-text")

    def answer(picture: Picture, mode: str, live: bool, session: str, run: str, **asked: Any) -> tuple[Any, ...]:
        task = Task(trained.asked(run), picture if mode == COMPLETE else None, session, **asked)
        if live and task.slow:
            return SKIP, SKIP, SKIP, ""
        value, painting = task.result(live, picture)
        if not run:
            value |= task.again()
        return value, value, painting, task.word()

    given = {"mode": mode, "names": names, "view": view, "uses": uses}
    asked = {**given, "picture": tab.desk.digit, "digit": digit, "count": count, "temperature": temperature}
    asked |= {"heat": heat, "seed": tab.desk.seed, "run": trained.run}
    tab.covers()
    again(paint, tab.paint(answer, asked, [stage, painted, trace], status=status, wait=waiting, live=True))
    gr.on(
        [mode.change, view.change, names.change],
        lambda mode, view, names: (
            gr.Radio(visible=mode == COMPLETE and view == PIXELS),
            gr.Dropdown(visible=any(REGISTRY[name].labelled for name in names)),
        ),
        [mode, view, names],
        [uses, digit],
        **LATEST,
    )
    stage.pick(picked_cell, outputs=cell, **LATEST)
    chart_in_fold(
        fold, trace, chart, uncertainty, lambda: tab.runtime.studio.pixels.complete(FIRST["pixel"], usual(), 9, 1), cell
    )


def painter_chips() -> gr.CheckboxGroup:
    """All painters of digits, of whom several may be chosen."""
    return gr.CheckboxGroup(
        [(title, name) for name, title in say(shown_in("pixel_paint")).items()],
        value=[FIRST["pixel"]],
        label="Painters",
        elem_id="pixels-painters",
        elem_classes="easel-chips",
    )


def titled(choices: dict[str, str]) -> list[tuple[str, str]]:
    """Titles by what stands in the address, as a choice takes them."""
    return [(title, value) for value, title in choices.items()]
