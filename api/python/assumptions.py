"""``what_if``: predictions before and after assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.documents import what_if_document
from crosscurrent.predictor.scenarios import Scenario

from ..answers.assumptions import assume
from ..text import assessments
from ..text.names import title
from .answer import Answer, Knowledge, knowledge_base, listed
from .predictions import expects, explained
from .tables import Cell, Table, marked

if TYPE_CHECKING:
    from crosscurrent.predictor import document_types as shapes
    from crosscurrent.predictor.changes import Change

__all__ = ["WhatIfAnswer", "what_if"]


@dataclass(frozen=True, repr=False)
class WhatIfAnswer(Answer):
    """One defense before and after assumptions.

    Attributes
    ----------
    defense : str
        Id.
    scenario : Scenario
        What is assumed.
    changes : tuple of Change
        For each risk asked about, the prediction before and after.
    """

    columns: ClassVar = (
        "defense", "risk", "changed", "conjecture_before", "conjecture_after",
        "probability_increase_before", "probability_increase_after", "because", "expect_before",
        "expect_after", "setting",
    )  # fmt: skip

    defense: str
    scenario: Scenario
    changes: tuple[Change, ...]

    def to_dict(self) -> shapes.WhatIf:
        """Return the document of ``crosscurrent what-if --json``."""
        return what_if_document(self.kb, self.defense, self.scenario, self.changes)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for change in self.changes:
            before, after = change.before, change.after
            answer = assess(self.kb, after)
            yield (
                self.defense,
                before.risk,
                change.changed,
                before.conjecture,
                after.conjecture,
                before.probability_increase,
                after.probability_increase,
                tuple(reason.text for reason in change.because),
                assess(self.kb, before).expect,
                answer.expect,
                answer.setting.effect if answer.setting else None,
            )

    def _heading(self) -> str:
        return f"{title(self.kb.defenses[self.defense])}, with {self._assumed()}"

    def _assumed(self) -> str:
        parts = [
            f"{self.kb.factors[factor].name.lower()} {verb}"
            for verb, factors in (
                ("raised", self.scenario.raised),
                ("lowered", self.scenario.lowered),
                ("held", self.scenario.held),
            )
            for factor in sorted(factors)
        ]
        parts += [f"{key}={value}" for key, value in self.scenario.stated.items()]
        return ", ".join(parts)

    def _tables(self) -> Sequence[Table]:
        head = ("risk", "", "setting", "expect", "likely", "guideline", "because")
        rows = [row for each in self.to_dict()["predictions"] for row in self._rows(each)]
        tables = [Table("", head, rows)]
        if len(self.changes) == 1:
            tables += explained(self.kb, self.changes[0].after)[1:]
        return tables

    def _rows(self, change: shapes.Change) -> list[Sequence[Cell]]:
        name = self.kb.risks[change["risk"]].name
        because = "; ".join(reason["text"] for reason in change["because"])
        before, after = _cells(change["before"]), _cells(change["after"])
        if not change["changed"]:
            return [(name, "same", *after, because)]
        return [(name, "before", *before, ""), ("", "after", *after, because)]


def what_if(
    defense: str,
    risk: str | None = None,
    *,
    raise_: str | Iterable[str] = (),
    lower: str | Iterable[str] = (),
    hold: str | Iterable[str] = (),
    adversary: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    knowledge: Knowledge = None,
) -> WhatIfAnswer:
    """Compare a defense's predictions with the same under assumptions.

    Parameters
    ----------
    defense, risk : str
        Ids, codes or aliases, in any case, the defense also at a stage (``watermarking@post``);
        without a risk, every one is predicted.
    raise_, lower : str or iterable of str
        Factors that the context pushes up or down, by id, code or alias.
    hold : str or iterable of str
        Factors kept constant by other means, so that they carry no effect.
    adversary : mapping from str to str, optional
        What the adversary is, such as ``{"role": "malicious_accuser"}``.
    given : mapping from str to str, optional
        Conditions of models, data and attack, such as ``{"privacy_budget": "strict"}``.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    ScenarioError
        If nothing is assumed, or assumptions contradict each other.
    UnknownName
        If there is no such defense, risk, factor, characteristic, condition or value.
    """
    kb = knowledge_base(knowledge)
    found = assume(
        kb,
        defense,
        risk,
        raise_=listed(raise_),
        lower=listed(lower),
        hold=listed(hold),
        adversary=adversary,
        given=given,
    )
    return WhatIfAnswer(kb, *found)


def _cells(document: shapes.Prediction) -> list[Cell]:
    setting = document["assessment"]["setting"]
    return [
        "" if setting is None else marked(setting["effect"]),
        expects(document),
        assessments.expected(document),
        document["conjecture"],
    ]
