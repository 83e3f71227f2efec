"""Overlays add, revise and retract records; the digest depends on what is known alone."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import random_rows

from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase, _files, load
from crosscurrent.knowledge._files import Source, read_folder
from crosscurrent.knowledge._reader import read

Files = dict[str, list[dict[str, Any]]]

BASE = """\
adversary:
  - {id: role, name: Role, ordered: false, values: [suspect, accuser], meaning: a role}
factors:
  - {id: tail_length, code: D2, name: Tail length, group: data, role: passive, meaning: rare}
  - {id: model_capacity, code: M1, name: Capacity, group: model, role: active, meaning: size}
risks:
  - {id: evasion, code: R1, name: Evasion, pillar: security, meaning: changes, note: old}
  - {id: poisoning, code: R2, name: Poisoning, pillar: security, meaning: bad records}
defenses:
  - id: adversarial_training
    code: RD1
    name: Adversarial training
    pillar: security
    protects_against: [R1]
    meaning: robust
correlations:
  - {subject: R1, factor: D2, sign: '+', sources: [smith2020tails], note: old}
  - {subject: RD1, factor: D2, sign: '-', sources: [smith2020tails]}
references:
  - {id: smith2020tails, status: confirmed, title: Tails, year: 2020}
"""


def layered(*layers: str | list[str]) -> KnowledgeBase:
    """Return what the layers say; a layer is a file, or a list of files."""
    files = [[layer] if isinstance(layer, str) else layer for layer in layers]
    return KnowledgeBase(
        read(
            [
                [Source(f"{n}/{m}.yaml", text.encode()) for m, text in enumerate(texts)]
                for n, texts in enumerate(files)
            ]
        )
    )


def test_an_overlay_adds_records() -> None:
    kb = layered(
        BASE,
        "correlations:\n- {subject: poisoning, factor: tail_length, sign: '?', sources: [a2026]}\n"
        "references:\n- {id: a2026, status: confirmed}\n",
    )
    assert kb.correlations["poisoning.tail_length"].sign == "?"
    assert kb.references["a2026"].status == "confirmed"
    assert kb.edges("poisoning")["tail_length"] is kb.correlations["poisoning.tail_length"]


def test_a_revision_changes_the_fields_given_and_no_other() -> None:
    before = layered(BASE)
    after = layered(BASE, "risks:\n- {id: evasion, action: revise, meaning: tiny changes}\n")
    expected = {**before.rows["risks"]["evasion"], "meaning": "tiny changes"}
    assert after.rows["risks"]["evasion"] == expected
    assert {**after.rows, "risks": 0} == {**before.rows, "risks": 0}
    assert after.digest != before.digest


def test_a_revision_by_null_removes_an_optional_field() -> None:
    kb = layered(BASE, "correlations:\n- {subject: R1, factor: D2, action: revise, note: null}\n")
    assert kb.correlations["evasion.tail_length"].note is None
    assert "note" not in kb.rows["correlations"]["evasion.tail_length"]


def test_a_revision_that_changes_nothing_leaves_the_digest() -> None:
    same = "risks:\n- {id: evasion, action: revise}\n- {id: R2, action: revise, code: R2}\n"
    assert layered(BASE, same).digest == layered(BASE).digest


def test_a_default_that_is_written_out_leaves_the_digest() -> None:
    said = (
        "references:\n- {id: smith2020tails, action: revise, preprint_number_interpolated: false,"
        " basis: [], doi: null}\n"
    )
    assert layered(BASE, said).digest == layered(BASE).digest


def test_a_retraction_takes_a_record_out() -> None:
    kb = layered(BASE, "correlations:\n- {subject: R1, factor: D2, action: retract}\n")
    assert list(kb.correlations) == ["adversarial_training.tail_length"]
    assert kb.edges("evasion") == {}


def test_an_action_of_add_may_be_written_out() -> None:
    said = "references:\n- {id: a2026, status: confirmed, action: add}\n"
    assert layered(BASE, said).digest == layered(BASE, said.replace(", action: add", "")).digest


def test_codes_do_wherever_ids_do() -> None:
    text = (
        "defenses:\n"
        "- {id: RD1, action: revise, protects_against: [R1, R2]}\n"
        "risks:\n"
        "- {id: R2, action: revise, dominant: [M1]}\n"
        "correlations:\n"
        "- {subject: RD1, factor: D2, action: retract}\n"
        "- {subject: RD1, factor: M1, sign: '+', sources: [smith2020tails]}\n"
        "- {subject: R1, factor: D2, action: revise, sign: '0'}\n"
        "observations:\n"
        "- id: mine\n"
        "  defense: RD1\n"
        "  risk: R2\n"
        "  effect: increase\n"
        "  kind: empirical\n"
        "  evidence: [{factor: M1, kinds: [empirical]}]\n"
        "  sources: [smith2020tails]\n"
        "experiments:\n"
        "- id: mine\n"
        "  defense: RD1\n"
        "  risk: R2\n"
        "  conjecture: increase\n"
        "  outcome: increase\n"
        "  finding: f\n"
        "  dataset: d\n"
        "  metrics: [{id: loss, worse_when: higher}]\n"
        "  measurements: [{arm: a, metric: loss, mean: 1, at: {M1: 5, D2: 0.5}}]\n"
        "  common_factors: [M1]\n"
        "  other_factors: [D2]\n"
    )
    ids = text
    for code, identity in [
        *(("RD1", "adversarial_training"), ("R1", "evasion"), ("R2", "poisoning")),
        *(("M1", "model_capacity"), ("D2", "tail_length")),
    ]:
        ids = ids.replace(code, identity)
    kb = layered(BASE, text)
    assert kb.digest == layered(BASE, ids).digest
    assert kb.rows["experiments"]["mine"]["measurements"][0]["at"] == {
        "model_capacity": 5.0,
        "tail_length": 0.5,
    }
    assert kb.rows["risks"]["poisoning"]["dominant"] == ["model_capacity"]


def test_a_code_does_in_the_file_that_defines_it_and_before_it_is_defined() -> None:
    kb = layered(
        BASE,
        "correlations:\n- {subject: R9, factor: D9, sign: '+', sources: [smith2020tails]}\n"
        "factors:\n- {id: depth, code: D9, name: D, group: model, role: passive, meaning: m}\n"
        "risks:\n- {id: theft, code: R9, name: T, pillar: security, meaning: m}\n",
    )
    assert "theft.depth" in kb.correlations


def test_a_code_that_passes_to_another_record_means_that_one() -> None:
    kb = layered(
        BASE,
        "risks:\n- {id: R1, action: revise, code: R7}\n"
        "- {id: theft, code: R1, name: T, pillar: security, meaning: m}\n",
        "correlations:\n- {subject: R1, factor: M1, sign: '+', sources: [smith2020tails]}\n"
        "- {subject: R7, factor: M1, sign: '-', sources: [smith2020tails]}\n",
    )
    assert kb.correlations["theft.model_capacity"].sign == "+"
    assert kb.correlations["evasion.model_capacity"].sign == "-"
    assert (kb.risk("R1").id, kb.risk("R7").id) == ("theft", "evasion")


def test_a_code_lent_to_a_record_that_is_retracted_goes_back() -> None:
    kb = layered(
        BASE,
        "risks:\n- {id: theft, code: R1, name: T, pillar: security, meaning: m}\n",
        "risks:\n- {id: theft, action: retract}\n"
        "correlations:\n- {subject: R1, factor: M1, sign: '+', sources: [smith2020tails]}\n",
    )
    assert "evasion.model_capacity" in kb.correlations


def test_a_record_and_all_that_speaks_of_it_can_be_retracted_in_any_order() -> None:
    parts = {
        "defenses": "defenses:\n- {id: RD1, action: retract}\n",
        "correlations": "correlations:\n- {subject: RD1, factor: D2, action: retract}\n",
    }
    first = layered(BASE, parts["defenses"] + parts["correlations"])
    second = layered(BASE, parts["correlations"] + parts["defenses"])
    assert first.digest == second.digest
    assert not first.defenses
    assert list(first.correlations) == ["evasion.tail_length"]


def test_later_overlays_win() -> None:
    one = "references:\n- {id: smith2020tails, action: revise, year: 2021}\n"
    two = "references:\n- {id: smith2020tails, action: revise, year: 2022}\n"
    assert layered(BASE, one, two).references["smith2020tails"].year == 2022
    assert layered(BASE, two, one).references["smith2020tails"].year == 2021


def test_later_files_of_an_overlay_win_in_order_of_name(tmp_path: Path) -> None:
    for name, year in [("b", 2022), ("a", 2021)]:
        (tmp_path / f"{name}.yaml").write_text(
            f"references:\n- {{id: duddu2024sok, action: revise, year: {year}}}\n"
        )
    assert load([str(tmp_path)]).references["duddu2024sok"].year == 2022


def test_an_overlay_may_speak_of_what_an_earlier_one_added_but_not_of_a_later_one() -> None:
    adds = "references:\n- {id: a2026, status: confirmed}\n"
    revises = "references:\n- {id: a2026, action: revise, status: deduced}\n"
    assert layered(BASE, adds, revises).references["a2026"].status == "deduced"
    with pytest.raises(BrokenKnowledge, match=r"no reference 'a2026' to revise"):
        layered(BASE, revises, adds)


def test_a_file_may_add_and_revise_and_retract_and_add_again() -> None:
    kb = layered(
        BASE,
        "references:\n"
        "- {id: a2026, status: confirmed, year: 2026}\n"
        "- {id: a2026, action: revise, status: deduced}\n"
        "- {id: b2026, status: confirmed, title: old}\n"
        "- {id: b2026, action: retract}\n"
        "- {id: b2026, status: deduced}\n",
    )
    assert kb.rows["references"]["a2026"] == {"id": "a2026", "status": "deduced", "year": 2026}
    assert kb.rows["references"]["b2026"] == {"id": "b2026", "status": "deduced"}


def test_a_fault_is_placed_where_the_field_was_written_last() -> None:
    with pytest.raises(BrokenKnowledge) as caught:
        layered(
            BASE,
            "references:\n- {id: smith2020tails, action: revise, year: 3000}\n",
            "references:\n- {id: smith2020tails, action: revise, doi: 7}\n",
        )
    assert [str(problem) for problem in caught.value.problems] == [
        "1/0.yaml:2:40 references[0].year: should be at most 2100, not 3000",
        "2/0.yaml:2:40 references[0].doi: should be a text; write it in quotes: '7'",
    ]


def test_a_fault_that_a_later_overlay_mends_is_none() -> None:
    wrong = "references:\n- {id: a2026, status: sure}\n"
    mended = "references:\n- {id: a2026, action: revise, status: confirmed}\n"
    assert layered(BASE, wrong, mended).references["a2026"].status == "confirmed"


# What the digest depends on

SEEDS = st.integers(0, 10**6)
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co")),
    min_size=1,
    max_size=40,
)
IDS = st.from_regex(r"new_[a-z0-9_]{1,20}", fullmatch=True)


def listed(rows: dict[str, dict[str, dict[str, Any]]]) -> Files:
    return {section: list(named.values()) for section, named in rows.items() if named}


def dumped(files: Files) -> str:
    return json.dumps(files, ensure_ascii=False)


@st.composite
def additions(draw: st.DrawFn, rows: dict[str, dict[str, dict[str, Any]]]) -> Files:
    """Return new records of four kinds that fit on top of given rows."""
    ids = draw(st.lists(IDS, min_size=1, max_size=9, unique=True))
    factors = [
        {
            "id": identity,
            "name": draw(TEXT),
            "group": draw(st.sampled_from(["data", "objective", "model"])),
            "role": draw(st.sampled_from(["active", "passive"])),
            "meaning": draw(TEXT),
            "code": f"N{n}",
        }
        for n, identity in enumerate(ids[:3])
    ]
    references = [
        {"id": identity, "status": "confirmed", "title": draw(TEXT), "year": draw(YEARS)}
        for identity in ids[3:6]
    ]
    works = ["work", *(reference["id"] for reference in references)]
    names = [*rows["factors"], *(factor["id"] for factor in factors)]
    pairs = [
        (subject, factor)
        for subject in (*rows["defenses"], *rows["risks"])
        for factor in names
        if f"{subject}.{factor}" not in rows["correlations"]
    ]
    correlations = [
        {
            "subject": subject,
            "factor": factor,
            "sign": draw(st.sampled_from("+-0?")),
            "sources": draw(st.lists(st.sampled_from(works), min_size=1, max_size=3)),
        }
        for subject, factor in draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True))
    ]
    observations = [
        {
            "id": identity,
            "defense": draw(st.sampled_from(sorted(rows["defenses"]))),
            "risk": draw(st.sampled_from(sorted(rows["risks"]))),
            "effect": "decrease",
            "kind": "empirical",
            "evidence": [{"factor": draw(st.sampled_from(names)), "kinds": ["empirical"]}],
            "sources": [draw(st.sampled_from(works))],
            "note": draw(TEXT),
        }
        for identity in ids[6:]
    ]
    return {
        "observations": observations,
        "correlations": correlations,
        "references": references,
        "factors": factors,
    }


YEARS = st.integers(1900, 2100)


def retractions(files: Files) -> Files:
    return {
        section: [
            {name: record[name] for name in ("id", "subject", "factor") if name in record}
            | {"action": "retract"}
            for record in records
        ]
        for section, records in files.items()
    }


@given(seed=SEEDS, data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_adding_and_retracting_gives_back_the_original(seed: int, data: st.DataObject) -> None:
    rows = random_rows(seed)
    base, added = dumped(listed(rows)), data.draw(additions(rows))
    original = layered(base)
    more = layered(base, dumped(added))
    assert more.digest != original.digest
    assert sum(map(len, more.rows.values())) == sum(map(len, original.rows.values())) + sum(
        map(len, added.values())
    )
    again = layered(base, dumped(added), dumped(retractions(added)))
    assert again.digest == original.digest
    assert again.rows == original.rows
    in_one_file = {name: [*added[name], *retractions(added)[name]] for name in added}
    assert layered(base, dumped(in_one_file)).digest == original.digest


@given(seed=SEEDS, data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_revising_and_revising_back_gives_back_the_original(seed: int, data: st.DataObject) -> None:
    rows = random_rows(seed)
    changes: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "factors": {"name": TEXT, "meaning": TEXT, "note": TEXT, "role": st.just("active")},
        "references": {"title": TEXT, "year": YEARS, "doi": TEXT, "basis": st.just(["text"])},
        "observations": {"note": TEXT, "printed": TEXT, "effect": st.just("decrease")},
        "correlations": {"sign": st.sampled_from("+-0?"), "note": TEXT},
    }
    there: Files = {}
    back: Files = {}
    for section, fields in changes.items():
        if not rows[section]:
            continue
        record = rows[section][data.draw(st.sampled_from(sorted(rows[section])))]
        name = {key: record[key] for key in record.keys() & {"id", "subject", "factor"}}
        name["action"] = "revise"
        chosen = data.draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
        there[section] = [{**name, **{field: data.draw(fields[field]) for field in chosen}}]
        back[section] = [{**name, **{field: record.get(field) for field in chosen}}]
    base = dumped(listed(rows))
    assert layered(base, dumped(there), dumped(back)).digest == layered(base).digest
    changed = layered(base, dumped(there))
    for section, (revision,) in there.items():
        identity = revision.get("id") or f"{revision['subject']}.{revision['factor']}"
        given_fields = {k: v for k, v in revision.items() if k != "action"}
        assert given_fields.items() <= changed.rows[section][identity].items()


@given(seed=SEEDS, shuffle=SEEDS, files=st.integers(1, 5))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_digest_does_not_depend_on_order_files_or_formatting(
    seed: int, shuffle: int, files: int
) -> None:
    rows = random_rows(seed)
    rng = random.Random(shuffle)
    records = [(section, record) for section, named in rows.items() for record in named.values()]
    rng.shuffle(records)
    parts: list[Files] = [{} for _ in range(files)]
    for section, record in records:
        fields = list(record.items())
        rng.shuffle(fields)
        rng.choice(parts).setdefault(section, []).append(dict(fields))
    texts = [formatted(rng, part) for part in parts if part]
    original = layered(dumped(listed(rows)))
    shuffled = layered(texts)
    assert shuffled.digest == original.digest
    assert shuffled.rows == original.rows
    assert [list(named) for named in shuffled.rows.values()] == [
        list(named) for named in original.rows.values()
    ]


def formatted(rng: random.Random, part: Files) -> str:
    """Write a file in one of many ways that mean the same."""
    kind = rng.randrange(4)
    if kind == 0:
        text = json.dumps(part, indent=rng.choice([None, 1, 4]))
    elif kind == 1:
        text = yaml.safe_dump(part, sort_keys=False, default_flow_style=True, width=60)
    else:
        text = yaml.safe_dump(part, sort_keys=rng.random() < 0.5, indent=rng.choice([2, 4]))
    if kind > 1:
        lines = text.split("\n")
        for _ in range(rng.randrange(4)):
            lines.insert(rng.randrange(len(lines)), rng.choice(["# remark", "   # remark: x", ""]))
        text = "\n".join(lines)
    if rng.random() < 0.3:
        text = text.replace("\n", "\r\n")
    return rng.choice(["", "---\n", "# remark\n", "\ufeff"]) + text


def test_the_digest_of_the_built_in_knowledge_does_not_depend_on_comments(
    kb: KnowledgeBase,
) -> None:
    sources, _ = read_folder(_files.PAPERS)
    above, _ = read_folder(_files.LITERATURE)
    top, _ = read_folder(_files.MEASURED)
    bare = [
        Source(s.name, yaml.safe_dump(yaml.safe_load(s.data), allow_unicode=True).encode())
        for s in reversed(sources)
    ]
    assert KnowledgeBase(read([bare, above, top])).digest == kb.digest
    assert KnowledgeBase(read([sources[:3], sources[3:], above, top])).digest == kb.digest


def test_a_base_can_not_be_changed_through_anything_it_gives_out(kb: KnowledgeBase) -> None:
    digest = kb.digest
    kb.rows["correlations"].clear()
    name = "sok2024.adversarial_training.unauthorized_model_ownership"
    kb.rows["observations"][name]["when"]["role"] = "x"
    assert kb.observations[name].when == {"role": "malicious_suspect"}
    given_out: list[Any] = [kb.factors, kb.correlations, kb.edges("evasion")]
    for mapping in (*given_out, kb.observations[name].when):
        with pytest.raises(TypeError):
            mapping["x"] = None
    with pytest.raises(AttributeError):
        kb.digest = "x"
    with pytest.raises(AttributeError):
        setattr(kb.factors["tail_length"], "name", "x")  # noqa: B010 - a type checker refuses it too
    given = kb.rows
    given["factors"]["tail_length"]["note"] = None  # a default spelled out says nothing new
    again = KnowledgeBase(given)
    given["observations"][name]["when"]["role"] = "x"
    assert again.observations[name].when == {"role": "malicious_suspect"}
    assert KnowledgeBase(again.rows).digest == kb.digest == digest
