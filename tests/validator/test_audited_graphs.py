"""ONNX graphs are given what their inputs hold, and nothing that only looks like it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.audits import Columns, Data, ModelSettings
from crosscurrent.validator.audits._asked import asked
from crosscurrent.validator.audits.models import opened_model

LABEL = np.arange(40) % 2


def graph(path: Path, names: tuple[str, ...], kind: int, batch: int | None = None) -> Path:
    """Write a graph that answers with the mean of its last input: of one attribute, or of two."""
    width = 2 if names == ("x",) else 1
    nodes = [
        helper.make_node("Cast", [names[-1]], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["f"], ["likely"], axes=[1], keepdims=1),
    ]
    inputs = [helper.make_tensor_value_info(name, kind, [batch, width]) for name in names]
    output = helper.make_tensor_value_info("likely", TensorProto.FLOAT, [batch, 1])
    made = helper.make_graph(nodes, "g", inputs, [output])
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(made, opset_imports=opsets, ir_version=9), path)
    return path


def ask(path: Path, records: dict[str, Any]) -> Any:
    data, settings = Data({**records, "label": LABEL}).opened(Columns()), ModelSettings()
    return asked(opened_model(path, settings), data, Columns(), settings)


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.5, 1e30])
@pytest.mark.parametrize("names", [("x",), ("a", "b")])
def test_inputs_of_whole_numbers_are_given_no_others(
    tmp_path: Path, kind: int, wrong: float, names: tuple[str, ...]
) -> None:
    path = graph(tmp_path / "g.onnx", names, kind)
    records = {"a": LABEL.astype(float), "b": LABEL.astype(float)}
    assert ask(path, records).predictions.probability is not None
    records["b"] = np.where(np.arange(40) == 3, wrong, records["b"])
    with pytest.raises(InputError, match=r"column 'b': holds .*takes whole numbers"):
        ask(path, records)


def test_a_graph_of_a_huge_batch_is_refused(tmp_path: Path) -> None:
    path = graph(tmp_path / "g.onnx", ("x",), TensorProto.FLOAT, batch=100_001)
    with pytest.raises(InputError, match=r"takes 100,001 records at once, and at most 100,000"):
        ask(path, {"a": LABEL, "b": LABEL})
