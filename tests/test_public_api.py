"""The public Python API: one call a question, typed answers, the command line's documents."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree

import pytest

import crosscurrent
from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase, load

GATE = str(Path(__file__).parents[1] / "docs" / "examples" / "gate" / "deployment.yaml")
LOANS = str(Path(__file__).parents[1] / "docs" / "examples" / "loans" / "loans.csv")
CREDIT = str(Path(__file__).parents[1] / "docs" / "examples" / "deployments" / "credit.yaml")
HOSTILE = '<script>alert("x")</script>&amp;'
OVERLAY = f"""\
risks:
  - id: hostile_risk
    code: HR
    name: '{HOSTILE}'
    pillar: security
    meaning: changes nothing
correlations:
  - {{subject: HR, factor: D2, sign: '+', sources: [song2019privacy], note: '{HOSTILE}'}}
"""


class Answer(Protocol):
    """What every answer can do."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    def to_dict(self) -> Mapping[str, Any]: ...
    def to_frame(self) -> Any: ...
    def _repr_html_(self) -> str: ...


QUESTIONS: dict[str, tuple[Callable[[], Answer], list[str]]] = {
    "predict": (lambda: crosscurrent.predict("RD1"), ["predict", "RD1"]),
    "predict one risk": (lambda: crosscurrent.predict("RD1", "P1"), ["predict", "RD1", "P1"]),
    "what-if": (
        lambda: crosscurrent.what_if(
            "RD1", raise_=["D2"], lower=["M1"], hold=["O3"], adversary={"role": "malicious_accuser"}
        ),
        "what-if RD1 --raise D2 --lower M1 --hold O3 --adversary role=malicious_accuser".split(),
    ),
    "what-if of one risk": (
        lambda: crosscurrent.what_if("RD1", "P1", hold=["O3"]),
        ["what-if", "RD1", "P1", "--hold", "O3"],
    ),
    "combine": (
        lambda: crosscurrent.combine("RD3@pre", "RD2@in", tensions=True),
        ["combine", "RD3@pre", "RD2@in", "--tensions"],
    ),
    "combine in order": (
        lambda: crosscurrent.combine("RD1", "PD1", "FD2"),
        ["combine", "RD1", "PD1", "FD2"],
    ),
    "collude": (lambda: crosscurrent.collude(), ["collude"]),
    "collude with all": (lambda: crosscurrent.collude("ModExt"), ["collude", "ModExt"]),
    "collude two": (
        lambda: crosscurrent.collude(
            "ModExt",
            "Evsn",
            adversary={"model_knowledge": "graybox", "first.model_knowledge": "blackbox"},
        ),
        [
            *("collude", "ModExt", "Evsn", "--adversary", "model_knowledge=graybox"),
            *("--adversary", "first.model_knowledge=blackbox"),
        ],
    ),
    "collude three": (
        lambda: crosscurrent.collude("poisoning", "membership_inference", "evasion"),
        ["collude", "poisoning", "membership_inference", "evasion"],
    ),
    "chains": (
        lambda: crosscurrent.collude(target="data_reconstruction", limit=3),
        ["collude", "--target", "data_reconstruction", "--limit", "3"],
    ),
    "no chains": (
        lambda: crosscurrent.collude("evasion", target="discriminatory_behavior"),
        ["collude", "evasion", "--target", "discriminatory_behavior"],
    ),
    "plan": (
        lambda: crosscurrent.plan(["R1", "P1"], avoid=["P4"], have=["PD1"], max=3),
        "plan --protect R1 --protect P1 --avoid P4 --have PD1 --max 3".split(),
    ),
    "comply": (lambda: crosscurrent.comply("AISVS:3"), ["comply", "AISVS:3"]),
    "comply with what is in place": (
        lambda: crosscurrent.comply("ai_rmf", have=["PD1", "FD2"]),
        ["comply", "ai_rmf", "--have", "PD1", "--have", "FD2"],
    ),
    "assess": (lambda: crosscurrent.assess(CREDIT), ["assess", CREDIT]),
    "attacks": (
        lambda: crosscurrent.attacks("P1", adversary={"output": "hard_label"}),
        ["attacks", "--risk", "P1", "--output", "hard_label"],
    ),
    "matrix": (lambda: crosscurrent.matrix(), ["matrix"]),
    "combinations": (lambda: crosscurrent.matrix("combinations"), ["matrix", "combinations"]),
    "collusions": (lambda: crosscurrent.matrix("collusions"), ["matrix", "collusions"]),
    "check data": (lambda: crosscurrent.check_data(LOANS), ["data", "check", LOANS]),
    "check": (
        lambda: crosscurrent.check(GATE, today="2027-01-15"),
        ["check", GATE, "--today", "2027-01-15"],
    ),
    "backtest": (
        lambda: crosscurrent.backtest(seed=3, resamples=20),
        ["backtest", "--seed", "3", "--resamples", "20"],
    ),
}
"""Every question in Python, and the same on the command line."""


@pytest.fixture(params=list(QUESTIONS.values()), ids=list(QUESTIONS))
def question(request: pytest.FixtureRequest) -> tuple[Callable[[], Answer], list[str]]:
    """Return a question in both languages."""
    asked: tuple[Callable[[], Answer], list[str]] = request.param
    return asked


@pytest.fixture
def own_knowledge(tmp_path: Path) -> Path:
    """Return a folder of knowledge with names that a page must not take for markup."""
    (tmp_path / "own.yaml").write_text(OVERLAY)
    return tmp_path


class Balanced(HTMLParser):
    """Checks that every element is closed, and that nothing outside is referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        for name, value in attrs:
            assert name in {"style", "scope", "alt", "src"}
            assert name != "src" or str(value).startswith("data:image/svg+xml;base64,")
            assert "url(" not in str(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(answer: Answer) -> set[str]:
    """Check what a notebook shows; return the elements in it."""
    html = answer._repr_html_()
    ElementTree.fromstring(html)
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser.seen


def test_what_is_exported_is_all_there_is_and_sorted() -> None:
    names = crosscurrent.__all__
    assert names == sorted(names, key=lambda name: (not name[0].isupper(), name))
    assert set(names) <= set(dir(crosscurrent))
    assert all(hasattr(crosscurrent, name) for name in names)
    assert all(inspect.getdoc(getattr(crosscurrent, name)) for name in names)
    # what is imported at run time is what type checkers are told
    exported = {module: names.split() for module, names in crosscurrent._EXPORTS.items()}
    assert {"__version__", *(each for own in exported.values() for each in own)} == set(names)
    source = Path(str(crosscurrent.__file__)).read_text(encoding="utf-8")
    told = re.findall(r"^    from \.(\S+) import (\([^)]+\)|.+)$", source, re.MULTILINE)
    assert {module: re.findall(r"\w+", names) for module, names in told} == exported


def test_a_name_that_is_not_exported_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'predikt'"):
        crosscurrent.predikt  # type: ignore[attr-defined] # noqa: B018


def test_importing_it_imports_nothing_heavy() -> None:
    script = (
        "import sys, crosscurrent\n"
        "assert not [n for n in sys.modules if n.startswith('crosscurrent.')]\n"
        "crosscurrent.predict('RD1', 'P1'); crosscurrent.predict('RD1', 'P1')\n"
        "heavy = {'yaml', 'pydantic', 'networkx', 'numpy', 'pandas', 'torch', 'argparse'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    load()  # the script finds the cache filled
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_it_is_typed() -> None:
    for name in ("", ".knowledge", ".predictor", ".validator", ".api"):
        module = importlib.import_module(f"crosscurrent{name}")
        assert (Path(str(module.__file__)).parent / "py.typed").exists()


def test_the_document_is_what_the_command_line_prints(
    question: tuple[Callable[[], Answer], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    ask, words = question
    assert main([*words, "--json"]) == 0
    assert ask().to_dict() == json.loads(capsys.readouterr().out)


def test_an_answer_is_shown_as_tables_and_as_text(
    question: tuple[Callable[[], Answer], list[str]],
) -> None:
    answer = question[0]()
    assert shown(answer) <= {
        "div", "p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "span",
    }  # fmt: skip
    text = str(answer)
    assert repr(answer)[1:-1].split(" ", 1)[1] in " ".join(text.split())
    assert "\n" not in repr(answer)
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_an_answer_is_a_frame(question: tuple[Callable[[], Answer], list[str]]) -> None:
    pytest.importorskip("pandas")
    answer = question[0]()
    frame = answer.to_frame()
    assert list(frame.columns) == list(answer.columns)
    json.dumps(frame.to_dict("records"))  # of plain values alone


def test_frames_have_a_row_for_each_thing(kb: KnowledgeBase) -> None:
    pytest.importorskip("pandas")
    assert len(crosscurrent.predict("RD1").to_frame()) == len(kb.risks)
    matrix = crosscurrent.matrix()
    assert len(matrix.to_frame()) == len(matrix.rows) * len(kb.risks)
    assert len(crosscurrent.matrix("collusions").to_frame()) == len(kb.attacks) * (
        len(kb.attacks) - 1
    )
    chains = crosscurrent.collude(target="data_reconstruction", limit=3)
    assert chains.to_frame()["chain"].nunique() == 3


def test_without_pandas_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'crosscurrent\[pandas\]'") as raised:
        crosscurrent.predict("RD1").to_frame()
    assert isinstance(raised.value, crosscurrent.MissingExtra)
    assert isinstance(raised.value, crosscurrent.InputError)


def test_without_the_extra_it_says_how_to_measure() -> None:
    script = (
        "import importlib.util, crosscurrent\n"
        "there = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *r: None if n == 'torch' else there(n, *r)\n"
        "try: crosscurrent.validate('RD1', 'R1')\n"
        "except crosscurrent.MissingExtra as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert "torch" in done.stdout
    assert "pip install 'crosscurrent[validate]'" in done.stdout


def test_answers_hold_the_predictors_own_results() -> None:
    answer = crosscurrent.predict("RD1", "P2")
    assert answer.conjecture == answer.prediction.conjecture == "increase"
    assert [path.factor.id for path in answer.paths] == [
        "dataset_distinguishability",
        "record_influence",
    ]
    assert answer.knowledge == load().digest
    assert crosscurrent.predict("RD1").predictions[0].risk == "evasion"
    assert crosscurrent.what_if("RD1", "P1", hold=["O3"]).changes[0].after.conjecture == "increase"
    assert not crosscurrent.combine("RD3@pre", "RD2@in").effective
    assert crosscurrent.collude("poisoning", "evasion").amplifies
    assert crosscurrent.plan(["R1"]).plans[0].order
    asked = crosscurrent.comply("AISVS", level="3")
    assert (asked.standard.id, asked.level, asked.outcome) == ("aisvs", "3", "conflict")
    assert {each.id for each in asked.order} == {each.id for each in asked.defenses}
    assert asked.repairs[0].changes
    assert asked.requirements[0].number == "1.1.1"
    assert asked.to_markdown().startswith("# OWASP AISVS")
    assert crosscurrent.attacks("P1").attacks[0].attack == "membership_inference"
    assert crosscurrent.predict("RD1", "P2") == answer
    assert crosscurrent.predict("RD1", "P1") != answer


def test_knowledge_is_a_base_a_folder_or_several(own_knowledge: Path, kb: KnowledgeBase) -> None:
    for given in (own_knowledge, str(own_knowledge), [own_knowledge], load([str(own_knowledge)])):
        answer = crosscurrent.predict("RD1", "HR", knowledge=given)
        assert answer.knowledge == load([str(own_knowledge)]).digest
    assert crosscurrent.predict("RD1", knowledge=kb).knowledge == kb.digest
    with pytest.raises(crosscurrent.UnknownName):
        crosscurrent.predict("RD1", "HR")


def test_hostile_names_stay_text(own_knowledge: Path) -> None:
    answers: list[Answer] = [
        crosscurrent.predict("RD1", knowledge=own_knowledge),
        crosscurrent.predict("RD1", "HR", knowledge=own_knowledge),
        crosscurrent.what_if("RD1", "HR", hold=["D2"], knowledge=own_knowledge),
        crosscurrent.matrix(knowledge=own_knowledge),
    ]
    for answer in answers:
        assert "script" not in shown(answer)
        assert "&lt;script&gt;" in answer._repr_html_()


def test_bad_input_is_told_as_on_the_command_line() -> None:
    with pytest.raises(crosscurrent.UnknownName) as unknown:
        crosscurrent.predict("adverserial_training")
    assert unknown.value.suggestions == ("adversarial_training",)
    with pytest.raises(crosscurrent.InputError, match="nothing is assumed"):
        crosscurrent.what_if("RD1")
    with pytest.raises(crosscurrent.InputError, match="at least two"):
        crosscurrent.combine("RD1")
    with pytest.raises(crosscurrent.InputError, match="nothing to protect"):
        crosscurrent.plan([])
    with pytest.raises(crosscurrent.InputError, match="at most one attack"):
        crosscurrent.collude("evasion", "poisoning", target="evasion")
    with pytest.raises(crosscurrent.InputError, match="a limit counts chains"):
        crosscurrent.collude("evasion", limit=3)  # type: ignore[call-overload]
    with pytest.raises(crosscurrent.InputError, match="the levels are 1, 2, 3"):
        crosscurrent.comply("AISVS", level="4")
    with pytest.raises(crosscurrent.UnknownName, match="unknown matrix"):
        crosscurrent.matrix("interaction")  # type: ignore[call-overload]
    with pytest.raises(crosscurrent.BrokenKnowledge):
        crosscurrent.predict("RD1", knowledge="no/such/folder")


def test_a_single_name_needs_no_list() -> None:
    one = crosscurrent.plan("R1", have="PD1").to_dict()
    assert one == crosscurrent.plan(["R1"], have=["PD1"]).to_dict()
    other = crosscurrent.what_if("RD1", raise_="D2", hold="O3").to_dict()
    assert other == crosscurrent.what_if("RD1", raise_=["D2"], hold=["O3"]).to_dict()


def test_a_measurement_is_the_command_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "results.sqlite"
    words = "validate RD1 R1 --seeds 2 --set training.epochs=1 --set data.records=300"
    assert main([*words.split(), "--store", str(store), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    report = crosscurrent.validate(
        "RD1", "R1", seeds=2, settings={"training.epochs": 1, "data.records": 300}, store=store
    )
    assert report.to_dict() == printed
    assert report.verdict == report.to_dict()["verdict"]
    assert report.outcome == report.to_dict()["outcome"]
    assert report.effect.low <= report.effect.estimate <= report.effect.high
    assert main([*words.split(), "--store", str(store)]) == 0
    assert str(report) == capsys.readouterr().out.rstrip("\n")
    assert "img" in shown(report)
    assert f"{report.effect.low:+.3f}" in report._repr_html_()
    frame = report.to_frame()
    assert list(frame["seed"]) == [0, 1]
    assert list(frame["effect"]) == list(report.effect.differences)


def test_bad_measurements_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    store = tmp_path / "results.sqlite"
    with pytest.raises(crosscurrent.UnknownName, match="adversarial_training"):
        crosscurrent.validate("adverserial_training", "R1", store=store)
    with pytest.raises(crosscurrent.InputError, match="epochs"):
        crosscurrent.validate("RD1", "R1", settings={"training.epochs": 0}, store=store)
    assert not store.exists()


def drawn() -> dict[str, str]:
    """Return the error tree as it is drawn: for each error the one that it hangs below."""
    from crosscurrent import errors

    above: dict[str, str] = {}
    line: list[str] = []
    for prefix, name in re.findall(
        r"^([│├└─ ]*)(\w+)(?:  .*)?$", errors.__doc__ or "", re.MULTILINE
    ):
        depth = len(prefix) // 4
        line[depth:] = [name]
        if depth:
            above[name] = line[depth - 1]
    return above


def test_the_error_tree_is_drawn_whole_and_as_it_is() -> None:
    for package in ("knowledge", "predictor", "validator", "api"):
        module = importlib.import_module(f"crosscurrent.{package}")
        for each in pkgutil.walk_packages(module.__path__, f"crosscurrent.{package}."):
            importlib.import_module(each.name)
    found: dict[str, str] = {}
    left: list[type[BaseException]] = [BaseException]
    while left:
        for kind in left.pop().__subclasses__():
            left.append(kind)
            ours = kind.__module__.startswith("crosscurrent.")
            if ours and not kind.__name__.startswith("_"):
                found[kind.__name__] = kind.__bases__[0].__name__
    assert drawn() == found


def test_second_bases_are_told_in_the_tree() -> None:
    from crosscurrent import errors

    for name in errors.__all__:
        kind = getattr(errors, name)
        for second in kind.__bases__[1:]:
            assert re.search(rf"{name} +also {second.__name__}:", errors.__doc__ or "")
