"""``comply``: which defenses a standard asks for, and which of its requirements conflict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.predictor import compliance as engine
from crosscurrent.predictor.compliance import Compliance
from crosscurrent.predictor.compliance_documents import compliance_document

from ..text.compliance import (
    asked_of,
    danger_words,
    endangers,
    evidence_words,
    headline,
    joint_words,
    measured,
    order_words,
    repair_words,
    unanswered,
)
from ..text.compliance_report import markdown
from .answer import Answer, Knowledge, knowledge_base, listed
from .tables import Table

if TYPE_CHECKING:
    from crosscurrent.knowledge import Requirement, Standard, Variant
    from crosscurrent.predictor import compliance_document_types as shapes
    from crosscurrent.predictor.dangers import Danger
    from crosscurrent.predictor.joint_outcomes import JointOutcome
    from crosscurrent.predictor.requirement_repairs import RequirementRepair

__all__ = ["ComplianceAnswer", "comply"]


@dataclass(frozen=True, repr=False)
class ComplianceAnswer(Answer):
    """Which defenses a standard asks for, and which of its requirements endanger others.

    It says what is known of these defenses, as requirements are read here; it is no legal advice.

    Attributes
    ----------
    found : Compliance
        The predictor's result; its main parts are attributes here as well.
    """

    columns: ClassVar = (
        "kind", "by", "endangered", "mutual", "defenses", "risk", "known", "outcome", "works",
    )  # fmt: skip

    found: Compliance

    @property
    def standard(self) -> Standard:
        """The standard."""
        return self.found.standard

    @property
    def level(self) -> str | None:
        """The level; None if the standard has none."""
        return self.found.level

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The requirements of the level and of those below it."""
        return self.found.requirements

    @property
    def defenses(self) -> tuple[Variant, ...]:
        """All defenses, by stage: those that are taken, and those that are in place."""
        return self.found.defenses

    @property
    def outcome(self) -> JointOutcome | None:
        """What is to be expected of the defenses together; None for fewer than two."""
        return self.found.joint.outcome if self.found.joint else None

    @property
    def order(self) -> tuple[Variant, ...]:
        """The least harmful order."""
        return self.found.order

    @property
    def dangers(self) -> tuple[Danger, ...]:
        """Which requirements endanger which others."""
        return self.found.dangers

    @property
    def repairs(self) -> tuple[RequirementRepair, ...]:
        """What to change so that something better is to be expected, the fewest changes first."""
        return self.found.repairs

    def to_dict(self) -> shapes.Compliance:
        """Return the document of ``crosscurrent comply --json``."""
        return compliance_document(self.found)

    def to_markdown(self) -> str:
        """Return the document of ``crosscurrent comply --format markdown``."""
        return markdown(self.kb, self._document)

    @cached_property
    def _document(self) -> shapes.Compliance:
        return self.to_dict()

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.dangers:
            names = tuple(variant.id for variant in each.defenses)
            yield (
                each.kind,
                each.by,
                each.endangered,
                each.mutual,
                names,
                each.risk,
                each.known,
                each.outcome,
                each.works,
            )

    def _heading(self) -> str:
        return headline(self._document)

    def _tables(self) -> Sequence[Table]:
        document = self._document
        requirements = document["requirements"]
        together: list[tuple[str, ...]] = []
        together += [("together", ", ".join(joint_words(document)))] * (
            self.found.joint is not None
        )
        together += [("least harmful order", order_words(document))] * bool(self.order)
        shown: list[tuple[str, list[tuple[str, ...]]]] = [
            (
                "Asked for",
                [(each["number"], asked_of(each)) for each in requirements if each["defenses"]],
            ),
            ("All of them", together),
            (
                "Requirements that endanger others",
                [
                    (
                        endangers(document, each),
                        f"{danger_words(self.kb, each)} ({evidence_words(self.kb, each)})",
                    )
                    for each in document["dangers"]
                ],
            ),
            ("Repairs", [tuple(repair_words(document, each)) for each in document["repairs"]]),
            ("To be measured", list(measured(document))),
            (
                "Nothing that can be said here",
                [(", ".join(named), why) for why, named in unanswered(document).items()],
            ),
        ]
        return [Table(caption, ("", ""), rows) for caption, rows in shown if rows]

    def _notes(self) -> Sequence[str]:
        notes = [engine.NOTICE]
        notes += ["not all alternatives were compared"] * self.found.choices_cut
        notes += ["the search for repairs was not finished"] * self.found.repairs_cut
        return notes


def comply(
    standard: str,
    *,
    level: str | None = None,
    have: str | Iterable[str] = (),
    knowledge: Knowledge = None,
) -> ComplianceAnswer:
    """Say which defenses a standard asks for, and which of its requirements endanger others.

    Parameters
    ----------
    standard : str
        Id or alias of a standard, alone or followed by ``:`` and a level: ``AISVS:3``.
    level : str, optional
        The level, if it is not in the name. Without any, the most demanding one is meant.
    have : str or iterable of str
        Defenses that are in place, each with an optional stage. One that will do is taken for what
        is asked, and all count for what is to be expected together.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such standard or defense.
    InputError
        If the standard has no such level.

    Examples
    --------
    >>> answer = comply("AISVS:3")
    >>> answer.outcome, answer.dangers[0].by, answer.dangers[0].endangered
    ('conflict', ('aisvs.11_1_4',), ('aisvs.1_1_5',))
    """
    kb = knowledge_base(knowledge)
    meant = engine.asked(kb, standard, level)
    return ComplianceAnswer(kb, engine.comply(kb, *meant, have=map(kb.variant, listed(have))))
