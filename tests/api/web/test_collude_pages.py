"""Pages about attacks that help others say what the API says, and what breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from asking import Asking
from paging import Page, read

from crosscurrent.api.rest.settings import Settings
from crosscurrent.knowledge import KnowledgeBase

LOOKS = {"amplifies": "increase", "hinders": "decrease"}
MEASURED = """
references:
  - {id: measured_here, status: confirmed, authors: Crosscurrent, title: collude, year: 2026}
collusions:
  - id: measured.measured_here.collusion
    first: poisoning
    second: evasion
    effect: hinders
    status: validated
    sources: [measured_here]
  - id: own.collusion
    first: r_attack
    second: shared
    effect: amplifies
    status: prior
    sources: [measured_here]
risks:
  - {id: shared, name: Risk of it, pillar: privacy, meaning: a risk}
attacks:
  - {id: shared, name: Attack on it, risk: shared, time: test, meaning: an attack}
  - {id: r_attack, name: Raising attack, risk: shared, time: train, meaning: another}
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Return a client of a service that has a set with a measurement."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.delenv("CROSSCURRENT_KNOWLEDGE", raising=False)
        client = Asking(Settings(data=str(tmp_path_factory.mktemp("data"))))
        answer = client.put("/v1/knowledge/own", json={"files": {"measured.yaml": MEASURED}})
        assert answer.status_code == 201, answer.text
        yield client


def pair_address(*attacks: str, **more: str) -> str:
    return "/collude?" + urlencode([*(("attack", each) for each in attacks), *more.items()])


def test_the_matrix_says_of_every_pair_what_the_api_says(pages: Asking, kb: KnowledgeBase) -> None:
    page = read(pages, "/collusions")
    documents = pages.get("/v1/collusions").json()["collusions"]
    assert len(page.all("a", "cell")) == len(documents)
    for each in documents:
        cell = page.by_id(f"{each['first']}.{each['second']}")
        unclear = "contested" if each["factors"] else "unknown"
        assert LOOKS.get(each["verdict"], unclear) in cell.classes
        assert f": {each['verdict']}" in cell.text
        for factor in each["factors"]:
            assert kb.factors[factor["factor"]].name.lower() in cell.text
        seen = [o["effect"] for o in each["observations"] if o["effect"] != "unexplored"]
        assert f"published: {' and '.join(dict.fromkeys(seen)) or 'unexplored'}" in cell.text
        assert ("otherwise than its rule" in cell.text) is each["contradicted"]
        assert cell.attributes["href"] == pair_address(each["first"], each["second"])


def test_the_colour_is_strongest_where_what_was_seen_agrees(pages: Asking) -> None:
    page = read(pages, "/collusions")
    assert "s2" in page.by_id("poisoning.membership_inference").classes
    assert "s1" in page.by_id("attribute_inference.evasion").classes  # nobody has tried it
    assert "s0" in page.by_id("evasion.poisoning").classes


def test_what_was_measured_is_told_beside_what_was_published(pages: Asking) -> None:
    page = read(pages, "/collusions?knowledge=own")
    cell = page.by_id("poisoning.evasion")
    assert "published: amplifies" in cell.text
    assert "measured: hinders" in cell.text
    assert "s0" in cell.classes  # they disagree
    assert cell.attributes["href"].endswith("&knowledge=own")
    assert {"published", "measured"} <= {c for b in page.all("span", "badge") for c in b.classes}
    pair = read(pages, cell.attributes["href"])
    assert "hinders (measured here)" in pair.text


def test_chains_are_those_of_the_api(pages: Asking, kb: KnowledgeBase) -> None:
    for target in kb.attacks:
        page = read(pages, f"/collude?target={target}")
        document = pages.get(f"/v1/collusions/chains?target={target}").json()
        titles = [each.text for each in page.all("h3")]
        expected = [
            f"{number}. " + " → ".join(kb.attacks[each].name for each in chain["attacks"])
            for number, chain in enumerate(document["chains"], 1)
        ]
        assert titles == expected
        if document["chains"]:
            assert f"{document['found']} chain" in page.by_id("count").text
        else:
            assert "None: no attack raises what it depends on" in page.text


def test_every_breaker_of_a_chain_is_told_with_what_it_raises(
    pages: Asking, kb: KnowledgeBase
) -> None:
    document = pages.get("/v1/collusions/chains?target=MemInf").json()
    page = read(pages, "/collude?target=MemInf")
    told = [each.text for each in page.all("li") if "+ " in each.text[:2]]
    links = [link["breakers"] for chain in document["chains"] for link in chain["links"]]
    for breakers in links:
        rows: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for each in breakers:  # a defense that works in two ways alike is told once
            verb = "may deter" if each["how"] == "risk" else "breaks" if each["whole"] else "weaken"
            rows.setdefault((each["defense"], verb, *each["helps"]), []).append(each)
        texts, told = told[: len(rows)], told[len(rows) :]
        for (defense, verb, *_), ways in rows.items():
            (text,) = (
                each
                for each in texts
                if f"+ {kb.defenses[defense].name} :" in each and verb in each
            )
            for each in ways:
                for factor in (*each["factors"], *each["helps"]):
                    assert kb.factors[factor].name.lower() in text
                for raised in each["raises"]:
                    assert kb.risks[raised["risk"]].name.lower() in text
                assert ("the second attack itself" in text) is each["backfires"]
        broken = ["✗ breaks it" in text and "attack itself" not in text for text in texts]
        assert broken == sorted(broken, reverse=True), "what breaks the link comes first"
    assert not told


def test_what_breaks_a_chain_or_that_nothing_does_comes_before_the_list(pages: Asking) -> None:
    page = read(pages, "/collude?target=membership_inference")
    said = [each.text for each in page.all("p", "breaks")]
    assert len(said) == 5
    assert said[0].endswith("input purification after evasion, randomized smoothing after evasion.")
    assert said[1].startswith("Nothing known breaks it")
    assert "some defenses weaken it" in said[1]
    assert "weaken" not in said[2], "a defense that deters the first attack leaves the link alone"


def test_a_defense_in_place_breaks_chains(pages: Asking) -> None:
    before = read(pages, "/collude?target=membership_inference&knowledge=papers")
    assert not before.all("article", "broken")
    (add,) = {
        each.attributes["href"]
        for each in before.all("a", "toggle")
        if "Differential privacy" in each.text
    }
    after = read(pages, add)
    assert after.by_id("count").text == "2 of 5 chains shown are broken"
    assert len(after.all("article", "broken")) == 2
    assert "✗ Broken by differential privacy after poisoning." in after.text
    assert "cut" in {c for each in after.all("g") for c in each.classes}
    assert after.chosen()["with"] == ["differential_privacy"]
    again = {
        each.attributes["href"]
        for each in after.all("a", "toggle")
        if "Differential privacy" in each.text
    }
    assert again == {"/collude?target=membership_inference&knowledge=papers"}


def test_a_defense_that_only_weakens_or_backfires_breaks_nothing(pages: Asking) -> None:
    address = pair_address("poisoning", "membership_inference", **{"with": "RD1"})
    page = read(pages, f"{address}&knowledge=papers")
    assert not page.all("p", "fate")
    assert "Adversarial training weakens it by tail length" in page.text
    assert "Adversarial training backfires: it raises membership inference itself" in page.text
    breaking = read(pages, "/collude?target=evasion&with=adversarial_training&knowledge=papers")
    assert breaking.all("article", "broken")
    useless = read(pages, "/collude?target=discriminatory_behavior&with=fingerprinting")
    assert "Fingerprinting neither breaks nor weakens any link" in useless.text


def test_what_does_not_hold_cannot_be_broken(pages: Asking) -> None:
    address = pair_address("poisoning", "model_extraction", **{"with": "RD2"})
    page = read(pages, address)
    assert page.by_id("count").text == "Nothing to break"
    assert not page.all("p", "fate")
    assert not page.all("a", "toggle")


def test_an_attack_with_the_id_of_a_risk_keeps_its_own_name(pages: Asking) -> None:
    page = read(pages, pair_address("r_attack", "shared", knowledge="own"))
    assert page.all("h2")[1].text == "Raising attack → Attack on it"
    links = dict(read(pages, "/learn/references/measured_here?knowledge=own").links())
    address = pair_address("r_attack", "shared", knowledge="own")
    assert links[address] == "Raising attack → attack on it: amplifies"


def test_a_pair_shows_factors_sources_and_what_was_seen(pages: Asking, kb: KnowledgeBase) -> None:
    for each in pages.get("/v1/collusions").json()["collusions"]:
        page = read(pages, pair_address(each["first"], each["second"]))
        document = pages.get(
            f"/v1/collusions?attack={each['first']}&attack={each['second']}"
        ).json()
        links = [address for address, _ in page.links()]
        for factor in document["factors"]:
            assert kb.factors[factor["factor"]].name in page.text
            for note in factor["notes"]:
                assert " ".join(note.split()) in page.text
            for source in factor["sources"]:
                assert f"/learn/references/{source.partition('#')[0]}" in links
        for seen in document["observations"]:
            assert seen["effect"] in page.text
            for source in seen["sources"]:
                assert f"/learn/references/{source.partition('#')[0]}" in links
        for breaker in document["breakers"] if document["holds"] else ():
            assert kb.defenses[breaker["defense"]].name in page.by_id("result").text
        pair = urlencode([("collude", each["first"]), ("collude", each["second"])])
        assert f"/validate?{pair}" in links


def test_what_the_second_adversary_has_anyway_is_told(pages: Asking) -> None:
    address = pair_address("model_extraction", "evasion", model_knowledge="graybox")
    page = read(pages, address)
    assert "with reduced potential" in page.text
    assert "there anyway: not counted" in page.text
    white = pair_address("model_extraction", "evasion", model_knowledge="whitebox")
    assert "Unnecessary" in read(pages, white).text
    weak = read(pages, pair_address("poisoning", "evasion", **{"first.capability": "malicious"}))
    assert weak.chosen()["first.capability"] == ["malicious"]
    curious = {"first.capability": "honest_but_curious"}
    below = read(pages, pair_address("poisoning", "evasion", **curious))
    assert "is less than its attack takes: malicious" in below.text


def test_a_pair_that_contradicts_its_source_says_so(pages: Asking) -> None:
    page = read(pages, pair_address("attribute_inference", "distribution_inference"))
    assert "No common factor, so nothing can be concluded." in page.text
    assert "the paper’s table says amplifies; this follows its rule" in page.text


def test_one_attack_is_listed_with_all_others(pages: Asking, kb: KnowledgeBase) -> None:
    page = read(pages, "/collude?attack=ModExt")
    links = {address for address, _ in page.links()}
    for other in kb.attacks:
        address = pair_address("model_extraction", other)
        assert (address in links) is (other != "model_extraction")


def test_a_sequence_is_judged_link_by_link(pages: Asking) -> None:
    holds = read(pages, pair_address("poisoning", "membership_inference", "model_extraction"))
    assert "The chain holds: every attack amplifies the next" in holds.text
    ends = read(pages, pair_address("poisoning", "model_extraction", "evasion"))
    assert "The chain ends at poisoning: hinders" in ends.text
    long = ("attribute_inference", "evasion", "distribution_inference", "data_reconstruction")
    for count in range(2, 5):
        assert len(read(pages, pair_address(*long[:count])).all("svg", "drawing")) == 2
    tall = read(pages, pair_address(*long, "membership_inference"))
    assert len(tall.all("svg", "tall")) == 1  # too many to go from left to right


def test_unproven_links_are_dashed_and_marked(pages: Asking) -> None:
    page = read(pages, pair_address("attribute_inference", "evasion"))
    assert [each for each in page.all("path") if "unproven" in each.classes]
    assert [each for each in page.all("g", "sign", "unproven") if each.text == "?"]
    known = read(pages, pair_address("poisoning", "evasion"))
    assert not [each for each in known.elements if "unproven" in each.classes]


def test_without_a_question_examples_lead_to_answers(pages: Asking, kb: KnowledgeBase) -> None:
    page = read(pages, "/collude")
    assert page.status == 200
    links = [address for address, _ in page.links() if address.startswith("/collu")]
    assert {f"/collude?target={each}" for each in kb.attacks} <= set(links)
    assert "/collusions" in links
    assert all(read(pages, address).status == 200 for address in dict.fromkeys(links))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("target=evasoin&with=RD1&first=poisoning", "did you mean evasion?"),
        ("attack=poisoning&attack=poisoning&with=RD1", "an attack is given twice"),
        ("attack=poisoning&attack=nothing&with=RD1", "unknown attack 'nothing'"),
        ("target=evasion&first=Evsn&with=RD1", "is both the first attack and the target"),
        ("target=evasion&with=RD1&with=nothing", "unknown defense 'nothing'"),
        ("target=evasion&limit=no&with=RD1", "limit=no: it should be a number from 1 to 50"),
        ("target=evasion&limit=51&with=RD1", "it should be a number from 1 to 50"),
        ("first=evasion&with=RD1", "name the target too"),
        ("target=evasion&attack=poisoning&with=RD1", "not both"),
        ("target=evasion&capability=strong&with=RD1", "unknown value of capability"),
        (
            "target=evasion&capability=malicious&capability=honest_but_curious&with=RD1",
            "capability is given twice: malicious and honest_but_curious",
        ),
    ],
)
def test_what_cannot_be_answered_is_told_and_the_form_keeps_the_rest(
    pages: Asking, query: str, message: str
) -> None:
    page = read(pages, f"/collude?{query}")
    assert page.status == 422
    assert message in page.all("p", "wrong")[0].text
    chosen = page.chosen()
    assert chosen["with"] == ["adversarial_training"]
    for name in ("target", "first"):
        if f"{name}=evasion" in query and "attack=" not in query:
            assert chosen[name] == ["evasion"]
    if "attack=poisoning&attack=poisoning" in query:
        assert chosen["attack"] == ["poisoning", "poisoning"]


def test_an_unknown_parameter_is_left_out_with_a_notice(pages: Asking) -> None:
    page = read(pages, "/collude?target=evasion&wiht=RD1")
    assert page.status == 200
    assert "There is no “wiht” here, so it was left out; did you mean with?" in page.text


def test_what_nothing_depends_on_is_told_to_change_nothing(pages: Asking) -> None:
    page = read(pages, "/collude?target=evasion&defense_knowledge=unaware")
    assert page.status == 200
    assert "depends on defense_knowledge: assuming it changes nothing" in page.text


def test_the_command_line_that_asks_the_same_is_given(pages: Asking) -> None:
    page = read(pages, "/collude?target=P1&first=poisoning&limit=3&model_knowledge=blackbox")
    assert (
        "crosscurrent collude poisoning --target membership_inference"
        " --adversary model_knowledge=blackbox --limit 3"
    ) in page.text


def test_pages_style_nothing_inline_and_run_nothing_inline(pages: Asking) -> None:
    for address in ("/collusions", "/collude?target=evasion&with=RD1", pair_address("R2", "R1")):
        page: Page = read(pages, address)
        for element in page.elements:
            assert "style" not in element.attributes
            assert not [name for name in element.attributes if name.startswith("on")]
        assert len({e.attributes["id"] for e in page.elements if "id" in e.attributes}) == len(
            [e for e in page.elements if "id" in e.attributes]
        )
