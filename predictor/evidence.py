"""Evidence on one pair: what each work says of it, and where that holds.

A record of the knowledge base may cite several works, and a work may stand behind several records.
What counts here is works: each has one voice in a pair, however many of its records there are.

Tables that were measured in reference models, the third layer of what is built in, are one work,
however many data sets they are of: all are by the same program, attacks and models. On one data
set it weighs as little as a conjecture, and like one it is not heard where others have a result (no
change on it is not even where others conjecture); on two or more that agree it is a result like any
other (`pooled`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from .scenarios import Scenario, meets

if TYPE_CHECKING:
    from crosscurrent.knowledge import ExceptionRecord, KnowledgeBase, Observation

    from .interactions import Prediction

__all__ = [
    "ENOUGH",
    "MAJORITY",
    "OUTCOMES",
    "RISE",
    "Evidence",
    "Finding",
    "Outcome",
    "evidence",
    "heard",
    "majority",
    "outcomes",
    "pooled",
    "said",
    "voices_of",
    "vote",
    "weighed",
    "work_of",
]

Outcome = Literal["increase", "decrease", "no_change", "mixed"]

OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {name: name for name in get_args(Outcome)}
)
"""The outcomes that a work can report, by their names."""

RISE: Final[Mapping[str, float]] = MappingProxyType(
    {"increase": 1.0, "decrease": 0.0, "no_change": 0.5, "mixed": 0.5}
)
"""What an outcome counts toward an increase."""

MAJORITY: Final = 2 / 3
"""The share that must say the same to decide where not all do."""

ENOUGH: Final = 3
"""As many must there be before a majority decides."""

_REPLICATED: Final = 2
"""As many data sets must agree before measurements in reference models are a result."""

_UNCONDITIONAL: Final[Mapping[str, str]] = MappingProxyType({})


class Finding(NamedTuple):
    """What one work says of a pair in one record.

    Attributes
    ----------
    work : str
        Id of the reference; the record's own id where it names none.
    effect : str
        ``increase``, ``decrease``, ``no_change`` or ``mixed``.
    unstated : mapping from str to str
        Conditions that it takes and the scenario leaves open; empty if it applies.
    matched : int
        How many conditions the scenario states just as it takes them: the more there are, the
        more exactly the finding is about what was asked.
    firm : bool
        Whether it is a result: neither conjectured nor inferred, nor measured in reference models
        on one data set alone.
    data : tuple of str
        The data sets that it was measured on in reference models; empty if it was published.
    """

    work: str
    effect: Outcome
    unstated: Mapping[str, str]
    matched: int
    firm: bool
    data: tuple[str, ...] = ()


class Evidence(NamedTuple):
    """What was published or measured for one pair, by how far it is about what was asked.

    Attributes
    ----------
    general : tuple of Finding
        Published findings that apply and are about no stated condition.
    open : tuple of Finding
        Published findings that take conditions which the scenario does not state.
    specific : tuple of tuple of Finding
        Published findings under the stated conditions, those that match the fewest first.
    measured : tuple of Finding
        What was measured in the user's own models and applies.
    elsewhere : mapping from str to tuple of Finding
        Published findings on the same defense at another stage, by stage.
    tables : tuple of Finding
        What was measured in reference models, whether it applies or takes conditions that are not
        stated; a finding for each data set.
    """

    general: tuple[Finding, ...]
    open: tuple[Finding, ...]
    specific: tuple[tuple[Finding, ...], ...]
    measured: tuple[Finding, ...]
    elsewhere: Mapping[str, tuple[Finding, ...]]
    tables: tuple[Finding, ...] = ()

    @property
    def tiers(self) -> tuple[tuple[Finding, ...], ...]:
        """All findings that apply, the least specific first; none of the tiers is empty."""
        tiers = (self.general, *self.specific, self.measured)
        return tuple(tier for tier in tiers if tier)

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.open or self.tiers or self.tables)


NO_EVIDENCE: Final = Evidence((), (), (), (), MappingProxyType({}))


def evidence(kb: KnowledgeBase, prediction: Prediction, forgetting: str | None = None) -> Evidence:
    """Return what is known of a prediction's pair, sorted by where it holds.

    A finding whose conditions are contradicted is left out, and so is one that a stated exception
    overrules. Conditions that the sources of an exception do not state tell nobody when it holds:
    it counts as a finding that disagrees.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that the prediction was made with.
    prediction : Prediction
        See `predictor.interactions.predict`.
    forgetting : str, optional
        Id of a work that is taken never to have appeared.
    """
    elsewhere = _elsewhere(kb, prediction, forgetting)
    if not prediction.observations and not prediction.exceptions:
        return NO_EVIDENCE._replace(elsewhere=elsewhere) if elsewhere else NO_EVIDENCE
    assumed = prediction.assumed
    published: list[Finding] = []
    measured: list[Finding] = []
    tables: list[Finding] = []
    for seen in prediction.observations:
        record = seen.record
        if not seen.applies and _overruled(kb, assumed, record, forgetting):
            continue
        found = _findings(kb, assumed, record, record.effect, record.id, firm=_firm(record))
        if record.table is not None:
            data = (record.table.dataset,)
            tables += (each._replace(firm=False, data=data) for each in found)
        elif record.measured:
            measured += (each for each in found if not each.unstated)
        else:
            published += found
    for exception in prediction.exceptions:
        if exception.applies is not False and exception.provenance == "published":
            noted = exception.record
            published += _findings(kb, assumed, noted, noted.effect, noted.effect, firm=True)
    if forgetting is not None:
        published = [each for each in published if each.work != forgetting]
    return _sorted(Evidence((), (), (), tuple(measured), elsewhere, tuple(tables)), published)


def _sorted(seen: Evidence, findings: Sequence[Finding]) -> Evidence:
    """Return the evidence with findings where they belong, by how far each is what was asked."""
    applying = [each for each in findings if not each.unstated]
    degrees = sorted({each.matched for each in applying if each.matched})
    return seen._replace(
        general=tuple(each for each in applying if not each.matched),
        open=tuple(each for each in findings if each.unstated),
        specific=tuple(tuple(e for e in applying if e.matched == degree) for degree in degrees),
    )


def weighed(seen: Evidence) -> Evidence:
    """Return the evidence with what was measured in reference models among the publications.

    That is what the likelihood is worked out of, where each finding has its weight.
    """
    if not seen.tables:
        return seen
    published = (*seen.general, *seen.open, *(each for tier in seen.specific for each in tier))
    return _sorted(seen, (*published, *pooled(seen.tables)))


def heard(seen: Evidence) -> Evidence:
    """Return the evidence that decides what is expected: as `weighed`, but for what is not heard.

    What was measured on one data set alone is not heard where others have a result, and no change
    on it is not heard where anything was published. No tables are left beside what is returned.
    """
    if not seen.tables:
        return seen
    together = weighed(seen)._replace(tables=())
    every = (*together.general, *together.open, *(each for t in together.specific for each in t))
    if all(each.data for each in every):
        return together
    result = any(each.firm for each in every)
    return _sorted(
        together,
        [
            each
            for each in every
            if each.firm or not each.data or not (result or each.effect == "no_change")
        ],
    )


def pooled(tables: Sequence[Finding]) -> list[Finding]:
    """Return one finding for each work and condition of what was measured in reference models.

    Its effect is that of all data sets, or of two thirds of three or more, and ``mixed`` where they
    part. It is a result, and firm, if two or more agree on it.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for each in tables:
        key = (each.work, tuple(sorted(each.unstated.items())), each.matched)
        groups.setdefault(key, []).append(each)
    found: list[Finding] = []
    for own in groups.values():
        by_data = outcomes(each._replace(work=each.data[0]) for each in own)
        effect, agree = majority(list(by_data.values()))
        found.append(
            own[0]._replace(
                effect="mixed" if effect is None else effect,
                firm=effect is not None and agree >= _REPLICATED,
                data=tuple(by_data),
            )
        )
    return found


def majority(effects: Sequence[Outcome]) -> tuple[Outcome | None, int]:
    """Return the effect that all say, or two thirds of three or more, and how many say it.

    None if there is no such effect.
    """
    effect, most = Counter(effects).most_common(1)[0]
    alike = most == len(effects)
    if alike or (len(effects) >= ENOUGH and most >= MAJORITY * len(effects) - 1e-9):
        return effect, most
    return None, most


def vote(effects: Sequence[Outcome]) -> tuple[Outcome | None, bool]:
    """Weigh works that apply alike: all of them, or two thirds of at least three, decide.

    Returns
    -------
    tuple
        What they say, None if they leave it open; and whether they disagree.
    """
    effect, most = majority(effects)
    if effect is None:
        return None, True
    return effect, most < len(effects) and not set(effects) <= {effect, "mixed"}


def voices_of(findings: Iterable[Finding]) -> list[Outcome]:
    """Return what each work says; those that only conjecture count where no other is."""
    found = tuple(findings)
    firm = [each for each in found if each.firm]
    return said(firm or found)


def said(findings: Iterable[Finding]) -> list[Outcome]:
    """Return what each work says, conjectured or not."""
    return [*outcomes(findings).values()]


def outcomes(findings: Iterable[Finding]) -> dict[str, Outcome]:
    """Return one outcome for each work: ``mixed`` where it reports several."""
    seen: dict[str, Outcome] = {}
    for each in findings:
        before = seen.setdefault(each.work, each.effect)
        if before != each.effect:
            seen[each.work] = "mixed"
    return seen


def work_of(source: str) -> str:
    """Return the id of the reference that a source names, without the place in it."""
    return source.partition("#")[0]


def _elsewhere(
    kb: KnowledgeBase, prediction: Prediction, forgetting: str | None
) -> dict[str, tuple[Finding, ...]]:
    """Return what was published of the same defense at other stages."""
    pair = (prediction.defense, prediction.risk)
    usual = kb.defenses[prediction.defense].usual_stage
    asked = prediction.stage or usual
    found: dict[str, tuple[Finding, ...]] = {}
    for record in kb.observed_at_any_stage(*pair):
        stage = record.stage or usual
        if record.measured or stage in (None, asked):
            continue
        own = _findings(
            kb, prediction.assumed, record, record.effect, record.id, firm=_firm(record)
        )
        told = tuple(each for each in own if each.work != forgetting)
        if told:
            found[stage] = (*found.get(stage, ()), *told)
    return found


def _overruled(
    kb: KnowledgeBase, assumed: Scenario, record: Observation, forgetting: str | None
) -> bool:
    return any(
        meets(kb, assumed.stated, exception.when)
        for exception in record.exceptions
        if any(work_of(source) != forgetting for source in exception.sources)
    )


def _firm(record: Observation) -> bool:
    return record.measured or (record.kind != "conjectured" and record.basis != "inferred")


def _findings(
    kb: KnowledgeBase,
    assumed: Scenario,
    record: Observation | ExceptionRecord,
    effect: str,
    identity: str,
    *,
    firm: bool,
) -> list[Finding]:
    """Return a record's finding once for each work behind it; nothing if it does not hold."""
    outcome = OUTCOMES.get(effect)
    if outcome is None:
        return []
    when, stated = record.when, assumed.stated
    unstated, matched = _UNCONDITIONAL, 0
    if when:
        held = meets(kb, stated, when)
        if held is False:
            return []
        if held is None:
            unstated = {key: value for key, value in when.items() if key not in stated}
        if stated:
            matched = sum(stated.get(key) == value for key, value in when.items())
    works: Sequence[str] = [work_of(source) for source in record.sources] or [identity]
    return [Finding(work, outcome, unstated, matched, firm) for work in dict.fromkeys(works)]
