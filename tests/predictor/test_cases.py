"""Published results of one's own: read with care, judged with their works held out."""

from __future__ import annotations

import pytest

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.assessment_backtest import assessment_backtest
from crosscurrent.predictor.cases import cases_backtest, read_cases
from crosscurrent.predictor.documents import cases_backtest_document
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.likelihood import Likelihoods

PATH = "cases.csv"
HEADING = "defense,risk,observed,work,given\n"


def test_all_that_is_built_in_is_judged_as_the_backtest_judges_it(kb: KnowledgeBase) -> None:
    cases = assessment_backtest(kb).cases["paper"]
    usual = [case for case in cases if case.work in kb.references]
    asked = [f"{case.defense}@{case.stage}" if case.stage else case.defense for case in usual]
    lines = [
        f"{a},{case.risk},{case.observed},{case.work},"
        for a, case in zip(asked, usual, strict=True)
    ]
    text = HEADING + "\n".join(lines)
    found = cases_backtest(kb, read_cases(text, PATH)[0])
    assert not found.unasked
    assert len(found.cases) == len(usual) > 300
    for (_, mine), case in zip(found.cases, usual, strict=True):
        assert mine.says["assessment"] == case.says["assessment"]
        assert mine.rise["assessment"] == case.rise["assessment"]


@pytest.mark.parametrize(
    "named",
    [
        "weng2020tradeoff",
        "On the Trade-off between Adversarial and Backdoor Robustness",
        '""On the trade-off between adversarial and backdoor robustness"", NeurIPS 2020',
    ],
)
def test_a_work_is_held_out_however_it_is_named(kb: KnowledgeBase, named: str) -> None:
    text = HEADING + f'RD1,R2,increase,"{named}",poison=backdoor\n'
    rows, ignored = read_cases(text, PATH)
    ((line, case),) = cases_backtest(kb, rows).cases
    assert (line, case.work, ignored) == (2, "weng2020tradeoff", ())
    published = kb.without_measured()  # cases are judged by what was published
    bare = assess(
        published, predict(published, "RD1", "R2"), Likelihoods(published, "weng2020tradeoff")
    )
    assert case.assessed == bare
    assert case.work not in {each for found in bare.depends_on for each in found.works}


def test_arxiv_and_doi_name_a_work_within_a_citation(kb: KnowledgeBase) -> None:
    by_arxiv = next(each for each in kb.references.values() if each.arxiv)
    by_doi = next(each for each in kb.references.values() if each.doi)
    text = (
        HEADING + f'PD1,P1,decrease,"Somebody, arXiv:{by_arxiv.arxiv} (2024)",\n'
        f'PD1,P1,decrease,"Somebody, https://doi.org/{by_doi.doi}.",\nPD1,P1,decrease,nobody,\n'
    )
    cases = cases_backtest(kb, read_cases(text, PATH)[0]).cases
    assert [case.work for _, case in cases] == [by_arxiv.id, by_doi.id, ""]


def test_what_is_not_known_is_told_apart_from_what_is_wrong(kb: KnowledgeBase) -> None:
    text = "risk,defense,observed,setting\nF,rlhf,increase,chat\nF,PD1,mixed,tables\n"
    rows, ignored = read_cases(text, PATH)
    found = cases_backtest(kb, rows)
    assert [(each.line, each.defense) for each in found.unasked] == [(2, "rlhf")]
    assert "unknown defense" in found.unasked[0].reason
    assert ignored == ("setting",)
    document = cases_backtest_document(kb, found, ignored)
    assert (document["kind"], document["ignored"]) == ("cases", ["setting"])
    assert [case["line"] for case in document["cases"]] == [3]
    assert {score["open"] for score in document["scores"]} == {1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ":1:1 defense: no such column; the heading needs defense, risk or observed"),
        ("defense,risk\nRD1,F\n", ":1:1 observed: no such column"),
        ("defense,risk,observed,risk\n", ":1:4 risk: the column is there twice"),
        ("defense,risk,observed\n", ": no rows"),
        ("defense,risk,observed\nRD1,F\n", ":2:1: 2 cells, but the heading has 3"),
        ("defense,risk,observed\nRD1,,increase\n", ":2:2 risk: missing"),
        (
            "defense,risk,observed\nRD1,F,up\n",
            ":2:3 observed: should be increase, decrease, no_change or mixed, not 'up'",
        ),
        (
            "defense,risk,observed,given\nRD1,F,increase,poison\n",
            ":2:4 given: should be CONDITION=VALUE; CONDITION=VALUE, each once, not 'poison'",
        ),
        (
            "defense,risk,observed,given\nRD1,F,increase,poison=a; poison=b\n",
            ":2:4 given: should be CONDITION=VALUE; CONDITION=VALUE, each once, not 'poison=b'",
        ),
        ('defense,risk,observed\nRD1,"F,increase\n', ":2:1: no CSV: unexpected end of data"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        read_cases(text, PATH)
    assert str(error.value).startswith(f"{PATH}{told}")


def test_every_problem_is_told_at_once() -> None:
    text = "defense,risk,observed\nRD1,F,up\n,F,increase\n"
    with pytest.raises(InputError) as error:
        read_cases(text, PATH)
    assert [line.removeprefix(PATH)[:4] for line in str(error.value).splitlines()] == [
        ":2:3",
        ":3:1",
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("poisson=backdoor", "unknown condition"),
        ("poison=back", "unknown value of poison"),
    ],
)
def test_a_row_under_unknown_conditions_cannot_be_asked(
    kb: KnowledgeBase, given: str, told: str
) -> None:
    text = HEADING + f"RD1,R2,increase,,{given}\nRD1,F,increase,,\n"
    found = cases_backtest(kb, read_cases(text, PATH)[0])
    assert [line for line, _ in found.cases] == [3]
    (unasked,) = found.unasked
    assert (unasked.line, unasked.defense, unasked.risk) == (2, "RD1", "R2")
    assert unasked.reason.startswith(told)
