"""Records that are not as they should be are refused with the place and what to do."""

from __future__ import annotations

import pytest
from own_files import OBSERVATION, refused

Case = tuple[str, bytes | str, list[str]]

CASES: list[Case] = [
    (
        "unknown field",
        "risks:\n  - id: theft\n    name: Theft\n    piller: security\n    meaning: taken\n",
        [
            "2:5 risks[0].pillar: missing",
            "4:5 risks[0].piller: unknown field (did you mean pillar?)",
        ],
    ),
    (
        "unknown field, nothing close",
        "risks:\n- {id: theft, name: T, pillar: security, meaning: taken, xyzzy: 1}\n",
        ["2:58 risks[0].xyzzy: unknown field"],
    ),
    (
        "unknown field inside",
        OBSERVATION + "    evidence:\n      - {factr: M1, kinds: [empirical]}\n",
        [
            "9:9 observations[0].evidence[0].factor: missing",
            "9:10 observations[0].evidence[0].factr: unknown field (did you mean factor?)",
        ],
    ),
    ("unknown section", "risk:\n", ["1:1 risk: unknown section (did you mean risks?)"]),
    ("unknown section, nothing close", "x: []\n", ["1:1 x: unknown section"]),
    (
        "duplicate key",
        "risks:\n  - id: theft\n    name: T\n    pillar: security\n    meaning: a\n    name: U\n",
        ["6:5: key 'name' is already given on line 3"],
    ),
    (
        "duplicate section",
        "risks: []\nrisks: []\n",
        ["2:1: key 'risks' is already given on line 1"],
    ),
    ("missing field", "references:\n  - id: a\n", ["2:5 references[0].status: missing"]),
    (
        "null for a required field",
        "references:\n  - {id: a, status: null}\n",
        ["2:13 references[0].status: missing"],
    ),
    ("missing id", "references:\n  - {status: confirmed}\n", ["2:5 references[0].id: missing"]),
    ("null id", "references:\n  - {id: ~, status: confirmed}\n", ["2:6 references[0].id: missing"]),
    (
        "missing id beside other problems",
        "references:\n  - {titel: A, status: confrmed}\n",
        [
            "2:5 references[0].id: missing",
            "2:6 references[0].titel: unknown field (did you mean title?)",
            (
                "2:16 references[0].status: should be 'confirmed', 'deduced' or "
                "'unresolved', not 'confrmed' (did you mean confirmed?)"
            ),
        ],
    ),
    (
        "only an action",
        "correlations:\n  - {action: add}\n",
        [
            "2:5 correlations[0].factor: missing",
            "2:5 correlations[0].sign: missing",
            "2:5 correlations[0].sources: missing",
            "2:5 correlations[0].subject: missing",
        ],
    ),
    (
        "arXiv number without quotes",
        "references:\n- {id: a, status: confirmed, arxiv: 2312.04540}\n",
        ["2:30 references[0].arxiv: should be a text; write it in quotes: '2312.04540'"],
    ),
    (
        "arXiv number with a leading zero without quotes",
        "references:\n- {id: a, status: confirmed, arxiv: 0704.1234}\n",
        [
            (
                "2:37: 0704.1234 is a number or a date to some readers: write a plain "
                "number, or a text in quotes"
            )
        ],
    ),
    (
        "number as id",
        "references:\n- {id: 2024, status: confirmed}\n",
        ["2:4 references[0].id: should be a text; write it in quotes: '2024'"],
    ),
    (
        "truth value as id",
        "references:\n- {id: true, status: confirmed}\n",
        ["2:4 references[0].id: should be a text; write it in quotes: 'true'"],
    ),
    (
        "list as id",
        "references:\n- {id: [a], status: confirmed}\n",
        ["2:4 references[0].id: should be a text, not a list"],
    ),
    (
        "mapping as id",
        "references:\n- {id: {a: b}, status: confirmed}\n",
        ["2:4 references[0].id: should be a text, not a mapping"],
    ),
    (
        "line break in an id",
        'references:\n- {id: "a\\n", status: confirmed}\n',
        ["2:4 references[0].id: 'a\\n' does not have the form ^[a-z][a-z0-9_]{0,79}$"],
    ),
    (
        "capital in an id",
        "references:\n- {id: Smith, status: confirmed}\n",
        ["2:4 references[0].id: 'Smith' does not have the form ^[a-z][a-z0-9_]{0,79}$"],
    ),
    (
        "overlong id",
        f"references:\n- {{id: {'a' * 81}, status: confirmed}}\n",
        ["2:4 references[0].id: should have at most 80 characters, not 81"],
    ),
    (
        "list for a text",
        "references:\n- {id: a, status: confirmed, title: [A, B]}\n",
        ["2:30 references[0].title: should be a text, not a list"],
    ),
    (
        "mapping for a text",
        "references:\n- {id: a, status: confirmed, title: {A: B}}\n",
        ["2:30 references[0].title: should be a text, not a mapping"],
    ),
    (
        "text for a list",
        OBSERVATION.replace("[smith2020tails]", "smith2020tails"),
        ["7:5 observations[0].sources: should be a list, not 'smith2020tails'"],
    ),
    (
        "text for a mapping",
        OBSERVATION + "    when: suspect\n",
        ["8:5 observations[0].when: should be a mapping, not 'suspect'"],
    ),
    (
        "text for a record inside",
        OBSERVATION + "    evidence: [M1]\n",
        ["8:16 observations[0].evidence[0]: should be a mapping, not 'M1'"],
    ),
    (
        "number for an item",
        OBSERVATION.replace("[smith2020tails]", "[1, smith2020tails]"),
        ["7:15 observations[0].sources[0]: should be a text; write it in quotes: '1'"],
    ),
    (
        "empty list",
        "correlations:\n- {subject: RD1, factor: D2, sign: '+', sources: []}\n",
        ["2:41 correlations[0].sources: should hold at least 1, not 0"],
    ),
    (
        "empty text",
        "references:\n- {id: a, status: confirmed, title: ''}\n",
        ["2:30 references[0].title: should not be empty"],
    ),
    (
        "overlong text",
        f"references:\n- {{id: a, status: confirmed, venue: {'v' * 201}}}\n",
        ["2:30 references[0].venue: should have at most 200 characters, not 201"],
    ),
    (
        "text for a number",
        "references:\n- {id: a, status: confirmed, year: '2024'}\n",
        ["2:30 references[0].year: should be a whole number, not '2024'"],
    ),
    (
        "fraction for a whole number",
        "references:\n- {id: a, status: confirmed, year: 2024.5}\n",
        ["2:30 references[0].year: should be a whole number, not 2024.5"],
    ),
    (
        "truth value for a number",
        "references:\n- {id: a, status: confirmed, year: true}\n",
        ["2:30 references[0].year: should be a whole number, not true"],
    ),
    (
        "number out of range",
        "references:\n- {id: a, status: confirmed, year: 20204, number: 0}\n",
        [
            "2:30 references[0].year: should be at most 2100, not 20204",
            "2:43 references[0].number: should be at least 1, not 0",
        ],
    ),
    (
        "number for a truth value",
        "references:\n- {id: a, status: confirmed, preprint_number_interpolated: 1}\n",
        [("2:30 references[0].preprint_number_interpolated: should be true or false, not 1")],
    ),
    (
        "bad choice",
        "references:\n- {id: a, status: confrmed}\n",
        [
            (
                "2:11 references[0].status: should be 'confirmed', 'deduced' or "
                "'unresolved', not 'confrmed' (did you mean confirmed?)"
            )
        ],
    ),
    (
        "sign without quotes",
        "correlations:\n- {subject: RD1, factor: D2, sign: 0, sources: [smith2020tails]}\n",
        [
            (
                "2:30 correlations[0].sign: should be '+', '-', '0' or '?', not 0; "
                "write it in quotes: '0'"
            )
        ],
    ),
    (
        "plus one for a sign",
        "correlations:\n- {subject: RD1, factor: D2, sign: +1, sources: [smith2020tails]}\n",
        ["2:30 correlations[0].sign: should be '+', '-', '0' or '?', not +1"],
    ),
    (
        "list for a choice",
        "references:\n- {id: a, status: [confirmed]}\n",
        [
            (
                "2:11 references[0].status: should be 'confirmed', 'deduced' or "
                "'unresolved', not a list"
            )
        ],
    ),
    (
        "not an address",
        "references:\n- {id: a, status: confirmed, url: 'javascript:alert(1)'}\n",
        [("2:30 references[0].url: 'javascript:alert(1)' does not have the form ^https?://\\S+$")],
    ),
    (
        "dangling reference",
        OBSERVATION.replace("[smith2020tails]", "[smith2020tales]"),
        [
            (
                "7:15 observations[0].sources[0]: no reference 'smith2020tales' (did "
                "you mean smith2020tails?)"
            )
        ],
    ),
    (
        "dangling reference with a place",
        OBSERVATION.replace("[smith2020tails]", "['smith2020tales#p']"),
        [
            (
                "7:15 observations[0].sources[0]: no reference 'smith2020tales' (did "
                "you mean smith2020tails?)"
            )
        ],
    ),
    (
        "dangling risk",
        OBSERVATION.replace("R2", "poisonin"),
        ["4:5 observations[0].risk: no risk 'poisonin' (did you mean poisoning?)"],
    ),
    (
        "dangling subject and factor",
        "correlations:\n- {subject: evason, factor: zzz, sign: '+', sources: [smith2020tails]}\n",
        [
            ("2:4 correlations[0].subject: no defense or risk 'evason' (did you mean evasion?)"),
            "2:21 correlations[0].factor: no factor 'zzz'",
        ],
    ),
    (
        "factor where a defense is due",
        OBSERVATION.replace("RD1", "D2"),
        ["3:5 observations[0].defense: no defense 'D2'"],
    ),
    (
        "dangling name inside",
        OBSERVATION + "    evidence:\n      - {factor: M7, kinds: [empirical]}\n",
        ["9:10 observations[0].evidence[0].factor: no factor 'M7'"],
    ),
    (
        "duplicate in one file",
        "references:\n- {id: a, status: confirmed}\n- {id: a, status: deduced}\n",
        [
            (
                "3:4 references[1].id: reference a is already given at a.yaml:2; to "
                "change it write action: revise"
            )
        ],
    ),
    (
        "duplicate of an earlier layer",
        "factors:\n- {id: tail_length, name: T, group: data, role: passive, meaning: m}\n",
        [
            (
                "2:4 factors[0].id: factor tail_length is already given at base.yaml:4; "
                "to change it write action: revise"
            )
        ],
    ),
    (
        "duplicate correlation by code",
        "correlations:\n- {subject: R1, factor: D2, sign: '-', sources: [smith2020tails]}\n",
        [
            (
                "2:4 correlations[0].subject: correlation evasion.tail_length is "
                "already given at base.yaml:17; to change it write action: revise"
            )
        ],
    ),
    (
        "faulty duplicate",
        "references:\n- {id: smith2020tails, status: sure}\n",
        [
            (
                "2:4 references[0].id: reference smith2020tails is already given at "
                "base.yaml:19; to change it write action: revise"
            ),
            (
                "2:24 references[0].status: should be 'confirmed', 'deduced' or "
                "'unresolved', not 'sure'"
            ),
        ],
    ),
    (
        "unknown action",
        "references:\n- {id: smith2020tails, action: retrct}\n",
        [
            (
                "2:24 references[0].action: should be 'add', 'revise' or 'retract', not "
                "'retrct' (did you mean retract?)"
            )
        ],
    ),
    (
        "list of actions",
        "references:\n- {id: smith2020tails, action: [add]}\n",
        ["2:24 references[0].action: should be 'add', 'revise' or 'retract', not a list"],
    ),
    (
        "null action",
        "references:\n- {id: smith2020tails, action: }\n",
        ["2:24 references[0].action: should be 'add', 'revise' or 'retract', not nothing"],
    ),
    (
        "revise what is not there",
        "references:\n- {id: smith2020tales, action: revise, year: 2020}\n",
        [
            (
                "2:4 references[0].id: no reference 'smith2020tales' to revise (did you "
                "mean smith2020tails?)"
            )
        ],
    ),
    (
        "retract what is not there",
        "correlations:\n- {subject: R1, factor: tail_lenght, action: retract}\n",
        [
            (
                "2:4 correlations[0].subject: no correlation 'evasion.tail_lenght' to "
                "retract (did you mean evasion.tail_length?)"
            )
        ],
    ),
    (
        "retract twice",
        "correlations:\n- {subject: R1, factor: D2, action: retract}\n"
        "- {subject: evasion, factor: tail_length, action: retract}\n",
        [
            (
                "3:4 correlations[1].subject: correlation evasion.tail_length is "
                "retracted at a.yaml:2 already"
            )
        ],
    ),
    (
        "revise after retraction",
        "correlations:\n- {subject: R1, factor: D2, action: retract}\n"
        "- {subject: R1, factor: D2, action: revise, sign: '-'}\n",
        [
            (
                "3:4 correlations[1].subject: correlation evasion.tail_length is "
                "retracted at a.yaml:2 already"
            )
        ],
    ),
    (
        "revise without a name",
        "references:\n- {action: revise, year: 2020}\n",
        ["2:3 references[0].id: missing"],
    ),
    (
        "revise one half of a correlation's name",
        "correlations:\n- {action: revise, subject: R1, sign: '-'}\n",
        ["2:3 correlations[0].factor: missing"],
    ),
    (
        "revise with a wrong value",
        "references:\n- {id: smith2020tails, action: revise, year: soon}\n",
        ["2:40 references[0].year: should be a whole number, not 'soon'"],
    ),
    (
        "revise a required field away",
        "references:\n- {id: smith2020tails, action: revise, status: ~}\n",
        ["2:40 references[0].status: missing"],
    ),
    (
        "retract with a field",
        "references:\n- {id: a, status: deduced}\n- {id: a, action: retract, title: A}\n",
        ["3:28 references[1].title: a retraction names the record and nothing else"],
    ),
    (
        "retracted factor still used",
        "factors:\n  - id: tail_length\n    action: retract\n",
        [
            (
                "base.yaml:17:24 correlations[0].factor: factor tail_length is "
                "retracted at a.yaml:2 but still used here"
            )
        ],
    ),
    (
        "retracted risk still used",
        "risks:\n  - {id: R1, action: retract}\n",
        [
            (
                "base.yaml:14:24 defenses[0].protects_against[0]: risk evasion is "
                "retracted at a.yaml:2 but still used here"
            ),
            (
                "base.yaml:17:6 correlations[0].subject: risk evasion is retracted at "
                "a.yaml:2 but still used here"
            ),
        ],
    ),
    (
        "code of another record",
        "risks:\n- {id: theft, code: RD1, name: T, pillar: security, meaning: m}\n",
        ["2:15 risks[0].code: RD1 already names the defense adversarial_training"],
    ),
    (
        "code in another case",
        "risks:\n- {id: theft, code: Rd1, name: T, pillar: security, meaning: m}\n",
        ["2:15 risks[0].code: Rd1 already names the defense adversarial_training"],
    ),
    (
        "code that is an id",
        "risks:\n- {id: theft, code: Evasion, name: T, pillar: security, meaning: m}\n",
        ["2:15 risks[0].code: Evasion already names the risk evasion"],
    ),
    (
        "id of another section",
        "risks:\n- {id: tail_length, name: T, pillar: security, meaning: m}\n",
        ["2:4 risks[0].id: tail_length already names the factor tail_length"],
    ),
    (
        "malformed code",
        "risks:\n- {id: theft, code: r-1, name: T, pillar: security, meaning: m}\n",
        [
            (
                "2:15 risks[0].code: 'r-1' does not have the form "
                "^[A-Z][A-Za-z]{0,7}[0-9]{0,3}(\\.[0-9]{1,3})?$"
            )
        ],
    ),
    (
        "unknown condition",
        OBSERVATION + "    when: {rol: suspect}\n",
        [
            "8:12 observations[0].when.rol: no characteristic or condition 'rol'"
            " (did you mean role?)"
        ],
    ),
    (
        "unknown value of a condition",
        OBSERVATION + "    when:\n      role: acuser\n",
        [
            (
                "9:7 observations[0].when.role: should be 'suspect' or 'accuser', not "
                "'acuser' (did you mean accuser?)"
            )
        ],
    ),
    (
        "unknown value in an exception",
        OBSERVATION + "    exceptions:\n      - effect: decrease\n        when: {role: aware}\n"
        "        sources: [smith2020tails]\n",
        [
            (
                "10:16 observations[0].exceptions[0].when.role: should be 'suspect' or "
                "'accuser', not 'aware'"
            )
        ],
    ),
    (
        "a value given twice",
        "adversary:\n- {id: a, name: A, ordered: true, values: [x, z, x], meaning: m}\n",
        ["2:35 adversary[0].values: a value is given twice"],
    ),
    (
        "unexplored with kind",
        OBSERVATION.replace("increase", "unexplored"),
        ["6:5 observations[0].kind: an unexplored pair has no kind of evidence"],
    ),
    (
        "effect without kind or sources",
        OBSERVATION.replace("    kind: empirical\n    sources: [smith2020tails]\n", ""),
        [
            "5:5 observations[0].effect: kind is missing: how is this effect known?",
            "5:5 observations[0].effect: sources is missing: who saw this effect?",
        ],
    ),
    (
        "several problems of one record",
        OBSERVATION.replace("RD1", "RD7") + "    knd: x\n    when: {role: x}\n",
        [
            "3:5 observations[0].defense: no defense 'RD7' (did you mean RD1?)",
            "8:5 observations[0].knd: unknown field (did you mean kind?)",
            "9:12 observations[0].when.role: should be 'suspect' or 'accuser', not 'x'",
        ],
    ),
]
"""What is wrong, in which file, and what is said of it."""


@pytest.mark.parametrize("case", CASES, ids=[name.replace(" ", "-") for name, *_ in CASES])
def test_what_is_wrong_is_said_with_its_place(case: Case) -> None:
    _, text, expected = case
    assert refused(text) == expected
