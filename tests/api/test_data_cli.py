"""``crosscurrent data check``: printed for people and programs, with a status, without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from data_files import CARD, altered, arrays, rows, text, written

import crosscurrent
from crosscurrent.api.cli import main
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style

Capture = pytest.CaptureFixture[str]
PLAIN = Style(colour=False, unicode=True)


def told(capsys: Capture, *words: str, status: int = 0) -> str:
    """Return what a check prints, in one line."""
    assert main(["data", "check", *words]) == status
    out, err = capsys.readouterr()
    assert not err
    return " ".join(out.split())


def test_a_check_is_printed(tmp_path: Path, capsys: Capture) -> None:
    table = altered("age", lambda i, old: "None" if i < 3 else old, 300)
    path = written(tmp_path, text(table, ";"), CARD + "missing: drop\n")
    found = told(capsys, path)
    assert "t.csv: can be used" in found
    assert "CSV, UTF-8, separated by semicolons" in found
    assert "income: low 223, high 74; class 1 is high" in found
    assert "sex (no attributes: models do not see it)" in found
    assert "297 of 300 used, 3 dropped; duplicates: none" in found
    assert "job texts 300 0 3 3 attributes, one a level (a, b, c)" in found
    assert "unit texts 300 0 1 left out: it never changes" in found
    assert "f 148 74 74" in found
    assert "- 3 of 300 records dropped, as age ('None') has no value" in found
    assert f"next crosscurrent validate FD1 F --dataset {path}" in found


def test_a_kept_sensitive_attribute_is_told(tmp_path: Path, capsys: Capture) -> None:
    found = told(capsys, written(tmp_path, text(rows()), CARD + "keep_sensitive: true\n"))
    assert "sex (attributes too: models see it)" in found
    assert "the groups, and 2 attributes (f, m)" in found


def test_what_cannot_be_used_has_status_2_and_says_what_to_do(
    tmp_path: Path, capsys: Capture
) -> None:
    path = written(tmp_path, text(altered("age", lambda _, old: f"{old}%")))
    found = told(capsys, path, status=2)
    assert "cannot be used as it is" in found
    assert "age percentages 60 0 40 not clear: see below" in found
    assert "To do before it can be used" in found
    assert "next" not in found
    document = json.loads(told(capsys, path, "--json", status=2))
    assert (document["usable"], len(document["problems"])) == (False, 1)


def test_what_cannot_be_read_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    for path in (str(tmp_path / "gone.csv"), written(tmp_path, "")):
        assert main(["data", "check", path]) == 2
        out, err = capsys.readouterr()
        assert not out
        assert err.startswith("crosscurrent: ")
        assert "Traceback" not in err


def test_images_are_printed(tmp_path: Path, capsys: Capture) -> None:
    found = told(capsys, arrays(tmp_path))
    assert "NPZ, x is 50 × 4 × 4, uint8" in found
    assert "images 4 by 4 pixels, 1 channel" in found
    assert "- whole numbers are divided by 255" in found


def test_names_that_a_terminal_would_obey_are_not_printed_as_they_are(
    tmp_path: Path, capsys: Capture
) -> None:
    header, *body = altered("job", lambda i, _: f"\x1b[31m{i % 3}\u202e")
    header[0], header[2] = "\x1b[2Jage", "j\x07b" * 50
    assert main(["data", "check", written(tmp_path, text([header, *body]))]) == 0
    printed = capsys.readouterr().out.replace("\n", "")
    assert printed.isprintable()
    assert max(map(len, printed.split("\n"))) < 10_000


def test_wide_tables_are_shown_in_part(tmp_path: Path, capsys: Capture) -> None:
    wide = [
        [*row, *([f"c{k}"] if i == 0 else [str((i * k) % 7)][0:1] for k in range(1, 200))]
        for i, row in enumerate(rows())
    ]
    flat = [[each if isinstance(each, str) else each[0] for each in row] for row in wide]
    assert "… 165 more --json lists them" in told(capsys, written(tmp_path, text(flat)))


def test_it_needs_neither_torch_nor_a_store(tmp_path: Path) -> None:
    path = written(tmp_path, text(rows()))
    script = (
        "import sys; from crosscurrent.api.cli import main\n"
        f"assert main(['data', 'check', {path!r}]) == 0\n"
        "assert not {'torch', 'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)\n"
    )
    store = tmp_path / "results.sqlite"
    environment = {**os.environ, "CROSSCURRENT_RESULTS": str(store)}
    subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, env=environment, capture_output=True
    )
    assert not store.exists()


def test_python_gives_the_same_report(tmp_path: Path, capsys: Capture) -> None:
    path = Path(written(tmp_path, text(altered("age", lambda i, _: str(i)))))
    report = crosscurrent.check_data(path)
    assert report.to_dict() == json.loads(told(capsys, str(path), "--json"))
    assert report.usable
    assert report.problems == []
    assert report.notes == ["unit is left out, as it never changes"]
    assert "seems to number the records" in report.warnings[0]
    assert " ".join(str(report).split()) == told(capsys, str(path))
    assert "t.csv: can be used" in repr(report)
    with pytest.raises(crosscurrent.InputError, match="no such file"):
        crosscurrent.check_data(tmp_path / "gone.csv")


def test_a_result_says_what_was_done_to_its_data_and_which_groups_it_compares(
    tmp_path: Path, capsys: Capture
) -> None:
    drawn = np.random.default_rng(0)
    table = [["x", "race", "y"]]
    for i in range(400):
        race = "C" if i % 40 == 0 else "AB"[i % 2]
        table.append(
            [f"{drawn.normal():.3f}".replace(".", ","), race, "ny"[int(drawn.random() < 0.5)]]
        )
    table[7][0] = "NA"
    card = "target: 'y'\nsensitive: [race]\nmissing: drop\n"
    path = written(tmp_path, text(table, ";"), card)
    small = ["--model", "mlp-s", "--seeds", "2", "--set", "training.epochs=1"]
    store = str(tmp_path / "results.sqlite")
    words = ["validate", "FD1", "F", "--dataset", path, *small, "--store", store]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    codes = [each["code"] for each in document["settings"]["data"]["notes"]]
    assert codes == ["separator", "dropped", "decimal_comma"]
    assert document["groups"]["attribute"] == "race"
    assert [each["name"] for each in document["groups"]["compared"]] == ["A", "B"]
    assert document["groups"]["left_out"] == [{"name": "C", "records": 10}]
    found = " ".join(describe(document, PLAIN).split())
    assert "data 1 of 400 records dropped, as x ('NA') has no value; values are separated" in found
    assert "groups by race: A (189), B (200); left out, with too few records: C (10)" in found
    wrong = ["validate", "PD1", "P4", "--dataset", path, *small, "--set", "attack.group=D"]
    assert main([*wrong, "--store", store]) == 2
    assert "unknown group by race 'D'" in capsys.readouterr().err
