"""The benchmarks compare like with like, and the app's samplers are the ones that were measured to be fastest."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from benchmarks import (
    alike,
    draw,
    gpu,
    learn,
    mdlstm,
    plates,
    sampler_defaults,
    sampling,
    together,
    trace,
    training,
    vae,
)
from benchmarks import all as every
from benchmarks.baselines.draw import DrawBaseline
from benchmarks.baselines.masked import MaskedConv2d
from benchmarks.baselines.mdlstm import MDLSTMBaseline
from benchmarks.baselines.pixelcnn import PixelCNNBaseline
from core.models.base import Generate
from core.models.mdlstm import MDLSTM
from core.results import Entry
from core.samplers.brush import Brush, fastest
from core.samplers.canvas import Pass
from core.training.live import packed_film
from core.training.registry import REGISTRY
from tests.core.small import CONFIGS, PIXEL_MODELS, build, pictures, shake

TIMES = {"ratio", "baseline", "ours", "identical", "machine"}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As benchmarks run by default; they set it for their whole process, which here is that of all tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, config in CONFIGS.items():
        monkeypatch.setitem(REGISTRY, name, replace(REGISTRY[name], config=config))


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def loud(name: str) -> Any:
    """A tiny model whose rows need several passes."""
    model = build(CONFIGS[name])
    shake(model, 0.6)
    return model


def race(model: Any, batch: int = 3) -> sampling.Race:
    return sampling.Race(Brush(model), batch, 0, "cpu", iter(range(10**6)).__next__)


# Training


@pytest.mark.parametrize("key", training.ENTRIES)
@pytest.mark.parametrize("width", [6, 4])
def test_a_baseline_is_the_same_function_with_the_same_gradients(key: str, width: int) -> None:
    entry = training.ENTRIES[key]
    config = replace(CONFIGS[entry.name], height=6, width=width)
    ours, theirs = REGISTRY[entry.name].network(config).double(), entry.baseline(config).double()
    shake(ours)
    theirs.take(ours)
    x = pictures(3, config).double()
    torch.testing.assert_close(theirs(x), ours(x)[:, 0], rtol=0, atol=1e-10)

    for logits in (theirs(x), ours(x)[:, 0]):
        F.binary_cross_entropy_with_logits(logits, x, reduction="sum").backward()
    gradient = copy.deepcopy(ours)  # a network whose weights are the gradient of ours, to lay them out as theirs are
    with torch.no_grad():
        for where, parameter in zip(gradient.parameters(), ours.parameters(), strict=True):
            where.copy_(parameter.grad)
    expected = entry.baseline(config).double()
    expected.take(gradient)
    masks = {f"{name}.weight": each.mask for name, each in theirs.named_modules() if isinstance(each, MaskedConv2d)}
    wanted = dict(expected.named_parameters())
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().max() > 1e-4, f"{name} takes no part, so it proves nothing"
        found = parameter.grad * masks.get(name, 1)
        torch.testing.assert_close(found, wanted[name].detach(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("key", training.ENTRIES)
def test_a_baseline_learns_what_ours_learns(key: str, tiny: None) -> None:
    result = training.measure(key, batch=4, layers=1, hidden=2, repeats=3)
    nats, after = result["nats"], result["nats_after"]
    assert isinstance(nats, dict) and isinstance(after, dict)
    assert after["ours"] < nats["ours"] - 0.05, "nothing was learned"
    assert after["ours"] == pytest.approx(after["baseline"], abs=1e-3)
    assert (result["layers"], result["hidden"], result["batch"]) == (1, 2, 4)


def test_training_prints_its_figures(tiny: None, capsys: pytest.CaptureFixture[str]) -> None:
    training.main(["--model", "row-lstm", "--batch", "2", "--repeats", "2", "--json"])
    result = printed(capsys)
    assert result.keys() >= TIMES | {"nats", "target", "within_target", "batch"}
    assert result["ratio"] == pytest.approx(result["baseline"] / result["ours"], rel=0.2)


def test_unequal_networks_are_not_compared(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PixelCNNBaseline, "take", lambda *_: None)
    with pytest.raises(SystemExit, match="nothing to compare"):
        training.main(["--batch", "2", "--repeats", "1"])


@pytest.mark.parametrize("causal", [False, True], ids=["four", "one"])
def test_the_loop_over_cells_is_our_multi_dimensional_lstm(causal: bool) -> None:
    config = replace(CONFIGS["mdlstm-cluttered"], causal=causal, height=6, width=8)
    ours, theirs = MDLSTM(config).double(), MDLSTMBaseline(config).double()
    shake(ours)
    theirs.take(ours)
    x = pictures(3, config).double()
    labels, kinds = torch.tensor([1, 9, 4]), torch.arange(144).view(3, 6, 8) % 3
    losses = ours.loss(x, torch.Generator(), labels, kinds).minimised.mean(), theirs.loss(x, labels, kinds)
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-12, atol=0)
    for loss in losses:
        loss.backward()
    for depth, layer in enumerate(ours.layers):
        for name in ("input_to_state", "state_to_state"):
            for direction, expected in enumerate(getattr(layer, name).grad):
                found = getattr(theirs.layers[depth][direction], name).weight.grad
                torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


def test_the_steps_of_the_multi_dimensional_lstm_are_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = REGISTRY["mdlstm-cluttered"]
    monkeypatch.setitem(
        REGISTRY, "mdlstm-cluttered", replace(entry, config=replace(CONFIGS["mdlstm-cluttered"], height=8))
    )
    mdlstm.main(["--batch", "2", "--repeats", "2", "--json"])
    result = printed(capsys)
    assert result.keys() >= TIMES | {"nats", "target", "within_target", "batch"}
    assert result["nats_after"]["ours"] == pytest.approx(result["nats_after"]["baseline"], abs=1e-3)


@pytest.mark.parametrize("attention", [True, False], ids=["attention", "whole"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_baseline_of_draw_has_the_same_loss_with_the_same_gradients(
    attention: bool, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.Tensor, "float", lambda self: self)  # so that float64 stays float64
    config = replace(CONFIGS["draw-mnist"], attention=attention, channels=channels, width=6)
    ours, theirs = build(config).double(), DrawBaseline(config).double()
    shake(ours, 0.2)
    theirs.take(ours)
    x, noise = pictures(3, config).double(), torch.randn(3, 3, 7, dtype=torch.float64)
    losses = ours.bound(x, noise).total.mean(), theirs(x, noise)
    torch.testing.assert_close(*losses, rtol=1e-7, atol=0)
    for loss in losses:
        loss.backward()
    names = ("initial", "initial_canvas", "encoder.weight_ih", "encoder.weight_hh", "decoder.weight_ih")
    wanted = dict(ours.named_parameters())
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 1e-4, f"{name} takes no part"
        if name in names:
            torch.testing.assert_close(parameter.grad, wanted[name].grad, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("options", [[], ["--no-attention"]], ids=["attention", "whole"])
def test_draw_prints_its_figures(options: list[str], tiny: None, capsys: pytest.CaptureFixture[str]) -> None:
    draw.main(["--steps", "2", "--batch", "3", "--repeats", "2", "--json", *options])
    result = printed(capsys)
    assert result.keys() >= TIMES | {"nats", "target", "within_target"}
    assert (result["steps"], result["batch"], result["attention"]) == (2, 3, not options)
    assert result["compiled"] is False
    assert result["nats"]["ours"] == pytest.approx(result["nats"]["baseline"], rel=1e-5)


@pytest.mark.parametrize("name", alike.BATCHES)
def test_steps_are_compared_in_both_precisions_while_the_losses_agree(
    name: str, tiny: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch, "compile", lambda loss, **_: loss)
    alike.main(["--only", name, "--batch", "4", "--repeats", "4", "--json"])
    result = printed(capsys)
    assert result["ratio"][name].keys() == {"float32", "bfloat16"}
    rounded, exact = (result["models"][name][each]["nats_after"] for each in ("bfloat16", "float32"))
    assert rounded["baseline"] != exact["baseline"] and rounded["ours"] != exact["ours"], "nothing was rounded"
    assert rounded["ours"] == pytest.approx(exact["ours"], rel=2e-2)
    assert f"| {name} | {result['ratio'][name]['float32']} |" in alike.table(result["models"])


def test_what_a_training_has_learned_is_read_from_its_folder(tmp_path: Path) -> None:
    film = {"validation": np.array([200.0, 120.0]), "steps": np.array([0, 10])}
    (tmp_path / "vae.film.npz").write_bytes(packed_film(film))
    (tmp_path / "log.jsonl").write_text('{"started": 1}\n{"step": 50, "validation": 90.0}\n{"step": 60, "total": 1}\n')
    assert learn.learned(tmp_path) == {"first": 200.0, "last": 90.0, "share": 0.45, "step": 50}
    (tmp_path / "log.jsonl").write_text("")
    assert learn.learned(tmp_path) == {"first": 200.0, "last": 120.0, "share": 0.6, "step": 10}
    pictures = np.arange(8 * 9, dtype=np.uint8).reshape(8, 1, 3, 3)
    (tmp_path / "now.npz").write_bytes(packed_film({"pictures": pictures, "steps": np.array(1)}))
    learn.keep(tmp_path, tmp_path / "out", "vae2")
    with Image.open(tmp_path / "out" / "vae2.png") as kept:
        assert kept.size == (8 * 3 * learn.SCALE, 3 * learn.SCALE)


def test_an_unequal_draw_is_not_compared(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrawBaseline, "take", lambda *_: None)
    with pytest.raises(SystemExit, match="nothing to compare"):
        draw.main(["--steps", "2", "--batch", "2", "--repeats", "1"])


def test_an_epoch_of_the_vae_fed_by_a_loader_has_the_same_losses_and_prints_its_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    vae.main(["--pictures", "300", "--repeats", "1", "--threads", "1", "--json"])
    figures = printed(capsys)
    assert TIMES <= figures.keys() and figures["pictures"] == 300
    assert figures["nats"]["ours_float32"] == pytest.approx(figures["nats"]["baseline"], rel=1e-3)
    assert figures["ratio"] == pytest.approx(figures["baseline"] / figures["ours"], rel=0.02)


def test_an_epoch_of_another_loss_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = vae.plain_loss
    monkeypatch.setattr(vae, "plain_loss", lambda *given: 1.1 * plain(*given))
    with pytest.raises(SystemExit, match="nothing to compare"):
        vae.main(["--pictures", "200", "--repeats", "1", "--threads", "1"])


def test_the_benchmark_of_plates_prints_how_many_a_core_draws(capsys: pytest.CaptureFixture[str]) -> None:
    plates.main(["--pictures", "9", "--repeats", "1", "--json"])
    result = printed(capsys)
    assert result.keys() >= TIMES | {"target", "within_target", "faces"} and result["identical"]
    assert set(result["ratio"]) == set(result["ours"]) and min(result["ours"].values()) > 0
    assert result["within_target"] is (min(result["ours"].values()) >= result["target"])


def test_a_trace_prints_what_each_part_of_its_way_takes(capsys: pytest.CaptureFixture[str]) -> None:
    trace.main(["--pictures", "2", "--steps", "18", "--seed", "3", "--repeats", "1", "--no-browser", "--json"])
    result = printed(capsys)
    assert result.keys() >= TIMES | {"target", "within_target"}
    assert result["ours"].keys() == {"model", "payload", "json"} and min(result["ours"].values()) > 0
    assert result["identical"] and (result["pictures"], result["steps"]) == (2, 18)
    pixels = 2 * 18 * 28 * 28 * 4 / 3  # a byte each, four letters for three bytes
    assert pixels < 1e6 * result["megabytes"] < 1.5 * pixels


def test_side_by_side_is_timed_question_by_question_and_answers_the_same_every_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ["vae-mnist", "draw-mnist"]
    together.main(["--painters", *names, "--repeats", "1", "--json"])
    result = printed(capsys)
    assert result.keys() >= TIMES | {"within_limits"} and result["identical"] and result["painters"] == names
    ours = result["ours"]
    assert set(ours) == {"first", "all", "bill"} and set(ours["first"]) == set(together.QUESTIONS)
    assert all(0 < ours["first"][question] < ours["all"][question] for question in together.QUESTIONS)
    assert result["ratio"]["all"] == pytest.approx(max(ours["all"].values()) / together.LIMITS["all"], abs=1e-3)
    assert result["within_limits"] is (max(result["ratio"].values()) <= 1)


def test_answers_with_another_pixel_or_price_are_not_the_same() -> None:
    one = Entry("vae-mnist", np.zeros((1, 2, 2), np.float32), nats=3.0)
    assert together.same([one], [replace(one)]) and together.same(
        [replace(one, nats=np.nan)], [replace(one, nats=np.nan)]
    )
    assert not together.same([one], [replace(one, nats=3.1)])
    assert not together.same([one], [replace(one, pictures=np.ones((1, 2, 2), np.float32))])


# Sampling


@pytest.mark.slow
@pytest.mark.parametrize("name", PIXEL_MODELS)
@pytest.mark.parametrize("visits", [[], ["--naive-values", "5"]], ids=["naive in full", "naive in part"])
def test_sampling_prints_its_figures(
    name: str, visits: list[str], tiny: None, capsys: pytest.CaptureFixture[str]
) -> None:
    sampling.main(["--model", name, "--batch", "2", "--untrained", "--repeats", "1", "--json", *visits])
    result = printed(capsys)
    half = result["half"]
    assert result.keys() >= TIMES | {"passes", "method", "threads", "checked_against", "trained"}
    assert result["identical"] and result["within_margin"] and half["identical"] and half["given_untouched"]
    assert result["baseline_extrapolated"] is bool(visits)
    assert result["passes"] >= 1 and half["passes"] >= 1 and half.keys() >= {"ratio", "whole", "half"}


def test_naive_costs_the_same_in_full_and_in_part() -> None:
    model = build(CONFIGS["pixelcnn-svhn"])
    passes = 0

    def count(*_: object) -> None:
        nonlocal passes
        passes += 1

    model.register_forward_pre_hook(count)
    counted = sampling.Race(Brush(model), 1, 0, "cpu", lambda: float(passes))
    for visits in (None, 1, 4):
        assert counted.naive(counted.canvas(Generate(1)), visits) == 3 * 4 * 4


@pytest.mark.parametrize("visits", [None, 9])
@pytest.mark.parametrize("place", [(0, 0), (2, 3), (7, 7)])
def test_a_sampler_that_paints_one_wrong_pixel_is_caught(
    place: tuple[int, int], visits: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = race(loud("pixelcnn-mnist"))
    row, column = place
    sampler = running.brush.sampler("rows")
    right = sampler.passes

    def wrong(canvas: Any) -> Iterator[Pass]:
        yield from right(canvas)
        canvas.x[1, 0, row, column] = 1 - canvas.x[1, 0, row, column]

    *_, painted = running.paint(Generate(3), "rows")
    assert sampling.against_naive(running, painted, visits)["identical"]
    monkeypatch.setattr(sampler, "passes", wrong)
    *_, painted = running.paint(Generate(3), "rows")
    result = sampling.against_naive(running, painted, visits)
    assert not result["identical"] and not result["within_margin"]


@pytest.mark.parametrize("name", ["pixelcnn-mnist", "pixelcnn-svhn"])
def test_how_far_a_value_is_off_is_measured_in_logits(name: str) -> None:
    """Noise right at the edge and a little beside it: rounding may decide the first, and nothing else the second."""
    running = race(loud(name), 1)
    *_, painted = running.paint(Generate(1), "rows")
    assert sampling.off_by(running.brush, painted) == 0
    painted = replace(painted, x=painted.x.clone(), noise=painted.noise.clone())  # tensors that may be written to
    logits = running.brush.model(painted.x)[0, 0, :, 1, 2].detach()
    value = int((painted.x[0, 0, 1, 2] * (running.brush.config.levels - 1)).round())
    for gap in (0.25, 1e-6):
        if len(logits) == 1:
            painted.noise[0, 0, 0, 1, 2] = (logits[0] + (gap if value else -gap)).sigmoid()
        else:
            painted.noise[0, 0, :, 1, 2] = -logits
            painted.noise[0, 0, value, 1, 2] -= gap
        assert sampling.off_by(running.brush, painted) == pytest.approx(gap, abs=2e-6)


def test_a_method_that_a_model_lacks_is_refused(tiny: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        sampling.main(["--model", "pixelcnn-mnist", "--untrained", "--method", "cells"])
    assert "pixelcnn-mnist paints by naive, rows, waves, whole." in capsys.readouterr().err


def test_missing_weights_are_one_sentence(tmp_path: Path) -> None:
    arguments = ["--model", "row-lstm-mnist", "--checkpoints", str(tmp_path)]
    with pytest.raises(SystemExit, match=r"The card row-lstm-mnist\.json is missing"):
        sampling.main(arguments)
    with pytest.raises(SystemExit, match=r"The card row-lstm-mnist\.json is missing"):
        sampler_defaults.main([*arguments, "--device", "cpu", "--out", str(tmp_path / "s.json")])


# The defaults


def test_every_method_is_measured_and_other_entries_stay(
    tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "samplers.json"
    options = ["--untrained", "--device", "cpu", "--repeats", "1", "--naive-values", "2", "--out", str(file)]
    sampler_defaults.main(["--model", "diagonal-bilstm-mnist", "--batches", "1", "2", *options])
    before = json.loads(file.read_text())["entries"]
    assert [(each["model"], each["batch"]) for each in before] == [
        (n, b) for n in ["diagonal-bilstm-mnist"] for b in (1, 2)
    ]
    assert all(each["relative"].keys() == {"naive", "rows", "cells", "whole"} for each in before)
    assert all(each["relative"][each["fastest"]] == 1 == min(each["relative"].values()) for each in before)
    sampler_defaults.main(["--model", "pixelcnn-svhn", "--batches", "1", *options])
    after = json.loads(file.read_text())
    assert [each for each in after["entries"] if each["model"] == "diagonal-bilstm-mnist"] == before
    assert len(after["entries"]) == 3 and "processor" in after["machines"]["cpu"]
    capsys.readouterr()


MEASURED = json.loads(sampler_defaults.FILE.read_text("utf-8"))["entries"]


@pytest.mark.parametrize("entry", MEASURED, ids=lambda entry: f"{entry['model']}-{entry['device']}-{entry['batch']}")
def test_the_app_takes_the_sampler_that_was_measured_to_be_fastest(entry: dict[str, Any]) -> None:
    chosen = fastest(REGISTRY[entry["model"]].build(), entry["device"], entry["batch"])
    assert entry["relative"][chosen] <= 1.1, entry["relative"]


def test_every_pixel_model_was_measured_on_a_cpu_with_its_trained_weights() -> None:
    measured = {(each["model"], each["batch"]) for each in MEASURED if each["device"] == "cpu" and each["trained"]}
    assert measured >= {(name, batch) for name in sampling.pixel_models() for batch in sampler_defaults.BATCHES}


# All in one go


def test_every_speed_is_measured_by_a_command_that_is_there() -> None:
    for command in every.COMMANDS:
        name, *options = command.split()
        text = (Path(every.__file__).with_name(f"{name}.py")).read_text("utf-8")
        assert '"--json"' in text and all(f'"{option}"' in text for option in options if option.startswith("--"))


@pytest.mark.slow
def test_a_benchmark_that_fails_is_said_to_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(every, "COMMANDS", ("sampling --model nobody", "sampling --device abacus"))
    with pytest.raises(SystemExit) as stop:
        every.main(["--out", str(tmp_path / "lines")])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert stop.value.code == 1 and len(lines) == 2 and all("invalid choice" in line["failed"] for line in lines)
    assert all(line["processor"] for line in lines) and len((tmp_path / "lines").read_text().splitlines()) == 2


# A GPU


def test_without_a_gpu_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match=r"^There is no GPU here, so there is nothing to measure\.$"):
        gpu.main(["--json"])


@pytest.mark.parametrize("name", ["draw-mnist", "gated-pixelcnn-mnist", "vae-mnist-denoising"])
def test_a_step_on_noise_drawn_outside_moves_the_weights_that_it_captures(
    name: str, tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "captured", lambda once: once)
    monkeypatch.setattr(torch, "compile", lambda loss, **_: loss)
    figures = gpu.training(REGISTRY[name], "cpu", 2, iter(range(10**6)).__next__)
    assert figures["eager"] == 1 and figures["compiled_ratio"] == figures["captured_ratio"] == 1
