"""What can be asked, and how."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from knowledge.errors import suggest

__all__ = ["parser", "parsers"]

VERSION = "0.1.0"

_EXAMPLES = """\
examples:
  crosscurrent predict adversarial_training
      what effective adversarial training does to every risk
  crosscurrent predict RD1 P1
      one risk, with every path that speaks for and against it, and the sources
  crosscurrent what-if RD1 P1 --hold model_capacity --lower training_set_size
      the same when capacity is kept constant and there is little data
  crosscurrent combine watermarking@pre outlier_removal@in
      whether two defenses can be combined, and if not, what to change
  crosscurrent collude --target membership_inference
      chains of attacks that end in membership inference, and what breaks them
  crosscurrent plan --protect evasion --protect membership_inference
      which defenses to choose
  crosscurrent matrix --format svg > matrix.svg
      all defenses against all risks, for a slide
  crosscurrent backtest
      how good these predictions are

Names are ids (adversarial_training) or the papers' codes (RD1); crosscurrent kb show lists them.
Exit status: 0 answered, 2 bad input, 1 anything else."""


class _Parser(argparse.ArgumentParser):
    """argparse with suggestions, and without abbreviations that change meaning over time."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, what may have been meant and where help is; exit with 2."""
        unknown = message.partition("unrecognized arguments: ")[2].split()
        flags = [flag for each in parsers(self) for flag in each._option_string_actions]
        for word in unknown:
            close = suggest(word.partition("=")[0], flags) if word.startswith("--") else ()
            if close:
                message += f" (did you mean {' or '.join(close)}?)"
        if message.endswith("required: QUESTION"):
            message = f"ask a question\n\n{self.format_help()}"
        self.exit(2, f"crosscurrent: {message}\nhelp: {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            close = suggest(str(value), known)
            hint = f"did you mean {' or '.join(close)}?" if close else f"one of {', '.join(known)}"
            raise argparse.ArgumentError(action, f"there is no {value!r} ({hint})")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Parsing yields ``module``, the name of the module beside this one whose ``run`` answers, and
    ``status``, the exit status, which an answer may change.
    """
    top = _Parser(
        prog="crosscurrent",
        description="What one ML defense does to every other risk: predicted, explained and cited.",
        epilog=_EXAMPLES,
    )
    top.add_argument("--version", action="version", version=f"crosscurrent {VERSION}")
    # a given prog keeps argparse from formatting usage, and importing shutil, at every start
    top.set_defaults(status=0)
    questions = top.add_subparsers(
        title="questions", metavar="QUESTION", required=True, prog="crosscurrent"
    )

    knowing = _Parser(add_help=False)
    group = knowing.add_argument_group("knowledge")
    group.add_argument(
        "--knowledge",
        metavar="DIR",
        action="append",
        default=[],
        help="add the knowledge files in this folder on top of the built-in ones; may be repeated,"
        " and follows those in CROSSCURRENT_KNOWLEDGE",
    )
    printing = _Parser(add_help=False)
    group = printing.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="one JSON document on standard output")
    group.add_argument("--no-color", action="store_true", help="no colours, as NO_COLOR does")
    common = [knowing, printing]

    one = questions.add_parser(
        "predict",
        parents=common,
        help="what a defense does to every risk, or to one, and why",
        description="What happens to each risk when this defense is effective, and why.",
        epilog="example: crosscurrent predict adversarial_training membership_inference",
    )
    _defense_and_risk(one)
    one.set_defaults(module="_predict")

    scenario = questions.add_parser(
        "what-if",
        parents=common,
        help="the same under assumptions about factors and the adversary",
        description="What changes in the predictions under assumptions about data, model and"
        " adversary.",
        epilog="examples:\n"
        "  crosscurrent what-if differential_privacy --lower training_set_size --raise D2\n"
        "  crosscurrent what-if RD1 R3 --adversary role=malicious_accuser",
    )
    _defense_and_risk(scenario)
    assume = scenario.add_argument_group("assumptions (each may be repeated)")
    for flag, meaning in (
        ("--raise", "the context raises this factor: a longer tail, a larger model, ..."),
        ("--lower", "the context lowers this factor: less data, fewer attributes, ..."),
        ("--hold", "this factor is kept constant by other means, so it carries no effect"),
    ):
        assume.add_argument(
            flag, metavar="FACTOR", action="append", default=[], dest=flag[2:] + "_", help=meaning
        )
    _adversary(assume)
    scenario.set_defaults(module="_what_if")

    _joint_questions(questions, common)

    table = questions.add_parser(
        "matrix",
        parents=common,
        help="all defenses against all risks, or all pairs of defenses or of attacks",
        description="What each defense does to each risk, on one page; or which defenses can be"
        " combined, or which attacks amplify which.",
        epilog="examples:\n  crosscurrent matrix --format svg > matrix.svg\n"
        "  crosscurrent matrix combinations",
    )
    table.add_argument(
        "what",
        metavar="WHAT",
        nargs="?",
        default="interactions",
        choices=["interactions", "combinations", "collusions"],
        help="interactions (default), combinations or collusions",
    )
    table.add_argument(
        "--format",
        choices=["table", "csv", "json", "svg"],
        help="table: a heat map for the terminal (default); svg: a self-contained picture, of"
        " interactions only",
    )
    table.set_defaults(module="_matrix")

    honest = questions.add_parser(
        "backtest",
        parents=common,
        help="how good the conjectures are, against every explored pair",
        description="Compare every conjecture with what was published or measured for that pair.",
        epilog="example: crosscurrent backtest --json",
    )
    honest.add_argument(
        "--seed", type=_natural, default=0, help="seed of the bootstrap (default 0)"
    )
    honest.add_argument(
        "--resamples", type=_positive, default=2000, help="bootstrap resamples (default 2000)"
    )
    honest.set_defaults(module="_backtest")

    _knowledge_questions(questions, knowing, printing)

    shell = questions.add_parser(
        "completion",
        help="print the completion script for a shell",
        description="Print the script that makes a shell complete commands, options and names.",
        epilog='example: eval "$(crosscurrent completion bash)"',
    )
    shell.add_argument("shell", choices=["bash", "zsh", "fish"])
    shell.set_defaults(module="_completion")
    return top


def parsers(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of all commands below it."""
    yield top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from parsers(below)


def _knowledge_questions(
    questions: Any, knowing: argparse.ArgumentParser, printing: argparse.ArgumentParser
) -> None:
    kb = questions.add_parser(
        "kb",
        help="the knowledge base itself: check, show, schema, diff, export",
        description="Look at the knowledge base, check your own on top of it, take it elsewhere.",
    )
    about = kb.add_subparsers(
        title="commands", metavar="COMMAND", required=True, prog="crosscurrent kb"
    )

    check = about.add_parser(
        "check",
        parents=[knowing, printing],
        help="say whether knowledge files are sound, with every problem and its place",
        description="Check the built-in knowledge with the given folders on top.",
        epilog="example: crosscurrent kb check my-knowledge",
    )
    check.add_argument("folders", metavar="DIR", nargs="*", help="folders of knowledge files")
    check.set_defaults(module="_kb_check")

    show = about.add_parser(
        "show",
        parents=[knowing, printing],
        help="show what is known: everything, a section, or one record with its edges",
        description="Show what is known.",
        epilog="examples:\n  crosscurrent kb show\n  crosscurrent kb show factors\n"
        "  crosscurrent kb show tail_length\n  crosscurrent kb show song2019privacy",
    )
    show.add_argument("name", metavar="NAME", nargs="?", help="a section, id or code")
    show.set_defaults(module="_kb_show")

    schema = about.add_parser(
        "schema",
        parents=[printing],
        help="print the JSON Schema of knowledge files, for editors",
        description="Print the JSON Schema of knowledge files, for editors and other programs.",
    )
    schema.set_defaults(module="_kb_schema")

    diff = about.add_parser(
        "diff",
        parents=[knowing, printing],
        help="show what knowledge files change in records and predictions",
        description="Show what these folders, applied in order, change in records and predictions.",
        epilog="example: crosscurrent kb diff my-knowledge",
    )
    diff.add_argument("folders", metavar="DIR", nargs="+", help="folders of knowledge files")
    diff.set_defaults(module="_kb_diff")

    export = about.add_parser(
        "export",
        parents=[knowing, printing],
        help="write the graph as GraphML, JSON or DOT",
        description="Write the graph of factors, defenses and risks for other tools.",
        epilog="example: crosscurrent kb export --format dot | dot -Tsvg > graph.svg",
    )
    export.add_argument("--format", choices=["graphml", "json", "dot"], help="which form")
    export.set_defaults(module="_kb_export")


def _joint_questions(questions: Any, common: Sequence[argparse.ArgumentParser]) -> None:
    together = questions.add_parser(
        "combine",
        parents=common,
        help="whether defenses can be combined, in which order, and if not, what to change",
        description="Whether defenses can be combined in one model: the orders that work, or what"
        " conflicts and the nearest repairs. DEFENSE may name a stage: watermarking@pre.",
        epilog="example: crosscurrent combine watermarking@pre outlier_removal@in explanations",
    )
    together.add_argument(
        "defenses", metavar="DEFENSE", nargs="+", help="id or code of a defense, with its @stage"
    )
    together.add_argument(
        "--tensions",
        action="store_true",
        help="also hints from the factor graph; they foretell conflicts poorly, so no verdict"
        " rests on them",
    )
    together.set_defaults(module="_combine")

    against = questions.add_parser(
        "collude",
        parents=common,
        help="which attacks amplify which, chains of them, and what breaks those",
        description="Whether one attack's outcome amplifies another. One ATTACK: against all"
        " others; two or more: link by link; none: all pairs, or with --target chains.",
        epilog="examples:\n  crosscurrent collude poisoning membership_inference\n"
        "  crosscurrent collude --target data_reconstruction --limit 5\n"
        "  crosscurrent collude ModExt Evsn --adversary model_knowledge=graybox",
    )
    against.add_argument(
        "attacks", metavar="ATTACK", nargs="*", help="id or code of an attack, or the risk's"
    )
    against.add_argument(
        "--target", metavar="RISK", help="chains that end in this attack, those best shown first"
    )
    against.add_argument(
        "--limit", type=_positive, default=5, help="chains to list (default 5); all are counted"
    )
    _adversary(against)
    against.set_defaults(module="_collude")

    choose = questions.add_parser(
        "plan",
        parents=common,
        help="which defenses to choose: sets that protect and raise other risks least",
        description="The sets of defenses that cover what is to be protected, do not conflict, and"
        " raise other risks least, so that none is better than another in every respect.",
        epilog="example: crosscurrent plan --protect evasion --protect membership_inference"
        " --max 3",
    )
    choose.add_argument(
        "--protect",
        metavar="RISK",
        action="append",
        required=True,
        help="a risk to cover; may be repeated",
    )
    choose.add_argument(
        "--avoid",
        metavar="RISK",
        action="append",
        default=[],
        help="a risk that no chosen defense may raise; may be repeated",
    )
    choose.add_argument(
        "--have",
        metavar="DEFENSE",
        action="append",
        default=[],
        help="a defense that is there already and stays, with its @stage; may be repeated",
    )
    choose.add_argument(
        "--max", type=_positive, help="how many defenses at most, those already there included"
    )
    choose.set_defaults(module="_plan")

    catalogue = questions.add_parser(
        "attacks",
        parents=common,
        help="the published attacks that an adversary can mount",
        description="List published attacks that need no more than the stated adversary has.",
        epilog="example: crosscurrent attacks --risk membership_inference"
        " --model-knowledge blackbox --output hard_label",
    )
    catalogue.add_argument("--risk", metavar="RISK", help="only attacks on this risk")
    for scale in (
        "capability",
        "optimization",
        "model-knowledge",
        "output",
        "interaction",
        "data-knowledge",
        "blindness",
    ):
        catalogue.add_argument(
            f"--{scale}", metavar="VALUE", help=f"the adversary's {scale.replace('-', ' ')}"
        )
    catalogue.set_defaults(module="_attacks")


def _adversary(question: argparse._ActionsContainer) -> None:
    question.add_argument(
        "--adversary",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="what the adversary is, knows or can do; crosscurrent kb show adversary lists them",
    )


def _defense_and_risk(question: argparse.ArgumentParser) -> None:
    question.add_argument("defense", metavar="DEFENSE", help="id or code of a defense")
    question.add_argument("risk", metavar="RISK", nargs="?", help="id or code of a risk")


def _natural(text: str) -> int:
    return _whole(text, 0)


def _positive(text: str) -> int:
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        raise argparse.ArgumentTypeError(
            f"should be a whole number from {least} to 999999999, not {text!r}"
        )
    return int(text)
