"""``crosscurrent kb``: knowledge checked, compared, shown and exported; overlays in questions."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from commands import OVERLAY, PAPERS, Ask

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge._records import IDENTITY, STAGED
from crosscurrent.knowledge.skos import skos
from crosscurrent.knowledge.sssom import sssom


def test_kb_check_counts_what_is_known(ask: Ask, kb: KnowledgeBase, overlay: Path) -> None:
    assert f"\n{kb.digest}\n" in ask("kb", "check").out
    answer = ask("kb", "check", str(overlay), "--json").json
    assert answer["records"]["correlations"] == len(kb.correlations) + 1
    assert answer["knowledge"] != kb.digest


def test_a_broken_overlay_is_reported_whole_and_ends_with_2(ask: Ask, overlay: Path) -> None:
    (overlay / "mine.yaml").write_text(
        OVERLAY.replace("sign: '+'", "sign: 'x', sing: 1").replace("[me2026]", "[me2025]"),
        encoding="utf-8",
    )
    for words in (
        ("kb", "check", str(overlay)),
        ("predict", "RD1", "--knowledge", str(overlay)),
        ("kb", "diff", str(overlay)),
    ):
        answer = ask(*words)
        assert answer.status == 2
        assert answer.out == ""
        place = f"{overlay / 'mine.yaml'}:4:"
        assert answer.err.count(place) == 3
        assert "unknown field (did you mean sign" in answer.err
        assert "(did you mean me2026?)" in answer.err


def test_kb_check_json_lists_every_problem_with_its_place(ask: Ask, overlay: Path) -> None:
    assert ask("kb", "check", str(overlay), "--json").json["sound"] is True
    (overlay / "mine.yaml").write_text("risks: [{id: 1}]\ncorrelation: []\n", encoding="utf-8")
    answer = ask("kb", "check", str(overlay), "--json")
    assert (answer.status, answer.err) == (2, "")
    document = answer.json
    assert document["sound"] is False
    assert {(p["line"], p["field"]) for p in document["problems"]} >= {
        (1, "risks[0].id"),
        (1, "risks[0].name"),
        (2, "correlation"),
    }
    assert {p["file"] for p in document["problems"]} == {str(overlay / "mine.yaml")}


def test_kb_diff_shows_which_fields_change(ask: Ask, overlay: Path) -> None:
    (overlay / "mine.yaml").write_text(
        "correlations: [{action: revise, subject: RD1, factor: D2, sign: '+'}]\n"
    )
    out = ask("kb", "diff", str(overlay), *PAPERS).out
    assert "revised  correlations  adversarial_training.tail_length: sign - → +" in out
    document = ask("kb", "diff", str(overlay), "--json", *PAPERS).json
    assert document["records"]["revised"] == {
        "correlations": {
            "adversarial_training.tail_length": {"sign": {"before": "-", "after": "+"}}
        }
    }


def test_every_question_is_answered_on_a_base_with_nothing_in_it(
    ask: Ask, kb: KnowledgeBase, tmp_path: Path
) -> None:
    """Retracting everything is odd, and no reason for a traceback."""
    lines = []
    for section, records in kb.rows.items():
        if not records:
            continue
        lines.append(f"{section}:")
        for row in records.values():
            one, joint_by, other = IDENTITY.get(section, ("id", "", ""))
            names = (one, other) if joint_by else (one,)
            if section in STAGED and "stage" in row:
                names = (*names, "stage")
            named = ", ".join(f"{name}: {row[name]}" for name in names)
            lines.append(f"  - {{action: retract, {named}}}")
    (tmp_path / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for words in (
        "matrix", "matrix --format csv", "matrix --format svg", "matrix --json", "kb show",
        "kb show factors", "backtest --resamples 5", "backtest --json --resamples 5", "kb check",
        "kb export --format dot", "kb export --format graphml",
    ):  # fmt: skip
        answer = ask(*words.split(), "--knowledge", str(tmp_path))
        assert (answer.status, answer.err) == (0, ""), words
    for words in ("predict RD1", "predict RD1 --json", "what-if RD1 --hold D1", "kb show RD1"):
        answer = ask(*words.split(), "--knowledge", str(tmp_path))
        assert (answer.status, answer.out) == (2, ""), words
        assert "there are none" in answer.err or "unknown" in answer.err


def test_the_next_question_is_suggested_with_the_same_knowledge(ask: Ask, overlay: Path) -> None:
    out = ask("predict", "FD1", "--knowledge", str(overlay)).out
    (line,) = [line for line in out.splitlines() if line.startswith("why")]
    words = shlex.split(" ".join(out[out.index(line) :].split("\n\n")[0].split()))
    assert ask(*words[2:]).status == 0
    assert str(overlay) in words


def test_overlays_come_from_the_environment_too(
    ask: Ask, overlay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ask("predict", "FD1", "F", "--json", "--knowledge", str(overlay)).json
    monkeypatch.setenv("CROSSCURRENT_KNOWLEDGE", str(overlay))
    assert ask("predict", "FD1", "F", "--json").json == given
    assert [path["code"] for path in given["paths"] if path["code"]] == ["O2.2", "D2"]


def test_kb_diff_says_what_changes_in_predictions(ask: Ask, overlay: Path) -> None:
    answer = ask("kb", "diff", str(overlay), *PAPERS)
    assert "added  correlations  group_fairness.tail_length (+)" in answer.out
    rows = answer.out[answer.out.index("FD1 → R2") :].partition("FD1 → P1")
    before, after = re.split(r"\bafter\b", rows[0])
    assert "before" in before
    assert "? unknown" in before
    assert "▲ increase" in after
    assert "D2 ▲" in after
    document = ask("kb", "diff", str(overlay), "--json").json
    assert document["records"]["added"]["references"] == ["me2026"]
    (overlay / "mine.yaml").write_text("references: [{id: me2026, status: confirmed}]\n")
    assert "none changes in conjecture" in ask("kb", "diff", str(overlay)).out


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("factors", "boundary_distance"),
        ("references", "not identified"),
        ("adversary", "unaware < aware"),
        ("observations", "sok2024.explanations.evasion"),
        ("experiments", "Fairness weakens"),
        ("correlations", "evasion.tail_length"),
        ("tail_length", "rare or atypical records"),
        ("O2.1", "dataset_distinguishability"),
        ("P1", "was in the training data"),
        ("song2019privacy", "adversarial_training  +  dataset_distinguishability"),
        ("sok2024.experiment.group_fairness.data_reconstruction", "mean: 0.85"),
        ("sok2024.group_fairness.data_reconstruction", "numbers: crosscurrent kb show"),
        ("evasion.tail_length", "sign: +"),
        ("catalogues", "MITRE ATLAS, 5.6/2026.09"),
        ("mappings", "the same  Evade AI Model"),
        ("dp", "aliases: dp, differentially private"),
        ("evasion", "the same            AML.T0015 Evade AI Model"),
        ("fine-pruning", "no match (after training)"),
        ("evasion.atlas.aml_t0015", "(catalogue mapping evasion.atlas.aml_t0015)"),
    ],
)
def test_kb_show_shows_any_section_and_any_record(ask: Ask, name: str, expected: str) -> None:
    assert expected in ask("kb", "show", name).out
    document = ask("kb", "show", name, "--json").json
    assert document["knowledge"].startswith("sha256:")


def test_kb_show_without_a_name_gives_an_overview(ask: Ask) -> None:
    assert "correlations (50)" in ask("kb", "show", *PAPERS).out
    assert ask("kb", "show", "--json").json["records"]["references"] >= 171


def test_kb_export_is_read_back_by_networkx(ask: Ask, kb: KnowledgeBase) -> None:
    import networkx as nx

    read = [
        nx.parse_graphml(ask("kb", "export", "--format", "graphml").out),
        nx.node_link_graph(ask("kb", "export", "--format", "json").json, edges="edges"),
    ]
    for graph in read:
        edges = {name: kb.edges(name) for name in (*kb.defenses, *kb.risks)}
        assert graph.number_of_edges() == sum(map(len, edges.values()))
        assert graph.nodes["tail_length"]["code"] == "D2"
        for subject, own in edges.items():
            for factor, edge in own.items():
                ends = (subject, factor) if subject in kb.defenses else (factor, subject)
                when = " ".join(f"{key}={value}" for key, value in (edge.when or {}).items())
                assert graph.edges[ends]["sign"] == edge.sign
                assert graph.edges[ends]["sources"].split() == list(edge.sources)
                assert graph.edges[ends].get("when", "") == when


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pydot's parser uses old pyparsing names
def test_kb_export_dot_parses_and_keeps_signs(ask: Ask, kb: KnowledgeBase) -> None:
    import pydot

    graphs = pydot.graph_from_dot_data(ask("kb", "export", "--format", "dot").out)
    assert graphs is not None
    (graph,) = graphs
    edges = [edge for name in (*kb.defenses, *kb.risks) for edge in kb.edges(name).values()]
    assert len(graph.get_edges()) == len(edges)
    labels = {edge.get("label").strip('"') for edge in graph.get_edges()}
    assert labels == {edge.sign for edge in edges} >= {"+", "-"}


def test_kb_export_sssom_says_whose_license_it_is(
    ask: Ask, kb: KnowledgeBase, overlay: Path
) -> None:
    assert ask("kb", "export", "--format", "sssom").out == sssom(kb, built_in=True)
    own = ask("kb", "export", "--format", "sssom", "--knowledge", str(overlay)).out
    assert "#license: https://w3id.org/sssom/license/unspecified\n" in own


def test_kb_export_prints_linked_data_of_ones_own_knowledge_too(ask: Ask, overlay: Path) -> None:
    answer = ask("kb", "export", "--format", "jsonld", "--knowledge", str(overlay))
    assert answer.json == skos(load([str(overlay)]))
    assert "urn:crosscurrent:reference:me2026" in answer.out
