"""Audits of fitted models: the numbers of their predictions in every form, and clear refusals."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
import skops.io
import small_nets
import torch
from fitted import Fitted, graph, logistic, perceptron
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from onnx import helper
from predictions import Arrays, write_csv
from safetensors.torch import save_file
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError, MissingExtra
from crosscurrent.validator.audits import Columns, Data, ModelSettings, audit
from crosscurrent.validator.audits._asked import asked
from crosscurrent.validator.audits._data import MISSING
from crosscurrent.validator.audits._records import Records
from crosscurrent.validator.audits._values import typed
from crosscurrent.validator.audits.models import _model, opened_model
from crosscurrent.validator.audits.subjects import evasion, unauthorized_model_ownership

FORMS = ("model.skops", "model.safetensors", "model.pt", "model.onnx")
MODULES = {"logistic": "small_nets:Linear", "perceptron": "small_nets:Perceptron"}


@pytest.fixture(autouse=True)
def _few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack with little: how well is not asked here."""
    for module, name, few in (
        (evasion, "QUERIES", 5),
        (unauthorized_model_ownership, "QUERIES", 60),
    ):
        monkeypatch.setattr(module, name, few)


@pytest.fixture(scope="module")
def linear() -> Fitted:
    return logistic()


@pytest.fixture
def written(linear: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a logistic regression in every form with its records; work beside them."""
    monkeypatch.chdir(tmp_path)
    linear.write(tmp_path)
    return write_csv(tmp_path / "records.csv", linear.records)


def audited(kb: KnowledgeBase, model: Any, data: Any, **settings: Any) -> dict[str, Any]:
    columns = settings.pop("columns", None)
    given = data if isinstance(data, Data) else Data(data)
    found = audit(
        kb, model, data=given, columns=columns, settings=ModelSettings(**settings), resamples=100
    )
    assert json.loads(json.dumps(found)) == found
    return dict(found)


def refusal(kb: KnowledgeBase, model: Any, data: Any, **settings: Any) -> str:
    with pytest.raises(InputError) as refused:
        audited(kb, model, data, **settings)
    assert len(str(refused.value)) < 3000
    return str(refused.value)


def numbers(document: Mapping[str, Any]) -> dict[tuple[str, str], list[float]]:
    return {
        (each["subject"], name): [metric["before"][key] for key in ("estimate", "low", "high")]
        for each in document["measured"]
        for name, metric in each["metrics"].items()
    }


@pytest.mark.parametrize("made", [logistic, perceptron])
def test_every_form_of_a_model_gives_the_numbers_of_its_predictions(
    kb: KnowledgeBase, tmp_path: Path, made: Callable[[], Fitted]
) -> None:
    fitted = made()
    fitted.write(tmp_path)
    file = write_csv(tmp_path / "records.csv", fitted.records)
    columns = Columns(positive="1")
    expected = numbers(audit(kb, fitted.predictions, columns=columns, resamples=100))
    assert len({subject for subject, _ in expected}) == 5
    attacked = {"evasion", "unauthorized_model_ownership"}

    def function(records: Any) -> Any:
        return fitted.estimator.predict_proba(records)

    models = [*(tmp_path / name for name in FORMS), fitted.estimator, fitted.module, function]
    for model in models:
        found = audited(kb, model, file, columns=columns, architecture=MODULES[made.__name__])
        assert found["models"][0]["model"]["attributes"] == len(fitted.records) - 3
        measured = numbers(found)
        assert {subject for subject, _ in measured} == {*attacked, *(each for each, _ in expected)}
        for key, values in measured.items():
            if key[0] not in attacked:
                assert values == pytest.approx(expected[key], abs=1e-9), (model, key)
            elif key[1] != "whitebox_accuracy":  # which modules alone have
                expected.setdefault(key, values)
                # a surrogate is fitted to answers that differ in the last bit
                exact = key[0] == "evasion"
                assert values == pytest.approx(expected[key], abs=1e-9 if exact else 0.03)


def test_records_are_the_same_in_every_format(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    made = linear.records
    x = np.stack([made[name] for name in "abcd"], axis=1)
    others = {name: made[name] for name in ("label", "member", "group_sex")}
    np.savez("array.npz", allow_pickle=False, attributes=x, **others)
    np.savez("columns.npz", allow_pickle=False, **made)
    pd.DataFrame(made).to_parquet("records.parquet")
    first = numbers(audited(kb, "model.skops", written))
    for data in ("array.npz", "columns.npz", "records.parquet", made, pd.DataFrame(made)):
        assert numbers(audited(kb, "model.skops", data)) == first


def test_training_records_and_others_may_lie_in_two_files(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    seen = linear.records["member"]
    halves = [
        {name: each[some] for name, each in linear.records.items() if name != "member"}
        for some in (seen, ~seen)
    ]
    order = np.argsort(~seen, kind="stable")
    together = {name: each[order] for name, each in linear.records.items()}
    expected = numbers(audited(kb, "model.skops", together))
    files = [write_csv(Path(f"{i}.csv"), each) for i, each in enumerate(halves)]
    found = audited(kb, "model.skops", Data(train=files[0], test=files[1]))
    assert numbers(found) == expected
    assert found["command"].startswith("crosscurrent audit model.skops --train ")
    halves[1]["label"] = np.where(np.arange(200) == 3, "", halves[1]["label"].astype(str))
    told = refusal(kb, "model.skops", Data(train=files[0], test=write_csv(files[1], halves[1])))
    assert "1.csv:5, column 'label': is missing" in told


def _people(records: int = 500) -> pd.DataFrame:
    draw = np.random.default_rng(2)
    sex, job = draw.choice(["f", "m"], records), draw.choice(["clerk", "?", "nurse"], records)
    age, income = draw.integers(18, 80, records), draw.lognormal(10, 1, records)
    label = np.where((age > 45) + (sex == "m") + draw.normal(size=records) > 1, "yes", "no")
    columns = {"job": job, "label": label, "age": age, "sex": sex, "income": income}
    return pd.DataFrame({**columns, "score": draw.random(records), "id": np.arange(records)})


def _pipeline(frame: pd.DataFrame) -> Any:
    encoded = (OneHotEncoder(), ["sex", "job"])
    columns = make_column_transformer(encoded, (StandardScaler(), ["age", "income", "score"]))
    model = make_pipeline(columns, RandomForestClassifier(10, random_state=0))
    return model.fit(frame[["age", "income", "score", "job", "sex"]], frame["label"])


def test_a_pipeline_is_given_a_frame_of_the_columns_that_it_names(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    """A text that is missing to us, a column called score, and a group are attributes here."""
    frame = _people()
    model = _pipeline(frame)
    likely = model.predict_proba(frame[list(model.feature_names_in_)])
    arrays = {"label": frame["label"], "id": frame["id"], "sex": frame["sex"]}
    columns = Columns(groups=("sex",))
    expected = numbers(audit(kb, {**arrays, "score": likely[:, 1]}, columns=columns, resamples=100))
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.to_parquet(tmp_path / "people.parquet")
    for data in (tmp_path / "people.csv", tmp_path / "people.parquet", frame):
        found = audited(kb, model, data, columns=columns)
        assert found["models"][0]["model"]["attributes"] == 5
        measured = numbers(found)
        assert {key: measured[key] for key in expected} == expected
    told = refusal(kb, model, frame.drop(columns="age"))
    assert "unknown column 'age'" in told
    assert "leave --attribute out" in refusal(kb, model, frame, attributes=("age", "job"))


def test_a_model_that_knows_no_names_is_told_which_columns(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    made = {**linear.records, "note": linear.records["a"]}
    assert "name them in the model's order with --attribute" in refusal(kb, "model.skops", made)
    found = audited(kb, "model.skops", made, attributes=tuple("abcd"))
    assert numbers(found) == numbers(audited(kb, "model.skops", written))
    assert numbers(audited(kb, "model.skops", made, attributes=tuple("abdc"))) != numbers(found)
    # a group that the model takes, since else it would lack an attribute
    sex = {**linear.records, "d": np.where(linear.records["d"] > 0, 1.0, 0.0)}
    with_group = audited(kb, "model.skops", sex, columns=Columns(groups=("d",)))
    assert with_group["models"][0]["model"]["attributes"] == 4


def test_columns_may_be_called_as_answers_are(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    expected = numbers(audited(kb, "model.skops", written))
    names = {"a": "score", "b": "predicted", "c": "run", "group_sex": "p_sex"}
    made = {names.get(name, name): each for name, each in linear.records.items()}
    columns = Columns(groups=("p_sex",))
    found = audited(kb, "model.skops", made, columns=columns)
    assert found["models"][0]["model"]["attributes"] == 4
    assert numbers(found) == expected


def test_a_function_is_given_an_array_or_the_frame_that_it_asks_for(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    for name in ("answer", "by_name"):
        given = getattr(small_nets, name)
        named = numbers(audited(kb, f"small_nets:{name}", written))
        assert named == numbers(audited(kb, given, written))


def test_a_module_without_gradients_is_attacked_by_queries_alone(
    kb: KnowledgeBase, linear: Fitted
) -> None:
    class Fixed(torch.nn.Module):
        @torch.no_grad()
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([x.sum(1), -x.sum(1)], dim=1)

    found = audited(kb, Fixed(), linear.records)
    assert ("evasion", "robust_accuracy") in numbers(found)
    assert ("evasion", "whitebox_accuracy") not in numbers(found)


class _Rounds(torch.nn.Module):
    """Gradients are there, and all zero; or of its bias alone."""

    def __init__(self, *, detached: bool) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(2))
        self._detached = detached

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.detach() if self._detached else torch.round(x)
        return torch.stack([x.sum(1), -x.sum(1)], dim=1) + self.bias


class _Predicts(torch.nn.Linear):
    """A module with a method of its own that is called as an estimator's."""

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        answered: torch.Tensor = self(x)
        return answered.argmax(1)


def test_a_module_with_a_method_predict_is_a_module() -> None:
    assert opened_model(_Predicts(2, 2), ModelSettings()).kind == "PyTorch"


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        (ModelSettings(attributes=("a", "a")), "--attribute:"),
        (ModelSettings(classes=("a", "a")), "--class:"),
    ],
)
def test_options_are_called_as_they_are_given(settings: ModelSettings, flag: str) -> None:
    with pytest.raises(InputError, match=f"^{flag} twice the same"):
        settings.check()


@pytest.mark.parametrize("detached", [False, True])
def test_a_module_whose_gradients_say_nothing_has_none(detached: bool) -> None:
    columns = {name: np.linspace(-1, 1, 9) for name in "ab"}
    records = Records("data", ("a", "b"), columns)
    for module, has in ((_Rounds(detached=detached), False), (torch.nn.Linear(2, 2), True)):
        model = opened_model(module, ModelSettings())
        model.prepare(records, 2, 9)
        assert model.has_gradients is has


@pytest.mark.parametrize("name", ["Lazy", "Extra"])
def test_a_module_that_cannot_say_what_it_holds_is_refused(
    kb: KnowledgeBase, written: Path, name: str
) -> None:
    told = refusal(kb, "model.pt", written, architecture=f"small_nets:{name}")
    assert f"small_nets:{name}: cannot be compared with its weights" in told


def test_images_are_given_to_a_module_in_their_shape(kb: KnowledgeBase) -> None:
    draw = torch.Generator().manual_seed(0)
    images = torch.rand((300, 1, 6, 6), generator=draw).numpy()
    label = (images.mean((1, 2, 3)) > 0.5).astype(int)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = torch.nn.Sequential(
            torch.nn.Conv2d(1, 3, 3), torch.nn.Flatten(), torch.nn.Linear(48, 2)
        )
    with torch.no_grad():
        assert module(torch.as_tensor(images)).min() < 0, "logits, not sigmoids"
    found = audited(kb, module, {"attributes": images, "label": label})
    assert found["models"][0]["model"]["attributes"] == 36
    assert ("evasion", "whitebox_accuracy") in numbers(found)
    data = {"attributes": images, "label": label}
    assert "a frame has a row for each record" in refusal(kb, small_nets.by_name, data)


def test_a_module_is_evaluated_and_left_as_it_was(kb: KnowledgeBase) -> None:
    fitted = perceptron()
    fitted.module.train()
    first = numbers(audited(kb, fitted.module, fitted.records))
    assert first == numbers(audited(kb, fitted.module, fitted.records))  # no dropout
    assert fitted.module.training
    assert all(each.grad is None for each in fitted.module.parameters())


def test_probabilities_and_logits_are_told_apart(kb: KnowledgeBase, tmp_path: Path) -> None:
    fitted = perceptron()
    fitted.write(tmp_path)
    for name, outputs in (("Perceptron", "logits"), ("Softmax", "probabilities")):
        found = audited(
            kb, tmp_path / "model.pt", fitted.records, architecture=f"small_nets:{name}"
        )
        assert found["models"][0]["model"]["outputs"] == outputs
    sigmoids = torch.nn.Sequential(fitted.module, torch.nn.Sigmoid())
    assert "sigmoids of several labels" in refusal(kb, sigmoids, fitted.records)


def test_outputs_stand_for_the_classes_that_are_named(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    named = {**linear.records, "label": np.array(["good", "bad"])[linear.records["label"]]}
    told = refusal(kb, "model.skops", named)
    assert "is no class that there is a probability of (0, 1)" in told
    found = audited(kb, "model.skops", named, classes=("good", "bad"))
    assert found["classes"] == ["bad", "good"]
    expected = numbers(audited(kb, "model.skops", written))
    key = ("utility", "accuracy")
    assert numbers(found)[key] == expected[key]
    # one output is of the positive class, or else of the last in the order of the alphabet
    module = {"architecture": "small_nets:Linear"}
    positive = audited(kb, "model.pt", named, columns=Columns(positive="bad"), **module)
    assert numbers(positive)[key] == expected[key]
    assert numbers(audited(kb, "model.pt", named, **module))[key] != expected[key]
    truth = {**linear.records, "label": linear.records["label"] == 1}
    x = np.stack([truth[name] for name in "abcd"], axis=1)
    fitted = LogisticRegression().fit(x, truth["label"])
    assert audited(kb, fitted, truth)["classes"] == ["false", "true"]


def test_a_model_is_compared_with_a_file_of_predictions(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    found = audit(
        kb,
        linear.predictions,
        "model.skops",
        data=Data(written),
        defense="placebo",
        resamples=100,
    )
    assert [each["model"] is None for each in found["models"]] == [True, False]
    assert {each["outcome"] for each in found["measured"] if not each["risk"]} == {"no_change"}


def test_graphs_of_maps_and_of_fixed_batches(kb: KnowledgeBase, written: Path) -> None:
    fitted = logistic()
    expected = numbers(audited(kb, "model.skops", written))
    onnx.save(graph(fitted.nodes, fitted.weights, 4, batch=7), "seven.onnx")
    for key, values in numbers(audited(kb, "seven.onnx", written)).items():
        assert values == pytest.approx(expected[key], abs=1e-9)
    both = helper.make_node("Concat", ["zero", "logit"], ["logits"], axis=1)
    nodes = [
        *fitted.nodes,
        helper.make_node("Sub", ["logit", "logit"], ["zero"]),
        both,
        helper.make_node("Softmax", ["logits"], ["likely"], axis=1),
        helper.make_node("Cast", ["likely"], ["single"], to=1),
        helper.make_node(
            "ZipMap", ["single"], ["maps"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]
        ),
    ]
    made = helper.make_graph(
        nodes,
        "maps",
        [helper.make_tensor_value_info("x", 11, [None, 4])],
        [onnx.ValueInfoProto(name="maps")],
        [onnx.numpy_helper.from_array(each, name) for name, each in fitted.weights.items()],
    )
    made.output[0].type.sequence_type.elem_type.map_type.key_type = 7
    made.output[0].type.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = 1
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(made, opset_imports=opsets, ir_version=9), "maps.onnx")
    found = audited(kb, "maps.onnx", written)
    assert found["models"][0]["model"]["outputs"] == "probabilities"
    for key, values in numbers(found).items():
        assert values == pytest.approx(expected[key], abs=1e-5)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("quits", "failed when asked about 400 records: SystemExit: 3"),
        ("fails", "RuntimeError: no weights in"),
        ("fewer", "shape (399, 2) for 400 records; it should give (400, classes)"),
        ("lost", "gives nan for 1 of 400 records, the first of them record 7"),
        ("endless", "gives inf"),
        ("too_much", "answered with 0.7, 0.7, which add up to 1.4"),
        ("logits", "are not from 0 to 1"),
        ("texts", "gives list that are no numbers"),
        ("nothing", "gives"),
        ("tracked", "requires grad"),
        ("deep", "shape (400, 2, 2)"),
        ("NUMBER", "is no model"),
        ("Linear", "is a class without weights"),
        ("none", "cannot import it: AttributeError"),
    ],
)
def test_what_a_model_does_wrong_is_told(
    kb: KnowledgeBase, written: Path, model: str, message: str
) -> None:
    told = refusal(kb, f"small_nets:{model}", written)
    assert message in told
    assert f"small_nets:{model}" in told


ANSWERS = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.floats(),
    arrays(
        st.sampled_from(["f8", "f4", "i8", "?", "c16", "U3"]).map(np.dtype),
        array_shapes(min_dims=0, max_dims=3, max_side=4),
    ),
    arrays(np.float64, st.tuples(st.just(40), st.integers(1, 4)), elements=st.floats(-2, 2)),
    st.lists(st.lists(st.floats(0, 1), max_size=3), min_size=38, max_size=42),
)


def test_complex_answers_are_refused_and_lose_no_part(linear: Fitted) -> None:
    records = {name: each[:40] for name, each in linear.records.items()}
    data, settings = Data(records).opened(Columns()), ModelSettings()
    answers = np.full((40, 2), 0.5 + 1j)
    for model in (lambda _: answers, _Module(answers)):
        with pytest.raises(InputError, match=r"no numbers .*they are complex"):
            asked(opened_model(model, settings), data, Columns(), settings)


@given(answers=ANSWERS, classes=st.sampled_from([(), ("0", "1"), ("1", "x", "0"), ("0",)]))
def test_whatever_a_model_answers_is_read_or_refused(
    linear: Fitted, answers: Any, classes: tuple[str, ...]
) -> None:
    records = {name: each[:40] for name, each in linear.records.items()}
    data = Data(records).opened(Columns())
    settings = ModelSettings(classes=classes)
    for model in (lambda _: answers, _Module(answers)):
        try:
            found = asked(opened_model(model, settings), data, Columns(), settings)
        except InputError:
            continue
        likely = found.predictions.probability
        assert likely is not None
        assert likely.shape == (40, len(found.predictions.classes))
        assert np.allclose(likely.sum(1), 1, atol=1e-3)


class _Module(torch.nn.Module):
    """What may answer with logits, too."""

    def __init__(self, answers: Any) -> None:
        super().__init__()
        self.answers = answers

    def forward(self, x: torch.Tensor) -> Any:
        try:
            return torch.as_tensor(np.asarray(self.answers))
        except (TypeError, ValueError):
            return self.answers


class _Runs:
    """What writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("unpickled",)


def test_a_pickle_is_run_only_if_the_user_says_so(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    for name in ("model.pkl", "model.joblib", "MODEL.PICKLE"):
        Path(name).write_bytes(pickle.dumps(_Runs()))
        for trust in ((), ("other.pkl",), ("model",)):
            told = refusal(kb, name, written, trust=trust)
            assert "to load a pickle is to run whatever program is in it" in told
            assert f"--trust {name}" in told
            assert "skops.io.dump" in told
        assert not Path("unpickled").exists()
    joblib.dump(linear.estimator, "model.joblib")
    found = audited(kb, "model.joblib", written, trust=("./model.joblib",))
    assert numbers(found) == numbers(audited(kb, "model.skops", written))
    joblib.dump({"model": linear.estimator, "columns": [1]}, "table.joblib")
    told = refusal(kb, "table.joblib", written, trust=("table.joblib",))
    assert "holds a dict (model, columns)" in told
    Path("broken.pkl").write_bytes(b"\x80\x04 rubbish")
    assert "cannot be unpickled" in refusal(kb, "broken.pkl", written, trust=("broken.pkl",))


def test_weights_are_tensors_alone(kb: KnowledgeBase, written: Path, linear: Fitted) -> None:
    torch.save(linear.module, "whole.pt")
    Path("runs.pt").write_bytes(pickle.dumps(_Runs()))
    torch.save([1, 2], "list.pt")
    for name in ("whole.pt", "runs.pt", "list.pt"):
        told = refusal(kb, name, written, architecture="small_nets:Linear")
        assert "torch.save(model.state_dict(), file)" in told
    assert not Path("unpickled").exists()


def test_types_in_skops_files_are_named_before_they_are_loaded(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    x = np.stack([linear.records[name] for name in "abcd"], axis=1)
    model = make_pipeline(FunctionTransformer(np.tanh), RandomForestClassifier(3, random_state=0))
    skops.io.dump(model.fit(x, linear.records["label"]), "forest.skops")
    told = refusal(kb, "forest.skops", written)
    tree = "sklearn.tree._tree.Tree"
    assert f"\n  {tree}\n" in told
    assert f"--trust {tree}" in told
    assert audited(kb, "forest.skops", written, trust=(tree,))["measured"]


def _bomb(file: Path) -> None:
    """Write what says that it unpacks to three GiB; unpacking them takes no test."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"{}")
        archive.writestr("array.npy", b"")
        archive.infolist()[1].file_size = 3 << 30


def _liar(file: Path) -> None:
    header = io.BytesIO()
    about = {"descr": "<f8", "fortran_order": False, "shape": (10**13,)}
    np.lib.format.write_array_header_1_0(header, about)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", b"{}")
        archive.writestr("array.npy", header.getvalue())


def _bomb_within(file: Path) -> None:
    matrix = io.BytesIO()
    with zipfile.ZipFile(matrix, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.npy", b"")
        archive.infolist()[0].file_size = 3 << 30
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", b"{}")
        archive.writestr("1.npz", matrix.getvalue())


def _in_each_other(file: Path) -> None:
    inner = b""
    for _ in range(1000):
        matrix = io.BytesIO()
        with zipfile.ZipFile(matrix, "w") as archive:
            archive.writestr("1.npz", inner)
        inner = matrix.getvalue()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", b"{}")
        archive.writestr("1.npz", inner)


def _named(file: Path, part: str, often: int, size: int) -> None:
    array = io.BytesIO()
    np.save(array, np.zeros(size, np.int8))
    node = {"__loader__": "NdArrayNode", "type": "numpy", "file": part}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", json.dumps({"content": [node] * often}))
        archive.writestr("1.npy", array.getvalue())
        archive.writestr("1.dat", array.getvalue())


def _nested(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b'{"content": [' * 5000 + b"]}" * 5000)


def _long_header(file: Path) -> None:
    file.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")


def _half(file: Path) -> None:
    save_file({"linear.weight": torch.zeros(1, 4)}, file)
    file.write_bytes(file.read_bytes()[:-7])


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.skops", lambda file: file.write_bytes(b"PK\x03\x04 rubbish"), "not sound skops"),
        ("a.skops", lambda file: file.write_bytes(b""), "not sound skops"),
        ("a.skops", _bomb, "unpacks to more than 2 GiB"),
        ("a.skops", _bomb_within, "unpacks to more than 2 GiB"),
        ("a.skops", _liar, "not as large as its header says"),
        ("a.skops", _in_each_other, "1.npz is no array"),
        (
            "a.skops",
            lambda file: _named(file, "1.npy", 300, 10 << 20),
            "unpacks to more than 2 GiB",
        ),
        ("a.skops", lambda file: _named(file, "1.dat", 1, 10), "which is no .npy part"),
        ("a.skops", lambda file: _named(file, "2.npy", 1, 10), "which is no .npy part"),
        ("a.skops", _nested, "cannot be read as skops"),
        ("a.safetensors", _long_header, "not sound safetensors"),
        ("a.safetensors", _half, "not sound safetensors"),
        ("a.safetensors", lambda file: file.write_bytes(b""), "not sound safetensors"),
        (
            "a.safetensors",
            lambda file: save_file({"x": torch.zeros(1)}, file),
            "lacks linear.weight",
        ),
        (
            "a.safetensors",
            lambda file: save_file(
                {"linear.weight": torch.zeros(1, 9), "linear.bias": torch.zeros(1)}, file
            ),
            "linear.weight has the shape (1, 9), and the model's has (1, 4)",
        ),
        ("a.pt", _bomb, "unpacks to more than 2 GiB"),
        ("a.pt", lambda file: file.write_bytes(b"rubbish"), "is damaged"),
        ("a.onnx", lambda file: file.write_bytes(b"rubbish"), "not a sound ONNX model"),
        ("a.onnx", lambda file: file.write_bytes(b""), "not a sound ONNX model"),
        ("a.onnx", Path.mkdir, "is a folder"),
    ],
)
def test_hostile_files_are_refused(
    kb: KnowledgeBase, written: Path, name: str, write: Callable[[Path], Any], message: str
) -> None:
    write(Path(name))
    told = refusal(kb, name, written, architecture="small_nets:Linear")
    assert told.startswith(f"{name}: ")
    assert message in told


@pytest.mark.parametrize("name", FORMS)
def test_damaged_files_are_read_or_refused(
    kb: KnowledgeBase, written: Path, linear: Fitted, name: str
) -> None:
    draw = np.random.default_rng(0)
    sound = Path(name).read_bytes()
    columns, settings = Columns(), ModelSettings(architecture="small_nets:Linear")
    data = Data(linear.records).opened(columns)
    refused = 0
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(draw.integers(1, 6)):
            place, length = draw.integers(len(damaged)), draw.integers(1, 9)
            new = draw.integers(0, 256, draw.integers(0, 9), np.uint8).tobytes()
            damaged[place : place + length] = new
        Path(name).write_bytes(damaged)
        try:
            asked(opened_model(name, settings), data, columns, settings)
        except InputError as error:
            refused += 1
            assert str(error).startswith(name)  # noqa: PT017 - it may be sound still
    assert refused > 30


def test_estimators_that_cannot_be_audited_are_told_why(
    kb: KnowledgeBase, written: Path, linear: Fitted
) -> None:
    x = np.stack([linear.records[name] for name in "abcd"], axis=1)
    label = linear.records["label"]
    assert "not fitted" in refusal(kb, LogisticRegression(), written)
    assert "has no predict_proba" in refusal(kb, Perceptron().fit(x, label), written)
    several = MultiOutputClassifier(LogisticRegression()).fit(x, np.stack([label, label], axis=1))
    assert "several labels at once" in refusal(kb, several, written)
    assert "give a fitted model" in refusal(kb, LogisticRegression, written)
    fitted = LogisticRegression().fit(x[:, :3], label)
    assert "takes 3 attributes, and" in refusal(kb, fitted, written)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda made: made.update(label=np.zeros(400)), "always 0"),
        (lambda made: made.pop("label"), "no column for the true class"),
        (lambda made: made.update(a=np.array(["x"] * 400)), "column 'a': holds texts (x)"),
        (lambda made: made.update(a=made["a"][:9]), "a 9"),
        (lambda made: made.update({n: e[:0] for n, e in made.items()}), "no records; give some"),
        (lambda made: [made.pop(name) for name in "abcd"], "no column is an attribute"),
        (lambda made: made.update(attributes=np.zeros((400, 3))), "takes 4 attributes"),
        (lambda made: made.update(attributes=np.array([["x"] * 4] * 400)), "give numbers"),
        (lambda made: made.update(member=np.arange(400)), "train or test"),
    ],
)
def test_data_that_a_model_cannot_be_asked_about_are_refused(
    kb: KnowledgeBase, written: Path, linear: Fitted, change: Callable[[Arrays], Any], message: str
) -> None:
    made = dict(linear.records)
    change(made)
    model = "model.onnx" if message.startswith(("column", "no column is")) else "model.skops"
    if "attribute" in message and model == "model.onnx":
        model = "small_nets:answer"
    assert message in refusal(kb, model, made)


def test_where_records_come_from_is_said_once(kb: KnowledgeBase, written: Path) -> None:
    model = "model.skops"
    assert "give them with --data FILE" in refusal(kb, model, Data())
    assert "--test is not given" in refusal(kb, model, Data(train=written))
    assert "not both" in refusal(kb, model, Data(written, written, written))
    assert "--train and --test say that already" in refusal(
        kb, model, Data(train=written, test=written)
    )
    with pytest.raises(InputError, match="--data is about models"):
        audit(kb, {"label": [0, 1]}, data=Data(written))
    assert "is about files of predictions" in refusal(
        kb, model, written, columns=Columns(score="a")
    )
    assert "neither a file" in refusal(kb, model, Data(7))
    assert "data are read from" in refusal(kb, model, Data("model.skops"))


def test_what_is_not_installed_is_named(
    kb: KnowledgeBase, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(name: str) -> None:
        return None

    monkeypatch.setattr(_model, "find_spec", lacking)
    for name, package, extra in (
        ("model.skops", "skops", "models"),
        ("model.onnx", "onnxruntime", "models"),
        ("model.pt", "torch", "validate"),
    ):
        with pytest.raises(MissingExtra) as refused:
            audited(kb, name, written, architecture="small_nets:Linear")
        assert f"needs {package}" in str(refused.value)
        assert f"pip install 'crosscurrent[{extra}]'" in str(refused.value)


def test_columns_of_texts_are_what_pandas_reads(tmp_path: Path) -> None:
    made = {
        "whole": ["1", "-2", "30"],
        "number": ["1", "2.5", "NA"],
        "truth": ["True", "false", "TRUE"],
        "end": ["inf", "-inf", "1"],
        "apart": ["1_000", "2", "3"],
        "text": ["?", "1", "None"],
        "gap": ["1", "", "3"],
        "long": ["1", "2", "9" * 17],
    }
    file = write_csv(tmp_path / "a.csv", {name: np.array(each) for name, each in made.items()})
    frame = pd.read_csv(file)
    for name, texts in made.items():
        column = np.array([None if each in MISSING else each for each in texts], dtype=object)
        found, expected = typed(column), frame[name].to_numpy()
        assert found.dtype.kind == expected.dtype.kind, name
        pd.testing.assert_series_equal(
            pd.Series(found.astype(object)).isna(), pd.Series(expected).isna()
        )
        known = ~frame[name].isna().to_numpy()
        assert found[known].tolist() == expected[known].tolist()
