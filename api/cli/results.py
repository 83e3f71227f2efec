"""``crosscurrent results``: what was measured, to list, show, draw, pool, report or remove."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError, legible
from crosscurrent.validator.results.kinds import kind_of
from crosscurrent.validator.results.repeats import repeats

from ..text.measured import describe
from ..text.measured.audit import headline
from ..text.measured.pools import describe as describe_pools
from ..text.names import signed
from ..text.terminal import columns
from ._arguments import add_output_options, add_pair_arguments, add_store_option
from ._common import as_json, style, wrote
from ._measuring import needed, store
from .parser import CommandParser, Commands

if TYPE_CHECKING:
    from crosscurrent.validator.results.store import Entry, Store

__all__ = ["add_arguments"]

_PAGES = (".html", ".htm")


def add_arguments(parser: CommandParser) -> None:
    """Describe the command and add those below it."""
    parser.description = "Manage stored results. They are in one file."
    parser.add_commands(_COMMANDS)


def _list_arguments(parser: ArgumentParser) -> None:
    parser.description = "List stored results."
    parser.set_defaults(run=_list)
    add_output_options(parser)
    add_store_option(parser)


def _list(arguments: Namespace) -> str:
    kept = _store(arguments)
    found = kept.experiments()
    if arguments.json:
        return as_json({"kind": "results", "results": [each.document for each in found]})
    look = style(arguments)
    if not found:
        return look.finish(
            f"nothing measured yet ({kept.file})\nnext: crosscurrent validate --list"
        )
    rows = [["result", "finished", "verdict", "effect", "what"]]
    for each in found:
        document = each.document
        if kind_of(document) == "audit":
            rows.append(
                [each.address[:12], each.written[:16].replace("T", " "), *headline(document)]
            )
            continue
        where = f"on {document['scale']['dataset']}, {repeats(document)}"
        when = each.written[:16].replace("T", " ")
        what = f"{_subject(document)} {where}"
        rows.append([each.address[:12], when, document["verdict"], _effect(document), what])
    return look.finish(columns(rows, look.width, indent=""))


def _subject(document: dict[str, Any]) -> str:
    """Say what was measured."""
    kind = kind_of(document)
    if kind == "combination":
        return " + ".join(document["defenses"])
    if kind == "collusion":
        return f"{document['first']} → {document['second']}"
    return f"{document['defense']} {document['risk']}" if "defense" in document else kind


def _effect(document: dict[str, Any]) -> str:
    """Say what came out; of several effects there is no one number."""
    if "effect" not in document:
        return str(document["outcome"]).replace("_", " ")
    return signed(document["effect"]["estimate"])


def _show_arguments(parser: ArgumentParser) -> None:
    parser.description = "Show one result again, as validate or audit printed it."
    parser.epilog = "example: crosscurrent results show 3f9a"
    parser.set_defaults(run=_show)
    add_output_options(parser)
    _add_result_arguments(parser)


def _show(arguments: Namespace) -> str:
    document = _store(arguments).experiment(arguments.name).document
    return as_json(document) if arguments.json else describe(document, style(arguments))


def _plot_arguments(parser: ArgumentParser) -> None:
    parser.description = "Draw one result: paired seeds, and the effect with its interval."
    parser.epilog = "example: crosscurrent results plot 3f9a privacy.svg"
    parser.set_defaults(run=_plot)
    _add_result_arguments(parser)
    parser.add_argument("file", metavar="FILE", help="where to write it: .png, .svg or .pdf")


def _plot(arguments: Namespace) -> str:
    document = _store(arguments).experiment(arguments.name).document
    if kind_of(document) == "audit":
        from crosscurrent.validator.plots.audit_plots import audit_plot

        audit_plot(document, arguments.file)
    else:
        from crosscurrent.validator.measurements import draw

        draw(document, arguments.file)
    return f"wrote {arguments.file}"


def _report_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Write results as one self-contained HTML page: methods, every result with its figure and"
        " numbers, and the command that gives it again."
    )
    parser.epilog = "example: crosscurrent results report measured.html"
    parser.set_defaults(run=_report)
    parser.add_argument("file", metavar="FILE", help="where to write it: .html")
    parser.add_argument(
        "names", metavar="RESULT", nargs="*", help="ids or unique prefixes (default: all)"
    )
    add_store_option(parser)


def _report(arguments: Namespace) -> str:
    if os.path.splitext(arguments.file)[1].lower() not in _PAGES:
        raise InputError(f"{arguments.file}: should end in {' or '.join(_PAGES)}")
    kept = store(arguments)
    found = _chosen(kept, arguments.names)
    if not found:
        raise InputError(
            f"nothing measured yet ({kept.file}): crosscurrent validate --all measures everything"
        )
    from crosscurrent.validator.results.files import write_whole

    from ..reports.verdicts import report

    page = report(load(), [each.document for each in found])
    write_whole(arguments.file, page.encode())
    return f"wrote {arguments.file}"


def _export_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Write results as knowledge files, which predict --knowledge DIR shows as observations; or"
        " those of a defense and a risk as reports for AVID, the AI Vulnerability Database."
    )
    parser.epilog = (
        "examples:\n  crosscurrent results export measured 3f9a\n"
        "  crosscurrent results export reports --format avid"
    )
    parser.set_defaults(run=_export)
    parser.add_argument("folder", metavar="DIR", help="a folder; created if missing")
    parser.add_argument(
        "names", metavar="RESULT", nargs="*", help="ids or unique prefixes (default: all)"
    )
    parser.add_argument(
        "--format",
        choices=("knowledge", "avid"),
        default="knowledge",
        help="knowledge files (default), or reports for AVID",
    )
    add_store_option(parser)


def _export(arguments: Namespace) -> str:
    kept = _store(arguments)
    found = _chosen(kept, arguments.names)
    if arguments.format == "avid":
        return wrote(list(_reports(found, arguments.folder)))
    from crosscurrent.validator.results.evidence import export

    written = export([each.document for each in found], arguments.folder)
    return wrote(written)


def _reports(found: Sequence[Entry], folder: str) -> Iterator[str]:
    """Write a report for each measured pair of a defense and a risk; yield the files."""
    import json
    from datetime import datetime

    from crosscurrent.validator.results.documents import verdicts_of
    from crosscurrent.validator.results.evidence import prepare
    from crosscurrent.validator.results.files import write_whole
    from crosscurrent.validator.results.outcomes import PLACEBO

    from ..formats.avid import measured

    prepare(folder)
    kb = load()
    for entry in found:
        for document in verdicts_of(entry.document):
            defense, risk, short = document["defense"], document["risk"], document["id"][:12]
            if defense == PLACEBO:
                continue
            report = measured(kb, document, datetime.fromisoformat(entry.written))
            file = os.path.join(folder, f"{defense}.{risk}.{short}.avid.json")
            write_whole(file, f"{json.dumps(report, indent=2, ensure_ascii=False)}\n".encode())
            yield file


def _pool_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Pool measured effects over data sets: for each defense and risk the mean effect with its"
        " interval, how much the data sets differ, and where another one would lie. Only results"
        " that compare are pooled, and each data set counts once; what is left out is listed."
    )
    parser.epilog = (
        "examples:\n  crosscurrent results pool\n  crosscurrent results pool RD1 P1 --plot"
        " forest.svg\n  crosscurrent results pool --from adult.json --from compas.json"
    )
    parser.set_defaults(run=_pool)
    add_output_options(parser)
    add_pair_arguments(parser, needed=False)
    parser.add_argument(
        "--over",
        choices=("data", "model"),
        default="data",
        help="what the pooled results differ in: data (default) or model, on the same data",
    )
    parser.add_argument(
        "--from",
        dest="files",
        metavar="FILE",
        action="append",
        default=[],
        help="results that validate --json or results list --json has printed, grids too, instead"
        " of the stored ones; may be repeated",
    )
    parser.add_argument(
        "--plot",
        metavar="FILE",
        help="with a defense and a risk: also write a forest plot to FILE (.png, .svg or .pdf)",
    )
    add_store_option(parser)


def _pool(arguments: Namespace) -> str:
    needed("audit")
    if arguments.plot is not None:
        if arguments.risk is None:
            raise InputError("--plot draws one cell: name a DEFENSE and a RISK")
        from crosscurrent.validator.plots.figures import require_form

        require_form(arguments.plot)
    if arguments.files and arguments.store:
        raise InputError("--from reads files, and --store the stored results: give one")
    from crosscurrent.validator.results.pools import study

    from ..answers.pools import pools

    studies = map(study, _to_pool(arguments))
    found = pools(load(), studies, arguments.defense, arguments.risk, arguments.over)
    if not found["pools"]:
        where = ", ".join(map(legible, arguments.files)) or store(arguments).file
        raise InputError(
            f"{where}: no such result; crosscurrent validate"
            f" {arguments.defense or 'DEFENSE'} {arguments.risk or 'RISK'} --dataset NAME measures"
            " one"
        )
    if arguments.plot is not None:
        from crosscurrent.validator.plots.forest_plots import forest_plot

        forest_plot(found, arguments.plot)
    return as_json(found) if arguments.json else describe_pools(found, style(arguments))


def _to_pool(arguments: Namespace) -> Iterator[dict[str, Any]]:
    """Yield the results that are to be pooled, the latest last."""
    from crosscurrent.validator.results.documents import read_results, verdicts_of

    for file in arguments.files:
        yield from read_results(file)
    if not arguments.files:
        for each in store(arguments).experiments():
            yield from verdicts_of(each.document)


def _prune_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Remove results, and the trials that no other result uses. Without RESULT, remove only"
        " trials of runs that were never finished."
    )
    parser.epilog = "example: crosscurrent results prune 3f9a"
    parser.set_defaults(run=_prune)
    parser.add_argument("names", metavar="RESULT", nargs="*", help="ids or unique prefixes")
    add_store_option(parser)


def _prune(arguments: Namespace) -> str:
    kept = _store(arguments)
    chosen = sorted({kept.experiment(name).address for name in arguments.names})
    results, trials = kept.prune(chosen)
    return f"removed {_count(results, 'result')} and {_count(trials, 'trial')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _store(arguments: Namespace) -> Store:
    needed("audit")  # what was measured with the other extra can be read with this one
    return store(arguments)


def _chosen(kept: Store, names: Sequence[str]) -> list[Entry]:
    """Return the results of these names; of no name, all."""
    return [kept.experiment(name) for name in names] or kept.experiments()


def _add_result_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="RESULT", help="id or unique prefix")
    add_store_option(parser)


_COMMANDS: Commands = {
    "list": ("list stored results", _list_arguments),
    "show": ("show one result", _show_arguments),
    "plot": ("draw one result for a report", _plot_arguments),
    "pool": ("pool effects over data sets", _pool_arguments),
    "report": ("write results as an HTML page", _report_arguments),
    "export": ("write results as knowledge files, or as reports for AVID", _export_arguments),
    "prune": ("remove results", _prune_arguments),
}
"""In the order of the help."""
