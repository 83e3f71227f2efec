"""The installed package: complete, lean, and with names that are exported on purpose."""

from __future__ import annotations

import importlib
import itertools
import os
import pkgutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosscurrent import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = tuple(f"crosscurrent.{name}" for name in ("knowledge", "predictor", "validator", "api"))
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
        assert hasattr(module, "__path__"), f"{name} should say what it exports"
        return
    assert list(exported) == sorted(exported, key=lambda n: (not n.isupper(), n[0].islower(), n))
    assert all(hasattr(module, each) for each in exported)


@pytest.mark.parametrize("name", modules())
def test_every_public_name_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for each in getattr(module, "__all__", ()):
        thing = getattr(module, each)
        if callable(thing) and getattr(thing, "__module__", "").startswith("crosscurrent."):
            assert thing.__doc__, f"{name}.{each}"


def test_the_base_install_is_light() -> None:
    base = {Requirement(each).name for each in PROJECT["dependencies"]}
    assert base == {"argcomplete", "jinja2", "networkx", "pydantic", "pydot", "pyyaml"}


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
    assert PROJECT["dynamic"] == [
        "version"
    ]  # pyproject.toml reads it from crosscurrent/__init__.py
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_importing_everything_warns_of_nothing() -> None:
    script = "import importlib\nfor name in %r: importlib.import_module(name)" % modules()  # noqa: UP031
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_a_wheel_holds_code_and_knowledge_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    ours = {name for name in inside if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in ours} == {"crosscurrent"}
    assert {name.rsplit(".", 1)[1] for name in ours} == {
        "css",
        "gz",
        "html",
        "js",
        "py",
        "svg",
        "typed",
        "yaml",
    }
    packed = {name for name in ours if name.endswith(".gz")}
    assert packed == {"crosscurrent/api/answers/reference_pools.json.gz"}
    base = {
        f"crosscurrent/{path.relative_to(ROOT)}"
        for layer in ("papers", "literature")
        for path in (ROOT / "knowledge" / layer).glob("*.yaml")
    }
    assert base <= inside
    assert {name for name in inside if name.endswith("py.typed")} == {
        "crosscurrent/py.typed",
        *(f"crosscurrent/{package.split('.')[1]}/py.typed" for package in PACKAGES),
    }


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """Install the wheel into a fresh environment; return its Python.

    What it depends on is that of this environment, but for our own packages, so that nothing is
    downloaded.
    """
    venv.create(tmp_path / "venv", symlinks=os.name != "nt")
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    folder = Path(site.stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    others = [
        path
        for path in Path(sysconfig.get_path("purelib")).iterdir()
        if "crosscurrent" not in path.name and path.suffix != ".pth"
    ]
    below = tmp_path / "others"
    below.mkdir()
    for path in others:
        (below / path.name).symlink_to(path, target_is_directory=path.is_dir())
    (folder / "others.pth").write_text(f"{below}\n")
    return python


@pytest.mark.skipif(os.name == "nt", reason="links take a privilege there")
def test_installed_it_works_beside_a_project_with_packages_of_the_same_names(
    installed: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    for name in ("api", "knowledge", "predictor", "validator"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    script = (
        "import crosscurrent\n"
        "assert 'project' not in crosscurrent.__file__ and 'venv' in crosscurrent.__file__\n"
        "print(crosscurrent.predict('RD1'))\n"
    )
    for words in (["-m", "crosscurrent", "predict", "RD1"], ["-c", script]):
        done = subprocess.run(
            [str(installed), *words],
            cwd=project,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "Evasion" in done.stdout
