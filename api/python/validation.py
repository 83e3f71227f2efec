"""``validate``: measure whether a prediction holds, by training models."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, cast

from crosscurrent.validator.measurements import draw, measure
from crosscurrent.validator.requests import PairRequest
from crosscurrent.validator.results.repeats import unit

from ..text.measured.verdict import describe, facts, reason, scale, sentence
from ..text.names import named
from .answer import Answer, Knowledge, knowledge_base
from .tables import PLAIN, Table, marked

if TYPE_CHECKING:
    from crosscurrent.validator.experiments import document_types as shapes
    from crosscurrent.validator.experiments.sweeps import SweepListener
    from crosscurrent.validator.results.outcomes import Invalid
    from crosscurrent.validator.run.engine import ProgressListener
    from crosscurrent.validator.statistics.intervals import Outcome

__all__ = ["MeasuredEffect", "ValidationReport", "validate"]


class MeasuredEffect(NamedTuple):
    """By how much more susceptible the defended model is.

    Attributes
    ----------
    metric : str
        What is measured.
    estimate, low, high : float
        Mean in the direction "more susceptible", and its interval: over the seeds, or if there are
        several draws of the data over these.
    level : float
        Confidence of the interval, from 0 to 1.
    differences : tuple of float
        One for each seed, or for each of several draws.
    smallest_effect : float
        The smallest effect of interest.
    """

    metric: str
    estimate: float
    low: float
    high: float
    level: float
    differences: tuple[float, ...]
    smallest_effect: float


@dataclass(frozen=True, repr=False)
class ValidationReport(Answer):
    """What was measured of one defense and one risk.

    Attributes
    ----------
    document : dict
        As ``crosscurrent validate DEFENSE RISK --json`` prints it.
    """

    columns: ClassVar = ("draw", "seed", "baseline", "defended", "effect")

    document: shapes.Verdict

    @property
    def verdict(self) -> Literal["confirmed", "refuted", "inconclusive"]:
        """Whether what was expected came out."""
        return self.document["verdict"]

    @property
    def outcome(self) -> Outcome | Invalid:
        """What the risk does under the defense, or why that cannot be said."""
        return self.document["outcome"]

    @property
    def effective_defense(self) -> bool | None:
        """Whether the defense was effective here; None for a placebo."""
        return self.document["effective_defense"]

    @property
    def effect(self) -> MeasuredEffect:
        """The effect on susceptibility, with its interval."""
        found = self.document["effect"]
        return MeasuredEffect(
            found["metric"],
            found["estimate"],
            found["low"],
            found["high"],
            found["level"],
            tuple(found["differences"]),
            found["smallest_effect"],
        )

    def to_dict(self) -> shapes.Verdict:
        """Return the document of ``crosscurrent validate DEFENSE RISK --json``."""
        return self.document.copy()

    def _records(self) -> Iterable[tuple[Any, ...]]:
        found = self.document
        for place, each in enumerate(found["draws"]):
            rows = zip(
                found["seeds"], each["before"], each["after"], each["differences"], strict=True
            )
            yield from ((place, *row) for row in rows)

    def _heading(self) -> str:
        defense, risk = named(self.document["defense"]), named(self.document["risk"])
        outcome = self.outcome.replace("_", " ")
        return f"{defense} → {risk.lower()}, measured: {outcome}; verdict: {self.verdict}"

    def _tables(self) -> Sequence[Table]:
        document = self.to_dict()
        summary = [("outcome", marked(self.outcome)), ("verdict", self.verdict)]
        tables = [Table("", ("", ""), [*summary, *facts(document)])]
        if factors := document["factors"]:
            tables.append(
                Table(
                    "Factors on the way",
                    ("", ""),
                    [reason(each, unit(document)) for each in factors],
                )
            )
        return tables

    def _notes(self) -> Sequence[str]:
        return sentence(self.to_dict()), scale(self.to_dict())

    def __str__(self) -> str:
        return describe(self.to_dict(), PLAIN)

    def _repr_html_(self) -> str:
        said = f"effect {self.effect.estimate:+.3f}, from {self.effect.low:+.3f} to"
        said += f" {self.effect.high:+.3f}"
        picture = b64encode(_drawn(self.to_dict())).decode()
        image = (
            f'<img alt="{said}" style="max-width:100%" src="data:image/svg+xml;base64,{picture}"/>'
        )
        return f"<div>{super()._repr_html_()}{image}</div>"


def validate(
    defense: str,
    risk: str,
    *,
    dataset: str | None = None,
    model: str | None = None,
    seeds: int = 5,
    draws: int = 1,
    settings: Mapping[str, object] | None = None,
    device: str = "cpu",
    memory: int | None = None,
    threads: int | None = None,
    executor: str = "here",
    store: str | os.PathLike[str] | None = None,
    listener: ProgressListener | None = None,
    knowledge: Knowledge = None,
) -> ValidationReport:
    """Measure what a defense does to a risk, by training models with it and without.

    What was measured before, here or by the command line, is looked up and not trained again.

    Parameters
    ----------
    defense, risk : str
        Ids, codes or aliases; the defense may be ``placebo``, and at a stage, such as ``RD2@post``.
    dataset : str, optional
        An embedded data set, by default ``synthetic``, or the path of a user's own.
    model : str, optional
        An architecture, by default ``mlp-m``, or a user's own as ``package.module:Class``.
    seeds : int
        How many pairs of models are trained on each draw, from 2 to 1000.
    draws : int
        Of how many draws of the data set, from 1 to 100; with two or more the interval is over
        them.
    settings : mapping from str to object, optional
        Values of settings, such as ``{"training.epochs": 5, "defense.epsilon": 0.1}``.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    memory : int, optional
        MiB to use at once, by default half of what is free.
    threads : int, optional
        By default the cores, shared with other runs on the same results.
    executor : str
        Where models are trained: ``here``, ``processes:N`` or ``ray:HOST:PORT``.
    store : path, optional
        The file that results are kept in, by default the command line's.
    listener : ProgressListener, optional
        Is told how far it is.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    MissingExtra
        If the extra ``validate`` is not installed.
    UnknownName
        If there is no such defense, risk, data set, model or setting.
    InputError
        If the pair cannot be measured so, before any training starts; or training diverged.
    """
    kb = knowledge_base(knowledge)
    request = PairRequest(
        defense,
        risk,
        dataset=dataset,
        model=model,
        seeds=seeds,
        draws=draws,
        device=device,
        memory=memory,
        threads=threads,
        settings=tuple(f"{name}={_written(value)}" for name, value in (settings or {}).items()),
    )
    file = None if store is None else os.fspath(store)
    told = cast("SweepListener | None", listener)  # a pair has no cells to be told of
    found = measure(kb, request, store=file, listener=told, executor=executor)
    return ValidationReport(kb, cast("shapes.Verdict", found.document()))


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _drawn(document: shapes.Verdict) -> bytes:
    """Draw a verdict as SVG."""
    with TemporaryDirectory() as folder:
        file = os.path.join(folder, "verdict.svg")
        draw(document, file)
        with open(file, "rb") as drawn:
            return drawn.read()
