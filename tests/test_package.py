"""What a user installs: complete, lean, and with names that are exported on purpose."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.cli._parser import VERSION

ROOT = Path(__file__).parents[1]
PACKAGES = ("knowledge", "predictor", "validator", "api")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def modules() -> list[str]:
    """Return the names of all our modules."""
    names = list(PACKAGES)
    for package in PACKAGES:
        folder = importlib.import_module(package).__path__
        names += [each.name for each in pkgutil.walk_packages(folder, f"{package}.")]
    return names


@pytest.mark.parametrize("name", modules())
def test_all_is_sorted_and_names_only_what_exists(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", None)
    if exported is None:
        assert name in PACKAGES, f"{name} should say what it exports"
        return
    assert list(exported) == sorted(exported, key=lambda n: (not n.isupper(), n[0].islower(), n))
    assert all(hasattr(module, each) for each in exported)


@pytest.mark.parametrize("name", modules())
def test_every_public_name_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for each in getattr(module, "__all__", ()):
        thing = getattr(module, each)
        if callable(thing) and getattr(thing, "__module__", "").partition(".")[0] in PACKAGES:
            assert thing.__doc__, f"{name}.{each}"


def test_the_base_install_is_light() -> None:
    base = {Requirement(each).name for each in PROJECT["dependencies"]}
    assert base == {"argcomplete", "networkx", "pydantic", "pydot", "pyyaml"}


def test_a_project_beside_ours_may_ask_for_other_versions() -> None:
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        pinned[canonicalize_name(name)] = version
    extras = PROJECT["optional-dependencies"].values()
    for each in map(Requirement, [*PROJECT["dependencies"], *itertools.chain(*extras)]):
        assert not {"==", "==="} & {part.operator for part in each.specifier}, each
        tested = pinned[canonicalize_name(each.name)]
        assert each.specifier.contains(tested), f"{each}: what is tested is {tested}"


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["version"] == VERSION
    assert f"## {VERSION}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_importing_everything_warns_of_nothing() -> None:
    script = "import importlib\nfor name in %r: importlib.import_module(name)" % modules()  # noqa: UP031
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_wheel_holds_code_and_knowledge_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    ours = {name for name in inside if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in ours} == set(PACKAGES)
    assert {name.rsplit(".", 1)[1] for name in ours} == {
        "css",
        "html",
        "js",
        "py",
        "svg",
        "typed",
        "yaml",
    }
    base = {f"knowledge/base/{path.name}" for path in (ROOT / "knowledge" / "base").glob("*.yaml")}
    assert base <= inside
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import api.cli; raise SystemExit(api.cli.main(['predict', 'RD1']))",
        ],
        cwd=tmp_path / "installed",
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"Evasion" in done.stdout
