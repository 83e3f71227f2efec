"""The index of the documentation for language models, in the form of llmstxt.org."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["index"]

_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r".*?[.?!](?=\s|$)")
_FILE = re.compile(r"`[^`]*`:")
_SHORT = 40
"""Characters of a sentence that says too little without the next one."""
_ABOUT = """\
# Crosscurrent

> What one machine-learning defense does to every other risk, predicted from cited literature,
> explained, graded and measurable. A Python package with a command, a REST service, a web interface
> and an MCP server.

Answers are expectations from correlations in the literature, each with a likelihood, a grade and
its works. Names are ids such as `differential_privacy`, the papers' codes such as `PD1`, or aliases
such as `dp`.
"""
_REFERENCE = {
    "reference/catalogue.md": "every factor, defense, risk and adversary, with edges and works",
    "reference/cli.md": "the help of every command",
    "reference/openapi.json": "the REST service",
    "reference/knowledge.schema.json": "JSON Schema of knowledge files",
}
_OPTIONAL = ("benchmarks.md", "calibration.md", "inside.md")
"""What a reader who is short of room may leave out."""


def index(docs: Path) -> str:
    """Return the index of a folder of guides: each with its title and how it begins.

    Parameters
    ----------
    docs : Path
        The folder, whose parent has the README that says in which order the guides are read.
    """
    guides = list(_ordered(docs))
    parts = [_ABOUT, "## Guides", ""]
    parts += [_entry(docs, name) for name in guides if name not in _OPTIONAL]
    parts += ["", "## Reference", ""]
    parts += [f"- [{name}]({name}): {about}" for name, about in _REFERENCE.items()]
    parts += ["", "## Optional", "", *(_entry(docs, name) for name in _OPTIONAL)]
    return "\n".join(parts) + "\n"


def _ordered(docs: Path) -> Iterator[str]:
    """Yield the guides, first those that the README names, in its order."""
    readme = (docs.parent / "README.md").read_text(encoding="utf-8")
    there = sorted(path.name for path in docs.glob("*.md"))
    named = [name for name in re.findall(r"\]\(docs/([\w-]+\.md)", readme) if name in there]
    yield from dict.fromkeys([*named, *there])


def _entry(docs: Path, name: str) -> str:
    title, _, text = (docs / name).read_text(encoding="utf-8").partition("\n")
    paragraphs = (" ".join(each.split()) for each in _FENCED.sub("", text).split("\n\n"))
    told = next(
        each for each in paragraphs if each and each[0] not in "#|-<" and not _FILE.fullmatch(each)
    )
    plain = _LINK.sub(r"\1", told).replace("**", "")
    sentence = ""
    for found in _SENTENCE.finditer(plain):
        sentence += found[0]
        if len(sentence) >= _SHORT:
            break
    return f"- [{title.removeprefix('# ')}]({name}): {(sentence or plain).rstrip(':')}"
