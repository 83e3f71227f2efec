"""Files that are no plain YAML, or no knowledge at all, are refused with the place."""

from __future__ import annotations

import pytest
from own_files import SECTIONS, refused

Case = tuple[str, bytes | str, list[str]]

CASES: list[Case] = [
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
"""What is wrong, in which file, and what is said of it."""


@pytest.mark.parametrize("case", CASES, ids=[name.replace(" ", "-") for name, *_ in CASES])
def test_what_is_wrong_is_said_with_its_place(case: Case) -> None:
    _, text, expected = case
    assert refused(text) == expected
