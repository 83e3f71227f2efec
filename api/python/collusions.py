"""``collude``: which attacks amplify which, chains of them, and what breaks those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, overload

from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor import collusion as engine
from crosscurrent.predictor import joint_documents as documents
from crosscurrent.predictor.chains import Breaker, Chains, breakers
from crosscurrent.predictor.collusion import Adversaries, Colluded, adversaries

from ..answers import collusions as answers
from ..text import collusions as colluding
from ..text.names import cite
from .answer import Answer, Knowledge, knowledge_base
from .tables import Cell, Marked, Table

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = [
    "ChainsAnswer",
    "CollusionsAnswer",
    "SequenceAnswer",
    "collude",
    "collusion_matrix",
]

_SHADES = {
    "amplifies": ("▲", "increase"),
    "hinders": ("▼", "decrease"),
    "inconclusive": ("?", "unknown"),
    "unnecessary": ("±", "contested"),
}
_COLUMNS = (
    "first", "second", "verdict", "potential", "holds", "factors", "published", "measured",
    "out_of_reach",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class CollusionsAnswer(Answer):
    """Pairs of attacks, each judged by itself.

    Attributes
    ----------
    collusions : tuple of Colluded
        The predictor's result for each pair.
    adversaries : Adversaries or None
        What is assumed of the two adversaries; None where nothing can be.
    """

    columns: ClassVar = _COLUMNS

    collusions: tuple[Colluded, ...]
    adversaries: Adversaries | None

    def to_dict(self) -> shapes.Collusions | shapes.CollusionMatrix:
        """Return the document of ``crosscurrent collude --json``, or of ``matrix collusions``."""
        if self.adversaries is None:
            return documents.collusion_matrix_document(self.collusions, self.knowledge)
        return documents.collusions_document(self.collusions, self.knowledge, self.adversaries)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        return map(_record, self.collusions)

    def _heading(self) -> str:
        holding = sum(each.holds for each in self.collusions)
        return f"{holding} of {len(self.collusions)} pairs: the first attack amplifies the second"

    def _tables(self) -> Sequence[Table]:
        return [_overview(self.collusions)]


@dataclass(frozen=True, repr=False)
class SequenceAnswer(Answer):
    """Two or more attacks in a row, judged link by link.

    Attributes
    ----------
    links : tuple of Colluded
        The predictor's result for each two in a row.
    breakers : tuple of tuple of Breaker
        For each link, the defenses that break it, weaken it or may deter it.
    adversaries : Adversaries
        What is assumed of the two adversaries of each link.
    """

    columns: ClassVar = _COLUMNS

    links: tuple[Colluded, ...]
    breakers: tuple[tuple[Breaker, ...], ...]
    adversaries: Adversaries

    @property
    def amplifies(self) -> bool:
        """Whether every attack amplifies the next, all within reach."""
        return all(link.holds for link in self.links)

    def to_dict(self) -> shapes.Collusion | shapes.CollusionSequence:
        """Return the document of ``crosscurrent collude FIRST SECOND ... --json``."""
        if len(self.links) == 1:
            return documents.collusion_document(self.links[0], self.breakers[0], self.adversaries)
        return documents.sequence_document(self.links, self.breakers, self.adversaries)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        return map(_record, self.links)

    def _heading(self) -> str:
        names = [self.links[0].first.name, *(link.second.name for link in self.links)]
        if len(self.links) == 1:
            return f"{' → '.join(names)}: {self.links[0].verdict}"
        return f"{' → '.join(names)}: {'holds' if self.amplifies else 'does not hold'}"

    def _tables(self) -> Sequence[Table]:
        tables = [_overview(self.links)]
        for link, breaking in zip(self.links, self.breakers, strict=True):
            names = f"{link.first.id} → {link.second.id}"
            if link.factors:
                head = ("factor", "", "there anyway", "sources")
                rows = [
                    (each.factor.name, each.factor.code or "", each.satisfied,
                     cite(self.kb, each.sources))
                    for each in link.factors
                ]  # fmt: skip
                tables.append(Table(f"{names}: common factors", head, rows))
            if link.holds and breaking:
                caption = f"{names}: what works against it"
                against = [self._breaker(link, each) for each in breaking]
                tables.append(Table(caption, ("defense", "how", "price"), against))
        return tables

    def _breaker(self, link: Colluded, each: Breaker) -> tuple[str, ...]:
        ground = each.ground.ground if each.ground else None
        how = colluding.way(each.how, self._names(each.factors), ground, whole=each.whole)
        raised = {e.risk: self.kb.risks[e.risk].code or e.risk for e in each.raises}
        second = link.second.risk if each.backfires else None
        return each.defense.id, how, colluding.price(self._names(each.helps), raised, second)

    def _names(self, factors: Iterable[str]) -> str:
        return ", ".join(self.kb.factors[name].name.lower() for name in factors)

    def _notes(self) -> Sequence[str]:
        return [
            f"{link.first.id} → {link.second.id}: {colluding.shortfall(*each)}"
            for link in self.links
            for each in link.shortfalls
        ]


@dataclass(frozen=True, repr=False)
class ChainsAnswer(Answer):
    """Chains of attacks that end in one, those best shown first.

    Attributes
    ----------
    found : Chains
        The predictor's result.
    adversaries : Adversaries
        What is assumed of the two adversaries of each link.
    """

    columns: ClassVar = ("chain", "link", *_COLUMNS)

    found: Chains
    adversaries: Adversaries

    def to_dict(self) -> shapes.Chains:
        """Return the document of ``crosscurrent collude --target RISK --json``."""
        breaking = [[breakers(self.kb, link) for link in each.links] for each in self.found.chains]
        return documents.chains_document(self.found, self.adversaries, breaking)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for number, chain in enumerate(self.found.chains, 1):
            for place, link in enumerate(chain.links, 1):
                yield number, place, *_record(link)

    def _heading(self) -> str:
        start = f" from {self.found.first.name.lower()}" if self.found.first else ""
        many = "" if self.found.complete else "more than "
        chains = f"{many}{self.found.found}, the best {len(self.found.chains)}"
        return f"Chains{start} to {self.found.target.name.lower()}: {chains}"

    def _tables(self) -> Sequence[Table]:
        if not self.found.chains:
            return []
        head = ("", "attacks", "unproven links", "reduced links")
        rows = [
            (str(number), " → ".join(attack.id for attack in each.attacks), str(each.unproven),
             str(each.reduced))
            for number, each in enumerate(self.found.chains, 1)
        ]  # fmt: skip
        return [Table("", head, rows)]

    def _notes(self) -> Sequence[str]:
        if self.found.chains:
            return ["unproven links were neither published nor measured"]
        needs = ", ".join(
            self.kb.factors[name].name.lower()
            for name in self.kb.prerequisites_of(self.found.target.id)
        )
        first = self.found.first.name if self.found.first else None
        return [colluding.no_chain(self.found.obstacle, first, needs)]


@overload
def collude(
    *,
    target: None = None,
    adversary: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> CollusionsAnswer: ...
@overload
def collude(
    attack: str,
    /,
    *,
    target: None = None,
    adversary: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> CollusionsAnswer: ...
@overload
def collude(
    first: str,
    second: str,
    /,
    *more: str,
    target: None = None,
    adversary: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> SequenceAnswer: ...
@overload
def collude(
    *attacks: str,
    target: str,
    limit: int | None = None,
    adversary: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> ChainsAnswer: ...
def collude(
    *attacks: str,
    target: str | None = None,
    limit: int | None = None,
    adversary: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> CollusionsAnswer | SequenceAnswer | ChainsAnswer:
    """Say which attacks amplify which.

    Parameters
    ----------
    *attacks : str
        Ids, codes or aliases, or those of the risks. None: all pairs; one: against all others; two
        or more: link by link. With a target at most one, the first of the chains.
    target : str, optional
        The attack that chains end in.
    limit : int, optional
        Chains to list, by default 5; all are counted.
    adversary : mapping from str to str, optional
        Values by characteristic, of the second adversary or, with the prefix ``first.``, of the
        first.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such attack, characteristic or value.
    InputError
        If an attack is given twice, more than one with a target, or a limit without one.

    Examples
    --------
    >>> answer = collude("poisoning", "membership_inference")
    >>> answer.amplifies, [link.factor.id for link in answer.links[0].factors]
    (True, ['tail_length'])
    """
    kb = knowledge_base(knowledge)
    assumed = adversaries(kb, adversary or {})
    if target is not None:
        if len(attacks) > 1:
            raise InputError("with a target give at most one attack: the first of the chains")
        first = attacks[0] if attacks else None
        return ChainsAnswer(kb, answers.search(kb, target, first, assumed, limit), assumed)
    if limit is not None:
        raise InputError("a limit counts chains: name the attack that they end in as target")
    if len(attacks) < 2:
        found = answers.pairs(kb, attacks[0] if attacks else None, assumed)
        return CollusionsAnswer(kb, tuple(found), assumed)
    links = tuple(answers.links(kb, attacks, assumed))
    return SequenceAnswer(kb, links, tuple(breakers(kb, link) for link in links), assumed)


def collusion_matrix(kb: KnowledgeBase) -> CollusionsAnswer:
    """Judge every attack against every other, whoever the adversaries are."""
    rows = engine.collude_all(kb)
    return CollusionsAnswer(kb, tuple(each for row in rows for each in row if each), None)


def _overview(collusions: Iterable[Colluded]) -> Table:
    head = ("first", "second", "verdict", "published", "measured", "by")
    return Table("", head, [_row(each) for each in collusions])


def _row(each: Colluded) -> Sequence[Cell]:
    sign, effect = _SHADES[each.verdict]
    reduced = ", reduced" if each.potential == "reduced" else ""
    beyond = "; out of reach" * each.out_of_reach
    by = ", ".join(link.factor.name.lower() for link in each.unmet or each.factors)
    verdict = Marked(f"{sign} {each.verdict}{reduced}{beyond}", effect)
    seen = (each.published or "unexplored", each.measured)
    return each.first.name, each.second.name, verdict, *seen, by or "-"


def _record(each: Colluded) -> tuple[Any, ...]:
    return (
        each.first.id,
        each.second.id,
        each.verdict,
        each.potential,
        each.holds,
        tuple(link.factor.id for link in each.factors),
        each.published,
        each.measured,
        each.out_of_reach,
    )
