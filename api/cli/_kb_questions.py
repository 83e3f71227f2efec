"""What can be asked about the knowledge base itself: the commands of ``crosscurrent kb``."""

from __future__ import annotations

from argparse import ArgumentParser

from ._arguments import Questions, knowing, printing

__all__ = ["COMMANDS"]


def _check(question: ArgumentParser) -> None:
    question.description = "Check the built-in knowledge with the given folders on top."
    question.epilog = "example: crosscurrent kb check my-knowledge"
    question.set_defaults(module="_kb_check")
    knowing(question)
    printing(question)
    question.add_argument("folders", metavar="DIR", nargs="*", help="folders of knowledge files")


def _show(question: ArgumentParser) -> None:
    question.description = "Show what is known."
    question.epilog = (
        "examples:\n  crosscurrent kb show\n  crosscurrent kb show factors\n"
        "  crosscurrent kb show tail_length\n  crosscurrent kb show song2019privacy"
    )
    question.set_defaults(module="_kb_show")
    knowing(question)
    printing(question)
    question.add_argument("name", metavar="NAME", nargs="?", help="a section, id or code")


def _schema(question: ArgumentParser) -> None:
    question.description = (
        "Print the JSON Schema of knowledge files, for editors and other programs."
    )
    question.set_defaults(module="_kb_schema")
    printing(question)


def _diff(question: ArgumentParser) -> None:
    question.description = (
        "Show what these folders, applied in order, change in records and predictions."
    )
    question.epilog = "example: crosscurrent kb diff my-knowledge"
    question.set_defaults(module="_kb_diff")
    knowing(question)
    printing(question)
    question.add_argument("folders", metavar="DIR", nargs="+", help="folders of knowledge files")


def _export(question: ArgumentParser) -> None:
    question.description = "Write the graph of factors, defenses and risks for other tools."
    question.epilog = "example: crosscurrent kb export --format dot | dot -Tsvg > graph.svg"
    question.set_defaults(module="_kb_export")
    knowing(question)
    printing(question)
    question.add_argument("--format", choices=["graphml", "json", "dot"], help="which form")


COMMANDS: Questions = {
    "check": ("say whether knowledge files are sound, with every problem and its place", _check),
    "show": (
        "show what is known: everything, a section, or one record with its edges",
        _show,
    ),
    "schema": ("print the JSON Schema of knowledge files, for editors", _schema),
    "diff": ("show what knowledge files change in records and predictions", _diff),
    "export": ("write the graph as GraphML, JSON or DOT", _export),
}
"""In the order in which help lists them, as in `QUESTIONS`."""
