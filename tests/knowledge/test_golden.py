"""The built-in knowledge says what the papers' tables say, cell by cell."""

from __future__ import annotations

import pytest
from golden_tables import numbers, table

from crosscurrent.knowledge import Defense, KnowledgeBase, Risk


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


_DIRECTION = {"positive": "+", "inverse": "-", "variable": "?"}
_WHEN = {
    "malicious_accuser": {"role": "malicious_accuser"},
    "knows_defense": {"defense_knowledge": "aware"},
    "not_stated": None,
}


OF_THE_PAPER = {row["key"].lower() for row in table("references")}


def cited(kb: KnowledgeBase, sources: tuple[str, ...]) -> list[int]:
    """Return the papers' numbers of works, in order."""
    found = [kb.references[source].number for source in sources]
    return sorted(number for number in found if number is not None)


def test_factors_are_those_of_the_paper(kb: KnowledgeBase) -> None:
    rows = table("factors")
    of_the_paper = [f.code for f in kb.factors.values() if f.group != "knowledge"]
    assert of_the_paper == [row["code"] for row in rows]
    for row in rows:
        factor = kb.factor(row["code"])
        assert (factor.group, factor.role) == (row["group"], row["activity"])
        expected = zip(
            row["influences"].split(";"),
            [_DIRECTION[word] for word in row["direction"].split(";")],
            strict=True,
        )
        assert sorted((i.cause, i.sign) for i in factor.influences) == sorted(expected)


def test_table_2_has_exactly_these_signs(kb: KnowledgeBase) -> None:
    printed = {
        (row["subject"], factor): sign
        for row in table("table2")
        for factor, sign in list(row.items())
        if factor != "subject" and sign
    }
    subjects: dict[str, Defense | Risk] = {**kb.defenses, **kb.risks}
    known = {
        (subjects[edge.subject].code, kb.factors[edge.factor].code): edge.sign
        for edge in kb.correlations.values()
    }
    assert known == printed
    assert len(known) == 50


@pytest.mark.parametrize(
    "row", table("table2_citations"), ids=lambda r: f"{r['subject']}-{r['factor']}"
)
def test_table_2_cites_these_works(kb: KnowledgeBase, row: dict[str, str]) -> None:
    subject = kb.find(row["subject"]).id
    edge = kb.edges(subject)[kb.factor(row["factor"]).id]
    assert cited(kb, edge.sources) == numbers(row["citations_b"])
    earlier = [kb.references[source].preprint_number for source in edge.sources]
    assert sorted(n for n in earlier if n is not None) == numbers(row["citations_a"])
    assert edge.stated_in == ("duddu2024sok#table-2",)


@pytest.mark.parametrize("row", table("table3"), ids=lambda r: r["defense"])
def test_table_3_records_these_effects(kb: KnowledgeBase, row: dict[str, str]) -> None:
    defense = kb.defense(row["defense"]).id
    for code, printed in row.items():
        if code == "defense":
            continue
        (seen,) = kb.observed(defense, kb.risk(code).id)
        mark, _, own = printed.partition(":")
        assert seen.effect == (own or mark)
        assert bool(own) == (seen.printed is not None)
    assert len(kb.observations) == 56


def test_table_3_credits_these_factors(kb: KnowledgeBase) -> None:
    printed: dict[tuple[str, str], dict[str, set[str]]] = {}
    for row in table("table3_evidence"):
        kinds = {kind.replace("-", "_") for kind in row["kinds"].split(";")}
        printed.setdefault((row["defense"], row["risk"]), {})[row["factor"]] = kinds
    known = {
        (kb.defenses[seen.defense].code, kb.risks[seen.risk].code): {
            mark.printed or kb.factors[mark.factor].code: set(mark.kinds) for mark in seen.evidence
        }
        for seen in kb.observations.values()
        if seen.evidence
    }
    assert known == printed


def test_the_kind_of_an_observation_is_its_strongest_mark(kb: KnowledgeBase) -> None:
    for seen in kb.observations.values():
        kinds = {kind for mark in seen.evidence for kind in mark.kinds}
        if seen.effect == "unexplored":
            expected = None
        elif seen.printed:  # the authors' own experiments
            expected = "empirical"
        else:
            ranked = ("empirical", "theoretical", "conjectured")
            expected = next((kind for kind in ranked if kind in kinds), "unspecified")
        assert seen.kind == expected, seen.id


def test_table_3_cites_these_works(kb: KnowledgeBase) -> None:
    printed = {
        (row["defense"], row["risk"]): numbers(row["citations_b"])
        for row in table("table3_citations")
    }
    known = {
        (kb.defenses[seen.defense].code, kb.risks[seen.risk].code): cited(kb, seen.sources)
        for seen in kb.observations.values()
        if seen.effect != "unexplored" and not seen.printed
    }
    assert known == printed


def test_exceptions_are_those_printed_with_their_conditions(kb: KnowledgeBase) -> None:
    printed = [
        (
            row["defense"],
            row["risk"],
            row["effect"],
            int(row["believed_reference_number_b"]),
            _WHEN[row["condition"]],
        )
        for row in table("exceptions")
    ]
    known = [
        (
            kb.defenses[seen.defense].code,
            kb.risks[seen.risk].code,
            exception.effect,
            kb.references[exception.sources[0]].number,
            None if exception.when is None else dict(exception.when),
        )
        for seen in kb.observations.values()
        for exception in seen.exceptions
    ]
    assert sorted(known, key=str) == sorted(printed, key=str)


def test_a_misprint_is_kept_apart_from_what_we_think_of_it(kb: KnowledgeBase) -> None:
    (row,) = [
        r
        for r in table("exceptions")
        if r["printed_citation_b"] != r["believed_reference_number_b"]
    ]
    (seen,) = kb.observed(kb.defense(row["defense"]).id, kb.risk(row["risk"]).id)
    (exception,) = seen.exceptions
    assert exception.printed == f"reference {row['printed_citation_b']}"
    assert exception.note is not None


def test_each_defense_is_meant_for_these_risks(kb: KnowledgeBase) -> None:
    printed = {(row["defense"], row["risk"]) for row in table("intended")}
    known = {
        (defense.code, kb.risks[risk].code)
        for defense in kb.defenses.values()
        for risk in defense.protects_against
    }
    assert known == printed


def test_the_authors_experiments_have_all_their_numbers(kb: KnowledgeBase) -> None:
    thousands = {"5.7K": 5700.0, "44K": 44000.0, "274K": 274000.0, "733K": 733000.0}
    factor_of = {"attributes": "attribute_count", "capacity": "model_capacity"}
    printed = []
    for row in table("experiments"):
        at = None
        if row["table"] != "main":
            value = thousands.get(row["condition"]) or float(row["condition"])
            at = {factor_of[row["table"]]: value}
        arm = "group_fairness" if row["arm"] == "fair" else row["arm"]
        pair = (row["defense"], row["risk"])
        printed.append((*pair, at, arm, row["metric"], float(row["mean"]), float(row["spread"])))
    known = [
        (
            kb.defenses[experiment.defense].code,
            kb.risks[experiment.risk].code,
            None if number.at is None else dict(number.at),
            number.arm,
            number.metric,
            number.mean,
            number.spread,
        )
        for experiment in kb.experiments.values()
        if experiment.defense and experiment.risk
        for number in experiment.measurements
    ]
    assert sorted(known, key=str) == sorted(printed, key=str)
    for experiment in kb.experiments.values():
        if not (experiment.defense and experiment.risk):
            continue
        assert experiment.conjecture == experiment.outcome
        (seen,) = kb.observed(experiment.defense, experiment.risk)
        assert seen.effect == experiment.outcome


def test_references_are_these_and_none_is_guessed(kb: KnowledgeBase) -> None:
    def text(value: object) -> str:
        return "" if value is None else str(value)

    printed = {
        (
            row["number_b"],
            row["number_a"],
            row["key"].lower(),
            row["year"],
            row["arxiv"],
            row["doi"],
            row["status"],
            row["confidence"],
        )
        for row in table("references")
    }
    known = {
        (
            text(work.number),
            text(work.preprint_number),
            work.id,
            text(work.year),
            text(work.arxiv),
            text(work.doi),
            work.status,
            text(work.confidence),
        )
        for work in kb.references.values()
        if work.id in OF_THE_PAPER
    }
    assert known == printed
    for work in kb.references.values():
        named = (work.authors, work.title, work.year)
        if work.status == "unresolved":
            assert named == (None, None, None)
            assert work.author_bound
            assert work.topic
        elif work.id in OF_THE_PAPER:
            assert all(named), work.id
        assert (work.confidence is not None) == (work.status == "deduced"), work.id


def test_every_record_says_where_it_is_stated(kb: KnowledgeBase) -> None:
    for section in ("factors", "risks", "defenses", "adversary", "correlations", "observations"):
        for record in getattr(kb, section).values():
            assert record.stated_in, record.id
    assert all(experiment.stated_in for experiment in kb.experiments.values())
