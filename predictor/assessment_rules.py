"""Rules of an assessment: what all that is known of a pair lets expect, and how well established.

Guideline, model, publications and measurements each have a voice, and each stays visible. What is
to be *expected* follows from them by these rules, of which the first that fits counts:

===========================================================  ==========  ====================
evidence                                                     expect      grade
===========================================================  ==========  ====================
measured in your own models, all alike                       that        ``measured_here``
works that apply all say the same, two or more in all, or    that        ``replicated``
two thirds of three or more do and the others saw both
works that apply all say the same, a single one in all       that        ``published_once``
works that apply disagree, two thirds of three or more say   that        ``disputed``
the same
works that apply disagree, or are outweighed; with those     that        ``disputed``
under conditions not stated, two thirds of three or more
say the same, and that is likely
works that apply disagree otherwise                          depends     ``disputed``
works that apply, or without any those under conditions not  depends     that of the side with
stated, saw no change, but that is less than half likely                 the fewest works
works that apply agree, but are outweighed otherwise         depends     that of the side with
                                                                         the fewest works
only works under conditions not stated, all alike            that        by number, as above
only such works, not alike; half of them saw a direction     that        by number, as above
that is likely and that none contradicts, or two thirds of
three or more did
only such works, otherwise                                   depends     as for the outweighed
measured in reference models alone, and not less than half   that        ``measured_reference``
likely with the factors
measured in reference models alone, and outweighed; or no    unknown     ``measured_reference``
change on one data set, and no factor is moved or none lean
measured in reference models alone, no change on one data    that        ``derived_active`` or
set, and the factors make a direction likely all the same                ``derived_passive``
nothing published, and the factors lean one way              that        ``derived_active`` or
                                                                         ``derived_passive``
nothing published, and the factors lean otherwise, or lean   depends     the same
at all, under conditions not stated
nothing published, and the factors do not lean               unknown     the same
no path and no observation                                   unknown     ``none``
===========================================================  ==========  ====================

*Works that apply* are those without conditions and those whose conditions the scenario states. The
more of its statements a finding matches, the earlier it decides: one about just this case overrules
a general one, and what was measured in your own models comes before all.

*Works under conditions that were not stated* never decide silently. What they say otherwise is
listed in `depends_on`, and the sentence says *unless*. They count in the number of works that say
the same. They and the factors outweigh the works that apply if they make another direction the
likelier one; it is enough that the direction is not likely if as many of them say the opposite.

*Measurements in reference models* are one work of ours, however many data sets they are of, and
stand in these rows as such (`predictor.evidence.pooled`); on one data set alone they are like a
conjecture. They outweigh nothing by themselves, and are named apart wherever they count. Where they
are not heard (`predictor.evidence.heard`), they only move the likelihood.

A direction is *likely* from `LIKELY` on. A work that itself reports both ways says ``depends``.
Works that only conjecture, and records that were inferred, replicate nothing, and are not heard
where others have a result.

Factors *lean* if the model's probability is farther than `UNDECIDED` from one half; within that,
the guideline's conjecture counts unless the model leans against it. A direction is
``derived_active`` if two active factors agree on it, or one has no active opponent; else it is
``derived_passive``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .evidence import (
    ENOUGH,
    MAJORITY,
    Evidence,
    Finding,
    Outcome,
    heard,
    outcomes,
    said,
    voices_of,
    vote,
    work_of,
)
from .guideline import Conjecture, Path, conclude
from .likelihood import Likelihoods, increase, no_change
from .scenarios import meets
from .signs import Sign

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from .interactions import Prediction

__all__ = [
    "LIKELY",
    "UNDECIDED",
    "Dependence",
    "Expect",
    "Expected",
    "Grade",
    "expected",
    "leaning",
]

Expect = Literal["increase", "decrease", "no_change", "depends", "unknown"]
Grade = Literal[
    "measured_here",
    "replicated",
    "published_once",
    "measured_reference",
    "disputed",
    "derived_active",
    "derived_passive",
    "none",
]

LIKELY: Final = 0.6
"""How likely a direction must be to be expected although works disagree."""

UNDECIDED: Final = 0.05
"""How far from one half the model's probability must be for the factors to lean."""

_OPPOSITE: Final[Mapping[str, Outcome]] = {"increase": "decrease", "decrease": "increase"}
_SIGNS: Final[Mapping[str, Sign]] = {"increase": "+", "decrease": "-"}


class Dependence(NamedTuple):
    """What happens under conditions that were not stated.

    Attributes
    ----------
    when : mapping from str to str
        The conditions, those that were stated left out.
    effect : str
        ``increase``, ``decrease``, ``no_change`` or ``mixed``.
    works : tuple of str
        Ids of the works that saw it.
    """

    when: Mapping[str, str]
    effect: str
    works: tuple[str, ...]


class Expected(NamedTuple):
    """What is expected, by the table above.

    Attributes
    ----------
    expect : str
        ``increase``, ``decrease``, ``no_change``, ``depends`` or ``unknown``.
    grade : str
        How well established that is.
    rise, still : float or None
        How likely an increase and no change are by all that is known, from 0 to 1; None without
        any evidence. What is not heard decides nothing, and moves these all the same.
    depends_on : tuple of Dependence
        What is seen or expected otherwise under conditions that were not stated.
    dissent : tuple of tuple
        Works that apply and say otherwise, each with its effect.
    """

    expect: Expect
    grade: Grade
    rise: float | None
    still: float | None
    depends_on: tuple[Dependence, ...]
    dissent: tuple[tuple[str, str], ...]


def expected(
    kb: KnowledgeBase,
    model: Likelihoods,
    prediction: Prediction,
    moved: Sequence[Path],
    seen: Evidence,
) -> Expected:
    """Return what is expected of a prediction's pair.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that the prediction was made with.
    model : Likelihoods
        That of the base, or one that forgets a work.
    prediction : Prediction
        See `predictor.interactions.predict`.
    moved : sequence of Path
        Those of its paths that the defense moves and that stand by the model.
    seen : Evidence
        See `predictor.evidence.evidence`.
    """
    telling = heard(seen)
    pair = (prediction.defense, prediction.risk)
    own = tuple(path for path in moved if not path.conditional)
    by_factors = model.by_factors(*pair, own, prediction.intended)
    unchanged = model.unchanged(*pair)
    rise, still = increase(by_factors, telling), no_change(unchanged, telling)
    cases: tuple[Dependence, ...] | None = None
    if seen.any and not (moved and _slight(telling)):
        expect, grade = _by_publications(telling, rise, still)
    elif not moved:
        return Expected("unknown", "none", None, None, (), ())
    elif seen.any and max(rise, 1 - rise) < LIKELY:
        expect, grade = "unknown", "measured_reference"
    else:
        expect = leaning(rise, conclude(own)[0])
        grade = _derived(own, expect)
        cases = _conditional(kb, model, prediction, moved, expect)
        expect = "depends" if cases else expect
    applying = outcomes(telling.tiers[-1]) if telling.tiers else {}
    return Expected(
        expect,
        grade,
        increase(by_factors, seen),
        no_change(unchanged, seen),
        _depends_on(telling.open, expect) if cases is None else cases,
        tuple((work, effect) for work, effect in applying.items() if effect != expect),
    )


def _by_publications(seen: Evidence, rise: float, still: float) -> tuple[Expect, Grade]:
    """Return what publications and measurements let expect, and how well established it is.

    `rise` and `still` are how likely an increase and no change are, from 0 to 1.
    """
    deciding = seen.tiers[-1] if seen.tiers else seen.open
    effect, disagree = vote(voices_of(deciding) if seen.tiers else said(seen.open))
    expect: Expect | None = "depends" if effect == "mixed" else effect
    apart = disagree and not seen.tiers  # by conditions, so that no majority settles it
    if expect is not None and not apart and not _outweighed(seen, deciding, expect, rise, still):
        if disagree:
            return expect, "disputed"
        return expect, "measured_here" if deciding is seen.measured else _number(seen, expect)
    likelier: Literal["increase", "decrease"] = "increase" if rise > 0.5 else "decrease"
    applying = () if not seen.tiers or _only_conjectured(seen, deciding) else deciding
    everyone = voices_of((*applying, *seen.open)) if applying else said(seen.open)
    agree, of = everyone.count(likelier), len(everyone)
    most = agree >= MAJORITY * of - 1e-9 and of >= ENOUGH
    contrary = bool(applying) or _OPPOSITE[likelier] in everyone
    if max(rise, 1 - rise) >= LIKELY and (most if contrary else agree * 2 >= of):
        return likelier, "disputed" if seen.tiers else _number(seen, likelier)
    if disagree and seen.tiers:
        return "depends", "disputed"
    if all(each.data for each in (*deciding, *seen.open)):
        return "unknown", "measured_reference"
    return "depends", _weaker_side((*deciding, *seen.open))


def _slight(seen: Evidence) -> bool:
    """Say whether all there is was measured in reference models: no change, on one data set."""
    found = (*(each for tier in seen.tiers for each in tier), *seen.open)
    return bool(found) and all(
        each.data and not each.firm and each.effect == "no_change" for each in found
    )


def _outweighed(
    seen: Evidence, deciding: Sequence[Finding], expect: Expect, rise: float, still: float
) -> bool:
    """Say whether works under conditions not stated, or factors, outweigh those that decide."""
    if deciding is seen.measured:
        return False
    if _only_conjectured(seen, deciding) and set(said(seen.open)) != {expect}:
        return True
    if expect == "no_change":
        return still < 0.5 or (not seen.specific and max(rise, 1 - rise) >= LIKELY)
    if expect not in _OPPOSITE:
        return False
    against = rise if expect == "decrease" else 1 - rise
    opposed = said(seen.open).count(_OPPOSITE[expect])
    if seen.tiers and not seen.specific and opposed >= len(voices_of(deciding)):
        return against > 1 - LIKELY
    return against > 0.5


def _only_conjectured(seen: Evidence, deciding: Sequence[Finding]) -> bool:
    """Say whether those that decide only conjecture, where others have a result."""
    conjectured = not any(each.firm for each in deciding)
    return conjectured and any(each.firm for each in seen.open)


def _number(seen: Evidence, expect: Expect) -> Grade:
    """Grade findings that agree: by how many works saw it, whatever conditions they take."""
    wanted = "mixed" if expect == "depends" else expect
    found = (*(each for tier in seen.tiers for each in tier), *seen.open)
    agreeing = [each for each in found if each.effect == wanted]
    firm = [each for each in agreeing if each.firm]
    if len({each.work for each in firm}) > 1:
        return "replicated"
    return _singly(firm or agreeing)


def _weaker_side(findings: Sequence[Finding]) -> Grade:
    """Grade a dependence: as well established as the side that the fewest works saw."""
    sides: dict[str, set[str]] = {}
    for each in findings:
        sides.setdefault(each.effect, set())
        if each.firm:
            sides[each.effect].add(each.work)
    if all(len(works) > 1 for works in sides.values()):
        return "replicated"
    return _singly(findings)


def _singly(findings: Iterable[Finding]) -> Grade:
    """Grade what rests on a single work: one that was published, or our own measurements alone."""
    ours = [bool(each.data) for each in findings]
    return "measured_reference" if ours and all(ours) else "published_once"


def leaning(
    probability: float, conjecture: Conjecture
) -> Literal["increase", "decrease", "unknown"]:
    """Return the direction that the factors let expect, by a probability and their conjecture."""
    if abs(probability - 0.5) > UNDECIDED:
        return "increase" if probability > 0.5 else "decrease"
    if conjecture == "increase" and probability >= 0.5:
        return "increase"
    return "decrease" if conjecture == "decrease" and probability <= 0.5 else "unknown"


def _derived(paths: Iterable[Path], expect: Expect) -> Grade:
    sign = _SIGNS.get(expect)
    active = Counter(path.effect for path in paths if path.dominant)
    agree = active[sign] if sign else 0
    oppose = active["+"] + active["-"] - agree
    return "derived_active" if agree > 1 or (agree and not oppose) else "derived_passive"


def _conditional(
    kb: KnowledgeBase,
    model: Likelihoods,
    prediction: Prediction,
    moved: Sequence[Path],
    expect: Expect,
) -> tuple[Dependence, ...]:
    """Return what the factors let expect otherwise once a condition of some paths is stated."""
    cases: list[Dependence] = []
    for when in dict.fromkeys(
        tuple(sorted((path.when or {}).items())) for path in moved if path.conditional
    ):
        taken = dict(when)
        stated = {**prediction.assumed.stated, **taken}
        met = [path for path in moved if path.conditional and meets(kb, stated, path.when)]
        then = [path._replace(conditional=False) for path in moved if path in met]
        then += [path for path in moved if not path.conditional]
        rise = model.by_factors(prediction.defense, prediction.risk, then, prediction.intended)
        then_expected = leaning(rise, conclude(then)[0])
        if then_expected != expect:
            effect: Outcome = "mixed" if then_expected == "unknown" else then_expected
            works = dict.fromkeys(work_of(source) for path in met for source in path.sources)
            cases.append(Dependence(taken, effect, tuple(works)))
    return tuple(cases)


def _depends_on(findings: Iterable[Finding], expect: Expect) -> tuple[Dependence, ...]:
    """Group what is seen otherwise under conditions that were not stated."""
    cases: dict[tuple[tuple[tuple[str, str], ...], str], list[str]] = {}
    for each in findings:
        if each.effect != expect:
            key = (tuple(sorted(each.unstated.items())), each.effect)
            cases.setdefault(key, []).append(each.work)
    return tuple(
        Dependence(dict(when), effect, tuple(dict.fromkeys(works)))
        for (when, effect), works in cases.items()
    )
