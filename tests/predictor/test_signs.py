"""The laws of the sign algebra, over all signs: there are only four."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import permutations, product

import pytest

from crosscurrent.predictor.signs import SIGNS, Sign, add, multiply

PAIRS = list(product(SIGNS, repeat=2))
TRIPLES = list(product(SIGNS, repeat=3))


@pytest.mark.parametrize("operation", [multiply, add])
def test_both_operations_commute_and_associate(operation: Callable[[Sign, Sign], Sign]) -> None:
    for a, b in PAIRS:
        assert operation(a, b) == operation(b, a)
    for a, b, c in TRIPLES:
        assert operation(operation(a, b), c) == operation(a, operation(b, c))


def test_plus_is_neutral_and_zero_absorbs_along_a_path() -> None:
    for a in SIGNS:
        assert multiply("+", a) == a
        assert multiply("0", a) == "0"


def test_zero_is_neutral_and_unclear_absorbs_across_paths() -> None:
    for a in SIGNS:
        assert add("0", a) == a
        assert add("?", a) == "?"
        assert add(a, a) == a


def test_opposite_signs_leave_it_unclear() -> None:
    assert add("+", "-") == "?"
    assert add("-", "+") == "?"


def test_paths_distribute_over_their_sum() -> None:
    for a, b, c in TRIPLES:
        assert multiply(a, add(b, c)) == add(multiply(a, b), multiply(a, c))


def test_turning_both_steps_round_leaves_a_path_as_it_was() -> None:
    for a, b in PAIRS:
        assert multiply(multiply("-", a), multiply("-", b)) == multiply(a, b)
        assert multiply("-", add(a, b)) == add(multiply("-", a), multiply("-", b))


def test_many_paths_combine_the_same_in_any_order() -> None:
    for signs in TRIPLES:
        assert len({reduce(add, order) for order in permutations(signs)}) == 1


def test_signs_mean_what_numbers_of_that_sign_do() -> None:
    """Whenever the algebra commits itself, every choice of magnitudes agrees."""
    magnitudes = {"+": (1, 3), "-": (-1, -3), "0": (0,), "?": (-3, -1, 0, 1, 3)}

    def sign(number: int) -> Sign:
        return "+" if number > 0 else "-" if number < 0 else "0"

    for a, b in PAIRS:
        products = {sign(x * y) for x, y in product(magnitudes[a], magnitudes[b])}
        sums = {sign(x + y) for x, y in product(magnitudes[a], magnitudes[b])}
        for answer, possible in ((multiply(a, b), products), (add(a, b), sums)):
            assert answer == "?" or possible == {answer}
