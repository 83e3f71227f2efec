"""Interactions: an effective defense's effect on each risk, with reasons and certainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from .budget import spend
from .calibration import calibration, features
from .guideline import Basis, Conjecture, Path, conclude, paths_between
from .scenarios import NOTHING_ASSUMED, Scenario, meets

if TYPE_CHECKING:
    from crosscurrent.knowledge import (
        Correlation,
        ExceptionRecord,
        Factor,
        KnowledgeBase,
        Observation,
    )

__all__ = [
    "ExceptionSeen",
    "Modifier",
    "ObservationSeen",
    "Prediction",
    "Stage",
    "matrix",
    "predict",
    "predict_all",
    "settled",
]


Stage = Literal["pre", "in", "post"]


class Modifier(NamedTuple):
    """A factor that the risk depends on and nothing assumed moves: its value still matters."""

    factor: Factor
    depends: Correlation


class ObservationSeen(NamedTuple):
    """A published or measured effect, and whether it holds under what is assumed.

    An effect of which that is open holds: nothing stated speaks against it. It is conditional
    then: it takes something that is not stated.
    """

    record: Observation
    applies: bool
    conditional: bool = False


class ExceptionSeen(NamedTuple):
    """An effect under another adversary or setting, and whether that is the assumed one.

    ``applies`` is None where it is open: not so much is stated, or the sources do not state the
    condition. ``provenance`` is that of the observation that it is an exception of.
    """

    record: ExceptionRecord
    applies: bool | None
    provenance: Literal["published", "measured"]


class Prediction(NamedTuple):
    """The answer for one defense and one risk: conjecture beside observations, never mixed.

    Attributes
    ----------
    defense, risk : str
        Ids.
    stage : str or None
        The stage of the variant that was asked about; None for the bare defense, which stands for
        its usual one.
    intended : bool
        Whether the defense is meant for this risk.
    conjecture : str
        ``increase``, ``decrease``, ``contested`` (the factors disagree and no dominant one
        settles it) or ``unknown`` (no common factor, or none with an effect).
    basis : str
        ``unanimous``, ``dominant``, ``contested`` or ``none``.
    probability_increase : float
        From 0 to 1, by the calibrated model, with this pair's own observations held out.
    paths : tuple of Path
        All paths, decisive or not; those of dominant factors first. Conditional ones count
        for nothing until what they take is stated.
    modifiers : tuple of Modifier
        Further factors whose value shifts the risk.
    observations : tuple of ObservationSeen
        Effects that were published or measured for this very pair; empty if unexplored.
    exceptions : tuple of ExceptionSeen
        Effects that hold under another adversary.
    knowledge : str
        Digest of the knowledge base.
    assumed : Scenario
        What was assumed.
    """

    defense: str
    risk: str
    intended: bool
    conjecture: Conjecture
    basis: Basis
    probability_increase: float
    paths: tuple[Path, ...]
    modifiers: tuple[Modifier, ...]
    observations: tuple[ObservationSeen, ...]
    exceptions: tuple[ExceptionSeen, ...]
    knowledge: str
    assumed: Scenario = NOTHING_ASSUMED
    stage: Stage | None = None

    @property
    def decisive(self) -> tuple[Path, ...]:
        """The paths that made the verdict."""
        return tuple(p for p in self.paths if p.decides(self.conjecture, self.basis))

    @property
    def backing(self) -> float | None:
        """The model's probability of what the conjecture says; None where it says nothing."""
        if self.conjecture == "increase":
            return self.probability_increase
        return 1 - self.probability_increase if self.conjecture == "decrease" else None

    @property
    def opposed(self) -> bool:
        """Whether the calibrated model disagrees."""
        return self.backing is not None and self.backing < 0.5

    @property
    def published(self) -> tuple[str, ...]:
        """The published effects that hold under what is assumed, each once.

        Effects under conditions that are not stated are among them where there are no others.
        """
        told = [each for each in self.observations if not each.record.measured]
        return self._effects(told, "published")

    @property
    def measured(self) -> tuple[str, ...]:
        """The effects measured in your own models that hold under what is assumed, each once."""
        return self._effects([each for each in self.observations if each.record.own], "measured")

    @property
    def measured_reference(self) -> tuple[str, ...]:
        """The effects measured in reference models, likewise."""
        return self._effects([each for each in self.observations if each.record.table], None)

    @property
    def conditional(self) -> bool:
        """Whether what was published depends on adversary or setting."""
        return any(each.provenance == "published" for each in self.exceptions) or any(
            each.record.when for each in self.observations if not each.record.measured
        )

    @property
    def explored(self) -> bool:
        """Whether an effect was published for this pair, be it under another adversary."""
        return any(not each.record.measured for each in self.observations)

    def _effects(
        self, observations: Iterable[ObservationSeen], provenance: str | None
    ) -> tuple[str, ...]:
        """Return effects that hold; those under conditions not stated only if no other does.

        Exceptions of that provenance are among them.
        """
        seen = [each for each in observations if each.applies]
        certain = [each for each in seen if not each.conditional]
        effects = [each.record.effect for each in certain or seen]
        effects += [
            each.record.effect
            for each in self.exceptions
            if each.applies and each.provenance == provenance
        ]
        return tuple(dict.fromkeys(effects))


def predict(
    kb: KnowledgeBase, defense: str, risk: str, assumed: Scenario = NOTHING_ASSUMED
) -> Prediction:
    """Predict what an effective defense does to a risk.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    defense, risk : str
        Ids, codes or aliases, in any case; a defense at a stage as ``watermarking@post``. A bare
        one stands for the one at its usual stage.
    assumed : Scenario, optional
        What-if assumptions; see `predictor.scenarios.scenario`.

    Raises
    ------
    UnknownName
        If there is no such defense or risk.
    InputError
        If the defense has no variant at that stage.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> answer = predict(load(), "differential_privacy", "evasion")
    >>> answer.conjecture, answer.basis, [path.factor.code for path in answer.paths]
    ('increase', 'unanimous', ['O1', 'O3'])
    """
    spend()
    stage: Stage | None = None
    if "@" in defense:
        defense, stage = settled(kb, defense)
    the_defense, the_risk = kb.defense(defense), kb.risk(risk)
    pair = (the_defense.id, the_risk.id)
    if the_defense.when:  # it is used where it can be, unless something else is said
        assumed = assumed._replace(given={**the_defense.when, **assumed.given})
    paths = paths_between(kb, the_defense.id, the_risk, assumed, stage)
    conjecture, basis = conclude(paths)
    intended = the_risk.id in the_defense.protects_against
    stated = assumed.stated
    modifiers = _modifiers(kb, the_defense.id, the_risk.id, assumed, stage)
    seen = kb.observed(*pair, stage)
    if not stated:  # all that takes conditions is open
        observations, exceptions = _open(seen)
    else:
        observations, exceptions = _seen(kb, seen, stated)
    return Prediction(
        *pair,
        intended,
        conjecture,
        basis,
        calibration(kb).probability(*pair, features(paths, intended)),
        paths,
        modifiers,
        observations,
        exceptions,
        kb.digest,
        assumed,
        stage,
    )


def settled(kb: KnowledgeBase, defense: str) -> tuple[str, Stage | None]:
    """Return the id of a defense, and the stage that its name says, if it says one.

    Raises
    ------
    UnknownName
        If there is no such defense.
    InputError
        If it has no variant at that stage.
    """
    if "@" not in defense:
        return kb.defense(defense).id, None
    variant = kb.variant(defense)
    return variant.defense, variant.stage


def predict_all(
    kb: KnowledgeBase, defense: str, assumed: Scenario = NOTHING_ASSUMED
) -> tuple[Prediction, ...]:
    """Predict what an effective defense does to every risk, in the knowledge base's order.

    The defense is named, and errors are, as in `predict`.
    """
    known, stage = settled(kb, defense)
    if stage is not None:
        known = f"{known}@{stage}"
    return tuple(predict(kb, known, risk, assumed) for risk in kb.risks)


def matrix(
    kb: KnowledgeBase, assumed: Scenario = NOTHING_ASSUMED
) -> tuple[tuple[Prediction, ...], ...]:
    """Predict every defense against every risk: a row for each defense, in order.

    A defense of which neither an effect on a factor nor one on a risk is known has no row: there
    would be nothing in it.
    """
    pairs = ((defense, risk) for defense in kb.defenses for risk in kb.risks)
    known = {defense for defense, risk in pairs if kb.observed(defense, risk)}
    return tuple(
        predict_all(kb, defense, assumed)
        for defense in kb.defenses
        if defense in known or kb.edges(defense)
    )


def _modifiers(
    kb: KnowledgeBase, defense: str, risk: str, assumed: Scenario, stage: str | None
) -> tuple[Modifier, ...]:
    """Return the factors that a risk depends on and neither the defense nor the context moves."""
    moved, factors = kb.edges(defense, stage), kb.factors
    if assumed is NOTHING_ASSUMED:  # most questions are asked like this
        left = [
            Modifier(factors[name], edge)
            for name, edge in kb.edges(risk).items()
            if name not in moved
        ]
    else:
        touched, stated = assumed.touched, assumed.stated
        left = [
            Modifier(factors[name], edge)
            for name, edge in kb.edges(risk).items()
            if name not in moved
            and name not in touched
            and (edge.when is None or meets(kb, stated, edge.when) is not False)
        ]
    return tuple(left)


def _open(
    records: tuple[Observation, ...],
) -> tuple[tuple[ObservationSeen, ...], tuple[ExceptionSeen, ...]]:
    """Return what was seen of a pair where nothing is stated of adversary and setting."""
    observations: list[ObservationSeen] = []
    exceptions: list[ExceptionSeen] = []
    for record in records:
        if record.effect != "unexplored":
            observations.append(ObservationSeen(record, True, bool(record.when)))
        exceptions += [ExceptionSeen(each, None, record.provenance) for each in record.exceptions]
    return tuple(observations), tuple(exceptions)


def _seen(
    kb: KnowledgeBase, records: tuple[Observation, ...], stated: Mapping[str, str]
) -> tuple[tuple[ObservationSeen, ...], tuple[ExceptionSeen, ...]]:
    """Return what was seen of a pair, and what of it holds under what is stated."""
    observations: list[ObservationSeen] = []
    exceptions: list[ExceptionSeen] = []
    for record in records:
        applicable = [meets(kb, stated, exception.when) for exception in record.exceptions]
        exceptions += [
            ExceptionSeen(exception, applies, record.provenance)
            for exception, applies in zip(record.exceptions, applicable, strict=True)
        ]
        if record.effect != "unexplored":
            met = meets(kb, stated, record.when)
            applies = met is not False and True not in applicable
            conditional = applies and met is None and bool(record.when)
            observations.append(ObservationSeen(record, applies, conditional))
    return tuple(observations), tuple(exceptions)
