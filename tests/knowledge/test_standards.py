"""Standards and their requirements: found by many names, and refused where they make no sense."""

from __future__ import annotations

import pytest

from crosscurrent.knowledge import BrokenKnowledge, InputError, KnowledgeBase, load

STANDARD = (
    "standards:\n- {id: own, name: Own, edition: '1', publisher: Us, url: 'https://own.org',"
    " license: ours, binding: standard, levels: ['1', '2']}\n"
)


def own(**fields: str) -> str:
    given = {
        "id": "own.a",
        "standard": "own",
        "number": "'1'",
        "level": "'1'",
        "summary": "so",
        "asks": "nothing",
        "why": "no reason",
        "basis": "read",
        **fields,
    }
    return (
        STANDARD
        + "requirements:\n- {"
        + ", ".join(f"{key}: {value}" for key, value in given.items() if value)
        + "}\n"
    )


def test_a_standard_is_found_by_id_and_alias_and_shown_by_them(kb: KnowledgeBase) -> None:
    for name in ("aisvs", "AISVS", "OWASP AISVS", "owasp-aisvs"):
        assert kb.standard(name) is kb.find(name) is kb.standards["aisvs"]
    assert kb.find("eu_ai_act") is kb.catalogues["eu_ai_act"]  # an id comes before an alias
    assert kb.standard("eu_ai_act") is kb.standards["ai_act"]
    with pytest.raises(InputError, match="AISVS is a standard, not a defense"):
        kb.defense("AISVS")


def test_a_team_adds_a_standard_of_its_own() -> None:
    mine = load([{"own.yaml": own().encode()}], cached=False)
    assert [each.id for each in mine.requirements_of("own")] == ["own.a"]
    assert mine.requirements_of("none") == ()


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        (own(why=""), "asks", "why is missing: this requirement asks for nothing"),
        (own(asks="defenses", why=""), "asks", "defenses is missing"),
        (own(asks="measurement", why=""), "asks", "risks is missing"),
        (own(asks="measurement", risks="[evasion]"), "why", "only a requirement that asks for"),
        (
            own(defenses="[{any_of: [fingerprinting]}]"),
            "defenses",
            "only a requirement that asks for defenses has defenses",
        ),
        (
            own(
                asks="defenses",
                why="",
                defenses="[{any_of: [fingerprinting], instead: [fingerprinting]}]",
            ),
            "defenses[0]",
            "a defense is given twice",
        ),
        (
            own(asks="defenses", why="", defenses="[{any_of: [fingerprint]}]"),
            "defenses[0].any_of[0]",
            "no defense or variant 'fingerprint'",
        ),
        (own(level=""), "level", "missing: should be '1' or '2'"),
        (own(level="'3'"), "level", "should be '1' or '2'"),
        (
            own(standard="ai_rmf").replace("'1'", "'2'"),
            "level",
            "the standard has no levels",
        ),
        (own(standard="owm"), "standard", "no standard 'owm' (did you mean own?)"),
        (
            own(standard="aisvs", number="'1.1.5'"),
            "number",
            "requirement aisvs.1_1_5 has that number",
        ),
        (own().replace("['1', '2']", "['1', '1']"), "levels", "a level is given twice"),
        (own().replace("levels:", "aliases: [rmf], levels:"), "aliases[0]", "already names"),
    ],
)
def test_a_requirement_that_makes_no_sense_is_refused_where_it_stands(
    text: str, field: str, message: str
) -> None:
    with pytest.raises(BrokenKnowledge) as told:
        load([{"own.yaml": text.encode()}], cached=False)
    (problem,) = [each for each in told.value.problems if message in each.message]
    assert problem.field.endswith(f".{field}")
