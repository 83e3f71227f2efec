"""Layers are built in: papers, literature, measured tables. Records say what they hold for."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscurrent.knowledge import LAYERS, BrokenKnowledge, KnowledgeBase, load
from crosscurrent.knowledge._load import Builtin

STAGED = """\
conditions:
  - {id: budget, name: Budget, ordered: true, values: [loose, strict], meaning: how private}
variants:
  - {defense: PD1, stage: post, meaning: noise on answers}
correlations:
  - {subject: PD1, factor: M1, stage: post, sign: '0', when: {budget: strict}, basis: inferred,
     sources: [duddu2024sok]}
  - {subject: PD1, factor: attribute_count, stage: post, sign: '-', sources: [duddu2024sok]}
observations:
  - {id: mine.general, defense: PD1, risk: R3, effect: decrease, kind: empirical, basis: known,
     setting: a trial, data: [Adult], size: {metric: accuracy, before: 0.5, after: 1},
     sources: [duddu2024sok]}
  - {id: mine.usual, defense: PD1, risk: R3, stage: in, effect: mixed, kind: empirical,
     sources: [duddu2024sok]}
  - {id: mine.post, defense: PD1, risk: R3, stage: post, effect: increase, kind: empirical,
     when: {budget: loose, role: malicious_suspect}, sources: [duddu2024sok]}
"""


def on_top(text: str) -> KnowledgeBase:
    return load([{"mine.yaml": text.encode()}], builtin="papers", cached=False)


def problem(text: str) -> str:
    with pytest.raises(BrokenKnowledge) as caught:
        on_top(text)
    (only,) = caught.value.problems
    return str(only)


# Layers


def test_the_papers_alone_are_asked_by_a_word_in_every_place_of_folders(tmp_path: Path) -> None:
    papers = load(builtin="papers")
    assert load("papers").digest == load(["papers"]).digest == papers.digest
    (tmp_path / "own.yaml").write_text("references:\n- {id: mine2026, status: confirmed}\n")
    for folders in (["papers", str(tmp_path)], [str(tmp_path), "papers"]):
        assert load(folders).digest == load([str(tmp_path)], builtin="papers").digest


@pytest.mark.parametrize("word", ["papers", "literature", "all"])
def test_every_layer_is_asked_by_a_word_and_the_last_word_counts(word: Builtin) -> None:
    asked = load(builtin=word).digest
    assert load(word).digest == load([word]).digest == asked
    for other in LAYERS:
        assert load([other, word]).digest == asked
    assert load().digest == load("all").digest


def test_the_measured_tables_add_and_touch_nothing_below_them() -> None:
    below, both = load("literature").rows, load().rows
    for section, own in below.items():
        assert {name: both[section][name] for name in own} == own
    added = {
        section: own.keys() - below[section].keys()
        for section, own in both.items()
        if own.keys() - below[section].keys()
    }
    assert added.keys() <= {"observations", "references"}
    for name in added["observations"]:
        record = load().observations[name]
        assert record.measured
        assert not record.own
        assert record.table is not None


def test_only_what_was_measured_stands_in_a_table() -> None:
    table = "{dataset: mine, draws: 1, seeds: 5, result: " + "a" * 64 + "}"
    record = (
        "id: a, defense: PD1, risk: R3, effect: increase, kind: empirical, sources: [duddu2024sok]"
    )
    said = problem(f"observations:\n- {{{record}, table: {table}}}\n")
    assert "table: only what was measured stands in a table: write provenance: measured" in said
    kb = on_top(f"observations:\n- {{{record}, provenance: measured, table: {table}}}\n")
    assert kb.observations["a"].table is not None
    wrong = table.replace("draws: 1", "draws: 0")
    said = problem(f"observations:\n- {{{record}, provenance: measured, table: {wrong}}}\n")
    assert "table.draws: should be at least 1, not 0" in said


def test_knowledge_without_measurements_is_made_once_and_has_none() -> None:
    kb, below = load(), load("literature")
    left = kb.without_measured()
    assert left is kb.without_measured()
    assert left.observations == below.observations
    assert left.digest == KnowledgeBase(left.rows).digest
    assert below.without_measured() is below


def test_a_folder_called_papers_is_meant_by_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "own.yaml").write_text(
        "references:\n- {id: mine2026, status: confirmed}\n"
    )
    monkeypatch.chdir(tmp_path)
    assert "mine2026" in load(["./papers"]).references
    assert "mine2026" not in load(["papers"]).references


def test_nothing_but_the_three_choices_is_built_in() -> None:
    with pytest.raises(ValueError, match="builtin should be papers or literature or all, not"):
        load(builtin="most")  # type: ignore[arg-type]


def test_the_literature_only_comes_on_top_of_the_papers() -> None:
    papers, both = load(builtin="papers"), load(builtin="all")
    assert papers.digest != both.digest
    for section in ("factors", "risks", "defenses", "variants", "references", "observations"):
        assert getattr(papers, section).keys() <= getattr(both, section).keys()
    for section in ("factors", "risks", "defenses"):
        for name, record in getattr(papers, section).items():
            assert getattr(both, section)[name].code == record.code
    assert all(kind not in papers.rows or papers.rows[kind] for kind in ("factors", "references"))


def test_all_layers_compiled_or_read_are_the_same() -> None:
    for builtin in LAYERS.values():
        fresh = load(builtin=builtin, cached=False)
        for _ in range(2):
            assert load(builtin=builtin).rows == fresh.rows


def test_an_own_layer_revises_and_retracts_what_the_literature_says() -> None:
    both = load(builtin="all")
    edge = both.correlations["discriminatory_behavior.tail_fit"]
    text = (
        "correlations:\n"
        f"- {{subject: {edge.subject}, factor: {edge.factor}, action: retract}}\n"
        "factors:\n- {id: tail_fit, action: revise, name: Tail}\n"
    )
    own = load([{"own.yaml": text.encode()}], builtin="all", cached=False)
    assert edge.id not in own.correlations
    assert own.factors["tail_fit"].name == "Tail"


# Records


def test_an_edge_of_a_variant_has_a_name_of_its_own() -> None:
    kb = on_top(STAGED)
    assert kb.correlations["differential_privacy.model_capacity"].sign == "-"
    edge = kb.correlations["differential_privacy@post.model_capacity"]
    assert (edge.sign, edge.stage, edge.basis) == ("0", "post", "inferred")
    assert dict(edge.when or {}) == {"budget": "strict"}
    without = STAGED + (
        "  - {id: a, defense: PD1, risk: R3, effect: increase, kind: empirical,"
        " sources: [duddu2024sok]}\n"
    )
    assert on_top(without).rows["correlations"] == kb.rows["correlations"]
    gone = {
        "gone.yaml": b"correlations:\n- {subject: PD1, factor: M1, stage: post, action: retract}\n"
    }
    left = load([{"mine.yaml": STAGED.encode()}, gone], builtin="papers", cached=False)
    assert "differential_privacy@post.model_capacity" not in left.correlations
    assert "differential_privacy.model_capacity" in left.correlations


def test_a_bare_defense_has_the_edges_of_its_usual_stage_and_a_variant_its_own() -> None:
    kb = on_top(STAGED)
    bare, post = kb.edges("differential_privacy"), kb.edges("differential_privacy", "post")
    assert bare == kb.edges("differential_privacy", "in")
    assert "attribute_count" not in bare
    assert bare["model_capacity"].sign == "-"
    assert post.keys() == {*bare, "attribute_count"}
    assert post["model_capacity"].sign == "0"


def test_a_bare_defense_has_the_effects_seen_at_its_usual_stage_and_a_variant_its_own() -> None:
    kb = on_top(STAGED)
    pair = ("differential_privacy", "unauthorized_model_ownership")
    at = {stage: [o.id for o in kb.observed(*pair, stage)] for stage in (None, "in", "post", "pre")}
    assert at[None] == at["in"]
    assert {"mine.general", "mine.usual"} <= {*at["in"]}
    assert "mine.post" not in at["in"]
    assert at["post"] == ["mine.post"]
    assert at["pre"] == [], "a source that names no stage saw the usual one"
    assert {*at["in"], *at["post"]} == {o.id for o in kb.observed_at_any_stage(*pair)}


def test_an_observation_says_how_large_the_effect_was_and_where() -> None:
    record = on_top(STAGED).observations["mine.general"]
    assert record.size is not None
    assert (record.size.metric, record.size.before, record.size.after) == ("accuracy", 0.5, 1.0)
    assert (record.setting, record.data, record.basis) == ("a trial", ("Adult",), "known")


def test_new_fields_survive_the_cache_and_a_change_of_process() -> None:
    files = [{"mine.yaml": STAGED.encode()}]
    fresh = load(files, builtin="papers", cached=False)
    load(files, builtin="papers")
    cached = load(files, builtin="papers")
    rebuild, parts = cached.__reduce__()
    for kb in (cached, rebuild(*parts)):
        assert kb.rows == fresh.rows
        assert kb.digest == fresh.digest
        assert kb.observations["mine.general"].size == fresh.observations["mine.general"].size


OBSERVATION = (
    "observations:\n- {id: mine, defense: PD1, risk: R3, effect: increase, kind: empirical,"
    " sources: [duddu2024sok], "
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OBSERVATION + "size: {metric: a, before: 0.5}}", "size.after: missing"),
        (
            OBSERVATION + "size: {metric: a, before: x, after: 1}}",
            "size.before: should be a number",
        ),
        (OBSERVATION + "size: 3}", "size: should be a mapping"),
        (
            OBSERVATION + "size: {metric: a, before: 1, after: 2, runs: 3}}",
            "size.runs: unknown field",
        ),
        (OBSERVATION + "basis: seen}", "basis: should be 'read', 'known' or 'inferred'"),
        (OBSERVATION + "stage: during}", "stage: should be 'pre', 'in' or 'post'"),
        (OBSERVATION + "when: {budget: x}}", "when.budget: no characteristic or condition"),
        (
            "correlations:\n- {subject: R1, factor: D1, stage: in, sign: '+',"
            " sources: [duddu2024sok]}",
            "stage: only an edge of a defense has a stage",
        ),
        (
            "conditions:\n- {id: role, name: Role, ordered: false, values: [a, b], meaning: x}",
            "id: role already names the characteristic role",
        ),
        (
            "conditions:\n- {id: more, name: More, ordered: false, values: [a, a], meaning: x}",
            "values: a value is given twice",
        ),
        (
            "observations:\n- {id: mine, defense: PD1, risk: R3, effect: mixed,"
            " sources: [duddu2024sok]}",
            "effect: kind is missing",
        ),
    ],
)
def test_what_is_wrong_with_a_new_field_is_said_with_its_place(text: str, expected: str) -> None:
    told = problem(text)
    assert told.startswith("mine.yaml:2:")
    assert expected in told


def test_a_number_beyond_all_bounds_is_no_size() -> None:
    for number in ("1e999", ".inf", ".nan", "-.inf"):
        with pytest.raises(BrokenKnowledge):
            on_top(OBSERVATION + f"size: {{metric: a, before: {number}, after: 1}}}}")


def test_a_value_outside_the_scale_of_a_condition_is_refused_wherever_it_is_named() -> None:
    for text in (
        STAGED.replace("when: {budget: strict}", "when: {budget: tight}"),
        STAGED.replace("when: {budget: loose,", "when: {budget: tight,"),
    ):
        assert "should be 'loose' or 'strict', not 'tight'" in problem(text)


def test_a_base_keeps_its_name_when_a_kind_of_record_is_added_that_it_has_none_of(
    papers: KnowledgeBase,
) -> None:
    none = [section for section, own in papers.rows.items() if not own]
    assert {"conditions", "procedures"} <= set(none)
    rows = {section: own for section, own in papers.rows.items() if own}
    assert KnowledgeBase(rows).digest == papers.digest


def test_names_of_others_are_all_that_the_papers_gained(papers: KnowledgeBase) -> None:
    without = {
        section: {
            name: {field: value for field, value in row.items() if field != "aliases"}
            for name, row in own.items()
        }
        for section, own in papers.rows.items()
        if section not in ("catalogues", "mappings")
    }
    assert KnowledgeBase(without).digest == (
        "sha256:dc21cba13e1beb91dd5cd4a18d5b8d9f1e2edfca17d540e5f544ad845975cbfd"
    )
