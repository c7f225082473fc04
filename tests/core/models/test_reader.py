"""The reader's probabilities are the product of its softmaxes, and it learns that not everything is a number."""

import math
from dataclasses import replace

import pytest
import torch

from core.models.base import Generate, Reconstruct
from core.models.reader import CELLS, Reader, ReaderConfig, ruined
from tests.core import small

CONFIG = ReaderConfig(height=13, width=12, longest=2, features=(8, 8), dense=12)


def reader(**changes: float) -> Reader:
    model: Reader = small.build(replace(CONFIG, **changes))
    small.shake(model)
    return model


def pictures(count: int = 5) -> torch.Tensor:
    return torch.rand(count, 3, 13, 12, generator=small.generator(3))


def test_a_number_has_the_product_of_the_probabilities_of_its_count_and_of_each_digit() -> None:
    model, x = reader(), pictures()
    with torch.no_grad():
        judged = model.judge(x, small.generator())[0].exp()
        counts, digits = (part.exp() for part in model(x))
    assert judged.shape == (5, 100) and counts.shape == (5, 3) and digits.shape == (5, 2, 10)
    for number in range(100):
        wanted = counts[:, len(str(number))].clone()
        for place, digit in enumerate(str(number)):
            wanted *= digits[:, place, int(digit)]
        torch.testing.assert_close(judged[:, number], wanted)


def test_what_is_missing_to_one_is_no_number_or_one_that_begins_with_zero() -> None:
    model, x = reader(), pictures()
    with torch.no_grad():
        counts, digits = (part.exp() for part in model(x))
        missing = 1 - model.judge(x, small.generator())[0].exp().sum(1)
    torch.testing.assert_close(missing, counts[:, 0] + counts[:, 2] * digits[:, 0, 0])


def test_the_loss_is_minus_the_log_probability_of_the_label_in_training_too_where_nothing_is_ruined() -> None:
    model, x, labels = reader(ruined=0.0), pictures(), torch.tensor([7, 0, 42, 10, 99])
    judged = -model.judge(x, small.generator())[0, torch.arange(5), labels]
    torch.testing.assert_close(model.loss(x, small.generator(), labels).total, judged)
    torch.testing.assert_close(model.train().loss(x, small.generator(), labels).total, judged)


def test_ruined_pictures_have_no_number() -> None:
    model, x, labels = reader(ruined=1.0).train(), pictures(), torch.tensor([7, 0, 42, 10, 99])
    nats = model.loss(x, small.generator(4), labels).total
    generator = small.generator(4)
    torch.rand(5, generator=generator)
    torch.testing.assert_close(nats, -model(ruined(x, generator))[0][:, 0])


@pytest.mark.slow
def test_it_learns_to_read_one_batch_and_not_to_read_what_is_ruined() -> None:
    model, x, labels = reader(ruined=0.3), pictures(), torch.tensor([7, 0, 42, 10, 99])
    optimizer, generator = torch.optim.Adam(model.parameters(), lr=1e-2), small.generator(1)
    model.train()
    for _ in range(250):
        optimizer.zero_grad()
        model.loss(x, generator, labels).total.mean().backward()
        optimizer.step()
    model.eval()
    (step,) = model.steps(Reconstruct(x), generator)
    assert step.scalars["number"].tolist() == labels.tolist() and step.scalars["confidence"].min() > 0.8
    (step,) = model.steps(Reconstruct(ruined(x, generator)), generator)
    assert step.scalars["confidence"].mean() < 0.3


def test_it_cannot_paint() -> None:
    with pytest.raises(TypeError, match="cannot paint"):
        next(reader().steps(Generate(1), small.generator()))


def test_a_ruined_picture_is_washed_out_or_has_its_cells_shuffled() -> None:
    x = torch.rand(60, 3, 13, 12, generator=small.generator(3))
    spoilt = ruined(x, small.generator())
    assert torch.equal(spoilt, ruined(x, small.generator())) and not torch.equal(spoilt, ruined(x, small.generator(1)))
    whole = 13 // CELLS * CELLS
    same = [torch.equal(a.flatten().sort()[0], b.flatten().sort()[0]) for a, b in zip(x, spoilt, strict=True)]
    assert 15 < sum(same) < 45
    for before, after, shuffled in zip(x, spoilt, same, strict=True):
        if shuffled:
            assert torch.equal(before[:, whole:], after[:, whole:]) and not torch.equal(before, after)
            cells = [part[:, :whole].unfold(1, 2, 2).unfold(2, 2, 2) for part in (before, after)]
            found = [{cell.numpy().tobytes() for cell in each.permute(1, 2, 0, 3, 4).flatten(0, 1)} for each in cells]
            assert found[0] == found[1] and len(found[0]) == CELLS**2
        else:
            assert after.std() < 0.8 * before.std()
            assert math.isclose(float(after.mean()), float(before.mean()), abs_tol=0.08)
