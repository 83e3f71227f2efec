"""What a job may ask for: the options of ``crosscurrent validate``, as JSON."""

from __future__ import annotations

import shlex
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from typing import Any

from crosscurrent.api.cli._arguments import natural, positive, whole
from crosscurrent.api.cli._measuring_questions import LOCAL, colluding, combining, validate
from crosscurrent.knowledge.errors import clip, suggest

from .errors import Refused

__all__ = ["arguments", "command", "plain", "schema"]

_LONGEST = 1000
"""Characters of a text, and items of a list."""
_TWO = 2
_LEAST: dict[Any, int | None] = {whole: None, natural: 0, positive: 1}
"""Options that are read by these are whole numbers from so much on."""


def schema() -> dict[str, Any]:
    """Return the JSON schema of a request: one property for each option, with its help.

    A request is about one pair, about all, or about several defenses or attacks together.
    """
    subjects = {name for name, action in _options().items() if not action.option_strings}
    pair = ["defense", "risk"]

    def about(*names: str, every: bool = False) -> dict[str, Any]:
        others = dict.fromkeys(sorted(subjects - {*names}), False)
        return {
            "required": [*names, *(["all"] if every else [])],
            "properties": {"all": {"const": every}} | others,
        }

    return {
        "type": "object",
        "title": "Validation",
        "description": _question().description,
        "properties": {name: _property(action) for name, action in _options().items()},
        "oneOf": [about(*pair), about(every=True), about("combine"), about("collude")],
        "additionalProperties": False,
    }


def plain(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without what it says only by default; equal for equal requests.

    Raises
    ------
    Refused
        An unknown option, or a value of the wrong type.
    """
    options = _options()
    given = {name: _read(options, name, value) for name, value in request.items()}
    return {
        name: given[name]
        for name in sorted(given)
        if given[name] is not None and given[name] != options[name].default
    }


def arguments(request: Mapping[str, Any]) -> Namespace:
    """Return what the command line would be parsed to.

    Raises
    ------
    Refused
        An unknown option, or a value of the wrong type.
    """
    question = _question()
    defaults = {action.dest: question.get_default(action.dest) for action in question._actions}
    return Namespace(**{**defaults, **plain(request)})


def command(request: Mapping[str, Any]) -> str:
    """Return the command line that asks for the same."""
    words = ["crosscurrent", "validate"]
    for name in ("combine", "collude"):
        if name in request:
            words += [name, *request[name]]
    words += [request[name] for name in ("defense", "risk") if name in request]
    for name, action in _options().items():
        if name not in request or not action.option_strings:
            continue
        value, flag = request[name], action.option_strings[-1]
        if action.nargs == 0:
            words.append(flag)
            continue
        for each in value if isinstance(value, list) else [value]:
            words += [flag, str(each)]
    return shlex.join(words)


def _question() -> ArgumentParser:
    question = ArgumentParser(add_help=False)
    validate(question)
    combining(question)
    colluding(question)
    return question


def _options() -> dict[str, Action]:
    return {each.dest: each for each in _question()._actions if each.dest not in LOCAL}


def _is_list(action: Action) -> bool:
    return isinstance(action.default, list) or action.nargs in ("*", "+", _TWO)


def _property(action: Action) -> dict[str, Any]:
    about: dict[str, Any] = {"type": "string", "maxLength": _LONGEST}
    if action.nargs == 0:
        about = {"type": "boolean"}
    elif action.type in _LEAST:
        least = _LEAST[action.type]
        about = {"type": "integer"} | ({} if least is None else {"minimum": least})
    if action.choices is not None:
        about["enum"] = list(action.choices)
    if _is_list(action):
        about = {"type": "array", "items": about, "maxItems": _LONGEST}
        if action.nargs == _TWO:
            about |= {"minItems": _TWO, "maxItems": _TWO}
    if action.default is not None:
        about["default"] = action.default
    return {**about, "description": (action.help or "").replace("%%", "%")}


def _read(options: Mapping[str, Action], name: str, value: Any) -> Any:
    if name not in options:
        close = suggest(name, options)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(options)}"
        raise Refused(f"unknown option {clip(name)!r} ({hint})", close)
    action = options[name]
    if value is None:
        return action.default
    if _is_list(action):
        if not isinstance(value, list) or len(value) > _LONGEST:
            raise Refused(f"{name}: should be a list of at most {_LONGEST}")
        if action.nargs == _TWO and len(value) != _TWO:
            raise Refused(f"{name}: should be a list of two")
        return [_one(action, name, each) for each in value]
    return _one(action, name, value)


def _one(action: Action, name: str, value: Any) -> Any:
    """Read one value as the command line would read its text."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise Refused(f"{name}: should be true or false")
        return value
    number = action.type in _LEAST
    if isinstance(value, bool) or not isinstance(value, int if number else str):
        raise Refused(f"{name}: should be {'a whole number' if number else 'a text'}")
    text = str(value)
    if len(text) > _LONGEST or "\0" in text:
        raise Refused(f"{name}: should be at most {_LONGEST} characters, without null characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # no file or database takes half a surrogate pair
        raise Refused(f"{name}: is no text in Unicode") from error
    try:
        read = action.type(text) if callable(action.type) else text
    except ArgumentTypeError as error:
        raise Refused(f"{name}: {error}") from error
    if action.choices is not None and read not in action.choices:
        known = ", ".join(map(str, action.choices))
        raise Refused(f"{name}: should be one of {known}, not {clip(text)!r}")
    return read
