"""Knowledge files are read strictly, and whatever is wrong is said with its place, all at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from own_files import BASE, OBSERVATION, said

from crosscurrent.knowledge import BrokenKnowledge, Problem, _yaml, load
from crosscurrent.knowledge._files import Source
from crosscurrent.knowledge._reader import read


def test_the_base_of_these_tests_is_sound() -> None:
    assert read([[BASE]])["references"] == {
        "smith2020tails": {"id": "smith2020tails", "status": "confirmed", "title": "Tails"}
    }


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
