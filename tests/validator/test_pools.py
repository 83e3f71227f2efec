"""Pooled effects: what compares, what counts once, what is left out and why."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from outcomes import document
from pydantic import TypeAdapter

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.plots.forest_plots import forest_plot
from crosscurrent.validator.results import pool_types
from crosscurrent.validator.results.documents import checked, read_results
from crosscurrent.validator.results.pool_documents import pool_documents
from crosscurrent.validator.results.pool_rows import COUNTED, limits, rows
from crosscurrent.validator.results.pools import Pool, pools, study

RISE = (0.10, 0.13, 0.12, 0.11)
FALL = (-0.10, -0.13, -0.12, -0.11)


@pytest.fixture
def made(kb: KnowledgeBase) -> Any:
    """Return a function that makes a result on a data set; what is given changes its document."""
    number = itertools.count()

    def make(dataset: str = "digits", shows: Sequence[float] = RISE, **changes: Any) -> Any:
        own = changes.pop("own", {})
        found: Any = copy.deepcopy(document(kb, shows=shows, reading=1.0, **own))
        found["id"] = f"{next(number):064x}"
        found["scale"]["dataset"] = dataset
        for path, value in changes.items():
            *folders, name = path.split("__")
            place = found
            for each in folders:
                place = place[each]
            place[name] = value
        return found

    return make


def pooled(*documents: Any, over: Any = "data") -> list[Pool]:
    return pools(map(study, documents), over)


def names(found: Pool) -> list[str]:
    return [each.dataset for each in found.studies]


def test_several_data_sets_give_a_mean_with_what_they_differ_by(made: Any) -> None:
    (found,) = pooled(made("digits"), made("adult", (0.2, 0.21, 0.2, 0.22)), made("credit", FALL))
    assert names(found) == ["digits", "adult", "credit"]
    assert found.summary is not None
    assert found.summary.low < found.summary.estimate < found.summary.high
    assert found.summary.heterogeneity.tau_squared > 0.01
    assert found.summary.prediction is not None
    assert found.outcome == "inconclusive"
    assert found.left == ()


def test_one_result_stays_what_it_is_and_says_nothing_of_others(made: Any) -> None:
    only = made()
    (found,) = pooled(only)
    assert found.summary is None
    (told,) = pool_documents([found])
    assert told["effect"] is not None
    for name in ("estimate", "low", "high"):
        assert told["effect"][name] == only["effect"][name]
    assert (told["heterogeneity"], told["prediction"]) == (None, None)
    assert told["outcome"] == only["outcome"]
    assert told["studies"][0]["weight"] == 1.0


def test_the_same_numbers_on_three_data_sets_do_not_differ(made: Any) -> None:
    (found,) = pooled(*(made(name) for name in ("digits", "adult", "credit")))
    assert found.summary is not None
    assert found.summary.heterogeneity.tau_squared == 0
    assert found.summary.estimate == pytest.approx(0.115)
    assert found.outcome == "increase"


def test_the_order_of_results_changes_no_number(made: Any) -> None:
    results = [made("digits"), made("adult", (0.2, 0.25, 0.2, 0.22)), made("credit", FALL)]
    seen = {pooled(*order)[0].summary for order in itertools.permutations(results)}
    numbers = {(each.estimate, each.low, each.high, each.heterogeneity) for each in seen if each}
    assert len(numbers) == 1


@pytest.mark.parametrize(
    ("change", "value", "differing"),
    [
        ("defense", "watermarking@post", []),
        ("risk", "evasion", []),
        ("effect__metric", "another", ["metric=another"]),
        ("effect__worse_when", "lower", ["worse_when=lower"]),
        ("effect__smallest_effect", 0.05, ["smallest_effect=0.05"]),
        ("settings__attack__shadows", 64, ["attack.shadows=64"]),
        ("settings__attack__another", 1, ["attack.another=1"]),
        ("settings__defense__triggers", 80, ["defense.triggers=80"]),
        ("settings__training__epochs", 40, ["training.epochs=40"]),
        ("scale__model", "mlp-l", ["model=mlp-l"]),
    ],
)
def test_what_does_not_compare_is_not_pooled_and_says_how_it_differs(
    made: Any, change: str, value: Any, differing: list[str]
) -> None:
    found = pooled(made("digits"), made("adult", **{change: value}))
    assert [names(each) for each in found] == [["digits"], ["adult"]]
    assert pool_documents(found)[1]["differing"] == differing


def test_a_number_is_the_same_however_it_is_written(made: Any) -> None:
    (found,) = pooled(
        made("digits", settings__attack__shadows=16),
        made("adult", settings__attack__shadows=16.0),
    )
    assert names(found) == ["digits", "adult"]


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("settings__training__records", 77),
        ("settings__training__sampling", "poisson"),
        ("settings__attack__attribute", "sex"),
    ],
)
def test_what_follows_from_the_data_does_not_keep_results_apart(
    made: Any, change: str, value: Any
) -> None:
    first, second = made("digits"), made("adult", **{change: value})
    if change.endswith("attribute"):
        first["settings"]["attack"]["attribute"] = "race"
    (found,) = pooled(first, second)
    assert names(found) == ["digits", "adult"]


@pytest.mark.parametrize("outcome", ["nothing_to_move", "no_longer_useful", "cannot_change"])
def test_what_is_evidence_of_nothing_is_listed_and_not_pooled(made: Any, outcome: str) -> None:
    void = made("adult", FALL, outcome=outcome, void="the attack is at its floor")
    (found,) = pooled(made("digits"), void)
    assert names(found) == ["digits"]
    (left,) = found.left
    assert left.reason == f"{outcome.replace('_', ' ')}: the attack is at its floor"


def test_an_ineffective_defense_is_listed_and_not_pooled(made: Any) -> None:
    (found,) = pooled(made("digits"), made("adult", effective_defense=False))
    assert names(found) == ["digits"]
    assert "not effective" in found.left[0].reason


def test_a_placebo_is_pooled_though_it_has_nothing_to_be_effective_at(made: Any) -> None:
    unknown: Any = {"effective_defense": None, "effectiveness": None}
    nothing = [made(name, defense="placebo", **unknown) for name in ("digits", "adult")]
    (found,) = pooled(*nothing)
    assert names(found) == ["digits", "adult"]
    (found,) = pooled(made("digits"), made("adult", **unknown))
    assert names(found) == ["digits"]
    assert found.left[0].reason == "whether the defense was effective is not known"


def test_inconclusive_results_are_pooled(made: Any) -> None:
    # else only what is significant by itself would count
    open_ = made("adult", (0.3, -0.25, 0.1, -0.1))
    assert open_["outcome"] == "inconclusive"
    (found,) = pooled(made("digits"), open_)
    assert names(found) == ["digits", "adult"]


def test_equal_differences_have_no_error_and_so_no_weight(made: Any) -> None:
    same = made("adult", effect__low=0.1, effect__high=0.1, effect__estimate=0.1)
    (found,) = pooled(made("digits"), same)
    assert names(found) == ["digits"]
    assert "all differences are the same" in found.left[0].reason


def test_a_data_set_counts_once_and_the_best_measured_result_does(made: Any) -> None:
    few, many, again = made(), made(seeds=list(range(9))), made(seeds=list(range(9)))
    drawn = made(draws=[{"settings": {}}] * 2)
    (found,) = pooled(few, many, again, made("adult"))
    assert [each.result for each in found.studies] == [again["id"], found.studies[1].result]
    assert [each.study.result for each in found.left] == [few["id"], many["id"]]
    for each in found.left:
        assert each.reason == (
            f"of a data set of the same name as result {again['id'][:12]}, which counts instead"
        )
    (found,) = pooled(drawn, again)
    assert [each.result for each in found.studies] == [drawn["id"]]


def test_generated_data_are_others_under_other_seeds(kb: KnowledgeBase, made: Any) -> None:
    def generated(*seeds: int, **more: Any) -> Any:
        drawn = [{"settings": {"seed": seed, **more}} for seed in seeds]
        return made("synthetic", settings__data={"seed": seeds[0], **more}, draws=drawn)

    (found,) = pooled(generated(0), generated(1), generated(2, 3), generated(3, tail_length=0.3))
    assert [sorted(each.generated or ()) for each in found.studies] == [[0], [1], [2, 3]]
    assert "counts instead" in found.left[0].reason
    labels = [each["label"] for each in pool_documents([found])[0]["studies"]]
    assert labels == ["synthetic seed=0", "synthetic seed=1", "synthetic seed=2"]


def test_a_result_that_is_given_twice_is_one(made: Any) -> None:
    one = made()
    (found,) = pooled(one, made("adult"), one)
    assert len(found.all) == 2


def test_over_models_the_data_are_the_same(made: Any) -> None:
    results = [made(scale__model=name) for name in ("mlp-s", "mlp-m", "mlp-s")]
    (found,) = pooled(*results, over="model")
    assert [each.model for each in found.studies] == ["mlp-m", "mlp-s"]
    assert "of the same model" in found.left[0].reason
    apart = pooled(made("digits"), made("adult", scale__model="mlp-m"), over="model")
    assert [len(each.studies) for each in apart] == [1, 1]


def test_over_models_two_files_of_one_name_are_not_the_same_data(made: Any) -> None:
    def drawn(model: str, *digests: str) -> Any:
        draws = [{"settings": {}, "digest": f"sha256:{each * 64}"} for each in digests]
        return made("data", scale__model=model, draws=draws)

    found = pooled(drawn("mlp-s", "a"), drawn("mlp-m", "b"), drawn("mlp-l", "a"), over="model")
    assert [[one.model for one in each.studies] for each in found] == [
        ["mlp-s", "mlp-l"],
        ["mlp-m"],
    ]
    told = [each["differing"] for each in pool_documents(found)]
    assert told == [[f"digest=sha256:{each * 12}"] for each in "ab"]
    (one,) = pooled(drawn("mlp-s", "a"), drawn("mlp-m", "a", "b"), over="model")
    assert len(one.studies) == 2, "the first draw gives the others"


def test_the_document_has_the_fields_of_its_shape(kb: KnowledgeBase, made: Any) -> None:
    schema = TypeAdapter(pool_types.Pool).json_schema()
    for each in (schema, *schema["$defs"].values()):
        if "properties" in each:
            each["additionalProperties"] = False
    cases = [
        pooled(made(), made("adult"), made("credit", effective_defense=False)),
        pooled(made()),
        pooled(made(effective_defense=False)),
        pooled(made(), made(scale__model="mlp-m"), over="model"),
    ]
    for found in itertools.chain.from_iterable(map(pool_documents, cases)):
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(found)))


def test_rows_are_what_counts_the_mean_and_what_is_left_out(made: Any) -> None:
    far = made("credit", FALL, effect__low=-9.0, outcome="cannot_change")
    (found,) = pool_documents(pooled(made(), made("adult"), made("covid"), far))
    assert [(each.name, each.kind) for each in rows(found)] == [
        ("digits", "study"), ("adult", "study"), ("covid", "study"),
        ("mean", "mean"), ("another such", "prediction"), ("credit", "left"),
    ]  # fmt: skip
    assert found["effect"] is not None
    assert found["prediction"] is not None
    assert rows(found, COUNTED) == rows(found)[:-1]
    ends = [each for one in found["studies"] for each in (one["low"], one["high"])]
    for kinds, part in ((("study", "mean"), found["effect"]), (COUNTED, found["prediction"])):
        least, most = limits(found, kinds)
        assert least == min(*ends, part["low"], -found["smallest_effect"])
        assert most == max(*ends, part["high"])
    (alone,) = pool_documents(pooled(far))
    assert limits(alone)[0] == -9.0, "of nothing that counts, what does not"


def test_a_forest_plot_says_every_number_and_what_is_left_out(made: Any, tmp_path: Path) -> None:
    results = [
        made(),
        made("adult", FALL),
        made("<b>&", FALL),
        made("credit", outcome="cannot_change"),
    ]
    found = pool_documents(pooled(*results))
    told = {"over": "data", "pools": found}
    for ending in (".svg", ".png", ".pdf"):
        forest_plot(told, str(tmp_path / f"f{ending}"))
    text = (tmp_path / "f.svg").read_text()
    assert "&lt;b&gt;&amp;" in text
    for each in [*found[0]["studies"], found[0]["effect"]]:
        assert each is not None
        assert f"{each['estimate']:+.3f}".replace("-", "−") in text
    assert "credit (left out)" in text
    assert "cannot change" in text
    forest_plot(told, str(tmp_path / "again.svg"))
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "f.svg").read_bytes()
    with pytest.raises(InputError, match="should end in"):
        forest_plot(told, str(tmp_path / "f.bmp"))
    with pytest.raises(InputError, match="no result"):
        forest_plot({"over": "data", "pools": []}, str(tmp_path / "none.svg"))
    assert not (tmp_path / "none.svg").exists()


def test_files_hold_results_grids_and_lists_of_either(made: Any, tmp_path: Path) -> None:
    one, other = made(), made("adult")
    missing = {"defense": "watermarking", "risk": "evasion", "reason": "needs images"}
    forms: dict[str, Any] = {
        "verdict": one,
        "grid": {"kind": "grid", "cells": [one, missing, other]},
        "listed": {"kind": "results", "results": [one, {"kind": "combination"}, other]},
        "several": [one, {"kind": "grid", "cells": [other]}],
    }
    for name, form in forms.items():
        (tmp_path / name).write_text(json.dumps(form))
        found = read_results(str(tmp_path / name))
        assert [each["id"] for each in found] == [one["id"], other["id"]][: len(found)]
        assert len(found) == (1 if name == "verdict" else 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("references: []", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        (f'[{{"a": {"1" * 5000}}}]', "a number in it has too many digits"),
        ("[]", "no result of a defense and a risk"),
        ("{}", "no result of a defense and a risk"),
        ("3", "no result of a defense and a risk"),
        ('{"kind": "combination"}', "no result of a defense and a risk"),
        ('{"cells": [{"reason": "x"}]}', "no result of a defense and a risk"),
        ('{"effect": 1}', "id: Field required"),
    ],
)
def test_what_is_no_result_is_refused_and_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=said) as refused:
        read_results(str(tmp_path / "x.json"))
    assert str(tmp_path / "x.json") in str(refused.value)
    with pytest.raises(InputError, match="no such file"):
        read_results(str(tmp_path / "nowhere.json"))


def test_documents_that_are_nested_too_deeply_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InputError, match="mine: nested too deeply"):
        checked(deep, "mine")


def test_a_result_on_a_table_is_read(made: Any, tmp_path: Path) -> None:
    """What describes a table has lists of names, and nothing where there is nothing."""
    table = {"classes": ["no", "yes"], "groups": {"sex": ["f", "m"]}, "constant": [], "sample": 0}
    written = made("loans", settings__data__classes=table["classes"], draws=[{"settings": table}])
    written["settings"]["data"].update(table)
    (tmp_path / "x.json").write_text(json.dumps([written]))
    assert [each["id"] for each in read_results(str(tmp_path / "x.json"))] == [written["id"]]


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("effect__estimate", float("nan")),
        ("effect__estimate", "a lot"),
        ("effect__estimate", "0.115"),
        ("effective_defense", "false"),
        ("effect__estimate", 1e300),
        ("effect__low", 0.5),
        ("effect__differences", [0.1]),
        ("effect__differences", []),
        ("effect__level", 1.5),
        ("effect__level", 0.9),
        ("effect__smallest_effect", 0),
        ("effect__worse_when", "sometimes"),
        ("outcome", "perhaps"),
        ("settings__attack", []),
        ("seeds", []),
        ("scale", None),
        ("draws", [{}]),
        ("draws", [{"settings": {}, "digest": "\x1b"}]),
        ("effectiveness", {"name": 3}),
        ("void", {"a": 1}),
        ("void", "at its\nfloor"),
        ("scale__dataset", "\x1b[2J"),
        ("scale__model", "half \ud800"),
        ("defense", "water\tmarking"),
        ("effect__metric", "m" * 1001),
        ("effect__name", "\x9b"),
        ("effectiveness__needed", "\r"),
        ("settings__data__records", "\x07"),
        ("settings__training__epochs", None),
        ("settings__training__epochs", [1]),
        ("settings__data__classes", ["a", "\x07"]),
        ("settings__data__groups", {"sex": {"\x07": 1}}),
        ("settings__training__\x07", 1),
        ("settings__attack__shadows", 2**63),
    ],
)
def test_a_broken_result_is_refused_with_its_field(
    made: Any, tmp_path: Path, change: str, value: Any
) -> None:
    broken = made(**{change: value})
    (tmp_path / "x.json").write_text(json.dumps([made(), broken]))
    with pytest.raises(InputError, match=change.split("__")[0]) as refused:
        read_results(str(tmp_path / "x.json"))
    assert broken["id"][:12] in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_defense_that_was_not_effective_says_why(made: Any) -> None:
    broken = made(effective_defense=False, effectiveness=None)
    with pytest.raises(InputError, match="effectiveness should say why effective_defense is false"):
        checked(broken, "mine")


def test_a_result_is_named_in_a_message_whatever_its_id_is(made: Any) -> None:
    for identity in (10**5000, None, ["x"]):
        with pytest.raises(InputError, match="mine: result without an id: id: "):
            checked(made(id=identity), "mine")


def test_names_of_all_kinds_are_known_and_others_refused(kb: KnowledgeBase, made: Any) -> None:
    from crosscurrent.api.answers.pools import pools as answer

    found = [study(made()), study(made("adult", defense="watermarking@post"))]
    for defense, count in (("RD3", 2), ("watermarking@in", 0), ("watermarking@post", 1)):
        assert len(answer(kb, found, defense, "P1")["pools"]) == count, defense
    usual = kb.defenses["watermarking"].usual_stage
    assert len(answer(kb, found, f"RD3@{usual}")["pools"]) == 1
    assert answer(kb, found, risk="R1")["pools"] == []
    with pytest.raises(UnknownName, match="defense"):
        answer(kb, found, "nothing")
    with pytest.raises(UnknownName, match="risk"):
        answer(kb, found, risk="nothing")
    with pytest.raises(InputError, match="data or model"):
        answer(kb, found, over="seeds")  # type: ignore[arg-type]
