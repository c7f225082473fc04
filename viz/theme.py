"""The look: Gradio's theme and the CSS variables that every widget draws with. Tokens: one colour, one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

LIGHT = {
    "paper": "#faf8f4",
    "card": "#ffffff",
    "well": "#f3efe7",
    "line": "#e4dfd5",
    "edge": "#8b857a",
    "ink": "#1c1e24",
    "muted": "#5c606b",
    "stage": "#101216",
    "read": "#2b8cc4",
    "write": "#d55e00",
    "vae": "#009e73",
    "pixel": "#5b5bd6",
    "glimpse": "#b0448f",
}
TEXT = {"read": "#1f6fa3", "write": "#b54a00", "vae": "#00795a", "pixel": "#5151cf", "glimpse": "#a03a80"}
"""The families' colours as words and as ground of white words, in light: 4.5 to 1 and more on paper, card and tint. In
dark the marks themselves hold that."""
DARK = {
    "paper": "#131519",
    "card": "#1b1e24",
    "well": "#252931",
    "line": "#2f343e",
    "edge": "#767c89",
    "ink": "#ece9e2",
    "muted": "#a4a8b3",
    "stage": "#08090b",
    "read": "#56b4e9",
    "write": "#f08a3c",
    "vae": "#2ec4a0",
    "pixel": "#9a9af5",
    "glimpse": "#dd86c1",
}


def _variables(tokens: dict[str, str]) -> str:
    return " ".join(f"--easel-{name}: {value};" for name, value in tokens.items())


SHEETS = ("theme.css", "lens.css", "filterbank.css", "glimpse.css", "cost.css", "together.css")


def tokens() -> str:
    """The variables, for light and for dark, and each family's own where ``data-room`` or a word's class names it."""
    light = LIGHT | {f"{name}-text": value for name, value in TEXT.items()}
    dark = DARK | {f"{name}-text": DARK[name] for name in TEXT}
    families = [("plain", "muted", "muted"), *((name, name, f"{name}-text") for name in TEXT)]
    return "\n".join(
        [
            f":root {{ {_variables(light)} }}\n.dark {{ {_variables(dark)} }}",
            *(
                f"[data-room={name}] {{ --room: var(--easel-{mark}); --room-text: var(--easel-{text}); }}\n"
                f":is(b, span, th, h2, h3).{name} {{ color: var(--easel-{text}) !important; }}"
                for name, mark, text in families
            ),
        ]
    )


def css() -> str:
    """The style sheet: tokens for light and dark, the frame, and below it ``theme.css`` and those of single tabs.

    It is served as a file of its own, not by Gradio, which would send it with every page and rewrite a part of its
    selectors. What stands below the frame is stronger than Gradio's own rules.
    """
    here = Path(__file__)
    frame, *rules = (here.with_name(name).read_text(encoding="utf-8") for name in ("frame.css", *SHEETS))
    nested = "\n".join(rules)
    return f"{tokens()}\n{frame}\n.gradio-container.gradio-container {{\n{nested}\n}}\n"


def theme() -> gr.themes.Base:
    """Gradio's own controls in the same tokens; system fonts only, so that nothing is fetched from outside."""
    import gradio as gr  # here, since who takes the colours alone need not wait for it

    fonts = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Helvetica Neue", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    base = gr.themes.Base(font=fonts, font_mono=mono, radius_size="lg", text_size="md", spacing_size="md")
    return base.set(
        body_background_fill="var(--easel-paper)",
        body_background_fill_dark="var(--easel-paper)",
        body_text_color="var(--easel-ink)",
        body_text_color_dark="var(--easel-ink)",
        body_text_color_subdued="var(--easel-muted)",
        body_text_color_subdued_dark="var(--easel-muted)",
        background_fill_primary="var(--easel-card)",
        background_fill_primary_dark="var(--easel-card)",
        background_fill_secondary="var(--easel-paper)",
        background_fill_secondary_dark="var(--easel-paper)",
        border_color_primary="var(--easel-line)",
        border_color_primary_dark="var(--easel-line)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_padding="0px",
        block_label_text_color="var(--easel-muted)",
        block_label_text_color_dark="var(--easel-muted)",
        block_title_text_color="var(--easel-muted)",
        block_title_text_color_dark="var(--easel-muted)",
        block_title_text_weight="500",
        block_shadow="none",
        block_shadow_dark="none",
        input_background_fill="var(--easel-card)",
        input_background_fill_dark="var(--easel-card)",
        input_border_color="var(--easel-line)",
        input_border_color_dark="var(--easel-line)",
        slider_color="var(--accent)",
        slider_color_dark="var(--accent)",
        button_secondary_background_fill="var(--easel-card)",
        button_secondary_background_fill_dark="var(--easel-card)",
        button_secondary_border_color="var(--easel-line)",
        button_secondary_border_color_dark="var(--easel-line)",
        button_secondary_text_color="var(--easel-ink)",
        button_secondary_text_color_dark="var(--easel-ink)",
        button_border_width="1px",
        button_primary_background_fill="var(--accent)",
        button_primary_background_fill_dark="var(--accent)",
        button_primary_border_color="var(--accent)",
        button_primary_border_color_dark="var(--accent)",
        button_primary_text_color="var(--on-accent)",
        button_primary_text_color_dark="var(--on-accent)",
        button_large_radius="10px",
        button_small_radius="10px",
    )
