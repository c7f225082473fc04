"""The head of the page as it is served: what a link preview reads, the widgets' scripts, and the theme of last time.

Robots that make link previews run no script, so this must stand in the HTML; Gradio's own template names Gradio there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

TITLE = "Easel: watch machines draw"
DESCRIPTION = (
    "Three kinds of machine paint the same picture, and you see every step: all at once, stroke by stroke, pixel by "
    "pixel. Draw a digit and watch them copy it."
)
PICTURE, WIDTH, HEIGHT = "preview.png", 1200, 630
"""The picture in ``assets/`` that stands for Easel in a link preview, and its size in pixels."""
PLACE = "easel"
"""Where the page finds that picture: ``ROOT/easel/preview.png``."""

_OLD = re.compile(r"[ \t]*<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>\n?")
_ROOT = "{{ (config.get('root') or '').rstrip('/') }}"
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

TOGGLE_THEME = """() => {
  const dark = document.body.classList.toggle('dark');
  try { localStorage.setItem('easel-theme', dark ? 'dark' : 'light'); } catch { /* refused or full: for now only */ }
}"""
"""The theme button's script."""


def _tags() -> str:
    picture = f"{_ROOT}/{PLACE}/{PICTURE}"
    named = {
        "og:type": "website",
        "og:site_name": "Easel",
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:url": f"{_ROOT}/",
        "og:image": picture,
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": "Easel's first room: one digit, painted in three ways",
    }
    cards = {
        "twitter:card": "summary_large_image",
        "twitter:title": TITLE,
        "twitter:description": DESCRIPTION,
        "twitter:image": picture,
    }
    lines = [f"<title>{TITLE}</title>", f'<meta name="description" content="{DESCRIPTION}" />']
    lines += [f'<meta property="{name}" content="{content}" />' for name, content in named.items()]
    lines += [f'<meta name="{name}" content="{content}" />' for name, content in cards.items()]
    return "\n".join(lines)


def dressed(template: str, scripts: Iterable[str] = ()) -> str:
    """Gradio's page template with Easel's tags, ``scripts`` (HTML) before Gradio's own, and the theme of last time.

    A widget whose script is there before Gradio mounts it stands at its size at once, and nothing jumps. Raises
    ``ValueError`` where the template is none.
    """
    if "</head>" not in template or "</gradio-app>" not in template:
        raise ValueError("This is no page template of Gradio: it has no head or no <gradio-app>.")
    bare = _OLD.sub("", template)
    head, rest = bare.split('<meta charset="utf-8" />', 1)
    module = rest.index('<script type="module"')
    early = "".join(f"{script}\n" for script in scripts)
    rest = f"{rest[:module]}{early}{rest[module:]}"
    at = rest.index("</gradio-app>") + len("</gradio-app>\n")
    return f'{head}<meta charset="utf-8" />\n{_tags()}{rest[:at]}{_THEME}{rest[at:]}'
