"""Knowledge files of an installed plug-in are asked by its name, and nothing of it is imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from plugin_sites import distribution

from crosscurrent.knowledge import BrokenKnowledge, load
from crosscurrent.knowledge.entry_points import entry_points, knowledge_folder
from crosscurrent.knowledge.errors import Problem

RECORDS = """
references: [{id: me2026, status: confirmed, title: Mine}]
correlations: [{subject: FD1, factor: D2, sign: '+', sources: [me2026]}]
"""
RAISING = "raise RuntimeError('imported')\n"


def offering(folder: Path, value: str, name: str = "mine", **more: str) -> None:
    files = {
        "mine_plugin/__init__.py": RAISING,
        "mine_plugin/inner/__init__.py": RAISING,
        "mine_plugin/inner/records/own.yaml": RECORDS,
        "flat.py": RAISING,
    }
    distribution(folder, {"knowledge": {name: value}}, files, **more)


def test_a_plug_in_s_knowledge_is_asked_by_name_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(tmp_path, "mine_plugin.inner.records")
    monkeypatch.syspath_prepend(tmp_path)
    own = load(["mine"], cached=False)
    assert own.references["me2026"].title == "Mine"
    assert own.digest == load([str(tmp_path / "mine_plugin/inner/records")], cached=False).digest
    assert "mine_plugin" not in sys.modules
    assert "me2026" not in load(cached=False).references, "only on request"
    (found,) = entry_points("crosscurrent.knowledge")["mine"]
    assert (found.distribution, found.version) == ("somebodys-plug-in", "1.2")


def test_problems_in_its_files_have_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(tmp_path, "mine_plugin.inner.records")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "mine_plugin/inner/records/own.yaml"
    file.write_text("defences: []\n", encoding="utf-8")
    with pytest.raises(BrokenKnowledge, match=f"^{file}:1:1 defences: "):
        load(["mine"], cached=False)


@pytest.mark.parametrize("value", ["nowhere.at.all", "flat", "mine_plugin.absent", "a:b", "."])
def test_an_entry_point_that_leads_nowhere_is_named(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(tmp_path, value)
    monkeypatch.syspath_prepend(tmp_path)
    said = r"mine: entry point mine = .* \(crosscurrent.knowledge\) of somebodys-plug-in 1.2: there"
    with pytest.raises(BrokenKnowledge, match=said):
        load(["mine"], cached=False)


def test_a_name_that_is_offered_twice_or_nearly_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        offering(tmp_path / name, "mine_plugin.inner.records", name="records", **{"version": "1"})
        about = tmp_path / name / "somebodys_plug_in-1.dist-info" / "METADATA"
        about.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path / name)
    twice = knowledge_folder("records")
    assert isinstance(twice, Problem)
    assert "is offered twice: entry point records" in twice.message
    nearly = knowledge_folder("recods")
    assert isinstance(nearly, Problem)
    assert nearly.message.endswith("did you mean records?")
    assert knowledge_folder("something-else") == "something-else"


def test_a_folder_with_knowledge_files_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(tmp_path / "site", "mine_plugin.inner.records")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    folder = str(tmp_path / "site/mine_plugin/inner/records")
    assert knowledge_folder("mine") == folder
    Path("mine").mkdir()
    assert knowledge_folder("mine") == folder, "it holds no knowledge files"
    assert knowledge_folder("./mine") == "./mine"
    Path("mine/own.yml").write_text(RECORDS, encoding="utf-8")
    assert knowledge_folder("mine") == "mine"


def test_damaged_metadata_of_others_disturbs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(tmp_path, "mine_plugin.inner.records")
    (tmp_path / "odd-1.dist-info").mkdir()
    (tmp_path / "odd-1.dist-info" / "entry_points.txt").write_text("[crosscurrent.x]\nno value\n")
    (tmp_path / "void-1.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert [*entry_points("crosscurrent.knowledge")] == ["mine"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"Metadata-Version: 2.1\nName: odd\n",
        b"Metadata-Version: 2.1\nVersion: 1\n",
        b"Metadata-Version: 2.1\nName: \xff\xfe\nVersion: 1\n",
        b"Metadata-Version: 2.1\nName: odd\nVersion: 1\nSummary: \xe9\n",
    ],
)
def test_a_plug_in_with_damaged_metadata_is_left_out(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering(tmp_path / "sound", "mine_plugin.inner.records")
    offering(tmp_path / "odd", "mine_plugin.inner.records", name="odd")
    about = tmp_path / "odd" / "somebodys_plug_in-1.2.dist-info"
    (about / "METADATA").unlink()
    if content is not None:
        (about / "METADATA").write_bytes(content)
    for name in ("sound", "odd"):
        monkeypatch.syspath_prepend(tmp_path / name)
    assert [*entry_points("crosscurrent.knowledge")] == ["mine"]
    assert knowledge_folder("odd") == "odd"
    assert load(["mine"], cached=False).references["me2026"].title == "Mine"
