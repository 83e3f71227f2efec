"""View of plans: sets of defenses for the risks to be covered."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from fastapi import APIRouter, Response

from crosscurrent.api.answers import plans
from crosscurrent.knowledge.errors import InputError, clip

from ...text.combinations import missed
from ...text.conditions import circumstance
from ..names import Words, is_measured
from ..request import PageRequest, PageRequestDep

if TYPE_CHECKING:
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["PlanEffect", "PlanOption", "router"]

router = APIRouter()

_MOST = 8
_KINDS: tuple[Literal["covers", "raises", "lowers", "open"], ...] = (
    "covers",
    "raises",
    "lowers",
    "open",
)


class PlanEffect(NamedTuple):
    """Effect of one defense of a plan on one risk.

    Attributes
    ----------
    kind : str
        ``covers``, ``raises``, ``lowers`` or ``open``.
    defense : str
        Its id.
    sure : bool
        Whether that was published.
    measured : sequence of str
        Effects that were measured in the user's own models, each once.
    """

    kind: str
    defense: str
    sure: bool
    measured: Sequence[str]


class PlanOption(NamedTuple):
    """One plan: its document, the effects on each risk, the conflicts seen, the wishes missed."""

    document: shapes.Plan
    risks: Mapping[str, Sequence[PlanEffect]]
    against: Sequence[str]
    misses: Sequence[str] = ()

    @property
    def measured(self) -> bool:
        """Whether an effect of one of its defenses was measured."""
        return any(part.measured for parts in self.risks.values() for part in parts)


@router.get("/plan")
def plan(page: PageRequestDep) -> Response:
    """Show the plans for what is wished."""
    page.expect("protect", "avoid", "have", "max")
    wishes = {name: page.many(name) for name in ("protect", "avoid", "have")}
    most, wrong, document = page.one("max"), None, None
    try:
        if any(wishes.values()):
            document = _answer(page, wishes, most)
            wishes = {
                "protect": document["protect"],
                "avoid": document["avoid"],
                "have": document["have"],
            }
    except InputError as error:
        wrong = str(error)
    return page.render(
        "plan.html",
        422 if wrong else 200,
        view="plan",
        wishes=wishes,
        most=most,
        sizes=range(1, _MOST + 1),
        wrong=wrong,
        document=document,
        left_out=[
            (each, circumstance(page.kb, page.kb.defenses[each].when or {}))
            for each in (document["left_out"] if document else ())
        ],
        command=_command(document) if document else "",
        offers=[_offer(page.words, each) for each in document["plans"]] if document else [],
        near=[
            _offer(page.words, each["plan"])._replace(misses=_misses(page.words, each["misses"]))
            for each in (document["near_misses"] if document else ())
        ],
    )


def _answer(
    page: PageRequest, wishes: Mapping[str, Sequence[str]], most: str | None
) -> shapes.Plans:
    if not wishes["protect"]:
        raise InputError("choose a risk to protect against")
    if most is not None and most not in map(str, range(1, _MOST + 1)):
        raise InputError(f"max={clip(most)}: should be from 1 to {_MOST}")
    return plans.plan(
        page.kb,
        wishes["protect"],
        avoid=wishes["avoid"],
        have=wishes["have"],
        most=int(most) if most else None,
    )


def _command(document: shapes.Plans) -> str:
    """Return the command line that asks the same."""
    words = ["crosscurrent", "plan"]
    for option in ("protect", "avoid", "have"):
        words += [word for value in document[option] for word in (f"--{option}", value)]
    if document["max"] is not None:
        words += ["--max", str(document["max"])]
    return shlex.join(words)


def _misses(words: Words, misses: Sequence[shapes.Miss]) -> list[str]:
    """Say which wishes a set of defenses misses."""
    return [
        missed(each["wish"], each["value"], each["instead"])
        if each["wish"] == "max"
        else missed(
            each["wish"],
            words.inside(each["value"]),
            each["instead"] and words.inside(each["instead"]),
        )
        for each in misses
    ]


def _offer(words: Words, document: shapes.Plan) -> PlanOption:
    risks: dict[str, list[PlanEffect]] = {}
    for kind in _KINDS:
        for each in document[kind]:
            sure = each["ground"] in ("published", "measured")
            part = PlanEffect(kind, each["defense"], sure, each["measured"])
            risks.setdefault(each["risk"], []).append(part)
    against = [
        f"{'measured' if is_measured(each) else 'published'}:"
        f" {' and '.join(map(words.inside, each['defenses']))} conflict"
        for each in document["observed"]
        if each["outcome"] == "conflict"
    ]
    return PlanOption(document, risks, against)
