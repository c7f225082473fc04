"""What a person sees of a training in the room *Train*, in a real Chromium against the real app, everything warm.

``python -m benchmarks.learn [--only KIND] [--seconds N] [--out FOLDER] --json``: some four minutes. From the press to
the first picture; after how many seconds the validation of the small models on drawn digits stands where; and the time
of the VAE's slider while one trains, against its time without. ``--out`` keeps the eight pictures of each model, for a
person to see whether they are strokes. ``limits`` are the project's own targets. Needs what ``benchmarks.clicks`` does.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from benchmarks.clicks import opened, slide, times
from benchmarks.machine import machine
from core.studio.runtime import Runtime
from core.studio.trainings import Trainings
from core.training.live import NOW, read_film

KINDS = {"vae2": 15.0, "pixel": 60.0, "draw": 120.0}
"""The small models, and the seconds after which one looks at what they have learned."""
LIMITS = {"first_picture": 2.0, "validation": 0.6, "slider": 1.3}
"""Seconds; validation as a part of its first; the slider's time as a part of its time without a training."""
READY, READING = 20_000, 4_000
"""ms: until the process that is to train has loaded torch, and how long a person reads before the press."""
SCALE = 4
PRESSED = """() => new Promise(done => {
  const run = document.querySelector('#train-run .easel-training'), start = performance.now();
  const before = run.dataset.key;
  const seen = () => {
    const canvas = run.querySelector('.pictures canvas');
    const drawn = run.dataset.key && run.dataset.key !== before && canvas?.getClientRects().length && canvas.width > 1;
    if (drawn) done((performance.now() - start) / 1000);
    else requestAnimationFrame(seen);
  };
  document.querySelector('#train-begin').click();
  seen();
})"""
"""Presses the button and resolves with the seconds until the first of the eight pictures of that training is drawn: the
page may still show the one before."""


def ready(page: Page, home: str, kind: str) -> None:
    """The room at the settings of a small model, its spare process there."""
    page.goto(f"{home}train/?model={kind}&v=1")
    page.wait_for_function("() => window.easelAddress?.settled")
    page.wait_for_timeout(READY if kind == next(iter(KINDS)) else READING)


ENDED = """() => ['stopped', 'finished', 'failed'].includes(
  document.querySelector('#train-run .easel-training').dataset.state)"""


def stop(page: Page) -> None:
    """End the training, so that the next one has the processor."""
    button = page.locator("#train-run [data-do=stop]")
    if button.is_visible():  # a small model may have come to its last step before
        button.click()
    page.wait_for_function(ENDED)


def learned(folder: Path) -> dict[str, Any]:
    """Where the validation of a run stands, of what it was before the first step."""
    film = next((read_film(path) for path in folder.glob("*.film.npz")), None)
    if film is None:
        return {"share": 1.0, "step": 0}  # so busy is the machine that it has not begun
    first, last, steps = float(film["validation"][0]), float(film["validation"][-1]), int(film["steps"][-1])
    checked = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    known = [(line["step"], line["validation"]) for line in checked if line.get("validation") is not None]
    if known and known[-1][0] > steps:
        steps, last = known[-1]
    return {"first": round(first, 2), "last": round(last, 2), "share": round(last / first, 3), "step": steps}


def keep(folder: Path, out: Path, name: str) -> None:
    """The eight pictures as they stand, side by side."""
    now = read_film(folder / NOW)
    assert now is not None
    row = np.concatenate([each[0] for each in now["pictures"]], 1)
    out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.kron(row, np.ones((SCALE, SCALE), np.uint8))).save(out / f"{name}.png")


def trained(page: Page, home: str, kind: str, seconds: float, runs: Path, out: Path | None) -> dict[str, Any]:
    """Train one of the small models for so many seconds after its press."""
    ready(page, home, kind)
    first = float(page.evaluate(PRESSED))
    page.wait_for_timeout(1000 * max(0.0, seconds - first))
    folder = runs / "room" / str(page.locator("#train-run .easel-training").get_attribute("data-key"))
    found = {"first_picture": round(first, 3), "seconds": seconds, **learned(folder)}
    if out is not None:
        keep(folder, out, kind)
    return found


def slider(page: Page, home: str, repeats: int) -> float:
    """The median seconds of the VAE's slider."""
    page.goto(f"{home}vae/?tab=code")
    page.wait_for_selector("#vae-player .easel-player[data-loaded]")
    page.wait_for_timeout(1500)
    return statistics.median(times(page, slide("#vae-code [data-z='1']"), "#vae-player .easel-player", repeats))


def measure(kinds: dict[str, float], repeats: int, out: Path | None) -> dict[str, Any]:
    """All of it; the slider is measured before, and then while the last model trains on."""
    with tempfile.TemporaryDirectory() as folder:
        trainings = Trainings(Path(folder))
        try:
            with opened(Runtime(trainings=trainings)) as page:
                home, models = page.url, {}
                alone = slider(page, home, repeats)
                browser = page.context.browser
                assert browser is not None
                watching = browser.new_page(reduced_motion="reduce")
                for kind, seconds in kinds.items():
                    models[kind] = trained(watching, home, kind, seconds, Path(folder), out)
                    if kind != list(kinds)[-1]:
                        stop(watching)
                beside = slider(page, home, repeats)
        finally:
            trainings.close()
    return {
        "ratio": round(beside / alone, 2),
        "baseline": round(alone, 4),
        "ours": round(beside, 4),
        "models": models,
        "limits": LIMITS,
        "within_limits": {
            "first_picture": all(each["first_picture"] <= LIMITS["first_picture"] for each in models.values()),
            "validation": all(each["share"] <= LIMITS["validation"] for each in models.values()),
            "slider": beside <= LIMITS["slider"] * alone,
        },
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learn", description="Time what one sees of a training.")
    parser.add_argument("--only", choices=KINDS, help="one model; otherwise all three")
    parser.add_argument("--seconds", type=float, help="look after so many; otherwise 15, 60 and 120")
    parser.add_argument("--repeats", type=int, default=9, help="of the slider")
    parser.add_argument("--out", type=Path, help="a folder for the eight pictures of each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    kinds = {kind: options.seconds or KINDS[kind] for kind in ([options.only] if options.only else KINDS)}
    began = time.perf_counter()
    result = {**measure(kinds, options.repeats, options.out), "machine": machine()}
    result["took"] = round(time.perf_counter() - began, 1)
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
