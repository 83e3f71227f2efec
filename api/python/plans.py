"""``plan``: which defenses to choose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.predictor import plans as engine
from crosscurrent.predictor.expectations import UNSURE
from crosscurrent.predictor.joint_documents import plans_document
from crosscurrent.predictor.plans import Plans

from ..text.combinations import missed, outcome_words
from .answer import Answer, Knowledge, knowledge_base, listed
from .combinations import ordered
from .tables import Table

if TYPE_CHECKING:
    from crosscurrent.predictor import joint_document_types as shapes
    from crosscurrent.predictor.expectations import Expected
    from crosscurrent.predictor.plans import Blocked, NearMiss, Plan, Wish

__all__ = ["PlansAnswer", "plan"]

_PARTS = ("covers", "raises", "lowers", "open")


@dataclass(frozen=True, repr=False)
class PlansAnswer(Answer):
    """The sets of defenses of which none is better than another in every respect.

    Attributes
    ----------
    found : Plans
        The predictor's result; its main parts are attributes here as well.
    """

    columns: ClassVar = (
        "plan", "order", "part", "risk", "defense", "effect", "ground", "intended",
        "probability_increase", "measured", "measured_reference",
    )  # fmt: skip

    found: Plans

    @property
    def wish(self) -> Wish:
        """What was asked."""
        return self.found.wish

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The sets, best first."""
        return self.found.plans

    @property
    def complete(self) -> bool:
        """Whether the search came to its end; otherwise better sets may exist."""
        return self.found.complete

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """If there is no plan: the single wishes without which there would be."""
        return self.found.blocked

    @property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """If there is no plan: the sets that miss the fewest wishes, the nearest first."""
        return self.found.near_misses

    def to_dict(self) -> shapes.Plans:
        """Return the document of ``crosscurrent plan --json``."""
        return plans_document(self.found)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for number, each in enumerate(self.plans, 1):
            order = tuple(variant.id for variant in each.order)
            for part in _PARTS:
                effects: tuple[Expected, ...] = getattr(each, part)
                for effect in effects:
                    yield (
                        number,
                        order,
                        part,
                        effect.risk,
                        effect.defense,
                        effect.effect,
                        effect.ground,
                        effect.intended,
                        effect.probability_increase,
                        effect.measured,
                        effect.measured_reference,
                    )

    def _heading(self) -> str:
        many = len(self.plans)
        heading = (
            f"{many} plan{'s' * (many != 1)} to protect against {', '.join(self.wish.protect)}"
        )
        if self.wish.avoid:
            heading += f", raising none of {', '.join(self.wish.avoid)}"
        return heading

    def _tables(self) -> Sequence[Table]:
        return [
            Table(f"{number}. {ordered(each.order)}", ("", ""), self._effects(each))
            for number, each in enumerate(self.plans, 1)
        ] + [
            Table(
                f"Near miss {number}. {ordered(each.plan.order)}",
                ("", ""),
                [("misses", self._missed(each)), *self._effects(each.plan)],
            )
            for number, each in enumerate(self.near_misses, 1)
        ]

    @staticmethod
    def _missed(near: NearMiss) -> str:
        return "; ".join(missed(each.wish, each.value, each.instead) for each in near.misses)

    def _effects(self, each: Plan) -> list[tuple[str, str]]:
        named = {part: self._named(getattr(each, part)) for part in _PARTS}
        named["measured"] = "; ".join(
            f"{e.defense} on {e.risk}: {' and '.join(e.measured)}"
            for part in _PARTS
            for e in getattr(each, part)
            if e.measured
        )
        if each.outcome is not None:
            named["together"] = outcome_words(each.outcome, ())
        return [(part, effects) for part, effects in named.items() if effects]

    def _named(self, effects: Iterable[Expected]) -> str:
        """Name risks with the defenses that move them, a question mark where that is unsure."""
        by_risk: dict[str, list[str]] = {}
        for each in effects:
            name = self.kb.defenses[each.defense].code or each.defense
            unsure = each.ground in (*UNSURE, "none")
            own = f" (measured: {', '.join(each.measured)})" if each.measured else ""
            by_risk.setdefault(each.risk, []).append(name + "?" * unsure + own)
        return ", ".join(f"{risk} ({' '.join(names)})" for risk, names in by_risk.items())

    def _notes(self) -> Sequence[str]:
        notes = ["?: rests on a conjecture or on reference models, or is not known"] * bool(
            self.plans
        )
        notes += [f"without {each.wish} {each.value}: {each.plans} plans" for each in self.blocked]
        notes += ["the search was not finished: better sets may exist"] * (not self.complete)
        return notes


def plan(
    protect: str | Iterable[str],
    *,
    avoid: str | Iterable[str] = (),
    have: str | Iterable[str] = (),
    max: int | None = None,
    knowledge: Knowledge = None,
) -> PlansAnswer:
    """Choose defenses: the sets that protect, do not conflict, and raise other risks least.

    Parameters
    ----------
    protect : str or iterable of str
        Risks to cover, by id, code or alias.
    avoid : str or iterable of str
        Risks that no chosen defense may raise.
    have : str or iterable of str
        Defenses that are there already and stay, each with an optional stage.
    max : int, optional
        How many defenses at most, those already there included.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such risk or defense.
    InputError
        If nothing is to be protected, or wishes contradict each other.

    Examples
    --------
    >>> answer = plan(["unauthorized_model_ownership"])
    >>> [[variant.id for variant in each.order] for each in answer.plans]
    [['fingerprinting@post']]
    """
    kb = knowledge_base(knowledge)
    asked = engine.wish(
        kb, protect=listed(protect), avoid=listed(avoid), have=listed(have), most=max
    )
    return PlansAnswer(kb, engine.plan(kb, asked))
