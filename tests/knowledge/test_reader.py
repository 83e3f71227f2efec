"""Knowledge files are read strictly, and whatever is wrong is said with its place, all at once."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from crosscurrent.knowledge import BrokenKnowledge, Problem, _files, _yaml, load
from crosscurrent.knowledge._files import Source, read_folder
from crosscurrent.knowledge._reader import read
from crosscurrent.knowledge._records import KINDS

BASE = Source(
    "base.yaml",
    b"""\
adversary:
  - {id: role, name: Role, ordered: false, values: [suspect, accuser], meaning: a role}
factors:
  - {id: tail_length, code: D2, name: Tail length, group: data, role: passive, meaning: rare}
  - {id: model_capacity, code: M1, name: Capacity, group: model, role: active, meaning: size}
risks:
  - {id: evasion, code: R1, name: Evasion, pillar: security, meaning: small changes}
  - {id: poisoning, code: R2, name: Poisoning, pillar: security, meaning: bad records}
defenses:
  - id: adversarial_training
    code: RD1
    name: Adversarial training
    pillar: security
    protects_against: [evasion]
    meaning: robust
correlations:
  - {subject: evasion, factor: tail_length, sign: '+', sources: [smith2020tails]}
references:
  - {id: smith2020tails, status: confirmed, title: Tails}
""",
)

OBSERVATION = """\
observations:
  - id: mine.one
    defense: RD1
    risk: R2
    effect: increase
    kind: empirical
    sources: [smith2020tails]
"""

SECTIONS = f"({', '.join(KINDS)})"


def said(*files: bytes | str) -> list[str]:
    """Return what is said about files, called a.yaml, b.yaml and so on, on top of the base."""
    sources = [
        Source(f"{chr(97 + n)}.yaml", text.encode() if isinstance(text, str) else text)
        for n, text in enumerate(files)
    ]
    with pytest.raises(BrokenKnowledge) as caught:
        read([[BASE], sources])
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


# id, the file, what is said of it (without "a.yaml:")
ONE_FILE: list[tuple[str, bytes | str, list[str]]] = [
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
    ("anchor", "risks: &a []\n", ["1:8: anchor &a; write values out where needed"]),
    ("alias", "risks: *a\n", ["1:8: alias *a; write the value out"]),
    ("alias as key", "*a : []\n", ["1:1: a key must be a plain word"]),
    ("anchor on key", "&a risks: []\n", ["1:1: anchor &a; write values out where needed"]),
    ("tag", "risks: !!set {}\n", ["1:8: tag tag:yaml.org,2002:set; plain values only"]),
    (
        "object tag",
        "risks: !!python/object/apply:os.system [date]\n",
        ["1:8: tag tag:yaml.org,2002:python/object/apply:os.system; plain values only"],
    ),
    ("local tag", "risks: !x []\n", ["1:8: tag !x; plain values only"]),
    ("tag that says nothing", "risks: ! no\n", ["1:8: tag !; plain values only"]),
    (
        "tag with an escape sequence",
        "risks: !x%1b%5b31m []\n",
        ["1:8: tag !x�[31m; plain values only"],
    ),
    (
        "second document",
        "risks: []\n---\nrisks: []\n",
        ["2:1: a second document; put one document in a file"],
    ),
    (
        "directive",
        "%YAML 1.1\n---\nrisks: []\n",
        ["1:1: a line that begins with %; leave directives out, indent text"],
    ),
    (
        "merge key",
        "references:\n  - <<: {status: confirmed}\n    id: a\n    status: confirmed\n",
        ["2:5: merge key <<; write the fields out where needed"],
    ),
    (
        "implicit boolean",
        "risks:\n- {id: theft, name: no, pillar: security, meaning: On}\n",
        [
            "2:21: no is true or false to some readers: write true, false or 'no'",
            "2:52: On is true or false to some readers: write true, false or 'On'",
        ],
    ),
    (
        "implicit boolean as key",
        "risks: []\nyes: []\n",
        [
            "2:1: yes is true or false to some readers: write true, false or 'yes'",
            "2:1 yes: unknown section",
        ],
    ),
    (
        "boolean in capitals",
        "adversary:\n- {id: a, name: A, ordered: TRUE, values: [x, z], meaning: m}\n",
        [
            "2:20 adversary[0].ordered: should be true or false, not 'TRUE'",
            "2:29: TRUE is true or false to some readers: write true, false or 'TRUE'",
        ],
    ),
    (
        "date and odd numbers",
        "references:\n- {id: a, status: confirmed, title: 2024-01-31, year: 0x7E8, venue: 1_0}\n",
        [
            (
                "2:37: 2024-01-31 is a number or a date to some readers: write a plain "
                "number, or a text in quotes"
            ),
            "2:49 references[0].year: should be a whole number, not '0x7E8'",
            (
                "2:55: 0x7E8 is a number or a date to some readers: write a plain "
                "number, or a text in quotes"
            ),
            (
                "2:69: 1_0 is a number or a date to some readers: write a plain number, "
                "or a text in quotes"
            ),
        ],
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
    ("empty file", "", [f"1:1: empty; write a section such as correlations: {SECTIONS}"]),
    (
        "only comments",
        "# nothing\n\n# here\n",
        [f"1:1: empty; write a section such as correlations: {SECTIONS}"],
    ),
    ("only a marker", "---\n", [f"1:1: empty; write a section such as correlations: {SECTIONS}"]),
    ("empty mapping", "{}\n", [f"1:1: empty; write a section such as correlations: {SECTIONS}"]),
    (
        "list at the top",
        "- risks: []\n",
        [f"1:1: should be sections such as correlations: {SECTIONS}"],
    ),
    ("text at the top", "risks\n", [f"1:1: should be sections such as correlations: {SECTIONS}"]),
    (
        "section without records",
        "risks:\n",
        ["1:1 risks: should be a list of records, each starting with '- '"],
    ),
    (
        "section as mapping",
        "risks:\n  theft: {name: T}\n",
        ["1:1 risks: should be a list of records, each starting with '- '"],
    ),
    (
        "section as text",
        "risks: theft\n",
        ["1:1 risks: should be a list of records, each starting with '- '"],
    ),
    (
        "records that are none",
        "risks:\n  - theft\n  - [theft]\n  -\n",
        [
            "2:5 risks[0]: should be a record: fields with their values",
            "3:5 risks[1]: should be a record: fields with their values",
            "4:4 risks[2]: should be a record: fields with their values",
        ],
    ),
    (
        "empty record",
        "references:\n  - {}\n",
        ["2:5 references[0].id: missing", "2:5 references[0].status: missing"],
    ),
    ("key that is a number", "1: []\n", ["1:1 1: unknown section"]),
    ("key that is null", "~: []\n", ["1:1 ~: unknown section"]),
    ("key that is a list", "? [risks]\n: []\n", ["1:3: a key must be a plain word"]),
    (
        "key with control characters",
        'references:\n- {id: a, status: confirmed, "x\\e[31m\\ny": 1}\n',
        ["2:30: control character U+001B in a text", "2:30 references[0].x�[31m�y: unknown field"],
    ),
    (
        "nesting too deep",
        "risks: " + "[" * 13 + "]" * 13 + "\n",
        ["1:20: nested more than 12 deep; records are flatter than that"],
    ),
    (
        "not YAML",
        "risks:\n  - id: a\n   name: b\n",
        ["3:4: not YAML: did not find expected '-' indicator"],
    ),
    ("tab", "risks:\n\t- id: a\n", ["2:1: not YAML: found character that cannot start any token"]),
    ("unclosed quote", "risks:\n- id: 'a\n", ["3:1: not YAML: found unexpected end of stream"]),
    (
        "not UTF-8",
        b"risks: []\n# caf" + b"\xe9\n",
        ["2:6: not UTF-8 text; save the file as UTF-8"],
    ),
    (
        "not UTF-8 after other letters",
        "# ééé ".encode() + b"\xff\n",
        ["1:7: not UTF-8 text; save the file as UTF-8"],
    ),
    ("UTF-16", "risks: []\n".encode("utf-16"), ["1:1: not UTF-8 text; save the file as UTF-8"]),
    ("NUL", b"risks: []\n# a\0\n", ["2:4: character U+0000 is not allowed"]),
    ("control character", b"risks: []\n# a\x1b[31m\n", ["2:4: character U+001B is not allowed"]),
    (
        "control character by escape",
        'references:\n- {id: a, status: confirmed, title: "x\\x1b[31m"}\n',
        ["2:37: control character U+001B in a text"],
    ),
    ("direction override", "risks: []\n# \u202ea\n", ["2:3: character U+202E is not allowed"]),
    (
        "direction override by escape",
        'references:\n- {id: a, status: confirmed, title: "\\u202e"}\n',
        ["2:37: control character U+202E in a text"],
    ),
    ("line separator", "# a\u2028risks: []\n", ["1:4: character U+2028 is not allowed"]),
    ("byte order mark inside", "risks: []\n\ufeff", ["2:1: character U+FEFF is not allowed"]),
    (
        "place after letters of several bytes",
        "references:\n- {title: 'é🙂', id: a, status: no way}\n",
        [
            (
                "2:24 references[0].status: should be 'confirmed', 'deduced' or "
                "'unresolved', not 'no way'"
            )
        ],
    ),
    (
        "place after a byte order mark",
        "\ufeffrisk: []\n",
        ["1:1 risk: unknown section (did you mean risks?)"],
    ),
    (
        "place in a file of Windows",
        "risks: []\r\nrisk: []\r\n",
        ["2:1 risk: unknown section (did you mean risks?)"],
    ),
]


def test_the_base_of_these_tests_is_sound() -> None:
    assert read([[BASE]])["references"] == {
        "smith2020tails": {"id": "smith2020tails", "status": "confirmed", "title": "Tails"}
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [case[1:] for case in ONE_FILE],
    ids=[case[0].replace(" ", "-") for case in ONE_FILE],
)
def test_what_is_wrong_is_said_with_its_place(text: bytes | str, expected: list[str]) -> None:
    assert [line.removeprefix("a.yaml:") for line in said(text)] == expected


def test_an_alias_bomb_of_300_bytes_is_refused_at_once() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n"
        for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    assert len(bomb) <= 320
    start = time.process_time()
    assert said(bomb) == ["a.yaml:1:4: anchor &a; write values out where needed"]
    assert time.process_time() - start < 1


def test_all_problems_of_all_files_come_in_one_report_in_order_of_place() -> None:
    first = (
        "risk: []\n"
        "references:\n"
        "  - {id: mine, status: sure, year: soon}\n"
        "  - {id: mine, status: confirmed}\n"
    )
    second = "risks:\n- {id: theft, name: no, pillar: privacy}\n"
    third = "factors: [*a]\n"
    fourth = OBSERVATION.replace("R2", "R9").replace("smith2020tails", "smith2021")
    assert said(fourth, third, second, first) == [
        "a.yaml:4:5 observations[0].risk: no risk 'R9'",
        "a.yaml:7:15 observations[0].sources[0]: no reference 'smith2021'"
        " (did you mean smith2020tails?)",
        "b.yaml:1:11: alias *a; write the value out",
        "c.yaml:2:3 risks[0].meaning: missing",
        "c.yaml:2:21: no is true or false to some readers: write true, false or 'no'",
        "d.yaml:1:1 risk: unknown section (did you mean risks?)",
        "d.yaml:3:16 references[0].status: should be 'confirmed', 'deduced' or 'unresolved', "
        "not 'sure'",
        "d.yaml:3:30 references[0].year: should be a whole number, not 'soon'",
        "d.yaml:4:6 references[1].id: reference mine is already given at d.yaml:3; "
        "to change it write action: revise",
    ]


def test_problems_of_one_file_come_in_order_of_line_as_numbers() -> None:
    lines = said("references:\n" + "- {id: a, status: b}\n" * 11)
    assert [int(line.split(":")[1]) for line in lines] == sorted(
        int(line.split(":")[1]) for line in lines
    )
    assert lines[-1].startswith("a.yaml:12:11")


def test_a_fault_in_an_earlier_layer_is_reported_with_those_of_later_ones() -> None:
    with pytest.raises(BrokenKnowledge) as caught:
        read([[BASE], [Source("a.yaml", b"x: []\n")], [Source("b.yaml", b"z: []\n")]])
    assert [p.file for p in caught.value.problems] == ["a.yaml", "b.yaml"]


def test_what_went_wrong_while_files_were_read_is_reported_with_what_is_wrong_in_them() -> None:
    unread = Problem("z.yaml", 0, 0, "", "can't be read: gone")
    with pytest.raises(BrokenKnowledge) as caught:
        read([[BASE], [Source("a.yaml", b"x: []\n")]], [unread])
    assert str(caught.value) == "a.yaml:1:1 x: unknown section\nz.yaml: can't be read: gone"


def test_a_number_given_by_code_and_by_id_is_refused() -> None:
    experiment = (
        "experiments:\n"
        "- id: mine\n"
        "  defense: RD1\n"
        "  risk: R1\n"
        "  conjecture: increase\n"
        "  outcome: increase\n"
        "  finding: none\n"
        "  dataset: none\n"
        "  metrics: [{id: loss, worse_when: higher}, {id: loss, worse_when: lower}]\n"
        "  measurements:\n"
        "  - {arm: baseline, metric: loss, mean: 1, at: {M1: 5, model_capacity: 6}}\n"
        "  - {arm: baseline, metric: los, mean: .inf, spread: -1, at: {D2: true, M9: 1}}\n"
        "  - {arm: baseline, metric: loss, mean: true}\n"
    )
    assert [line.removeprefix("a.yaml:") for line in said(experiment)] == [
        "9:3 experiments[0].metrics: a metric is given twice",
        "11:49 experiments[0].measurements[0].at.M1: model_capacity is already given, "
        "and M1 is its code",
        "12:21 experiments[0].measurements[1].metric: no metric 'los' in this experiment "
        "(did you mean loss?)",
        "12:34 experiments[0].measurements[1].mean: should be a number, not '.inf'",
        "12:40: .inf is a number or a date to some readers: write a plain number, "
        "or a text in quotes",
        "12:46 experiments[0].measurements[1].spread: should be at least 0, not -1",
        "12:63 experiments[0].measurements[1].at.tail_length: should be a number, not true",
        "12:73 experiments[0].measurements[1].at.M9: no factor 'M9'",
        "13:35 experiments[0].measurements[2].mean: should be a number, not true",
    ]


def test_whole_numbers_do_where_numbers_are_due() -> None:
    text = (
        "experiments:\n- {id: mine, defense: RD1, risk: R1, conjecture: increase,"
        " outcome: increase, finding: f, dataset: d, metrics: [{id: loss, worse_when: higher}],"
        " measurements: [{arm: a, metric: loss, mean: 84, spread: 0, at: {M1: 5}}]}\n"
    )
    rows = read([[BASE], [Source("a.yaml", text.encode())]])
    assert rows["experiments"]["mine"]["measurements"] == [
        {"arm": "a", "metric": "loss", "mean": 84.0, "spread": 0.0, "at": {"model_capacity": 5.0}}
    ]


def test_a_record_may_have_its_own_id_as_its_code() -> None:
    text = "risks:\n- {id: theft, code: Theft, name: T, pillar: security, meaning: m}\n"
    assert "theft" in read([[BASE], [Source("a.yaml", text.encode())]])["risks"]


def test_choices_of_a_long_list_are_said_in_short() -> None:
    values = ", ".join("v" * 100 + str(n) for n in range(200))
    (line,) = said(
        f"adversary:\n- {{id: a, name: A, ordered: true, values: [{values}], meaning: m}}\n"
        + OBSERVATION
        + "    when: {a: z}\n"
    )
    assert len(line) < 500
    assert line.endswith("or another of 200, not 'z'")


def test_a_message_stays_short_whatever_the_length_of_what_it_is_about() -> None:
    long = "x" * 100_000
    texts = [
        f"{long}: []\n",
        f"? {long}\n: []\n",
        f"risks: &{long} []\n",
        f"risks: !{long} []\n",
        f"references:\n- {{id: {long}, status: {long}, action: add}}\n"
        f"- {{id: {long}, status: a}}\n",
        f"references:\n- {{? {long} : 1, action: {long}}}\n- {{id: {long}, action: retract}}\n",
        f"risks:\n- {{id: {long}, code: {long}}}\n- {{id: a, code: {long}}}\n",
        f"risks:\n- {{id: {long}}}\n- {{id: {long}, action: retract}}\n"
        f"correlations:\n- {{subject: {long}, factor: {long}}}\n",
        f"risks:\n- {{id: {'9' * 100_000}}}\n",
    ]
    for text in texts:
        assert all(len(line) < 600 for line in said(text)), text[:60]


def test_more_problems_than_anybody_would_read_are_cut_off_with_a_word() -> None:
    with pytest.raises(BrokenKnowledge) as caught:
        read([[BASE], [Source("a.yaml", b"references:\n" + b"- {}\n" * 2000)]])
    *listed, last = caught.value.problems
    assert len(listed) == 1000
    assert last == Problem(
        "a.yaml", 0, 0, "", "more than 1000 problems; mend these first, the rest is not shown"
    )


def test_a_thousand_problems_are_all_listed() -> None:
    assert len(said("references:\n" + "- {}\n" * 500)) == 1000


def test_too_many_values_in_all_files_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscurrent.knowledge._reader.MAX_NODES", 260)
    reference = "references:\n- {{id: {}, status: confirmed}}\n"
    small = [Source(f"{n}.yaml", reference.format(n).encode()) for n in "abc"]
    read([[BASE], small])
    many = Source("d.yaml", b"references:\n" + b"- {id: x, status: confirmed}\n" * 60)
    with pytest.raises(BrokenKnowledge, match=r"^d\.yaml:\d+:\d+: more than 200000 values in all"):
        read([[BASE], [*small, many]])


def test_a_record_of_absurd_size_is_refused() -> None:
    names = "\n".join(f"  - a{n}" for n in range(10_000))
    assert said(f"references:\n- id: a\n  candidates:\n{names}\n") == [
        "a.yaml:2:3 references[0]: more than 10000 values in one record"
    ]


# The folder


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    (tmp_path / "just.yaml").write_bytes(b"#" * (2 * 1024 * 1024))
    sources, problems = read_folder(str(tmp_path))
    assert [len(source.data) for source in sources] == [2 * 1024 * 1024]
    assert list(map(str, problems)) == [
        f"{tmp_path}/big.yaml: larger than 2 MiB; split it into several files"
    ]


def test_a_folder_larger_than_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "MAX_TOTAL", 10)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_bytes(b"# 3456")
    assert read_folder(str(tmp_path), "mine") == (
        [],
        [Problem("mine", 0, 0, "", "holds more than 0 MiB of .yaml files; remove some")],
    )


def test_a_folder_of_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "MAX_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text("risks: []\n")
    assert list(map(str, read_folder(str(tmp_path), "mine")[1])) == [
        "mine: holds more than 2 .yaml files; merge some"
    ]


def broken(*folders: Path) -> list[str]:
    with pytest.raises(BrokenKnowledge) as caught:
        load(map(str, folders), cached=False)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("risks: []\n")
    assert broken(file) == [f"{file}: is a file; give the folder that holds the knowledge files"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    assert broken(folder) == [f"{folder}: can't be read as a folder: No such file or directory"]


def test_a_name_that_no_folder_can_have_is_named_without_what_cannot_be_printed() -> None:
    with pytest.raises(BrokenKnowledge) as caught:
        load(["a\0\x1b[31m\nb"], cached=False)
    (problem,) = caught.value.problems
    assert str(problem) == "a��[31m�b: can't be read as a folder: embedded null byte"


def test_a_folder_without_knowledge_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.yaml").write_text("x")
    assert broken(tmp_path) == [
        f"{tmp_path}: holds no .yaml file; put at least one knowledge file in it"
    ]


def test_what_is_not_a_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "nowhere.yml").symlink_to(tmp_path / "gone")
    assert broken(tmp_path) == [
        f"{tmp_path}/folder.yaml: is not a file; remove or rename it",
        f"{tmp_path}/nowhere.yml: can't be read: No such file or directory",
        f"{tmp_path}/pipe.yaml: is not a file; remove or rename it",
    ]


def test_a_pipe_put_in_the_place_of_a_file_is_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regular = os.stat(__file__)
    os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr(os, "stat", lambda _: regular)
    sources, problems = read_folder(str(tmp_path))
    assert [source.data for source in sources] == [b""]
    assert problems == []


def test_a_file_that_cannot_be_read_is_named_beside_what_is_wrong_in_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("risks: []\n")
    (tmp_path / "b.yaml").write_text("risk: []\n")

    def refuse(path: str, *args: Any, **options: Any) -> Any:
        if path == f"{tmp_path}/a.yaml":
            raise PermissionError(13, "Permission denied", path)
        return open(path, *args, **options)

    monkeypatch.setattr(_files, "open", refuse, raising=False)
    assert broken(tmp_path) == [
        f"{tmp_path}/a.yaml: can't be read: Permission denied",
        f"{tmp_path}/b.yaml:1:1 risk: unknown section (did you mean risks?)",
    ]


def test_a_file_name_that_a_terminal_might_obey_is_blanked_out(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\n.yaml").write_text("risk: []\n")
    (tmp_path / os.fsdecode(b"b\xff.yaml")).write_text("risk: []\n")
    assert broken(tmp_path) == [
        f"{tmp_path}/a�[31m�.yaml:1:1 risk: unknown section (did you mean risks?)",
        f"{tmp_path}/b�.yaml:1:1 risk: unknown section (did you mean risks?)",
    ]


def test_the_ending_of_a_knowledge_file_may_be_written_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "A.YAML").write_text("risk: []\n")
    (tmp_path / "b.Yml").write_text("risk: []\n")
    assert [line.partition(":")[0] for line in broken(tmp_path)] == [
        f"{tmp_path}/A.YAML",
        f"{tmp_path}/b.Yml",
    ]


def test_problems_of_all_folders_come_in_one_report(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.yaml").write_text(
        "correlations:\n- {subject: evason, factor: D2, sign: 1, sources: [duddu2024sok]}\n"
    )
    assert broken(tmp_path / "one", tmp_path / "two", tmp_path / "three") == [
        f"{tmp_path}/one: holds no .yaml file; put at least one knowledge file in it",
        f"{tmp_path}/three: can't be read as a folder: No such file or directory",
        f"{tmp_path}/two/a.yaml:2:4 correlations[0].subject: no defense or risk 'evason'"
        " (did you mean evasion?)",
        f"{tmp_path}/two/a.yaml:2:33 correlations[0].sign: should be '+', '-', '0' or '?', not 1",
    ]


# What was loaded stays


def test_a_broken_overlay_loads_nothing_changes_nothing_and_loads_once_mended(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.yaml"
    good = "correlations:\n- {subject: evasion, factor: D1, sign: '+', sources: [duddu2024sok]}\n"
    file.write_text(good)
    kb = load([str(tmp_path)])
    rows, digest, edge = dict(kb.rows), kb.digest, kb.correlations["evasion.training_set_size"]
    file.write_text(good.replace("evasion", "evason"))
    for cached in (True, False, True):
        with pytest.raises(BrokenKnowledge, match="evason"):
            load([str(tmp_path)], cached=cached)
    assert (dict(kb.rows), kb.digest) == (rows, digest)
    assert kb.correlations["evasion.training_set_size"] is edge
    file.write_text(good)
    assert load([str(tmp_path)]).digest == digest


def test_what_is_loaded_does_not_follow_the_files(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("references:\n- {id: mine2026, status: confirmed, year: 2025}\n")
    kb = load([str(tmp_path)])
    file.write_text("references:\n- {id: mine2026, status: confirmed, year: 2026}\n")
    assert kb.references["mine2026"].year == 2025
    assert load([str(tmp_path)]).references["mine2026"].year == 2026
    assert kb.references["mine2026"].year == 2025


def test_without_libyaml_the_same_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_yaml, "_LOADER", yaml.SafeLoader)
    title = "references:\n- {{id: a, status: confirmed, title: {}}}\n"
    for text, expected in [
        (title.format('"\\ud800"'), "2:37: control character U+D800 in a text"),
        (title.format('"\\UFFFFFFFF"'), " not YAML: an escape that stands for no character"),
        (title.format("&a b"), "2:37: anchor &a; write values out where needed"),
        ("risks: *a\n", "1:8: alias *a; write the value out"),
        ("%YAML 1.1\n---\nrisks: []\n", "1:1: a line that begins with %"),
    ]:
        assert said(text)[0].startswith(f"a.yaml:{expected}"), text


def test_a_source_names_a_place_in_its_work_in_one_way() -> None:
    good = OBSERVATION.replace("smith2020tails]", "smith2020tails#table-2]")
    read([[BASE], [Source("a.yaml", good.encode())]])
    (problem,) = said(OBSERVATION.replace("smith2020tails]", "'smith2020tails#Table 2!']"))
    assert "'Table 2!' is no place; write it like work#table-2" in problem


def test_one_folder_instead_of_a_list_of_them_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    wrong: list[Any] = [str(tmp_path), tmp_path]
    for one in wrong:
        with pytest.raises(TypeError, match="list of folders"):
            load(one)


def test_a_name_stays_on_one_line() -> None:
    (problem,) = said('risks:\n- {id: theft, name: "a\\nb", pillar: privacy, meaning: m}\n')
    assert "risks[0].name" in problem
