"""Mechanism checks: whether factors moved as predicted, and the risk with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final, Literal, TypedDict

import numpy as np

from ..measures import Measure, measures
from ..statistics.intervals import LEVEL, Effect, Outcome, effect, outcome

if TYPE_CHECKING:
    from ..trials.trial import Result
    from . import document_types as shapes

__all__ = ["Association", "Claim", "MechanismCheck", "Moved", "association", "mechanism_checks"]

Moved = Literal["as_claimed", "against", "not_moved", "inconclusive", "not_measurable"]

_CORRELATED: Final = 10
"""Seeds from which on a rank correlation has an interval."""
_CLOSEST: Final = 0.999
"""The interval's transform has no value at 1, where all ranks agree."""
_MOVES: Final[Mapping[str, Mapping[Outcome, Moved]]] = {
    "+": {"increase": "as_claimed", "decrease": "against", "no_change": "not_moved"},
    "-": {"increase": "against", "decrease": "as_claimed", "no_change": "not_moved"},
    "0": {"increase": "against", "decrease": "against", "no_change": "as_claimed"},
    "?": {"increase": "as_claimed", "decrease": "as_claimed", "no_change": "not_moved"},
}
"""What an outcome is beside the sign that is claimed; ``?`` claims a move in either direction."""


class Claim(TypedDict):
    """One path of a prediction: what is claimed of a factor, ready for JSON.

    Attributes
    ----------
    factor, code, name : str
        Id, code (may be None) and name of the factor.
    defense_sign : str
        Which way the defense moves it: ``+``, ``-``, ``0`` or ``?``.
    risk_sign : str
        Which way the risk goes as the factor rises: the same.
    """

    factor: str
    code: str | None
    name: str
    defense_sign: str
    risk_sign: str


@dataclass(frozen=True)
class Association:
    """Whether the risk's changes went with a factor's, seed by seed.

    Attributes
    ----------
    agree, seeds : int
        In how many of how many seeds the risk moved as the factor's change and the claimed sign
        make expect; seeds in which either stood still do not count.
    chance : float
        How likely it is that as many or more agree if each were a fair coin's throw.
    rank_correlation : float or None
        Spearman's, of the factor's differences and the risk's; None where it is undefined, as one
        of them is the same in all seeds.
    low, high : float or None
        Its 95 % interval (Bonett and Wright 2000); None below ten seeds, where it would reach over
        most of −1 to 1, or be a point if all ranks agree. Then the counts are all there is to say.
    shown : bool or None
        Whether the correlation has the claimed sign; None where the interval includes zero, there
        is none, or no sign is claimed.
    """

    agree: int
    seeds: int
    chance: float
    rank_correlation: float | None
    low: float | None
    high: float | None
    shown: bool | None

    def document(self) -> shapes.Association:
        """Return it ready for JSON."""
        return {
            "agree": self.agree,
            "seeds": self.seeds,
            "chance": self.chance,
            "rank_correlation": self.rank_correlation,
            "low": self.low,
            "high": self.high,
            "shown": self.shown,
        }


@dataclass(frozen=True)
class MechanismCheck:
    """One path of a prediction beside what was measured of its factor.

    Attributes
    ----------
    claim : Claim
        What was claimed.
    measure : Measure or None
        By what the factor is measured; None if nothing measures it.
    baseline, defended : tuple of float
        One number for each seed; empty where it was not measurable in all trials.
    change : Effect or None
        Defended − baseline, with its interval.
    moved : str
        ``as_claimed``, ``against``, ``not_moved`` (the whole interval is too small to matter),
        ``inconclusive`` or ``not_measurable``.
    why_not : str or None
        Why it is not measurable.
    with_risk : Association or None
        Whether the risk went with it.
    """

    claim: Claim
    measure: Measure | None
    baseline: tuple[float, ...]
    defended: tuple[float, ...]
    change: Effect | None
    moved: Moved
    why_not: str | None
    with_risk: Association | None

    def document(self) -> shapes.MechanismCheck:
        """Return it ready for JSON."""
        return {
            **self.claim,
            "measure": None if self.measure is None else self.measure.name,
            "baseline": list(self.baseline),
            "defended": list(self.defended),
            "change": None if self.change is None else self._change(self.change),
            "moved": self.moved,
            "reason": self.why_not,
            "goes_with_risk": None if self.with_risk is None else self.with_risk.document(),
        }

    def _change(self, found: Effect) -> shapes.Change:
        matters = None if self.measure is None else self.measure.matters(fmean(self.baseline))
        return {
            "estimate": found.estimate,
            "low": found.low,
            "high": found.high,
            "level": LEVEL,
            "differences": list(found.differences),
            "smallest_change": matters,
        }


def mechanism_checks(
    claims: Sequence[Claim],
    baseline: Sequence[Result],
    defended: Sequence[Result],
    worsening: Sequence[float],
) -> tuple[MechanismCheck, ...]:
    """Hold what is claimed of factors against what was measured.

    Parameters
    ----------
    claims : sequence of Claim
        The paths of the prediction.
    baseline, defended : sequence of Result
        One for each seed, in their order.
    worsening : sequence of float
        By how much more susceptible the defended model is, in each seed.
    """
    return tuple(_reason(claim, baseline, defended, worsening) for claim in claims)


def _reason(
    claim: Claim,
    baseline: Sequence[Result],
    defended: Sequence[Result],
    worsening: Sequence[float],
) -> MechanismCheck:
    factor = claim["factor"]
    kind = measures().get(factor)
    if kind is None:
        return _unmeasured(claim, None, f"nothing measures {factor} yet")
    measure = kind()
    for each in (*baseline, *defended):
        if factor not in each.factors:
            said = each.unmeasured.get(factor, "was measured before factors were")
            return _unmeasured(claim, measure, said)
    before, after = (tuple(each.factors[factor] for each in arm) for arm in (baseline, defended))
    change = effect([d - b for b, d in zip(before, after, strict=True)])
    shown = outcome(change, measure.matters(fmean(before)))
    moved = _MOVES[claim["defense_sign"]].get(shown, "inconclusive")
    with_risk = association(change.differences, worsening, claim["risk_sign"])
    return MechanismCheck(claim, measure, before, after, change, moved, None, with_risk)


def _unmeasured(claim: Claim, measure: Measure | None, why_not: str) -> MechanismCheck:
    return MechanismCheck(claim, measure, (), (), None, "not_measurable", why_not, None)


def association(factor: Sequence[float], risk: Sequence[float], sign: str) -> Association:
    """Say whether changes of a risk go with changes of a factor.

    Parameters
    ----------
    factor, risk : sequence of float
        Differences between the arms, one for each seed, two or more.
    sign : str
        Which way the risk is claimed to go as the factor rises. Only ``+`` and ``-`` can be shown.
    """
    from scipy import stats

    x, y = np.asarray(factor, dtype=float), np.asarray(risk, dtype=float)
    claimed = {"+": 1, "-": -1}.get(sign, 0)
    products = np.sign(x) * np.sign(y) * claimed
    agree, seeds = int((products > 0).sum()), int((products != 0).sum())
    chance = float(stats.binom.sf(agree - 1, seeds, 0.5))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Association(agree, seeds, chance, None, None, None, None)
    found = float(stats.spearmanr(x, y).statistic)
    if len(x) < _CORRELATED:
        return Association(agree, seeds, chance, found, None, None, None)
    error = math.sqrt((1 + found * found / 2) / (len(x) - 3))
    reach = float(stats.norm.ppf((1 + LEVEL) / 2)) * error
    middle = math.atanh(max(-_CLOSEST, min(_CLOSEST, found)))
    low, high = math.tanh(middle - reach), math.tanh(middle + reach)
    apart = claimed != 0 and (low > 0 or high < 0)
    return Association(
        agree, seeds, chance, found, low, high, found * claimed > 0 if apart else None
    )
