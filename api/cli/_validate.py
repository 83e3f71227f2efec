"""``crosscurrent validate``: measure whether a prediction holds."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.interactions import predict

from ..text.measured import describe
from ._common import as_json, knowledge, style
from ._measurements import Measurement, running, setup, so_far
from ._measuring import needed, store
from ._reproducing import command
from .progress import Progress

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.experiments.experiment import Experiment
    from crosscurrent.validator.results.store import Store
    from crosscurrent.validator.run.engine import ProgressListener
    from crosscurrent.validator.trials.trial import Result

__all__ = ["PLACEBO", "Plan", "known", "plan", "run"]

PLACEBO = "placebo"


@dataclass(frozen=True)
class Plan(Measurement):
    """What was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    experiment : Experiment
        What will be run.
    known : dict
        What is known of the pair beforehand: the conjecture, whether the defense is meant for the
        risk, what was published, and what is claimed of factors.
    command : str
        The command line that asks for it.
    """

    experiment: Experiment
    known: dict[str, Any]
    command: str

    def measure(self, kept: Store, watcher: ProgressListener) -> dict[str, Any]:
        """Measure; return the document that ``validate --json`` prints."""
        from crosscurrent.validator.experiments.measuring import measure

        return measure(
            self.experiment,
            store=kept,
            listener=watcher,
            command=self.command,
            threads=self.threads,
            executor=self.executor,
            **self.known,
        ).document()

    def beforehand(self) -> dict[str, Any]:
        """Return which pair it is and what is known of it, ready for JSON."""
        experiment = self.experiment
        return {
            "defense": experiment.defense.name(),
            "risk": experiment.attack.risk,
            "known": {**self.known, "published": list(self.known.get("published", ()))},
        }

    def knowing(self, known: dict[str, Any]) -> Plan:
        """Return the same plan with what `beforehand` of another one says is known."""
        return replace(self, known={**known, "published": tuple(known["published"])})

    def planned(self) -> list[Experiment]:
        """Return the experiment."""
        return [self.experiment]

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect over the seeds of which both arms are finished, if two are."""
        from crosscurrent.validator.experiments.verdicts import judge

        conjecture = self.known["conjecture"]
        return so_far(
            self.experiment, results, lambda *some: judge(some[0], conjecture, *some[1:]).document()
        )


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    if arguments.list:
        for option in ("all", "vary"):
            if getattr(arguments, option):
                raise InputError(
                    f"--list says what can be measured, and --{option} measures it: give one"
                )
        from ._validate_list import listing

        return listing(arguments)
    if arguments.plot is not None and not (arguments.all or arguments.vary):
        raise InputError(
            "--plot draws what --all or --vary measures; one result: results plot RESULT FILE"
        )
    with redirect_stdout(sys.stderr):  # what a model of the user's own prints is no answer
        document = _measured(arguments)
    return as_json(document) if arguments.json else describe(document, style(arguments))


def _measured(arguments: Namespace) -> dict[str, Any]:
    from crosscurrent.validator.experiments.grid_documents import verdicts
    from crosscurrent.validator.plots.figures import require_form
    from crosscurrent.validator.plots.pictures import picture
    from crosscurrent.validator.results.evidence import export, prepare

    if arguments.plot is not None:
        require_form(arguments.plot)  # before the work, not after it
    planned = plan(arguments, knowledge(arguments))
    if arguments.export is not None:
        prepare(arguments.export)
    watcher = _watching(planned, no_color=arguments.no_color)
    try:
        document = planned.measure(store(arguments), watcher)
    except KeyboardInterrupt:
        watcher.over()
        Progress.say("interrupted; finished trials are kept, and the same command goes on")
        raise
    watcher.over()
    if arguments.export is not None:
        export(verdicts(document), arguments.export)
    if arguments.plot is not None:
        picture(document, arguments.plot)
    return document


def _watching(planned: Measurement, *, no_color: bool) -> Any:
    """Return what tells how far it is: of several experiments, one by one."""
    from ._validate_all import GridPlan
    from ._validate_vary import VariationPlan

    if isinstance(planned, VariationPlan):
        from .progress import VariationProgress

        return VariationProgress(planned.variation.name.lower(), planned.variation.values)
    if not isinstance(planned, GridPlan):
        return Progress()
    from .progress import GridProgress

    return GridProgress(planned.pairs, len(planned.grid.seeds), no_color=no_color)


def plan(arguments: Namespace, kb: KnowledgeBase) -> Measurement:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    several = (arguments.all, arguments.combine, arguments.collude, arguments.vary)
    if len([each for each in several if each]) > 1:
        raise InputError(
            "a measurement is of all, of one pair by a factor (vary), of a combination, or of a"
            " collusion: ask for one"
        )
    if (arguments.combine or arguments.collude) and (arguments.defense or arguments.risk):
        raise InputError(
            "a combination or a collusion is of what it names: leave DEFENSE and RISK out"
        )
    if arguments.combine:
        from ._validate_combine import plan_combination

        return plan_combination(arguments, kb)
    if arguments.collude:
        from ._validate_collude import plan_collusion

        return plan_collusion(arguments, kb)
    if arguments.all:
        from ._validate_all import plan_all

        return plan_all(arguments, kb)
    if arguments.defense is None or arguments.risk is None:
        raise InputError(
            "validate takes a DEFENSE and a RISK, or --all; validate --list shows which"
        )
    if arguments.vary is not None:
        from ._validate_vary import plan_variation

        return plan_variation(arguments, kb)
    from crosscurrent.validator.experiments.experiment import experiment

    how = running(arguments)
    planned = experiment(kb, arguments.defense, arguments.risk, **setup(arguments))
    defense, risk = planned.defense, planned.attack.risk
    again = command(arguments, [defense.name(), risk], arguments.settings)
    return Plan(**how, experiment=planned, known=known(kb, defense.id, risk), command=again)


def known(kb: KnowledgeBase, defense: str, risk: str) -> dict[str, Any]:
    """Return what is known of the pair beforehand; nothing changes under a placebo."""
    if defense == PLACEBO:
        return {"conjecture": "no_change"}
    found = predict(kb, defense, risk)
    return {
        "conjecture": found.conjecture,
        "intended": found.intended,
        "published": tuple(found.seen),
        "claims": [
            {
                "factor": path.factor.id,
                "code": path.factor.code,
                "name": path.factor.name,
                "defense_sign": path.push,
                "risk_sign": path.depends.sign,
            }
            for path in found.paths
        ],
    }
