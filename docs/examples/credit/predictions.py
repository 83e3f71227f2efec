"""Write before.csv and after.csv: a credit model as it was, and one with differential privacy.

``python predictions.py`` needs scikit-learn. Before, the model is a random forest; after, a
logistic regression by output perturbation (Chaudhuri, Monteleoni and Sarwate 2011, Differentially
Private Empirical Risk Minimization, algorithm 1), with an epsilon of 4. Records are made up: the
label follows six of ten attributes, and the last of them tells the sex.
"""

import csv

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

RECORDS, ATTRIBUTES, RUNS, EPSILON, STRENGTH = 1000, 10, 3, 4.0, 0.02

draw = np.random.default_rng(0)
sex = draw.integers(0, 2, RECORDS)
x = draw.normal(size=(RECORDS, ATTRIBUTES))
x[:, -1] += 1.5 * sex
repaid = (x[:, :6].sum(1) + 0.5 * sex + draw.normal(size=RECORDS) > 0).astype(int)
unit = x / np.linalg.norm(x, axis=1, keepdims=True)  # the guarantee is for records of norm 1


def private(records: np.ndarray, label: np.ndarray, seed: int) -> np.ndarray:
    """Return the weights of a private logistic regression."""
    model = LogisticRegression(C=1 / (len(label) * STRENGTH), fit_intercept=False)
    weights = model.fit(records, label).coef_[0]
    noise = np.random.default_rng(seed)
    direction = noise.normal(size=len(weights))
    length = noise.gamma(len(weights), 2 / (len(label) * STRENGTH * EPSILON))
    return np.asarray(weights + length * direction / np.linalg.norm(direction))


rows: dict[str, list[list[object]]] = {"before": [], "after": []}
for run in range(1, RUNS + 1):
    member = np.random.default_rng(run).permutation(RECORDS) < RECORDS // 2
    forest = RandomForestClassifier(50, min_samples_leaf=3, random_state=run)
    weights = private(unit[member], repaid[member], run)
    scores = {
        "before": forest.fit(x[member], repaid[member]).predict_proba(x)[:, 1],
        "after": 1 / (1 + np.exp(-unit @ weights)),
    }
    for arm, score in scores.items():
        for i in range(RECORDS):
            in_training = "train" if member[i] else "test"
            rows[arm].append([run, i, repaid[i], f"{score[i]:.6f}", in_training, "fm"[sex[i]]])
for arm, written in rows.items():
    with open(f"{arm}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["run", "id", "label", "score", "member", "group_sex"])
        writer.writerows(written)
