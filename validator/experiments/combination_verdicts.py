"""Verdicts on combinations: whether each defense is as effective as alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from ..results.outcomes import INVALID, Invalid
from ..results.store import Store, address
from ..run.engine import recipes
from ..settings import settings_of
from ..statistics.intervals import Effect, effect, outcome
from ..trials.effectiveness import Effectiveness, effectiveness, guarded, values, worsening
from .combinations import stage_name
from .draws import per_unit
from .judgements import interval
from .plugin_documents import plugin_documents
from .validity import Utility, Void, unusable
from .verdicts import RULES, scale

if TYPE_CHECKING:
    from ..defenses import Defense
    from ..trials.trial import Result
    from . import document_types as shapes
    from .combinations import Combination

__all__ = ["CombinationVerdict", "conclude_combination", "judge_combination"]

Kept = Literal["kept", "drops", "inconclusive"]
Together = Literal["effective", "conflict", "inconclusive"]


@dataclass(frozen=True)
class Constituent:
    """One defense of a combination, beside what it is alone.

    Attributes
    ----------
    defense : str
        With its stage.
    alone : Effectiveness
        Whether it was effective without the others.
    values : tuple of tuple of float
        Of the metric that says so: alone, and in the combination, seed by seed.
    drop : Effect
        By how much less effective it is in the combination, in the unit of the metric.
    matters : float
        The smallest drop that does.
    outcome : str
        ``kept``, ``drops``, or ``inconclusive``, as it is where the defense did not work alone.
    """

    defense: str
    alone: Effectiveness
    values: tuple[tuple[float, ...], tuple[float, ...]]
    drop: Effect
    matters: float
    outcome: Kept

    def document(self) -> shapes.Constituent:
        """Return it ready for JSON."""
        alone, combined = self.values
        return {
            "defense": self.defense,
            "metric": self.alone.metric,
            "name": self.alone.name,
            "effective_alone": self.alone.met,
            "needed": self.alone.needed,
            "alone": list(alone),
            "combined": list(combined),
            "drop": interval(self.drop),
            "smallest_drop": self.matters,
            "outcome": self.outcome,
        }


@dataclass(frozen=True)
class Order:
    """Defenses applied in one order.

    Attributes
    ----------
    order : tuple of str
        Their names with stages; a proposed order where there is one among those that are alike.
    alike : tuple of tuple of str
        Other orders that come to the same here.
    proposed : bool
        Whether the prediction is that they are effective in this order.
    constituents : tuple of Constituent
        In that order.
    accuracy : tuple of float
        Of the deployed model on test records, seed by seed.
    void : Void or None
        Why nothing can be said of these models: nothing learned, or no longer useful.
    """

    order: tuple[str, ...]
    alike: tuple[tuple[str, ...], ...]
    proposed: bool
    constituents: tuple[Constituent, ...]
    accuracy: tuple[float, ...]
    void: Void | None

    @property
    def outcome(self) -> Together | Invalid:
        """A conflict if any defense is clearly worse than alone; effective if none can be.

        Or why nothing can be said of these models.
        """
        if self.void:
            return self.void.outcome
        shown = [each.outcome for each in self.constituents]
        if "drops" in shown:
            return "conflict"
        return "inconclusive" if "inconclusive" in shown else "effective"

    def document(self) -> shapes.Order:
        """Return it ready for JSON."""
        return {
            "order": list(self.order),
            "alike": [list(each) for each in self.alike],
            "proposed": self.proposed,
            "outcome": self.outcome,
            "void": self.void and self.void.reason,
            "verdict": _judgement("effective" if self.proposed else "conflict", self.outcome),
            "constituents": [each.document() for each in self.constituents],
            "accuracy": list(self.accuracy),
        }


@dataclass(frozen=True)
class CombinationVerdict:
    """A combination's result.

    Attributes
    ----------
    combination : Combination
        What was run.
    known : mapping
        What is known beforehand, ready for JSON: ``conjecture`` (``effective`` or ``conflict``),
        ``proposed`` (orders of names), ``conflicts`` and ``published``.
    orders : tuple of Order
        What each order shows, the proposed ones first.
    accuracy : mapping of str to tuple of float
        Of the models without defense (``baseline``) and with each one alone, on test records.
    scale : dict
        On what and with what it was measured.
    address : str
        What it is kept under.
    command : str
        The command line that asks for it.
    """

    combination: Combination
    known: Mapping[str, Any]
    orders: tuple[Order, ...]
    accuracy: Mapping[str, tuple[float, ...]]
    scale: shapes.Scale
    address: str
    command: str

    @property
    def outcome(self) -> Together | Invalid:
        """Effective if some order is, a conflict if all are of which something can be said."""
        shown = [each.outcome for each in self.orders]
        if "effective" in shown:
            return "effective"
        for each in INVALID:
            if set(shown) == {each}:
                return each
        return "conflict" if set(shown) - {*INVALID} == {"conflict"} else "inconclusive"

    def document(self) -> shapes.Combination:
        """Return the verdict, ready for JSON."""
        planned = self.combination
        document: shapes.Combination = {
            "id": self.address,
            "kind": "combination",
            "defenses": [stage_name(each) for each in planned.members],
            "conjecture": self.known["conjecture"],
            "proposed": self.known["proposed"],
            "conflicts": self.known["conflicts"],
            "published": self.known["published"],
            "outcome": self.outcome,
            "verdict": _judgement(self.known["conjecture"], self.outcome),
            "orders": [each.document() for each in self.orders],
            "accuracy": {name: list(found) for name, found in self.accuracy.items()},
            "seeds": list(planned.seeds),
            "draws": len(planned.contexts),
            "scale": self.scale,
            "settings": {
                "data": dict(planned.context.data.settings),
                "training": vars(planned.context.schedule),
                "defenses": {stage_name(each): settings_of(each) for each in planned.members},
                "attacks": {
                    each.risk: settings_of(each) for each in planned.protects_against.values()
                },
            },
            "command": self.command,
        }
        guards = planned.protects_against.values()
        if plugins := [*plugin_documents(planned.members), *plugin_documents(guards)]:
            document["plugins"] = plugins
        return document


def conclude_combination(
    planned: Combination,
    store: Store,
    results: Sequence[Result],
    known: Mapping[str, Any],
    command: str = "",
) -> CombinationVerdict:
    """Judge a combination and keep that.

    Parameters
    ----------
    planned : Combination
        What was run.
    store : Store
        Where it is kept.
    results : sequence of Result
        Of all its trials, in their order.
    known, command
        As of `CombinationVerdict`.
    """
    verdict = judge_combination(planned, results, known, command)
    addresses = [address(each) for each in recipes(planned)]
    store.keep_experiment(verdict.address, verdict.document(), addresses)
    return verdict


def judge_combination(
    planned: Combination,
    results: Sequence[Result],
    known: Mapping[str, Any],
    command: str = "",
) -> CombinationVerdict:
    r"""Compare each defense in the combination with itself alone, seed by seed.

    A drop counts if its interval excludes zero and it reaches the smallest effect of interest; a
    defense is as effective as alone if the whole interval is below that and, where it has a
    reading of its own, that is still as it must be. Def\\Con (Duddu, Zhang and Asokan 2025) leaves
    the smallest drop of interest open.

    Parameters
    ----------
    planned : Combination
        What was run.
    results : sequence of Result
        Of all its trials, in their order.
    known, command
        As of `CombinationVerdict`.
    """
    arms = planned.arms
    by_arm = [per_unit(planned, results[i :: len(arms)]) for i in range(len(arms))]
    baseline, others = by_arm[0], by_arm[1:]
    alone = dict(zip(planned.members, others, strict=False))
    together = others[len(planned.members) :]
    proposed = {tuple(order) for order in known["proposed"]}
    uses = Utility.of(planned.contexts)
    orders = []
    for alike, found in zip(planned.orders, together, strict=True):
        named = {tuple(map(stage_name, order)): order for order in alike}
        name, *same = sorted(named, key=lambda each: each not in proposed)
        parts = tuple(
            _constituent(planned, each, baseline, alone[each], found) for each in named[name]
        )
        accuracy = tuple(each.accuracy for each in found)
        void = unusable(baseline, found, uses)
        orders.append(Order(name, tuple(same), name in proposed, parts, accuracy, void))
    return CombinationVerdict(
        planned,
        known,
        tuple(sorted(orders, key=lambda each: not each.proposed)),
        {
            "baseline": tuple(each.accuracy for each in baseline),
            **{
                stage_name(each): tuple(one.accuracy for one in found)
                for each, found in alone.items()
            },
        },
        scale(planned.context, baseline),
        address({"rules": RULES, "known": dict(known), "trials": recipes(planned)}),
        command,
    )


def _constituent(
    planned: Combination,
    defense: Defense,
    baseline: Sequence[Result],
    alone: Sequence[Result],
    combined: Sequence[Result],
) -> Constituent:
    guard = planned.protects_against.get(defense.name())
    did = effectiveness(defense, guard, baseline, alone)
    if did is None:  # only a placebo has nothing to do, and it is in no combination
        raise ValueError(f"{defense.name()} has no effectiveness")
    if defense.reading is not None:
        reading, name = defense.reading, defense.name()
        before, after = ([each.readings[name] for each in arm] for arm in (alone, combined))
        pairs = zip(before, after, strict=True)
        drop = effect([reading.worsening(*both) for both in pairs], resolution=defense.resolution)
        matters, works = reading.matters, reading.met(fmean(after))
    else:
        assert guard is not None  # noqa: S101 - it has no reading
        metric = guarded(defense, guard)
        before, after = (values(arm, guard.risk, metric.id) for arm in (alone, combined))
        drop = worsening(guard.risk, metric, alone, combined)
        matters, works = metric.smallest_effect, True
    return Constituent(
        stage_name(defense),
        did,
        (tuple(before), tuple(after)),
        drop,
        matters,
        _kept(did, drop, matters, works=works),
    )


def _kept(alone: Effectiveness, drop: Effect, matters: float, *, works: bool) -> Kept:
    """Say what a drop shows; being better than alone, by however much, is as good as alone."""
    if not alone.met:
        return "inconclusive"
    if outcome(drop, matters) == "increase":
        return "drops"
    return "kept" if works and drop.high < matters else "inconclusive"


def _judgement(
    conjecture: str, shown: Together | Invalid
) -> Literal["confirmed", "refuted", "inconclusive"]:
    if shown not in ("effective", "conflict"):
        return "inconclusive"
    return "confirmed" if shown == conjecture else "refuted"
