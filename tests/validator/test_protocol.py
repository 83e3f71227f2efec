"""The protocol: a file of the package, one option that measures by it, and its mark in results."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.api.answers.reference_pools import reference_pools
from crosscurrent.api.text.measured.grid import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.grids import grid
from crosscurrent.validator.measurements.grid import GridPlan
from crosscurrent.validator.requests import GridRequest, by_protocol, followed, protocol
from crosscurrent.validator.run.executors.here import SerialExecutor

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return load()


def test_its_digest_is_that_of_its_file_and_stands_in_results_measured_by_it(
    kb: KnowledgeBase,
) -> None:
    file = ROOT / "validator/requests/protocol.yaml"
    assert protocol().digest == hashlib.sha256(file.read_bytes()).hexdigest()
    plan = GridPlan.prepare(kb, GridRequest(protocol=True), SerialExecutor(), ())
    assert plan.protocol == protocol()
    assert plan.grid.draws == protocol().requests["synthetic"].draws == 8
    shown = plan.with_prior(plan.prior())._followed
    assert shown == {"version": protocol().version, "digest": protocol().digest}


@pytest.mark.parametrize("dataset", protocol().requests)
def test_saying_it_all_is_the_same_as_the_option(dataset: str) -> None:
    written = protocol().requests[dataset]
    asked = by_protocol(GridRequest(dataset=f"some/folder/{dataset}", protocol=True))
    assert (asked.seeds, asked.draws, asked.settings) == (
        written.seeds,
        written.draws,
        written.settings,
    )
    assert followed(asked) == followed(replace(written, protocol=False)) == protocol()
    backwards = replace(written, settings=written.settings[::-1])
    assert followed(backwards) == protocol()


@pytest.mark.parametrize(
    "change",
    [{"seeds": 4}, {"draws": 2}, {"model": "mlp-s"}, {"settings": ("data.records=300",)}],
    ids=str,
)
def test_another_way_to_measure_is_not_the_protocol(change: dict[str, Any]) -> None:
    written = protocol().requests["synthetic"]
    assert followed(replace(written, **change)) is None
    with pytest.raises(InputError, match="--protocol says how to measure: leave --"):
        by_protocol(GridRequest(protocol=True, **change))


def test_other_data_have_no_protocol() -> None:
    with pytest.raises(InputError, match="unknown data set of the protocol 'digits'"):
        by_protocol(GridRequest(dataset="digits", protocol=True))
    assert followed(GridRequest()) is None
    assert by_protocol(GridRequest(dataset="digits")) == GridRequest(dataset="digits")


def test_the_command_that_gives_a_result_again_is_accepted() -> None:
    from crosscurrent.validator.requests import from_json

    again = GridRequest(dataset="compas", protocol=True).again()
    assert "--protocol" in again
    asked = from_json({"all": True, "protocol": True, "dataset": "compas", "model": "mlp-m"})
    assert isinstance(asked, GridRequest)
    assert followed(by_protocol(asked)) == protocol()


def test_the_guide_says_what_the_file_says() -> None:
    guide = (ROOT / "docs/protocol.md").read_text()
    asked = protocol().requests["synthetic"]
    said = dict(each.split("=") for each in asked.settings)
    assert f"{asked.draws} draws of the generator from `data.seed` {said['data.seed']}" in guide
    assert f"{asked.seeds} paired seeds" in guide
    assert f"{int(said['data.records']):,} records" in guide
    assert (
        f"{said['training.epochs']} epochs, weight decay {said['training.weight_decay']}" in guide
    )
    assert f"a share of {said['attack.poisoning.share']}" in guide
    assert f"{said['attack.unauthorized_model_ownership.queries']} queries" in guide
    assert f"{said['data.data_reconstruction.attributes']} attributes" in guide
    tables = {request.draws for name, request in protocol().requests.items() if name != "synthetic"}
    assert re.search(
        rf"; {tables.pop()} draws of tables, samples that share no record, 3 seeds", guide
    )
    assert not tables
    assert {request.seeds for request in protocol().requests.values()} == {5, 3}
    assert f"draws of {int(said['data.distribution_inference.records']):,} records" in guide


def test_one_risk_may_have_data_and_training_of_its_own(kb: KnowledgeBase) -> None:
    common = ["data.records=300", "training.epochs=1"]
    planned = grid(
        kb,
        settings=[*common, "data.P2.records=400", "training.data_reconstruction.epochs=2"],
        seeds=2,
    )
    for cell in planned.cells:
        assert isinstance(cell.experiment, Experiment)
        apart = cell.risk == "data_reconstruction"
        assert cell.experiment.context.data.records == (400 if apart else 300)
        assert cell.experiment.context.schedule.epochs == (2 if apart else 1)
    cell = next(each for each in planned.cells if each.risk == "data_reconstruction")
    alone = experiment(kb, cell.defense, cell.risk, settings=cell.settings, seeds=2)
    assert isinstance(cell.experiment, Experiment)
    assert [alone.context.recipe(each) for each in alone.trials()] == [
        cell.experiment.context.recipe(each) for each in cell.experiment.trials()
    ]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.P2.recordz=3", "unknown setting 'recordz'"),
        ("data.PX.records=3", "unknown risk of the grid 'PX'"),
        ("training.P2.epochs=none", "training.epochs"),
    ],
)
def test_what_one_risk_cannot_have_is_said_before_anything_is_trained(
    kb: KnowledgeBase, setting: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        grid(kb, settings=["data.records=300", setting], seeds=2)


def test_the_table_in_the_guide_is_the_one_that_is_kept() -> None:
    kept = gzip.decompress((ROOT / "docs/tables/synthetic.json.gz").read_bytes())
    document = json.loads(kept)
    guide = (ROOT / "docs/grid.md").read_text(encoding="utf-8")
    text = describe(document, Style(colour=False, unicode=True), here=False)
    table, said = text.split("\nRD1 ", 1)[1].split("\n\n", 1)
    assert "\nRD1 " + table in guide
    assert said.rsplit("\n\n", 1)[0].strip() in guide
    assert document["protocol"]["digest"] == protocol().digest
    counts = document["counts"]
    assert f"{counts['with_outcome']} of the {counts['cells']} cells have an outcome" in guide
    assert f"in {counts['cannot_change']} nothing can change" in guide
    assert counts["signed"] == counts["signed_after_correction"]
    assert f"All {counts['signed']} increases and" in guide
    assert f"**{counts['ineffective']} cells: the defense did nothing" in guide
    assert f"{counts['unlike_published']} outcomes are unlike what was published" in guide


def test_the_tables_on_real_data_are_counted_in_the_guide(kb: KnowledgeBase) -> None:
    guide = (ROOT / "docs/grid.md").read_text(encoding="utf-8")
    tables = sorted((ROOT / "docs/tables").glob("*.json.gz"))
    assert len(tables) == len(protocol().requests) == 5
    for file in tables:
        document = json.loads(gzip.decompress(file.read_bytes()))
        counts = document["counts"]
        row = [
            document["dataset"], counts["with_outcome"],
            f"{counts['signed']}, {counts['signed_after_correction']}", counts["confirmed"],
            counts["refuted"], counts["as_published"], counts["unlike_published"],
            counts["nothing_to_move"], counts["no_longer_useful"], counts["ineffective"],
            counts["cannot_change"],
        ]  # fmt: skip
        assert f"| {' | '.join(map(str, row))} |" in guide
        assert document["protocol"]["digest"] == protocol().digest
    pooled = [
        each
        for defense in kb.defenses
        for risk in kb.risks
        for each in reference_pools(kb, defense, risk)
        if len(each["studies"]) > 1
    ]
    assert f"{len(pooled)} of the 64 cells have an outcome on two data sets" in guide
    settled = [each for each in pooled if each["outcome"] != "inconclusive"]
    assert f"{'nine' if len(settled) == 9 else len(settled)} of them have one" in guide
    for each in settled:
        names = [each[kind].replace("_", " ") for kind in ("defense", "risk")]
        effect = each["effect"]
        assert effect is not None
        told = [f"{effect[end]:+.3f}".replace("-", "−") for end in ("estimate", "low", "high")]
        interval = f"{told[0]} ({told[1]} to {told[2]})"
        assert f"| {names[0]} → {names[1]} | {len(each['studies'])} | {interval} |" in guide


def test_the_table_of_the_first_version_stays_in_the_guide() -> None:
    kept = (ROOT / "docs/tables/protocol-1/synthetic.json.gz").read_bytes()
    document = json.loads(gzip.decompress(kept))
    rules = (ROOT / "docs/tables/protocol-1/protocol.yaml").read_bytes()
    assert document["protocol"]["digest"] == hashlib.sha256(rules).hexdigest()
    assert document["protocol"]["version"] == 1
    guide = (ROOT / "docs/grid.md").read_text(encoding="utf-8")
    lines = [line.split() for line in guide.splitlines()]
    by_defense: dict[str, list[str]] = {}
    for cell in document["cells"]:
        shown = f"{cell['effect']['estimate'] + 0.0:+.3f}".replace("-", "−")
        by_defense.setdefault(cell["defense"], []).append(shown)
    assert all(row in lines for row in by_defense.values())


def test_the_usual_seeds_and_draws_count_as_not_said() -> None:
    usual = GridRequest(dataset="compas", protocol=True, seeds=GridRequest().seeds)
    assert by_protocol(usual) == by_protocol(GridRequest(dataset="compas", protocol=True))
