"""Likelihood: how probable an increase is, by the factors and by what was published for the pair.

**By the factors.** A logistic regression on three numbers: which way the dominant paths point on
balance, which way the others do, and whether the defense is meant for the risk. It is fitted to
all published findings of all other pairs: in each pair every work weighs alike, and *no change*
and *mixed* count half. It has no intercept, so that a pair of which nothing speaks stays at one
half, however many increases were published elsewhere.

**By the pair's own publications.** That probability is taken for as much as `PRIOR_WORKS` works
would say, and the works on the pair are added to it, as in a Beta-binomial model:

    (PRIOR_WORKS * before + sum of weight * outcome) / (PRIOR_WORKS + sum of weight)

An outcome is 1 for an increase, 0 for a decrease and one half otherwise. A work weighs 1, or
`SOFT` if it only conjectures, if the record was inferred, or if it was measured in reference models
on one data set alone, times `OPEN` where it takes a condition that was not stated. Findings under
stated conditions are added after the general ones, and those in the user's own models last: what
was known before counts as `PRIOR_WORKS` works again, so that the more exactly a finding is about
what was asked, the more it weighs.

`predictor.assessment_backtest` tries other weights, with every paper held out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import copysign
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakKeyDictionary

from .calibration import features
from .evidence import RISE, Evidence, Finding, weighed, work_of
from .guideline import Path, paths_between
from .regression import logistic, ridge

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Observation

__all__ = [
    "OPEN",
    "PRIOR_WORKS",
    "SOFT",
    "USUAL",
    "Likelihoods",
    "Weights",
    "increase",
    "likelihoods",
    "no_change",
]

PRIOR_WORKS: Final = 1.0
"""As many works as the factors count for: the most with which a single work still outvotes them."""

OPEN: Final = 0.5
"""Weight of a work that takes a condition which was not stated."""

SOFT: Final = 0.5
"""Weight of a work that only conjectures, of a record that was inferred, or of what was measured in
reference models on one data set alone."""

_PENALTY: Final = (1.0, 1.0, 1.0)
"""Ridge penalty on the three weights: the usual unit strength, not tuned."""

_UNCHANGED: Final = (0.5, 5.0)
"""How often no change is seen before any was: one half in five."""

Pair = tuple[str, str]
Leaning = tuple[int, int, int]


class Weights(NamedTuple):
    """How much counts for what; see `PRIOR_WORKS`, `OPEN` and `SOFT`."""

    prior: float = PRIOR_WORKS
    open: float = OPEN
    soft: float = SOFT


USUAL: Final = Weights()


class Likelihoods:
    """The model over one knowledge base.

    Parameters
    ----------
    kb : KnowledgeBase
        Where the findings are.
    forgetting : str, optional
        Id of a work that is taken never to have appeared: what rests on it alone is left out.

    Attributes
    ----------
    forgetting : str or None
        As given.
    pairs : int
        For how many pairs of a defense and a risk something was published.
    """

    def __init__(self, kb: KnowledgeBase, forgetting: str | None = None) -> None:
        self.forgetting = forgetting
        self._cases: dict[Pair, tuple[Leaning, float]] = {}
        self._still: dict[Pair, tuple[int, int]] = {}
        if forgetting is None:
            self._told = _published(kb)
            self._resting = _resting(self._told)
            changed: Iterable[Pair] = self._told
        else:  # all but a few pairs are as they were
            usual = likelihoods(kb)
            self._told, self._resting = usual._told, usual._resting
            self._cases |= usual._cases
            self._still |= usual._still
            changed = self._resting.get(forgetting, ())
        for pair in changed:
            self._weigh(pair)
        still, works = _UNCHANGED
        for own, of in self._still.values():
            still, works = still + own, works + of
        self._all_still = still, works
        self.pairs = len(self._cases)
        self._groups: dict[Leaning, tuple[float, float]] = {}
        for leaning, share in self._cases.values():
            rise, count = self._groups.get(leaning, (0.0, 0.0))
            self._groups[leaning] = rise + share, count + 1
        self._fitted: dict[tuple[Leaning, float] | None, tuple[float, ...]] = {}

    def _weigh(self, pair: Pair) -> None:
        """Take a pair's own works, but for the forgotten one, into account."""
        told = self._told[pair]
        works = [own for work, own in told.works.items() if work != self.forgetting]
        self._cases.pop(pair, None)
        self._still.pop(pair, None)
        if works:
            shares = [sum(map(RISE.__getitem__, own)) / len(own) for own in works]
            still = sum(set(own) == {"no_change"} for own in works)
            self._still[pair] = still, len(works)
            leaning = _leaning(self.standing(told.paths), told.intended)
            self._cases[pair] = leaning, sum(shares) / len(shares)

    def by_factors(self, defense: str, risk: str, paths: Iterable[Path], intended: bool) -> float:
        """Return the probability of an increase by the factors alone, from 0 to 1.

        Parameters
        ----------
        defense, risk : str
            Ids of the pair, whose own publications are held out.
        paths : iterable of Path
            The defense's own, without those of a context.
        intended : bool
            Whether the defense is meant for the risk.
        """
        weights = self.weights(defense, risk)
        asked = _leaning(paths, intended)
        return logistic(sum(w * x for w, x in zip(weights, asked, strict=True)))

    def unchanged(self, defense: str, risk: str) -> float:
        """Return the share of works that saw no change, over all other pairs."""
        still, works = self._all_still
        own, of = self._still.get((defense, risk), (0, 0))
        return (still - own) / (works - of)

    def standing(self, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        """Return the paths that are left without the forgotten work."""
        if self.forgetting is None:
            return paths
        return tuple(
            path
            for path in paths
            if _stands(path.depends.sources, self.forgetting)
            and (path.moved_by is None or _stands(path.moved_by.sources, self.forgetting))
        )

    def weights(self, defense: str, risk: str) -> tuple[float, ...]:
        """Return the three weights, in log odds, fitted without a pair."""
        own = self._cases.get((defense, risk))
        if own not in self._fitted:
            rows: list[tuple[Leaning, float, float]] = []
            for leaning, (rise, count) in self._groups.items():
                gone = own[1] if own is not None and leaning == own[0] else None
                risen, left = (rise, count) if gone is None else (rise - gone, count - 1)
                if left:
                    rows.append((leaning, min(1.0, max(0.0, risen / left)), left))
            self._fitted[own] = ridge(rows, _PENALTY)
        return self._fitted[own]


_MODELS: WeakKeyDictionary[KnowledgeBase, Likelihoods] = WeakKeyDictionary()


def likelihoods(kb: KnowledgeBase) -> Likelihoods:
    """Return the model of a knowledge base, fitted once and kept as long as the base is."""
    model = _MODELS.get(kb)
    if model is None:
        model = _MODELS[kb] = Likelihoods(kb)
    return model


def increase(before: float, seen: Evidence, weights: Weights = USUAL) -> float:
    """Return the probability of an increase once a pair's own evidence is added.

    Parameters
    ----------
    before : float
        The probability by the factors.
    seen : Evidence
        See `predictor.evidence.evidence`.
    weights : Weights, optional
        How much counts for what.
    """
    seen = weighed(seen)
    before = _updated(before, seen.general, seen.open, weights)
    for tier in (*seen.specific, seen.measured):
        before = _updated(before, tier, (), weights)
    return before


def no_change(before: float, seen: Evidence) -> float:
    """Return the probability of no change, by the same sums; `before` is the share of all works."""
    still = {"increase": 0.0, "decrease": 0.0, "mixed": 0.0, "no_change": 1.0}
    seen = weighed(seen)
    before = _updated(before, seen.general, seen.open, USUAL, still)
    for tier in (*seen.specific, seen.measured):
        before = _updated(before, tier, (), USUAL, still)
    return before


def _updated(
    before: float,
    findings: Iterable[Finding],
    unstated: Iterable[Finding],
    weights: Weights,
    outcome: dict[str, float] | None = None,
) -> float:
    """Add findings to what was known before; each work counts once, by its weightiest finding."""
    counts = RISE if outcome is None else outcome
    by_work: dict[str, list[tuple[float, float]]] = {}
    for found, factor in ((findings, 1.0), (unstated, weights.open)):
        for each in found:
            weight = factor if each.firm else factor * weights.soft
            by_work.setdefault(each.work, []).append((weight, counts[each.effect]))
    rise, total = weights.prior * before, weights.prior
    for own in by_work.values():
        weight = max(each for each, _ in own)
        mean = sum(each * value for each, value in own) / (sum(each for each, _ in own) or 1.0)
        rise += weight * mean
        total += weight
    return rise / total if total else before


def _leaning(paths: Iterable[Path], intended: bool) -> Leaning:
    seen = features(paths, intended)
    return _sign(seen.dominant), _sign(seen.other), seen.intended


def _sign(number: int) -> int:
    return int(copysign(1, number)) if number else 0


def _stands(sources: Iterable[str], forgetting: str) -> bool:
    return any(work_of(source) != forgetting for source in sources)


class _Told(NamedTuple):
    """What was published for a pair, by work, under whichever conditions; and its paths."""

    works: dict[str, list[str]]
    paths: tuple[Path, ...]
    intended: bool


def _published(kb: KnowledgeBase) -> dict[Pair, _Told]:
    """Return what was published for each pair of which something was."""
    found: dict[Pair, dict[str, list[str]]] = {}

    def add(record: Observation, sources: Iterable[str], effect: str) -> None:
        works = found.setdefault((record.defense, record.risk), {})
        for work in {work_of(source): None for source in sources} or {record.id: None}:
            works.setdefault(work, []).append(effect)

    for record in kb.observations.values():
        if record.measured:
            continue
        usual = kb.defenses[record.defense].usual_stage
        if record.stage not in (None, usual):
            continue
        if record.effect in RISE:
            add(record, record.sources, record.effect)
        for exception in record.exceptions:
            add(record, exception.sources, exception.effect)
    return {
        (defense, risk): _Told(
            works,
            paths_between(kb, defense, kb.risks[risk]),
            risk in kb.defenses[defense].protects_against,
        )
        for (defense, risk), works in found.items()
    }


def _resting(told: Mapping[Pair, _Told]) -> dict[str, list[Pair]]:
    """Return, by work, the pairs of which something would be otherwise without it."""
    found: dict[str, list[Pair]] = {}
    for pair, own in told.items():
        works = dict.fromkeys(own.works)
        for path in own.paths:
            for edge in (path.moved_by, path.depends):
                alone = {work_of(source) for source in edge.sources} if edge is not None else ()
                if len(alone) == 1:
                    works |= dict.fromkeys(alone)
        for work in works:
            found.setdefault(work, []).append(pair)
    return found
