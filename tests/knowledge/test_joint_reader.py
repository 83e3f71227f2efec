"""Records about several defenses or attacks are refused with their place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase, load

WRONG = (
    (
        "variants:\n  - {defense: FD1, stage: mid, meaning: x}\n",
        "2:20 variants[0].stage: should be 'pre', 'in' or 'post', not 'mid'",
    ),
    (
        "variants:\n  - {defense: FD1, stage: in, meaning: x}\n",
        "variant group_fairness@in is already given",
    ),
    (
        "variants:\n  - {defense: FD1, stage: pre, meaning: x, uses: [{risk: D2}]}\n",
        "no risk 'D2'",
    ),
    (
        "variants:\n  - {defense: FD1, stage: in, action: revise, procedures: [clipping]}\n",
        "2:60 variants[0].procedures[0]: no procedure 'clipping' (did you mean example_",
    ),
    (
        "procedures:\n  - {id: mine, meaning: x, excludes: [{procedure: batch_penalt,"
        " reason: x, basis: inferred}]}\n",
        "no procedure 'batch_penalt' (did you mean batch_penalty",
    ),
    (
        "procedures:\n  - {id: mine, meaning: x, excludes: [{procedure: mine, reason: x,"
        " basis: known}]}\n",
        "procedures[0].excludes[0].basis: sources is missing: who says so?",
    ),
    (
        "procedures:\n  - {id: mine, meaning: x, excludes: [{procedure: mine, reason: x,"
        " basis: inferred}, {procedure: mine, reason: y, basis: inferred}]}\n",
        "procedures[0].excludes[1].procedure: excluded already: say it once",
    ),
    (
        "combinations:\n  - {id: mine.c, defenses: [watermarking@pre, explanations@post],"
        " outcome: conflict, works_if: it is tuned, status: explored}\n",
        "only what is effective in the end works if something holds: give tuned_outcome",
    ),
    (
        "attacks:\n  - {id: evasion_2, risk: R9, name: E, time: test, meaning: x}\n",
        "no risk 'R9'",
    ),
    (
        "attacks:\n  - {id: unauthorized_model_ownership, risk: R1, name: E, time: test,"
        " meaning: x}\n",
        "is a risk, but this attack exploits",
    ),
    (
        "attacks:\n  - {id: tail_length, risk: R1, name: E, time: test, meaning: x}\n",
        "already names the",
    ),
    (
        "attacks:\n  - {id: evasion, action: revise,"
        " needs: [{characteristic: output, value: hard}]}\n",
        "attacks[0].needs[0].value: should be 'hard_label', 'top_k' or 'full'",
    ),
    (
        "outcomes:\n  - {attack: MemInf, factor: Te9, sign: '+', sources: [duddu2024sok]}\n",
        "no factor 'Te9'",
    ),
    (
        "combinations:\n  - {id: mine.c, defenses: [RD1@in], outcome: effective,"
        " status: explored}\n",
        "at least two defenses",
    ),
    (
        "combinations:\n  - {id: mine.c, defenses: [fingerprinting@in, explanations@post],"
        " outcome: effective, status: explored}\n",
        "no variant 'fingerprinting@in' (did you mean fingerprinting@post",
    ),
    (
        "collusions:\n  - {id: mine.c, first: MemInf, second: Evsn, effect: amplifies,"
        " status: prior}\n",
        "sources is missing: who saw this effect?",
    ),
    (
        "collusions:\n  - {id: mine.c, first: MemInf, second: Evsn, effect: unexplored,"
        " status: prior}\n",
        "should both be unexplored",
    ),
    (
        "experiments:\n  - {id: mine.e, conjecture: increase, outcome: increase, finding: x,"
        " dataset: x, metrics: [{id: a, worse_when: lower}],"
        " measurements: [{arm: b, metric: a, mean: 1.0}]}\n",
        "say what it is about: defense and risk, defenses, or first and second",
    ),
    (
        "published_attacks:\n  - {id: published.evasion.1, action: revise,"
        " model_knowledge: [blackbox.half]}\n",
        "published_attacks[0].model_knowledge[0]: should be 'hard_label', 'top_k' or 'full'",
    ),
    (
        "factors:\n  - {id: Te1, action: revise,"
        " satisfied_by: [{characteristic: data_knowlege, value: x, degree: met}]}\n",
        "no characteristic 'data_knowlege' (did you mean data_knowledge",
    ),
)
"""What is wrong, and what is said of it."""


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """All at once: each is a file of one set, with ids of its own."""
    for place, (text, _) in enumerate(WRONG):
        own = text.replace("mine", f"mine_{place}")
        (tmp_path / f"{place:02}.yaml").write_text(own, encoding="utf-8")
    with pytest.raises(BrokenKnowledge) as caught:
        load([str(tmp_path)])
    for place, (_, expected) in enumerate(WRONG):
        found = [
            f"{each.line}:{each.column} {each.field}: {each.message}"
            for each in caught.value.problems
            if Path(each.file).name == f"{place:02}.yaml"
        ]
        assert any(expected in each for each in found), (expected, found)


def test_records_named_by_two_fields_are_revised_and_retracted(
    tmp_path: Path, kb: KnowledgeBase
) -> None:
    (tmp_path / "own.yaml").write_text(
        "variants:\n"
        "  - {defense: RD3, stage: post, action: revise, uses: []}\n"
        "outcomes:\n"
        "  - {attack: ModExt, factor: Te4, action: retract}\n"
        "prerequisites:\n"
        "  - {attack: Evsn, factor: Te3, action: revise, sign: '-'}\n",
        encoding="utf-8",
    )
    own = load([str(tmp_path)])
    assert own.variants["watermarking@post"].uses == ()
    assert "architecture_similarity" not in own.outcomes_of("model_extraction")
    assert own.prerequisites_of("evasion")["shadow_similarity"].sign == "-"
    assert own.digest != kb.digest


def test_a_cached_base_is_the_same_as_a_fresh_one(kb: KnowledgeBase) -> None:
    load()
    cached = load()
    assert cached.digest == kb.digest
    assert cached.rows == kb.rows
    assert cached.published_attacks == kb.published_attacks
