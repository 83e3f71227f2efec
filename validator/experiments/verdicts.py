"""Verdicts: the outcome of an experiment against what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from ..results.outcomes import Invalid
from ..results.store import address
from ..run.engine import recipes
from ..settings import settings_of
from ..statistics.draws import between_draws
from ..statistics.intervals import (
    Effect,
    Outcome,
    effect,
    near_threshold,
    outcome,
    seeds_to_settle,
)
from ..trials.effectiveness import Effectiveness, effectiveness, values, worsening
from .compared_groups import compared_groups
from .draws import draw_documents, per_unit
from .judgements import expectation, interval, judged, judgement
from .mechanisms import Claim, MechanismCheck, mechanism_checks
from .plugin_documents import plugin_documents
from .privacy import audited
from .software import software
from .validity import Utility, Void, invalid, kept

if TYPE_CHECKING:
    from ..arms.metrics import Metric
    from ..trials.trial import Result, TrialContext
    from . import document_types as shapes
    from .experiment import Experiment
    from .judgements import Expected, Judgement

__all__ = ["RULES", "Known", "Verdict", "cost", "judge", "scale"]

RULES: Final = 2
"""The version of the rules by which results are judged, part of what a verdict is kept under."""


class Known(TypedDict, total=False):
    """What is known of an experiment beforehand, besides what the factors say.

    Attributes
    ----------
    intended : bool
        Whether this risk is what the defense is meant for: then a decrease is expected where the
        factors do not settle it.
    published : tuple of str
        What was published for this pair; it is told, and no part of the judgement.
    other_mechanism : sequence of str
        What was published of it by another mechanism only; it is told, too.
    claims : sequence of Claim
        What the prediction says of factors; what is found of them is told, and no part of the
        judgement either.
    command : str
        The command line that asks for it, which is told, too.
    """

    intended: bool
    published: tuple[str, ...]
    other_mechanism: Sequence[str]
    claims: Sequence[Claim]
    command: str


@dataclass(frozen=True)
class Verdict:
    """An experiment's result.

    Attributes
    ----------
    experiment : Experiment
        What was run.
    conjecture : str
        What the factors say.
    expected : str or None
        What was expected: the conjecture, or where there is none a decrease of the risk that the
        defense is meant for; None where nothing was.
    published : tuple of str
        What was published or measured before for this pair.
    metric : Metric
        What is judged.
    effect : Effect
        By how much more susceptible the defended model is, with an interval.
    outcome : str
        ``increase``, ``decrease``, ``no_change`` or ``inconclusive``; or why it is evidence of
        nothing, one of `validator.results.outcomes.INVALID`.
    void : Void or None
        That, with the reason.
    judgement : str
        ``confirmed``, ``refuted`` or ``inconclusive``.
    effectiveness : Effectiveness or None
        None for a placebo, which has nothing to do.
    utility : Effect
        Change of the accuracy on test records.
    baseline, defended : sequence of Result
        One for each seed, or of several draws the mean of each.
    draws : sequence of Draw
        The differences, by draw and seed.
    uses : Utility
        What models without any use would reach.
    address : str
        What it is kept under.
    reasons : tuple of MechanismCheck
        The factors that the prediction goes through, beside what was measured of them.
    command : str
        The command line that asks for it; empty if it was asked for in another way.
    privacy : PrivacyAudit or None
        The privacy budget beside what was shown of it; None where there is none, or no audit.
    other_mechanism : tuple of str
        What was published of another mechanism of this pair, where nothing was of this one.
    """

    experiment: Experiment
    conjecture: str
    expected: Expected | None
    published: tuple[str, ...]
    metric: Metric
    effect: Effect
    outcome: Outcome | Invalid
    void: Void | None
    judgement: Judgement
    effectiveness: Effectiveness | None
    utility: Effect
    baseline: Sequence[Result]
    defended: Sequence[Result]
    draws: Sequence[shapes.Draw]
    uses: Utility
    address: str
    reasons: tuple[MechanismCheck, ...]
    command: str = ""
    privacy: shapes.PrivacyAudit | None = None
    other_mechanism: tuple[str, ...] = ()

    @property
    def seeds_to_settle(self) -> int | None:
        """About how many seeds would give an outcome; None if it has one, or none would.

        Of several draws: about how many draws.
        """
        if self.outcome != "inconclusive":
            return None
        return seeds_to_settle(self.effect, self.metric.smallest_effect)

    @property
    def kept(self) -> float:
        """Share that is left under the defense of what the baseline is better than chance by."""
        return kept(self.baseline, self.defended, self.uses)

    def document(self) -> shapes.Verdict:
        """Return the verdict, ready for JSON."""
        planned, context = self.experiment, self.experiment.context
        risk, did = planned.attack.risk, self.effectiveness
        document: shapes.Verdict = {
            "id": self.address,
            "kind": "verdict",
            "defense": planned.defense.name(),
            "risk": risk,
            "conjecture": self.conjecture,
            "expected": self.expected,
            "published": list(self.published),
            "other_mechanism": list(self.other_mechanism),
            # of all records a result is told whatever the mechanism, of some only by this one
            "when": dict(planned.defense.conditions) if planned.defense.target_records else {},
            "outcome": self.outcome,
            "void": self.void and self.void.reason,
            "verdict": self.judgement,
            "effect": judged(self.metric, self.effect),
            "effective_defense": None if did is None else did.met,
            "effectiveness": None if did is None else _effectiveness(did),
            "baseline": values(self.baseline, risk, self.metric.id),
            "defended": values(self.defended, risk, self.metric.id),
            "seeds": list(planned.seeds),
            "draws": list(self.draws),
            "between_draws": between_draws([each["differences"] for each in self.draws]),
            "privacy": self.privacy,
            "near_threshold": near_threshold(self.effect, self.metric.smallest_effect),
            "seeds_to_settle": self.seeds_to_settle,
            "metrics": {
                of: {
                    metric: {
                        "baseline": values(self.baseline, of, metric),
                        "defended": values(self.defended, of, metric),
                    }
                    for metric in self.baseline[0].metrics[of]
                }
                for of in self.baseline[0].metrics
            },
            "utility": {
                "metric": "accuracy",
                "baseline": [each.accuracy for each in self.baseline],
                "defended": [each.accuracy for each in self.defended],
                **interval(self.utility),
                "chance": self.uses.chance,
                "kept": self.kept,
            },
            "cost": cost(self.baseline, self.defended),
            "scale": scale(context, self.baseline),
            "groups": compared_groups(planned.attack, context.data),
            "settings": {
                "data": dict(context.data.settings),
                "training": vars(context.schedule),
                "defense": settings_of(planned.defense),
                "attack": settings_of(planned.attack),
            },
            "factors": [each.document() for each in self.reasons],
            "software": software(),
            "command": self.command,
        }
        peers = (planned.defense, planned.attack, planned.guard)
        if plugins := plugin_documents(peers):
            document["plugins"] = plugins
        return document


def judge(
    planned: Experiment,
    conjecture: str,
    baseline: Sequence[Result],
    defended: Sequence[Result],
    **known: Unpack[Known],
) -> Verdict:
    """Compare the arms, seed by seed, or draw by draw if there are several draws of the data.

    Parameters
    ----------
    planned : Experiment
        What was run.
    conjecture : str
        What the factors say.
    baseline, defended : sequence of Result
        One for each draw and seed, in their order.
    **known
        What is known beforehand besides.
    """
    attack = planned.attack
    published, claims = known.get("published", ()), known.get("claims", ())
    metric = attack.judged(provable=planned.defense.provable)
    draws = draw_documents(planned, attack.risk, metric, baseline, defended)
    privacy = audited(planned, baseline, defended)
    baseline, defended = per_unit(planned, baseline), per_unit(planned, defended)
    found = worsening(attack.risk, metric, baseline, defended)
    shown = outcome(found, metric.smallest_effect)
    expected = expectation(conjecture, intended=known.get("intended", False))
    uses = Utility.of(planned.contexts)
    void = invalid(
        attack,
        metric,
        shown,
        baseline,
        defended,
        uses,
        expected=expected,
        defense=planned.defense,
    )
    guard = None if planned.defense.protects_against is None else planned.guard or attack
    did = effectiveness(planned.defense, guard, baseline, defended)
    return Verdict(
        experiment=planned,
        conjecture=conjecture,
        expected=expected,
        published=published,
        metric=metric,
        effect=found,
        outcome=void.outcome if void else shown,
        void=void,
        judgement=judgement(expected, shown, sound=not void and (did is None or did.met)),
        effectiveness=did,
        utility=effect([d.accuracy - b.accuracy for b, d in zip(baseline, defended, strict=True)]),
        baseline=baseline,
        defended=defended,
        draws=draws,
        uses=uses,
        address=address(
            {
                "rules": RULES,
                "conjecture": conjecture,
                "expected": expected,
                "published": list(published),
                "other_mechanism": list(known.get("other_mechanism", ())),
                "claims": list(claims),
                "trials": recipes(planned),
            }
        ),
        reasons=mechanism_checks(claims, baseline, defended, found.differences),
        command=known.get("command", ""),
        privacy=privacy,
        other_mechanism=tuple(known.get("other_mechanism", ())),
    )


def _effectiveness(found: Effectiveness) -> shapes.Effectiveness:
    return {
        "metric": found.metric,
        "name": found.name,
        "met": found.met,
        "baseline": found.baseline,
        "defended": found.defended,
        "needed": found.needed,
    }


def cost(baseline: Sequence[Result], defended: Sequence[Result]) -> shapes.Cost:
    """Return seconds to train a model; only arms that were trained side by side compare."""
    pairs = zip(baseline, defended, strict=True)
    return {
        "baseline_seconds": fmean(each.seconds for each in baseline),
        "defended_seconds": fmean(each.seconds for each in defended),
        "side_by_side": all(b.run == d.run for b, d in pairs),
    }


def scale(context: TrialContext, baseline: Sequence[Result]) -> shapes.Scale:
    """Return on what and with what was measured, ready for JSON."""
    model = context.architecture
    found: shapes.Scale = {
        "dataset": context.data.name,
        "records": context.data.records,
        "training_records": context.schedule.records,
        "model": model.name,
        "parameters": model.parameters,
        "train_accuracy": fmean(each.train_accuracy for each in baseline),
    }
    return {**found, "one_by_one": model.one_by_one} if model.one_by_one else found
