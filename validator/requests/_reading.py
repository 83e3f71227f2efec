"""Requests from JSON and from values of options, and the JSON schema of what clients may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

from crosscurrent.knowledge.errors import InputError, UnknownName

from ._options import declared_fields
from ._request import Kinds, Request, options
from .kinds import REQUESTS

__all__ = ["from_json", "from_values", "json_schema"]


def from_json(given: Mapping[str, Any], kinds: Kinds = REQUESTS) -> Request:
    """Return the request that a client of the service makes, or made before.

    Parameters
    ----------
    given : mapping of str to object
        Options by name; None is as good as nothing.
    kinds : sequence of type
        What it may be of.

    Raises
    ------
    UnknownName
        An option that there is not, or that clients may not name.
    InputError
        A value of the wrong type, or options that do not go together.
    """
    known = {name: each for name, each in options(*kinds).items() if each.clients}
    values = {}
    for name, value in given.items():
        if name not in known:
            raise UnknownName("option", name, list(known))
        if value is not None:
            values[name] = known[name].read(value)
    return from_values(values, kinds)


def from_values(given: Mapping[str, Any], kinds: Kinds = REQUESTS) -> Request:
    """Return the request that these values of options make.

    Parameters
    ----------
    given : mapping of str to object
        Options by name; what is so by default may be left out, or be there.
    kinds : sequence of type
        What it may be of.

    Raises
    ------
    InputError
        Options that do not go together.
    """
    known = options(*kinds)
    values = {
        name: value
        for name, value in given.items()
        if value is not None and value != known[name].absent
    }
    marked = [kind for kind in kinds if kind.marked_by in values]
    if len(marked) > 1:
        *most, last = (each.article for each in kinds if each.article)
        raise InputError(f"a measurement is of {', of '.join(most)}, or of {last}: ask for one")
    kind = marked[0] if marked else next(each for each in kinds if each.marked_by is None)
    own = {declared.name: each for each, declared in declared_fields(kind)}
    lacks = [name for name, each in own.items() if each.default is MISSING and name not in values]
    alien = [name for name in values if name not in own]
    if lacks or any(known[name].group == "subject" for name in alien):
        raise InputError(kind.refusal)
    if alien:
        raise InputError(f"{alien[0]}: does not go with {kind.article or 'a pair'}: leave it out")
    return kind(**{own[name].name: value for name, value in values.items() if own[name].init})


def json_schema(kinds: Kinds = REQUESTS) -> dict[str, Any]:
    """Return the JSON schema of what clients may ask: one property for each option.

    A request has one subject: a pair, say, or several defenses.
    """
    known = {name: each for name, each in options(*kinds).items() if each.clients}
    subjects = {name for name, each in known.items() if each.group == "subject"}
    switches = {kind.marked_by for kind in kinds} & {
        name for name, each in known.items() if each.read_as == "switch"
    }
    alternatives: list[dict[str, Any]] = []
    for kind in kinds:
        names = [name for name in options(kind) if name in subjects | switches]
        about = {
            "required": names,
            "properties": {str(each): {"const": each in names} for each in switches}
            | dict.fromkeys(sorted(subjects - {*names}), False),
        }
        if about not in alternatives:
            alternatives.append(about)
    return {
        "type": "object",
        "title": "Validation",
        "description": kinds[0].command.description,
        "properties": {name: each.schema() for name, each in known.items()},
        "oneOf": alternatives,
        "additionalProperties": False,
    }
