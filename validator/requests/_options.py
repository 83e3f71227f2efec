"""Options of requests: declared once, with their meaning, bounds and JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, Final, Literal

from crosscurrent.knowledge.errors import InputError, clip

__all__ = ["GROUPS", "Option", "declared_fields", "option", "whole_number"]

_LONGEST = 1000
"""Characters of a text, and items of a list, that come from elsewhere."""
_DIGITS = 9

Group = Literal["subject", "options", "experiment", "machine"]
GROUPS: Final[tuple[Group, ...]] = ("subject", "options", "experiment", "machine")
"""Groups of options, in the order in which they are listed."""


@dataclass(frozen=True)
class Option:
    """One option of a request.

    Attributes
    ----------
    name : str
        Its name in JSON.
    meaning : str
        What it is, in a few words.
    read_as : {"text", "number", "switch"}
        A text, a whole number, or true or false.
    absent : object
        The value that it has where it is not given.
    flag : str or None
        Its name on the command line; None: it stands there without one.
    metavar : str or None
        What stands for its value in help.
    group : str
        The group that it is listed in.
    least : int or None
        The smallest number that is accepted.
    choices : tuple of str
        The texts that are accepted; empty: any.
    many : bool
        Whether it takes several values.
    count : int or None
        How many these are; None: any number.
    clients : bool
        Whether a client of the service may name it.
    label : str
        What the page's form calls it; empty: the form does not ask for it.
    repeated : {"always", "given", "never"}
        Whether the command that gives a result again names it: always, or only if it is not what
        is so by default, or never, since results do not depend on it.
    """

    name: str
    meaning: str
    read_as: Literal["text", "number", "switch"]
    absent: Any
    flag: str | None
    metavar: str | None
    group: Group
    least: int | None
    choices: tuple[str, ...]
    many: bool
    count: int | None
    clients: bool
    label: str
    repeated: Literal["always", "given", "never"]

    def checked(self, value: Any) -> Any:
        """Return a value, lists as tuples.

        Raises
        ------
        InputError
            It is of another type, or too small, or none of the choices.
        """
        if not self.many:
            return self._one(value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InputError(f"{self.name}: should be a list of at most {_LONGEST}")
        if self.count is not None and len(value) != self.count:
            number = {2: "two"}.get(self.count, self.count)
            raise InputError(f"{self.name}: should be a list of {number}")
        return tuple(map(self._one, value))

    def read(self, value: Any) -> Any:
        """Return a value that comes from elsewhere; raises `InputError`, as `checked` does.

        Texts and lists are at most so long, and texts are such as files and databases take.
        """
        several = self.many and isinstance(value, list)
        if several and len(value) > _LONGEST:
            raise InputError(f"{self.name}: should be a list of at most {_LONGEST}")
        for text in value if several else [value]:
            if isinstance(text, str):
                self._require_plain(text)
        return self.checked(value)

    def schema(self) -> dict[str, Any]:
        """Return its JSON schema."""
        about: dict[str, Any] = {"type": "string", "maxLength": _LONGEST}
        if self.read_as == "switch":
            about = {"type": "boolean"}
        elif self.read_as == "number":
            about = {"type": "integer"} | ({} if self.least is None else {"minimum": self.least})
        if self.choices:
            about["enum"] = list(self.choices)
        if self.many:
            about = {"type": "array", "items": about, "maxItems": _LONGEST}
            if self.count is not None:
                about |= {"minItems": self.count, "maxItems": self.count}
        if self.absent is not None:
            about["default"] = list(self.absent) if self.many else self.absent
        return {**about, "description": self.meaning}

    def _one(self, value: Any) -> Any:
        if self.read_as == "switch":
            if not isinstance(value, bool):
                raise InputError(f"{self.name}: should be true or false")
            return value
        if isinstance(value, bool) or not isinstance(value, int if self._counts else str):
            raise InputError(
                f"{self.name}: should be {'a whole number' if self._counts else 'a text'}"
            )
        if self._counts:
            try:
                return whole_number(str(value), self.least)
            except ValueError as error:
                raise InputError(f"{self.name}: {error}") from error
        if self.choices and value not in self.choices:
            known = ", ".join(self.choices)
            raise InputError(f"{self.name}: should be one of {known}, not {clip(str(value))!r}")
        return value

    @property
    def _counts(self) -> bool:
        return self.read_as == "number"

    def _require_plain(self, text: str) -> None:
        if len(text) > _LONGEST or "\0" in text:
            raise InputError(
                f"{self.name}: should be at most {_LONGEST} characters, without null characters"
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:  # no file or database takes half a surrogate pair
            raise InputError(f"{self.name}: is no text in Unicode") from error


def option(
    absent: Any,
    meaning: str,
    *,
    read_as: Literal["text", "number", "switch"] = "text",
    name: str = "",
    flag: str | None = None,
    metavar: str | None = None,
    group: Group = "experiment",
    least: int | None = None,
    choices: tuple[str, ...] = (),
    many: bool = False,
    count: int | None = None,
    clients: bool = False,
    label: str = "",
    repeated: Literal["always", "given", "never"] = "given",
    required: bool = False,
    chosen: bool = False,
) -> Any:
    """Declare a field of a request; most parameters are those of `Option`.

    Parameters
    ----------
    name : str
        Its name in JSON, where that is not the field's.
    required : bool
        Whether a request of this kind has to give it.
    chosen : bool
        Whether it is a switch that is on in each request of this kind.
    """
    declared = Option(
        name, meaning, read_as, absent, flag, metavar, group, least, choices, many, count,
        clients, label, repeated,
    )  # fmt: skip
    metadata = {"option": declared}
    if chosen:
        return field(default=True, init=False, metadata=metadata)
    return field(default=MISSING if required else absent, metadata=metadata)


def declared_fields(kind: type[Any]) -> tuple[tuple[Field[Any], Option], ...]:
    """Return the fields of a request with their options."""
    return tuple(
        (each, replace(declared, name=declared.name or each.name))
        for each in fields(kind)
        if (declared := each.metadata.get("option")) is not None
    )


def whole_number(text: str, least: int | None = None) -> int:
    """Read a whole number of at most nine digits.

    Parameters
    ----------
    text : str
        In decimal digits.
    least : int, optional
        The smallest that will do; by default it may be of any sign.

    Raises
    ------
    ValueError
        It is none; the message says what it should be.
    """
    digits = text.removeprefix("-") if least is None else text
    if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS:
        number = int(text)
        if least is None or number >= least:
            return number
    allowed = "" if least is None else f" from {least} to {10**_DIGITS - 1}"
    raise ValueError(f"should be a whole number{allowed}, not {text!r}")
