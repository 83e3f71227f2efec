"""Distributions that offer plug-ins, written into a folder as an installation leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["ATTACK", "DEFENSE", "GROUPS", "distribution"]

GROUPS = {each: f"crosscurrent.{each}" for each in ("defenses", "attacks", "knowledge", "datasets")}

_HEAD = """
from dataclasses import dataclass
import numpy as np
from crosscurrent.validator.plugins import *
"""

DEFENSE = (
    _HEAD
    + """
@dataclass(frozen=True)
class Idle(Defense):
    '''Does nothing.'''
    id = "idle"
    stage = "in"
    times: int = setting(1, "how often it does", least=0, most=9)
"""
)
"""A module with the defense ``idle``."""

ATTACK = (
    _HEAD
    + """
@dataclass(frozen=True)
class Staring(Attack):
    '''Looks at test records.'''
    risk = "staring"
    metrics = (
        Metric("right", "share right", "higher", 0.02,
               lambda got: float(got["right"].mean()), lambda got: len(got["right"])),
    )
    def mount(self, targets, resources):
        found = []
        for each in targets:
            x, y = each.split.pool.x[each.split.test], each.split.pool.y[each.split.test]
            found.append({"right": (each.predictions(x) == y).cpu().numpy()})
        return found
"""
)
"""A module with the attack ``staring``."""


def distribution(
    folder: Path,
    offers: Mapping[str, Mapping[str, str]],
    files: Mapping[str, str],
    name: str = "somebodys-plug-in",
    version: str = "1.2",
) -> None:
    """Write a distribution.

    Parameters
    ----------
    folder : Path
        To be put on the path.
    offers : mapping
        Entry points by the last part of their group, then by name.
    files : mapping of str to str
        Texts by path.
    name, version : str
        Of the distribution.
    """
    about = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (about / "METADATA").write_text(text, encoding="utf-8")
    sections = [
        f"[{GROUPS[group]}]\n" + "".join(f"{key} = {value}\n" for key, value in own.items())
        for group, own in offers.items()
    ]
    (about / "entry_points.txt").write_text("\n".join(sections), encoding="utf-8")
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
