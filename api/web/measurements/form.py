"""The form of a measurement: a request as it is typed, and a form filled in as a request was."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs

from crosscurrent.knowledge.errors import InputError, clip
from crosscurrent.validator.requests import REQUESTS, Option, options, whole_number

from .subject import KINDS, at_stage, attack_of, factor_of, kind, risk_of, variant_of

if TYPE_CHECKING:
    from ..request import PageRequest

__all__ = ["FIELDS", "PREFILLED", "MeasurementForm", "again", "posted", "prefilled"]

_CHOSEN: Final = ("defense", "risk", "vary", "all", "combine", "collude")
"""Options for which the form has fields that know the names: see `MeasurementForm`."""
_LABELLED: Final = {name: each for name, each in options(*REQUESTS).items() if each.label}
PREFILLED: Final = tuple(_LABELLED)
"""What a query can fill in a form with, called as in a request."""
FIELDS: Final = tuple(each for name, each in _LABELLED.items() if name not in _CHOSEN)
"""Options with a field that is made from what is declared of them."""

_MOST = 100
_TWO = 2


class MeasurementForm(NamedTuple):
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
    file : str
        A file of the service's, which goes before a built-in data set.
    key : str
        What the form is known by, so that it is one job however often it is sent.
    typed : mapping of str to str
        What `FIELDS` say, by name; of an option that takes several values, one a line.
    """

    what: str = "verdict"
    defense: str = ""
    risk: str = ""
    factor: str = ""
    values: str = ""
    combine: Sequence[str] = ()
    first: str = ""
    second: str = ""
    file: str = ""
    key: str = ""
    typed: Mapping[str, str] = MappingProxyType({})

    def text(self, field: Option) -> str:
        """Return what a field shows: what was typed, or else what is so by default."""
        usual = "" if field.absent in (None, False, ()) else str(field.absent)
        return self.typed.get(field.name, usual)

    def request(self) -> dict[str, Any]:
        """Return the request; options that were left as they are by default are not in it.

        Raises
        ------
        InputError
            Something was not chosen, or what should be a number is none.
        """
        (page,) = (each for each in REQUESTS if each.kind == self.what)
        own = options(page)
        typed = {**self.typed, **({"dataset": self.file} if self.file.strip() else {})}
        return self._subject() | {
            field.name: _read(field, typed[field.name].strip())
            for field in FIELDS
            if field.name in own and typed.get(field.name, "").strip()
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
        if self.what not in ("verdict", "variation"):
            return {}
        if not (self.defense and self.risk):
            raise InputError("choose a defense and a risk")
        pair = {"defense": self.defense, "risk": self.risk}
        if self.what == "verdict":
            return pair
        if not (self.factor and self.values.strip()):
            raise InputError("choose a factor, and give two or more values of it")
        return {**pair, "vary": f"{self.factor}={self.values.strip()}"}


_TEXTS = [name for name in MeasurementForm._fields if name not in ("combine", "typed")]


def _read(field: Option, text: str) -> Any:
    if field.read_as == "switch":
        return True
    each = [line.strip() for line in text.splitlines() if line.strip()] if field.many else [text]
    if field.read_as == "number":
        try:
            numbers = [whole_number(one, field.least) for one in each]
        except ValueError as error:
            raise InputError(f"{field.name}: {clip(str(error), 200)}") from error
        return numbers if field.many else numbers[0]
    return each if field.many else text


def prefilled(page: PageRequest) -> MeasurementForm:
    """Return a new form, with what the query names filled in."""
    combine, collude = page.many("combine"), page.many("collude")
    factor, _, values = (page.one("vary") or "").partition("=")
    request = {**{name: page.one(name) for name in PREFILLED}, "vary": factor}
    typed = {
        field.name: "\n".join(page.many(field.name)) if field.many else page.one(field.name) or ""
        for field in FIELDS
    }
    dataset = typed.get("dataset", "")
    first, second = ([*collude, "", ""])[:2]
    return MeasurementForm(
        what=kind(request),
        defense=at_stage(page.kb, page.one("defense") or ""),
        risk=risk_of(page.kb, page.one("risk") or ""),
        factor=factor_of(page.kb, factor),
        values=values,
        combine=[variant_of(page.kb, each) for each in combine],
        first=attack_of(page.kb, first),
        second=attack_of(page.kb, second),
        file=dataset if "." in dataset else "",
        key=secrets.token_hex(16),
        typed={name: text for name, text in typed.items() if text},
    )


def again(
    request: Mapping[str, Any], changes: Mapping[str, int] | None = None
) -> list[tuple[str, str]] | None:
    """Return the query that fills in a form as a request was, which `prefilled` reads.

    Parameters
    ----------
    request : mapping
        The request.
    changes : mapping, optional
        Options that shall be otherwise.

    Returns
    -------
    list of tuple or None
        None if it asks what the form can't.
    """
    if not request.keys() <= {*PREFILLED}:
        return None
    wanted = {**request, **(changes or {})}
    return [
        (name, "1" if value is True else str(value))
        for name, values in wanted.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def posted(body: bytes) -> MeasurementForm:
    """Read a form that was sent.

    Raises
    ------
    InputError
        It can't be one of ours.
    """
    try:
        found = parse_qs(body.decode(), max_num_fields=_MOST)
    except ValueError as error:
        raise InputError("the form can't be read: send it from the page again") from error
    texts = {name: found[name][-1] for name in _TEXTS if name in found}
    typed = {field.name: found[field.name][-1] for field in FIELDS if field.name in found}
    form = MeasurementForm(**texts, combine=found.get("combine", ()), typed=typed)
    if form.what not in KINDS:
        raise InputError(f"what: should be one of {', '.join(KINDS)}")
    return form if form.key else form._replace(key=secrets.token_hex(16))
