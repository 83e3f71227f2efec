"""The other two papers, typed independently of the YAML: the records say the same."""

from __future__ import annotations

from collections import Counter

import pytest
from golden_tables import numbers, table

from crosscurrent.knowledge import KnowledgeBase


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


def test_variants_use_and_mitigate_what_the_note_derives(kb: KnowledgeBase) -> None:
    rows = table("variants", "defcon_")
    assert set(kb.variants) >= {row["variant"] for row in rows}
    for row in rows:
        variant = kb.variants[row["variant"]]
        assert {s.risk for s in variant.uses} == set(filter(None, row["uses"].split(";")))
        read = {s.risk for s in variant.mitigates if s.basis == "read"}
        inferred = {s.risk for s in variant.mitigates if s.basis == "inferred"}
        marked = set(filter(None, row["inferred_mitigates"].split(";")))
        assert inferred == marked
        assert read | inferred == set(filter(None, row["mitigates"].split(";"))) | marked
        assert all(s.basis == "inferred" for s in variant.uses)


def test_the_30_combinations_carry_the_papers_columns(kb: KnowledgeBase) -> None:
    rows = table("combinations", "defcon_")
    assert len(rows) == 30
    for row in rows:
        record = kb.combinations[f"defcon.{row['id'].lower()}"]
        assert record.code == row["id"]
        assert record.defenses == (row["earlier"], row["later"])
        assert (record.outcome, record.tuned_outcome) == (row["measured"], row["tuned"])
        assert (record.predicted, record.baseline) == (row["defcon"], row["naive"])
        assert set(record.datasets) == set(row["datasets"].split(";"))


def test_the_prior_vector_is_as_published_and_unknown_pairs_stay_unknown(
    kb: KnowledgeBase,
) -> None:
    for row in table("prior", "defcon_"):
        record = kb.combinations[f"defcon.{row['position'].lower()}"]
        said = (record.outcome, record.predicted, record.baseline)
        assert said == (row["measured"], row["defcon"], row["naive"])
        assert set(record.defenses) == set(filter(None, row["pair"].split(";")))


def test_the_six_identified_pairs_are_recorded(kb: KnowledgeBase) -> None:
    known = {r.defenses: r.outcome for r in kb.combinations.values() if r.id.startswith("szyller")}
    rows = table("six_pairs", "defcon_")
    assert known == {(row["earlier"], row["later"]): row["measured"] for row in rows}


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_attacks_move_and_depend_on_what_the_tables_print(kb: KnowledgeBase, name: str) -> None:
    rows = table(name, "collusion_")
    cited = {
        work.cited_as["duddu2026colluding"]: work.id
        for work in kb.references.values()
        if work.cited_as and "duddu2026colluding" in work.cited_as
    }
    place = f"duddu2026colluding#table-{name[-1]}"
    found = {
        (kind, edge.attack, edge.factor, edge.sign, frozenset(edge.sources))
        for kind, edges in (("outcome", kb.outcomes), ("other", kb.prerequisites))
        for edge in edges.values()
        if place in edge.stated_in
    }
    assert found == {
        (
            "outcome" if row["role"] == "outcome" else "other",
            row["attack"],
            row["factor"],
            row["sign"],
            frozenset(cited[number] for number in numbers(row["refs"])),
        )
        for row in rows
    }


def test_all_37_pairs_carry_the_papers_verdicts_and_sources(kb: KnowledgeBase) -> None:
    rows = table("pairs", "collusion_")
    assert len(rows) == len(kb.collusions) == 37
    for row in rows:
        (record,) = kb.colluded(row["first"], row["second"])
        assert (record.predicted, record.status) == (row["printed_verdict"], row["status"])
        assert set(record.factors) == set(row["printed_factors"].split(";"))
        if row["status"] == "prior":
            works = [kb.references[source].cited_as for source in record.sources]
            cited = sorted(each["duddu2026colluding"] for each in works if each)
            assert cited == sorted(numbers(row["refs"]))


def test_references_of_the_survey_are_by_author_and_year(kb: KnowledgeBase) -> None:
    by_number = {
        work.cited_as["duddu2026colluding"]: work
        for work in kb.references.values()
        if work.cited_as
    }
    rows = table("references", "collusion_")
    assert set(by_number) == {int(row["number"]) for row in rows}
    for row in rows:
        work = by_number[int(row["number"])]
        if work.number is None:  # not one of the S&P 2024 paper's, whose details are its own
            assert work.year == int(row["year"])
            assert work.authors is not None
            assert work.authors.split(",")[0].split(" et al")[0] in row["first_author"]


_CODES = {
    "no_access": "NoAccess", "blackbox": "Blackbox", "graybox": "Graybox", "whitebox": "Whitebox",
    "no_overlap": "NoOverlap", "partial_overlap": "PartialOverlap", "full_overlap": "FullOverlap",
}  # fmt: skip


def test_the_catalogue_counts_as_the_survey_does(kb: KnowledgeBase) -> None:
    printed = {
        (row["attack"], row["column"], row["value"]): int(row["cells"])
        for row in table("threat_models", "")
    }
    assert len(kb.published_attacks) == 427
    for attack in {name for name, _, _ in printed}:
        of = [each for each in kb.published_attacks.values() if each.attack == attack]
        totals = {column: n for (name, column, _), n in printed.items() if name == attack}
        assert len(of) == totals["entries"]
        assert len({each.title for each in of}) == totals["titles"]
        assert sum(each.included for each in of) == totals["included"]
        assert sum(not each.included for each in of) == totals["excluded"]
        seen: Counter[str] = Counter()
        for each in of:
            for column in ("model_knowledge", "data_knowledge"):
                cell = (each.printed or {}).get(column)
                values = (
                    {v.partition(".")[0] for v in cell.split(";")}
                    if cell
                    else {_CODES[v.partition(".")[0]] for v in getattr(each, column)}
                )
                seen.update(f"{column} {value}" for value in values)
        for (name, column, value), cells in printed.items():
            if name == attack and column in ("model_knowledge", "data_knowledge"):
                assert seen[f"{column} {value}"] == cells, (attack, column, value)


_CASES = {
    "V1": ("poisoning", "model_extraction"),
    "V2": ("model_extraction", "distribution_inference"),
    "V3": ("data_reconstruction", "membership_inference"),
    "V4": ("data_reconstruction", "attribute_inference"),
    "V5": ("data_reconstruction", "distribution_inference"),
}


def test_the_five_validated_cases_have_all_their_numbers(kb: KnowledgeBase) -> None:
    rows = table("numbers", "collusion_")
    for case, ends in _CASES.items():
        (experiment,) = [e for e in kb.experiments.values() if (e.first, e.second) == ends]
        known = Counter(
            (str((m.setting or {})["dataset"]).upper(), m.mean, m.spread)
            for m in experiment.measurements
        )
        printed = Counter(
            (r["dataset"].upper(), float(r["mean"]), float(r["spread"]) if r["spread"] else None)
            for r in rows
            if r["case"] == case
        )
        assert known == printed, case


def test_experiments_on_combinations_have_the_printed_numbers(kb: KnowledgeBase) -> None:
    on = [e for e in kb.experiments.values() if e.defenses]
    assert len(on) == 8
    recorded = {m.mean for e in on for m in e.measurements}
    census = {float(row["mean"]) for row in table("defcon_census", "") if row["row"][0] == "c"}
    assert census <= recorded
    for row in table("szyller2023", ""):
        if not row["value"].startswith("<") and row["arm"] != "none":
            assert float(row["value"].split()[0]) in recorded, row
