"""What can be asked, and with which words.

A question has a line in `QUESTIONS`, and a function that describes it and adds its arguments; that
function runs only when the question is asked. It names the module beside this one whose ``run``
answers.
"""

from __future__ import annotations

from argparse import ArgumentParser

from ._arguments import (
    Questions,
    adversary,
    also,
    ask,
    defense_and_risk,
    knowing,
    natural,
    positive,
    printing,
)

__all__ = ["QUESTIONS"]


def _predict(question: ArgumentParser) -> None:
    question.description = "What happens to each risk when this defense is effective, and why."
    question.epilog = "example: crosscurrent predict adversarial_training membership_inference"
    question.set_defaults(module="_predict")
    knowing(question)
    printing(question)
    defense_and_risk(question)


def _what_if(question: ArgumentParser) -> None:
    question.description = (
        "What changes in the predictions under assumptions about data, model and adversary."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent what-if differential_privacy --lower training_set_size --raise D2\n"
        "  crosscurrent what-if RD1 R3 --adversary role=malicious_accuser"
    )
    question.set_defaults(module="_what_if")
    knowing(question)
    printing(question)
    defense_and_risk(question)
    assume = question.add_argument_group("assumptions (each may be repeated)")
    for flag, meaning in (
        ("--raise", "the context raises this factor: a longer tail, a larger model, ..."),
        ("--lower", "the context lowers this factor: less data, fewer attributes, ..."),
        ("--hold", "this factor is kept constant by other means, so it carries no effect"),
    ):
        assume.add_argument(
            flag, metavar="FACTOR", action="append", default=[], dest=flag[2:] + "_", help=meaning
        )
    adversary(assume)


def _combine(question: ArgumentParser) -> None:
    question.description = (
        "Whether defenses can be combined in one model: the orders that work, or what conflicts"
        " and the nearest repairs. DEFENSE may name a stage: watermarking@pre."
    )
    question.epilog = (
        "example: crosscurrent combine watermarking@pre outlier_removal@in explanations"
    )
    question.set_defaults(module="_combine")
    knowing(question)
    printing(question)
    question.add_argument(
        "defenses", metavar="DEFENSE", nargs="+", help="id or code of a defense, with its @stage"
    )
    question.add_argument(
        "--tensions",
        action="store_true",
        help="also hints from the factor graph; they foretell conflicts poorly, so no verdict"
        " rests on them",
    )


def _collude(question: ArgumentParser) -> None:
    question.description = (
        "Whether one attack's outcome amplifies another. One ATTACK: against all others; two or"
        " more: link by link; none: all pairs, or with --target chains."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent collude poisoning membership_inference\n"
        "  crosscurrent collude --target data_reconstruction --limit 5\n"
        "  crosscurrent collude ModExt Evsn --adversary model_knowledge=graybox"
    )
    question.set_defaults(module="_collude")
    knowing(question)
    printing(question)
    question.add_argument(
        "attacks", metavar="ATTACK", nargs="*", help="id or code of an attack, or the risk's"
    )
    question.add_argument(
        "--target", metavar="RISK", help="chains that end in this attack, those best shown first"
    )
    question.add_argument(
        "--limit", type=positive, help="chains to list (default 5); all are counted"
    )
    adversary(question)


def _plan(question: ArgumentParser) -> None:
    question.description = (
        "The sets of defenses that cover what is to be protected, do not conflict, and raise"
        " other risks least, so that none is better than another in every respect."
    )
    question.epilog = (
        "example: crosscurrent plan --protect evasion --protect membership_inference --max 3"
    )
    question.set_defaults(module="_plan")
    knowing(question)
    printing(question)
    question.add_argument(
        "--protect",
        metavar="RISK",
        action="append",
        required=True,
        help="a risk to cover; may be repeated",
    )
    question.add_argument(
        "--avoid",
        metavar="RISK",
        action="append",
        default=[],
        help="a risk that no chosen defense may raise; may be repeated",
    )
    question.add_argument(
        "--have",
        metavar="DEFENSE",
        action="append",
        default=[],
        help="a defense that is there already and stays, with its @stage; may be repeated",
    )
    question.add_argument(
        "--max", type=positive, help="how many defenses at most, those already there included"
    )


def _attacks(question: ArgumentParser) -> None:
    question.description = "List published attacks that need no more than the stated adversary has."
    question.epilog = (
        "example: crosscurrent attacks --risk membership_inference --model-knowledge blackbox"
        " --output hard_label"
    )
    question.set_defaults(module="_attacks")
    knowing(question)
    printing(question)
    question.add_argument("--risk", metavar="RISK", help="only attacks on this risk")
    for scale in (
        "capability",
        "optimization",
        "model-knowledge",
        "output",
        "interaction",
        "data-knowledge",
        "blindness",
    ):
        question.add_argument(
            f"--{scale}", metavar="VALUE", help=f"the adversary's {scale.replace('-', ' ')}"
        )


def _matrix(question: ArgumentParser) -> None:
    question.description = (
        "What each defense does to each risk, on one page; or which defenses can be combined, or"
        " which attacks amplify which."
    )
    question.epilog = (
        "examples:\n  crosscurrent matrix --format svg > matrix.svg\n"
        "  crosscurrent matrix combinations"
    )
    question.set_defaults(module="_matrix")
    knowing(question)
    printing(question)
    question.add_argument(
        "what",
        metavar="WHAT",
        nargs="?",
        default="interactions",
        choices=["interactions", "combinations", "collusions"],
        help="interactions (default), combinations or collusions",
    )
    question.add_argument(
        "--format",
        choices=["table", "csv", "json", "svg"],
        help="table: a heat map for the terminal (default); svg: a self-contained picture, of"
        " interactions only",
    )


def _backtest(question: ArgumentParser) -> None:
    question.description = (
        "Compare every conjecture with what was published or measured for that pair."
    )
    question.epilog = "example: crosscurrent backtest --json"
    question.set_defaults(module="_backtest")
    knowing(question)
    printing(question)
    question.add_argument(
        "--seed", type=natural, default=0, help="seed of the bootstrap (default 0)"
    )
    question.add_argument(
        "--resamples", type=positive, default=2000, help="bootstrap resamples (default 2000)"
    )


def _completion(question: ArgumentParser) -> None:
    question.description = (
        "Print the script that makes a shell complete commands, options and names."
    )
    question.epilog = 'example: eval "$(crosscurrent completion bash)"'
    question.set_defaults(module="_completion")
    question.add_argument("shell", choices=["bash", "zsh", "fish"])


def _kb(question: ArgumentParser) -> None:
    question.description = (
        "Look at the knowledge base, check your own on top of it, take it elsewhere."
    )
    from ._kb_questions import COMMANDS  # only for whoever asks for one

    ask(question, COMMANDS, title="commands", metavar="COMMAND")


def _validate(question: ArgumentParser) -> None:
    from ._measuring_questions import OTHERS, validate

    validate(question)
    also(question, OTHERS)


def _worker(question: ArgumentParser) -> None:
    from ._worker_questions import worker

    worker(question)


def _results(question: ArgumentParser) -> None:
    question.description = "Look at what was measured; results are kept in one file."
    from ._measuring_questions import COMMANDS

    ask(question, COMMANDS, title="commands", metavar="COMMAND")


def _serve(question: ArgumentParser) -> None:
    from ._serving_questions import serve

    serve(question)


def _keys(question: ArgumentParser) -> None:
    question.description = "API keys for crosscurrent serve; without a file of keys it asks none."
    from ._serving_questions import COMMANDS

    ask(question, COMMANDS, title="commands", metavar="COMMAND")


QUESTIONS: Questions = {
    "predict": ("what a defense does to every risk, or to one, and why", _predict),
    "what-if": ("the same under assumptions about factors and the adversary", _what_if),
    "combine": (
        "whether defenses can be combined, in which order, and if not, what to change",
        _combine,
    ),
    "collude": ("which attacks amplify which, chains of them, and what breaks those", _collude),
    "plan": ("which defenses to choose: sets that protect and raise other risks least", _plan),
    "attacks": ("the published attacks that an adversary can mount", _attacks),
    "matrix": ("all defenses against all risks, or all pairs of defenses or of attacks", _matrix),
    "backtest": ("how good the conjectures are, against every explored pair", _backtest),
    "validate": ("measure whether a prediction holds, by training models", _validate),
    "results": ("what was measured: list, show, plot, report, export, prune", _results),
    "worker": ("run the validations that a service has accepted", _worker),
    "kb": ("the knowledge base itself: check, show, schema, diff, export", _kb),
    "serve": ("answer over HTTP: REST under /v1, for programs and teams", _serve),
    "keys": ("API keys for the service: add, list, remove", _keys),
    "completion": ("print the completion script for a shell", _completion),
}
"""In the order in which help lists them: a summary, and the function that adds the arguments."""
