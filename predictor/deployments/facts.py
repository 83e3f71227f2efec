"""Facts of a deployment: what a knowledge base understands of a deployment file.

Each fact becomes an assumption that `crosscurrent what-if` takes too, or is noted for the report
alone; nothing is assumed that the file does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar, get_args

from crosscurrent.knowledge.errors import BrokenDeployment, InputError, Problem, UnknownName

from ..assessment import Grade
from ..interactions import settled
from ..scenarios import Scenario, scenario

if TYPE_CHECKING:
    from crosscurrent.knowledge import Characteristic, Condition, KnowledgeBase, Variant
    from crosscurrent.knowledge.deployment_files import DeploymentFile
    from crosscurrent.knowledge.deployments import Matters

__all__ = ["ANYBODY", "FIELDS", "NEVER", "Described", "Fact", "InPlace", "Profile", "described"]

Assumption = Literal["raise", "lower", "given", "adversary", "noted"]

_MOVES: Final[Mapping[str, Assumption]] = MappingProxyType(
    {
        "small": "lower",
        "low": "lower",
        "short": "lower",
        "large": "raise",
        "high": "raise",
        "long": "raise",
    }
)

_FACTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "data.size": "training_set_size",
        "data.dimensionality": "attribute_count",
        "data.tail": "tail_length",
        "model.capacity": "model_capacity",
    }
)
"""Facts that say how large a factor is, compared with what is usual."""

_CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "data.modality": "modality",
        "data.groups": "group_share",
        "model.initialization": "initialization",
        "model.fit": "fit",
        "model.learning": "learning",
        "offered.answers": "answers",
        "offered.explanation_use": "explanation_use",
    }
)
"""Facts that are a condition of effects."""

FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {"records": "data.size"}
    | {subject: name for name, subject in (*_FACTORS.items(), *_CONDITIONS.items())}
)
"""The field of a deployment file that states a factor or a condition."""

_RECORDS: Final[Mapping[str, str]] = MappingProxyType({"small": "few", "large": "many"})
_OUTPUT: Final[Mapping[str, str]] = MappingProxyType(
    {"label_only": "hard_label", "scores": "full", "explanations": "full"}
)
"""What an adversary sees of the output, by what the service answers."""

ANYBODY: Final = "anybody"
"""The adversary of a file that names none, but says what the service offers."""

NEVER: Final = "never"
"""In a policy: no grade of an increase fails."""

_T = TypeVar("_T")


class Fact(NamedTuple):
    """What one field of the file is taken to mean.

    Attributes
    ----------
    field : str
        The field, such as ``data.tail``.
    value : str
        What it says.
    assumption : str
        ``raise`` or ``lower`` (a factor), ``given`` (a condition), ``adversary`` (a characteristic)
        or ``noted`` (nothing is assumed).
    subject : str or None
        Id of the factor, condition or characteristic; None where nothing is assumed.
    assumed : str or None
        The value of the condition or characteristic.
    """

    field: str
    value: str
    assumption: Assumption
    subject: str | None = None
    assumed: str | None = None


class Profile(NamedTuple):
    """An adversary: its name, the risks it may turn into attacks, and what it has."""

    name: str
    risks: frozenset[str]
    described: Mapping[str, str]


class InPlace(NamedTuple):
    """A defense that is in place.

    Attributes
    ----------
    name : str
        As `predictor.interactions.predict` takes it: an id, with its stage where the file says it.
    defense : str
        Id of the defense.
    variant : Variant
        As `predictor.conflicts.combine` takes it.
    given : mapping from str to str
        Conditions that this defense meets, beside those of the deployment.
    settings : mapping from str to value
        Noted for the report.
    field : str
        Where the file names it.
    """

    name: str
    defense: str
    variant: Variant
    given: Mapping[str, str]
    settings: Mapping[str, str | int | float | bool]
    field: str


class Described(NamedTuple):
    """A deployment as a knowledge base understands it.

    Attributes
    ----------
    file : DeploymentFile
        What was given.
    facts : tuple of Fact
        What each field means.
    context : Scenario
        What holds for all defenses and adversaries.
    profiles : tuple of Profile
        Who may attack; empty if the file does not say.
    defenses : tuple of InPlace
        In the order of the file.
    matters : mapping from str to str
        How much each risk matters, by id; risks that do not count are left out.
    fields : mapping from str to str
        Where the file names a risk.
    silent : tuple of Fact
        Facts of which this base knows neither factor nor condition; nothing is assumed of them.
    """

    file: DeploymentFile
    facts: tuple[Fact, ...]
    context: Scenario
    profiles: tuple[Profile, ...]
    defenses: tuple[InPlace, ...]
    matters: Mapping[str, Matters]
    fields: Mapping[str, str]
    silent: tuple[Fact, ...]

    def scenario(self, defense: InPlace | None = None, profile: Profile | None = None) -> Scenario:
        """Return what is assumed of a defense and an adversary."""
        given = {**self.context.given, **defense.given} if defense else self.context.given
        return self.context._replace(
            given=MappingProxyType(dict(given)),
            adversary=MappingProxyType(dict(profile.described)) if profile else {},
        )


def described(kb: KnowledgeBase, file: DeploymentFile) -> Described:
    """Look up all that a deployment file names.

    Raises
    ------
    BrokenDeployment
        If it names what is not known, or contradicts itself; it carries every problem.
    """
    return _Reading(kb, file).described()


def _meanings(field: str, value: str) -> list[Fact]:
    """Return what a field of data, model or offer is taken to mean."""
    found: list[Fact] = []
    if field in _FACTORS and value in _MOVES:
        found.append(Fact(field, value, _MOVES[value], _FACTORS[field]))
    if field == "data.size" and value in _RECORDS:
        found.append(Fact(field, value, "given", "records", _RECORDS[value]))
    if field in _CONDITIONS:
        found.append(Fact(field, value, "given", _CONDITIONS[field], value))
    if field == "offered.answers" and value in _OUTPUT:
        found.append(Fact(field, value, "adversary", "output", _OUTPUT[value]))
    if field == "offered.interaction":
        found.append(Fact(field, value, "adversary", "interaction", value))
    return found or [Fact(field, value, "noted")]


class _Reading:
    """One reading of a file; collects problems."""

    def __init__(self, kb: KnowledgeBase, file: DeploymentFile) -> None:
        self._kb, self._file, self._said = kb, file, file.deployment
        self._problems: list[Problem] = []

    def described(self) -> Described:
        facts, silent = self._facts()
        general = self._conditions("given", self._said.given)
        given = {fact.subject: fact.assumed for fact in facts if fact.assumption == "given"}
        for key, value in general.items():
            if given.setdefault(key, value) != value:
                self._wrong(f"given.{key}", f"{FIELDS[key]} says {given[key]}: leave one out")
            elif key not in FIELDS:
                facts.append(Fact(f"given.{key}", value, "given", key, value))
        stated = {str(key): str(value) for key, value in given.items()}
        moved: dict[str, list[str]] = {"raise": [], "lower": []}
        for fact in facts:
            if fact.assumption in moved and fact.subject:
                moved[fact.assumption].append(fact.subject)
        defenses = self._defenses(stated)
        profiles = self._profiles(facts)
        matters, fields = self._risks()
        self._policy()
        self._accepted()
        if self._problems:
            raise BrokenDeployment(self._problems)
        context = scenario(self._kb, raise_=moved["raise"], lower=moved["lower"], given=stated)
        return Described(
            self._file, tuple(facts), context, profiles, defenses, matters, fields, tuple(silent)
        )

    def _wrong(self, field: str, message: str) -> None:
        self._problems.append(self._file.problem(field, message))

    def _known(self, field: str, name: str, look_up: Callable[[str], _T]) -> _T | None:
        """Look a name up; a problem if it is not known."""
        try:
            return look_up(name)
        except InputError as error:
            self._wrong(field, str(error))
            return None

    def _facts(self) -> tuple[list[Fact], list[Fact]]:
        """Return what data, model and offer mean, and what this base knows nothing of."""
        facts: list[Fact] = []
        silent: list[Fact] = []
        for field, value in self._stated():
            for fact in _meanings(field, value):
                scales: Mapping[str, Characteristic | Condition] = self._kb.conditions
                if fact.assumption == "adversary":
                    scales = self._kb.adversary
                if fact.subject is None or fact.subject in self._kb.factors:
                    facts.append(fact)
                elif fact.subject not in scales:
                    silent.append(fact)
                elif self._valued(field, scales[fact.subject].values, str(fact.assumed)):
                    facts.append(fact)
        return facts, silent

    def _stated(self) -> Iterator[tuple[str, str]]:
        """Yield the fields of data, model and offer that say something, with what they say."""
        for section in ("data", "model", "offered"):
            part = getattr(self._said, section)
            for name in part.__slots__:
                value = getattr(part, name)
                if isinstance(value, tuple):
                    value = ", ".join(value)
                if value not in (None, ""):
                    yield f"{section}.{name}", str(value)

    def _valued(self, field: str, values: tuple[str, ...], value: str) -> bool:
        """Say whether a value is one of a scale; a problem if it is not."""
        if value in values:
            return True
        self._wrong(field, str(UnknownName("value", value, values)))
        return False

    def _conditions(self, field: str, given: Mapping[str, str] | None) -> dict[str, str]:
        """Return the conditions of a mapping that are known."""
        found: dict[str, str] = {}
        for key, value in (given or {}).items():
            name = f"{field}.{key}"
            if key in self._kb.adversary:
                self._wrong(name, f"{key} is of the adversary: state it among adversaries")
            elif key not in self._kb.conditions:
                self._wrong(name, str(UnknownName("condition", key, list(self._kb.conditions))))
            elif self._valued(name, self._kb.conditions[key].values, value):
                found[key] = value
        return found

    def _defenses(self, general: Mapping[str, str]) -> tuple[InPlace, ...]:
        found: list[InPlace] = []
        for index, entry in enumerate(self._said.defenses):
            field = f"defenses[{index}].defense"
            variant = self._known(field, entry.defense, self._kb.variant)
            given = self._conditions(f"defenses[{index}].given", entry.given)
            for key in given.keys() & general.keys():
                if given[key] != general[key]:
                    message = f"the deployment as a whole is said to be {key}={general[key]}"
                    self._wrong(f"defenses[{index}].given.{key}", message)
            if variant is None:
                continue
            if any(each.variant == variant for each in found):
                self._wrong(field, f"{variant.id} is there twice: leave one out")
            identity, stage = settled(self._kb, self._staged(entry.defense, variant))
            name = f"{identity}@{stage}" if stage else identity
            found.append(
                InPlace(
                    name,
                    identity,
                    variant,
                    MappingProxyType(given),
                    MappingProxyType(dict(entry.settings or {})),
                    field,
                )
            )
        return tuple(found)

    def _staged(self, given: str, variant: Variant) -> str:
        """Return the name of a defense by its id, with the stage where the given one says it."""
        defense, stage = self._kb.staged(given)
        return defense.id if stage is None else variant.id

    def _profiles(self, facts: Iterable[Fact]) -> tuple[Profile, ...]:
        found: list[Profile] = []
        everything = frozenset(self._kb.risks)
        usual = {
            str(fact.subject): str(fact.assumed) for fact in facts if fact.assumption == "adversary"
        }
        if usual and not self._said.adversaries:
            return (Profile(ANYBODY, everything, MappingProxyType(usual)),)
        for index, entry in enumerate(self._said.adversaries):
            field = f"adversaries[{index}]"
            if any(each.name == entry.name for each in found):
                self._wrong(f"{field}.name", "another adversary has this name: choose two")
            own = {}
            for key, value in (entry.given or {}).items():
                name = f"{field}.given.{key}"
                if key not in self._kb.adversary:
                    known = list(self._kb.adversary)
                    self._wrong(name, str(UnknownName("adversary characteristic", key, known)))
                elif self._valued(name, self._kb.adversary[key].values, value):
                    own[key] = value
            risks = [
                self._known(f"{field}.attacks[{place}]", name, self._kb.risk)
                for place, name in enumerate(entry.attacks)
            ]
            named = frozenset(risk.id for risk in risks if risk is not None)
            risks_named = named if entry.attacks else everything
            found.append(Profile(entry.name, risks_named, MappingProxyType({**usual, **own})))
        return tuple(found)

    def _risks(self) -> tuple[dict[str, Matters], dict[str, str]]:
        matters: dict[str, Matters] = {}
        fields: dict[str, str] = {}
        for index, entry in enumerate(self._said.risks):
            field = f"risks[{index}].risk"
            risk = self._known(field, entry.risk, self._kb.risk)
            if risk is None:
                continue
            if risk.id in matters:
                self._wrong(field, f"{risk.id} is there twice: leave one out")
            matters[risk.id] = entry.matters
            fields[risk.id] = field
        if not self._said.risks:
            matters = dict.fromkeys(self._kb.risks, "medium")
        return matters, fields

    def _policy(self) -> None:
        grade, known = self._said.policy.rise_at, [*get_args(Grade), NEVER]
        if grade not in known:
            self._wrong("policy.rise_at", str(UnknownName("grade", grade, known)))

    def _accepted(self) -> None:
        seen: set[str] = set()
        for index, entry in enumerate(self._said.accepted):
            if entry.finding in seen:
                message = f"{entry.finding} is accepted twice: leave one out"
                self._wrong(f"accepted[{index}].finding", message)
            seen.add(entry.finding)
