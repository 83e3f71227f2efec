"""Base of requests: a set-up, and the subject of the measurement."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, replace
from typing import Any, ClassVar, NamedTuple

from ..experiments.assignments import DEFAULT_DATASET, DEFAULT_DRAWS, DEFAULT_MODEL, DEFAULT_SEEDS
from ._options import GROUPS, Option, declared_fields, option

__all__ = ["Command", "Kinds", "Request", "Setup", "commands", "options"]


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
        A data set that has a name, or the path of a user's own; None: ``synthetic``.
    model : str or None
        An architecture of ours, or a user's own, ``package.module:Class``; None: ``mlp-m``.
    seeds : int
        How many pairs of models, or groups of them, are trained.
    draws : int
        Of how many draws of the data set, each with all seeds.
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
        "synthetic (default), digits, compas or another one of validate --list, or a file of your"
        " own",
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
    draws: int = option(
        DEFAULT_DRAWS,
        "draws of the data set, each with all seeds; with two or more the interval is over them"
        f" (default {DEFAULT_DRAWS})",
        read_as="number",
        least=1,
        flag="--draws",
        metavar="K",
        clients=True,
        label="Draws of the data",
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
        for each, declared in declared_fields(type(self)):
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
            declared.name: getattr(self, each.name)
            for each, declared in declared_fields(type(self))
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
            for each, declared in declared_fields(type(self))
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

    def subjects(self) -> tuple[str, ...]:
        """Return the defenses, risks or attacks that it names."""
        found: list[str] = []
        for each, declared in declared_fields(type(self)):
            if declared.group == "subject":
                value = getattr(self, each.name)
                found += value if declared.many else [value]
        return tuple(found)

    def models(self) -> tuple[str, ...]:
        """Return the models that it names, and what settings may name as one by an import path."""
        values = (text.partition("=")[2] for text in self.settings)
        return (*filter(None, [self.model]), *(value for value in values if ":" in value))

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


Kinds = Sequence[type[Request]]


def commands(kinds: Kinds) -> dict[Command, tuple[type[Request], ...]]:
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
        own = {declared.name: declared for kind in takes for _, declared in declared_fields(kind)}
        for each in sorted(own.values(), key=lambda each: GROUPS.index(each.group)):
            if each.name == "settings":
                each = replace(each, meaning=each.meaning + command.owners)
            found.setdefault(each.name, each)
    return found
