"""Settings as they are written, ``group.name=value``, whose they are, and usual choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

__all__ = [
    "COMMON",
    "DEFAULT_DATASET",
    "DEFAULT_DRAWS",
    "DEFAULT_MODEL",
    "DEFAULT_SEEDS",
    "GROUPS",
    "PEERS",
    "grouped",
    "owned",
    "parted",
]

DEFAULT_DATASET = "synthetic"
DEFAULT_MODEL = "mlp-m"
DEFAULT_SEEDS = 5
DEFAULT_DRAWS = 1

GROUPS = ("training", "data", "defense", "attack")
"""What settings are of."""
PEERS = ("defense", "attack")
"""Groups of settings of which every defense, or every attack, has its own."""
COMMON = ("training", "data")
"""Groups of settings that all have in common."""

_EXAMPLES = {"defense": "adversarial_training", "attack": "evasion"}


def parted(text: str, groups: Sequence[str] = GROUPS) -> tuple[str, str, str]:
    """Read ``group.name=value``: group, name and value.

    Raises
    ------
    InputError
        It is not of that form, or there is no such group.
    """
    name, equals, value = text.partition("=")
    group, dot, key = name.partition(".")
    if not (equals and dot and key and value):
        raise InputError(f"--set {text!r}: should be GROUP.NAME=VALUE, such as training.epochs=10")
    if group not in groups:
        raise UnknownName("group of settings", group, groups)
    return group, key, value


def grouped(settings: Sequence[str], groups: Sequence[str] = GROUPS) -> dict[str, dict[str, str]]:
    """Read settings: values by group and name.

    Raises
    ------
    InputError
        One of them cannot be read, or is given twice.
    """
    given: dict[str, dict[str, str]] = {group: {} for group in groups}
    for text in settings:
        group, key, value = parted(text, groups)
        if given[group].setdefault(key, value) != value:
            raise InputError(f"--set gives {group}.{key} twice: {given[group][key]} and {value}")
    return given


def owned(
    settings: Sequence[str],
    whose: Callable[[str, str], str],
    several: str,
    *,
    apart: Sequence[str] = (),
) -> tuple[list[str], dict[tuple[str, str], dict[str, str]]]:
    """Part settings that all have in common from those of one defense or attack.

    Parameters
    ----------
    settings : sequence of str
        ``training.name=value``, ``defense.ID.name=value`` and so on.
    whose : callable
        From a group and the ID as it is written, to what that is called; or it raises.
    several : str
        Why an ID is needed, for the message: ``with --all``.
    apart : sequence of str
        Groups of which one attack may have its own settings beside those in common:
        ``data.ID.name=value``.

    Returns
    -------
    common : list of str
        Those without an ID.
    own : dict
        Values by group and ID, and then by name.

    Raises
    ------
    InputError
        One of them cannot be read, does not say whose it is, or is given twice.
    """
    common = []
    own: dict[tuple[str, str], dict[str, str]] = {}
    for text in settings:
        group, name, value = parted(text)
        peer, dot, key = name.rpartition(".")
        if group not in PEERS and not (dot and group in apart):
            common.append(text)
            continue
        if not dot:
            raise InputError(
                f"--set {clip(text)}: {several}, say whose setting it is, such as"
                f" {group}.{_EXAMPLES[group]}.{clip(name)}={clip(value)}"
            )
        mine = own.setdefault((group, whose(group, peer)), {})
        if mine.setdefault(key, value) != value:
            raise InputError(
                f"--set gives {group}.{whose(group, peer)}.{key} twice: {mine[key]} and {value}"
            )
    return common, own
