"""Requests for measurements: what is measured, on what and how, as values.

A request is the same value wherever it comes from: the command line, a program, a notebook, a
client of the service, the page. Its options are declared here, once; the options of
``crosscurrent validate``, the JSON schema of ``POST /v1/validations`` and the fields of the page's
form are made from these declarations. What concerns one terminal only, such as where a picture is
written, is no part of a request.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, ClassVar, Final, Literal, NamedTuple

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

from .experiments.assignments import DEFAULT_DATASET, DEFAULT_MODEL, DEFAULT_SEEDS

__all__ = [
    "REQUESTS",
    "CollusionRequest",
    "CombinationRequest",
    "Command",
    "GridRequest",
    "Option",
    "PairRequest",
    "Request",
    "Setup",
    "VariationRequest",
    "commands",
    "from_json",
    "from_values",
    "json_schema",
    "option",
    "options",
    "whole_number",
]

_LONGEST = 1000
"""Characters of a text, and items of a list, that come from elsewhere."""
_DIGITS = 9

Group = Literal["subject", "options", "experiment", "machine"]
_GROUPS: Final[tuple[Group, ...]] = ("subject", "options", "experiment", "machine")
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


class Command(NamedTuple):
    """A command that takes requests.

    Attributes
    ----------
    word : str
        What follows ``crosscurrent validate``; empty: nothing does.
    summary, description : str
        What it is for, in a line and at length.
    owners : str
        How a setting says whose it is: what its help ends with.
    examples : tuple of str
        Command lines.
    """

    word: str
    summary: str
    description: str
    owners: str
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """On what, with what and how often is measured, and how fast.

    Attributes
    ----------
    dataset : str or None
        An embedded data set, or the path of a user's own; None: ``synthetic``.
    model : str or None
        An architecture of ours, or a user's own, ``package.module:Class``; None: ``mlp-m``.
    seeds : int
        How many pairs of models, or groups of them, are trained.
    settings : tuple of str
        ``group.name=value``.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    memory : int or None
        MiB that may be used at once; None: half of what is free.
    threads : int or None
        Threads to use; None: as many as are free.
    """

    dataset: str | None = option(
        None,
        "digits, breast_cancer, diabetes or synthetic (default), or a file of your own",
        flag="--dataset",
        metavar="NAME|PATH",
        clients=True,
        label="Data set",
        repeated="always",
    )
    model: str | None = option(
        None,
        "mlp-s to mlp-xl (default mlp-m), cnn-s to cnn-xl, or your own: package.module:Class",
        flag="--model",
        metavar="MODEL",
        clients=True,
        label="Model",
        repeated="always",
    )
    seeds: int = option(
        DEFAULT_SEEDS,
        f"paired seeds (default {DEFAULT_SEEDS})",
        read_as="number",
        flag="--seeds",
        metavar="N",
        clients=True,
        label="Paired seeds",
        repeated="always",
    )
    settings: tuple[str, ...] = option(
        (),
        "a setting of defense, attack, training or data; may be repeated; see validate --list",
        many=True,
        flag="--set",
        metavar="GROUP.NAME=VALUE",
        clients=True,
        label="Settings",
    )
    device: str = option(
        "cpu",
        "cpu (default), cuda or cuda:N",
        flag="--device",
        group="machine",
        clients=True,
        label="Device",
    )
    memory: int | None = option(
        None,
        "MiB to use at once (default: half of what is free)",
        read_as="number",
        least=1,
        flag="--memory",
        metavar="MIB",
        group="machine",
        clients=True,
        repeated="never",
    )
    threads: int | None = option(
        None,
        "threads (default: the cores, shared with other runs on the same results); on a Ray"
        " cluster those of each task (default there: 1)",
        read_as="number",
        least=1,
        flag="--threads",
        metavar="N",
        group="machine",
        clients=True,
        repeated="never",
    )

    def __post_init__(self) -> None:
        """Check all values; lists become tuples."""
        for each, declared in _declared(type(self)):
            value = getattr(self, each.name)
            if value is not None or each.default is MISSING:
                object.__setattr__(self, each.name, declared.checked(value))


class Request(Setup):
    """Base class of requests: a `Setup`, and the subject of the measurement.

    Attributes
    ----------
    kind : str
        What its result is of, as documents say it.
    title : str
        That, for people.
    article : str
        That, in a sentence: a measurement is of …
    command : Command
        The command that takes it.
    marked_by : str or None
        The option that says that a request is of this kind; None: it is where no other does.
    refusal : str
        What is said where it names the subject of another kind, or not all of its own.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    article: ClassVar[str] = ""
    command: ClassVar[Command]
    marked_by: ClassVar[str | None] = None
    refusal: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Return the request without what is so by default; equal for equal requests."""
        given = {
            declared.name: getattr(self, each.name) for each, declared in _declared(type(self))
        }
        known = options(type(self))
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in sorted(given.items())
            if value is not None and value != known[name].absent
        }

    def command_line(self) -> str:
        """Return the command line that asks for the same."""
        return shlex.join(self._words(self.to_json()))

    def again(self, knowledge: Iterable[str] = ()) -> str:
        """Return the command line that gives a result again.

        All that results depend on is in it, whether it was given or is so by default.

        Parameters
        ----------
        knowledge : iterable of str
            Folders of knowledge files that it names, too.
        """
        filled = replace(
            self,
            dataset=self.dataset or DEFAULT_DATASET,
            model=self.model or DEFAULT_MODEL,
            settings=tuple(sorted(set(self.settings))),
        )
        given = {
            declared.name: getattr(filled, each.name)
            for each, declared in _declared(type(self))
            if declared.repeated == "always"
        }
        given |= {
            name: value
            for name, value in filled.to_json().items()
            if options(type(self))[name].repeated == "given"
        }
        words = self._words(given)
        for folder in knowledge:
            words += ["--knowledge", folder]
        return shlex.join(words)

    def models(self) -> tuple[str, ...]:
        """Return the models that it names."""
        return () if self.model is None else (self.model,)

    def pair(self, defense: str, risk: str, **changes: Any) -> PairRequest:
        """Return the request that measures one pair in the same way, but for some changes."""
        same = {each.name: getattr(self, each.name) for each in fields(Setup)}
        return PairRequest(defense, risk, **{**same, **changes})

    def _words(self, given: Mapping[str, Any]) -> list[str]:
        words = ["crosscurrent", "validate", *filter(None, [self.command.word])]
        for declared in options(type(self)).values():
            if declared.name not in given:
                continue
            value = given[declared.name]
            for each in value if declared.many else [value]:
                words += [declared.flag] if declared.flag else []
                words += [] if declared.read_as == "switch" else [str(each)]
        return words


_VALIDATE = Command(
    "",
    "measure whether a prediction holds, by training models",
    "Train models with and without the defense, mount the attack behind the risk, and report with"
    " a confidence interval whether the prediction holds for models of this size on this data."
    " Stored results are reused. DEFENSE may be placebo, which does nothing. --all measures every"
    " defense against every risk and shares models. For several defenses or attacks see validate"
    " combine and validate collude.",
    "; with --all: defense.ID.NAME=VALUE or attack.ID.NAME=VALUE",
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
        Ids or codes; the defense may be ``placebo``, and at a stage, such as ``RD2@post``.
    """

    kind: ClassVar[str] = "verdict"
    title: ClassVar[str] = "One defense, one risk"
    command: ClassVar[Command] = _VALIDATE
    refusal: ClassVar[str] = _PAIR_NEEDED

    defense: str = option(
        None,
        "id or code of a defense, optionally with @stage, such as RD2@post",
        metavar="DEFENSE",
        group="subject",
        clients=True,
        label="Defense",
        required=True,
    )
    risk: str = option(
        None,
        "id or code of a risk",
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


_TOGETHER = "a combination or a collusion is of what it names: leave DEFENSE and RISK out"


@dataclass(frozen=True)
class CombinationRequest(Request):
    """Defenses alone and together.

    Attributes
    ----------
    defenses : tuple of str
        Two or more, by id or code, each with an optional stage: ``watermarking@pre``.
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
        "id or code of a defense, optionally with @stage, such as RD2@post; two or more",
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
        Two, by id or code, or by the risks that they exploit.
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
        "id or code of an attack: the one that comes first, and the one that it may amplify",
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

Kinds = Sequence[type[Request]]


def commands(kinds: Kinds = REQUESTS) -> dict[Command, tuple[type[Request], ...]]:
    """Return the commands that take requests, and the kinds that each takes."""
    found: dict[Command, tuple[type[Request], ...]] = {}
    for kind in kinds:
        found[kind.command] = (*found.get(kind.command, ()), kind)
    return found


def options(*kinds: type[Request]) -> dict[str, Option]:
    """Return the options of some kinds of requests by name, as they are listed.

    Those of one command stand together; the help of ``settings`` says whose they are.
    """
    found: dict[str, Option] = {}
    for command, takes in commands(kinds).items():
        own = {declared.name: declared for kind in takes for _, declared in _declared(kind)}
        for each in sorted(own.values(), key=lambda each: _GROUPS.index(each.group)):
            if each.name == "settings":
                each = replace(each, meaning=each.meaning + command.owners)
            found.setdefault(each.name, each)
    return found


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
    own = {declared.name: each for each, declared in _declared(kind)}
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


def _declared(kind: type[Setup]) -> tuple[tuple[Field[Any], Option], ...]:
    """Return the fields of a request with their options."""
    return tuple(
        (each, replace(declared, name=declared.name or each.name))
        for each in fields(kind)
        if (declared := each.metadata.get("option")) is not None
    )
