"""Easel in the browser: ``python app.py [--host --port --data --share]``."""

from __future__ import annotations

import argparse
import os
import sys

from core.errors import UserError
from core.runtime import Runtime
from viz.serving.surroundings import Surroundings, surroundings


def main() -> None:
    """Open the page at once; torch and the weights follow in the background."""
    with surroundings() as here:
        options = asked(here)
        from viz.serving.server import serve  # and Gradio, which reads its surroundings when it is imported

        try:
            serve(Runtime(), options.host, options.port, here.root, options.share)
        except UserError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            pass


def asked(here: Surroundings) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Watch machines draw.")
    parser.add_argument("--host", default=here.host, help="0.0.0.0 for all who can reach this machine")
    parser.add_argument("--port", type=int, default=here.port, help="otherwise the first free one from 7860 on")
    parser.add_argument("--data", help="folder with MNIST, whose test digits then stand among the examples")
    parser.add_argument("--share", action="store_true", help="open a public Gradio link")
    options = parser.parse_args()
    if options.data:
        os.environ["EASEL_DATA"] = options.data
    return options


if __name__ == "__main__":
    main()
