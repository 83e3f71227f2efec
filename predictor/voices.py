"""Voices of an assessment: what each kind of evidence says by itself, beside what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from .assessment_rules import Expect, leaning
from .evidence import Evidence, Finding, outcomes, voices_of, vote
from .guideline import Conjecture

__all__ = ["Voice", "voices"]


class Voice(NamedTuple):
    """What one kind of evidence says by itself.

    Attributes
    ----------
    name : str
        ``guideline``, ``model``, ``published``, ``measured`` (in your own models) or
        ``measured_reference`` (in reference models).
    says : str or None
        A conjecture or an expectation; None where it has nothing to say.
    likelihood : float or None
        The probability of an increase, by the model.
    works : mapping from str to tuple of str
        By effect, ids of the works that apply; of reference models, names of the data sets.
    disagrees : bool
        Whether it says another direction than what is expected, or no change against a direction.
    """

    name: Literal["guideline", "model", "published", "measured", "measured_reference"]
    says: str | None
    likelihood: float | None
    works: Mapping[str, tuple[str, ...]]
    disagrees: bool


def voices(
    seen: Evidence, conjecture: Conjecture, by_factors: float, expect: Expect, *, known: bool
) -> tuple[Voice, ...]:
    """Return guideline, model, publications, measurements in own and in reference models.

    `known` says whether the model has anything to go by.
    """
    fitted = leaning(by_factors, "unknown") if known else "unknown"
    published = tuple(tier for tier in (seen.general, *seen.specific) if tier)
    return (
        Voice("guideline", _spoken(conjecture), None, {}, _against(conjecture, expect)),
        Voice(
            "model",
            _spoken(fitted),
            round(by_factors, 4) if known else None,
            {},
            _against(fitted, expect),
        ),
        _witnesses("published", published, expect),
        _witnesses("measured", (seen.measured,) if seen.measured else (), expect),
        _reference_models(seen.tables, expect),
    )


def _witnesses(
    name: Literal["published", "measured", "measured_reference"],
    tiers: tuple[tuple[Finding, ...], ...],
    expect: Expect,
) -> Voice:
    says: Expect | None = None
    if tiers:
        effect = vote(voices_of(tiers[-1]))[0]
        says = "depends" if effect is None or effect == "mixed" else effect
    by_effect: dict[str, tuple[str, ...]] = {}
    for work, effect in outcomes(each for tier in tiers for each in tier).items():
        by_effect[effect] = (*by_effect.get(effect, ()), work)
    return Voice(name, says, None, by_effect, _against(says, expect))


def _reference_models(tables: tuple[Finding, ...], expect: Expect) -> Voice:
    """Return what was measured in reference models, by data set.

    What takes conditions that are not stated is told where nothing else is, and contradicts nobody.
    """
    applying = tuple(each for each in tables if not each.unstated)
    by_data = tuple(each._replace(work=each.data[0], firm=True) for each in applying or tables)
    voice = _witnesses("measured_reference", (by_data,) if by_data else (), expect)
    return voice if applying else voice._replace(disagrees=False)


def _spoken(word: str) -> str | None:
    return None if word == "unknown" else word


def _against(says: str | None, expect: Expect) -> bool:
    clear = ("increase", "decrease", "no_change")
    return says in clear and expect in clear and says != expect
