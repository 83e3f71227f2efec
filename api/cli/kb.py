"""``crosscurrent kb``: the knowledge base itself, checked, shown, compared and exported."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import (
    BrokenKnowledge,
    CatalogueMapping,
    InputError,
    KnowledgeBase,
    Observation,
    Record,
    load,
)
from crosscurrent.knowledge.errors import clip

from ..answers import catalogue
from ..text.names import cite, percent
from ..text.terminal import Style, columns, paragraph
from ..text.wording import PREDICATES, STAGES
from ._arguments import add_knowledge_option, add_output_options
from ._common import (
    again,
    as_json,
    as_markup,
    knowledge,
    output_format,
    overlays,
    style,
    with_knowledge_line,
)
from .parser import CommandParser, Commands

if TYPE_CHECKING:
    from crosscurrent.predictor.differences import Differences
    from crosscurrent.predictor.interactions import Prediction

__all__ = ["add_arguments"]

_FORMS = ("graphml", "json", "dot", "sssom", "jsonld", "navigator")
_SHOWN_SHIFTS = 5
_TIE = "\N{NO-BREAK SPACE}"  # keeps a factor and its arrow on one line


def add_arguments(parser: CommandParser) -> None:
    """Describe the command and add those below it."""
    parser.description = "Show, check, compare and export knowledge."
    parser.add_commands(_COMMANDS)


def _check_arguments(parser: ArgumentParser) -> None:
    parser.description = "Check the built-in knowledge with the given folders on top."
    parser.epilog = "example: crosscurrent kb check my-knowledge"
    parser.set_defaults(run=_check)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument("folders", metavar="DIR", nargs="*", help="folders of knowledge files")


def _check(arguments: Namespace) -> str:
    """Return what is broken as JSON; for text it is raised with all its problems."""
    folders = [*overlays(arguments), *arguments.folders]
    try:
        kb = load(folders)
    except BrokenKnowledge as error:
        if not arguments.json:
            raise
        arguments.status = 2
        problems = [problem._asdict() for problem in error.problems]
        return as_json({"kind": "check", "sound": False, "problems": problems})
    counts = {section: len(records) for section, records in kb.rows.items()}
    if arguments.json:
        sound = {"sound": True, "knowledge": kb.digest, "folders": folders, "records": counts}
        return as_json({"kind": "check", **sound})
    what = "the built-in knowledge" + "".join(f" + {folder}" for folder in folders)
    named = {"adversary": "characteristics of adversaries"}
    total = ", ".join(f"{count} {named.get(section, section)}" for section, count in counts.items())
    return style(arguments).finish(f"sound: {what}\n{total}\n{kb.digest}")


def _show_arguments(parser: ArgumentParser) -> None:
    parser.description = "Show what is known."
    parser.epilog = (
        "examples:\n  crosscurrent kb show\n  crosscurrent kb show factors\n"
        "  crosscurrent kb show tail_length\n  crosscurrent kb show song2019privacy"
    )
    parser.set_defaults(run=_show)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="a section, or the id, code or alias of a record"
    )


def _show(arguments: Namespace) -> str:
    kb, name, look = knowledge(arguments), arguments.name, style(arguments)
    if arguments.json:
        if name is None:
            return as_json(catalogue.overview(kb))
        known = name in kb.rows
        return as_json(catalogue.section(kb, name) if known else catalogue.record(kb, name))
    rows = kb.rows
    if name is None:
        return look.finish(_overview(kb, catalogue.counts(rows), look))
    if name in rows:
        return with_knowledge_line(_section(kb, name, look), kb.digest, look)
    section, record = catalogue.find(kb, name, rows)
    body = _record(kb, rows[section][record.id], record, look, again(arguments))
    return with_knowledge_line(body, kb.digest, look)


def _overview(kb: KnowledgeBase, counts: Mapping[str, int], look: Style) -> str:
    lines = [look.paint("Knowledge", "bold"), f"  {kb.digest}", ""]
    for section, count in counts.items():
        records = getattr(kb, section)
        names = [f"{r.code}={i}" if getattr(r, "code", None) else i for i, r in records.items()]
        shown = ", ".join(names) if count <= 10 else f"such as {', '.join(names[:2])}"
        lines += [f"  {section} ({count})", paragraph(shown, look.width, "    ")]
    lines += ["", "more: crosscurrent kb show factors, or any name above"]
    return "\n".join(lines)


def _section(kb: KnowledgeBase, section: str, look: Style) -> str:
    rows = []
    for identity, record in getattr(kb, section).items():
        if section in ("adversary", "conditions"):
            about = (" < " if record.ordered else ", ").join(record.values)
        elif section == "correlations":
            about = f"{record.sign}  {cite(kb, record.sources)}"
        elif section == "observations":
            about = look.effect(record.effect) + " (measured)" * record.measured
        elif section == "mappings":
            about = f"{PREDICATES[record.predicate]}  {record.label or ''}".rstrip()
        elif section == "catalogues":
            about = f"{record.name}, {record.edition}"
        elif section == "requirements":
            about = f"{record.asks}  {record.summary}"
        elif section == "references":
            about = f"{cite(kb, [identity])}: {record.title or record.topic}"
        else:
            about = getattr(record, "name", "") or getattr(record, "finding", "")
            about += "(measured)" * getattr(record, "measured", False)
        rows.append([getattr(record, "code", None) or "", identity, about])
    return columns(rows, look.width)


def _record(
    kb: KnowledgeBase, row: Mapping[str, Any], record: Record, look: Style, more: str
) -> str:
    title = row.get("name") or row.get("title") or record.id
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(record).__name__).lower()
    lines = [look.paint(f"{title} ({kind} {record.id})", "bold"), ""]
    shown = {key: value for key, value in row.items() if key not in ("id", "name")}
    if aliases := kb.aliases_of(record):
        shown["aliases"] = list(aliases)
    lines += _fields(shown, look)
    edges = catalogue.edges(kb, record)
    if edges:
        lines += ["", look.paint("Correlations", "bold")]
        rows = [[e.subject, e.sign, e.factor, cite(kb, e.sources)] for e in edges]
        lines.append(columns(rows, look.width))
    if mappings := kb.mappings_of(record.id):
        lines += ["", look.paint("In other catalogues", "bold")]
        lines.append(columns([_mapping(kb, each) for each in mappings], look.width))
    if required := kb.requirements_of(record.id):
        lines += ["", look.paint("Requirements", "bold")]
        lines.append(columns([[r.number, r.asks, r.summary] for r in required], look.width))
    seen = [
        o for o in kb.observations.values()
        if record.id in (o.defense, o.risk, *o.sources) and o.effect != "unexplored"
    ]  # fmt: skip
    if seen and not isinstance(record, Observation):
        lines += ["", look.paint("Observations", "bold")]
        lines.append(
            columns(
                [
                    [
                        o.defense,
                        look.effect(o.effect) + " (measured)" * o.measured,
                        o.risk,
                        cite(kb, o.sources),
                    ]
                    for o in seen
                ],
                look.width,
            )
        )
    if isinstance(record, Observation):
        tested = kb.experiments_on(record.defense, record.risk)
        lines += [f"  numbers: crosscurrent kb show {each.id}{more}" for each in tested]
    return "\n".join(lines)


def _fields(value: Any, look: Style, depth: int = 1) -> Iterator[str]:
    """Write nested fields as indented lines."""
    indent = "  " * depth
    for key, inner in value.items():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield f"{indent}{key}:"
            for item in inner:
                text = ", ".join(f"{k}: {_plain(v)}" for k, v in item.items())
                yield paragraph(f"- {text}", look.width, f"{indent}  ")
        else:
            yield paragraph(f"{key}: {_plain(inner)}", look.width, indent)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{k}={_plain(v)}" for k, v in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    return "yes" if value is True else "no" if value is False else str(value)


def _mapping(kb: KnowledgeBase, mapping: CatalogueMapping) -> list[str]:
    """Say in cells what a catalogue calls a record, or that it has no name for it."""
    catalogue = kb.catalogues[mapping.catalogue]
    at = f" ({STAGES[mapping.stage]})" if mapping.stage else ""
    named = " ".join(filter(None, [mapping.object, mapping.label]))
    about = "; ".join(filter(None, [named, mapping.note]))
    return [f"{catalogue.name}, {catalogue.edition}", PREDICATES[mapping.predicate] + at, about]


def _schema_arguments(parser: ArgumentParser) -> None:
    parser.description = "Print the JSON Schema of knowledge files, for editors and other programs."
    parser.set_defaults(run=_schema)
    add_output_options(parser)


def _schema(_: Namespace) -> str:
    from crosscurrent.knowledge.schema import schema

    return as_json(schema())


def _diff_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Show what these folders, applied in order, change in records and predictions."
    )
    parser.epilog = "example: crosscurrent kb diff my-knowledge"
    parser.set_defaults(run=_diff)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument("folders", metavar="DIR", nargs="+", help="folders of knowledge files")


def _diff(arguments: Namespace) -> str:
    standing = overlays(arguments)
    before, after = load(standing), load([*standing, *arguments.folders])
    if arguments.json:
        from crosscurrent.api.answers.comparisons import diff

        return as_json(diff(before, after))
    from crosscurrent.predictor.differences import differences

    return _describe(before, after, differences(before, after), style(arguments))


def _describe(before: KnowledgeBase, after: KnowledgeBase, result: Differences, look: Style) -> str:
    if result.before == result.after:
        return f"nothing changes: {result.after}"
    lines = [look.paint("Records", "bold"), ""]
    records = [
        [verb, section, name + _sign(kb, section, name)]
        for verb, kb, sections in (
            ("added", after, result.added),
            ("retracted", before, result.retracted),
        )
        for section, names in sections.items()
        for name in names
    ]
    records += [
        ["revised", section, f"{name}: {field} {_brief(old)} → {_brief(new)}"]
        for section, revised in result.revised.items()
        for name, changes in revised.items()
        for field, (old, new) in changes.items()
    ]
    lines.append(columns(records, look.width))
    lines += ["", look.paint("Predictions", "bold"), ""]
    rows = []
    for change in result.predictions:
        name = _pair(after, change.after) or _pair(before, change.before)
        rows.append([name, "before", *_answer(change.before, look)])
        rows.append(["", "after", *_answer(change.after, look)])
    lines.append(
        columns(rows, look.width) if rows else "  none changes in conjecture, paths or observations"
    )
    if result.shifted:
        count = len(result.shifted)
        lines += ["", f"  the probability alone moves for {count} more pairs, most for:"]
        shifts = [
            [
                _pair(after, new),
                f"{percent(old.probability_increase)} → {percent(new.probability_increase)}",
            ]
            for old, new in result.shifted[:_SHOWN_SHIFTS]
            if old and new
        ]
        lines.append(columns(shifts, look.width))
    lines += ["", f"{result.before[:19]} → {result.after[:19]}"]
    return look.finish("\n".join(lines).replace(_TIE, " "))


def _sign(kb: KnowledgeBase, section: str, name: str) -> str:
    return f" ({kb.correlations[name].sign})" if section == "correlations" else ""


def _brief(value: object) -> str:
    return "nothing" if value is None else clip(str(value), 40)


def _pair(kb: KnowledgeBase, prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    defense, risk = kb.defenses[prediction.defense], kb.risks[prediction.risk]
    return f"{defense.code or defense.id} → {risk.code or risk.id}"


def _answer(prediction: Prediction | None, look: Style) -> list[str]:
    if prediction is None:
        return ["not known", "", "", ""]
    from .predict import measured, published

    arrows = {"+": look.glyph("increase"), "-": look.glyph("decrease")}
    paths = (
        f"{path.factor.code or path.factor.id}{_TIE}{arrows.get(path.effect, path.effect)}"
        for path in prediction.paths
    )
    return [
        look.effect(prediction.conjecture),
        percent(prediction.probability_increase),
        published(prediction, look) + (f"; {seen}" if (seen := measured(prediction, look)) else ""),
        ", ".join(paths),
    ]


def _export_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Write the graph of factors, defenses and risks for other tools, what catalogues call"
        " defenses and risks (sssom), both as linked data (jsonld), or what a defense does to"
        " techniques of MITRE ATLAS, as a layer of the ATLAS Navigator (navigator)."
    )
    parser.epilog = (
        "examples:\n  crosscurrent kb export --format dot | dot -Tsvg > graph.svg\n"
        "  crosscurrent kb export --format sssom > crosscurrent.sssom.tsv\n"
        "  crosscurrent kb export --format navigator --defense dp > dp.layer.json"
    )
    parser.set_defaults(run=_export)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument("--format", choices=_FORMS, help="output format")
    parser.add_argument(
        "--defense", metavar="DEFENSE", help="with navigator: id, code or alias of the defense"
    )


def _export(arguments: Namespace) -> str:
    form = output_format(arguments)
    if form is None:
        raise InputError(f"choose a format: --format {', '.join(_FORMS[:-1])} or {_FORMS[-1]}")
    if (form == "navigator") != (arguments.defense is not None):
        raise InputError("a layer is of one defense: give --format navigator and --defense DEFENSE")
    kb = knowledge(arguments)
    if form == "navigator":
        from ..formats.navigator import navigator

        return as_json(navigator(kb, arguments.defense))
    if form == "sssom":
        from crosscurrent.knowledge.sssom import sssom

        return sssom(kb, built_in=not overlays(arguments))
    if form == "jsonld":
        from crosscurrent.knowledge.skos import skos

        return as_json(skos(kb))
    from crosscurrent.knowledge import graph

    if form == "json":
        return as_json(graph.node_link(kb))
    return as_markup(graph.graphml(kb) if form == "graphml" else graph.dot(kb))


_COMMANDS: Commands = {
    "check": (
        "say whether knowledge files are sound, with every problem and its place",
        _check_arguments,
    ),
    "show": (
        "show what is known: everything, a section, or one record with its edges",
        _show_arguments,
    ),
    "schema": ("print the JSON Schema of knowledge files, for editors", _schema_arguments),
    "diff": ("show what knowledge files change in records and predictions", _diff_arguments),
    "export": (
        "write the graph, names of others, or what a defense does, for other tools",
        _export_arguments,
    ),
}
"""In the order of the help."""
