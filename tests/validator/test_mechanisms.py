"""Claims about factors beside what was measured of them, from made-up results."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from outcomes import document, planned, verdict

from crosscurrent.api.text.measured.verdict import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.experiments.mechanisms import Claim, association, mechanism_checks
from crosscurrent.validator.experiments.verdicts import judge
from crosscurrent.validator.measurements import pair_prior
from crosscurrent.validator.measures import measures
from crosscurrent.validator.trials.trial import Result

PLAIN = Style(colour=False, unicode=True)
MOVES = {
    "increase": (0.20, 0.21, 0.22, 0.21, 0.20),
    "decrease": (-0.20, -0.21, -0.22, -0.21, -0.20),
    "no_change": (0.001, -0.001, 0.001, -0.002, 0.0),
    "inconclusive": (0.3, -0.3, 0.1, -0.1, 0.02),
}
MOVED = {
    "+": ("as_claimed", "against", "not_moved", "inconclusive"),
    "-": ("against", "as_claimed", "not_moved", "inconclusive"),
    "0": ("against", "against", "as_claimed", "inconclusive"),
    "?": ("as_claimed", "as_claimed", "not_moved", "inconclusive"),
}


def claim(factor: str = "tail_length", defense: str = "-", risk: str = "+") -> Claim:
    return Claim(factor=factor, code="D2", name="Tail length", defense_sign=defense, risk_sign=risk)


def results(factors: list[dict[str, float]], why: dict[str, str] | None = None) -> list[Result]:
    return [Result({}, {}, 0.9, 0.9, {}, 0.1, "one", each, why or {}) for each in factors]


def arms(shift: tuple[float, ...]) -> tuple[list[Result], list[Result]]:
    return (
        results([{"tail_length": 0.5}] * len(shift)),
        results([{"tail_length": 0.5 + each} for each in shift]),
    )


@pytest.mark.parametrize("sign", MOVED)
@pytest.mark.parametrize("shows", MOVES)
def test_a_factor_moves_as_claimed_against_it_not_at_all_or_unclearly(
    sign: str, shows: str
) -> None:
    (found,) = mechanism_checks([claim(defense=sign)], *arms(MOVES[shows]), MOVES["increase"])
    assert found.moved == MOVED[sign][list(MOVES).index(shows)]
    told = found.document()
    assert told["change"] is not None
    assert told["change"]["differences"] == pytest.approx(MOVES[shows])
    assert told["change"]["low"] <= told["change"]["estimate"] <= told["change"]["high"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_what_was_not_measured_in_every_trial_is_not_measurable_with_the_reason() -> None:
    before, after = arms(MOVES["increase"])
    for missing, said in (
        ({}, "before factors were"),
        ({"tail_length": "takes more"}, "takes more"),
    ):
        lacking = [*after[:-1], replace(after[-1], factors={}, unmeasured=missing)]
        (found,) = mechanism_checks([claim()], before, lacking, MOVES["increase"])
        assert (found.moved, found.change, found.with_risk) == ("not_measurable", None, None)
        assert said in (found.why_not or "")
        assert found.document()["baseline"] == []
    (unknown,) = mechanism_checks([claim("a_factor_of_my_own")], before, after, MOVES["increase"])
    assert "nothing measures a_factor_of_my_own yet" in (unknown.why_not or "")


def test_seeds_agree_where_risk_and_factor_move_as_the_sign_says() -> None:
    up, mixed = (0.1, 0.2, 0.3, 0.4, 0.5), (0.1, -0.2, 0.3, -0.4, 0.0)
    assert association(up, up, "+").agree == 5
    assert association(up, up, "-").agree == 0
    found = association(up, mixed, "+")
    assert (found.agree, found.seeds) == (2, 4)
    assert association(up, up, "+").chance == pytest.approx(1 / 32)
    assert association(up, up, "-").chance == 1
    assert association(up, up, "?").seeds == 0


def test_five_seeds_have_a_rank_correlation_but_show_nothing_by_it() -> None:
    up = (0.1, 0.2, 0.3, 0.4, 0.5)
    found = association(up, up, "+")
    assert found.rank_correlation == pytest.approx(1)
    assert (found.low, found.high, found.shown) == (None, None, None)
    assert association(up, (0.1,) * 5, "+").rank_correlation is None


@pytest.mark.parametrize(("sign", "shown"), [("+", True), ("-", False), ("?", None)])
def test_many_seeds_show_whether_the_correlation_has_the_claimed_sign(
    sign: str, shown: bool | None
) -> None:
    x = [0.01 * i for i in range(12)]
    y = [each + 0.02 * (-1) ** i for i, each in enumerate(x)]
    found = association(x, y, sign)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < (found.rank_correlation or 0) < found.high < 1
    assert found.shown is shown


def test_a_verdict_lists_every_path_of_the_prediction(papers: KnowledgeBase) -> None:
    told_of = pair_prior(papers, "differential_privacy", "membership_inference")
    setup = planned(papers, "differential_privacy", "membership_inference", "digits", 4)
    plain = verdict(papers, "differential_privacy", reading=1.0)
    measured = dict.fromkeys(measures(), 0.5) | {"tail_length": 0.4}
    before = [replace(each, factors=dict.fromkeys(measures(), 0.5)) for each in plain.baseline]
    after = [replace(each, factors=measured) for each in plain.defended]
    found = judge(setup, "contested", before, after, claims=told_of["claims"])
    told = found.document()
    assert [each["factor"] for each in told["factors"]] == [
        each["factor"] for each in told_of["claims"]
    ]
    by = {each["factor"]: each for each in told["factors"]}
    assert by["tail_length"]["moved"] == "as_claimed"
    assert by["boundary_distance"]["moved"] == "not_moved"
    assert by["tail_length"]["measure"] == measures()["tail_length"].name
    assert found.address != plain.address
    said = " ".join(describe(told, PLAIN).split())
    assert (
        "tail length (D2) decreased as predicted, 0.500 to 0.400;"
        " the risk moved the predicted way in" in said
    )
    assert "boundary distance (O3) did not move (should decrease), 0.500 to 0.500" in said
    assert "all 4 seeds once in 16" in said


def test_results_from_before_factors_were_measured_are_still_judged(kb: KnowledgeBase) -> None:
    told_of = pair_prior(kb, "watermarking", "poisoning")
    plain = verdict(kb, "watermarking", "poisoning", reading=1.0)
    setup = planned(kb, "watermarking", "poisoning", "digits", 4)
    old = [Result(**{k: v for k, v in vars(r).items() if k not in ("factors", "unmeasured")})
           for r in plain.baseline]  # fmt: skip
    told = judge(setup, "increase", old, plain.defended, claims=told_of["claims"]).document()
    assert {each["moved"] for each in told["factors"]} == {"not_measurable"}
    assert "not measurable here: was measured before factors were" in " ".join(
        describe(told, PLAIN).split()
    )


def test_without_claims_nothing_is_said_of_factors(kb: KnowledgeBase) -> None:
    told = document(kb, "placebo", conjecture="no_change", shows="no_change")
    assert told["factors"] == []
    assert "why" not in describe(told, PLAIN)
    assert "claims" not in pair_prior(kb, "placebo", "evasion")
