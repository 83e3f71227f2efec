"""Collusions: whether a second attack is stronger with what a first one did or got, measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, Unpack

from knowledge.errors import InputError

from .attacks import Attack, attacks
from .effectiveness import values, worsening
from .experiments import DEFAULT_DATASET, DEFAULT_SEEDS, ground
from .knobs import configured, settings_of
from .reasons import Claim, Reason, reasons
from .settings import grouped
from .statistics import Effect, Outcome, effect, outcome, seeds_to_settle
from .store import Store, address
from .trials import Trial
from .verdicts import interval, scale

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

    from .metrics import Metric
    from .trials import Bench, Result

__all__ = [
    "COLLUSION_GROUPS",
    "Collusion",
    "CollusionKnown",
    "CollusionVerdict",
    "FirstEffect",
    "SharedFactor",
    "collusion",
    "conclude_collusion",
    "judge_collusion",
    "measurable",
]

COLLUSION_GROUPS: Final = ("training", "data", "first", "second")
"""What settings are of."""

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


@dataclass(frozen=True, eq=False)
class Collusion:
    """A second attack without and with the first, on one data set, under several seeds.

    Attributes
    ----------
    bench : Bench
        Data, model, training and device.
    first, second : Attack
        What is mounted.
    names : tuple of str
        Ids of the two attacks, as in the knowledge base.
    seeds : tuple of int
        Each gives one trial of either arm.
    """

    bench: Bench
    first: Attack
    second: Attack
    names: tuple[str, str]
    seeds: tuple[int, ...]

    def trials(self) -> list[Trial]:
        """Return all trials, the two arms of a seed side by side: without the first, then with."""
        return [
            Trial(None, (self.second,), seed, first)
            for seed in self.seeds
            for first in (None, self.first)
        ]

    def work(self, trials: Sequence[Trial]) -> int:
        """Return about how many models × updates trials take."""
        return self.bench.work(trials)


@dataclass(frozen=True)
class FirstEffect:
    """Whether the first attack did its own work, in the arm that has it.

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
        ``increase``, ``decrease``, ``no_change`` or ``inconclusive``.
    judgement : str
        ``confirmed``, ``refuted`` or ``inconclusive``.
    first : FirstEffect
        Whether the first attack did its own work.
    utility : Effect
        Change of the accuracy on test records.
    without, with_first : sequence of Result
        One for each seed.
    address : str
        What it is kept under.
    reasons : tuple of Reason
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
    outcome: Outcome
    judgement: Judgement
    first: FirstEffect
    utility: Effect
    without: Sequence[Result]
    with_first: Sequence[Result]
    address: str
    reasons: tuple[Reason, ...]
    command: str = ""

    @property
    def seeds_to_settle(self) -> int | None:
        """About how many seeds would give an outcome; None if it has one, or none would."""
        if self.outcome != "inconclusive":
            return None
        return seeds_to_settle(self.effect, self.metric.smallest_effect)

    def document(self) -> dict[str, Any]:
        """Return the verdict, ready for JSON."""
        planned, bench = self.collusion, self.collusion.bench
        risk = planned.second.risk
        first, second = planned.names
        return {
            "id": self.address,
            "kind": "collusion",
            "first": first,
            "second": second,
            "conjecture": self.conjecture,
            "expected": self.expected,
            "published": list(self.published),
            "outcome": self.outcome,
            "verdict": self.judgement,
            "effect": {
                "metric": self.metric.id,
                "name": self.metric.name,
                "worse_when": self.metric.worse_when,
                **interval(self.effect),
                "smallest_effect": self.metric.smallest_effect,
            },
            "first_effective": self.first.met,
            "first_effect": vars(self.first),
            "without": values(self.without, risk, self.metric.id),
            "with": values(self.with_first, risk, self.metric.id),
            "seeds": list(planned.seeds),
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
            "scale": scale(bench, self.without),
            "settings": {
                "data": dict(bench.data.settings),
                "training": vars(bench.schedule),
                "first": settings_of(planned.first),
                "second": settings_of(planned.second),
            },
            "factors": [_shared(each) for each in self.reasons],
            "command": self.command,
        }


def measurable(kb: KnowledgeBase) -> list[tuple[str, str]]:
    """Return the ids of the attacks of each collusion that can be measured, first and second."""
    known = attacks()
    named = [(name, known[each.risk]) for name, each in kb.attacks.items() if each.risk in known]
    return [(one, other) for one, a in named for other, b in named if not _why_not(a, b)]


def collusion(
    kb: KnowledgeBase,
    first: str,
    second: str,
    *,
    data: str = DEFAULT_DATASET,
    model: str | None = None,
    seeds: int = DEFAULT_SEEDS,
    device: str = "cpu",
    memory: int | None = None,
    settings: Sequence[str] = (),
) -> Collusion:
    """Set a collusion up; nothing is trained yet.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names and codes.
    first, second : str
        Attacks, by id or code, or by the risk that they exploit.
    data, model, seeds, device, memory
        As `validator.experiments.experiment` takes them.
    settings : sequence of str
        ``group.name=value`` with group training, data, first or second.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    given = grouped(settings, COLLUSION_GROUPS)
    one, other = kb.attack(first), kb.attack(second)
    for each in (one, other):
        if each.risk not in attacks():
            raise InputError(f"{each.id} cannot be measured yet; measurable: {_listed(kb)}")
    kinds = attacks()[one.risk], attacks()[other.risk]
    if said := _why_not(*kinds):
        raise InputError(f"{one.id}, then {other.id}: {said}; measurable: {_listed(kb)}")
    on = ground(data=data, model=model, seeds=seeds, device=device, memory=memory, given=given)
    bench = on.bench()
    needed: Mapping[str, str] = {}
    if knowledge := kinds[0].yields:
        needed = kinds[1]().second_settings(knowledge, on.architecture)
    chosen = {**needed, **given["second"]}
    if needed and (own := chosen.get("own_records", "true")) != "true":
        raise InputError(
            f"--set second.own_records={own}: should be true after {one.id}; an adversary who has"
            " the victim's records needs none that another hands on"
        )
    with _about("first"):
        before = configured(kinds[0], given["first"], "first")
        before.check(on.data)
        before = before.settled(on.data)
    with _about("second"):
        after = configured(kinds[1], chosen, "second")
        after.check(on.data)
        after = after.settled(on.data)
    planned = Collusion(bench, before, after, (one.id, other.id), on.seeds)
    bench.require_memory(planned.trials()[:2])
    return planned


def judge_collusion(
    planned: Collusion,
    conjecture: str,
    without: Sequence[Result],
    with_first: Sequence[Result],
    **known: Unpack[CollusionKnown],
) -> CollusionVerdict:
    """Compare the arms, seed by seed.

    Parameters
    ----------
    planned : Collusion
        What was run.
    conjecture : str
        What the prediction says: ``amplifies``, ``hinders``, ``inconclusive`` or ``unnecessary``.
        The first is confirmed by an increase alone, the second by anything but one; the others
        expect nothing.
    without, with_first : sequence of Result
        One for each seed, in their order.
    **known
        What is known beforehand besides.
    """
    published, factors = known.get("published", ()), known.get("factors", ())
    metric = planned.second.judged(provable=False)
    found = worsening(planned.second.risk, metric, without, with_first)
    shown = outcome(found, metric.smallest_effect)
    did = _first_effect(planned, with_first)
    expected = _EXPECTED.get(conjecture)
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
        outcome=shown,
        judgement=_judgement(expected, shown, effective=did.met),
        first=did,
        utility=effect([w.accuracy - o.accuracy for o, w in zip(without, with_first, strict=True)]),
        without=without,
        with_first=with_first,
        address=address(
            {
                "collusion": list(planned.names),
                "conjecture": conjecture,
                "published": list(published),
                "factors": list(factors),
                "trials": [planned.bench.recipe(trial) for trial in planned.trials()],
            }
        ),
        reasons=reasons(claims, without, with_first, found.differences),
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
    addresses = [address(planned.bench.recipe(trial)) for trial in planned.trials()]
    store.keep_experiment(verdict.address, verdict.document(), addresses)
    return verdict


def _why_not(first: type[Attack], second: type[Attack]) -> str:
    """Return why a collusion cannot be measured; empty if it can be."""
    if first is second:
        return "both are the same, and collusion takes two different attacks"
    if _plants(second):
        return "the second attack would change what models are trained on, before the first comes"
    if _plants(first):
        return ""
    if first.yields is None:
        return f"{first.risk} hands nothing on here"
    if first.yields not in second.uses:
        return f"{second.risk}, as it is mounted here, has no use for {first.yields}"
    return ""


def _plants(kind: type[Attack]) -> bool:
    return kind.plant is not Attack.plant


def _listed(kb: KnowledgeBase) -> str:
    """Return what can be measured, in words."""
    seconds: dict[str, list[str]] = {}
    for one, other in measurable(kb):
        seconds.setdefault(one, []).append(other)
    return "; ".join(f"{one} → {', '.join(others)}" for one, others in seconds.items())


@contextmanager
def _about(side: str) -> Iterator[None]:
    """Call settings of an attack in messages what they are called here."""
    try:
        yield
    except InputError as error:
        said = re.sub(r"\battack\.", f"{side}.", str(error))
        if said == str(error):
            raise
        raise InputError(said) from error


def _first_effect(planned: Collusion, with_first: Sequence[Result]) -> FirstEffect:
    first = planned.first
    metric = first.judged(provable=False)
    vain = first.in_vain(planned.bench.data)
    got = values(with_first, first.risk, metric.id)
    counted = min(each.counted[first.risk][metric.id] for each in with_first)
    gained = effect([metric.worsening(vain, each) for each in got], resolution=1 / max(1, counted))
    return FirstEffect(
        metric.id,
        metric.name,
        outcome(gained, metric.smallest_effect) == "increase",
        vain,
        fmean(got),
        f"better than {vain:.3g}, which one gets for nothing, by {metric.smallest_effect:g} or"
        " more, with an interval that excludes zero",
    )


def _judgement(expected: Expected | None, shown: Outcome, *, effective: bool) -> Judgement:
    if not effective or shown == "inconclusive" or expected is None:
        return "inconclusive"
    return "confirmed" if _SHOWS[shown] == expected else "refuted"


def _shared(reason: Reason) -> dict[str, Any]:
    """Return a shared factor with what was measured of it, in the words of collusions."""
    words = {
        "defense_sign": "first_sign",
        "risk_sign": "second_sign",
        "baseline": "without",
        "defended": "with",
        "goes_with_risk": "goes_with_second",
    }
    return {words.get(key, key): value for key, value in reason.document().items()}
