"""``combine``: whether defenses can be combined, in which order, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.predictor import conflicts
from crosscurrent.predictor.conflicts import Combined, outcome_of
from crosscurrent.predictor.joint_documents import combination_document, combinations_document
from crosscurrent.predictor.tensions import tensions as hints

from ..text.names import cite
from ..text.wording import TENSIONS
from .answer import Answer, Knowledge, knowledge_base
from .tables import Marked, Table

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Variant
    from crosscurrent.predictor import joint_document_types as shapes
    from crosscurrent.predictor.conflicts import Conflict, Repair
    from crosscurrent.predictor.tensions import Tension

__all__ = ["CombinationAnswer", "CombinationsAnswer", "combination_matrix", "combine", "ordered"]


@dataclass(frozen=True, repr=False)
class CombinationAnswer(Answer):
    """Whether defenses can be combined in one model.

    Attributes
    ----------
    combined : Combined
        The predictor's result; its main parts are attributes here as well.
    tensions : tuple of Tension
        Hints from the factor graph, where they were asked for; no verdict rests on them.
    """

    columns: ClassVar = ("finding", "earlier", "later", "risk", "inferred")

    combined: Combined
    tensions: tuple[Tension, ...] = ()

    @property
    def defenses(self) -> tuple[Variant, ...]:
        """The defenses, by stage."""
        return self.combined.defenses

    @property
    def effective(self) -> bool:
        """Whether some order has no conflict."""
        return self.combined.effective

    @property
    def orders(self) -> tuple[tuple[Variant, ...], ...]:
        """Orders without a conflict; empty if there is none."""
        return self.combined.orders

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Conflicts that no order avoids."""
        return self.combined.conflicts

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """The nearest sets of defenses that can be combined, if there is a conflict."""
        return self.combined.repairs

    @property
    def observations(self) -> tuple[Combination, ...]:
        """What was published or measured for these defenses or some of them."""
        return self.combined.observations

    def to_dict(self) -> shapes.Combination:
        """Return the document of ``crosscurrent combine --json``."""
        return combination_document(self.combined, self.tensions)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for finding, found in (("conflict", self.conflicts), ("avoid", self.combined.avoid)):
            for each in found:
                yield finding, each.earlier.id, each.later.id, each.risk, each.inferred

    def _heading(self) -> str:
        verdict = "can be combined" if self.effective else "conflict"
        return f"{' + '.join(variant.id for variant in self.defenses)}: {verdict}"

    def _tables(self) -> Sequence[Table]:
        combined = self.combined
        pairs = ("earlier", "uses", "later", "")
        shown: list[tuple[str, Sequence[str], list[tuple[str, ...]]]] = [
            ("Orders that work", ("order",), [(ordered(each),) for each in self.orders]),
            (
                "Conflicts: the later defense mitigates what the earlier one uses",
                pairs,
                list(map(self._conflict, combined.conflicts)),
            ),
            ("Avoided by these orders", pairs, list(map(self._conflict, combined.avoid))),
            (
                "Not avoided, though not between neighbours: doubtful",
                pairs,
                list(map(self._conflict, combined.overlooked)),
            ),
            ("Nearest repairs", ("change", "then"), list(map(self._repair, self.repairs))),
            ("Tensions (hints only)", ("defenses", "why"), list(map(self._tension, self.tensions))),
            *(
                (caption, ("outcome", "defenses", "sources"), list(map(self._seen, seen)))
                for caption, seen in (
                    ("Published", combined.published),
                    ("Measured", combined.measured),
                )
            ),
        ]
        return [Table(*each) for each in shown if each[2]]

    def _conflict(self, each: Conflict) -> tuple[str, ...]:
        risk = self.kb.risks[each.risk].name.lower()
        return each.earlier.id, risk, each.later.id, "inferred" * each.inferred

    def _repair(self, each: Repair) -> tuple[str, ...]:
        changes = [
            f"{old.id} → {new.id}" if new else f"drop {old.id}" for _, old, new in each.changes
        ]
        lost = f"; uncovered: {', '.join(each.uncovered)}" if each.uncovered else ""
        return ", ".join(changes), ordered(each.defenses) + lost

    def _tension(self, each: Tension) -> tuple[str, ...]:
        subject = self.kb.factors.get(each.subject) or self.kb.risks[each.subject]
        why = TENSIONS[each.mechanism].format(subject=subject.name.lower())
        return f"{each.one}, {each.other}", why

    def _seen(self, each: Combination) -> tuple[str, ...]:
        works = cite(self.kb, each.sources or each.stated_in)
        return outcome_of(each), each.provenance, " + ".join(each.defenses), works

    def _notes(self) -> Sequence[str]:
        notes = ["! measured otherwise"] * bool(self.combined.measured_otherwise)
        notes += ["there are further orders"] * self.combined.more_orders
        notes += ["the search for repairs was not finished"] * self.combined.repairs_cut
        return notes


@dataclass(frozen=True, repr=False)
class CombinationsAnswer(Answer):
    """Every two variants of different defenses.

    Attributes
    ----------
    combinations : tuple of Combined
        One for each pair.
    """

    columns: ClassVar = ("one", "other", "effective", "order", "risks", "published", "measured")

    combinations: tuple[Combined, ...]

    def to_dict(self) -> shapes.Combinations:
        """Return the document of ``crosscurrent matrix combinations --json``."""
        return combinations_document(self.combinations, self.knowledge)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.combinations:
            one, other = (variant.id for variant in each.defenses)
            order = tuple(variant.id for variant in each.orders[0]) if each.orders else ()
            risks = tuple(dict.fromkeys(c.risk for c in (*each.conflicts, *each.avoid)))
            seen = (
                tuple(dict.fromkeys(map(outcome_of, records)))
                for records in (each.published, each.measured)
            )
            yield one, other, each.effective, order, risks, *seen

    def _heading(self) -> str:
        effective = sum(each.effective for each in self.combinations)
        return f"{effective} of {len(self.combinations)} pairs of defenses can be combined"

    def _tables(self) -> Sequence[Table]:
        head = ("defenses", "verdict", "order", "because of", "published", "measured")
        rows = [
            (
                f"{one} + {other}",
                Marked("o effective", "decrease") if works else Marked("× conflict", "increase"),
                " → ".join(order),
                ", ".join(risks),
                ", ".join(published) or "unexplored",
                ", ".join(own),
            )
            for one, other, works, order, risks, published, own in self._records()
        ]
        return [Table("", head, rows)]


def combine(
    *defenses: str, tensions: bool = False, knowledge: Knowledge = None
) -> CombinationAnswer:
    """Say whether defenses can be combined in one model.

    Parameters
    ----------
    *defenses : str
        Two or more, by id, code or alias, each with an optional stage: ``watermarking@pre``.
    tensions : bool
        Whether hints from the factor graph are wanted; they foretell conflicts poorly.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such defense.
    InputError
        If a defense has no variant at that stage, is given twice, or stands alone.

    Examples
    --------
    >>> answer = combine("watermarking@pre", "outlier_removal@in")
    >>> answer.effective, [conflict.risk for conflict in answer.conflicts]
    (False, ['poisoning'])
    """
    kb = knowledge_base(knowledge)
    combined = conflicts.combine(kb, defenses)
    return CombinationAnswer(kb, combined, hints(kb, combined.defenses) if tensions else ())


def combination_matrix(kb: KnowledgeBase) -> CombinationsAnswer:
    """Combine every two variants of different defenses."""
    return CombinationsAnswer(kb, conflicts.combine_all(kb))


def ordered(variants: Iterable[Variant]) -> str:
    """Write an order of defenses."""
    return " → ".join(variant.id for variant in variants)
