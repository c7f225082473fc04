"""The game: which pixels are asked about, by hand, what bets cost, and that the rule was counted."""

from __future__ import annotations

import numpy as np
import pytest

from core.studies import together_guess as game


def test_an_edge_pixel_is_one_whose_known_neighbours_are_not_alike_and_only_the_past_decides() -> None:
    digit = np.zeros((28, 28), bool)
    digit[12, 12] = True
    around = game.known(digit)
    edges = {(int(r), int(c)) for r, c in np.argwhere((around > 0) & (around < 15))}
    assert edges == {(12, 13), (13, 11), (13, 12), (13, 13)}  # to its right, and the three below that see it
    later = digit.copy()
    later[20:, :] = True
    assert (game.known(later)[:20] == around[:20]).all()


def test_a_round_asks_for_sixty_pixels_in_the_order_of_reading_a_short_one_for_every_third() -> None:
    digit = game.drawn(7)
    where = game.places(digit)
    flat = where[:, 0] * 28 + where[:, 1]
    assert 50 <= len(where) <= game.LONG and (np.diff(flat) > 0).all()
    assert {(5, 5), (20, 20)} <= {(int(r), int(c)) for r, c in where}
    short = game.places(digit, game.SHORT)
    assert (short == where[::3]).all() and len(short) <= game.SHORT


def test_a_digit_without_ink_asks_for_the_grid_alone() -> None:
    assert len(game.places(np.zeros((28, 28), bool))) == 16


def test_a_bet_costs_minus_log_two_of_what_it_gave_to_the_truth() -> None:
    costs = game.bits(np.array([0.98, 0.98, 0.5, 0.25]), np.array([True, False, True, True]))
    assert costs == pytest.approx([0.0291, 5.6439, 1.0, 2.0], abs=1e-4)


def test_the_rules_bet_on_what_they_say() -> None:
    digit = np.zeros((28, 28), bool)
    digit[10, 10:13] = True
    bets = game.simple(digit, np.array([[11, 11], [5, 5]]))
    assert bets["A coin"].tolist() == [0.5, 0.5]
    assert bets["Copy the pixel above"] == pytest.approx([0.9, 0.1])
    assert bets["Four neighbours"] == pytest.approx([game.RULE[0b1110], game.RULE[0]])


def test_the_rule_is_the_share_of_ink_after_each_neighbourhood() -> None:
    digits = [game.drawn(number) for number in range(1, 20)]
    rule = game.counted(digits)
    ink = seen = 0
    for digit in digits:  # the neighbourhood of which only the left one is ink, pixel by pixel
        for row in range(1, 28):
            for column in range(1, 27):
                left, above = digit[row, column - 1], digit[row - 1, column - 1 : column + 2]
                if left and not above.any():
                    seen, ink = seen + 1, ink + int(digit[row, column])
    assert rule[1] == pytest.approx((ink + 1) / (seen + 2), abs=0.03)  # but for pixels at the border
