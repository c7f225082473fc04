"""The search never looks at hidden pixels nor explains the known ones worse than its start; f is in the likelihood."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.data import sets
from core.models.aevb import AEVBConfig
from core.studies import vae_restore
from core.studies.vae_restore import Damaged, covered, flipped
from tests.core import small

CONFIG = AEVBConfig(height=6, width=5, hidden=12, latent=3)
HIDDEN = torch.arange(6)[:, None].expand(6, 5) >= 3


@pytest.fixture(scope="module")
def model() -> Any:
    """An autoencoder that has learned a little, so that there is something to climb."""
    made = small.build(CONFIG)
    small.overfit(made, small.ink(6, CONFIG), 150, 2e-2)
    return made.eval()


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.35, 0.5])
def test_the_likelihood_with_flips_is_the_sum_over_all_ways_in_which_pixels_may_have_been_flipped(rate: float) -> None:
    logits = torch.tensor([[[[0.7, -1.2], [2.0, 0.1]]]], dtype=torch.float64)
    seen = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    known = torch.tensor([[[[True, True], [True, False]]]])
    p = logits.sigmoid()[0, 0].flatten().tolist()
    total = 0.0
    for picture in itertools.product((0, 1), repeat=4):  # every picture that may lie below
        chance = math.prod(q if ink else 1 - q for q, ink in zip(p, picture, strict=True))
        for ink, saw, there in zip(picture, seen.flatten().tolist(), known.flatten().tolist(), strict=True):
            chance *= 1 if not there else 1 - rate if ink == saw else rate
        total += chance
    assert float(Damaged(seen, known, rate).nats(logits)[0]) == pytest.approx(-math.log(total), rel=1e-5)


def test_flips_hit_the_share_that_is_asked_for_and_a_cover_keeps_nothing_of_what_it_hides() -> None:
    x = small.ink(40, CONFIG)
    noisy = flipped(x, 0.2, small.generator())
    assert float((noisy.seen != x).float().mean()) == pytest.approx(0.2, abs=0.03) and noisy.known.all()
    hidden = covered(x, HIDDEN)
    assert not hidden.seen[:, :, 3:].any() and torch.equal(hidden.seen[:, :, :3], x[:, :, :3])
    shown = hidden.as_shown(0.5)
    assert (shown[:, :, 3:] == 0.5).all() and torch.equal(shown[:, :, :3], x[:, :, :3])


def damages(x: Tensor) -> list[Damaged]:
    return [covered(x, HIDDEN), flipped(x, 0.2, small.generator(2)), flipped(x, 0.0, small.generator(2))]


def test_no_restart_ends_with_a_worse_likelihood_of_what_is_known_or_a_worse_objective(model: Any) -> None:
    for damaged in damages(small.ink(4, CONFIG, seed=9)):
        starts = torch.cat([vae_restore.starts(model, damaged, 2, small.generator()), torch.full((1, 4, 3), 4.0)])
        found = vae_restore.search(model, damaged, starts, steps=25, every=1)
        assert found.codes.shape == (26, 5, 4, 3) and torch.equal(found.codes[0], starts)
        assert (found.nats <= found.nats[0]).all()
        assert (found.objective[1:] <= found.objective[:-1]).all()
        assert (found.objective[-1] < found.objective[0] - 0.5).any(), "it climbs"


def test_a_point_that_is_likelier_but_explains_the_known_pixels_worse_is_not_kept() -> None:
    class Paper(torch.nn.Module):
        """Paints better the farther out the code lies, but far too little to pay for it."""

        def logits(self, z: Tensor) -> Tensor:
            return (1e-3 * z.sum(1))[:, None, None, None].expand(-1, 1, 2, 2)

    damaged = Damaged(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2, dtype=torch.bool))
    start = torch.full((1, 1, 2), 3.0)
    found = vae_restore.search(Paper(), damaged, start, steps=20)
    assert torch.equal(found.codes[-1], start), "|z| could only shrink by painting worse"


def test_what_the_search_reports_is_what_its_codes_are_worth(model: Any) -> None:
    damaged = covered(small.ink(2, CONFIG), HIDDEN)
    found = vae_restore.search(model, damaged, torch.randn(3, 2, 3, generator=small.generator()), steps=8, every=3)
    assert len(found.codes) == 4, "steps 0, 3, 6 and 8"
    with torch.no_grad():
        p = model.decode(found.codes.flatten(0, 2)).view(4, 3, 2, 6, 5).double().numpy()
    np.testing.assert_allclose(found.logits.sigmoid()[:, :, :, 0].numpy(), p, atol=1e-5)
    known, seen = damaged.known[:, 0].numpy(), damaged.seen[:, 0].numpy()
    nats = -(np.log(np.where(seen > 0, p, 1 - p)) * known).sum((-1, -2))
    np.testing.assert_allclose(found.nats.numpy(), nats, rtol=1e-4)
    length = (found.codes.double().numpy() ** 2).sum(-1) / 2
    np.testing.assert_allclose(found.objective.numpy(), nats + length, rtol=1e-4)


def test_every_restart_and_every_picture_climbs_by_itself(model: Any) -> None:
    x = small.ink(3, CONFIG, seed=5)
    starts = torch.randn(2, 3, 3, generator=small.generator(7))
    together = vae_restore.search(model, covered(x, HIDDEN), starts, steps=10)
    alone = vae_restore.search(model, covered(x[1:2], HIDDEN), starts[1:, 1:2], steps=10)
    torch.testing.assert_close(together.codes[-1][1:, 1:2], alone.codes[-1], atol=1e-4, rtol=1e-3)


def test_what_lies_below_the_cover_changes_nothing_in_any_answer(model: Any) -> None:
    x = small.ink(2, CONFIG)
    other = torch.where(HIDDEN, 1 - x, x)
    results = []
    for picture in (x, other):
        damaged = covered(picture, HIDDEN)
        starts = vae_restore.starts(model, damaged, 2, small.generator(1))
        found = vae_restore.search(model, damaged, starts, steps=6)
        mean, draws = vae_restore.encoded(model, damaged, 0.5, 3, small.generator(1))
        results.append((found.codes, found.objective, mean, draws))
    for one, same in zip(*results, strict=True):
        assert torch.equal(one, same)


def test_the_best_restart_is_that_of_the_least_objective(model: Any) -> None:
    damaged = covered(small.ink(3, CONFIG), HIDDEN)
    found = vae_restore.search(model, damaged, torch.randn(4, 3, 3, generator=small.generator()), steps=5)
    winners = found.objective[-1].argmin(0).tolist()
    for b, winner in enumerate(winners):
        assert torch.equal(vae_restore.best(found)[b], found.logits[-1, winner, b])


def test_the_chance_of_the_true_pixels_is_the_mean_over_codes_and_sums_to_one_over_all_pictures() -> None:
    logits = torch.randn(3, 1, 1, 2, 2, generator=small.generator(3))
    where = torch.tensor([[True, True], [False, True]])
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)))
    pictures = torch.zeros(8, 1, 2, 2)
    pictures[:, 0, where] = every
    nats = [float(vae_restore.predictive(logits, picture[None], where)[0]) for picture in pictures]
    assert sum(math.exp(-value) for value in nats) == pytest.approx(1, abs=1e-6)
    p = logits.sigmoid()[:, 0, 0][:, where].double().numpy()
    for picture, value in zip(every.numpy(), nats, strict=True):
        chances = [math.prod(q if ink else 1 - q for q, ink in zip(row, picture, strict=True)) for row in p]
        assert value == pytest.approx(-math.log(np.mean(chances)), rel=1e-5)


def test_wrong_pixels_are_counted_in_the_region_alone() -> None:
    x = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    painted = torch.tensor([[[[False, False], [True, True]]]])
    assert vae_restore.wrong(painted, x, torch.tensor([[[[True, True], [False, True]]]])) == pytest.approx(200 / 3)


@pytest.mark.slow
def test_the_command_prints_a_table_of_every_damage_and_the_same_one_for_the_same_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.core import digit_vaes

    monkeypatch.setattr(vae_restore, "load_checkpoint", lambda name, folder: digit_vaes.model(name))
    monkeypatch.setattr(vae_restore, "STEPS", 2)
    monkeypatch.setattr(sets, "load", lambda name, split, root: sets.DATA_SETS["strokes"].read(split, root))
    outputs = []
    for _ in range(2):
        vae_restore.main(["--limit", "3", "--json"])
        outputs.append(capsys.readouterr().out)
    found = json.loads(outputs[0])
    assert outputs[0] == outputs[1] and [row["damage"] for row in found["rows"]] == list(vae_restore.DAMAGES)
    assert [row["pixelcnn"] is None for row in found["rows"]] == [True, True, False]
    assert found["rows"][0]["nothing"] == pytest.approx(10, abs=3)
    vae_restore.main(["--limit", "2"])
    assert "lower half covered" in capsys.readouterr().out


def test_a_folder_without_data_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="binarized-mnist"):
        vae_restore.main(["--data", str(tmp_path)])
