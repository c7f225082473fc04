"""Several processes train what one would: the same losses, the same files, and each goes on where the other stopped."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import sets
from core.models.configs import AEVBConfig, GlimpseConfig
from core.nn.noise import Drawn, Whole
from core.training import evaluation
from core.training.__main__ import command, main, parser
from core.training.checkpoints import load_trained, save_checkpoint
from core.training.processes import ProcessError, Processes
from core.training.registry import REGISTRY
from tests.core import small

NAME, PICTURES, BATCH = "vae-mnist", 40, 7
ROOT = Path(__file__).resolve().parents[3]
TINY = ("features=4", "latent=3", "dense=8", "decay_from=1", "warmup=1", "interval=2", "bfloat16=false")


def arguments(folder: Path, *more: str) -> list[str]:
    """A tiny VAE with dropout, on pictures of chance that are made black and white by chance in every batch."""
    settings = [part for each in TINY for part in ("--set", each)]
    data = ["--dataset", f"archive:{folder / 'pictures'}", "--binarise", "sample", "--batch-size", str(BATCH)]
    return [NAME, *data, *settings, "--device", "cpu", *more]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with pictures to train on."""
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for i in range(PICTURES):
        Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(tmp_path / "pictures" / f"{i}.png")
    return tmp_path


def together(count: int, command: list[str], module: str = "core.training") -> list[str]:
    """Run a command line in so many processes, told of each other as ``accelerate launch`` does; what they print."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    there = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    there |= {"PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", module, *command],
            env={**os.environ, **there, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    printed = []
    for each in started:
        found, said = each.communicate(timeout=300)
        assert each.returncode == 0, said
        printed.append(found)
    return printed


def every_line(run: Path) -> list[dict[str, Any]]:
    """The log of a run."""
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def lines(run: Path) -> list[dict[str, Any]]:
    """The lines of a log that tell of steps."""
    return [line for line in every_line(run) if "total" in line]


def test_two_processes_have_the_losses_of_one_and_each_goes_on_from_the_other(folder: Path) -> None:
    main(arguments(folder, "--out", str(folder / "one"), "--steps", "6"))
    main(arguments(folder, "--out", str(folder / "both"), "--steps", "2"))
    together(2, arguments(folder, "--out", str(folder / "both"), "--resume", "--steps", "4"))
    main(arguments(folder, "--out", str(folder / "both"), "--resume", "--steps", "6"))
    one, both = lines(folder / "one"), lines(folder / "both")
    assert [line["step"] for line in both] == [2, 4, 6]
    for a, b in zip(one, both, strict=True):
        for what in ("minimised", "reconstruction", "kl", "validation"):
            assert b[what] == pytest.approx(a[what], abs=1e-4), (a["step"], what)
    begun = [line for line in every_line(folder / "both") if "command" in line]
    assert [each["processes"] for each in begun] == [1, 2, 1], "only the first of them wrote"
    assert sorted(path.name for path in (folder / "both").iterdir()) == sorted(
        path.name for path in (folder / "one").iterdir()
    )


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """Untrained models: a VAE, and a classifier that looks at random places."""
    configs = {"aevb-mnist-2d": AEVBConfig(hidden=8), "glimpse-random-cluttered": CLUTTER}
    for name, config in configs.items():
        spec = replace(REGISTRY[name], config=config)
        card = {"source": "cluttered-strokes" if spec.labelled else "strokes", "labelled": spec.labelled}
        save_checkpoint(name, small.build(config).state_dict(), card, tmp_path, spec)
    return tmp_path


CLUTTER = GlimpseConfig(hidden=8, features=8, steps=2, aim="random")


@pytest.mark.parametrize(
    ("name", "more"),
    [("aevb-mnist-2d", []), ("aevb-mnist-2d", ["--samples", "3"]), ("glimpse-random-cluttered", [])],
    ids=["elbo", "iwae", "classifier"],
)
def test_two_processes_judge_each_picture_once_with_the_noise_of_one(
    name: str, more: list[str], checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 250 pictures are three batches, so that the processes have shares of different sizes
    command = [name, "--checkpoints", str(checkpoints), "--split", "valid", "--limit", "250", "--device", "cpu", *more]
    evaluation.main([*command, "--json"])
    one = json.loads(capsys.readouterr().out)
    first, second = together(2, [*command, "--json", "--update-card"], "core.evaluation")
    assert json.loads(first) == one and not second, "only the first prints"
    (kept,) = json.loads((checkpoints / f"{name}.json").read_text())["metrics"]
    assert kept["nats"] == one["nats"] and one["n"] == 250


def test_a_share_of_a_split_is_judged_as_if_the_others_were_too(checkpoints: Path) -> None:
    spec, model = load_trained("aevb-mnist-2d", checkpoints)
    dataset = sets.load(spec.dataset, "valid").subset(230, 0)
    seen: dict[int, list[int]] = {}
    whole = torch.zeros(230)

    def ask(x: torch.Tensor, noise: Any) -> torch.Tensor:
        return evaluation.nats_per_picture(model, x, noise)

    for rank in range(2):
        share = Processes(torch.device("cpu"), rank, 2)
        for places, x, _, generator in evaluation.batches(dataset, 1, share, torch.device("cpu"), ask):
            seen.setdefault(rank, []).extend(places)
            whole[places.start : places.stop] = ask(x, generator)
    assert sorted(seen[0] + seen[1]) == list(range(230)) and len(seen[0]) == 130
    figure = evaluation.evaluate("aevb-mnist-2d", model, dataset, seed=1)
    assert figure.nats == pytest.approx(float(whole.double().mean()), abs=1e-3)


def test_more_processes_than_batches_are_said_in_a_sentence(checkpoints: Path) -> None:
    spec, model = load_trained("aevb-mnist-2d", checkpoints)
    dataset = sets.load(spec.dataset, "valid").subset(150, 0)
    with pytest.raises(ProcessError, match="150 pictures are 2 batches of 100"):
        evaluation.evaluate("aevb-mnist-2d", model, dataset, processes=Processes(torch.device("cpu"), 0, 3))


@pytest.mark.parametrize("name", small.NAMES)
def test_the_noise_of_the_shares_is_that_of_the_whole_batch(name: str) -> None:
    spec = small.spec(name)
    model = small.build(spec.config).train()
    x = small.pictures(5, model.config)
    labels = (torch.tensor([1, 0, 2, 1, 1]),) if spec.labelled else ()
    whole = model.loss(x, small.generator(3), *labels).minimised
    asked = Whole(lambda noted, *told: model.loss(told[0], noted, *told[1:]), x, *labels)
    parts = []
    for rank in range(2):
        share = Processes(torch.device("cpu"), rank, 2).share(5)
        pieces = asked.pieces(5, small.generator(3), share)
        parts.append(model.loss(x[share], Drawn(pieces), *(each[share] for each in labels)).minimised)
    torch.testing.assert_close(torch.cat(parts), whole, rtol=1e-4, atol=1e-4)


def test_a_batch_is_shared_without_rest_and_as_evenly_as_can_be() -> None:
    shares = [Processes(torch.device("cpu"), rank, 3).share(8) for rank in range(3)]
    assert [list(range(8))[each] for each in shares] == [[0, 1], [2, 3, 4], [5, 6, 7]]


def test_more_processes_than_pictures_in_a_batch_and_accelerate_that_is_missing_are_said_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = arguments(folder, "--out", str(folder / "run"))
    many = Processes(torch.device("cpu"), 0, 9)
    with pytest.raises(Exception, match="A batch of 7 cannot be shared among 9 processes"):
        command(parser().parse_args(told), told, processes=many)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(SystemExit) as caught:
        main(told)
    assert str(caught.value.code) == "Several processes need Accelerate: pip install -r requirements-train.txt."


def test_tensorboard_is_written_where_it_is_installed_and_else_a_sentence_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = arguments(folder, "--out", str(folder / "run"), "--steps", "4", "--tensorboard")
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SystemExit) as caught:
        main(told)
    assert "TensorBoard is not installed" in str(caught.value.code) and not (folder / "run").exists()

    written: list[tuple[str, float, int]] = []

    class Module:
        """In the place of torch's."""

        class SummaryWriter:
            """Notes what it is given."""

            def __init__(self, folder: str, purge_step: int) -> None:
                written.append((Path(folder).name, 0.0, purge_step))

            def add_scalar(self, name: str, value: float, step: int) -> None:
                written.append((name, value, step))

            def close(self) -> None:
                written.append(("closed", 0.0, 0))

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", Module)
    main(told)
    assert written[0] == ("tensorboard", 0.0, 1) and written[-1][0] == "closed"
    kept = [(line["step"], line["validation"]) for line in lines(folder / "run")]
    assert [(step, value) for name, value, step in written if name == "validation"] == kept
