"""Easel in the browser: ``python app.py [--host --port --data --share]``."""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from core.runtime import Runtime
from viz.layout import LAUNCH, build_app


def main() -> None:
    """Open the page at once; torch and the weights follow in the background."""
    parser = argparse.ArgumentParser(description="Watch machines draw.")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, help="otherwise the first free one from 7860 on")
    parser.add_argument("--data", help="folder with MNIST, whose test digits then stand among the examples")
    parser.add_argument("--share", action="store_true", help="open a public Gradio link")
    options = parser.parse_args()
    if options.data:
        os.environ["EASEL_DATA"] = options.data
    runtime = Runtime()
    app = build_app(runtime)
    app.queue(default_concurrency_limit=2)
    app.launch(
        server_name=options.host, server_port=options.port, share=options.share, prevent_thread_lock=True, **LAUNCH
    )
    runtime.warm()
    app.block_thread()


if __name__ == "__main__":
    main()
