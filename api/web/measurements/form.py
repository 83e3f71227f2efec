"""What a form asks to be measured, as a request, and a form filled in as a request was."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from crosscurrent.knowledge.errors import InputError, clip
from crosscurrent.validator.experiments.assignments import DEFAULT_SEEDS

from .subject import KINDS, at_stage, attack_of, factor_of, kind, risk_of, variant_of

if TYPE_CHECKING:
    from ..request import PageRequest

__all__ = ["PREFILLED", "Order", "again", "posted", "prefilled"]

PREFILLED = (
    "defense", "risk", "vary", "all", "combine", "collude",
    "dataset", "model", "seeds", "device", "settings",
)  # fmt: skip
"""What a query can fill in a form with, called as in a request."""

_FIELDS = 100
_SEEDS = str(DEFAULT_SEEDS)
_TWO = 2


class Order(NamedTuple):
    """What a form says: texts as they were typed, empty where nothing was.

    Attributes
    ----------
    what : str
        One of `KINDS`.
    defense, risk : str
        The pair.
    factor, values : str
        By what the pair is varied: an id, and values with commas between.
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
    factor: str = ""
    values: str = ""
    combine: Sequence[str] = ()
    first: str = ""
    second: str = ""
    dataset: str = ""
    file: str = ""
    model: str = ""
    seeds: str = _SEEDS
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
        seeds = self.seeds.strip() or _SEEDS
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
        pair = {"defense": self.defense, "risk": self.risk}
        if self.what != "variation":
            return pair
        if not (self.factor and self.values.strip()):
            raise InputError("choose a factor, and give two or more values of it")
        return {**pair, "vary": f"{self.factor}={self.values.strip()}"}


_TEXTS = [name for name in Order._fields if name != "combine"]


def prefilled(asked: PageRequest) -> Order:
    """Return a new form, with what the query names filled in."""
    combine, collude = asked.many("combine"), asked.many("collude")
    factor, _, values = (asked.one("vary") or "").partition("=")
    request = {"combine": combine, "collude": collude, "all": asked.one("all"), "vary": factor}
    dataset = asked.one("dataset") or ""
    first, second = ([*collude, "", ""])[:2]
    return Order(
        what=kind(request),
        defense=at_stage(asked.kb, asked.one("defense") or ""),
        risk=risk_of(asked.kb, asked.one("risk") or ""),
        factor=factor_of(asked.kb, factor),
        values=values,
        combine=[variant_of(asked.kb, each) for each in combine],
        first=attack_of(asked.kb, first),
        second=attack_of(asked.kb, second),
        dataset=dataset,
        file=dataset if "." in dataset else "",
        model=asked.one("model") or "",
        seeds=asked.one("seeds") or _SEEDS,
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
    texts = {name: found[name][-1] for name in _TEXTS if name in found}
    order = Order(**texts, combine=found.get("combine", ()))
    if order.what not in KINDS:
        raise InputError(f"what: should be one of {', '.join(KINDS)}")
    return order if order.key else order._replace(key=secrets.token_hex(16))
