"""The code of a plug-in is noticed when it changes, however its author lays it out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest
from plugin_sites import DEFENSE

from crosscurrent.validator import package_code as packages
from crosscurrent.validator.code_version import code_version
from crosscurrent.validator.package_code import is_foreign

Version = Callable[[str], str]


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Version]:
    """Return what tells the version that a new process would see of a module's defense."""
    monkeypatch.syspath_prepend(tmp_path)
    before = dict(sys.modules)

    def forget() -> None:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
        sys.modules.update(before)
        invalidate_caches()

    def told(module: str) -> str:
        forget()
        sys.modules.pop(module, None)
        monkeypatch.setattr(packages, "_seen", {})
        return code_version([import_module(module).Idle()])

    yield told
    forget()


def write(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


LAYOUTS = {
    "from .helper import VALUE": "spaced/helper.py",
    "from . import helper": "spaced/helper.py",
    "import spaced.helper": "spaced/helper.py",
    "from spaced import helper": "spaced/helper.py",
    "from spaced.deep.helper import VALUE": "spaced/deep/helper.py",
    "from .deep import helper": "spaced/deep/helper.py",
    "from .whole.part import VALUE": "spaced/whole/part.py",
    "from .first import VALUE": "spaced/second.py",
}


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("line", LAYOUTS)
def test_a_helper_in_a_namespace_package_counts(
    line: str, installed: bool, tmp_path: Path, version: Version
) -> None:
    if installed:
        (tmp_path / "some-1.dist-info").mkdir()
    helper = LAYOUTS[line]
    write(tmp_path, "spaced/mine.py", f"{line}\nimport beside\n{DEFENSE}")
    write(tmp_path, "spaced/first.py", "from .second import VALUE\n")
    write(tmp_path, "spaced/stranger.py", "")
    write(tmp_path, "spaced/whole/__init__.py", "")
    write(tmp_path, "beside.py", "")
    write(tmp_path, "spaced/second.py", "VALUE = 1\n")
    write(tmp_path, helper, "VALUE = 1\n")
    before = version("spaced.mine")
    write(tmp_path, "spaced/stranger.py", "VALUE = 2\n")
    assert version("spaced.mine") == before, "it is imported by nothing"
    write(tmp_path, "beside.py", "VALUE = 2\n")
    assert (version("spaced.mine") == before) == installed
    write(tmp_path, "beside.py", "")
    write(tmp_path, helper, "VALUE = 20\n")
    assert version("spaced.mine") != before


def test_a_module_that_is_called_as_one_of_python_s_is_its_author_s(
    tmp_path: Path, version: Version
) -> None:
    write(tmp_path, "profile.py", DEFENSE)
    before = version("profile")
    assert is_foreign("profile")
    write(tmp_path, "profile.py", f"{DEFENSE}# changed\n")
    assert version("profile") != before


def test_what_is_python_s_or_ours_is_not_foreign() -> None:
    names = ["builtins", "sys", "abc", "json.decoder", "typing", packages.__name__]
    assert not any(map(is_foreign, names))
    assert is_foreign("numpy")
