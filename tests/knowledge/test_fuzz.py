"""Fuzzed knowledge files: reading one ends in knowledge or in a list of problems.

The built-in files, and a small base cut out of them, are damaged at three levels: bytes, lines and
structure. Seeds are fixed, so a failure repeats; it names the damage in its assertion.
"""

from __future__ import annotations

import copy
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase, Problem, _yaml
from crosscurrent.knowledge._files import LITERATURE, PAPERS, Source, read_folder
from crosscurrent.knowledge._reader import read
from crosscurrent.knowledge._records import KINDS

CHUNKS = range(8)
OF_PARSER, OF_READER, OF_BUILT_IN, OF_PYTHON_LOADER = 320, 260, 8, 40

WHOLE = ("conditions", "procedures", "catalogues", "mappings")
OF_CONDITIONS_AND_NAMES = {
    *("when", "stage", "basis", "size", "setting", "data", "exceptions", "aliases", "procedures"),
    *("uses", "mitigates", "metric", "better_when", "works_if", "cost", "usual_stage"),
}

NOISE = re.compile(
    r"Traceback|<knowledge\.|<class|object at 0x|0x[0-9a-f]{8}|errors\.pydantic\.dev|pydantic"
    r"|_yaml\.|Error\(|dict_keys|NoneType"
)
METACHARACTERS = (
    *(b"&a ", b"*a", b"&a [*a]", b"!!python/object:os.system ", b"!", b"!x ", b"<<: ", b"<<: *a"),
    *(b"---\n", b"\n---\n", b"...\n", b"%YAML 1.1\n", b"\n%TAG ! x\n", b"%", b"\t", b"\n\t", b"\0"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"),
    *(
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\xc2\x85",
        b"\xe2\x81\xa6",
        b"\x1b[31m",
        b"\x7f",
        b"\x07",
    ),
    *(b'"\\x1b"', b'"\\0"', b'"\\ud800"', b'"\\UFFFFFFFF"', b'"\\u202e"', b'"\\', b"'", b'"'),
    *(b"[", b"]", b"{", b"}", b"- ", b"? ", b": ", b",", b"|\n", b">-\n", b"#", b"@", b"`", b"|9"),
    *(b"yes", b"no", b"on", b"~", b"null", b"true", b".nan", b".inf", b"1e999", b"-", b"9" * 400),
    *(b"010", b"0x1F", b"1_000", b"12:30:45", b"2024-01-01", b"\r", b"\r\n", b"\n", b"  ", b"\n\n"),
    *("é🙂\u200b".encode(), b"a" * 3000, b"[" * 40, b"{a: " * 40, b"- " * 40, b"{[" * 20),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 10**17, 10**30, 1e300, "", " ", "x", "no", "~", "1"),
    *("x" * 3000, "x\ny", "\x1b[31m", "\u202e", "\ud7ff", "é🙂", "../../etc/passwd", "<script>"),
    *([], {}, [[]], [{}], [None], [1], ["x"], {"x": "y"}, {"": ""}, {"a": {"b": {"c": [1]}}}),
    *(["x"] * 300, [["x"]] * 5, {f"k{i}": i for i in range(300)}, {"action": "add"}, ["add"]),
)


def text_of_base() -> list[Source]:
    sources, problems = read_folder(PAPERS, "papers")
    assert not problems
    return sources


BUILT_IN = text_of_base()


def cut_down() -> list[Source]:
    """Cut a small base with every kind of record out of the built-in one; the text stays as is."""
    kept: dict[str, str] = {}
    blocks: dict[str, list[str]] = {}
    for source in BUILT_IN:
        name = source.name.rpartition("/")[2]
        head, *blocks[name] = re.split(r"(?m)^(?=  - )", source.data.decode())
        kept[name] = head

    def some(name: str, *wanted: str) -> str:
        chosen = [b for b in blocks[name] if any(re.search(rf"\b{w}\b", b[:90]) for w in wanted)]
        assert len(chosen) >= len(wanted), (name, wanted)
        return kept[name] + "".join(chosen)

    files = {
        "adversary.yaml": some("adversary.yaml", "role", "defense_knowledge"),
        "factors.yaml": some("factors.yaml", "D3", "D4", "O2\\.2", "M1"),
        "risks.yaml": some("risks.yaml", "P4", "P2", "F", "R3", "R1"),
        "defenses.yaml": some("defenses.yaml", "FD1", "RD1", "RD4"),
        "observations.yaml": some(
            "observations.yaml",
            "sok2024\\.group_fairness\\.data_reconstruction",
            "sok2024\\.fingerprinting\\.distribution_inference",
        ),
        "experiments.yaml": some(
            "experiments.yaml", "sok2024\\.experiment\\.group_fairness\\.data_reconstruction"
        ),
    }
    experiment = files["experiments.yaml"].splitlines(keepends=True)
    measured = [n for n, line in enumerate(experiment) if "{arm:" in line]
    files["experiments.yaml"] = "".join(
        line for n, line in enumerate(experiment) if n not in measured[4:]
    )
    files["correlations.yaml"] = kept["correlations.yaml"] + "".join(
        block
        for block in blocks["correlations.yaml"]
        if re.search(
            r"subject: (adversarial_training|group_fairness|distribution_inference)", block
        )
        and re.search(r"factor: (attribute_count|stable_attribute_priority|model_capacity)", block)
    )
    files["extra.yaml"] = (
        "observations:\n"
        "  - id: extra.fingerprinting.unauthorized_model_ownership\n"
        "    defense: RD4\n    risk: R3\n    effect: decrease\n    kind: empirical\n"
        "    when: {role: malicious_accuser}\n"
        "    evidence:\n      - {factor: M1, kinds: [empirical], printed: 'M 1', note: so}\n"
        "    exceptions:\n"
        "      - effect: increase\n        when: {defense_knowledge: aware}\n"
        '        sources: [duddu2024sok#talk-slide-5]\n        note: "said, \\u00e9 only"\n'
        "    sources: [duddu2024sok]\n    note: >-\n      folded\n      text\n"
        "  - id: extra.fingerprinting.unauthorized_model_ownership.pre\n"
        "    defense: RD4\n    stage: pre\n    risk: R3\n    effect: mixed\n    kind: empirical\n"
        "    basis: known\n    setting: made up\n    data: [Adult]\n"
        "    size: {metric: accuracy, before: 0.5, after: 1}\n"
        "    when: {budget: loose, role: malicious_accuser}\n    sources: [duddu2024sok]\n"
        "conditions:\n"
        "  - {id: budget, name: Budget, ordered: true, values: [loose, strict], meaning: so,\n"
        "     sources: [duddu2024sok], stated_in: [duddu2024sok#table-2], note: so}\n"
        "references:\n"
        "  - {id: extra2026, status: unresolved, topic: 'made up', candidates: [duddu2024sok]}\n"
        "correlations:\n"
        "  - {subject: RD1, stage: pre, factor: M1, sign: '0', basis: inferred,\n"
        "     when: {budget: strict}, sources: [duddu2024sok]}\n"
        "  - {action: revise, subject: RD1, factor: M1, note: |\n      kept\n    }\n"
    ).replace("note: |\n      kept\n    }", "note: kept}")
    files["joint.yaml"] = (
        "procedures:\n"
        "  - id: extra_clipping\n    meaning: clips\n    sources: [duddu2024sok]\n"
        "    excludes:\n      - {procedure: extra_penalty, reason: no gradient, basis: known,\n"
        "         remedy: another stage, sources: [duddu2024sok], note: so}\n"
        "  - {id: extra_penalty, meaning: 'adds a term', note: made up}\n"
        "variants:\n"
        "  - defense: FD1\n    stage: in\n    meaning: 'a penalty'\n"
        "    procedures: [extra_penalty, extra_clipping]\n"
        "    uses:\n      - {risk: R1, basis: inferred, note: made up}\n"
        "    stated_in: [duddu2024sok#table-2]\n"
        "  - {defense: RD4, stage: post, meaning: a test, mitigates: [{risk: R1, basis: read}],\n"
        "     metric: accuracy, better_when: higher, note: so}\n"
        "attacks:\n"
        "  - id: distribution_inference\n    code: DistInf\n    name: Distribution inference\n"
        "    risk: P4\n    time: test\n    meaning: tells a property\n    needs:\n"
        "      - {characteristic: role, value: malicious_suspect, more_helps: true}\n"
        "  - {id: theft, code: ModExt, name: Theft, risk: R3, time: test, meaning: copies}\n"
        "outcomes:\n"
        "  - {attack: DistInf, factor: D3, sign: '+', sources: [duddu2024sok]}\n"
        "prerequisites:\n"
        "  - {attack: ModExt, factor: D3, sign: '-', sources: [duddu2024sok], note: so}\n"
        "combinations:\n"
        "  - id: extra.pair\n    code: C1\n    defenses: [group_fairness@in, fingerprinting@post]\n"
        "    outcome: conflict\n    tuned_outcome: effective\n    works_if: it is tuned\n"
        "    cost: time\n    status: explored\n    basis: read\n    setting: made up\n"
        "    when: {budget: strict}\n    sources: [duddu2024sok]\n"
        "collusions:\n"
        "  - {id: extra.theft, first: DistInf, second: ModExt, effect: hinders, status: prior,\n"
        "     factors: [D3], when: {budget: loose}, basis: inferred, setting: made up,\n"
        "     sources: [duddu2024sok]}\n"
        "published_attacks:\n"
        "  - {id: extra.attack.1, attack: ModExt, title: 'A theft', year: 2024, venue: none,\n"
        "     setting: [x], adversary: [Client], capability: any, optimization: any,\n"
        "     model_knowledge: [blackbox.full], interaction: [no], data_knowledge: [some]}\n"
    ).replace("interaction: [no]", "interaction: [k_shot]")
    files["names.yaml"] = (
        "factors:\n"
        "  - {id: model_capacity, action: revise, aliases: [capacity, model size]}\n"
        "attacks:\n"
        "  - {id: theft, action: revise, aliases: [stealing]}\n"
        "defenses:\n"
        "  - {id: adversarial_training, action: revise, aliases: [robust training, 'at'],\n"
        "     when: {budget: loose}}\n"
        "risks:\n"
        "  - id: evasion\n    action: revise\n    aliases: [adversarial examples, robustness]\n"
        "variants:\n"
        "  - {defense: fingerprinting, stage: post, action: revise, aliases: [ipguard]}\n"
        "catalogues:\n"
        "  - {id: mitre_atlas, name: ATLAS, edition: '5.6', publisher: MITRE, note: so,\n"
        "     url: 'https://atlas.mitre.org', namespace: 'https://atlas.mitre.org/techniques/'}\n"
        "mappings:\n"
        "  - id: evasion.atlas.aml_t0015\n    subject: evasion\n    catalogue: mitre_atlas\n"
        "    predicate: exact\n    object: AML.T0015\n    label: Evade AI Model\n"
        "  - {id: fingerprinting.atlas.none, subject: fingerprinting, catalogue: mitre_atlas,\n"
        "     stage: post, predicate: none, sources: [duddu2024sok], note: so}\n"
    )
    mentioned = set(
        re.findall(r"[a-z]+[0-9]{4}[a-z]+|unresolved_[a-z0-9]+", "".join(files.values()))
    )
    files["references.yaml"] = kept["references.yaml"] + "".join(
        re.sub(r" +cited_as: .*\n", "", block)
        for block in blocks["references.yaml"]
        if block.split()[2] in mentioned
    )
    return [Source(f"small/{name}", text.encode()) for name, text in sorted(files.items())]


SMALL = cut_down()


def check(problem: Problem, files: Mapping[str, bytes]) -> None:
    """Assert that a problem says, in words, what is wrong where."""
    assert problem.file in files
    if problem.line:
        assert problem.column > 0
        text = files[problem.file].decode("utf-8-sig", "replace")
        lines = re.split("\r\n|\r|\n", text)
        assert problem.line <= len(lines) + 1
        width = len(lines[problem.line - 1]) if problem.line <= len(lines) else 0
        assert problem.column <= width + 1
    else:
        assert (problem.column, problem.field) == (0, "")
    assert problem.message.strip()
    assert len(problem.message) < 500
    assert len(problem.field) < 500
    assert str(problem).isprintable()
    assert not NOISE.search(str(problem))


def outcome(sources: list[Source], *below: list[Source]) -> KnowledgeBase | None:
    """Read files; the outcome must be knowledge, or problems that a person can use."""
    layers = [*below, sources]
    try:
        return KnowledgeBase(read(layers, builtin=len(layers)))
    except BrokenKnowledge as broken:
        problems = broken.problems
    files = {source.name: source.data for layer in layers for source in layer}
    assert problems
    assert list(problems[:1000]) == sorted(set(problems[:1000]))
    for problem in problems:
        check(problem, files)
    return None


# Damage to bytes


def flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def insert(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice(METACHARACTERS) + data[at:]
    return data


def insert_before_value(rng: random.Random, data: bytes) -> bytes:
    at = rng.choice([m.end() for m in re.finditer(rb": |- |\[|, |\n", data)] or [0])
    return data[:at] + rng.choice(METACHARACTERS) + data[at:]


def replace_value(rng: random.Random, data: bytes) -> bytes:
    place = rng.choice(list(re.finditer(rb"(?<=: )[^\n{\[]+|(?<=\[)\w+", data)))
    return data[: place.start()] + rng.choice(METACHARACTERS) + data[place.end() :]


def delete(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice([1, 1, 1, 2, 5, 40, 400]) :]


def truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def duplicate(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    end = start + rng.choice([1, 3, 10, 100, 1000])
    at = rng.randrange(len(data))
    return data[:at] + data[start:end] * rng.choice([1, 1, 2, 20]) + data[at:]


def splice(rng: random.Random, data: bytes) -> bytes:
    other = rng.choice(SMALL).data
    start = rng.randrange(len(other))
    at = rng.randrange(len(data))
    return data[:at] + other[start : start + rng.choice([5, 50, 500])] + data[at:]


def rewrite(rng: random.Random, data: bytes) -> bytes:
    """Write the file as another system or editor might."""
    ways: list[Callable[[], bytes]] = [
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.decode().encode("utf-16"),
        lambda: data.decode().encode("latin-1", "replace").replace(b"a", b"\xe9", 3),
        lambda: data.replace(b"  ", b"\t"),
        lambda: data.replace(b"'", b'"'),
        lambda: data.replace(b" ", "\u00a0".encode()),
        lambda: b"# " + data.replace(b"\n", b"\n# "),
        lambda: b"---\n" + data + b"...\n",
        lambda: json.dumps(yaml.load(data, Loader=yaml.CSafeLoader)).encode(),
    ]
    return rng.choice(ways)()


# Damage to lines


def of_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(7)
        if kind == 0:
            lines.insert(other, lines[at])
        elif kind == 1 and len(lines) > 1:
            del lines[at]
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = b" " * rng.randint(1, 4) + lines[at]
        elif kind == 4:
            lines[at] = lines[at][rng.randint(1, 4) :]
        elif kind == 5:
            lines[at] = rng.choice([b"\t", b"- ", b"# ", b"? ", b"- - "]) + lines[at].lstrip()
        else:
            lines[at : at + 3] = reversed(lines[at : at + 3])
    return b"\n".join(lines)


# Damage to structure


def of_structure(rng: random.Random, data: bytes) -> bytes:
    tree = yaml.load(data, Loader=yaml.CSafeLoader)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        tree = _changed(rng, tree)
    return _dumped(rng, tree)


def _changed(rng: random.Random, tree: Any) -> Any:
    places = list(_places(tree, None, None))
    holder, slot = rng.choice(places)
    if holder is None:
        return rng.choice([tree, [tree], {"extra": tree}, *ODD_VALUES])
    kind = rng.randrange(9)
    if kind == 0:
        holder[slot] = copy.deepcopy(rng.choice(ODD_VALUES))
    elif kind == 1 and isinstance(holder, dict):
        holder[_typo(rng, slot)] = holder.pop(slot)
    elif kind == 2:
        del holder[slot]
    elif kind == 3 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[slot]))
    elif kind == 4:
        other, where = rng.choice(places[1:])
        holder[slot] = copy.deepcopy(other[where]) if where in _slots(other) else "gone"
    elif kind == 5 and isinstance(holder[slot], str):
        holder[slot] = _typo(rng, holder[slot])
    elif kind == 6:
        holder[slot] = rng.choice([[holder[slot]], {"x": holder[slot]}, [[holder[slot]] * 2]])
        for _ in range(rng.choice([0, 0, 3, 14])):
            holder[slot] = [holder[slot]]
    elif kind == 7 and isinstance(holder, dict):
        key = rng.choice(["action", "id", "code", "note", "when", "subject", "é", "x" * 200, "1"])
        actions = ["add", "revise", "retract", "retact", "evasion", "RD1"]
        holder[key] = rng.choice([*actions, *copy.deepcopy(ODD_VALUES)])
    elif isinstance(holder[slot], (int, float)):
        holder[slot] = rng.choice([str(holder[slot]), -holder[slot], holder[slot] * 10**9])
    else:
        holder[slot] = str(holder[slot]) * rng.choice([1, 1, 100])
    return tree


def _places(tree: Any, holder: Any, slot: Any) -> Any:
    yield holder, slot
    for inner in _slots(tree):
        yield from _places(tree[inner], tree, inner)


def _slots(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(tree)
    return list(range(len(tree))) if isinstance(tree, list) else []


def _typo(rng: random.Random, given: Any) -> str:
    word = str(given) or "x"
    at = rng.randrange(len(word))
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + "x" + word[at:],
            word.upper(),
            word + "\n",
            word[::-1],
        ]
    )


def _dumped(rng: random.Random, tree: Any) -> bytes:
    if rng.random() < 0.3:
        return json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode(errors="replace")
    width, flow = rng.choice([80, 4000]), rng.choice([None, False, None, True])
    dumper = yaml.CSafeDumper
    text = yaml.dump(tree, Dumper=dumper, default_flow_style=flow, width=width, allow_unicode=True)
    return text.encode(errors="replace")


Damage = Callable[[random.Random, bytes], bytes]
BYTES: tuple[Damage, ...] = (
    *(flip, insert, insert, insert_before_value, insert_before_value, replace_value),
    *(delete, truncate, duplicate, splice, rewrite),
)
ALL: tuple[Damage, ...] = (*BYTES, *([of_lines] * 5), *([of_structure] * 16))


def damaged(rng: random.Random, sources: list[Source], kinds: tuple[Damage, ...]) -> list[Source]:
    """Return the files with one of them damaged."""
    at = rng.randrange(len(sources))
    data = rng.choice(kinds)(rng, sources[at].data)
    return [*sources[:at], Source(sources[at].name, data), *sources[at + 1 :]]


def as_pyyaml_says(value: Any) -> Any:
    """Return a tree as PyYAML builds it, with keys as texts, which is how they are written."""
    if isinstance(value, dict):
        return {"" if k is None else str(k): as_pyyaml_says(v) for k, v in value.items()}
    return [as_pyyaml_says(v) for v in value] if isinstance(value, list) else value


def test_the_small_base_is_sound_and_has_every_kind_of_record() -> None:
    kb = outcome(SMALL)
    assert kb is not None
    assert all(kb.rows.values())


def test_every_field_for_conditions_and_names_is_among_what_is_damaged() -> None:
    for section, record_type in KINDS.items():
        fields = set(TypeAdapter(record_type).json_schema()["properties"])
        wanted = fields if section in WHOLE else fields & OF_CONDITIONS_AND_NAMES
        written = {
            field
            for source in SMALL
            for record in yaml.safe_load(source.data).get(section, [])
            for field in record
        }
        assert wanted <= written, section


@pytest.mark.parametrize("chunk", CHUNKS)
def test_damaged_bytes_give_a_tree_or_problems_in_words(chunk: int) -> None:
    for turn in range(OF_PARSER):
        rng = random.Random(f"parse {chunk} {turn}")
        (source,) = damaged(rng, [rng.choice(SMALL)], BYTES)
        tree, problems = _yaml.parse(source.data, source.name)
        assert tree or problems or yaml.safe_load(source.data) is None, f"turn {turn}"
        for problem in problems:
            check(problem, {source.name: source.data})


@pytest.mark.parametrize("chunk", CHUNKS)
def test_what_is_accepted_means_the_same_to_another_reader(chunk: int) -> None:
    compared = 0
    for turn in range(OF_PARSER // 4):
        rng = random.Random(f"compare {chunk} {turn}")
        (source,) = damaged(rng, [rng.choice(SMALL)], ALL)
        tree, problems = _yaml.parse(source.data, source.name)
        # PyYAML alone takes 1e5 for a text
        if tree is not None and not problems and not re.search(rb"\d[eE][-+]?\d", source.data):
            other = yaml.load(source.data, Loader=yaml.CSafeLoader)
            assert tree.plain() == as_pyyaml_says(other), f"turn {turn}"
            compared += 1
    assert compared > OF_PARSER // 20


@pytest.mark.parametrize("chunk", CHUNKS)
def test_damaged_files_give_knowledge_or_problems_in_words(chunk: int) -> None:
    loaded = 0
    for turn in range(OF_READER):
        rng = random.Random(f"read {chunk} {turn}")
        loaded += outcome(damaged(rng, SMALL, ALL)) is not None
    assert 0.02 < loaded / OF_READER < 0.6, "the damage is too slight or too heavy to be of use"


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_damaged_built_in_file_gives_knowledge_or_problems_in_words(chunk: int) -> None:
    for turn in range(OF_BUILT_IN):
        outcome(damaged(random.Random(f"base {chunk} {turn}"), BUILT_IN, ALL))


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_damaged_file_of_the_literature_gives_knowledge_or_problems_in_words(chunk: int) -> None:
    literature, _ = read_folder(LITERATURE, "literature")
    for turn in range(OF_BUILT_IN // 4):
        outcome(damaged(random.Random(f"literature {chunk} {turn}"), literature, ALL), BUILT_IN)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_reading_is_as_safe_where_pyyaml_has_no_libyaml(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_yaml, "_LOADER", yaml.SafeLoader)
    small = [s for s in SMALL if len(s.data) < 1300]
    for turn in range(OF_PYTHON_LOADER):
        rng = random.Random(f"python {chunk} {turn}")
        (source,) = damaged(rng, [rng.choice(small)], ALL)
        _, problems = _yaml.parse(source.data, source.name)
        for problem in problems:
            check(problem, {source.name: source.data})


HEAVY = r"""
import random, runpy, sys
from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase
from crosscurrent.knowledge._files import PAPERS, Source, read_folder
from crosscurrent.knowledge._reader import read

BASE_FILES, _ = read_folder(PAPERS, "papers")
SIZE = 2 * 1024 * 1024

def fill(piece, head=b""):
    return (head + piece * (SIZE // len(piece)))[:SIZE]

bomb = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghi"
)
record = b"correlations:\n- subject: evasion\n  factor: D1\n  sign: '+'\n  sources:\n"
cases = {
    "bomb": [bomb],
    "brackets": [fill(b"[")],
    "braces": [fill(b"{")],
    "nested": [fill(b"- ")],
    "scalar": [fill(b"a")],
    "wide scalar": [fill("\U0001f642".encode(), b"references: ")],
    "comment": [fill(b"#")],
    "directives": [fill(b"%TAG !abc! x\n")],
    "empty records": [b"references:\n" + b"- {}\n" * 100_000],
    "wrong records": [b"references:\n" + b"- {a: {b: 1}}\n" * 37_000],
    "words": [fill(b"- no\n", b"references:\n")],
    "repeated keys": [fill(b"a: b\n")],
    "fields": [b"references:\n- id: a\n" + b"".join(b"  k%d: b\n" % n for n in range(90_000))],
    "wrong sources": [record + b"  - 1\n" * 9_000],
    "dangling": [record + b"".join(b"  - smith%dtraining\n" % n for n in range(9_000))],
    "duplicates": [b"references:\n" + b"- {id: a, status: confirmed}\n" * 35_000],
    "sound": [
        b"references:\n"
        + b"".join(b"- {id: abc%d, status: confirmed}\n" % n for n in range(38_000))
    ],
    "items": [fill(b"- a\n")] * 2,
}
fuzz = runpy.run_path(sys.argv[1])
for turn in range(200):
    rng = random.Random(f"heavy {turn}")
    fuzz["outcome"](fuzz["damaged"](rng, fuzz["SMALL"], fuzz["ALL"]))
for name, files in cases.items():
    sources = [Source(f"{name}{n}.yaml", data) for n, data in enumerate(files)]
    try:
        KnowledgeBase(read([BASE_FILES, sources]))
        problems = ()
    except BrokenKnowledge as broken:
        problems = broken.problems
    print(f"{name}\t{len(problems)}\t{problems[-1].message if problems else ''}")
with open("/proc/self/status") as file:  # not ru_maxrss, which a child takes over from its parent
    peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
print(f"peak\t{peak}\t")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_file_within_the_limits_takes_200_mb_or_more_problems_than_are_listed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEAVY, __file__],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    counts = {name: int(count) for name, count, _ in rows}
    messages = {name: message for name, _, message in rows}
    assert counts.pop("peak") < 200 * 1000
    assert counts.pop("sound") == 0
    assert all(1 <= count <= 1001 for count in counts.values()), counts
    many = ("wrong records", "wrong sources", "words", "repeated keys", "dangling", "duplicates")
    for name in many:
        assert counts[name] == 1001, name
        assert messages[name] == (
            "more than 1000 problems; mend these first, the rest is not shown"
        )
    assert messages["items"] == "more than 200000 values in all files together; leave some out"
    assert messages["fields"] == "more than 10000 values in one record"
    assert messages["bomb"] == "anchor &a; write values out where needed"
    assert messages["brackets"] == "nested more than 12 deep; records are flatter than that"
