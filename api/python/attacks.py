"""``attacks``: the published attacks that an adversary can mount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.predictor.joint_documents import published_attacks_document

from ..answers.attacks import reach
from .answer import Answer, Knowledge, knowledge_base
from .tables import Table

if TYPE_CHECKING:
    from crosscurrent.knowledge import PublishedAttack
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["AttacksAnswer", "attacks"]


@dataclass(frozen=True, repr=False)
class AttacksAnswer(Answer):
    """The published attacks that need no more than an adversary has.

    Attributes
    ----------
    attack : str or None
        Id of the attack asked about; None: all.
    adversary : mapping from str to str
        Values by characteristic; what is not stated counts as met.
    attacks : tuple of PublishedAttack
        Records of the catalogue, in its order.
    """

    columns: ClassVar = (
        "id", "attack", "title", "year", "venue", "setting", "adversary", "capability",
        "optimization", "model_knowledge", "interaction", "data_knowledge", "backdoor", "included",
    )  # fmt: skip

    attack: str | None
    adversary: Mapping[str, str]
    attacks: tuple[PublishedAttack, ...]

    def to_dict(self) -> shapes.PublishedAttacks:
        """Return the document of ``crosscurrent attacks --json``."""
        return published_attacks_document(self.attack, self.adversary, self.attacks, self.knowledge)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.attacks:
            yield tuple(getattr(each, column) for column in self.columns)

    def _heading(self) -> str:
        name = self.kb.attacks[self.attack].name if self.attack else "All attacks"
        whom = ", ".join(f"{key}={value}" for key, value in self.adversary.items())
        count = len(self.attacks)
        return f"{name}: {count} published ones need no more than {whom or 'any adversary'}"

    def _tables(self) -> Sequence[Table]:
        head = ("year", "model knowledge", "data knowledge", "title")
        rows = [
            (
                str(each.year),
                " ".join(each.model_knowledge),
                " ".join(each.data_knowledge),
                f"{each.title} ({each.venue})",
            )
            for each in self.attacks
        ]
        return [Table("", head, rows)] if rows else []


def attacks(
    risk: str | None = None,
    *,
    adversary: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> AttacksAnswer:
    """List published attacks that need no more than an adversary has.

    Parameters
    ----------
    risk : str, optional
        Only attacks on this risk, by id, code or alias.
    adversary : mapping from str to str, optional
        Values by characteristic, such as ``{"model_knowledge": "blackbox"}``.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such attack, characteristic or value.
    """
    kb = knowledge_base(knowledge)
    return AttacksAnswer(kb, *reach(kb, risk, adversary or {}))
