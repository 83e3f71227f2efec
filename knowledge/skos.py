"""Factors, risks, defenses and what ties them, as linked data: SKOS in JSON-LD.

SKOS: https://www.w3.org/TR/skos-reference/; JSON-LD 1.1: https://www.w3.org/TR/json-ld11/. SKOS has
no signed relations, so that a correlation is a node of its own, with its subject, factor, sign and
sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from .sssom import OURS, PREDICATES, local

if TYPE_CHECKING:
    from ._base import KnowledgeBase
    from ._records.interactions import Correlation
    from ._records.names import CatalogueMapping
    from ._records.subjects import Defense, Factor, Risk

__all__ = ["skos"]

_SCHEME: Final = f"{OURS}knowledge"
_CONTEXT: Final = {
    "@version": 1.1,
    "cc": OURS,
    "dcterms": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "title": {"@id": "dcterms:title", "@language": "en"},
    "version": "dcterms:hasVersion",
    "seeAlso": {"@id": "rdfs:seeAlso", "@type": "@id"},
    "prefLabel": {"@id": "skos:prefLabel", "@language": "en"},
    "altLabel": {"@id": "skos:altLabel", "@language": "en"},
    "definition": {"@id": "skos:definition", "@language": "en"},
    "note": {"@id": "skos:note", "@language": "en"},
    "notation": "skos:notation",
    **{
        name: {"@id": f"skos:{name}", "@type": "@id"}
        for name in (
            "inScheme",
            "broader",
            *(each.partition(":")[2] for each in PREDICATES.values()),
        )
    },
    **{
        name: {"@id": f"cc:{name}", "@type": "@id"}
        for name in ("subject", "factor", "protectsAgainst")
    },
    "source": {"@id": "dcterms:source", "@type": "@id"},
    "statedIn": {"@id": "cc:statedIn", "@type": "@id"},
    "sign": "cc:sign",
    "when": "cc:when",
}


def skos(kb: KnowledgeBase) -> dict[str, Any]:
    """Return concepts, their mappings to catalogues, correlations and the works behind them.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    """
    scheme = {
        "@id": _SCHEME,
        "@type": "skos:ConceptScheme",
        "title": "Defenses and risks of machine learning, and the factors between them",
        "version": kb.digest,
    }
    cited = {
        name.partition("#")[0]
        for edge in kb.correlations.values()
        for name in (*edge.sources, *edge.stated_in)
    }
    nodes = [
        scheme,
        *(_concept(kb, "factor", each) for each in kb.factors.values()),
        *(_concept(kb, "risk", each) for each in kb.risks.values()),
        *(_concept(kb, "defense", each) for each in kb.defenses.values()),
        *_staged(kb),
        *(_correlation(kb, each) for each in kb.correlations.values()),
        *(_work(kb, name) for name in kb.references if name in cited),
    ]
    return {"@context": _CONTEXT, "@graph": nodes}


def _concept(kb: KnowledgeBase, kind: str, record: Factor | Risk | Defense) -> dict[str, Any]:
    aliases = kb.aliases_of(record)
    protects = getattr(record, "protects_against", ())
    return {
        "@id": f"{OURS}{kind}:{record.id}",
        "@type": ["skos:Concept", f"cc:{kind.capitalize()}"],
        "inScheme": _SCHEME,
        "prefLabel": record.name,
        **({"altLabel": list(aliases)} if aliases else {}),
        **({"notation": record.code} if record.code else {}),
        "definition": record.meaning,
        **({"protectsAgainst": [f"{OURS}risk:{each}" for each in protects]} if protects else {}),
        **_matches(kb, (each for each in kb.mappings_of(record.id) if each.stage is None)),
    }


def _staged(kb: KnowledgeBase) -> Iterator[dict[str, Any]]:
    """Yield defenses at a stage, where a mapping or a correlation is of that stage alone."""
    named: dict[tuple[str, str], list[CatalogueMapping]] = {}
    for mapping in kb.mappings.values():
        if mapping.stage is not None:
            named.setdefault((mapping.subject, mapping.stage), []).append(mapping)
    for edge in kb.correlations.values():
        if edge.stage is not None:
            named.setdefault((edge.subject, edge.stage), [])
    for (defense, stage), mappings in named.items():
        yield {
            "@id": f"{OURS}defense:{defense}@{stage}",
            "@type": ["skos:Concept", "cc:Defense"],
            "inScheme": _SCHEME,
            "prefLabel": f"{kb.defenses[defense].name} @{stage}",
            "broader": f"{OURS}defense:{defense}",
            **_matches(kb, mappings),
        }


def _matches(kb: KnowledgeBase, mappings: Iterable[CatalogueMapping]) -> dict[str, list[str]]:
    """Return the entries of catalogues by what they are to a concept; of no match, nothing."""
    found: dict[str, list[str]] = {}
    for each in mappings:
        if each.object is not None:
            catalogue = kb.catalogues[each.catalogue]
            namespace = catalogue.namespace or f"{catalogue.url}#"
            relation = PREDICATES[each.predicate].partition(":")[2]
            found.setdefault(relation, []).append(f"{namespace}{local(each.object)}")
    return found


def _correlation(kb: KnowledgeBase, edge: Correlation) -> dict[str, Any]:
    kind = "defense" if edge.subject in kb.defenses else "risk"
    at = f"@{edge.stage}" if edge.stage else ""
    return {
        "@id": f"{OURS}correlation:{edge.id}",
        "@type": "cc:Correlation",
        "subject": f"{OURS}{kind}:{edge.subject}{at}",
        "factor": f"{OURS}factor:{edge.factor}",
        "sign": edge.sign,
        **({"when": [f"{k}={v}" for k, v in edge.when.items()]} if edge.when else {}),
        "source": _works(edge.sources),
        **({"statedIn": _works(edge.stated_in)} if edge.stated_in else {}),
        **({"note": edge.note} if edge.note else {}),
    }


def _works(names: Iterable[str]) -> list[str]:
    return [
        f"{OURS}reference:{each}"
        for each in dict.fromkeys(name.partition("#")[0] for name in names)
    ]


def _work(kb: KnowledgeBase, name: str) -> dict[str, Any]:
    record = kb.references[name]
    pages = [
        *([f"https://doi.org/{local(record.doi)}"] if record.doi else []),
        *([f"https://arxiv.org/abs/{local(record.arxiv)}"] if record.arxiv else []),
        *([record.url] if record.url else []),
    ]
    return {
        "@id": f"{OURS}reference:{name}",
        "@type": "dcterms:BibliographicResource",
        "title": record.title or record.topic or name,
        **({"seeAlso": pages} if pages else {}),
    }
