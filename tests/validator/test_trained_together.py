"""What `combine` says can be trained together is what `validate combine` accepts, and no plan else.

The one knows it from records, the other from what the defenses do; neither asks the other. Nothing
is trained here: what `validate` refuses it refuses before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, combinations
from typing import Any

import pytest

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.conflicts import combine
from crosscurrent.predictor.plans import plan, wish
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.experiments import combinations as validated
from crosscurrent.validator.experiments.experiment import ground

SAID: dict[str, set[str]] = {
    "one defense at two stages": set(),
    "gradient of one example that could be clipped": {"example_clipping", "batch_penalty"},
    "spends privacy that nobody counts": {"privacy_accounting", "fitting_again"},
    "both choose what to train on": {"example_choice"},
    "both change answers": {"answer_change"},
}
"""What `validate` says, and the procedures from which `combine` knows it."""


@pytest.fixture(scope="module")
def measurable(kb: KnowledgeBase) -> list[str]:
    """Return the variants that `validate` can measure."""
    kinds = {f"{kind.id}@{kind.stage}" for kind in defenses().values() if kind.id in kb.defenses}
    return [name for name in kb.variants if name in kinds]


@pytest.fixture(scope="module", autouse=True)
def on_the_same_ground() -> Iterator[None]:
    """Check the data set and the model once rather than for each of hundreds of sets."""
    made = ground({"data": {"records": "300"}, "training": {}}, model="mlp-s", seeds=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validated, "ground", lambda *_, **__: made)
        yield


@pytest.fixture(scope="module")
def refused(kb: KnowledgeBase) -> Any:
    """Return a function that says why `validate combine` refuses a set; None: it does not."""

    @cache
    def asked(names: tuple[str, ...]) -> str | None:
        try:
            validated.combination(kb, names)
        except InputError as error:
            return str(error)
        return None

    return asked


def test_combine_knows_every_stage_at_which_a_defense_can_be_measured(
    kb: KnowledgeBase, measurable: list[str]
) -> None:
    kinds = {f"{kind.id}@{kind.stage}" for kind in defenses().values() if kind.id in kb.defenses}
    assert kinds == set(measurable)
    for name in measurable:
        variant = kb.variants[name]
        assert variant.mitigates or variant.note, "what it takes away, or why that is no risk"
        assert variant.sources or variant.stated_in


@pytest.mark.parametrize("size", [2, 3])
def test_what_combine_says_can_be_trained_together_is_what_validate_accepts(
    kb: KnowledgeBase, measurable: list[str], refused: Any, size: int
) -> None:
    both = {True: 0, False: 0}
    for names in combinations(measurable, size):
        said, answer = refused(names), combine(kb, names)
        assert answer.trainable == (said is None), (names, said)
        assert (answer.outcome == "not_trainable") == (said is not None)
        both[answer.trainable] += 1
        if said is not None:
            told = [(each.one.id, each.other.id, set(each.procedures))
                    for each in answer.exclusions]  # fmt: skip
            (why,) = [procedures for words, procedures in SAID.items() if words in said]
            assert any(
                procedures == why and all(called(name) in said for name in (one, other))
                for one, other, procedures in told
            ), (said, told)
    assert min(both.values()) > 0


def called(name: str) -> str:
    """Return what `validate` calls a variant: without the stage, if that is the usual one."""
    defense, _, stage = name.partition("@")
    kinds = defenses()
    return defense if defense in kinds and kinds[defense].stage == stage else name


def test_repairs_can_be_trained(kb: KnowledgeBase, measurable: list[str], refused: Any) -> None:
    for names in combinations(measurable, 2):
        for repair in combine(kb, names).repairs:
            repaired = tuple(v.id for v in repair.defenses)
            if len(repaired) > 1 and set(repaired) <= set(measurable):
                assert refused(repaired) is None


def subsets(names: Sequence[str], sizes: range) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in sizes)


def test_no_plan_is_refused_by_validate(
    kb: KnowledgeBase, measurable: list[str], refused: Any
) -> None:
    risks = list(kb.risks)
    asked: list[dict[str, Any]]
    asked = [{"protect": each} for each in subsets(risks, range(1, len(risks) + 1))]
    asked += [
        {"protect": each, "avoid": [other]}
        for each in subsets(risks, range(1, 3))
        for other in risks
        if other not in each
    ]
    asked += [{"protect": each, "most": 1} for each in subsets(risks, range(2, 3))]
    asked += [{"protect": [risk], "have": [name]} for risk in risks for name in measurable]
    orders = {
        tuple(v.id for v in order)
        for each in asked
        for answer in [plan(kb, wish(kb, **each))]
        for found in (*answer.plans, *(near.plan for near in answer.near_misses))
        for order in (found.order, *found.alternatives)
        if len(order) > 1
    }
    checked = [order for order in orders if set(order) <= set(measurable)]
    assert len(checked) > 50
    for order in checked:
        assert refused(order) is None, order
