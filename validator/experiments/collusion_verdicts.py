"""Verdicts on collusions: whether the second attack is stronger with the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final, Literal, TypedDict, Unpack

from ..results.outcomes import Invalid
from ..results.store import Store, address
from ..run.engine import recipes
from ..settings import settings_of
from ..statistics.draws import between_draws
from ..statistics.intervals import Effect, Outcome, effect, near_threshold, outcome, seeds_to_settle
from ..trials.effectiveness import values, worsening
from .draws import draw_documents, per_unit
from .judgements import interval, judged
from .mechanisms import Claim, MechanismCheck, mechanism_checks
from .plugin_documents import plugin_documents
from .software import software
from .validity import Utility, Void, invalid
from .verdicts import RULES, scale

if TYPE_CHECKING:
    from ..arms.metrics import Metric
    from ..trials.trial import Result
    from . import document_types as shapes
    from .collusions import Collusion

__all__ = [
    "CollusionKnown",
    "CollusionVerdict",
    "FirstEffect",
    "SharedFactor",
    "conclude_collusion",
    "judge_collusion",
]

Expected = Literal["increase", "no_increase"]
Judgement = Literal["confirmed", "refuted", "inconclusive"]

_EXPECTED: Final[Mapping[str, Expected]] = {"amplifies": "increase", "hinders": "no_increase"}
_SHOWS: Final[Mapping[Outcome, Expected]] = {
    "increase": "increase",
    "decrease": "no_increase",
    "no_change": "no_increase",
}


class SharedFactor(TypedDict):
    """A factor that the first attack moves and the second depends on, as predicted.

    Attributes
    ----------
    factor, code, name : str
        Id, code (may be None) and name of the factor.
    first_sign : str
        Which way the first attack moves it: ``+``, ``-``, ``0`` or ``?``.
    second_sign : str
        Which way the second attack goes as the factor rises: the same.
    """

    factor: str
    code: str | None
    name: str
    first_sign: str
    second_sign: str


class CollusionKnown(TypedDict, total=False):
    """What is known of a collusion beforehand, besides the conjecture.

    Attributes
    ----------
    factors : sequence of SharedFactor
        What the prediction says of factors; what is found of them is told, and no part of the
        judgement.
    published : tuple of str
        What was published for this pair; it is told, and no part of the judgement either.
    command : str
        The command line that asks for it, which is told, too.
    """

    factors: Sequence[SharedFactor]
    published: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class FirstEffect:
    """Whether the first attack was effective, in the arm that has it.

    Attributes
    ----------
    metric, name : str
        What says so: in documents, and for people.
    met : bool
        Whether it did.
    in_vain : float
        What the metric is if the attack gets nothing.
    measured : float
        Mean over the seeds.
    needed : str
        What was asked for, in words.
    """

    metric: str
    name: str
    met: bool
    in_vain: float
    measured: float
    needed: str

    def document(self) -> shapes.FirstEffect:
        """Return it ready for JSON."""
        return {
            "metric": self.metric,
            "name": self.name,
            "met": self.met,
            "in_vain": self.in_vain,
            "measured": self.measured,
            "needed": self.needed,
        }


@dataclass(frozen=True)
class CollusionVerdict:
    """A collusion's result.

    Attributes
    ----------
    collusion : Collusion
        What was run.
    conjecture : str
        What the prediction says.
    expected : str or None
        ``increase`` or ``no_increase``; None where the prediction does not settle it.
    published : tuple of str
        What was published or measured before for this pair.
    metric : Metric
        What is judged.
    effect : Effect
        By how much stronger the second attack is with the first, with an interval.
    outcome : str
        ``increase``, ``decrease``, ``no_change`` or ``inconclusive``; or why it is evidence of
        nothing, one of `validator.results.outcomes.INVALID`.
    void : Void or None
        That, with the reason.
    judgement : str
        ``confirmed``, ``refuted`` or ``inconclusive``.
    first : FirstEffect
        Whether the first attack was effective.
    utility : Effect
        Change of the accuracy on test records.
    without, with_first : sequence of Result
        One for each seed, or of several draws the mean of each.
    draws : sequence of Draw
        The differences, by draw and seed.
    address : str
        What it is kept under.
    reasons : tuple of MechanismCheck
        The shared factors, beside what was measured of them.
    command : str
        The command line that asks for it; empty if it was asked for in another way.
    """

    collusion: Collusion
    conjecture: str
    expected: Expected | None
    published: tuple[str, ...]
    metric: Metric
    effect: Effect
    outcome: Outcome | Invalid
    void: Void | None
    judgement: Judgement
    first: FirstEffect
    utility: Effect
    without: Sequence[Result]
    with_first: Sequence[Result]
    draws: Sequence[shapes.Draw]
    address: str
    reasons: tuple[MechanismCheck, ...]
    command: str = ""

    @property
    def seeds_to_settle(self) -> int | None:
        """About how many seeds would give an outcome; None if it has one, or none would."""
        if self.outcome != "inconclusive":
            return None
        return seeds_to_settle(self.effect, self.metric.smallest_effect)

    def document(self) -> shapes.Collusion:
        """Return the verdict, ready for JSON."""
        planned, context = self.collusion, self.collusion.context
        risk = planned.second.risk
        first, second = planned.names
        document: shapes.Collusion = {
            "id": self.address,
            "kind": "collusion",
            "first": first,
            "second": second,
            "conjecture": self.conjecture,
            "expected": self.expected,
            "published": list(self.published),
            "outcome": self.outcome,
            "void": self.void and self.void.reason,
            "verdict": self.judgement,
            "effect": judged(self.metric, self.effect),
            "first_effective": self.first.met,
            "first_effect": self.first.document(),
            "without": values(self.without, risk, self.metric.id),
            "with": values(self.with_first, risk, self.metric.id),
            "seeds": list(planned.seeds),
            "draws": list(self.draws),
            "between_draws": between_draws([each["differences"] for each in self.draws]),
            "near_threshold": near_threshold(self.effect, self.metric.smallest_effect),
            "seeds_to_settle": self.seeds_to_settle,
            "metrics": {
                metric: {
                    "without": values(self.without, risk, metric),
                    "with": values(self.with_first, risk, metric),
                }
                for metric in self.without[0].metrics[risk]
            },
            "first_metrics": {
                metric: values(self.with_first, planned.first.risk, metric)
                for metric in self.with_first[0].metrics[planned.first.risk]
            },
            "utility": {
                "metric": "accuracy",
                "without": [each.accuracy for each in self.without],
                "with": [each.accuracy for each in self.with_first],
                **interval(self.utility),
            },
            "scale": scale(context, self.without),
            "settings": {
                "data": dict(context.data.settings),
                "training": vars(context.schedule),
                "first": settings_of(planned.first),
                "second": settings_of(planned.second),
            },
            "factors": [_shared(each) for each in self.reasons],
            "software": software(),
            "command": self.command,
        }
        if plugins := plugin_documents((planned.first, planned.second)):
            document["plugins"] = plugins
        return document


def judge_collusion(
    planned: Collusion,
    conjecture: str,
    without: Sequence[Result],
    with_first: Sequence[Result],
    **known: Unpack[CollusionKnown],
) -> CollusionVerdict:
    """Compare the arms, seed by seed, or draw by draw if there are several draws of the data.

    Parameters
    ----------
    planned : Collusion
        What was run.
    conjecture : str
        What the prediction says: ``amplifies``, ``hinders``, ``inconclusive`` or ``unnecessary``.
        The first is confirmed by an increase alone, the second by anything but one; the others
        expect nothing.
    without, with_first : sequence of Result
        One for each draw and seed, in their order.
    **known
        What is known beforehand besides.
    """
    published, factors = known.get("published", ()), known.get("factors", ())
    metric = planned.second.judged(provable=False)
    risk = planned.second.risk
    draws = draw_documents(planned, risk, metric, without, with_first)
    without, with_first = per_unit(planned, without), per_unit(planned, with_first)
    found = worsening(risk, metric, without, with_first)
    shown = outcome(found, metric.smallest_effect)
    expected = _EXPECTED.get(conjecture)
    uses = Utility.of(planned.contexts)
    void = invalid(planned.second, metric, shown, without, with_first, uses, expected=expected)
    did = _first_effect(planned, with_first)
    claims = [
        Claim(
            factor=each["factor"],
            code=each["code"],
            name=each["name"],
            defense_sign=each["first_sign"],
            risk_sign=each["second_sign"],
        )
        for each in factors
    ]
    return CollusionVerdict(
        collusion=planned,
        conjecture=conjecture,
        expected=expected,
        published=published,
        metric=metric,
        effect=found,
        outcome=void.outcome if void else shown,
        void=void,
        judgement=_judgement(expected, shown, sound=not void and did.met),
        first=did,
        utility=effect([w.accuracy - o.accuracy for o, w in zip(without, with_first, strict=True)]),
        without=without,
        with_first=with_first,
        draws=draws,
        address=address(
            {
                "rules": RULES,
                "collusion": list(planned.names),
                "conjecture": conjecture,
                "published": list(published),
                "factors": list(factors),
                "trials": recipes(planned),
            }
        ),
        reasons=mechanism_checks(claims, without, with_first, found.differences),
        command=known.get("command", ""),
    )


def conclude_collusion(
    planned: Collusion,
    conjecture: str,
    store: Store,
    results: Sequence[Result],
    **known: Unpack[CollusionKnown],
) -> CollusionVerdict:
    """Judge a collusion and keep that.

    Parameters
    ----------
    planned : Collusion
        What was run.
    conjecture : str
        What the prediction says.
    store : Store
        Where it is kept.
    results : sequence of Result
        Of all its trials, in their order.
    **known
        What is known beforehand besides.
    """
    verdict = judge_collusion(planned, conjecture, results[0::2], results[1::2], **known)
    addresses = [address(each) for each in recipes(planned)]
    store.keep_experiment(verdict.address, verdict.document(), addresses)
    return verdict


def _first_effect(planned: Collusion, with_first: Sequence[Result]) -> FirstEffect:
    first = planned.first
    metric = first.judged(provable=False)
    vain = fmean(first.in_vain(each.data) for each in planned.contexts)
    got = values(with_first, first.risk, metric.id)
    counted = min(each.counted[first.risk][metric.id] for each in with_first)
    gained = effect([metric.worsening(vain, each) for each in got], resolution=1 / max(1, counted))
    return FirstEffect(
        metric.id,
        metric.name,
        outcome(gained, metric.smallest_effect) == "increase",
        vain,
        fmean(got),
        f"better than {vain:.3g}, its value without the attack, by {metric.smallest_effect:g} or"
        " more, with an interval that excludes zero",
    )


def _judgement(expected: Expected | None, shown: Outcome, *, sound: bool) -> Judgement:
    if not sound or shown == "inconclusive" or expected is None:
        return "inconclusive"
    return "confirmed" if _SHOWS[shown] == expected else "refuted"


def _shared(reason: MechanismCheck) -> shapes.SharedFactor:
    """Return a shared factor with what was measured of it, in the words of collusions."""
    found = reason.document()
    return {
        "factor": found["factor"],
        "code": found["code"],
        "name": found["name"],
        "first_sign": found["defense_sign"],
        "second_sign": found["risk_sign"],
        "measure": found["measure"],
        "without": found["baseline"],
        "with": found["defended"],
        "change": found["change"],
        "moved": found["moved"],
        "reason": found["reason"],
        "goes_with_second": found["goes_with_risk"],
    }
