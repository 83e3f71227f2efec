"""The documentation is true: its examples print what it says, and what is generated is current."""

from __future__ import annotations

import doctest
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import generate
import preloaded
import pytest

from crosscurrent.api.cli.parser import parser, parsers

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def commands() -> Iterator[Path]:
    """Return the folder with a command that needs no time to start."""
    with preloaded.command() as found:
        yield found


@pytest.mark.parametrize("path", GUIDES, ids=named)
def test_every_command_in_a_guide_prints_what_the_guide_shows(path: Path, commands: Path) -> None:
    """If this fails because an answer changed on purpose, run: make docs."""
    text = path.read_text(encoding="utf-8")
    assert generate.page(text, commands) == text


def test_reference_pages_and_pictures_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, run: make docs."""
    monkeypatch.setenv("COLUMNS", "80")
    for path, content in generate.references().items():
        assert path.read_text(encoding="utf-8") == content, f"{named(path)} is out of date"


@pytest.mark.parametrize("path", GUIDES, ids=named)
def test_python_examples_work_as_shown(path: Path) -> None:
    blocks = re.findall(r"```pycon\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, path.name, str(path), 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session)
    assert result.failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "crosscurrent.knowledge",
        "crosscurrent.knowledge._load",
        "crosscurrent.predictor",
        "crosscurrent.predictor.budget",
        "crosscurrent.predictor.signs",
        "crosscurrent.predictor.interactions",
    ],
)
def test_examples_in_docstrings_work_as_shown(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_files_that_contributing_names_are_there() -> None:
    named = re.findall(
        r"`((?:\w|\.ci)[\w.{},]*/[\w./{},]+)`", (ROOT / "CONTRIBUTING.md").read_text()
    )
    files = [path for each in named for path in _alternatives(each)]
    assert len(files) > 50
    for path in files:
        if not re.search(r"[A-Z]{4}", path):  # stands for a name that is to be chosen
            assert (ROOT / path).exists(), path


def _alternatives(path: str) -> list[str]:
    """Return what a path stands for: ``a/{b,c}.py`` for two."""
    found = re.fullmatch(r"(.*?)\{(.*?)\}(.*)", path)
    if found is None:
        return [path]
    before, inside, after = found.groups()
    return [each for one in inside.split(",") for each in _alternatives(before + one + after)]


def test_every_command_and_option_is_in_the_guides_or_the_reference() -> None:
    guides = "\n".join(path.read_text(encoding="utf-8") for path in GUIDES)
    reference = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    for each in parsers(parser()):
        assert f"## {each.prog}\n" in reference
        if " " in each.prog:
            question = each.prog.split()[1]
            assert f"crosscurrent {question}" in guides or question == "completion"
        for flag in each._option_string_actions:
            assert flag in reference


def test_every_field_of_a_prediction_is_explained() -> None:
    from crosscurrent.knowledge import load
    from crosscurrent.predictor import documents, interactions

    kb = load()
    explained = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for pair in (("RD1", "R3"), ("RD1", "P2")):
        document = documents.prediction_document(kb, interactions.predict(kb, *pair))
        for name, value in document.items():
            assert f"`{name}`" in explained
            for item in value if isinstance(value, list) else ():
                assert all(f"`{inner}`" in explained for inner in item)


def test_the_readme_fits_a_screen_or_two_and_gives_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    assert "make demo" in text
    assert "make test" in text


def test_the_published_schema_is_json() -> None:
    path = ROOT / "docs" / "reference" / "knowledge.schema.json"
    assert json.loads(path.read_text(encoding="utf-8"))["title"] == "Crosscurrent knowledge file"
