"""``combine``: whether defenses can be combined, in which order, and if not, why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.predictor import conflicts
from crosscurrent.predictor.conflicts import Combined, outcome_of
from crosscurrent.predictor.joint_documents import combination_document, combinations_document
from crosscurrent.predictor.joint_outcomes import GRADES
from crosscurrent.predictor.tensions import tensions as hints

from ..text.combinations import after_tuning, outcome_words, why_not
from ..text.names import cite
from ..text.wording import GLYPHS, OUTCOME_SHADES, TENSIONS
from .answer import Answer, Knowledge, knowledge_base
from .tables import Marked, Table

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Variant
    from crosscurrent.predictor import joint_document_types as shapes
    from crosscurrent.predictor.conflicts import Conflict, Repair
    from crosscurrent.predictor.exclusions import Exclusion
    from crosscurrent.predictor.joint_outcomes import JointOutcome
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
    def outcome(self) -> JointOutcome:
        """What is to be expected of the defenses together."""
        return self.combined.outcome

    @property
    def trainable(self) -> bool:
        """Whether they can be trained together as they are."""
        return self.combined.trainable

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """Why they cannot be trained together as they are; empty if they can."""
        return self.combined.exclusions

    @property
    def effective(self) -> bool:
        """Whether by the rule some order has no conflict; nothing shows that they work together."""
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
        """The nearest sets of defenses that can be combined, if these cannot."""
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
        words = outcome_words(self.outcome, self.combined.grounds)
        return f"{' + '.join(variant.id for variant in self.defenses)}: {words}"

    def _tables(self) -> Sequence[Table]:
        combined = self.combined
        pairs = ("earlier", "uses", "later", "")
        shown: list[tuple[str, Sequence[str], list[tuple[str, ...]]]] = [
            (
                "Why they cannot be trained together",
                ("one", "other", "why"),
                list(map(self._exclusion, self.exclusions)),
            ),
            (
                "Orders without a conflict by the rule",
                ("order",),
                [(ordered(each),) for each in self.orders if self.trainable],
            ),
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

    def _exclusion(self, each: Exclusion) -> tuple[str, ...]:
        record = each.record
        instead = f"; instead: {record.remedy}" if record and record.remedy else ""
        return each.one.id, each.other.id, why_not(record.reason if record else None) + instead

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
        seen = after_tuning(each.outcome, each.tuned_outcome)
        seen += f", only if {each.works_if}" if each.works_if else ""
        seen += f", at the cost of {each.cost}" if each.cost else ""
        return seen, " + ".join(each.defenses), works

    def _notes(self) -> Sequence[str]:
        notes = ["! seen otherwise than the rule says"] * bool(self.combined.measured_otherwise)
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

    columns: ClassVar = (
        "one", "other", "effective", "order", "risks", "published", "measured", "outcome",
    )  # fmt: skip

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
            yield one, other, each.effective, order, risks, *seen, each.outcome

    def _heading(self) -> str:
        found = Counter(each.outcome for each in self.combinations)
        counts = ", ".join(
            f"{found[outcome]} {outcome.replace('_', ' ')}" for outcome in GRADES if found[outcome]
        )
        return f"{len(self.combinations)} pairs of defenses: {counts}"

    def _tables(self) -> Sequence[Table]:
        head = ("defenses", "verdict", "order", "because of", "published", "measured")
        rows = [
            (
                f"{one} + {other}",
                Marked(f"{GLYPHS[outcome]} {outcome.replace('_', ' ')}", OUTCOME_SHADES[outcome]),
                " → ".join(order),
                ", ".join(risks),
                ", ".join(published) or "unexplored",
                ", ".join(own),
            )
            for one, other, _, order, risks, published, own, outcome in self._records()
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
    >>> answer.outcome, [conflict.risk for conflict in answer.conflicts]
    ('conflict', ['poisoning'])
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
