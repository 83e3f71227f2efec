"""``crosscurrent validate --list``: what can be measured, on what, and what can be set."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..text.terminal import columns
from ._common import as_json, style

__all__ = ["listing"]


def listing(arguments: Namespace) -> str:
    """List defenses, risks, settings, what can be varied, data sets and models."""
    from crosscurrent.validator.experiments.catalogue import catalogue

    found = catalogue()
    if arguments.json:
        return as_json(found)
    look = style(arguments)
    parts = []
    for title in ("defenses", "risks", "training"):
        rows = [row for each in found[title] for row in _rows(each)]
        parts += [look.paint(title.capitalize(), "bold"), columns(rows, look.width), ""]
    rows = [[each["id"], each["set"], each["about"]] for each in found["factors"]]
    parts += [look.paint("Factors, for --vary", "bold"), columns(rows, look.width), ""]
    for title in ("datasets", "models"):
        rows = [[each["id"], each["about"]] for each in found[title]]
        parts += [look.paint(title.capitalize(), "bold"), columns(rows, look.width), ""]
    return look.finish("\n".join(parts).rstrip())


def _rows(each: dict[str, Any]) -> list[list[str]]:
    own = [[each["id"], "", each["about"]]]
    return own + [
        [f"  {knob['set']}", f"{knob['default']}", knob["about"]] for knob in each["settings"]
    ]
