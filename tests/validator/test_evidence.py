"""Measured evidence: knowledge files that check, that predictions show, the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from outcomes import DIFFERENCES, document

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.interactions import predict
from crosscurrent.validator.results.evidence import export, records

EFFECTIVE = {"reading": 1.0}
CONJECTURES = ["increase", "decrease", "no_change", "contested", "unknown"]


def observed(kb: KnowledgeBase, found: Mapping[str, Any]) -> list[Any]:
    """Return the observations that came from a result."""
    return [o for o in kb.observations.values() if found["id"][:12] in o.id]


def experimented(kb: KnowledgeBase, found: Mapping[str, Any]) -> Any:
    """Return the experiment that came from a result."""
    (one,) = [e for e in kb.experiments.values() if found["id"][:12] in e.id]
    return one


@pytest.mark.parametrize("shows", DIFFERENCES)
def test_every_verdict_makes_sound_knowledge(kb: KnowledgeBase, tmp_path: Path, shows: str) -> None:
    all_found = [document(kb, conjecture=c, shows=shows, **EFFECTIVE) for c in CONJECTURES]
    files = export(all_found, str(tmp_path))
    assert sorted(map(Path, files)) == sorted(tmp_path.iterdir())
    mine = load([str(tmp_path)])
    for found in all_found:
        kept = experimented(mine, found)
        assert (kept.conjecture, kept.outcome) == (found["conjecture"], shows)
        assert kept.dataset.startswith("digits, 629 training records")
        means = {(m.arm, m.metric): m.mean for m in kept.measurements}
        change = means["watermarking", "auc"] - means["baseline", "auc"]
        assert change == pytest.approx(found["effect"]["estimate"], abs=1e-5)
        if shows == "inconclusive":
            assert observed(mine, found) == []
        else:
            (observation,) = observed(mine, found)
            assert (observation.effect, observation.kind) == (shows, "empirical")
            assert "4 paired seeds" in observation.note
            assert "mlp-s" in observation.note


def test_a_data_set_may_have_any_name(kb: KnowledgeBase, tmp_path: Path) -> None:
    found = document(kb, shows="increase", **EFFECTIVE)
    found["scale"]["dataset"] = "long name " * 1000
    export([found], str(tmp_path))
    mine = load([str(tmp_path)])
    assert len(observed(mine, found)) == 1
    assert experimented(mine, found).dataset.startswith("long name long")


@pytest.mark.parametrize("shows", DIFFERENCES)
def test_an_ineffective_defense_gives_an_experiment_but_no_observation(
    kb: KnowledgeBase, tmp_path: Path, shows: str
) -> None:
    found = document(kb, shows=shows, reading=0.2)
    export([found], str(tmp_path))
    mine = load([str(tmp_path)])
    assert experimented(mine, found).finding.startswith("inconclusive: ")
    assert observed(mine, found) == []


@pytest.mark.parametrize("shows", ["increase", "decrease", "no_change"])
def test_a_prediction_shows_what_was_measured_and_is_not_changed_by_it(
    kb: KnowledgeBase, tmp_path: Path, shows: str
) -> None:
    found = document(kb, shows=shows, **EFFECTIVE)
    export([found], str(tmp_path))
    mine = load([str(tmp_path)])
    before = predict(kb, "watermarking", "membership_inference")
    after = predict(mine, "watermarking", "membership_inference")
    (new,) = [o for o in after.observations if o not in before.observations]
    assert (new.applies, new.record.effect) == (True, shows)
    assert "4 paired seeds" in (new.record.note or "")
    assert list(new.record.sources) == [f"measured_{found['id'][:12]}"]
    assert after.conjecture == before.conjecture
    assert after.paths == before.paths


def test_a_placebo_is_left_out(kb: KnowledgeBase, tmp_path: Path) -> None:
    nothing = document(kb, "placebo", conjecture="no_change", shows="no_change")
    assert export([nothing], str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []
    something = document(kb, **EFFECTIVE)
    assert len(export([nothing, something, nothing], str(tmp_path))) == 1


def test_the_same_results_give_the_same_bytes_in_the_same_files(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    found = [document(kb, shows=shows, conjecture=shows, **EFFECTIVE) for shows in DIFFERENCES
             if shows != "inconclusive"]  # fmt: skip
    one, other = tmp_path / "one", tmp_path / "other"
    first = [Path(each).read_bytes() for each in export(found, str(one))]
    again = [Path(each).read_bytes() for each in export(found, str(one))]
    elsewhere = [Path(each).read_bytes() for each in export(found, str(other))]
    assert first == again == elsewhere
    assert len({each.name for each in one.iterdir()}) == 3
    assert {each.suffix for each in one.iterdir()} == {".yaml"}  # and nothing half done


def test_how_long_it_took_is_no_evidence(kb: KnowledgeBase) -> None:
    found = document(kb, **EFFECTIVE)
    slower = {**found, "cost": {"baseline_seconds": 9.0, "defended_seconds": 99.0}}
    assert records(found) == records(slower)


def test_what_else_is_in_the_folder_stays(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("references: [{id: me2026, status: confirmed}]\n")
    export([document(kb, **EFFECTIVE)], str(tmp_path / "."))
    assert "me2026" in load([str(tmp_path)]).references
    assert len(list(tmp_path.iterdir())) == 2


def test_the_folder_is_made_and_a_file_in_its_place_is_refused(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    found = document(kb, **EFFECTIVE)
    (file,) = export([found], str(tmp_path / "not" / "yet"))
    assert Path(file).exists()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: should be a folder"):
        export([found], str(tmp_path / "file"))
    with pytest.raises(InputError, match="below: cannot be made"):
        export([found], str(tmp_path / "file" / "below"))
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_that_cannot_be_written_leaves_no_half_of_it(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    found = document(kb, **EFFECTIVE)
    (file,) = export([found], str(tmp_path / "elsewhere"))
    taken = tmp_path / Path(file).name
    taken.mkdir()
    with pytest.raises(OSError, match="yaml"):
        export([found], str(tmp_path))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([taken.name, "elsewhere"])


@pytest.mark.parametrize(
    "name", ["a: b # c", "日本語", "'\"{}[]", "yes", "2026-01-01", "-", "x" * 300, "tab\there"]
)
def test_odd_names_of_data_sets_stay_text(kb: KnowledgeBase, tmp_path: Path, name: str) -> None:
    found = document(kb, **EFFECTIVE)
    found["scale"]["dataset"] = name
    export([found], str(tmp_path))
    mine = load([str(tmp_path)])
    assert experimented(mine, found).dataset.startswith(f"{name}, 629")
