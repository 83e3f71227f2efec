"""Combine, the matrix of defenses, and plan say what the API says."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from asking import Asking

from crosscurrent.api.cli import main
from crosscurrent.api.rest.settings import Settings
from crosscurrent.api.text.combinations import outcome_words
from crosscurrent.api.text.wording import OUTCOME_SHADES

CELL = re.compile(
    r'<a href="/combine\?defense=([^&"]*)&amp;defense=([^"]*)" class="cell ([^"]*)">(.*?)</a>',
    re.DOTALL,
)
BADGE = re.compile(r'badge (published|measured)">([^<]*)<')


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.delenv("CROSSCURRENT_KNOWLEDGE", raising=False)
        yield Asking(Settings(data=str(tmp_path_factory.mktemp("data"))))


def text_of(page: str) -> str:
    """Return what a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def document(looking: Asking, path: str) -> Any:
    return looking.get(path).json()


def test_the_matrix_of_defenses_says_of_all_pairs_what_the_api_says(looking: Asking) -> None:
    answers = document(looking, "/v1/conflicts")["combinations"]
    expected = {frozenset(each["defenses"]): each for each in answers}
    page = looking.get("/combinations").text
    shown = {frozenset(found[:2]): found[2:] for found in CELL.findall(page)}
    assert shown.keys() == expected.keys()
    for pair, (classes, inside) in shown.items():
        outcome = expected[pair]["outcome"]
        assert OUTCOME_SHADES[outcome] in classes.split()
        assert outcome_words(outcome, expected[pair]["grounds"]) in text_of(inside)
        seen = {each["tuned_outcome"] or each["outcome"] for each in expected[pair]["observations"]}
        signs = {"effective": "✓", "conflict": "✗"}
        assert {sign for _, sign in BADGE.findall(inside)} == {signs[each] for each in seen}


@pytest.mark.parametrize(
    "names",
    [
        ("watermarking@pre", "outlier_removal@in"),
        ("adversarial_training@in", "differential_privacy@in", "watermarking@post"),
        ("RD3@pre", "PD1", "FD1", "FD2"),
    ],
    ids="+".join,
)
def test_a_combination_is_shown_with_its_order_its_conflict_and_its_repairs(
    looking: Asking, names: tuple[str, ...]
) -> None:
    asked = "&".join(f"defense={name}" for name in names)
    answer = document(looking, f"/v1/conflicts?{asked}")
    page = looking.get(f"/combine?{asked}").text
    told = text_of(page)
    words = outcome_words(answer["outcome"], answer["grounds"])
    assert words[:1].upper() + words[1:] in told
    for each in answer["exclusions"]:
        assert each["reason"] in told
    assert f"crosscurrent combine {' '.join(answer['defenses'])}" in told
    # in both drawings: the order as numbers, or what does not go together as a line
    orders = answer["orders"] if answer["trainable"] else []
    assert page.count('class="sign order"') == 2 * len((orders or [[]])[0])
    apart = len(answer["conflicts"]) + len(answer["exclusions"])
    assert page.count('class="edge conflict"') == 2 * apart
    for each in answer["repairs"]:
        changed = "&amp;".join(f"defense={name}" for name in each["defenses"])
        assert f'href="/combine?{changed}"' in page
    for each in answer["defenses"]:
        assert re.search(rf'value="{each}" checked', page)


def test_side_effects_on_all_risks_are_those_of_the_chosen_defenses(looking: Asking) -> None:
    page = looking.get("/combine?defense=RD1&defense=PD1").text
    shown = set(re.findall(r'id="([a-z_]+)\.([a-z_]+)" href="/why/', page))
    risks = {each["id"] for each in document(looking, "/v1/risks")["risks"]}
    assert shown == {(d, r) for d in ("adversarial_training", "differential_privacy")
                     for r in risks}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("defense=waterming@pre&defense=RD1", "did you mean watermarking"),
        ("defense=RD1@post&defense=PD1", "has no variant at stage 'post'"),
        ("defense=RD1&defense=adversarial_training@in", "twice"),
        ("defense=RD9", "unknown defense"),
    ],
)
def test_what_cannot_be_combined_is_said_beside_the_form(
    looking: Asking, query: str, said: str
) -> None:
    answer = looking.get(f"/combine?{query}")
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert 'name="defense"' in answer.text


def test_one_defense_and_none_ask_for_more(looking: Asking) -> None:
    assert "Choose a second one" in looking.get("/combine?defense=RD1").text
    first = looking.get("/combine").text
    for link in re.findall(r'<li><a href="(/combine\?[^"]*)">', first):
        assert "Published and measured" in looking.get(unescape(link)).text


def test_plans_show_for_each_risk_what_the_api_says(looking: Asking) -> None:
    asked = "protect=R1&protect=P1&protect=F"
    answer = document(looking, f"/v1/plans?{asked}")
    page = looking.get(f"/plan?{asked}").text
    rows = page.split('<li class="offer">')[1:]
    assert len(rows) == len(answer["plans"]) > 0
    for row, each in zip(rows, answer["plans"], strict=True):
        shown = sorted(re.findall(r'class="does (\w+)" href="/why/(\w+)/(\w+)"', row))
        assert shown == sorted(
            (kind, part["defense"], part["risk"])
            for kind in ("covers", "raises", "lowers", "open")
            for part in each[kind]
        )
        order = "&amp;".join(f"defense={name}" for name in each["order"])
        assert f'href="/combine?{order}"' in row


@pytest.mark.parametrize(
    "address",
    [
        "/plan?protect=R1&protect=P1&avoid=P3&have=FD2&max=3",
        "/why/PD1/P1",
        "/why/PD1/P1?D1=lower&D2=hold&M1=raise&model_knowledge=graybox",
        "/combine?defense=PD1&defense=RD1",
        "/collude?target=P1&first=R2&model_knowledge=graybox&limit=3",
    ],
)
def test_the_command_line_asks_the_same(
    looking: Asking, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = looking.get(address).text
    (command,) = re.findall(r"<code>crosscurrent (.*?)</code>", page)
    assert main([*shlex.split(unescape(command)), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    kind, _, query = address.partition("?")
    if kind == "/plan":
        assert answer == document(looking, f"/v1/plans?{query}")
    elif query.startswith("D1"):
        assert answer["scenario"] == {
            "raise": ["model_capacity"], "lower": ["training_set_size"], "hold": ["tail_length"],
            "adversary": {"model_knowledge": "graybox"}, "given": {},
        }  # fmt: skip


def test_a_plan_says_all_that_its_defenses_do(looking: Asking) -> None:
    page = looking.get("/plan?protect=P1&knowledge=papers").text
    assert re.search(r'class="code">R1|\b(RD|PD|FD)[1-4]\b', page) is None, "names, not codes"
    assert 'class="does lowers" href="/why/differential_privacy/data_reconstruction?' in page
    assert "nothing known" not in page


def test_a_plan_says_before_all_else_what_it_cannot_promise(looking: Asking) -> None:
    asked = "protect=evasion&protect=membership_inference&avoid=discriminatory_behavior"
    (plan,) = document(looking, f"/v1/plans?{asked}")["plans"]
    assert "discriminatory_behavior" in {each["risk"] for each in plan["open"]}
    said = text_of(looking.get(f"/plan?{asked}").text)
    promise, _, rest = said.partition("What else it does")
    assert "Not known whether it raises unfairness (discriminatory behavior)" in promise
    assert "attribute inference, which you asked" not in said, "that was not asked"
    assert "learning is federated" in rest
    assert "given learning" not in rest


def test_a_repair_says_what_it_leaves_unsettled(looking: Asking) -> None:
    three = "defense=RD1&defense=RD3&defense=PD1"
    said = text_of(looking.get(f"/combine?{three}").text)
    assert "A repair that keeps adversarial training (in training) and differential privacy" in said
    two = text_of(looking.get("/combine?defense=RD1&defense=PD1").text)
    assert "seen otherwise: Luo and Li 2024" in two
    assert "luo2024demem" not in two
    assert "does not settle" not in text_of(looking.get("/combine?defense=RD3&defense=RD2").text)


def test_the_usual_place_of_a_defense_is_marked(looking: Asking) -> None:
    page = looking.get("/combine").text
    usual = re.findall(r'value="([^"]*)"> [\w ]+ <span class="code">usual</span>', page)
    assert "watermarking@pre" in usual
    assert "adversarial_training@in" not in usual, "it has no other place"
    assert len(usual) == len({each.partition("@")[0] for each in usual})


def test_what_takes_a_file_of_ones_own_is_said_where_the_service_has_none(looking: Asking) -> None:
    page = text_of(looking.get("/validate?defense=PD1&risk=F").text)
    assert "crosscurrent data check FILE" in page
    check = "crosscurrent validate differential_privacy discriminatory_behavior --dataset FILE"
    assert check in page
    assert "CROSSCURRENT_DATASETS" in page
    assert "Unfairness (discriminatory behavior, F)" in page
    assert "Nothing was measured yet" in page
    assert "Nothing like that" not in page


def test_of_any_two_wishes_the_page_has_as_many_plans_as_the_api(looking: Asking) -> None:
    risks = [each["id"] for each in document(looking, "/v1/risks")["risks"]]
    for one, other in combinations(risks, 2):
        asked = f"protect={one}&avoid={other}"
        answer = document(looking, f"/v1/plans?{asked}")
        page = looking.get(f"/plan?{asked}").text
        shown = [*answer["plans"], *answer["near_misses"]]
        assert page.count('<li class="offer">') == len(shown)
        assert page.count("<b>Misses:</b>") == sum(
            len(near["misses"]) for near in answer["near_misses"]
        )
        if not answer["plans"]:
            told = text_of(page)
            assert "No set of defenses meets all constraints" in told
            for each in answer["blocked"]:
                assert f"{each['plans']} set{'s' * (each['plans'] != 1)}" in told


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("avoid=R1", "choose a risk to protect against"),
        ("protect=evason", "did you mean evasion"),
        ("protect=R1&max=0", "should be from 1 to"),
        ("protect=R1&max=00089", "should be from 1 to"),
        ("protect=R1&max=٣", "should be from 1 to"),
        ("protect=R1&max=" + "9" * 150, "should be from 1 to"),
        ("protect=R1&have=RD1@pre", "no variant at stage"),
    ],
)
def test_a_wish_that_cannot_be_is_said_beside_the_form(
    looking: Asking, query: str, said: str
) -> None:
    answer = looking.get(f"/plan?{query}")
    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert 'name="protect"' in answer.text


def test_parameters_that_there_are_not_are_told_and_left_out(looking: Asking) -> None:
    page = looking.get("/combine?defnse=RD1&utm_source=mail")
    assert page.status_code == 200
    assert "did you mean defense" in text_of(page.text)
    assert "utm_source" in text_of(page.text)


def test_an_address_that_is_too_long_is_refused(looking: Asking) -> None:
    many = "&".join(f"defense=RD{i}" for i in range(100))
    for query in (many, "defense=" + "x" * 1000):
        answer = looking.get(f"/combine?{query}", headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert "too long" in answer.text


def test_a_combination_that_works_after_tuning_has_the_mark_of_the_command_line(
    looking: Asking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", "combinations", "--format", "csv"]) == 0
    lines = csv.DictReader(io.StringIO(capsys.readouterr().out))
    printed = {(line["one"], line["other"]): line["published"].split() for line in lines}
    page = looking.get("/combinations").text
    cells = re.findall(r'defense=([\w@]+)&amp;defense=([\w@]+)" class="cell [^"]*">(.*?)</a>',
                       page, re.DOTALL)  # fmt: skip
    assert {(one, other) for one, other, _ in cells} == set(printed)
    for one, other, cell in cells:
        marks = [mark for kind, mark in BADGE.findall(cell) if kind == "published"]
        said = {"effective": "✓", "conflict": "✗"}
        assert marks == [said[each] for each in printed[one, other]], (one, other)
    assert printed["data_watermarking@pre", "watermarking@post"] == ["effective"]
    told = next(cell for one, other, cell in cells
                if {one, other} == {"watermarking@post", "data_watermarking@pre"})  # fmt: skip
    assert "effective together after tuning" in told


def test_measured_combinations_have_a_badge_of_their_own(looking: Asking, tmp_path: Path) -> None:
    from crosscurrent.validator.results.evidence import records

    measured = records(
        {
            "kind": "combination", "id": "0123456789abcdef", "outcome": "effective",
            "defenses": ["watermarking@pre", "outlier_removal@in"], "conjecture": "conflict",
            "verdict": "refuted", "seeds": [0, 1, 2],
            "scale": {"dataset": "synthetic", "records": 10, "training_records": 5,
                      "test_records": 5, "model": "mlp", "parameters": 10},
            "orders": [{"order": ["watermarking@pre", "outlier_removal@in"],
                        "outcome": "effective", "constituents": []}],
        }
    )  # fmt: skip
    import yaml

    files = {"measured.yaml": yaml.safe_dump(measured, allow_unicode=True)}
    assert looking.put("/v1/knowledge/lab", json={"files": files}).status_code == 201
    page = looking.get("/combinations?knowledge=lab").text
    found = re.search(r"defense=watermarking@pre&amp;defense=outlier_removal@in&amp;knowledge=lab"
                      r'" class="cell [^"]*">(.*?)</a>', page, re.DOTALL)  # fmt: skip
    assert found is not None
    assert set(BADGE.findall(found[1])) == {("published", "✗"), ("measured", "✓")}
