"""Write a credit model before and after a change, and records to audit them on, into a folder.

``python models.py FOLDER`` needs scikit-learn and skops. Before, the model is a random forest;
after, a logistic regression by output perturbation, as in predictions.py, whose first run these
are. Where torch and onnx are installed, too, the second is also written for them.
"""

import csv
import os
import sys
from importlib.util import find_spec

import numpy as np
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

RECORDS, ATTRIBUTES, EPSILON, STRENGTH = 1000, 10, 4.0, 0.02

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
draw = np.random.default_rng(0)
sex = draw.integers(0, 2, RECORDS)
x = draw.normal(size=(RECORDS, ATTRIBUTES))
x[:, -1] += 1.5 * sex
repaid = (x[:, :6].sum(1) + 0.5 * sex + draw.normal(size=RECORDS) > 0).astype(int)
member = np.random.default_rng(1).permutation(RECORDS) < RECORDS // 2

with open(os.path.join(folder, "records.csv"), "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    names = [f"x{i}" for i in range(ATTRIBUTES)]
    writer.writerow(["id", *names, "label", "member", "group_sex"])
    for i in range(RECORDS):
        in_training = "train" if member[i] else "test"
        writer.writerow(
            [i, *(f"{each:.6f}" for each in x[i]), repaid[i], in_training, "fm"[sex[i]]]
        )

forest = RandomForestClassifier(50, min_samples_leaf=3, random_state=1)
forest.fit(x[member], repaid[member])
skops.io.dump(forest, os.path.join(folder, "before.skops"))

unit = make_pipeline(
    Normalizer(), LogisticRegression(C=1 / (member.sum() * STRENGTH), fit_intercept=False)
)
private = unit.fit(x[member], repaid[member])
noise = np.random.default_rng(1)
direction = noise.normal(size=ATTRIBUTES)
length = noise.gamma(ATTRIBUTES, 2 / (member.sum() * STRENGTH * EPSILON))
weights = private[-1].coef_ + length * direction / np.linalg.norm(direction)
private[-1].coef_ = weights
skops.io.dump(private, os.path.join(folder, "after.skops"))

if find_spec("torch"):
    import torch
    from safetensors.torch import save_file

    save_file({"weights": torch.tensor(weights)}, os.path.join(folder, "after.safetensors"))

if find_spec("onnx"):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("LpNormalization", ["x"], ["unit"], axis=1, p=2),
            helper.make_node("MatMul", ["unit", "weights"], ["logit"]),
        ],
        "credit",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, ATTRIBUTES])],
        [helper.make_tensor_value_info("logit", TensorProto.DOUBLE, [None, 1])],
        [numpy_helper.from_array(weights.T.copy(), "weights")],
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    onnx.save(model, os.path.join(folder, "after.onnx"))
