"""Phrases about attacks that help each other, which the command line and the page share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from .wording import OUT_OF_REACH

__all__ = ["IDLE", "clean", "joined", "no_chain", "price", "reason", "shortfall", "way"]

IDLE = "no attack and no factor depends on {}: assuming it changes nothing"

_GROUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {"measured_reference": "measured in reference models"}
)
"""What is said of a ground whose id is no plain word."""


def reason(verdict: str, *, factors: bool, reduced: bool) -> str:
    """Say what a verdict on two attacks rests on.

    Parameters
    ----------
    verdict : str
        ``amplifies``, ``hinders``, ``inconclusive`` or ``unnecessary``.
    factors : bool
        Whether there are common factors.
    reduced : bool
        Whether the second adversary has part of what the first one gives.
    """
    if not factors:
        return "no common factor, so nothing can be concluded"
    if verdict == "unnecessary":
        return "the second adversary has all that the first could give"
    if verdict == "amplifies":
        part = "; the second adversary has part of that already"
        return "the first attack raises what the second one needs" + part * reduced
    if verdict == "hinders":
        return "the first attack moves what the second one needs the wrong way"
    return "the common factors disagree, and no rule settles it"


def shortfall(adversary: str, characteristic: str, value: str, least: str, standing: str) -> str:
    """Say how an assumed adversary compares with the least that its attack takes."""
    who = f"the {adversary} adversary's {characteristic}={value}"
    if standing == "below":
        return f"{who} is less than its attack takes: {least}"
    return f"{who} is more than the {least} it takes, so its attack is stronger"


def no_chain(obstacle: str | None, first: str | None, needs: str) -> str:
    """Say why there is no chain.

    Parameters
    ----------
    obstacle : str or None
        As the answer has it.
    first : str or None
        The name of the first attack, where one was asked for.
    needs : str
        The names of what the last attack depends on.
    """
    if obstacle == "first":
        begins = f" with {first.lower()}" if first else " so"
        return f"none begins{begins}, though some begin otherwise: leave it out to see those"
    if obstacle == "reach":
        return f"none: each {OUT_OF_REACH}"
    if obstacle == "unnecessary":
        return "none: the adversary is assumed to have all that another attack could give"
    if obstacle is None:
        return "none among those searched: there are too many to look at them all"
    return f"none: no attack raises what it depends on ({needs or 'nothing is known'})"


def way(how: str, by: str, ground: str | None, *, whole: bool) -> str:
    """Say how a defense works against one attack's helping another.

    Parameters
    ----------
    how : str
        ``factor``, ``attack`` or ``risk``.
    by : str
        The names of the factors by which it does, if it is by factors.
    ground : str or None
        What that rests on, otherwise.
    whole : bool
        Whether nothing is left that helps.
    """
    rests = f" ({_GROUNDS.get(ground, ground)})" if ground else ""
    if how == "risk":
        return f"may deter the first attack{rests}"
    means = by if how == "factor" else "lowering the first attack"
    return f"{'breaks' if whole else 'weakens'} it by {means}{rests}"


def joined(ways: Sequence[str]) -> str:
    """Say in one phrase in which ways, each as `way` puts it, a defense works against a link."""
    first, *others = ways
    verb, _, _ = first.partition(" it by ")
    return " and ".join([first, *(each.removeprefix(f"{verb} it ") for each in others)])


def price(helps: str, raised: Mapping[str, str], second: str | None) -> str:
    """Say what a defense does besides.

    Parameters
    ----------
    helps : str
        The names of common factors that it moves as the first attack does.
    raised : mapping from str to str
        What the risks are called that it raises, by id.
    second : str or None
        That of them which the second attack exploits, if one is.
    """
    names = [called for risk, called in raised.items() if risk != second]
    if second is not None:
        names.insert(0, f"the second attack itself ({raised[second]})")
    effects = f"raises {', '.join(names) or 'nothing known'}"
    return f"but helps it by {helps}; {effects}" if helps else effects


def clean(raises: Collection[str], goal: str, *, whole: bool, backfires: bool) -> bool:
    """Say whether a defense breaks a link without raising an attack that follows.

    Parameters
    ----------
    raises : collection of str
        Ids of the risks that it raises.
    goal : str
        The risk that the last attack of the chain exploits.
    whole, backfires : bool
        Whether nothing is left that helps; whether it raises the very next attack.
    """
    return whole and not backfires and goal not in raises
