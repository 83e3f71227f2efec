"""A data check in words."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import clip

from .terminal import Style, columns, paragraph

if TYPE_CHECKING:
    from crosscurrent.validator.data import check_types as shapes

__all__ = ["column_row", "describe", "facts", "next_command", "title"]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SHOWN = 40
_CLASSES = 12
_NOTES = 20
_NAME = 30
"""As many characters of a name are shown."""


def describe(document: shapes.DataCheck, look: Style) -> str:
    """Describe a data check, as `data check --json` gives it."""
    lines = [look.paint(paragraph(title(document), look.width), "bold"), ""]
    lines += [columns(facts(document), look.width), ""]
    rows = [column_row(each) for each in document["columns"]]
    if len(rows) > _SHOWN:
        more = f"… {len(rows) - _SHOWN} more"
        rows = [*rows[:_SHOWN], [more, "", "", "", "", "--json lists them"]]
    head = ["column", "read as", "values", "missing", "different", "becomes"]
    lines.append(columns([head, *rows], look.width))
    for each in (each for each in document["sensitive"] if each["groups"]):
        lines += ["", columns(_groups(document, each), look.width)]
    for head_, told in (
        ("Done to the data", [each["message"] for each in document["notes"]]),
        ("Beware", [each["message"] for each in document["warnings"]]),
        ("To do before it can be used", document["problems"]),
    ):
        if told:
            lines += ["", look.paint(head_, "bold"), *_listed(told, look)]
    if (command := next_command(document)) is not None:
        lines += ["", columns([["next", command]], look.width, indent="")]
    return look.finish("\n".join(lines))


def title(document: shapes.DataCheck) -> str:
    """Return what was checked, and whether it can be used."""
    usable = "can be used" if document["usable"] else "cannot be used as it is"
    return f"Data check of {document['file']}: {usable}"


def facts(document: shapes.DataCheck) -> list[list[str]]:
    """Return what was understood of the file as a whole: what each is about, and what it is."""
    rows = [["file", _file(document)]]
    rows.append(["card", document["card"] or "none"])
    target = document["target"]
    if target is not None:
        classes = target["classes"]
        shown = ", ".join(
            f"{clip(each['name'], _NAME)} {each['records']:,}" for each in classes[:_CLASSES]
        )
        if len(classes) > _CLASSES:
            shown += f" and {len(classes) - _CLASSES} more"
        one = f"; class 1 is {clip(classes[1]['name'], _NAME)}" if len(classes) == 2 else ""
        rows.append(["target", f"{clip(target['column'], _NAME)}: {shown}{one}"])
    if document["sensitive"]:
        kept = document["sensitive"][0]["kept"]
        named = ", ".join(clip(each["column"], _NAME) for each in document["sensitive"])
        seen = "attributes too: models see" if kept else "no attributes: models do not see"
        them = "them" if len(document["sensitive"]) > 1 else "it"
        rows.append(["sensitive", f"{named} ({seen} {them})"])
    elif document["card"] is not None:
        rows.append(["sensitive", "none"])
    rows.append(["records", _records(document)])
    if (data := document["data"]) is not None:
        shape = data["shape"]
        if len(shape) == 1:
            rows.append(["attributes", f"{shape[0]:,}"])
        else:
            channels, height, width = shape
            one = "1 channel" if channels == 1 else f"{channels} channels"
            rows.append(["images", f"{height} by {width} pixels, {one}"])
    return rows


def column_row(column: shapes.Column) -> list[str]:
    """Return a row on a column: name, what it is read as, counts, and what it becomes."""
    kind = column["type"]
    if column["stored"] not in (None, kind):
        kind += f" ({column['stored']})"
    return [
        clip(column["name"], _NAME),
        kind,
        f"{column['values']:,}",
        f"{column['missing']:,}",
        f"{column['different']:,}",
        _becomes(column),
    ]


def next_command(document: shapes.DataCheck) -> str | None:
    """Return the command that measures on this data, if it can be used."""
    if not document["usable"]:
        return None
    pair = "FD1 F" if document["sensitive"] else "PD1 P1"
    return f"crosscurrent validate {pair} --dataset {shlex.quote(document['file'])}"


def _file(document: shapes.DataCheck) -> str:
    read = document["read"]
    parts = [read["format"]]
    if "encoding" in read:
        mark = " with a byte order mark" if read.get("byte_order_mark") else ""
        parts.append(f"{read['encoding']}{mark}")
        parts.append(f"separated by {_SEPARATORS[read['separator']]}")
    if "shape" in read:
        parts.append(f"x is {' × '.join(map(str, read['shape']))}, {read['type']}")
    return ", ".join(parts)


def _records(document: shapes.DataCheck) -> str:
    found = document["records"]
    if document["data"] is None:
        return f"{found['read']:,}"
    dropped = f"{found['dropped']:,} dropped" if found["dropped"] else "none dropped"
    equal = f"{found['duplicates']:,}" if found["duplicates"] else "none"
    return f"{found['used']:,} of {found['read']:,} used, {dropped}; duplicates: {equal}"


def _becomes(column: shapes.Column) -> str:
    count = column["attributes"]
    attributes = f"{count:,} attribute{'s' * (count != 1)}"
    if column["role"] == "left_out" or (column["role"] == "attribute" and column["why"]):
        return f"left out: {column['why']}"
    if column["becomes"] is None:
        return "not clear: see below"
    if column["becomes"] == "number":
        told = f"{attributes}, a number"
    else:
        told = f"{attributes}, one a level" if count else f"the {column['becomes']}"
    if column["becomes"] in ("classes", "groups") and count:
        told = f"the {column['becomes']}, and {attributes}"
    if column["least"] is not None and column["becomes"] == "number":
        return f"{told} ({column['least']:g} to {column['greatest']:g})"
    return f"{told} ({', '.join(column['examples'])})" if column["examples"] else told


def _groups(document: shapes.DataCheck, sensitive: shapes.Sensitive) -> list[list[str]]:
    target = document["target"]
    classes = [] if target is None else target["classes"]
    named = bool(classes) and len(classes) <= 4 and all(g["classes"] for g in sensitive["groups"])
    head = [f"by {clip(sensitive['column'], _NAME)}", "records"]
    if named and target is not None:
        head += [f"{clip(target['column'], _NAME)} {clip(each['name'], _NAME)}" for each in classes]
    rows = [[*head, ""]]
    for each in sensitive["groups"]:
        counts = [f"{count:,}" for count in each["classes"]] if named else []
        small = "few" if each["small"] else ""
        rows.append([clip(each["name"], _NAME), f"{each['records']:,}", *counts, small])
    return rows


def _listed(told: list[str], look: Style) -> list[str]:
    lines = [columns([["-", each]], look.width) for each in told[:_NOTES]]
    if len(told) > _NOTES:
        lines.append(f"  … {len(told) - _NOTES} more: --json lists them")
    return lines
