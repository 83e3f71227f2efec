"""Kinds of requests: a pair, a pair by a factor, all pairs, defenses and attacks together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

from ._options import option
from ._request import Command, Request, Setup

__all__ = [
    "REQUESTS",
    "CollusionRequest",
    "CombinationRequest",
    "GridRequest",
    "PairRequest",
    "VariationRequest",
    "pair_request",
]

_VALIDATE = Command(
    "",
    "measure whether a prediction holds, by training models",
    "Train models with and without the defense, mount the attack behind the risk, and report with"
    " a confidence interval whether the prediction holds for models of this size on this data."
    " Stored results are reused. DEFENSE may be placebo, which does nothing. --all measures every"
    " defense against every risk and shares models. Installed plug-ins are measured like what is"
    " built in; on the command line a class of your own can be named by its import path,"
    " package.module:Class. For several defenses or attacks see validate combine and validate"
    " collude.",
    "; with --all: defense.ID.NAME=VALUE or attack.ID.NAME=VALUE, and for the cells of one risk"
    " data.RISK.NAME=VALUE or training.RISK.NAME=VALUE",
    (
        "crosscurrent validate differential_privacy membership_inference",
        "crosscurrent validate RD1 R1 --dataset digits --seeds 10",
        "crosscurrent validate PD1 P1 --dataset loans.csv --set defense.epsilon=3",
        "crosscurrent validate FD1 P2 --vary attribute_count=10,20,30 --plot attributes.svg",
        "crosscurrent validate --all --plot grid.svg --export measured",
        "crosscurrent validate --list",
        "crosscurrent validate combine watermarking@pre outlier_removal@in",
        "crosscurrent validate collude poisoning model_extraction",
    ),
)
_PAIR_NEEDED = "validate takes a DEFENSE and a RISK, or --all; validate --list shows which"


@dataclass(frozen=True)
class PairRequest(Request):
    """One defense against one risk.

    Attributes
    ----------
    defense, risk : str
        Ids, codes or aliases; the defense may be ``placebo``, and at a stage, such as ``RD2@post``.
    """

    kind: ClassVar[str] = "verdict"
    title: ClassVar[str] = "One defense, one risk"
    command: ClassVar[Command] = _VALIDATE
    refusal: ClassVar[str] = _PAIR_NEEDED

    defense: str = option(
        None,
        "id, code or alias of a defense, optionally with @stage, such as RD2@post",
        metavar="DEFENSE",
        group="subject",
        clients=True,
        label="Defense",
        required=True,
    )
    risk: str = option(
        None,
        "id, code or alias of a risk",
        metavar="RISK",
        group="subject",
        clients=True,
        label="Risk",
        required=True,
    )


@dataclass(frozen=True)
class VariationRequest(PairRequest):
    """One pair at several values of a factor.

    Attributes
    ----------
    vary : str
        ``FACTOR=VALUE,VALUE,…``.
    """

    kind: ClassVar[str] = "variation"
    title: ClassVar[str] = "One pair by a factor"
    article: ClassVar[str] = "one pair by a factor (vary)"
    marked_by: ClassVar[str | None] = "vary"

    vary: str = option(
        None,
        "repeat at several values of attribute_count, training_set_size (records in all),"
        " tail_length or model_capacity (models), and report how the effect changes",
        flag="--vary",
        metavar="FACTOR=VALUE,...",
        clients=True,
        label="Factor and values",
        required=True,
    )

    def models(self) -> tuple[str, ...]:
        """Return the models that it names; the values of the factor may be some."""
        values = self.vary.partition("=")[2].split(",")
        return (*super().models(), *(each.strip() for each in values))


@dataclass(frozen=True)
class GridRequest(Request):
    """Every defense against every risk."""

    kind: ClassVar[str] = "grid"
    title: ClassVar[str] = "All defenses, all risks"
    article: ClassVar[str] = "all"
    command: ClassVar[Command] = _VALIDATE
    marked_by: ClassVar[str | None] = "all"
    refusal: ClassVar[str] = (
        "--all measures every defense against every risk: leave DEFENSE and RISK out, or --all"
    )

    all: bool = option(
        False,
        "measure every defense against every risk; after an interruption the same command resumes",
        read_as="switch",
        flag="--all",
        group="options",
        clients=True,
        label="All",
        chosen=True,
    )
    protocol: bool = option(
        False,
        "with --all: measure as the protocol of the documentation says, with its draws, seeds and"
        " settings for the data set (docs/protocol.md)",
        read_as="switch",
        flag="--protocol",
        group="options",
        clients=True,
        label="By the protocol",
    )


_TOGETHER = "a combination or a collusion is of what it names: leave DEFENSE and RISK out"


@dataclass(frozen=True)
class CombinationRequest(Request):
    """Defenses alone and together.

    Attributes
    ----------
    defenses : tuple of str
        Two or more, by id, code or alias, each with an optional stage: ``watermarking@pre``.
    """

    kind: ClassVar[str] = "combination"
    title: ClassVar[str] = "Defenses together"
    article: ClassVar[str] = "a combination"
    command: ClassVar[Command] = Command(
        "combine",
        "whether defenses are as effective together as alone",
        "Train models without defenses, with each defense alone, and with all of them in every"
        " order; report with an interval whether each is as effective together as alone, and"
        " whether that was predicted.",
        "; for one defense or attack: defense.ID.NAME=VALUE or attack.ID.NAME=VALUE",
        (
            "crosscurrent validate combine watermarking@pre outlier_removal@in",
            "crosscurrent validate combine RD3@pre FD2 --dataset digits --seeds 10",
            "crosscurrent validate combine RD3@pre RD2@post --set defense.RD3@pre.content=pattern",
        ),
    )
    marked_by: ClassVar[str | None] = "combine"
    refusal: ClassVar[str] = _TOGETHER

    defenses: tuple[str, ...] = option(
        None,
        "id, code or alias of a defense, optionally with @stage, such as RD2@post; two or more",
        name="combine",
        many=True,
        metavar="DEFENSE",
        group="subject",
        clients=True,
        label="Defenses",
        required=True,
    )


@dataclass(frozen=True)
class CollusionRequest(Request):
    """A second attack without and with what a first one gives.

    Attributes
    ----------
    attacks : tuple of str
        Two, by id, code or alias, or by the risks that they exploit.
    """

    kind: ClassVar[str] = "collusion"
    title: ClassVar[str] = "Attacks together"
    article: ClassVar[str] = "a collusion"
    command: ClassVar[Command] = Command(
        "collude",
        "whether an attack is stronger after another one",
        "Mount the second attack with and without the result of the first, under the same seeds;"
        " report with an interval whether it gets stronger and whether that was predicted.",
        "; for one attack: first.NAME=VALUE or second.NAME=VALUE",
        (
            "crosscurrent validate collude poisoning model_extraction",
            "crosscurrent validate collude data_reconstruction membership_inference --seeds 10",
        ),
    )
    marked_by: ClassVar[str | None] = "collude"
    refusal: ClassVar[str] = _TOGETHER

    attacks: tuple[str, str] = option(
        None,
        "id, code or alias of an attack: the one that comes first, and the one that it may amplify",
        name="collude",
        many=True,
        count=2,
        metavar="ATTACK",
        group="subject",
        clients=True,
        label="Attacks",
        required=True,
    )


REQUESTS: Final[tuple[type[Request], ...]] = (
    PairRequest,
    VariationRequest,
    GridRequest,
    CombinationRequest,
    CollusionRequest,
)
"""All kinds of requests, in the order in which they are offered."""


def pair_request(setup: Setup, defense: str, risk: str, **changes: Any) -> PairRequest:
    """Return the request that measures one pair on a set-up, but for some changes."""
    same = {each.name: getattr(setup, each.name) for each in fields(Setup)}
    return PairRequest(defense, risk, **{**same, **changes})
