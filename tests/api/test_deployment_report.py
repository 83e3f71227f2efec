"""The report on a deployment: one light page that loads nothing, and every link of it is alive."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from deployment_texts import HOSTILE_DEPLOYMENT, TRIAGE
from hostile import PAYLOADS
from markupsafe import escape

from crosscurrent import __version__
from crosscurrent.api.answers.deployments import assess_sent
from crosscurrent.api.reports.deployments import STYLE, deployment_body, deployment_report
from crosscurrent.api.text.works import external_links
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

API = Path(__file__).parents[2] / "api"
BARE = "deployment: 1\nname: Bare\n"
ONE = f"{BARE}defenses:\n- defense: quantization\nrisks:\n- risk: evasion\n"
EXAMPLES = {
    path.stem: path.read_text("utf-8") for path in (API / "web" / "deployments").glob("*.yaml")
}
TEXTS = {"triage": TRIAGE, "bare": BARE, "one": ONE, "hostile": HOSTILE_DEPLOYMENT, **EXAMPLES}
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Read(HTMLParser):
    """What a page is made of: its elements, where its links lead, and what is not well formed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[str] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if len(found) != len(attrs):
            self.wrong.append(f"{tag}: {attrs}")
        self.tags.append(tag)
        self.attributes += found
        if "id" in found:
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@cache
def assessed(name: str) -> tuple[KnowledgeBase, DeploymentAssessment]:
    kb = load()
    return kb, assess_sent(kb, TEXTS[name].encode(), "deployment.yaml")


@cache
def written(name: str) -> str:
    kb, found = assessed(name)
    return deployment_report(kb, found, made_on="2026-11-29", version=__version__)


@pytest.fixture(params=TEXTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_page_begins_with_the_examples_of_the_guide() -> None:
    folder = API.parent / "docs" / "examples" / "deployments"
    assert {path.stem: path.read_text("utf-8") for path in folder.glob("*.yaml")} == EXAMPLES
    assert len(EXAMPLES) == 3


def test_a_report_on_six_defenses_is_light() -> None:
    assert len(assessed("triage")[1].deployment.defenses) == 6
    assert len(written("triage").encode()) < 150_000


def test_every_link_of_a_report_is_alive(name: str) -> None:
    page, works = Read(written(name)), load().references.values()
    outside = {address for work in works for address, _ in external_links(work)}
    assert len(page.links) > 8
    for link in page.links:
        assert link in outside or (link.startswith("#") and link[1:] in page.ids), link


def test_a_report_is_well_formed_and_no_id_is_there_twice(name: str) -> None:
    page = Read(written(name))
    assert page.wrong == []
    assert len(page.ids) == len(set(page.ids))


def test_headings_leave_no_level_out(name: str) -> None:
    levels = [int(tag[1]) for tag in Read(written(name)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_report_loads_nothing_and_runs_nothing(name: str) -> None:
    text = written(name)
    page = Read(text)
    assert not {"script", "link", "img", "iframe", "object", "form", "base", "svg"} & {*page.tags}
    assert not {each for each in page.attributes if each in ("style", "src", "srcset")}
    assert not [each for each in page.attributes if each.startswith("on")]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert not re.search(r"url\(|@import|@font-face", style)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text


def test_what_a_file_says_is_text_in_its_report() -> None:
    text = written("hostile")
    for payload in PAYLOADS[:4]:
        assert payload not in text
        assert str(escape(payload)) in text
    shown = "".join(Read(text).texts)
    assert " ".join(PAYLOADS) in shown


def test_the_summary_has_a_row_for_each_risk(name: str) -> None:
    _, found = assessed(name)
    body = re.search(r"<tbody>(.*?)</tbody>", written(name), re.DOTALL)
    assert body is not None
    rows = body[1].split("<tr")[1:]
    assert len(rows) == len(found.risks) == 8
    for row, outcome in zip(rows, found.risks, strict=True):
        assert f'href="#risk-{outcome.risk}"' in row
        assert row.count("<td") == 4
        assert (outcome.matters or "not listed") in row


def test_colour_follows_direction_and_strength_of_evidence() -> None:
    _, found = assessed("credit")
    text = written("credit")
    for outcome in found.risks:
        row = text.partition(f'href="#risk-{outcome.risk}"')[2].partition("</tr>")[0]
        (shade,) = re.findall(r'class="sign ([^"]*)"', row)
        leading = outcome.leading
        assert leading is not None
        if outcome.expect in ("increase", "decrease"):
            strong = {"measured_here": 2, "replicated": 2, "published_once": 1}
            strength = strong.get(leading.answer.grade, 0)
            assert shade == f"{outcome.expect} s{strength}"
        else:
            assert shade in ("contested", "unknown")
    assert {each.expect for each in found.risks} >= {"increase", "decrease"}


def test_every_effect_comes_with_its_command() -> None:
    _, found = assessed("triage")
    text = written("triage")
    assert text.count('class="effect"') == sum(len(each.effects) for each in found.risks) == 48
    assert text.count('<p class="command"><code>crosscurrent ') == 48


def test_options_that_ask_the_same_knowledge_are_part_of_every_command() -> None:
    kb, found = assessed("triage")
    text = deployment_report(
        kb, found, more=" --knowledge own", made_on="2026-11-29", version=__version__
    )
    commands = re.findall(r"<code>(crosscurrent [^<]*)</code>", text)
    assert len(commands) > 48
    assert all(each.endswith(" --knowledge own") for each in commands)


def test_a_report_says_what_it_was_made_from(name: str) -> None:
    _, found = assessed(name)
    shown = "".join(Read(written(name)).texts)
    for part in (found.deployment.file.digest, found.knowledge, __version__, "2026-11-29"):
        assert part in shown


def test_who_has_accepted_a_finding_is_told() -> None:
    assert "accepted by Clinical data team until 2027-06-30: no attack is worth it here" in (
        written("triage")
    )


def test_without_defenses_nothing_is_expected_to_change() -> None:
    text = written("bare")
    assert "No defense is in place, so nothing is expected to change." in text
    assert 'id="together"' not in text


def test_defenses_at_a_stage_are_called_by_their_names() -> None:
    for name in ("triage", "credit"):
        shown = re.sub(r"<code>.*?</code>", "", written(name), flags=re.DOTALL)
        assert re.findall(r"[a-z_]+@(?:pre|in|post)", shown) == []


def test_a_part_of_another_page_says_the_same() -> None:
    kb, found = assessed("triage")
    body = deployment_body(kb, found, made_on="2026-11-29", version=__version__)
    assert body.strip() in written("triage")
    assert STYLE.read_text("utf-8").strip() in written("triage")


def test_a_report_has_the_colours_of_the_page() -> None:
    def colours(file: Path) -> list[str]:
        text = file.read_text("utf-8")
        return re.findall(r"--(?!warn)[a-z0-9-]+: [^;]+;", text)

    ours = colours(API / "reports" / "page.css")
    assert ours == colours(API / "web" / "static" / "style.css")[: len(ours)]
    assert len(ours) == 39
