"""What can be asked about measurements: ``crosscurrent validate``."""

from __future__ import annotations

from argparse import ArgumentParser, _ActionsContainer
from typing import Any

from ._arguments import add_executor_option as executor
from ._arguments import add_knowledge_option as knowing
from ._arguments import add_output_options as printing
from ._arguments import add_store_option as _store
from ._arguments import positive, whole
from .parser import Commands as Questions

__all__ = ["LOCAL", "OTHERS", "colluding", "combining", "validate"]

LOCAL = frozenset({"executor", "export", "json", "knowledge", "list", "no_color", "plot", "store"})
"""What concerns this machine or this terminal only. All else that `validate` adds can be asked for
over the network too; an option that names files belongs here, or needs what `api.jobs.policy`
does for data sets."""


def validate(question: ArgumentParser) -> None:
    """Describe ``crosscurrent validate``."""
    question.description = (
        "Train models with and without the defense, mount the attack behind the risk, and say with"
        " an interval whether the prediction holds for models of this size on this data. What was"
        " measured before is not measured again. DEFENSE may be placebo, which does nothing. With"
        " --all every defense is measured against every risk, at the price of far fewer models."
        " What is predicted of several defenses or attacks together is measured by validate combine"
        " and validate collude, which have help of their own."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent validate differential_privacy membership_inference\n"
        "  crosscurrent validate RD1 R1 --dataset digits --seeds 10\n"
        "  crosscurrent validate PD1 P1 --dataset loans.csv --set defense.epsilon=3\n"
        "  crosscurrent validate FD1 P2 --vary attribute_count=10,20,30 --plot attributes.svg\n"
        "  crosscurrent validate --all --plot grid.svg --export measured\n"
        "  crosscurrent validate --list\n"
        "  crosscurrent validate combine watermarking@pre outlier_removal@in\n"
        "  crosscurrent validate collude poisoning model_extraction"
    )
    question.set_defaults(module="_validate", **_NEITHER)
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
    _experiment(question, "; with --all say whose: defense.ID.NAME=VALUE").add_argument(
        "--vary",
        metavar="FACTOR=VALUE,...",
        help="the same at several values of attribute_count, training_set_size (records in all),"
        " tail_length or model_capacity (models), and how the effect changes with it",
    )
    _machine(question).add_argument(
        "--plot",
        metavar="FILE",
        help="with --all or --vary: also draw it there, measured beside predicted: .png, .svg or"
        " .pdf",
    )


def combining(question: ArgumentParser) -> None:
    """Add which defenses are measured together."""
    question.add_argument(
        "combine",
        metavar="DEFENSE",
        nargs="+",
        help="id or code of a defense, with @ and a stage if not the usual one; two or more",
    )


def colluding(question: ArgumentParser) -> None:
    """Add which attacks are measured together."""
    question.add_argument(
        "collude",
        metavar="ATTACK",
        nargs=2,
        help="id or code of an attack: the one that comes first, and the one that it may amplify",
    )


def _combine(question: ArgumentParser) -> None:
    question.description = (
        "Train models without defense, with each of these alone, and with all together in every"
        " order; and say with an interval whether each is as effective together as alone, and"
        " whether that was predicted."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent validate combine watermarking@pre outlier_removal@in\n"
        "  crosscurrent validate combine RD3@pre FD2 --dataset digits --seeds 10\n"
        "  crosscurrent validate combine RD3@pre RD2@post --set defense.RD3@pre.content=pattern"
    )
    question.set_defaults(module="_validate", **{**_ONE, "collude": None})
    knowing(question)
    printing(question)
    combining(question)
    _experiment(question, ": whose it is, too: defense.ID.NAME=VALUE, attack.ID.NAME=VALUE")
    _machine(question)


def _collude(question: ArgumentParser) -> None:
    question.description = (
        "Mount the second attack with and without what the first one gives, on the same models or"
        " models of the same seeds, and say with an interval whether it is stronger, and whether"
        " that was predicted."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent validate collude poisoning model_extraction\n"
        "  crosscurrent validate collude data_reconstruction membership_inference --seeds 10"
    )
    question.set_defaults(module="_validate", **{**_ONE, "combine": None})
    knowing(question)
    printing(question)
    colluding(question)
    _experiment(question, ": of which attack, too: first.NAME=VALUE or second.NAME=VALUE")
    _machine(question)


_NEITHER: dict[str, Any] = {"combine": None, "collude": None}
_ONE: dict[str, Any] = {
    "defense": None,
    "risk": None,
    "list": False,
    "all": False,
    "plot": None,
    "vary": None,
}
"""What `validate` asks of one pair or of all, where it is about neither."""

OTHERS: Questions = {
    "combine": ("whether defenses are as effective together as alone", _combine),
    "collude": ("whether an attack is stronger after another one", _collude),
}
"""What the first word after ``crosscurrent validate`` may ask instead."""


def _experiment(question: ArgumentParser, whose: str) -> _ActionsContainer:
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
        help="a setting of defense, attack, training or data; may be repeated; see validate"
        f" --list{whose}",
    )
    return what


def _machine(question: ArgumentParser) -> _ActionsContainer:
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
        help="threads (default: the cores, shared with other runs on the same results); on a Ray"
        " cluster those of each task (default there: 1)",
    )
    executor(how)
    _store(how)
    how.add_argument(
        "--export", metavar="DIR", help="also write the evidence there, as knowledge files"
    )
    return how
