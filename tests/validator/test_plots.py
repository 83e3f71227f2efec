"""Pictures of verdicts: in three forms, the same every time, whole or not at all."""

from __future__ import annotations

import hashlib
import resource
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from outcomes import DIFFERENCES, document

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.plots.verdict_plots import FORMATS, plot

EFFECTIVE = {"reading": 1.0}
BEGINNINGS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}
VERMILION = "#d55e00"  # of increases
ENDS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>", ".pdf": b"%%EOF"}


def words(file: Path) -> str:
    return " ".join("".join(ET.parse(file).getroot().itertext()).split())


@pytest.mark.parametrize("ending", FORMATS)
def test_each_form_is_written_from_its_beginning_to_its_end(
    kb: KnowledgeBase, tmp_path: Path, ending: str
) -> None:
    for name in (f"verdict{ending}", f"VERDICT{ending.upper()}"):
        file = tmp_path / name
        plot(document(kb, **EFFECTIVE), str(file))
        content = file.read_bytes()
        assert content.startswith(BEGINNINGS[ending])
        assert content.rstrip().endswith(ENDS[ending])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("shows", DIFFERENCES)
def test_a_vector_picture_says_the_numbers_and_the_verdict_as_text(
    kb: KnowledgeBase, tmp_path: Path, shows: str
) -> None:
    found = document(kb, shows=shows, **EFFECTIVE)
    plot(found, str(tmp_path / "v.svg"))
    text = words(tmp_path / "v.svg")
    effect = found["effect"]
    numbers = f"{effect['estimate']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}]"
    assert numbers.replace("-", "−") in text
    assert f"verdict: {found['verdict']}" in text
    assert "Watermarking → membership inference" in text
    assert "AUC of online LiRA" in text
    assert "4 paired seeds" in text
    assert "±0.02" in text
    assert "digits, 629 training records, mlp-s (2410 parameters); expected: increase" in text
    said = {
        "increase": "membership inference: more susceptible",
        "decrease": "membership inference: less susceptible",
        "no_change": "membership inference: no meaningful change",
        "inconclusive": "membership inference: inconclusive",
    }[shows]
    assert said in text


def test_every_seed_is_drawn(kb: KnowledgeBase, tmp_path: Path) -> None:
    sizes = []
    for count in (2, 30):
        shows = tuple(np.random.default_rng(0).normal(0.1, 0.01, count).tolist())
        plot(document(kb, shows=shows, **EFFECTIVE), str(tmp_path / "v.svg"))
        root = ET.parse(tmp_path / "v.svg").getroot()
        uses = [each for each in root.iter() if each.tag.endswith("}use")]
        sizes.append(sum(VERMILION in each.get("style", "") for each in uses))
    assert sizes[1] - sizes[0] == 28 * 3  # two ends of a pair, and one mark on the line


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_the_same_result_gives_the_same_bytes(
    kb: KnowledgeBase, tmp_path: Path, ending: str
) -> None:
    digests = set()
    for name in ("one", "other"):
        file = tmp_path / f"{name}{ending}"
        plot(document(kb, **EFFECTIVE), str(file))
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_users_own_style_is_left_alone_and_changes_no_picture(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    with mpl.rc_context():
        plot(document(kb, **EFFECTIVE), str(tmp_path / "one.svg"))
        before = dict(mpl.rcParams)
        plot(document(kb, **EFFECTIVE), str(tmp_path / "other.svg"))
        assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    "shows",
    [
        (0.0, 0.0, 0.0, 0.0),
        (1.0, 1.0, 1.0, 1.0),
        (-0.5, 0.5),
        (1e-9, -1e-9, 1e-9),
        tuple(0.001 * i for i in range(200)),
    ],
)
def test_extreme_results_can_be_drawn(
    kb: KnowledgeBase, tmp_path: Path, shows: tuple[float, ...]
) -> None:
    plot(document(kb, shows=shows, **EFFECTIVE), str(tmp_path / "v.svg"))
    assert "nan" not in words(tmp_path / "v.svg")


@pytest.mark.parametrize("name", ["my_$data^{2}$ & <b>", "x$y{$", "a\\$b", "100%"])
def test_names_with_a_meaning_to_the_plotter_stay_text(
    kb: KnowledgeBase, tmp_path: Path, name: str
) -> None:
    found = document(kb, **EFFECTIVE)
    found["scale"]["dataset"] = name
    plot(found, str(tmp_path / "v.svg"))
    assert f"{name}, 629 training records" in words(tmp_path / "v.svg")


@pytest.mark.parametrize("name", ["v.gif", "v", "v.svgz", ".svg", "v.svg.partial", "svg", ""])
def test_other_endings_are_refused_with_those_that_work(
    kb: KnowledgeBase, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"should end in \.png, \.svg, \.pdf"):
        plot(document(kb, **EFFECTIVE), name)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond this size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("ending", FORMATS)
def test_a_full_disk_leaves_the_old_picture_and_no_half_of_a_new_one(
    kb: KnowledgeBase, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"v{ending}"
    plot(document(kb, **EFFECTIVE), str(file))
    before = file.read_bytes()
    with room_for(2000), pytest.raises(OSError, match="too large"):
        plot(document(kb, shows="decrease", **EFFECTIVE), str(file))
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(OSError, match=r"folder\.svg"):
        plot(document(kb, **EFFECTIVE), str(tmp_path / "folder.svg"))
    with pytest.raises(InputError, match=r"no/such\.svg: there is no folder .*no; make it"):
        plot(document(kb, **EFFECTIVE), str(tmp_path / "no" / "such.svg"))
    assert [each.name for each in tmp_path.iterdir()] == ["folder.svg"]
