"""Conditions in words: what an adversary, a model or an attack is like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from crosscurrent.knowledge import Condition, KnowledgeBase

__all__ = ["PHRASES", "Group", "circumstance", "circumstances", "grouped"]

PHRASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "role=malicious_suspect": "the adversary is the suspect who denies having copied",
        "role=malicious_accuser": "the adversary is an accuser who claims what is not its own",
        "defense_knowledge=unaware": "the adversary does not know of the defense",
        "defense_knowledge=aware": "the adversary knows of the defense",
        "capability=honest_but_curious": "the adversary only looks",
        "capability=malicious": "the adversary tampers",
        "optimization=non_adaptive": "queries do not build on earlier answers",
        "optimization=adaptive": "queries build on earlier answers",
        "model_knowledge=no_access": "the adversary has no access to the model",
        "model_knowledge=blackbox": "the adversary can query the model",
        "model_knowledge=graybox": "the adversary knows the architecture",
        "model_knowledge=whitebox": "the adversary has the parameters",
        "output=hard_label": "answers are labels alone",
        "output=top_k": "answers show the top scores",
        "output=full": "answers show all scores",
        "interaction=no_access": "the adversary cannot ask",
        "interaction=one_shot": "the adversary asks once",
        "interaction=k_shot": "the adversary asks a few times",
        "interaction=unlimited": "queries are not limited",
        "data_knowledge=no_access": "the adversary has no data",
        "data_knowledge=no_overlap": "the adversary has other data",
        "data_knowledge=partial_overlap": "the adversary has part of the training data",
        "data_knowledge=full_overlap": "the adversary has the training data",
        "blindness=blind": "the adversary cannot check its results",
        "blindness=not_blind": "the adversary can check its results",
        "privacy_budget=loose": "epsilon is above 8",
        "privacy_budget=moderate": "epsilon is 8 or less",
        "privacy_budget=strict": "epsilon is below 1",
        "initialization=from_scratch": "the model is trained from scratch",
        "initialization=pretrained": "a pretrained model is fine-tuned",
        "perturbation_norm=linf": "perturbations are bounded in the maximum norm",
        "perturbation_norm=l2": "perturbations are bounded in the Euclidean norm",
        "perturbation_norm=patch": "perturbations are patches",
        "perturbation_budget=small": "the perturbation budget is small",
        "perturbation_budget=large": "the perturbation budget is large",
        "fit=generalizes": "the model generalizes",
        "fit=overfitted": "the model is overfitted",
        "records=few": "records are few",
        "records=many": "records are many",
        "group_share=balanced": "groups are of equal size",
        "group_share=small_groups": "groups are small",
        "poison=backdoor": "the poison is a backdoor",
        "poison=availability": "the poison is meant to ruin accuracy",
        "poison=targeted": "the poison is meant for chosen inputs",
        "membership_attack=score": "the attack reads scores",
        "membership_attack=label_only": "the attack needs labels alone",
        "membership_attack=likelihood_ratio": "the attack compares likelihoods record by record",
        "membership_attack=gradient": "the attack reads gradients",
        "membership_attack=data_augmentation": "the attack asks for all augmented copies",
        "answers=label_only": "answers are labels alone",
        "answers=scores": "answers show scores",
        "answers=explanations": "answers come with explanations",
        "modality=tabular": "data are tables",
        "modality=image": "data are images",
        "modality=text": "data are text",
        "modality=graph": "data are graphs",
        "learning=central": "learning is central",
        "learning=federated": "learning is federated",
        "tuning=untuned": "hyperparameters stay as they were",
        "tuning=tuned": "hyperparameters are tuned for the defense",
        "poisoned_records=few": "poisoned records are few",
        "poisoned_records=many": "poisoned records are many",
        "masking=reduced": "answers are rounded or cut off",
        "masking=perturbed": "answers are changed on purpose",
        "versions=one": "the adversary sees the model only after the change",
        "versions=both": "the adversary sees the model before and after the change",
        "smoothing_factor=positive": "labels are softened",
        "smoothing_factor=negative": "labels are sharpened beyond one class",
        "explanation_use=released": "explanations go out with the answers",
        "explanation_use=internal": "only the owner sees the explanations",
        "watermark_content=noise": "the watermark is random noise",
        "watermark_content=pattern": "the watermark is a pattern on plain records",
        "watermark_content=mislabelled_targets": "the watermark mislabels copies of the records"
        " that are attacked",
        "watermark_content=mislabelled_group": "the watermark mislabels copies of records of the"
        " group that is attacked",
    }
)
"""What each value of a built-in scale says, as what follows an *if*, by ``scale=value``."""

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Data": (
            "modality", "records", "group_share", "learning", "poison", "poisoned_records",
        ),
        "Training": (
            "initialization", "fit", "tuning", "privacy_budget", "perturbation_norm",
            "perturbation_budget", "smoothing_factor",
        ),
        "Attack and answers": (
            "membership_attack", "answers", "masking", "versions", "explanation_use",
        ),
    }
)  # fmt: skip

_SCOPES: Final = ("modality", "learning")
"""What an experiment was done on; it says little beside other conditions."""


class Group(NamedTuple):
    """Conditions that belong together, as forms offer them.

    Attributes
    ----------
    name, title : str
        What it is called in addresses, and by people.
    scales : sequence of Condition
        Its conditions.
    """

    name: str
    title: str
    scales: Sequence[Condition]

    @property
    def keys(self) -> Sequence[str]:
        """Ids of its conditions."""
        return [each.id for each in self.scales]


def grouped(kb: KnowledgeBase) -> list[Group]:
    """Return all conditions in groups, a user's own last; no group is empty."""
    known = {key for keys in _GROUPS.values() for key in keys}
    groups = {**_GROUPS, "Further conditions": tuple(k for k in kb.conditions if k not in known)}
    found = (
        Group(
            title.split()[0].lower(), title, [kb.conditions[k] for k in keys if k in kb.conditions]
        )
        for title, keys in groups.items()
    )
    return [group for group in found if group.scales]


def circumstance(kb: KnowledgeBase, when: Mapping[str, str]) -> str:
    """Say when something holds, as what follows an *if*; empty if always."""
    return " and ".join(_one(kb, key, value) for key, value in when.items())


def circumstances(kb: KnowledgeBase, cases: Iterable[Mapping[str, str]], most: int) -> str:
    """Say in which of several cases something holds, as what follows an *if*.

    Cases that are special cases of others are left out, unless these only name the kind of data;
    such cases come last.

    Parameters
    ----------
    kb : KnowledgeBase
        Where the names are.
    cases : iterable of mapping
        Each the conditions of one case.
    most : int
        How many cases to name; of the others, only their number is told.
    """
    every = list(cases)
    general = [
        each
        for i, each in enumerate(every)
        if each not in every[:i] and not any(_covers(other, each) for other in every)
    ]
    general.sort(key=lambda each: (_only_scope(each), len(each)))
    told = [circumstance(kb, each) for each in general[:most]]
    more = len(general) - len(told)
    if more:
        told.append(f"in {more} more case{'s' if more > 1 else ''}")
    return _alternatives(told)


def _alternatives(told: Sequence[str]) -> str:
    """Write cases of which one is enough; where one has an *and* in it, so that they stay apart."""
    if len(told) > 2 or any(" and " in each for each in told):
        return ", or ".join(told)
    return " or ".join(told)


def _covers(other: Mapping[str, str], case: Mapping[str, str]) -> bool:
    """Say whether a case is a special case of another one that says more than the kind of data."""
    return other.items() < case.items() and not _only_scope(other)


def _only_scope(case: Mapping[str, str]) -> bool:
    return all(key in _SCOPES for key in case)


def _one(kb: KnowledgeBase, key: str, value: str) -> str:
    known = PHRASES.get(f"{key}={value}")
    if known is not None:
        return known
    records = kb.adversary if key in kb.adversary else kb.conditions
    name = records[key].name if key in records else key.replace("_", " ")
    return f"{name[0].lower()}{name[1:]} is {value.replace('_', ' ')}"
