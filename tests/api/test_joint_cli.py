"""The command line about several defenses or attacks: documents, text, and bad input."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor import joint_documents as joint
from crosscurrent.predictor.chains import breakers, chains_to
from crosscurrent.predictor.collusion import NO_ADVERSARIES, collude, collude_all
from crosscurrent.predictor.conflicts import combine, combine_all
from crosscurrent.predictor.plans import plan, wish
from crosscurrent.predictor.tensions import tensions

PAPERS = "--knowledge papers"
"""Asks the three papers alone, which the literature cannot change."""

Capture = pytest.CaptureFixture[str]


def asked(capsys: Capture, line: str, status: int = 0) -> str:
    """Return what a command prints, on the stream that its exit status says."""
    try:
        code = main(line.split())
    except SystemExit as error:  # argparse
        code = int(str(error.code))
    out, err = capsys.readouterr()
    assert code == status, err
    assert "Traceback" not in err
    return out if status == 0 else err


def test_json_is_the_same_document_as_from_python(capsys: Capture, kb: KnowledgeBase) -> None:
    pair = combine(kb, ["RD3", "RD2@in"])
    hints = tensions(kb, pair.defenses)
    link = collude(kb, "poisoning", "P1")
    found = chains_to(kb, "P1", limit=5)
    breaking = [[breakers(kb, each) for each in chain.links] for chain in found.chains]
    chosen = plan(kb, wish(kb, protect=["R1", "P1"], avoid=["R2"], most=3))
    for line, document in (
        ("combine RD3 RD2@in", joint.combination_document(pair)),
        ("combine RD3 RD2@in --tensions", joint.combination_document(pair, hints)),
        (
            "collude poisoning P1",
            joint.collusion_document(link, breakers(kb, link), NO_ADVERSARIES),
        ),
        ("collude --target P1", joint.chains_document(found, NO_ADVERSARIES, breaking)),
        ("plan --protect R1 --protect P1 --avoid R2 --max 3", joint.plans_document(chosen)),
        (
            "matrix combinations",
            {
                "kind": "predicted_combinations",
                "combinations": [joint.combination_document(each) for each in combine_all(kb)],
                "knowledge": kb.digest,
            },
        ),
        (
            "matrix collusions",
            {
                "kind": "predicted_collusions",
                "collusions": [
                    joint.link_document(each)
                    for row in collude_all(kb)
                    for each in row
                    if each is not None
                ],
                "knowledge": kb.digest,
            },
        ),
    ):
        assert json.loads(asked(capsys, line + " --json")) == json.loads(json.dumps(document))


def test_the_contract_of_the_design_holds(capsys: Capture) -> None:
    combined = json.loads(asked(capsys, "combine watermarking@pre outlier_removal@in --json"))
    assert {"defenses", "effective", "orders", "conflicts", "repairs", "tensions"} < set(combined)
    assert combined["conflicts"][0]["risk"] == "poisoning"
    link = json.loads(
        asked(capsys, "collude ModExt Evsn --adversary model_knowledge=graybox --json")
    )
    assert (link["verdict"], link["potential"]) == ("amplifies", "reduced")
    assert {f["factor"]: f["satisfied"] for f in link["factors"]} == {
        "shadow_similarity": False,
        "architecture_similarity": True,
    }


def test_an_attack_alone_is_held_against_all_others(capsys: Capture, kb: KnowledgeBase) -> None:
    document = json.loads(asked(capsys, "collude MemInf --json"))
    assert len(document["collusions"]) == len(kb.attacks) - 1
    assert len(json.loads(asked(capsys, "collude --json"))["collusions"]) == 56
    chain = json.loads(asked(capsys, "collude poisoning ModExt Evsn --json"))
    assert chain["amplifies"] is False
    assert [each["verdict"] for each in chain["links"]] == ["hinders", "amplifies"]


def test_csv_has_a_row_for_each_pair(capsys: Capture, kb: KnowledgeBase) -> None:
    rows = list(csv.DictReader(io.StringIO(asked(capsys, "matrix combinations --format csv"))))
    assert len(rows) == len(combine_all(kb))
    assert {row["effective"] for row in rows} == {"true", "false"}
    rows = list(csv.DictReader(io.StringIO(asked(capsys, "matrix collusions --format csv"))))
    assert len(rows) == 56


def test_attacks_lists_what_is_within_reach(capsys: Capture, kb: KnowledgeBase) -> None:
    line = "attacks --risk R3 --model-knowledge blackbox --output hard_label"
    document = json.loads(asked(capsys, line + " --json"))
    titles = {each["title"] for each in document["attacks"]}
    assert 0 < len(titles) < 29
    text = " ".join(asked(capsys, line).split())
    assert all(" ".join(title.split()[:3]) in text for title in titles)
    everything = json.loads(asked(capsys, "attacks --json"))
    assert len(everything["attacks"]) == len(kb.published_attacks)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("combine RD1", "at least two"),
        ("combine explanations@pre RD1", "write explanations@post"),
        ("combine RD3 watermarking@pre", "given twice"),
        ("combine RD3 nothing", "unknown defense"),
        ("collude evasion evasion", "given twice"),
        ("collude poisoning P1 poisoning", "given twice"),
        ("collude poisoning P1 Poisn", "given twice"),
        ("collude P1 R1 --limit 1", "with --target"),
        ("collude P1 R1 --target P2", "at most one ATTACK"),
        ("collude --adversary model_knowledge", "KEY=VALUE"),
        ("collude --target nothing", "unknown attack"),
        ("plan", "--protect"),
        ("plan --protect R1 --avoid R1", "protected and avoided"),
        ("plan --protect R1 --max 0", "whole number"),
        ("attacks --risk tail_length", "is a factor"),
        ("attacks --output hard", "unknown value"),
        ("matrix collusion", "did you mean collusions"),
        ("matrix collusions --format svg", "no picture"),
    ],
)
def test_silly_input_is_answered_with_what_to_do(capsys: Capture, line: str, expected: str) -> None:
    assert expected in asked(capsys, line, status=2)


def test_a_target_nobody_can_reach_is_an_answer(capsys: Capture) -> None:
    assert "none: no attack raises" in asked(capsys, "collude --target poisoning")


def test_text_names_verdicts_reasons_and_slips(capsys: Capture) -> None:
    text = asked(capsys, "collude attribute_inference distribution_inference")
    assert "nothing can be concluded" in text
    assert "the paper's table says amplifies" in text
    assert "doubtful" not in asked(capsys, "combine RD1 PD1")
    assert "doubtful" not in asked(capsys, f"combine RD1 PD1 {PAPERS}")
    text = asked(capsys, f"plan --protect evasion --have watermarking@pre {PAPERS}")
    assert "without --have watermarking@pre" in text


@pytest.mark.parametrize(
    ("line", "head", "why"),
    [
        ("RD3@pre RD2@in", "conflict: no order keeps every defense effective", "the rule, as pub"),
        ("FD1 RD4", "conflict: seen among these defenses", "as published: C17"),
        ("data_watermarking PD1", "disputed: seen to work together", "published: C7"),
        ("data_watermarking RD3@post", "only if tuned or designed for it", "published: C32"),
        ("RD1 PD1", "no known conflict; that they work together was not shown", "nothing known"),
        ("RD1 FD2", "effective together, as was shown", "as published: C12"),
        ("RD3@pre RD3@post", "cannot be trained together as they are", "at two stages"),
    ],
)
def test_an_answer_opens_with_what_is_known_and_says_on_what_it_rests(
    capsys: Capture, line: str, head: str, why: str
) -> None:
    lines = asked(capsys, f"combine {line} {PAPERS}").splitlines()
    assert head in lines[2]
    assert why in " ".join(" ".join(lines).split())


def test_with_the_literature_it_says_what_cannot_be_trained_together(capsys: Capture) -> None:
    lines = asked(capsys, "combine PD1 FD1").splitlines()
    assert "cannot be trained together as they are" in lines[2]
    assert "no gradient of one example" in " ".join(" ".join(lines).split())


def test_what_works_only_if_tuned_says_how_and_at_what_cost(
    capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(
        "combinations:\n"
        "  - {id: mine.c, defenses: [adversarial_training@in, differential_privacy@in],\n"
        "     outcome: effective, status: prior,\n"
        "     works_if: batches are large, cost: 30 points of accuracy, sources: [duddu2024sok]}\n",
        encoding="utf-8",
    )
    text = asked(capsys, f"combine RD1 PD1 {PAPERS} --knowledge {tmp_path}")
    assert "effective together only if tuned" in text
    assert "only if batches are large" in text
    assert "at the cost of 30 points of accuracy" in text
    text = asked(capsys, f"combine RD1 PD1 FD2 {PAPERS} --knowledge {tmp_path}")
    assert "effective together only if tuned" in text


def test_near_misses_say_which_wish_each_misses(capsys: Capture) -> None:
    line = f"plan --protect evasion --protect poisoning --max 1 {PAPERS}"
    text = asked(capsys, line)
    told = text.partition("Near misses, the nearest first")[2]
    assert told.index("takes 2 defenses, more than 1") < told.index("evasion is not covered")
    near = json.loads(asked(capsys, f"{line} --json"))["near_misses"]
    assert [each["misses"] for each in near] == [
        [{"wish": "max", "value": "1", "instead": "2"}],
        [{"wish": "protect", "value": "evasion", "instead": None}],
        [{"wish": "protect", "value": "poisoning", "instead": None}],
    ]
    text = asked(capsys, f"plan --protect evasion --have watermarking@pre {PAPERS}")
    assert "watermarking@in in place of watermarking@pre" in text
    assert "watermarking@pre has to go" in text


def test_measurements_stand_beside_verdicts(capsys: Capture) -> None:
    assert "! the rule says no conflict; seen otherwise: C17" in asked(capsys, "combine FD1 RD4")
    assert "seen otherwise" not in asked(capsys, "combine FD1 RD2@post")
    have = "--have group_fairness@in"
    text = asked(capsys, f"plan --protect F --protect R3 {have} {PAPERS}")
    assert "published  conflict: C17" in text
    text = asked(capsys, f"plan --protect evasion --protect poisoning {PAPERS}")
    assert "outlier_removal@post (published conflict: C35)" in text
    document = json.loads(asked(capsys, f"plan --protect F --protect R3 {have} {PAPERS} --json"))
    assert [[r["code"] for r in p["observed"]] for p in document["plans"]] == [[], ["C17"]]
    assert json.loads(asked(capsys, "combine FD1 RD4 --json"))["measured_otherwise"] == [
        "defcon.c17"
    ]


def test_a_plan_says_how_sure_it_is_of_what_covers(capsys: Capture) -> None:
    text = asked(capsys, "plan --protect F --have explanations")
    assert "covers    discriminatory_behavior (FD1)\n" in text
    assert "(FD2)" in text.partition("open ")[2]
    text = asked(capsys, "plan --protect poisoning --have watermarking@pre")
    assert "\n\n\n" not in text


def test_a_plan_says_what_it_cannot_promise(capsys: Capture) -> None:
    text = " ".join(asked(capsys, "plan --protect evasion --protect P1 --avoid F").split())
    assert "not known whether it raises discriminatory_behavior (input_purification)" in text
    assert "not known" not in asked(capsys, "plan --protect evasion --protect P1")


def test_works_are_named_where_a_combination_rests_on_them(capsys: Capture) -> None:
    text = " ".join(asked(capsys, "combine adversarial_training differential_privacy").split())
    assert "as published: Ghazi et al. 2021 " in text
    assert "seen otherwise: Luo and Li 2024 " in text
    text = " ".join(asked(capsys, "combine RD1 RD3 PD1").split())
    keeps = "a repair that keeps adversarial_training@in and differential_privacy@in does not"
    assert keeps in text
    assert "a repair that keeps" not in asked(capsys, "combine watermarking@pre outlier_removal@in")


def test_chains_name_factors_and_what_weakens_them_if_nothing_breaks_them(capsys: Capture) -> None:
    text = asked(capsys, "collude --target membership_inference")
    second = text.partition("2. ")[2].partition("3. ")[0]
    assert "(tail length, dataset distinguishability)" in second
    assert "nothing known breaks it without raising a later attack of the chain" in second
    assert "data_augmentation weakens it" in second
    assert "outlier_removal" not in second, "it raises membership inference itself"
    first = text.partition("1. ")[2].partition("2. ")[0]
    assert "breaks it" in first
    assert "weakens it" not in first


def test_what_helps_the_attacks_is_no_breaker(capsys: Capture) -> None:
    text = " ".join(asked(capsys, f"collude poisoning P1 {PAPERS}").split())
    assert "differential_privacy breaks it by tail length, dataset" in text
    assert "weakens it by tail length but helps it by dataset distinguishability" in text
    assert "raises the second attack itself (P1)" in text
    text = asked(capsys, "collude ModExt Evsn")
    assert "may deter the first attack" in text
    assert "breaks it" not in text
    # outlier removal stops poisoning, and yet raises what the chain aims at
    text = asked(capsys, f"collude --target P2 --limit 3 {PAPERS}")
    assert "outlier_removal" not in text
    assert "differential_privacy breaks it" in text


def test_reach_is_the_same_in_each_answer(capsys: Capture) -> None:
    assuming = "--adversary model_knowledge=no_access"
    text = asked(capsys, f"collude Evsn MemInf DtRecon {assuming}")
    assert "the chain ends at evasion: out of the assumed adversaries' reach" in text
    document = json.loads(asked(capsys, f"collude Evsn MemInf DtRecon {assuming} --json"))
    assert document["amplifies"] is False
    assert [each["holds"] for each in document["links"]] == [False, False]
    text = asked(capsys, f"collude MemInf {assuming}")
    assert "amplifies !" in text
    assert "!  takes more than" in text
    assert f"collude FIRST SECOND {assuming}" in text
    assert "!" not in asked(capsys, "collude MemInf")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Discr --target MemInf", "none begins with discriminatory behavior"),
        ("--target MemInf --adversary model_knowledge=no_access", "takes more than"),
        ("--target ModExt --adversary data_knowledge=full_overlap", "assumed to have all"),
    ],
)
def test_no_chain_for_the_true_reason(capsys: Capture, line: str, reason: str) -> None:
    text = asked(capsys, f"collude {line}")
    assert reason in text
    assert "no attack raises" not in text


def test_what_is_assumed_is_told_or_said_to_be_idle(capsys: Capture) -> None:
    line = "collude Evsn MemInf --adversary output=full"
    document = json.loads(asked(capsys, f"{line} --json"))
    assert document["adversaries"] == {"first": {}, "second": {"output": "full"}}
    assert "changes nothing" not in asked(capsys, line)
    text = asked(capsys, "collude Evsn MemInf --adversary role=malicious_accuser")
    assert "depends on role: assuming it changes nothing" in text


def test_tables_and_csv_tell_the_outcome_after_tuning(capsys: Capture) -> None:
    rows = csv.DictReader(io.StringIO(asked(capsys, "matrix combinations --format csv")))
    pair = {"data_watermarking@pre", "watermarking@post"}
    (published,) = [row["published"] for row in rows if {row["one"], row["other"]} == pair]
    assert published == "effective"
    text = asked(capsys, "matrix combinations")
    assert "after any tuning: o effective, X conflict, ~ disputed, . unexplored" in text


def test_an_empty_catalogue_is_not_the_adversarys_fault(capsys: Capture) -> None:
    text = asked(capsys, "attacks --risk F")
    assert "no published attacks on this risk are catalogued" in text
    assert "allow the adversary more" not in text


def test_the_backtest_names_each_wrong_pair_once(capsys: Capture) -> None:
    text = " ".join(asked(capsys, "backtest --resamples 2").split())
    wrong = text.partition("Wrong, after tuning")[2].partition(" Collusions ")[0]
    assert wrong.count("(data_watermarking@pre + differential_privacy@in)") == 1
    assert all(code in wrong for code in ("C7", "C17", "C35"))


@pytest.mark.parametrize(
    "line",
    [
        "combine RD1 RD2 RD3 RD4 PD1 FD1 FD2 --tensions",
        "collude",
        "collude --target P4 --limit 3",
        "collude R3 R1",
        "collude R2 P1",
        "plan --protect R1 --protect R2 --protect R3 --protect P1 --protect F",
        "matrix combinations",
        "matrix collusions",
        "attacks --risk P4",
    ],
)
def test_a_terminals_width_is_kept(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    lines = asked(capsys, line).splitlines()
    # a command to copy stays in one piece
    assert all(len(each) <= 100 for each in lines if not each.startswith("check "))


def test_own_knowledge_counts(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "variants:\n"
        "  - {defense: RD1, stage: pre, meaning: adds adversarial examples to the records,\n"
        "     mitigates: [{risk: F, basis: read}]}\n"
        "outcomes:\n"
        "  - {attack: MemInf, factor: D2, sign: '-', sources: [duddu2024sok]}\n",
        encoding="utf-8",
    )
    text = asked(capsys, f"combine RD1@pre FD1 --knowledge {tmp_path}")
    assert "adversarial_training@pre → group_fairness@in" in text
    text = asked(capsys, f"collude MemInf ModExt --knowledge {tmp_path} --json")
    assert {each["factor"] for each in json.loads(text)["factors"]} == {
        "auxiliary_data_quality",
        "tail_length",
    }
