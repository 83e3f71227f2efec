"""Settings that many people have, as assumptions to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Preset", "presets"]


class Preset(NamedTuple):
    """A setting: what it is called, in a sentence, and what it assumes, as addresses say it."""

    name: str
    about: str
    assumed: Mapping[str, str]


_PRESETS: Final = (
    Preset(
        "Small data",
        "few records to train on",
        MappingProxyType({"training_set_size": "lower", "records": "few"}),
    ),
    Preset(
        "Long tail",
        "many rare records, and small groups",
        MappingProxyType({"tail_length": "raise", "group_share": "small_groups"}),
    ),
    Preset(
        "Insider",
        "the adversary has the parameters and part of the data",
        MappingProxyType(
            {
                "model_knowledge": "whitebox",
                "data_knowledge": "partial_overlap",
                "defense_knowledge": "aware",
            }
        ),
    ),
    Preset(
        "Public API",
        "anybody may query the model, and sees all scores",
        MappingProxyType(
            {
                "model_knowledge": "blackbox",
                "interaction": "unlimited",
                "output": "full",
                "answers": "scores",
            }
        ),
    ),
)


def presets(kb: KnowledgeBase) -> Sequence[Preset]:
    """Return the settings as far as the knowledge has what they assume; none is empty."""
    found = (
        each._replace(assumed={k: v for k, v in each.assumed.items() if _known(kb, k, v)})
        for each in _PRESETS
    )
    return [each for each in found if each.assumed]


def _known(kb: KnowledgeBase, key: str, value: str) -> bool:
    if key in kb.factors:
        return True
    return any(key in each and value in each[key].values for each in (kb.adversary, kb.conditions))
