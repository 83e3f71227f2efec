"""The examples for GitHub Actions and pre-commit: what they run does what the guide says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from gates import ACCEPTED, FAIRNESS, deployment

ROOT = Path(__file__).parents[2]
GATE = ROOT / "docs" / "examples" / "gate"
LONG = ACCEPTED.replace("2027-06-30", "9999-12-31")
PASSES, FAILS = deployment(LONG), deployment(LONG, ("PD1", "RD1"))


def plain(file: Path) -> Any:
    """Read YAML whose keys stay texts: on is a key of workflows."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deployment.yaml").write_text(PASSES, encoding="utf-8")
    return tmp_path


def ran(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run words with the installed command on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def steps() -> list[dict[str, Any]]:
    (job,) = plain(GATE / "workflow.yml")["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def step(tmp_path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the steps of the workflow but the installation, as a runner does."""
    commands = [each["run"] for each in steps() if "run" in each]
    assert commands[0] == "python -m pip install crosscurrent"
    script = tmp_path / "step.sh"
    script.write_text("\n".join(commands[1:]))
    return ran(["bash", "-e", str(script)], folder)


def test_the_workflow_runs_where_it_should_and_may_upload_what_the_check_wrote() -> None:
    workflow = plain(GATE / "workflow.yml")
    assert set(workflow["on"]) == {"pull_request", "push", "schedule"}
    assert workflow["permissions"] == {"contents": "read", "security-events": "write"}
    used = [each["uses"].partition("@")[0] for each in steps() if "uses" in each]
    assert used == ["actions/checkout", "actions/setup-python", "github/codeql-action/upload-sarif"]
    upload = steps()[-1]
    (written,) = re.findall(r"--output (\S+)", "\n".join(each.get("run", "") for each in steps()))
    assert upload["with"]["sarif_file"] == written
    assert f"hashFiles('{written}')" in upload["if"]
    assert "!cancelled()" in upload["if"]  # also after the check has failed


def test_the_workflow_passes_and_fails_with_the_deployment(project: Path, tmp_path: Path) -> None:
    done = step(tmp_path, project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Loan applications passes")
    (project / "deployment.yaml").write_text(FAILS, encoding="utf-8")
    done = step(tmp_path, project)
    assert done.returncode == 1
    assert "fails rise:membership_inference:adversarial_training" in done.stdout
    log = json.loads((project / "check.sarif").read_text(encoding="utf-8"))
    found = {
        each["partialFingerprints"]["crosscurrentFinding/v1"]: each["level"]
        for each in log["runs"][0]["results"]
    }
    assert found["rise:membership_inference:adversarial_training"] == "error"
    assert found[FAIRNESS] == "warning"
    uri = log["runs"][0]["artifacts"][0]["location"]["uri"]
    assert (project / uri).exists()  # from the root, as a code host looks for it


def test_a_broken_deployment_leaves_nothing_to_upload(project: Path, tmp_path: Path) -> None:
    (project / "deployment.yaml").write_text("deployment: 1\nnam: x\n", encoding="utf-8")
    done = step(tmp_path, project)
    assert done.returncode == 2
    assert "deployment.yaml:2:1 nam: unknown field (did you mean name?)" in done.stderr
    assert not (project / "check.sarif").exists()


def hooks() -> list[dict[str, Any]]:
    """Return the hook as the repository declares it, and as the example does."""
    (declared,) = plain(ROOT / ".pre-commit-hooks.yaml")
    (repository,) = plain(GATE / "pre-commit-config.yaml")["repos"]
    (example,) = repository["hooks"]
    return [declared, example]


def test_the_declared_hook_is_that_of_the_example() -> None:
    declared, example = hooks()
    assert example.pop("additional_dependencies") == ["crosscurrent"]
    assert declared.pop("description")
    assert declared == example


@pytest.mark.parametrize("hook", hooks(), ids=["declared", "example"])
def test_the_hook_runs_for_the_files_that_matter(hook: dict[str, Any]) -> None:
    files = ["deployment.yaml", "deployment.accepted.json", "other.yaml", "old/deployment.yaml"]
    assert [bool(re.search(hook["files"], each)) for each in files] == [True, True, False, False]


@pytest.mark.parametrize("hook", hooks(), ids=["declared", "example"])
def test_the_hook_stops_a_commit_that_makes_it_worse(hook: dict[str, Any], project: Path) -> None:
    assert hook["pass_filenames"] == "false"
    words = [*hook["entry"].split(), *hook["args"]]
    assert ran(words, project).returncode == 0
    (project / "deployment.yaml").write_text(FAILS, encoding="utf-8")
    assert ran(words, project).returncode == 1
