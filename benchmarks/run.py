"""Measure what an answer costs, beside other ways to the same answer.

``python benchmarks/run.py [--quick] [--json]``. Everything is measured in one run, on what is
installed; a comparison is only timed after all ways gave the same answers, and a mismatch aborts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from time import perf_counter

from answers import calibration_times, matrix_times
from joint import joint_times
from pairs import PATHS, WHOLE, Disagreement, measure
from report import Aim, Section, table
from starting import WARM, command_times, load_times
from timing import machine

from crosscurrent.knowledge import load


def main() -> int:
    """Run, print, and say which aims are met; the exit status only tells of disagreement."""
    parser = argparse.ArgumentParser(description="Measure what an answer costs.")
    parser.add_argument("--quick", action="store_true", help="few repeats: shows that it works")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout, the tables on stderr"
    )
    arguments = parser.parse_args()
    out = sys.stderr if arguments.json else sys.stdout
    start = perf_counter()
    print(f"{machine()}{'; quick, so rough' if arguments.quick else ''}\n", file=out, flush=True)
    sections: dict[str, Section] = {}
    try:
        for section in _sections(quick=arguments.quick):
            sections[section.key] = section
            print(table(section), file=out, flush=True)
    except Disagreement as error:
        print(f"the ways disagree: {error}", file=sys.stderr)
        return 1
    reached = aims(sections)
    notes = (f"all answers agreed; {perf_counter() - start:.0f} s in all",)
    print(table(Section("aims", "Aims", notes, tuple(reached))), file=out)
    if arguments.json:
        figures = {key: [row._asdict() for row in s.rows] for key, s in sections.items()}
        figures["aims"] = [aim._asdict() for aim in reached]
        print(json.dumps({"machine": machine(), "quick": arguments.quick, **figures}, indent=2))
    return 0


def _sections(*, quick: bool) -> Iterator[Section]:
    """Yield the tables in order, as they are measured."""
    base = load(cached=False)
    yield measure(base, 500 if quick else 30000)
    yield matrix_times(base, 4 if quick else 80)
    yield command_times(3 if quick else 60)
    yield load_times(base, 1 if quick else 24)
    yield calibration_times(base, 2 if quick else 40)
    yield joint_times(base, 1 if quick else 12, 6 if quick else 9)


def aims(sections: dict[str, Section]) -> list[Aim]:
    """Compare the figures with what was to be reached."""
    built_in = {row.way: row for row in sections["pairs"].rows if row.knowledge == "built-in"}
    command = next(row for row in sections["commands"].rows if row.command == WARM)
    pair, gain, start = built_in[WHOLE].p50_us, built_in[PATHS].p50_to_ours, command.times_bare
    return [
        Aim("one whole prediction in 10 us or less", f"{pair:.1f} us", pair <= 10),
        Aim(
            "paths and verdict 10 times as fast as networkx paths", f"{gain:.1f} times", gain >= 10
        ),
        Aim("the command within 6 bare Python starts", f"{start:.1f} starts", start <= 6),
    ]


if __name__ == "__main__":
    sys.exit(main())
