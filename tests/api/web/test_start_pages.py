"""The first page answers for a defense, a risk or both; search and hints lead to what is meant."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from asking import Asking
from paging import read
from playwright.sync_api import expect
from reading import shown
from served import Served
from visiting import View, Visitor, settled

from crosscurrent.api.rest.settings import Settings
from crosscurrent.api.text.names import percent
from crosscurrent.api.text.plain import PLAIN, formal, plain
from crosscurrent.api.text.presets import presets
from crosscurrent.knowledge import KnowledgeBase

WAYS = {"decrease": "to fall", "no_change": "to stay as it is"}
DOES = {"increase": "rises", "decrease": "falls", "no_change": "stays"}
ASKED = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Return a client of a service as it is set by default."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.delenv("CROSSCURRENT_KNOWLEDGE", raising=False)
        yield Asking(Settings(data=str(tmp_path_factory.mktemp("data"))))


@pytest.mark.parametrize(
    ("query", "of"),
    [
        ("defense=differential_privacy", "defense"),
        ("defense=PD1", "defense"),
        ("risk=discriminatory_behavior", "risk"),
        ("risk=model stealing", "risk"),
    ],
)
def test_a_defense_or_a_risk_alone_has_a_line_for_each_answer(
    looking: Asking, query: str, of: str
) -> None:
    page = read(looking, f"/?{query}")
    lines = {each.attributes["href"]: each.text for each in page.all("a", "answer")}
    answers = {
        f"/why/{each['defense']}/{each['risk']}": each["assessment"]
        for each in looking.get("/v1/predictions").json()["predictions"]
    }
    assert len(lines) == (8 if of == "defense" else 24)
    for address, told in lines.items():
        answer = answers[address]
        assert DOES.get(answer["expect"], answer["expect"]) in told
        chance = f"likely {WAYS.get(answer['expect'], 'to rise')}"
        if answer["grade"] == "none":
            assert "%" not in told
        else:
            assert f"{percent(answer['likelihood'])} {chance}" in told


def test_a_defense_and_a_risk_have_one_answer_and_lead_to_its_reasons(
    visitor: Visitor, service: Served
) -> None:
    page = visitor.opens(View("/"))
    page.evaluate("window.stayed = true")
    page.get_by_label("Which defense do you have?").select_option("differential_privacy")
    settled(page)
    expect(page.locator("a.answer")).to_have_count(8)
    page.get_by_label("Which risk worries you?").select_option(label="Unfairness (discriminatory"
                                                               " behavior)")  # fmt: skip
    settled(page)
    answer = service.client.get("/v1/predictions/PD1/F").json()["assessment"]
    expect(page.locator(".verdict")).to_contain_text(f"{percent(answer['likelihood'])} likely")
    assert page.evaluate("window.stayed") is True
    page.get_by_role("link", name="Why?").click()
    page.wait_for_url("**/why/differential_privacy/discriminatory_behavior")


def test_what_is_not_known_is_said_beside_the_form(looking: Asking) -> None:
    answer = looking.get("/?defense=adversarial_trainin", headers=ASKED)
    assert answer.status_code == 422
    assert "did you mean adversarial_training" in answer.text
    assert 'name="defense"' in answer.text


def test_every_plain_name_is_one_that_the_command_line_takes(kb: KnowledgeBase) -> None:
    for identity, name in PLAIN.items():
        record = kb.risks.get(identity) or kb.attacks[identity]
        found = kb.risk(name) if identity in kb.risks else kb.attack(name)
        assert found.id == identity
        assert plain(record) == name
        assert formal(record) == ("" if record.name.lower() in name.lower() else record.name)


def test_every_preset_assumes_what_there_is(kb: KnowledgeBase) -> None:
    assert [each.name for each in presets(kb)] == [
        "Small data", "Long tail", "Insider", "Public API",
    ]  # fmt: skip
    for each in presets(kb):
        for key, value in each.assumed.items():
            scale = kb.adversary.get(key) or kb.conditions.get(key)
            assert (scale.values if scale else ("raise", "lower", "hold")).count(value) == 1


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("property inference", "/learn/risks/distribution_inference"),
        ("dp-sgd", "/learn/defenses/differential_privacy"),
        ("O2.1", "/learn/factors/dataset_distinguishability"),
        ("unfairness", "/learn/risks/discriminatory_behavior"),
        ("number of records", "/learn/conditions/records"),
        ("Carlini 2022", "/learn/references/carlini2022lira"),
    ],
)
def test_search_finds_a_record_by_any_of_its_names(looking: Asking, asked: str, first: str) -> None:
    page = read(looking, f"/search?q={asked}")
    hits = [address for address, _ in page.links() if address.startswith("/learn/")]
    assert first in hits[:3] if "2022" not in asked else first in hits


def test_search_for_nothing_that_there_is_says_so(looking: Asking) -> None:
    assert "No name, work or description has this word" in read(looking, "/search?q=zzzz").text
    assert "Nothing has all of these words" in read(looking, "/search?q=zzzz+yyyy").text
    assert "Search everything" in read(looking, "/search?q=%25%25").text


def test_the_matrix_is_sorted_and_filtered_by_the_service(
    visitor: Visitor, service: Served
) -> None:
    page = visitor.opens(View("/matrix"))
    answers = {
        f"{each['defense']}.{each['risk']}": each["assessment"]
        for each in service.client.get("/v1/predictions").json()["predictions"]
    }
    page.get_by_label("Evidence").select_option("disputed")
    settled(page)
    kept = {cell for cell, answer in answers.items() if answer["grade"] == "disputed"}
    assert set(shown(page)) == kept
    expect(page.locator("#result .count")).to_have_text(f"{len(kept)} of {len(answers)} cells")
    page.get_by_label("Evidence").select_option("")
    page.get_by_label("Sort defenses").select_option("raises")
    settled(page)
    raised = Counter(c.partition(".")[0] for c, a in answers.items() if a["expect"] == "increase")
    order = list(dict.fromkeys(cell.partition(".")[0] for cell in shown(page)))
    assert len(order) == 24
    assert [raised[each] for each in order] == sorted(raised[each] for each in order)
    page.get_by_role("link", name="Reset").click()
    page.wait_for_url("**/matrix")
    assert list(shown(page)) == list(answers)


@pytest.mark.parametrize("name", ["matrix", "combinations", "collusions"])
def test_a_matrix_can_be_taken_as_csv(looking: Asking, name: str) -> None:
    answer = looking.get(f"/{name}.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"crosscurrent-{name}.csv" in answer.headers["content-disposition"]
    path, key = {
        "matrix": ("predictions", "predictions"),
        "combinations": ("conflicts", "combinations"),
        "collusions": ("collusions", "collusions"),
    }[name]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(looking.get(f"/v1/{path}").json()[key])


def test_the_matrix_can_be_taken_as_a_picture(looking: Asking) -> None:
    answer = looking.get("/matrix.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")


def test_tables_and_drawings_of_a_view_can_be_saved(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/RD1/R1"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="drawings as SVG").click()
    assert saved.value.suggested_filename == "crosscurrent-1.svg"
    drawing = saved.value.path().read_text(encoding="utf-8")
    assert "Curvature smoothness" in drawing
    assert re.search(r'stroke="rgb', drawing), "it keeps its look where there is no style sheet"
    page = visitor.opens(View("/learn/adversary/model_knowledge"))
    expect(page.locator("#exports button")).to_have_count(0)
    page = visitor.opens(View("/collusions"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="tables as CSV").click()
    rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
    assert len(rows) == 9
    assert "hinders by tail length" in rows[2][3]


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("/why/RD1/evason", "/why/RD1/evasion"),
        ("/why/adversarial_trainin/P1", "/why/adversarial_training/P1"),
        ("/learn/defenses/watermaking", "/learn/defenses/watermarking"),
        ("/learn/defense", "/learn/defenses"),
        ("/plans", "/plan"),
    ],
)
def test_a_hint_is_a_link_to_the_page_that_was_meant(
    looking: Asking, address: str, hint: str
) -> None:
    answer = looking.get(address, headers=ASKED)
    assert answer.status_code == 404
    assert f'<a href="{hint}"><b>' in answer.text
    assert looking.get(hint, headers=ASKED).status_code == 200


@pytest.mark.parametrize("path", ["/", "/matrix", "/what-if", "/combine", "/plan", "/collude"])
def test_what_undoes_all_choices_has_one_name(looking: Asking, path: str) -> None:
    assert f'<a class="button quiet" href="{path}">Reset</a>' in looking.get(path).text


@pytest.mark.parametrize("path", ["/matrix", "/plan?protect=R1&protect=R2", "/collusions",
                                  "/combine?defense=RD1&defense=PD1", "/what-if", "/combinations",
                                  "/why/RD1/P1"])  # fmt: skip
def test_codes_are_in_hints_only(looking: Asking, kb: KnowledgeBase, path: str) -> None:
    text = read(looking, path).text
    records = [each for part in (kb.defenses, kb.risks, kb.factors, kb.attacks)
               for each in part.values() if each.code]  # fmt: skip
    words = set(re.findall(r"[\w.]+", text))
    assert [each.code for each in records if each.code in words] == []


def test_limits_and_sources_are_a_page_that_every_page_leads_to(looking: Asking) -> None:
    for path in ("/", "/why/RD1/P1", "/learn"):
        assert "/about" in [address for address, _ in read(looking, path).links()]
    assert "not by how much" in read(looking, "/about").text
