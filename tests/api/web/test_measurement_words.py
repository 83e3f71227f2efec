"""Words for requests, events and intervals."""

from __future__ import annotations

from typing import Any

import pytest
from running import tiny

from crosscurrent.api.jobs.records import Event
from crosscurrent.api.web.drawings.interval import Interval, intervals
from crosscurrent.api.web.measurements.form import MeasurementForm, again
from crosscurrent.api.web.measurements.outcome import cell_outcomes
from crosscurrent.api.web.measurements.progress import Progress, log_lines, progress
from crosscurrent.api.web.measurements.subject import circumstances, subject
from crosscurrent.api.web.names import Words
from crosscurrent.knowledge import KnowledgeBase, load


def event(number: int, kind: str, **data: Any) -> Event:
    return Event(number, kind, "2026-11-26T20:00:00.000+00:00", data)


def interval(seeds: int, low: float, high: float) -> dict[str, Any]:
    middle = (low + high) / 2
    return {"seeds": seeds, "estimate": middle, "low": low, "high": high, "smallest_effect": 0.02}


def test_events_say_how_far_it_is_also_after_a_loss(kb: KnowledgeBase) -> None:
    assert progress([]) == Progress(0, 0, 0, 0, 0, [], [])
    events = [
        event(1, "accepted"),
        event(2, "started", worker="lab", device="cpu"),
        event(3, "planned", trials=8, remembered=0, work=800),
        event(4, "working", done=100, work=800),
        event(5, "trials", finished=4, trials=8, interval=interval(2, -0.5, 0.5)),
        event(6, "interrupted", error="lost"),
        event(7, "started", worker="lab", device="cpu"),
        event(8, "planned", trials=8, remembered=4, work=400),
        event(9, "trials", finished=6, trials=8, interval=interval(3, -0.1, 0.1)),
        event(10, "working", done=300, work=400),
    ]
    far = progress(events)
    assert far[:5] == (8, 6, 4, 400, 300)
    assert far.share == 0.75
    assert [each["seeds"] for each in far.intervals] == [2, 3]
    said = [text for _, text in log_lines(Words(kb), events)]
    assert said[-1] == "75% trained"
    assert "12% trained" not in said
    assert "8 trials are planned, 4 of them already stored" in said
    assert "Training was interrupted, and goes on in a new process: lost" in said


def test_intervals_narrow_in_the_drawing_and_far_ones_are_cut() -> None:
    found = [
        Interval("after 2 seeds", 0.0, -90.0, 90.0),
        Interval("after 3 seeds", -0.1, -0.3, 0.1),
        Interval("all 4 seeds", -0.2, -0.25, -0.15, "decrease"),
    ]
    assert intervals([], 0.02) is None
    for narrow in (False, True):
        drawing = intervals(found, 0.02, [-0.2, -0.21], narrow=narrow)
        assert drawing is not None
        bars = [each.path for each in drawing.lines if each.kind.startswith("interval")]
        widths = [float(bar.partition("H")[2].split("M")[0]) - float(bar[1:].split()[0])
                  for bar in bars]  # fmt: skip
        assert widths == sorted(widths, reverse=True)
        assert widths[-1] > 10
        assert "L" in bars[0]
        assert "L" not in bars[2]
        assert [each.kind for each in drawing.lines if each.kind.startswith("interval")][-1] == (
            "interval final decrease"
        )
        assert sum(each.kind == "seed" for each in drawing.lines) == 2
        xs = [each.x for each in drawing.labels]
        assert 0 <= min(xs) <= max(xs) <= drawing.width
        assert "−0.200 (−0.250 to −0.150)" in drawing.name
        many = intervals(found[:1] * 300 + found[1:], 0.02, narrow=narrow)
        assert many is not None
        assert many.height < 1000
        assert many.name == drawing.name.replace("3 times", "16 times")


def test_requests_are_told_by_their_names(kb: KnowledgeBase) -> None:
    words = Words(kb)
    assert subject(words, kb, tiny()) == "Placebo → evasion"
    assert subject(words, kb, {"defense": "RD2@post", "risk": "P1"}) == (
        f"{words.called('outlier_removal@post')} → membership inference"
    )
    assert subject(words, kb, {"defense": "fine-pruning", "risk": "mia"}) == (
        f"{words.called('outlier_removal@post')} → membership inference"
    )
    assert subject(words, kb, {"defense": "FD1", "risk": "F", "vary": "D2=1,2"}) == (
        "Group fairness → discriminatory behavior, by tail length"
    )
    assert circumstances({}) == "synthetic, 5 seeds"
    assert circumstances(tiny()).endswith(", 1 more setting")
    assert MeasurementForm(combine=["a", "b"], what="combination").request() == {
        "combine": ["a", "b"]
    }  # fmt: skip


def test_a_defense_that_only_the_validator_knows_has_its_row(kb: KnowledgeBase) -> None:
    cells = [{"defense": "placebo", "risk": "evasion", "outcome": "no_change",
              "verdict": "confirmed"}]  # fmt: skip
    ((defense, found),) = cell_outcomes(load(), Words(kb), cells)
    assert defense == "placebo"
    assert [each is None for each in found].count(False) == 1


def test_the_larger_an_effect_the_stronger_its_colour_but_an_idle_defense_has_none(
    kb: KnowledgeBase,
) -> None:
    def strength(estimate: float, *, effective: bool | None = True) -> int:
        cell = {
            "defense": "outlier_removal@in", "risk": "evasion", "conjecture": "increase",
            "outcome": "increase", "verdict": "confirmed", "effective_defense": effective,
            "effect": {"estimate": estimate, "low": 0.01, "high": 0.9, "smallest_effect": 0.02},
        }  # fmt: skip
        ((_, found),) = cell_outcomes(kb, Words(kb), [cell])
        return next(each.strength for each in found if each)

    assert [strength(each) for each in (0.03, -0.05, 0.5)] == [0, 1, 2]
    assert strength(0.5, effective=None) == 2
    assert strength(0.5, effective=False) == 0


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        ({"all": True, "seeds": 2}, [("all", "1"), ("seeds", "9")]),
        ({"combine": ["a", "b"]}, [("combine", "a"), ("combine", "b"), ("seeds", "9")]),
        (
            {"defense": "a", "risk": "b", "vary": "D1=1,2", "seeds": 2},
            [("defense", "a"), ("risk", "b"), ("vary", "D1=1,2"), ("seeds", "9")],
        ),
        ({"defense": "a", "risk": "b", "memory": 2**30}, None),
    ],
)
def test_only_what_the_form_can_ask_is_asked_again(
    request_: dict[str, Any], query: list[tuple[str, str]] | None
) -> None:
    assert again(request_, {"seeds": 9}) == query
