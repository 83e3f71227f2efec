"""The plug-in of docs/plugins.md, as a wheel: found, predicted, measured like ours, conforming."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import example_plugin
import pytest

from crosscurrent.api.cli import main
from crosscurrent.testing import check_attack, check_defense
from crosscurrent.validator.plugins import attack_kind, defense_kind

Capture = pytest.CaptureFixture[str]
TINY = "--model mlp-s --seeds 2 --threads 1 --set training.epochs=1".split()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with the installed example, which is on the path."""
    folder = example_plugin.install(tmp_path_factory.mktemp("site"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "input_noise"]:
        del sys.modules[name]


def test_the_wheel_holds_code_and_knowledge_and_is_listed(site: Path, capsys: Capture) -> None:
    assert (site / "input_noise" / "knowledge" / "input_noise.yaml").is_file()
    assert main(["validate", "--list"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.count("Of crosscurrent-input-noise 0.1.0.") == 2


def test_it_conforms(site: Path) -> None:
    check_defense(defense_kind("input_noise"))
    check_attack(attack_kind("noise_sensitivity"))


def test_it_is_measured_and_what_was_predicted_of_it_is_judged(
    site: Path, capsys: Capture, tmp_path: Path
) -> None:
    store = ["--store", str(tmp_path / "results.sqlite")]
    words = ["validate", "IN", "NS", "--knowledge", "input_noise", *TINY, *store]
    assert main([*words, "--export", str(tmp_path / "measured")]) == 0
    told = capsys.readouterr().out
    assert "a decrease was expected" in told
    assert "defense input noise, from crosscurrent-input-noise 0.1.0" in told
    assert len([*(tmp_path / "measured").iterdir()]) == 1
    assert main(words) == 0
    assert "nothing to train" in capsys.readouterr().err


def test_evidence_of_what_no_knowledge_base_knows_is_not_written(
    site: Path, capsys: Capture, tmp_path: Path
) -> None:
    folder = tmp_path / "measured"
    words = ["validate", "input_noise", "R1", *TINY, "--store", str(tmp_path / "results.sqlite")]
    assert main([*words, "--export", str(folder)]) == 2
    assert "has no record of one of them" in capsys.readouterr().err
    assert not folder.exists()


def test_a_prediction_of_it_imports_neither_the_plug_in_nor_torch(site: Path) -> None:
    program = (
        "import sys; from crosscurrent.api.cli import main;"
        " status = main(['predict', 'IN', 'NS', '--knowledge', 'input_noise']);"
        " print(status, sorted({'torch', 'input_noise'} & sys.modules.keys()))"
    )
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Input noise decreases noise sensitivity" in done.stdout
    assert done.stdout.endswith("0 []\n")
