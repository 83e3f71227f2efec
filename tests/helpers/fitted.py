"""Fitted models to audit, the same one in every form, and the records they are asked about."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import skops.io
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from predictions import Arrays
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from small_nets import Linear, Perceptron

__all__ = ["Fitted", "graph", "logistic", "perceptron"]

RECORDS = 400


class Fitted(NamedTuple):
    """A model, its records, and its predictions as an audit reads them."""

    estimator: Any
    module: torch.nn.Module
    nodes: list[Any]
    weights: dict[str, NDArray[Any]]
    records: Arrays
    predictions: Arrays

    def __repr__(self) -> str:
        return f"<{type(self.estimator).__name__}>"  # its arrays are too long to print

    def write(self, folder: Path) -> None:
        """Write the model as skops, safetensors, state dict and ONNX."""
        skops.io.dump(self.estimator, folder / "model.skops")
        save_file(self.module.state_dict(), folder / "model.safetensors")
        torch.save(self.module.state_dict(), folder / "model.pt")
        inputs = len(self.records) - 3
        onnx.save(graph(self.nodes, self.weights, inputs), folder / "model.onnx")


def _data(classes: int, attributes: int) -> Arrays:
    draw = np.random.default_rng(5)
    x = draw.normal(size=(RECORDS, attributes))
    weights = draw.normal(size=(attributes, classes))
    label = (x @ weights + draw.gumbel(size=(RECORDS, classes))).argmax(1)
    columns = {name: x[:, i] for i, name in enumerate("abcde"[:attributes])}
    sex = np.where(draw.random(RECORDS) < 0.5, "f", "m")
    return {**columns, "label": label, "member": np.arange(RECORDS) % 2 == 0, "group_sex": sex}


def _predicted(records: Arrays, likely: NDArray[Any]) -> Arrays:
    told = {name: records[name] for name in ("label", "member", "group_sex")}
    return {**told, "probabilities": likely, "classes": np.arange(likely.shape[1])}


def _x(records: Arrays) -> NDArray[np.float64]:
    return np.stack([each for name, each in records.items() if len(name) == 1], axis=1)


def logistic() -> Fitted:
    """Return a logistic regression of two classes: one logit as a module and as a graph."""
    records = _data(2, 4)
    x, seen = _x(records), records["member"]
    model = LogisticRegression().fit(x[seen], records["label"][seen])
    module = Linear((4,), 2).double()
    with torch.no_grad():
        module.linear.weight.copy_(torch.tensor(model.coef_))
        module.linear.bias.copy_(torch.tensor(model.intercept_))
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["logit"])]
    weights = {"w": model.coef_.T.copy(), "b": model.intercept_}
    predictions = _predicted(records, model.predict_proba(x))
    return Fitted(model, module, nodes, weights, records, predictions)


def perceptron() -> Fitted:
    """Return a perceptron of three classes: logits as a module, probabilities as a graph."""
    records = _data(3, 5)
    x, seen = _x(records), records["member"]
    model = MLPClassifier((8,), solver="lbfgs", max_iter=20, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it need not have converged
        model.fit(x[seen], records["label"][seen])
    module = Perceptron().double()
    with torch.no_grad():
        for layer, weight, bias in zip(
            (module.hidden, module.last), model.coefs_, model.intercepts_, strict=True
        ):
            layer.weight.copy_(torch.tensor(weight.T))
            layer.bias.copy_(torch.tensor(bias))
    nodes = [
        helper.make_node("Gemm", ["x", "w0", "b0"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w1", "b1"], ["z"]),
        helper.make_node("Softmax", ["z"], ["probabilities"], axis=1),
    ]
    weights = {
        name: array
        for i in (0, 1)
        for name, array in ((f"w{i}", model.coefs_[i]), (f"b{i}", model.intercepts_[i]))
    }
    predictions = _predicted(records, model.predict_proba(x))
    return Fitted(model, module, nodes, weights, records, predictions)


def graph(
    nodes: list[Any], weights: dict[str, NDArray[Any]], inputs: int, batch: int | None = None
) -> Any:
    """Return an ONNX model; its output is that of the last node."""
    last = nodes[-1].output[0]
    made = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [batch, inputs])],
        [helper.make_tensor_value_info(last, TensorProto.DOUBLE, [batch, None])],
        [numpy_helper.from_array(each, name) for name, each in weights.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model
