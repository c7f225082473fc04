"""Easel in the browser: ``python app.py``; ``--help`` says who may come in and how much is done at once."""

from __future__ import annotations

import sys

from core.errors import UserError
from core.studio.runtime import LENDS, Runtime
from viz.serving.options import asked, rules, trainings
from viz.serving.settled import settling
from viz.serving.surroundings import surroundings


def main() -> None:
    """Open the page at once; torch and the weights follow in the background."""
    with surroundings() as here:
        options = asked(here)
        with settling():
            from viz.serving.server import serve  # and Gradio, which reads its surroundings when it is imported

        try:
            if options.device != "auto":
                from core.console import found_device  # and torch, for which the page does not wait otherwise

                found_device(options.device)
            device = "cpu" if LENDS else options.device  # a process there has a GPU only while one is lent
            if LENDS:
                Runtime.lend()
            runtime = Runtime(device=device, trainings=trainings(options), patience=options.timeout)
            serve(runtime, options.host, options.port, here.root, options.share, rules(options))
        except UserError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
