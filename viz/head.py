"""The head of the page as it is served: what a link preview reads, the widgets' scripts, and the theme of last time.

Robots that make link previews run no script, so this must stand in the HTML; Gradio's own template names Gradio there.
"""

from __future__ import annotations

import re
from html import escape

from viz.language import say

TITLE = "Easel: watch machines draw"
DESCRIPTION = (
    "Three kinds of machine paint the same picture, and you see every step: all at once, stroke by stroke, pixel by "
    "pixel. Draw a digit and watch them copy it."
)
PICTURE, WIDTH, HEIGHT = "preview.png", 1200, 630
"""The picture in ``assets/`` that stands for Easel in a link preview, and its size in pixels."""
BESIDE = {
    "elsewhere": "This tab paints another picture.",
    "uncovered": "The cover does not count in this tab.",
}
"""What stands below the page's digit, where the tab asks for it (``frame.css``)."""
PLACE = "easel"
"""Where the page finds that picture: ``ROOT/easel/preview.png``."""

ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect x='3' y='5' width='26' height='20' rx='4' fill='%231c1e24'/>"
    "<circle cx='10' cy='15' r='3.4' fill='%2300b088'/>"
    "<path d='M15 18.5c1-6 3-7 4-3s2 1 3-4' fill='none' stroke='%23e8701a' stroke-width='2.4'/>"
    "<rect x='21.5' y='17' width='4' height='4' fill='%237b7bf0'/></svg>"
)
"""The mark in the browser's tab; in the page itself, since nobody knows what lies at the root of a proxy."""

_OLD = re.compile(r"[ \t]*<(?:meta\s+(?:property=\"og:|name=\"twitter:)|link\s+rel=\"manifest\")[^>]*>\n?")
_THEME = """<script>
(() => { // the theme of last time; an address that names one is stronger
  let theme = null;
  try { theme = localStorage.getItem('easel-theme'); } catch { /* storage is refused: the system's theme */ }
  if (!['dark', 'light'].includes(theme) || new URLSearchParams(location.search).has('__theme')) return;
  document.querySelector('gradio-app').setAttribute('theme_mode', theme);
  document.body.classList.toggle('dark', theme === 'dark');
  document.body.style.background = 'var(--bg' + (theme === 'dark' ? '-dark)' : ')');
})();
</script>
"""


def tags(root: str) -> str:
    """What robots that make link previews read of the page at ``root``, in the language that is spoken here."""
    root = escape(root)
    picture, title, description = f"{root}/{PLACE}/{PICTURE}", escape(say(TITLE)), escape(say(DESCRIPTION))
    named = {
        "og:type": "website",
        "og:site_name": "Easel",
        "og:title": title,
        "og:description": description,
        "og:url": f"{root}/",
        "og:image": picture,
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": escape(say("Easel's first room: one digit, painted in three ways")),
    }
    cards = {
        "twitter:card": "summary_large_image",
        "twitter:title": title,
        "twitter:description": description,
        "twitter:image": picture,
    }
    lines = [f"<title>{title}</title>", f'<meta name="description" content="{description}" />']
    lines += [f'<link rel="icon" href="{ICON}" />']
    lines += [f'<meta property="{name}" content="{content}" />' for name, content in named.items()]
    lines += [f'<meta name="{name}" content="{content}" />' for name, content in cards.items()]
    return "\n".join([*lines, sheet()])


def sheet() -> str:
    """What the style sheet has to say, in the language that is spoken here, as custom properties."""
    said = "".join(f'--easel-{name}: "{escape(say(text))}"; ' for name, text in BESIDE.items())
    return f"<style>:root {{ {said}}}</style>"


def dressed(template: str) -> str:
    """Gradio's page template with Easel's tags, the widgets' code before Gradio's own, and the theme of last time.

    The code is what the template's global ``easel_web(config, request)`` says: a widget whose script is there before
    Gradio mounts it stands at its size at once, and nothing jumps. Gradio's own code comes from the root of the site,
    ``easel_up(request)``, so that all rooms share what a browser has fetched. Raises ``ValueError`` where the template
    is none.
    """
    if "</head>" not in template or "</gradio-app>" not in template:
        raise ValueError("This is no page template of Gradio: it has no head or no <gradio-app>.")
    template = template.replace('lang="en"', 'lang="{{ easel_language(request) }}"', 1)  # a screen reader's voice
    bare = _OLD.sub("", template).replace('"./assets/', '"{{ easel_up(request) }}assets/')
    head, rest = bare.split('<meta charset="utf-8" />', 1)
    module = rest.index('<script type="module"')
    rest = f"{rest[:module]}{{{{ easel_web(config, request) }}}}\n{rest[module:]}"
    at = rest.index("</gradio-app>") + len("</gradio-app>\n")
    return f'{head}<meta charset="utf-8" />\n{{{{ easel_tags(config, request) }}}}{rest[:at]}{_THEME}{rest[at:]}'
