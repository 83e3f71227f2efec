"""What can be asked about measurements: ``crosscurrent validate`` and ``crosscurrent results``."""

from __future__ import annotations

from argparse import ArgumentParser, _ActionsContainer

from ._arguments import Questions, knowing, positive, printing, whole

__all__ = ["COMMANDS", "LOCAL", "validate"]

LOCAL = frozenset({"export", "json", "knowledge", "list", "no_color", "plot", "store"})
"""What concerns this machine or this terminal only. All else that `validate` adds can be asked for
over the network too; an option that names files belongs here, or needs what `api.jobs.admission`
does for data sets."""


def validate(question: ArgumentParser) -> None:
    """Describe ``crosscurrent validate``."""
    question.description = (
        "Train models with and without the defense, mount the attack behind the risk, and say with"
        " an interval whether the prediction holds for models of this size on this data. What was"
        " measured before is not measured again. DEFENSE may be placebo, which does nothing. With"
        " --all every defense is measured against every risk, at the price of far fewer models."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent validate differential_privacy membership_inference\n"
        "  crosscurrent validate RD1 R1 --dataset digits --seeds 10\n"
        "  crosscurrent validate PD1 P1 --dataset loans.csv --set defense.epsilon=3\n"
        "  crosscurrent validate FD1 P2 --vary attribute_count=10,20,30 --plot attributes.svg\n"
        "  crosscurrent validate --all --plot grid.svg --export measured\n"
        "  crosscurrent validate --list"
    )
    question.set_defaults(module="_validate")
    knowing(question)
    printing(question)
    question.add_argument(
        "defense",
        metavar="DEFENSE",
        nargs="?",
        help="id or code of a defense, with @ and a stage if not the usual one: RD2@post",
    )
    question.add_argument("risk", metavar="RISK", nargs="?", help="id or code of a risk")
    question.add_argument(
        "--list", action="store_true", help="what can be measured, on what, and what can be set"
    )
    question.add_argument(
        "--all",
        action="store_true",
        help="every defense against every risk; killed, the same command goes on",
    )
    what = question.add_argument_group("experiment")
    what.add_argument(
        "--dataset",
        metavar="NAME|PATH",
        help="digits, breast_cancer, diabetes or synthetic (default), or a file of your own",
    )
    what.add_argument(
        "--model",
        metavar="MODEL",
        help="mlp-s to mlp-xl (default mlp-m), cnn-s to cnn-xl, or your own: package.module:Class",
    )
    what.add_argument(
        "--seeds", type=whole, default=5, metavar="N", help="paired seeds (default 5)"
    )
    what.add_argument(
        "--set",
        metavar="GROUP.NAME=VALUE",
        dest="settings",
        action="append",
        default=[],
        help="a setting of defense, attack, training or data; may be repeated; see --list; with"
        " --all say whose: defense.ID.NAME=VALUE",
    )
    what.add_argument(
        "--vary",
        metavar="FACTOR=VALUE,...",
        help="the same at several values of attribute_count, training_set_size (records in all),"
        " tail_length or model_capacity (models), and how the effect changes with it",
    )
    how = question.add_argument_group("machine")
    how.add_argument("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    how.add_argument(
        "--memory",
        type=positive,
        metavar="MIB",
        help="MiB to use at once (default: half of what is free)",
    )
    how.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="threads (default: the cores, shared with other runs on the same results)",
    )
    _store(how)
    how.add_argument(
        "--export", metavar="DIR", help="also write the evidence there, as knowledge files"
    )
    how.add_argument(
        "--plot",
        metavar="FILE",
        help="with --all or --vary: also draw it there, measured beside predicted: .png, .svg or"
        " .pdf",
    )


def _list(question: ArgumentParser) -> None:
    question.description = "List what was measured."
    question.set_defaults(module="_results_list")
    printing(question)
    _store(question)


def _show(question: ArgumentParser) -> None:
    question.description = "Show one result again, as validate printed it."
    question.epilog = "example: crosscurrent results show 3f9a"
    question.set_defaults(module="_results_show")
    printing(question)
    _result(question)


def _plot(question: ArgumentParser) -> None:
    question.description = "Draw one result: paired seeds, and the effect with its interval."
    question.epilog = "example: crosscurrent results plot 3f9a privacy.svg"
    question.set_defaults(module="_results_plot")
    _result(question)
    question.add_argument("file", metavar="FILE", help="where to write it: .png, .svg or .pdf")


def _report(question: ArgumentParser) -> None:
    question.description = (
        "Write results as one HTML page that needs nothing else: methods, every result with its"
        " figure and numbers, and the command that gives it again."
    )
    question.epilog = "example: crosscurrent results report measured.html"
    question.set_defaults(module="_results_report")
    question.add_argument("file", metavar="FILE", help="where to write it: .html")
    question.add_argument(
        "names", metavar="RESULT", nargs="*", help="ids, or beginnings of them (default: all)"
    )
    _store(question)


def _export(question: ArgumentParser) -> None:
    question.description = (
        "Write results as knowledge files, which predict --knowledge DIR shows as observations."
    )
    question.epilog = "example: crosscurrent results export measured 3f9a"
    question.set_defaults(module="_results_export")
    question.add_argument("folder", metavar="DIR", help="a folder; made if it is not there")
    question.add_argument(
        "names", metavar="RESULT", nargs="*", help="ids, or beginnings of them (default: all)"
    )
    _store(question)


def _prune(question: ArgumentParser) -> None:
    question.description = (
        "Remove results, and the trials that no other result rests on. Without RESULT only trials"
        " of runs that were never finished."
    )
    question.epilog = "example: crosscurrent results prune 3f9a"
    question.set_defaults(module="_results_prune")
    question.add_argument("names", metavar="RESULT", nargs="*", help="ids, or beginnings of them")
    _store(question)


def _result(question: ArgumentParser) -> None:
    question.add_argument("name", metavar="RESULT", help="id, or the beginning of it")
    _store(question)


def _store(question: _ActionsContainer) -> None:
    question.add_argument(
        "--store",
        metavar="FILE",
        help="where results are kept (default: $CROSSCURRENT_RESULTS, or"
        " ~/.local/share/crosscurrent/results.sqlite)",
    )


COMMANDS: Questions = {
    "list": ("list what was measured", _list),
    "show": ("show one result", _show),
    "plot": ("draw one result for a report", _plot),
    "report": ("write results as an HTML page", _report),
    "export": ("write results as knowledge files", _export),
    "prune": ("remove results", _prune),
}
"""The commands of ``crosscurrent results``."""
