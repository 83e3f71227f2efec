"""The measured layer: what is built in is what the kept documents of grids say, and no more."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import measured_layer
import pytest

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge._files import MEASURED
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.experiments.grid_documents import FALSE_DISCOVERIES
from crosscurrent.validator.experiments.reference_layer import REFERENCE, layer
from crosscurrent.validator.results.outcomes import conclusive

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def below() -> KnowledgeBase:
    return load("literature")


@pytest.fixture(scope="module")
def kept() -> dict[str, bytes]:
    return measured_layer.kept()


def made(below: KnowledgeBase, *tables: dict[str, Any]) -> KnowledgeBase:
    """Return the literature with a layer made of tables on top."""
    documents = {f"{n}.json": json.dumps(each).encode() for n, each in enumerate(tables)}
    files = {name: text.encode() for name, text in layer(documents, below).items()}
    return load([files], builtin="literature", cached=False)


@pytest.fixture
def table(kept: dict[str, bytes]) -> dict[str, Any]:
    """Return one of the kept documents."""
    if not kept:
        pytest.skip("no table is kept")
    found: dict[str, Any] = json.loads(next(iter(kept.values())))
    return found


def test_the_layer_is_what_the_kept_documents_make(kept: dict[str, bytes]) -> None:
    there = {each.name: each.read_text(encoding="utf-8") for each in Path(MEASURED).iterdir()}
    assert there == measured_layer.written(kept), "run: make layer"


def test_every_observation_is_a_cell_that_is_evidence_and_stands_correction(
    kept: dict[str, bytes],
) -> None:
    kb = load()
    cells = {
        cell["id"]: (document["dataset"], cell)
        for document in map(json.loads, kept.values())
        for cell in document["cells"]
        if "reason" not in cell
    }
    tabled = [each for each in kb.observations.values() if each.table]
    for each in tabled:
        assert each.table is not None
        dataset, cell = cells[each.table.result]
        stage = f"@{each.stage}" if each.stage else ""
        assert (each.table.dataset, each.data) == (dataset, (dataset,))
        assert (each.defense + stage, each.risk) == (cell["defense"], cell["risk"])
        assert each.effect == cell["outcome"]
        assert conclusive(cell)
        assert not cell["near_threshold"]
        assert each.effect == "no_change" or cell["effect"]["q_value"] <= FALSE_DISCOVERIES
        assert f"{cell['effect']['estimate']:+.4f}" in (each.note or "")
    left = {
        identity: cell["outcome"]
        for identity, (_, cell) in cells.items()
        if conclusive(cell) and not cell["near_threshold"]
        and (cell["outcome"] == "no_change" or cell["effect"]["q_value"] <= FALSE_DISCOVERIES)
    }  # fmt: skip
    assert left == {each.table.result: each.effect for each in tabled if each.table}
    assert len(left) == len(tabled)


def test_the_layer_says_how_each_table_was_measured(kept: dict[str, bytes]) -> None:
    kb = load()
    tables = kb.references[REFERENCE].tables
    assert [each.document for each in tables] == [
        sha256(each).hexdigest() for each in kept.values()
    ]
    for each, content in zip(tables, kept.values(), strict=True):
        document = json.loads(content)
        assert (each.dataset, each.seeds) == (document["dataset"], len(document["seeds"]))
        rules = document.get("protocol")
        by = " --protocol" if rules else ""
        assert each.command.startswith(f"crosscurrent validate --all{by} --dataset ")
        assert each.protocol == (rules and rules["digest"])
        assert each.knowledge == document["knowledge"]
        seen = [o for o in kb.observations.values() if o.table and o.table.dataset == each.dataset]
        assert len(seen) == each.observed <= each.cells


def void(cell: dict[str, Any]) -> None:
    cell |= {"outcome": "nothing_to_move", "void": "the attack is at its floor"}


def weak(cell: dict[str, Any]) -> None:
    cell["effect"]["q_value"] = 0.051


def idle(cell: dict[str, Any]) -> None:
    cell["effective_defense"] = False


def near(cell: dict[str, Any]) -> None:
    cell["near_threshold"] = True


def unsure(cell: dict[str, Any]) -> None:
    cell["outcome"] = "inconclusive"


@pytest.mark.parametrize("change", [void, weak, idle, near, unsure])
def test_what_is_no_evidence_leaves_no_observation(
    below: KnowledgeBase, table: dict[str, Any], change: Change
) -> None:
    (one,) = [
        c
        for c in table["cells"]
        if (c["defense"], c["risk"]) == ("explanations", "unauthorized_model_ownership")
    ]
    ours = ("explanations", "unauthorized_model_ownership")
    before, count = made(below, table), len(below.observations)
    change(one)
    after = made(below, table)
    assert len(before.observed(*ours)) == len(after.observed(*ours)) + 1
    assert len(before.observations) == len(after.observations) + 1 > count


def test_no_table_makes_an_empty_layer_that_loads(below: KnowledgeBase) -> None:
    kb = made(below)
    assert kb.observations == below.observations
    assert kb.references[REFERENCE].tables == ()


def test_several_tables_are_one_work_and_a_data_set_is_there_once(
    below: KnowledgeBase, table: dict[str, Any]
) -> None:
    other = {**table, "dataset": "German credit", "draws": 8}
    kb = made(below, table, other)
    works = {
        source.partition("#")[0]
        for o in kb.observations.values()
        if o.table
        for source in o.sources
    }
    assert works == {REFERENCE}
    assert [each.dataset for each in kb.references[REFERENCE].tables] == [
        table["dataset"], "German credit",
    ]  # fmt: skip
    assert any(name.startswith("measured.german_credit.") for name in kb.observations)
    with pytest.raises(InputError, match=r"1\.json: another table is of .*, too; keep one"):
        made(below, table, table)


def test_the_command_of_a_table_has_the_settings_of_all_its_cells(
    below: KnowledgeBase, table: dict[str, Any]
) -> None:
    table["protocol"] = None
    for cell in table["cells"]:
        cell["command"] = f"crosscurrent validate {cell['defense']} {cell['risk']}"
    table["cells"][0]["command"] += " --set attack.evasion.steps=40 --set data.records=4000"
    table["cells"][1]["command"] += " --set data.records=4000 --draws 8"
    (told,) = made(below, table).references[REFERENCE].tables
    assert told.command.endswith("--draws 8 --set attack.evasion.steps=40 --set data.records=4000")


def test_the_same_documents_give_the_same_bytes(
    below: KnowledgeBase, kept: dict[str, bytes]
) -> None:
    assert layer(kept, below) == layer(dict(reversed(kept.items())), below)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "should be JSON"),
        (b"{", "should be JSON"),
        (b"\xff", "should be JSON"),
        (b"[]", "should be what crosscurrent validate --all --json prints"),
        (b'{"kind": "verdict"}', "should be what crosscurrent validate --all --json prints"),
        (b'{"kind": "grid"}', "cells: Field required"),
        (b'{"kind": "grid", "cells": 3}', "cells: Input should be a valid list"),
        (b'{"kind": "grid", "cells": [3]}', "cells.0: Input should be a valid dictionary"),
        (b'{"kind": "grid", "cells": []}', "cells: no cell was measured"),
        (b'{"kind": "grid", "cells": [{"reason": "no"}]}', "cells: no cell was measured"),
        (b"[" * 100_000, "should be JSON"),
        (b"[%s]" % (b"1" * 5000), "should be JSON"),
    ],
)
def test_what_is_no_table_is_refused_by_name(
    below: KnowledgeBase, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=rf"^mine\.json: {message}"):
        layer({"mine.json": content}, below)


MISSING = object()


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("dataset", MISSING, "dataset: Field required"),
        ("dataset", "Tables", r"dataset: its file would be tables\.yaml, .* rename it"),
        ("draws", 0, "draws: "),
        ("seeds", [], "seeds: "),
        ("protocol", {}, "protocol.digest: Field required"),
        ("cells.0.kind", "combination", "cells.0.kind: "),
        ("cells.0.near_threshold", MISSING, "cells.0.near_threshold: Field required"),
        ("cells.0.effect.q_value", MISSING, "cells.0.effect.q_value: Field required"),
        ("cells.0.effect.level", "0.95", "cells.0.effect.level: "),
        ("cells.0.effect.metric", "another", r"cells.0: metrics\..*\.another: should be there"),
        ("cells.0.metrics", {}, r"cells.0: metrics\..*: should be there"),
        ("cells.0.utility.baseline", [0.5], "cells.0.utility.baseline: "),
        ("cells.0.software.torch", MISSING, "cells.0.software.torch: Field required"),
        ("cells.0.command", "crosscurrent 'validate", "cells.0.command: No closing quotation"),
        ("cells.0.command", "crosscurrent validate", "cells.0.command: should name the data set"),
        ("cells.0.command", "crosscurrent --dataset", "cells.0.command: should name the data set"),
    ],
)
def test_a_field_that_is_read_is_there_or_named(
    below: KnowledgeBase, table: dict[str, Any], where: str, value: object, message: str
) -> None:
    *above, last = where.split(".")
    place: Any = table
    for each in above:
        place = place[int(each) if each.isdecimal() else each]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(InputError, match=rf"^0\.json: {message}"):
        made(below, table)


def test_a_table_about_unknown_defenses_is_refused(
    below: KnowledgeBase, table: dict[str, Any]
) -> None:
    table["cells"][0]["defense"] = "magic"
    with pytest.raises(InputError, match=r"0\.json: magic → .*: not a defense and a risk"):
        made(below, table)


def test_one_command_replaces_adds_and_drops_tables(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, place in {
        "ROOT": tmp_path,
        "TABLES": tmp_path / "tables",
        "LAYER": tmp_path / "layer",
        "POOLS": tmp_path / "pools.json.gz",
    }.items():
        monkeypatch.setattr(measured_layer, name, place)
    mine = tmp_path / "mine.json"
    for dataset in ("one", "Table (two)", "one"):
        mine.write_text(json.dumps({**table, "dataset": dataset}))
        assert measured_layer.main([str(mine)]) == 0
    for folder, names in (
        ("layer", ["one.yaml", "table_two.yaml", "tables.yaml"]),
        ("tables", ["one.json.gz", "table_two.json.gz"]),
    ):
        assert sorted(p.name for p in (tmp_path / folder).iterdir()) == names
    assert gzip.decompress((tmp_path / "tables" / "one.json.gz").read_bytes()) == mine.read_bytes()
    assert measured_layer.main(["--drop", "Table (two)"]) == 0
    assert sorted(p.name for p in (tmp_path / "layer").iterdir()) == ["one.yaml", "tables.yaml"]
    assert sorted(p.name for p in (tmp_path / "tables").iterdir()) == ["one.json.gz"]
    capsys.readouterr()
    before = (tmp_path / "layer" / "one.yaml").read_bytes()
    (tmp_path / "bad.json").write_text("{}")
    (tmp_path / "clash.json").write_text(json.dumps({**table, "dataset": "Tables"}))
    for words, said in (
        (["--drop", "two"], "two: no table of this data set is kept (one)"),
        ([str(tmp_path / "bad.json")], "should be what crosscurrent validate --all --json prints"),
        ([str(tmp_path / "none.json")], "No such file"),
        ([str(tmp_path / "clash.json")], "clash.json: dataset: its file would be tables.yaml"),
    ):
        assert measured_layer.main(words) == 2
        assert said in capsys.readouterr().err
    assert (tmp_path / "layer" / "one.yaml").read_bytes() == before
