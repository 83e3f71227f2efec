"""REST, Python and the command line give identical documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

import crosscurrent
from crosscurrent.api.answers import (
    assumptions,
    attacks,
    backtests,
    catalogue,
    collusions,
    combinations,
    comparisons,
    compliance,
    plans,
    predictions,
)
from crosscurrent.api.cli import main
from crosscurrent.api.text import assessments
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor import documents, interactions

Command = Callable[..., Any]
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def test_every_pair_is_the_same_everywhere(asking: Any, kb: KnowledgeBase) -> None:
    for defense in kb.defenses.values():
        row = []
        for risk in kb.risks.values():
            expected = documents.prediction_document(
                kb, interactions.predict(kb, defense.id, risk.id)
            )
            row.append(expected)
            names = [
                (defense.id, risk.id),
                (defense.code, risk.code),
                (defense.id.upper(), risk.id),
            ]
            for one, other in names:
                if one and other:
                    assert asking.get(f"/v1/predictions/{one}/{other}").json() == expected
        answer = asking.get(f"/v1/predictions/{defense.id}").json()
        assert answer == {"kind": "predictions", "defense": defense.id, "predictions": row}


@pytest.mark.parametrize("pair", [("RD1", "P1"), ("PD1", "P2"), ("data_watermarking", "F")])
def test_a_pair_is_what_the_command_line_prints(
    asking: Any, command: Command, pair: tuple[str, str]
) -> None:
    assert asking.get("/v1/predictions/{}/{}".format(*pair)).json() == command("predict", *pair)


HEADS = [
    ("RD1", "F"), ("RD2", "R2"), ("PD1", "P1"), ("PD1@post", "P1"), ("FD2", "F"),
    ("regularization", "P1"), ("quantization", "R2"), ("robust_aggregation", "P4"),
    ("machine_unlearning", "R2"), ("deduplication", "R1"),
]  # fmt: skip


@pytest.mark.parametrize("pair", HEADS, ids=" ".join)
def test_an_answer_opens_alike_everywhere(
    asking: Any, kb: KnowledgeBase, capsys: pytest.CaptureFixture[str], pair: tuple[str, str]
) -> None:
    document = asking.get("/v1/predictions/{}/{}".format(*pair)).json()
    head = assessments.headline(kb, document)
    assert document == crosscurrent.predict(*pair).to_dict()
    assert main(["predict", *pair]) == 0
    assert head in " ".join(capsys.readouterr().out.split())
    page = asking.get("/why/{}/{}".format(*pair), headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert escape(head) in page.text


QUESTIONS: list[tuple[str, list[str], Callable[[KnowledgeBase], Any]]] = [
    ("predictions", ["matrix"], predictions.matrix),
    ("predictions/RD1", ["predict", "RD1"], lambda kb: predictions.predictions(kb, "RD1")),
    ("conflicts", ["matrix", "combinations"], combinations.combinations),
    (
        "conflicts?defense=RD3@pre&defense=RD2@in&tensions=true",
        ["combine", "RD3@pre", "RD2@in", "--tensions"],
        lambda kb: combinations.combination(kb, ["RD3@pre", "RD2@in"], tensions=True),
    ),
    ("collusions", ["collude"], collusions.collude),
    (
        "collusions?attack=ModExt",
        ["collude", "ModExt"],
        lambda kb: collusions.collude(kb, ["ModExt"]),
    ),
    (
        "collusions?attack=ModExt&attack=Evsn&adversary=model_knowledge%3Dgraybox",
        ["collude", "ModExt", "Evsn", "--adversary", "model_knowledge=graybox"],
        lambda kb: collusions.collude(kb, ["ModExt", "Evsn"], {"model_knowledge": "graybox"}),
    ),
    (
        "collusions?attack=poisoning&attack=P1&attack=evasion",
        ["collude", "poisoning", "P1", "evasion"],
        lambda kb: collusions.collude(kb, ["poisoning", "P1", "evasion"]),
    ),
    (
        "collusions/chains?target=data_reconstruction&limit=3",
        ["collude", "--target", "data_reconstruction", "--limit", "3"],
        lambda kb: collusions.chains(kb, "data_reconstruction", limit=3),
    ),
    (
        "collusions/chains?target=P1&first=poisoning",
        ["collude", "poisoning", "--target", "P1"],
        lambda kb: collusions.chains(kb, "P1", "poisoning"),
    ),
    (
        "plans?protect=R1&protect=P1&avoid=F&have=PD1&max=3",
        "plan --protect R1 --protect P1 --avoid F --have PD1 --max 3".split(),
        lambda kb: plans.plan(kb, ["R1", "P1"], avoid=["F"], have=["PD1"], most=3),
    ),
    (
        "standards/AISVS/compliance?level=2&have=RD1&have=explanations",
        "comply AISVS:2 --have RD1 --have explanations".split(),
        lambda kb: compliance.comply(kb, "aisvs", level="2", have=["RD1", "explanations"]),
    ),
    (
        "published-attacks?risk=P1&model_knowledge=blackbox&output=hard_label",
        "attacks --risk P1 --model-knowledge blackbox --output hard_label".split(),
        lambda kb: attacks.attacks(
            kb, "P1", {"model_knowledge": "blackbox", "output": "hard_label"}
        ),
    ),
    (
        "backtest?seed=3&resamples=20",
        "backtest --seed 3 --resamples 20".split(),
        lambda kb: backtests.backtest(kb, seed=3, resamples=20),
    ),
    ("attacks/poisoning", ["kb", "show", "Poisn"], lambda kb: catalogue.record(kb, "Poisn")),
    ("standards/rmf", ["kb", "show", "rmf"], lambda kb: catalogue.record(kb, "ai_rmf")),
    ("factors/D2", ["kb", "show", "D2"], lambda kb: catalogue.record(kb, "D2")),
    ("risks/P1", ["kb", "show", "P1"], lambda kb: catalogue.record(kb, "P1")),
    (
        "correlations/adversarial_training.boundary_distance",
        ["kb", "show", "adversarial_training.boundary_distance"],
        lambda kb: catalogue.record(kb, "adversarial_training.boundary_distance"),
    ),
]


@pytest.mark.parametrize(("path", "words", "function"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
def test_every_question_has_one_document(
    asking: Any,
    command: Command,
    kb: KnowledgeBase,
    path: str,
    words: list[str],
    function: Callable[[KnowledgeBase], Any],
) -> None:
    answer = asking.get(f"/v1/{path}")
    assert answer.status_code == 200
    assert answer.json() == function(kb) == command(*words)


def test_assumptions_change_the_same_everywhere(
    asking: Any, command: Command, kb: KnowledgeBase
) -> None:
    adversary = {"role": "malicious_accuser"}
    body = {
        "defense": "RD1",
        "raise": ["D2"],
        "lower": ["D1"],
        "hold": ["O3"],
        "adversary": adversary,
    }
    words = "what-if RD1 --raise D2 --lower D1 --hold O3 --adversary role=malicious_accuser".split()
    expected = assumptions.what_if(
        kb, "RD1", raise_=["D2"], lower=["D1"], hold=["O3"], adversary=adversary
    )
    assert asking.post("/v1/what-if", json=body).json() == expected == command(*words)


@pytest.mark.parametrize(
    "section",
    [
        *("factors", "defenses", "risks", "attacks", "correlations", "references"),
        *("standards", "requirements"),
    ],
)
def test_pages_together_are_the_section(asking: Any, command: Command, section: str) -> None:
    whole = asking.get(f"/v1/{section}", params={"limit": 1000}).json()
    assert whole.pop("next") is None
    assert whole == command("kb", "show", section)
    records: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        page = asking.get(f"/v1/{section}", params={"limit": 7, **more}).json()
        records += page[section]
        if page["next"] is None:
            break
        more = {"next": page["next"]}
    assert records == whole[section]


def test_a_folder_and_an_uploaded_set_of_the_same_files_answer_alike(
    serve: Callable[..., Any], command: Command
) -> None:
    files = {
        path.name: path.read_text(encoding="utf-8")
        for path in (EXAMPLES / "my-knowledge").glob("*.yaml")
    }
    client, folder = serve(), str(EXAMPLES / "my-knowledge")
    assert client.put("/v1/knowledge/team", json={"files": files}).status_code == 201
    asked = client.get("/v1/predictions/FD1/R3?knowledge=team").json()
    assert asked == command("predict", "FD1", "R3", "--knowledge", folder)
    assert asked["knowledge"] != load().digest
    difference = client.get("/v1/knowledge/diff?to=team").json()
    assert difference == command("kb", "diff", folder)
    assert difference == comparisons.diff(load(), load([folder]))
