"""Assessment: the one answer for a defense and a risk, how well established it is, and why.

Guideline, model, publications and measurements each have a voice (`predictor.voices`), and each
stays visible. What is to be *expected* follows from them by rules (`predictor.assessment_rules`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from .assessment_rules import Dependence, Expect, Grade, expected
from .evidence import Evidence, evidence
from .guideline import Conjecture, Path, conclude
from .likelihood import Likelihoods, likelihoods
from .voices import Voice, voices

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from .interactions import Prediction

__all__ = ["Assessment", "Expect", "Grade", "Mechanism", "Setting", "assess"]


class Mechanism(NamedTuple):
    """The paths that explain what is expected, and those that speak against it.

    Without an expected direction, those that speak for an increase and for a decrease.
    """

    toward: tuple[Path, ...]
    against: tuple[Path, ...]


class Setting(NamedTuple):
    """What the assumed context does to the risk without the defense: its conjecture and paths."""

    effect: Conjecture
    paths: tuple[Path, ...]


class Assessment(NamedTuple):
    """The one answer for a defense and a risk.

    Attributes
    ----------
    defense, risk : str
        Ids.
    intended : bool
        Whether the defense is meant for the risk.
    expect : str
        ``increase``, ``decrease``, ``no_change``, ``depends`` or ``unknown``.
    likelihood : float or None
        How likely what is expected is; for ``depends`` and ``unknown``, how likely an increase is.
        None without any evidence.
    likelihood_increase : float or None
        How likely an increase is, with no change as half of one.
    grade : str
        How well established that is; see the table in `predictor.assessment_rules`.
    depends_on : tuple of Dependence
        What is seen otherwise under conditions that were not stated; all of them if it depends.
    dissent : tuple of tuple
        Works that apply and say otherwise, each with its effect.
    mechanism : Mechanism
        The paths for and against it.
    setting : Setting or None
        What the assumed context does by itself; None where nothing is assumed of factors.
    voices : tuple of Voice
        Guideline, model, publications, measurements in your own models and in reference models.
    evidence : Evidence
        The findings behind it.
    """

    defense: str
    risk: str
    intended: bool
    expect: Expect
    likelihood: float | None
    likelihood_increase: float | None
    grade: Grade
    depends_on: tuple[Dependence, ...]
    dissent: tuple[tuple[str, str], ...]
    mechanism: Mechanism
    setting: Setting | None
    voices: tuple[Voice, ...]
    evidence: Evidence


def assess(
    kb: KnowledgeBase, prediction: Prediction, model: Likelihoods | None = None
) -> Assessment:
    """Weigh all that is known of a prediction's pair into one answer.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that the prediction was made with.
    prediction : Prediction
        See `predictor.interactions.predict`.
    model : Likelihoods, optional
        By default that of the base; one that forgets a work makes the whole answer forget it.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> from crosscurrent.predictor.interactions import predict
    >>> kb = load()
    >>> answer = assess(kb, predict(kb, "differential_privacy", "discriminatory_behavior"))
    >>> answer.expect, answer.grade
    ('increase', 'replicated')
    """
    model = likelihoods(kb) if model is None else model
    seen = evidence(kb, prediction, model.forgetting)
    paths = model.standing(prediction.paths)
    moved = tuple(path for path in paths if path.moved_by is not None)
    own = tuple(path for path in moved if not path.conditional)
    context = tuple(path for path in paths if path.moved_by is None)
    pair = (prediction.defense, prediction.risk)
    found = expected(kb, model, prediction, moved, seen)
    likelihood = found.rise
    if found.rise is not None and found.expect == "decrease":
        likelihood = 1 - found.rise
    elif found.expect == "no_change":
        likelihood = found.still
    by_factors = model.by_factors(*pair, own, prediction.intended)
    known = bool(own) or prediction.intended
    return Assessment(
        *pair,
        prediction.intended,
        found.expect,
        None if likelihood is None else round(likelihood, 4),
        None if found.rise is None else round(found.rise, 4),
        found.grade,
        found.depends_on,
        found.dissent,
        _mechanism(own, found.expect),
        Setting(conclude(context)[0], context) if context else None,
        voices(seen, conclude(own)[0], by_factors, found.expect, known=known),
        seen,
    )


def _mechanism(paths: Iterable[Path], expect: Expect) -> Mechanism:
    toward, against = ("-", "+") if expect == "decrease" else ("+", "-")
    return Mechanism(
        tuple(path for path in paths if path.effect == toward),
        tuple(path for path in paths if path.effect == against),
    )
