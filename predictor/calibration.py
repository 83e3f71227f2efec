"""Calibrated model: the probability of an increase, fitted to the observations.

The guideline is silent where no factor is common and undecided where factors disagree. This model
answers there too, with a probability. It is a logistic regression on three numbers: the sum of
the signs of the dominant paths, the sum of the signs of the other paths, and whether the risk is
one that the defense is meant for. A pair's own observations never take part in its own answer.

It is fitted whenever a knowledge base is first asked, so an overlay's observations count. With a
few dozen observed pairs it can't be more than a rough scale, and it knows nothing of magnitudes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakKeyDictionary

from .guideline import Path, paths_between
from .regression import logistic, ridge

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Calibration", "Features", "calibration", "features", "observed_share"]

_PENALTY: Final = 1.0
"""Ridge penalty on the three weights: the usual unit strength, not tuned."""

_PRIOR: Final = 0.5
"""Weight of each of two imaginary pairs without paths, one of either outcome."""

_VALUE: Final = {"+": 1, "-": -1, "0": 0, "?": 0}

Weights = tuple[float, ...]
Pair = tuple[str, str]


class Features(NamedTuple):
    """What the model looks at.

    Attributes
    ----------
    dominant, other : int
        Sums of path signs: +1 for a path that raises the risk, -1 for one that lowers it.
    intended : int
        1 if the defense is meant for the risk, else 0.
    """

    dominant: int
    other: int
    intended: int


class Case(NamedTuple):
    """Pairs alike in all that the model sees: how many, and the share that increased."""

    features: Features
    increased: float


def features(paths: Iterable[Path], intended: bool) -> Features:
    """Reduce the paths between a defense and a risk to what the model looks at.

    Conditional ones are not among that.
    """
    dominant = other = 0
    for path in paths:
        if path.conditional:
            continue
        if path.dominant:
            dominant += _VALUE[path.effect]
        else:
            other += _VALUE[path.effect]
    return Features(dominant, other, int(intended))


def observed_share(kb: KnowledgeBase, defense: str, risk: str) -> float | None:
    """Return the share of a pair's publications that saw an increase; None if there are none.

    Observations that hold only for one kind of adversary count where there are no others. What was
    measured does not count: it is to be held against the model.
    """
    seen = [
        each
        for each in kb.observed(defense, risk)
        if each.effect in ("increase", "decrease") and not each.measured
    ]
    effects = [each.effect for each in seen if each.when is None] or [each.effect for each in seen]
    return effects.count("increase") / len(effects) if effects else None


class Calibration:
    """The model over one knowledge base.

    Parameters
    ----------
    kb : KnowledgeBase
        Where the observations are.

    Attributes
    ----------
    pairs : int
        For how many pairs of a defense and a risk an effect was published.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self._cases: dict[Pair, Case] = {}
        for pair in dict.fromkeys((seen.defense, seen.risk) for seen in kb.observations.values()):
            share = observed_share(kb, *pair)
            if share is not None:
                defense, risk = kb.defenses[pair[0]], kb.risks[pair[1]]
                intended = risk.id in defense.protects_against
                seen = features(paths_between(kb, defense.id, risk), intended)
                self._cases[pair] = Case(seen, share)
        self.pairs = len(self._cases)
        self._weights: dict[frozenset[tuple[Case, int]], Weights] = {}
        self._answers: dict[tuple[Case | None, Features], float] = {}

    def probability(self, defense: str, risk: str, asked: Features) -> float:
        """Return the probability that the risk increases, from 0 to 1.

        Parameters
        ----------
        defense, risk : str
            Ids of the pair, whose own observations are held out.
        asked : Features
            The pair's features, under whatever is assumed.
        """
        own = self._cases.get((defense, risk))
        answer = self._answers.get((own, asked))
        if answer is None:
            answer = self._answers[own, asked] = self.probability_without([(defense, risk)], asked)
        return answer

    def probability_without(self, held_out: Iterable[Pair], asked: Features) -> float:
        """Return the probability of an increase by a model that saw none of these pairs."""
        bias, *slopes = self.weights(held_out)
        return round(logistic(bias + sum(w * x for w, x in zip(slopes, asked, strict=True))), 4)

    def weights(self, held_out: Iterable[Pair] = ()) -> Weights:
        """Return the intercept and the three weights, in log odds.

        Parameters
        ----------
        held_out : iterable of tuple of str
            Defenses and risks, by their ids, whose observations do not count.
        """
        gone = Counter(self._cases[pair] for pair in held_out if pair in self._cases)
        key = frozenset(gone.items())
        if key not in self._weights:
            self._weights[key] = fit(Counter(self._cases.values()) - gone)
        return self._weights[key]


_MODELS: WeakKeyDictionary[KnowledgeBase, Calibration] = WeakKeyDictionary()


def calibration(kb: KnowledgeBase) -> Calibration:
    """Return the model of a knowledge base, fitted once and kept as long as the base is."""
    model = _MODELS.get(kb)
    if model is None:
        model = _MODELS[kb] = Calibration(kb)
    return model


def fit(counts: Mapping[Case, float]) -> Weights:
    """Fit a ridge-penalized logistic regression.

    Parameters
    ----------
    counts : mapping from Case to number
        How often each case was seen.

    Returns
    -------
    tuple of float
        Intercept (not penalized) and one weight for each feature.
    """
    nothing = Features(0, 0, 0)
    seen = [((1.0, *case.features), case.increased, n) for case, n in counts.items()]
    prior = [((1.0, *nothing), outcome, _PRIOR) for outcome in (1.0, 0.0)]
    return ridge([*seen, *prior], (0.0, _PENALTY, _PENALTY, _PENALTY))
