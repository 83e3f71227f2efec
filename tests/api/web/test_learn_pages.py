"""Every record has a page that is written from it, with all that it is tied to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from urllib.parse import urlsplit

import pytest
from asking import Asking
from paging import Page, read

from crosscurrent.api.answers import catalogue
from crosscurrent.api.rest.settings import Settings
from crosscurrent.api.text.assessments import GRADES
from crosscurrent.api.text.wording import FOLLOW, MOVE, PREDICATES, VERBS
from crosscurrent.knowledge import KnowledgeBase, Outcome, Prerequisite

SECTIONS = (
    "factors", "defenses", "risks", "attacks", "adversary", "conditions", "references",
)  # fmt: skip


Pages = Callable[[str], Page]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Return a client of a service as it is set by default."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.delenv("CROSSCURRENT_KNOWLEDGE", raising=False)
        yield Asking(Settings(data=str(tmp_path_factory.mktemp("data"))))


@pytest.fixture(scope="module")
def pages(client: Asking) -> Pages:
    """Return a function that gives a page by its address; each is asked for once."""
    return cache(lambda address: read(client, address))


def row(page: Page, anchor: str) -> tuple[str, list[str]]:
    """Return the text of a row, and where its links lead to."""
    found = page.by_id(anchor)
    return found.text, [each.attributes["href"] for each in page.within(found, "a")]


def anchor(kind: str, edge: dict[str, str], subject: str) -> str:
    at = f"-{edge['stage']}" if "stage" in edge else ""
    return f"{kind}-{edge['factor']}-{subject}{at}"


def cited(sources: list[str]) -> set[str]:
    return {f"/learn/references/{each.partition('#')[0]}" for each in sources}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_record_has_a_page_that_the_overview_leads_to(
    pages: Pages, kb: KnowledgeBase, section: str
) -> None:
    assert f"/learn/{section}" in [address for address, _ in pages("/learn").links()]
    overview = [address for address, _ in pages(f"/learn/{section}").links()]
    for identity, record in getattr(kb, section).items():
        address = f"/learn/{section}/{identity}"
        assert address in overview
        page = pages(address)
        assert page.status == 200
        name = getattr(record, "name", None) or getattr(record, "title", None) or ""
        assert " ".join(name.split()) in page.all("h1")[0].text
        assert f"<code>{identity}</code>" in page.source
        for text in (getattr(record, "meaning", None), getattr(record, "note", None)):
            assert " ".join((text or "").split()) in page.text
        for source in (*getattr(record, "sources", ()), *getattr(record, "stated_in", ())):
            assert cited([source]) <= {link for link, _ in page.links()}


@pytest.mark.parametrize("section", ["factors", "defenses", "risks"])
def test_a_page_shows_every_correlation_of_its_record(
    pages: Pages, kb: KnowledgeBase, section: str
) -> None:
    for identity in getattr(kb, section):
        page = pages(f"/learn/{section}/{identity}")
        for edge in catalogue.record(kb, identity, section)["correlations"]:
            moves = edge["subject"] in kb.defenses
            kind, words = ("defenses-to", MOVE) if moves else ("risks-from", FOLLOW)
            text, links = row(page, anchor(kind, edge, edge["subject"]))
            assert words[edge["sign"]] in text
            assert " ".join(edge.get("note", "").split()) in text
            other = ("defenses" if moves else "risks", edge["subject"])
            other = other if section == "factors" else ("factors", edge["factor"])
            assert "/learn/{}/{}".format(*other) in links
            assert cited([*edge["sources"], *edge.get("stated_in", [])]) <= set(links)


def test_attacks_and_factors_show_what_ties_them(pages: Pages, kb: KnowledgeBase) -> None:
    edges: list[tuple[Outcome | Prerequisite, str, Mapping[str, str]]] = [
        *((edge, "attacks-to", MOVE) for edge in kb.outcomes.values()),
        *((edge, "attacks-from", FOLLOW) for edge in kb.prerequisites.values()),
    ]
    for edge, kind, words in edges:
        for section, identity in (("attacks", edge.attack), ("factors", edge.factor)):
            page = pages(f"/learn/{section}/{identity}")
            text, links = row(page, f"{kind}-{edge.factor}-{edge.attack}")
            assert words[edge.sign] in text
            assert " ".join((edge.note or "").split()) in text
            assert cited([*edge.sources, *edge.stated_in]) <= set(links)


def test_drawings_have_as_many_signs_as_there_are_edges(pages: Pages, kb: KnowledgeBase) -> None:
    for identity in kb.factors:
        page = pages(f"/learn/factors/{identity}")
        kinds = (kb.correlations, kb.outcomes, kb.prerequisites)
        expected = sum(e.factor == identity for kind in kinds for e in kind.values())
        assert len(page.all("g", "sign")) == 2 * expected  # wide and narrow


def test_a_defense_shows_its_stages_and_its_predictions(
    pages: Pages, client: Asking, kb: KnowledgeBase
) -> None:
    for identity, defense in kb.defenses.items():
        page = pages(f"/learn/defenses/{identity}")
        links = [address for address, _ in page.links()]
        assert {f"/why/{identity}/{risk}" for risk in kb.risks} <= set(links)
        for risk in defense.protects_against:
            assert f"/learn/risks/{risk}" in links
        for stage, variant in kb.stages(identity).items():
            text, _ = row(page, f"variant-{stage}")
            assert " ".join(variant.meaning.split()) in text
            for stake in (*variant.uses, *variant.mitigates):
                assert kb.risks[stake.risk].name.lower() in text
        for each in client.get(f"/v1/predictions/{identity}").json()["predictions"]:
            (line,) = [
                e.text for e in page.all("tr") if e.text.startswith(kb.risks[each["risk"]].name)
            ]
            assert VERBS[each["assessment"]["expect"]] in line
            assert GRADES[each["assessment"]["grade"]] in line


def test_a_risk_shows_what_each_defense_does_to_it(pages: Pages, kb: KnowledgeBase) -> None:
    for identity, risk in kb.risks.items():
        page = pages(f"/learn/risks/{identity}")
        links = [address for address, _ in page.links()]
        assert {f"/why/{defense}/{identity}" for defense in kb.defenses} <= set(links)
        for factor in risk.dominant or ():
            assert f"/learn/factors/{factor}" in links


def test_an_attack_shows_the_adversary_it_takes_and_who_published_it(
    pages: Pages, kb: KnowledgeBase
) -> None:
    for identity, attack in kb.attacks.items():
        page = pages(f"/learn/attacks/{identity}")
        rows = [each.text for each in page.all("tr")]
        for need in attack.needs:
            name, least = kb.adversary[need.characteristic].name, need.value.replace("_", " ")
            more = "helps" if need.more_helps else "makes no difference"
            assert f"{name} {least} {more}" in rows
        published = [p for p in kb.published_attacks.values() if p.attack == identity]
        if published:
            assert f"{len(published)} published attacks" in page.text
            for each in published:
                assert " ".join(each.title.split()) in page.text


def test_a_work_shows_everything_that_cites_it(pages: Pages, kb: KnowledgeBase) -> None:
    for identity, work in kb.references.items():
        page = pages(f"/learn/references/{identity}")
        links = {address for address, _ in page.links()}
        for edge in catalogue.record(kb, identity, "references")["correlations"]:
            moves = edge["subject"] in kb.defenses
            kind = "defenses-to" if moves else "risks-from"
            where = f"/learn/factors/{edge['factor']}#{anchor(kind, edge, edge['subject'])}"
            assert where in links
        for seen in kb.observations.values():
            sources = [*seen.sources, *(s for e in seen.exceptions for s in e.sources)]
            if identity in {each.partition("#")[0] for each in sources}:
                assert f"/why/{seen.defense}/{seen.risk}" in links
        for together in kb.collusions.values():
            if identity in {each.partition("#")[0] for each in together.sources}:
                assert f"/collude?attack={together.first}&attack={together.second}" in links
        assert work.status in page.text
        for text in (work.title, work.venue, work.topic, work.confidence):
            assert " ".join((text or "").split()) in page.text


def test_links_out_are_to_works_only_and_tell_nobody(pages: Pages, kb: KnowledgeBase) -> None:
    for identity, work in kb.references.items():
        page = pages(f"/learn/references/{identity}")
        outside = [e for e in page.all("a") if urlsplit(e.attributes["href"]).netloc]
        assert bool(outside) is bool(work.doi or work.arxiv or work.url)
        for each in outside:
            assert urlsplit(each.attributes["href"]).scheme in ("http", "https")
            assert each.attributes["rel"] == "noopener noreferrer"


def test_links_between_pages_lead_somewhere(pages: Pages) -> None:
    found: dict[str, Page] = {"/learn": pages("/learn")}
    waiting = ["/learn"]
    while waiting:
        address = waiting.pop()
        for link, _ in found[address].links():
            path, _, place = link.partition("#")
            path = path or address
            if path.startswith("/learn"):
                if path not in found:
                    found[path] = pages(path)
                    assert found[path].status == 200, f"{address} leads to {path}"
                    waiting.append(path)
                ids = {e.attributes.get("id") for e in found[path].elements}
                assert not place or place in ids, f"{address} leads to {link}"
    assert len(found) > 200


@pytest.mark.parametrize(
    ("code", "identity"),
    [
        ("factors/O2.1", "factors/dataset_distinguishability"),
        ("defenses/rd1", "defenses/adversarial_training"),
        ("risks/P1", "risks/membership_inference"),
        ("attacks/ModExt", "attacks/model_extraction"),
        ("attacks/R3", "attacks/model_extraction"),
        ("risks/Robustness", "risks/evasion"),
        ("defenses/dp-sgd", "defenses/differential_privacy"),
    ],
)
def test_codes_and_other_names_lead_to_the_same_page(
    pages: Pages, code: str, identity: str
) -> None:
    by_code, by_id = (pages(f"/learn/{each}") for each in (code, identity))
    assert by_code.status == 200
    assert by_code.text == by_id.text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("defenses/adversarial_trainin", "did you mean adversarial_training"),
        ("factors/nothing", "unknown factor"),
        ("references/nobody1999", "unknown reference"),
        ("nothing/evasion", "unknown section"),
        ("correlations/evasion.tail_length", "unknown section"),
        ("factors/RD1", "RD1 is a defense, not a factor"),
        ("risks/dp", "dp is a defense (differential_privacy), not a risk"),
        ("risks/Evsn", "Evsn is an attack, not a risk"),
    ],
)
def test_what_is_not_known_is_not_found(pages: Pages, path: str, message: str) -> None:
    page = pages(f"/learn/{path}")
    assert page.status == 404
    assert message in page.text


@pytest.mark.parametrize("section", ["factors", "defenses", "risks", "attacks"])
def test_a_page_says_what_others_call_its_record(
    pages: Pages, kb: KnowledgeBase, section: str
) -> None:
    for identity, record in getattr(kb, section).items():
        page = pages(f"/learn/{section}/{identity}")
        assert ", ".join(kb.aliases_of(record)) in page.text
        for each in kb.mappings_of(identity):
            known = kb.catalogues[each.catalogue]
            text, links = row(page, f"mapping-{each.id}")
            assert text.startswith(f"{known.name} {known.edition} {PREDICATES[each.predicate]}")
            assert " ".join(filter(None, [each.object, each.label])) in text
            assert each.predicate != "none" or "no match" in text
            assert links[0] == known.url
    assert pages("/learn/risks/R1").by_id("catalogues").text == "In other catalogues"


def test_scales_of_adversaries_are_told_in_order(pages: Pages, kb: KnowledgeBase) -> None:
    for identity, each in kb.adversary.items():
        text = pages(f"/learn/adversary/{identity}").text
        values = (" < " if each.ordered else ", ").join(v.replace("_", " ") for v in each.values)
        assert values in text
        assert " ".join(each.meaning.split()) in text


def test_no_page_styles_anything_inline_or_has_an_id_twice(pages: Pages) -> None:
    for address in (
        "/learn",
        "/learn/factors",
        "/learn/factors/D2",
        "/learn/defenses/RD3",
        "/learn/attacks/R1",
    ):
        page = pages(address)
        assert not [e for e in page.elements if "style" in e.attributes]
        ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
        assert len(ids) == len(set(ids))
