"""Works in full: their citations, and where they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from crosscurrent.knowledge import Reference

__all__ = ["external_links", "full_citation"]


def full_citation(work: Reference) -> str:
    """Return the full citation of a work, or what is known of one that is not identified."""
    who = " ".join(filter(None, [work.authors, f"({work.year})" if work.year else None]))
    parts = [part for part in (who, work.title, work.venue) if part]
    if not parts:
        return f"Not identified, about {work.topic}." if work.topic else "Not identified."
    return " ".join(part if part.endswith(("?", "!", ".")) else f"{part}." for part in parts)


def external_links(work: Reference) -> list[tuple[str, str]]:
    """Return where a work can be read, outside, with what each place is called."""
    found = []
    if work.doi:
        found.append((f"https://doi.org/{quote(work.doi)}", f"doi:{work.doi}"))
    if work.arxiv:
        found.append((f"https://arxiv.org/abs/{quote(work.arxiv)}", f"arXiv:{work.arxiv}"))
    known = {address for address, _ in found}
    if work.url and work.url not in known and work.url.startswith(("http://", "https://")):
        found.append((work.url, work.url.partition("://")[2]))
    return found
