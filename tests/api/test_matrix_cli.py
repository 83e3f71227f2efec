"""``crosscurrent matrix``: every pair, in a table, as values and as a picture."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import get_args

import pytest
from commands import PAPERS, Ask, process

from crosscurrent.api.text.assessments import evidence
from crosscurrent.api.text.names import percent
from crosscurrent.api.text.wording import SEEN, VERBS
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor import documents
from crosscurrent.predictor.assessment import Grade, assess
from crosscurrent.predictor.interactions import matrix, predict


def test_matrix_csv_has_a_row_for_every_pair(ask: Ask, kb: KnowledgeBase) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("matrix", "--format", "csv").out)))
    assert len(rows) == len(kb.defenses) * len(kb.risks)
    for row in rows:
        answer = predict(kb, row["defense"], row["risk"])
        assert row["conjecture"] == answer.conjecture
        assert float(row["probability_increase"]) == answer.probability_increase
        assert row["intended"] == str(answer.intended).lower()
        assert row["published"].split() == list(answer.published)
        assert row["conditional"] == str(answer.conditional).lower()
        assert row["decisive_factors"].split() == [path.factor.id for path in answer.decisive]
        assert row["knowledge"] == kb.digest
        assessed = assess(kb, answer)
        assert (row["expect"], row["grade"]) == (assessed.expect, assessed.grade)
        assert row["likelihood"] == (
            "" if assessed.likelihood is None else str(assessed.likelihood)
        )
    assert any(row["published"] for row in rows)


def test_matrix_svg_is_self_contained_and_says_each_cell_in_words(
    ask: Ask, kb: KnowledgeBase
) -> None:
    out = ask("matrix", "--format", "svg").out
    root = ET.fromstring(out)
    space = "{http://www.w3.org/2000/svg}"
    titles = [each.text or "" for each in root.iter(f"{space}title")]
    assert len(titles) == 1 + len(kb.defenses) * len(kb.risks)
    for row in matrix(kb):
        for answer in row:
            names = f"{kb.defenses[answer.defense].name}, {kb.risks[answer.risk].name}:"
            (title,) = [text for text in titles if text.startswith(names)]
            assessed = assess(kb, answer)
            verb = VERBS[assessed.expect]
            assert title.startswith(f"{names} {verb}")
            if assessed.likelihood is None:
                assert "%" not in title
            else:
                assert f"{percent(assessed.likelihood)} likely" in title
            published = title.partition("published: ")[2]
            assert published.startswith(SEEN[answer.published[0]] if answer.published else "unex")
            assert all(SEEN[effect] in published for effect in answer.published)
            assert ("depending on adversary or setting" in title) == answer.conditional
            assert title.endswith("meant for") == answer.intended
            assert ("says otherwise" in title) == assessed.voices[0].disagrees
    assert out.count("http") == 1  # the namespace
    assert root.find(f"{space}script") is None


def test_in_the_picture_colour_arrow_and_badge_say_the_same_as_the_words(ask: Ask) -> None:
    root = ET.fromstring(ask("matrix", "--format", "svg").out)
    space = "{http://www.w3.org/2000/svg}"
    shades: dict[str, set[str]] = {}
    squares = 0
    for cell in root.iter(f"{space}g"):
        spoken = cell.findtext(f"{space}title") or ""
        conjecture = spoken.partition(": ")[2].partition(";")[0]
        words = cell.findall(f"{space}text")
        assert (words[0].text or "").endswith(conjecture)
        rect = cell.find(f"{space}rect")
        assert rect is not None
        shades.setdefault(conjecture, set()).add(rect.attrib["fill"])
        assert ("stroke" in rect.attrib) == ("meant for" in spoken)
        assert (words[1].text or "").endswith("!") == ("says otherwise" in spoken)
        badges = cell.findall(f"{space}path")
        published, measured = (
            re.split("[,;]", spoken.partition(f"; {told}: ")[2])[0]
            for told in ("published", "measured in reference models")
        )
        effects = [] if published == "unexplored" else published.split(" and ")[::-1]
        tables = measured.split(" and ")[::-1] if measured else []
        assert len(cell.findall(f"{space}circle")) == len(effects)
        assert len(cell.findall(f"{space}rect")) == 1 + len(tables)  # the cell's own, and squares
        squares += len(tables)
        for badge, effect in zip(badges, [*effects, *tables], strict=True):
            if effect in ("increase", "decrease"):  # M x base H x L x tip Z: up is a smaller y
                _, base, _, _, tip = map(float, re.findall(r"-?[\d.]+", badge.attrib["d"]))
                assert effect == ("increase" if tip < base else "decrease")
    assert squares > 0
    for conjecture, warm in (("increases", True), ("decreases", False)):
        assert len(shades[conjecture]) == 3
        for shade in shades[conjecture]:
            red, blue = int(shade[1:3], 16), int(shade[5:7], 16)
            assert (red > blue) == warm


def test_the_stronger_the_evidence_the_stronger_its_colour(kb: KnowledgeBase) -> None:
    document = documents.prediction_document(kb, predict(kb, "RD1", "R1"))
    strengths: dict[int, set[str]] = {}
    for grade in get_args(Grade):
        document["assessment"]["grade"] = grade
        for likely in (0.55, 0.99):  # which is not by how much, nor how well that is established
            document["assessment"]["likelihood"] = likely
            strengths.setdefault(evidence(document), set()).add(grade)
    assert strengths == {
        2: {"measured_here", "replicated"},
        1: {"published_once", "measured_reference"},
        0: {"disputed", "derived_active", "derived_passive", "none"},
    }


def test_without_unicode_a_picture_keeps_its_arrows_as_references() -> None:
    done = process(
        "matrix", "--format", "svg", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    text = "".join(ET.fromstring(done.stdout.decode("ascii")).itertext())
    assert "▼ decreases" in text
    assert "? decreases" not in text


def test_hostile_names_in_an_overlay_stay_text_in_the_picture(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "risks:\n  - {id: evasion, action: revise, name: '<script>alert(1)</script> & co'}\n",
        encoding="utf-8",
    )
    out = ask("matrix", "--format", "svg", "--knowledge", str(tmp_path)).out
    assert "<script" not in out
    assert "script>alert(1)" in "".join(ET.fromstring(out).itertext())


def test_matrix_table_has_every_defense_and_colours_only_where_wanted(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ask("matrix", *PAPERS).out
    assert "\x1b" not in plain
    rows = [line for line in plain.splitlines() if line.startswith(("RD", "PD", "FD"))]
    assert len(rows) == 7
    assert "[▼ 99 ▼]  ▲ 83 ▲   ± 36 △ " in rows[0]  # its purpose, published, depends
    assert rows[0].endswith("▲ 87!▲")  # the guideline says otherwise
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[48;5;" in ask("matrix").out
    assert "\x1b" not in ask("matrix", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in ask("matrix").out


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_defense_has_its_row_in_a_matrix_of_any_width(
    ask: Ask, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table, _, explained = ask("matrix").out.partition("\n\n")
    head, *rows = table.splitlines()
    assert head.split() == [risk.code for risk in kb.risks.values()]
    assert len({row[:15] for row in rows}) == len(rows) == len(kb.defenses)
    assert max(map(len, rows)) <= width
    for defense, row in zip(kb.defenses.values(), rows, strict=True):
        label, cut, _ = row.partition("…")
        name = defense.code or defense.name
        assert len(label) >= 14 and name.startswith(label) if cut else row.startswith(name)
        assert row.startswith(defense.name) or defense.name.lower() in " ".join(
            (row + explained).lower().split()
        )
