"""Knowledge as linked data: what is read back is what is known, triple for triple."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from rdflib import DCTERMS, RDF, SKOS, Graph, Namespace, URIRef
from strategies import random_base

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.skos import skos

# rdflib's own reader of JSON-LD uses a class that rdflib deprecates
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

OURS = Namespace("urn:crosscurrent:")
MATCHES = {
    "exact": SKOS.exactMatch,
    "close": SKOS.closeMatch,
    "broader": SKOS.broadMatch,
    "narrower": SKOS.narrowMatch,
    "related": SKOS.relatedMatch,
}


def read(kb: KnowledgeBase) -> Graph:
    found = Graph()
    found.parse(data=json.dumps(skos(kb)), format="json-ld")
    return found


@pytest.fixture(scope="module")
def graph(kb: KnowledgeBase) -> Graph:
    with pytest.warns(DeprecationWarning, match="ConjunctiveGraph"):
        return read(kb)


def test_every_factor_risk_and_defense_is_a_concept_with_its_names(
    kb: KnowledgeBase, graph: Graph
) -> None:
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    for kind, records in (("factor", kb.factors), ("risk", kb.risks), ("defense", kb.defenses)):
        for record in records.values():
            concept = OURS[f"{kind}:{record.id}"]
            assert concept in concepts
            assert str(graph.value(concept, SKOS.prefLabel)) == record.name
            assert str(graph.value(concept, SKOS.definition)) == record.meaning
            aliases = {str(each) for each in graph.objects(concept, SKOS.altLabel)}
            assert aliases == set(kb.aliases_of(record))
    staged = {each for each in concepts if graph.value(each, SKOS.broader) is not None}
    known = len(kb.factors) + len(kb.risks) + len(kb.defenses)
    assert len(concepts) == known + len(staged)
    assert {graph.value(each, SKOS.broader) for each in staged} <= concepts


def test_mappings_are_triples_and_no_match_is_none(kb: KnowledgeBase, graph: Graph) -> None:
    stated = Counter(each.predicate for each in kb.mappings.values() if each.object is not None)
    found = {name: len(list(graph.subject_objects(match))) for name, match in MATCHES.items()}
    assert found == dict(stated)
    technique = URIRef("https://atlas.mitre.org#AML.T0015")
    assert (OURS["risk:evasion"], SKOS.exactMatch, technique) in graph
    sanitized = URIRef("https://atlas.mitre.org#AML.M0007")
    assert (OURS["defense:outlier_removal@pre"], SKOS.exactMatch, sanitized) in graph


@pytest.mark.parametrize("base", ["built in", 1, 2, 3])
def test_correlations_keep_their_ends_sign_and_sources(kb: KnowledgeBase, base: str | int) -> None:
    asked = kb if isinstance(base, str) else random_base(base)
    graph = read(asked)
    nodes = set(graph.subjects(RDF.type, OURS.Correlation))
    assert nodes == {OURS[f"correlation:{each}"] for each in asked.correlations}
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    for name, edge in asked.correlations.items():
        node = OURS[f"correlation:{name}"]
        assert graph.value(node, OURS.factor) == OURS[f"factor:{edge.factor}"]
        assert graph.value(node, OURS.subject) in concepts
        assert str(graph.value(node, OURS.sign)) == edge.sign
        works = {OURS[f"reference:{each.partition('#')[0]}"] for each in edge.sources}
        assert set(graph.objects(node, DCTERMS.source)) == works
        assert all((work, DCTERMS.title, None) in graph for work in works)
