"""Variations: the same experiment at several values of one factor; nothing is trained yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Unpack

from crosscurrent.knowledge.errors import InputError, clip

from .assignments import parted
from .experiment import Experiment, SetupOptions, experiment

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["MODEL", "MOST", "VARIED", "Point", "Variation", "Varied", "asked_values", "variation"]

MODEL: Final = "model"
"""What sets the capacity: not a setting of a group, but an option of its own."""
MOST: Final = 20
"""As many values as are told apart in a picture."""


class Varied(NamedTuple):
    """How a factor is varied.

    Attributes
    ----------
    setting : str
        What sets it: ``data.NAME`` or `MODEL`.
    about : str
        What its values are.
    """

    setting: str
    about: str


VARIED: Final[Mapping[str, Varied]] = MappingProxyType(
    {
        "training_set_size": Varied(
            "data.records", "records in all, of which two in five train a model"
        ),
        "tail_length": Varied(
            "data.tail_length", "share of rare records, from 0 to 1; of synthetic data only"
        ),
        "attribute_count": Varied(
            "data.attributes", "attributes, of synthetic data or of any table"
        ),
        "model_capacity": Varied(MODEL, "models by their names"),
    }
)
"""The factors that can be varied, by their ids."""


@dataclass(frozen=True, eq=False)
class Point:
    """One value of the factor.

    Attributes
    ----------
    value : int, float or str
        A number, or the name of a model.
    size : int or float
        By which values are ordered: the number itself, or the parameters of a model.
    settings : tuple of str
        As the experiment alone takes them.
    model : str or None
        The model of this value; None where the model is the same for all.
    experiment : Experiment
        What will be run.
    """

    value: int | float | str
    size: int | float
    settings: tuple[str, ...]
    model: str | None
    experiment: Experiment


@dataclass(frozen=True, eq=False)
class Variation:
    """The same experiment at several values of one factor.

    Attributes
    ----------
    factor : str
        Id of the factor.
    code : str or None
        Its code.
    name : str
        What people call it.
    setting : str
        What sets it: ``data.NAME`` or ``model``.
    points : tuple of Point
        From the lowest value to the highest, however they were given.
    """

    factor: str
    code: str | None
    name: str
    setting: str
    points: tuple[Point, ...]

    @property
    def values(self) -> list[int | float | str]:
        """The values, from the lowest to the highest."""
        return [point.value for point in self.points]

    @property
    def experiments(self) -> list[Experiment]:
        """The experiments, in the order of the values."""
        return [point.experiment for point in self.points]


def asked_values(text: str) -> tuple[str, list[str]]:
    """Read ``FACTOR=VALUE,VALUE,…``: the factor as it is named, and the texts of its values.

    Raises
    ------
    InputError
        It is not of that form, or there are not two to twenty values.
    """
    name, equals, listed = text.partition("=")
    values = [each.strip() for each in listed.split(",")]
    if not (equals and name.strip()) or "" in values:
        raise InputError(
            f"--vary {clip(text)!r}: should be FACTOR=VALUE,VALUE,…, such as attribute_count=10,20"
        )
    if not 2 <= len(values) <= MOST:
        raise InputError(
            f"--vary {clip(text)}: should give 2 to {MOST} values, to compare them; this is"
            f" {len(values)}"
        )
    return name.strip(), values


def variation(
    kb: KnowledgeBase,
    vary: str,
    defense: str,
    risk: str,
    *,
    settings: Sequence[str] = (),
    **on: Unpack[SetupOptions],
) -> Variation:
    """Set the same experiment up at each value of a factor.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names and codes.
    vary : str
        ``FACTOR=VALUE,VALUE,…``, by id, code or alias: one of `VARIED`.
    defense, risk, settings, **on
        As `validator.experiments.experiment.experiment` takes them, but for what is varied.

    Raises
    ------
    InputError
        A factor that nothing sets, values that do not fit or are the same, or what works for no
        single experiment; before any training starts.
    """
    name, texts = asked_values(vary)
    factor = kb.factor(name)
    if factor.id not in VARIED:
        known = ", ".join(f"{each} ({kb.factors[each].code})" for each in VARIED)
        raise InputError(
            f"--vary {factor.id}: nothing sets this factor directly; those that can be varied are"
            f" {known}"
        )
    setting = VARIED[factor.id].setting
    given = [group + "." + key for group, key, _ in map(parted, settings)]
    if setting in given or (setting == MODEL and on.get("model") is not None):
        option = "--model" if setting == MODEL else f"--set {setting}"
        raise InputError(f"--vary {factor.id} sets {setting} itself: leave {option} out")
    made: list[Point] = []
    wrong: list[tuple[str, InputError]] = []
    for text in texts:
        own = settings if setting == MODEL else [*settings, f"{setting}={text}"]
        with_model: SetupOptions = {**on, "model": text} if setting == MODEL else on
        try:
            planned = experiment(kb, defense, risk, settings=own, **with_model)
        except InputError as error:
            wrong.append((text, error))
        else:
            made.append(_point(planned, setting, text, settings))
    if len(wrong) == len(texts) and len({str(error) for _, error in wrong}) == 1:
        raise wrong[0][1]  # whatever the value
    if wrong:
        first, reason = wrong[0]
        raise InputError(f"--vary {factor.id}={clip(first)}: {reason}") from reason
    made.sort(key=lambda point: point.size)
    for low, high in pairwise(made):
        if low.size == high.size:
            same = f" and {high.value} have as many parameters" * (setting == MODEL)
            raise InputError(
                f"--vary {factor.id}: {low.value}{same or ' is there twice'}; give values that"
                " differ"
            )
    return Variation(factor.id, factor.code, factor.name, setting, tuple(made))


def _point(planned: Experiment, setting: str, text: str, settings: Sequence[str]) -> Point:
    if setting == MODEL:
        size = planned.context.architecture.parameters
        return Point(text, size, tuple(settings), text, planned)
    # as the data set read it, so that 0.3 and 0.30 are the same
    value = planned.context.data.settings[setting.partition(".")[2]]
    return Point(value, value, (*settings, f"{setting}={value}"), None, planned)
