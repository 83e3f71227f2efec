"""What a form asks to be measured, as a request; and what a request asks, in words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from knowledge.errors import InputError, clip

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

    from .asked import Asked
    from .words import Words

__all__ = [
    "KINDS",
    "PREFILLED",
    "Order",
    "again",
    "at_stage",
    "bare",
    "circumstances",
    "defenses_of",
    "kind",
    "posted",
    "prefilled",
    "risk_of",
    "risks_of",
    "subject",
]

KINDS: Mapping[str, str] = {
    "verdict": "One defense, one risk",
    "grid": "All defenses, all risks",
    "combination": "Defenses together",
    "collusion": "Attacks together",
    "variation": "One pair by a factor",
}
"""What can be measured: as documents are called, and for people."""

PREFILLED = (
    "defense", "risk", "all", "combine", "collude",
    "dataset", "model", "seeds", "device", "settings",
)  # fmt: skip
"""What a query can fill in a form with, called as in a request."""

_FIELDS = 100
_SETTINGS = 2
"""Settings that are named where a request is told in short."""
_DEFAULT_SEEDS = "5"
_TWO = 2


class Order(NamedTuple):
    """What a form says: texts as they were typed, empty where nothing was.

    Attributes
    ----------
    what : str
        One of `KINDS`.
    defense, risk : str
        The pair.
    combine : sequence of str
        Defenses together.
    first, second : str
        Attacks together.
    dataset, file : str
        A built-in data set, or a file of the service's, which goes before.
    model, seeds, device : str
        As ``crosscurrent validate`` takes them.
    settings : str
        ``GROUP.NAME=VALUE``, one a line.
    key : str
        What the form is known by, so that it is one job however often it is sent.
    """

    what: str = "verdict"
    defense: str = ""
    risk: str = ""
    combine: Sequence[str] = ()
    first: str = ""
    second: str = ""
    dataset: str = ""
    file: str = ""
    model: str = ""
    seeds: str = _DEFAULT_SEEDS
    device: str = ""
    settings: str = ""
    key: str = ""

    def request(self) -> dict[str, Any]:
        """Return the request; options that were left as they are by default are not in it.

        Raises
        ------
        InputError
            Something was not chosen, or the number of seeds is none.
        """
        seeds = self.seeds.strip() or _DEFAULT_SEEDS
        if not (seeds.isascii() and seeds.isdecimal() and len(seeds) < 10):
            raise InputError(f"seeds: should be a whole number, not {clip(self.seeds)!r}")
        lines = [line.strip() for line in self.settings.splitlines()]
        options: dict[str, Any] = {
            "dataset": self.file.strip() or self.dataset,
            "model": self.model,
            "seeds": int(seeds),
            "device": self.device,
            "settings": [line for line in lines if line],
        }
        return self._subject() | {
            name: value for name, value in options.items() if value not in ("", [])
        }

    def _subject(self) -> dict[str, Any]:
        if self.what == "grid":
            return {"all": True}
        if self.what == "combination":
            if len(self.combine) < _TWO:
                raise InputError("choose two or more defenses")
            return {"combine": list(self.combine)}
        if self.what == "collusion":
            if not (self.first and self.second):
                raise InputError("choose two attacks")
            return {"collude": [self.first, self.second]}
        if not (self.defense and self.risk):
            raise InputError("choose a defense and a risk")
        return {"defense": self.defense, "risk": self.risk}


def prefilled(asked: Asked) -> Order:
    """Return a new form, with what the query names filled in."""
    combine, collude = asked.many("combine"), asked.many("collude")
    what = "combination" if combine else "collusion" if collude else "verdict"
    what = "grid" if asked.one("all") else what
    dataset = asked.one("dataset") or ""
    first, second = ([*collude, "", ""])[:2]
    return Order(
        what=what,
        defense=at_stage(asked.kb, asked.one("defense") or ""),
        risk=risk_of(asked.kb, asked.one("risk") or ""),
        combine=[_variant(asked.kb, each) for each in combine],
        first=_attack(asked.kb, first),
        second=_attack(asked.kb, second),
        dataset=dataset,
        file=dataset if "." in dataset else "",
        model=asked.one("model") or "",
        seeds=asked.one("seeds") or _DEFAULT_SEEDS,
        device=asked.one("device") or "",
        settings="\n".join(asked.many("settings")),
        key=secrets.token_hex(16),
    )


def again(request: Mapping[str, Any], seeds: int | None = None) -> list[tuple[str, str]] | None:
    """Return the query that fills in a form as a request was, which `prefilled` reads.

    Parameters
    ----------
    request : mapping
        The request.
    seeds : int, optional
        How many seeds there shall be instead.

    Returns
    -------
    list of tuple or None
        None if it asks what the form can't.
    """
    if not request.keys() <= {*PREFILLED}:
        return None
    wanted = {**request, **({} if seeds is None else {"seeds": seeds})}
    return [
        (name, "1" if value is True else str(value))
        for name, values in wanted.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def posted(body: bytes) -> Order:
    """Read a form that was sent.

    Raises
    ------
    InputError
        It can't be one of ours.
    """
    try:
        found = parse_qs(body.decode(), max_num_fields=_FIELDS)
    except ValueError as error:
        raise InputError("the form can't be read: send it from the page again") from error
    known = {name: found[name][-1] for name in Order._fields if name in found}
    order = Order(**{**known, "combine": found.get("combine", ())})  # type: ignore[arg-type]
    if order.what not in KINDS:
        raise InputError(f"what: should be one of {', '.join(KINDS)}")
    return order if order.key else order._replace(key=secrets.token_hex(16))


def kind(request: Mapping[str, Any]) -> str:
    """Return what a request is about, as its result will be called."""
    for option, name in (
        ("combine", "combination"),
        ("collude", "collusion"),
        ("all", "grid"),
        ("vary", "variation"),
    ):
        if request.get(option):
            return name
    return "verdict"


def subject(words: Words, kb: KnowledgeBase, request: Mapping[str, Any]) -> str:
    """Say what a request is about."""
    about = kind(request)
    if about == "grid":
        return "Every defense against every risk"
    if about == "combination":
        return " + ".join(words.called(at_stage(kb, each)) for each in request["combine"])
    if about == "collusion":
        first, second = (_attack(kb, each) for each in request["collude"])
        return f"{words.called(first)}, then {words.inside(second)}"
    pair = (at_stage(kb, request.get("defense", "")), risk_of(kb, request.get("risk", "")))
    text = f"{words.called(pair[0])} → {words.inside(pair[1])}"
    if about == "variation":
        text += f", by {words.inside(_factor(kb, request['vary'].partition('=')[0]))}"
    return text


def circumstances(request: Mapping[str, Any]) -> str:
    """Say in short on what, with what, and how often."""
    parts = [str(request.get("dataset", "synthetic"))]
    if "model" in request:
        parts.append(str(request["model"]))
    parts.append(f"{request.get('seeds', _DEFAULT_SEEDS)} seeds")
    if "device" in request:
        parts.append(f"on {request['device']}")
    settings = [str(each) for each in request.get("settings", ())]
    parts += settings[:_SETTINGS]
    more = len(settings) - _SETTINGS
    if more > 0:
        parts.append(f"{more} more setting{'s' * (more > 1)}")
    return ", ".join(parts)


def defenses_of(kb: KnowledgeBase, request: Mapping[str, Any]) -> set[str]:
    """Return the ids of the defenses that a request names, whatever their stage."""
    named = [*request.get("combine", ()), *filter(None, [request.get("defense")])]
    return {bare(kb, each) for each in named}


def risks_of(kb: KnowledgeBase, request: Mapping[str, Any]) -> set[str]:
    """Return the ids of the risks that a request names, if by the attack behind them."""
    risks = {risk_of(kb, request["risk"])} if "risk" in request else set()
    for each in request.get("collude", ()):
        attack = _attack(kb, each)
        risks.add(kb.attacks[attack].risk or attack if attack in kb.attacks else attack)
    return risks


def bare(kb: KnowledgeBase, name: str) -> str:
    """Return the id of a defense by any of its names, without its stage."""
    return _variant(kb, name).partition("@")[0]


def _variant(kb: KnowledgeBase, name: str) -> str:
    """Return a defense with its stage, which may be one that only the validator knows."""
    who, _, stage = name.partition("@")
    try:
        defense = kb.defense(who)
    except InputError:
        return name
    at = stage.strip().casefold() or defense.usual_stage
    return f"{defense.id}@{at}" if at else defense.id


def at_stage(kb: KnowledgeBase, name: str) -> str:
    """Return a defense with its stage only if that is not the usual one, as results name it."""
    who, _, stage = _variant(kb, name).partition("@")
    usual = kb.defenses[who].usual_stage if who in kb.defenses else None
    return who if stage in ("", usual) else f"{who}@{stage}"


def risk_of(kb: KnowledgeBase, name: str) -> str:
    """Return the id of a risk by any of its names; what is none stays as it is."""
    try:
        return kb.risk(name).id
    except InputError:
        return name


def _attack(kb: KnowledgeBase, name: str) -> str:
    try:
        return kb.attack(name).id
    except InputError:
        return name


def _factor(kb: KnowledgeBase, name: str) -> str:
    try:
        return kb.factor(name).id
    except InputError:
        return name
