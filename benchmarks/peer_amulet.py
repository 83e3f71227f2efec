"""The peer's side of the comparison: what Amulet measures and how long that takes it.

It runs in Amulet's own environment, which `peer_setup.py` creates, as
`.venv-amulet/bin/python benchmarks/peer_amulet.py JOB RESULT`: both are JSON files, so that this
script and ours share nothing else. A job has these fields:

- `task`: `lira`, `adversarial` or `private`;
- `data`: an npz file with `x_train`, `y_train`, `x_test` and `y_test`;
- `hidden`, `epochs`, `batch`, `learning_rate`, `seeds`;
- `threads`: of torch; null leaves them as they are;
- `workers`: processes of each of LiRA's loaders; null leaves Amulet's 4, 0 is faster here;
- `shadows` (lira); `epsilon`, `steps`, `step_size` in `adversarial`; `sigma`, `clip`, `delta` in
  `private`;
- `target` (lira, optional): `shadow` trains the target as Amulet trains shadow models, the
  default; `example` as its example scripts train targets.

A result's `seconds` are those of all seeds together, without imports, reading and, for `private`,
one more call of the accountant than Amulet makes. Its lists have a number per seed; an arm without
the defense has its own, `baseline_…`. Accuracies are shares.

Amulet runs as it is installed, but for two things that it offers no way to set: widths of hidden
layers and no batch normalisation in LiRA's shadow models.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

__all__ = ["main", "measure"]

Figures = dict[str, float]

_CPU = "cpu"
_CAPACITY = "benchmark"
_MEASURES = (
    "auc_online",
    "auc_offline",
    "accuracy",
    "baseline_accuracy",
    "robust_accuracy",
    "baseline_robust_accuracy",
    "epsilon",
)
_OPERATORS = ("nms", "qnms")


class Peer(NamedTuple):
    """What is used of Amulet."""

    lira: Any
    shadows: Any
    membership: Any
    attacks: Any
    robust: Any
    private: Any
    utils: Any
    capacities: Any


class TrialContext(NamedTuple):
    """One job: Amulet, what is asked of it, the data and its widths, inputs to classes."""

    peer: Peer
    job: dict[str, Any]
    train: TensorDataset
    test: TensorDataset
    widths: list[int]

    def model(self, seed: int) -> Any:
        """Return Amulet's perceptron without batch normalisation; the seed is the global one."""
        torch.manual_seed(seed)
        build = self.peer.utils.initialize_model
        return build("linearnet", _CAPACITY, self.widths[0], self.widths[-1], batch_norm=False)

    def loader(self, rows: Any, shuffle: bool = True) -> Any:
        """Return batches of some rows, as Amulet's examples make them but shuffled."""
        return DataLoader(rows, batch_size=self.job["batch"], shuffle=shuffle)

    def optimizer(self, model: Any) -> Any:
        """Return the optimizer of Amulet's examples."""
        return torch.optim.Adam(model.parameters(), lr=self.job["learning_rate"])

    def plain(self, seed: int) -> Any:
        """Return a model trained on all rows without a defense."""
        return self.fit(self.model(seed), self.train)

    def fit(self, model: Any, rows: Any) -> Any:
        """Train a model on some rows as Amulet's examples do, but for all epochs."""
        loader, epochs = self.loader(rows), self.job["epochs"]
        return self.peer.utils.train_classifier(
            model,
            loader,
            nn.CrossEntropyLoss(),
            self.optimizer(model),
            epochs,
            _CPU,
            early_stopping_patience=epochs,
        )

    def accuracy(self, model: Any, loader: Any = None) -> float:
        """Return the share of rows a model gets right, of the test rows unless others are given."""
        rows = self.loader(self.test, shuffle=False) if loader is None else loader
        return float(self.peer.utils.get_accuracy(model, rows, _CPU)) / 100


def main(job: str, result: str) -> None:
    """Read a job, run it and write its result."""
    measured = measure(json.loads(Path(job).read_text(encoding="utf-8")))
    Path(result).write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job and return its result."""
    action = {"lira": _lira, "adversarial": _adversarial, "private": _private}[job["task"]]
    if job.get("threads") is not None:
        torch.set_num_threads(job["threads"])
    peer = _peer()
    if job.get("workers") is not None:
        _limit_workers(peer, job["workers"])
    bench = _bench(peer, job)
    seconds, seeds = 0.0, []
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        for seed in job["seeds"]:
            start = perf_counter()
            later = action(bench, seed)
            seconds += perf_counter() - start
            seeds.append(later())
    lists = {name: [row[name] for row in seeds if name in row] for name in _MEASURES}
    threads = torch.get_num_threads()
    return {"seconds": seconds, **lists, "layers": bench.widths, "threads": threads} | _versions()


def _lira(bench: TrialContext, seed: int) -> Callable[[], Figures]:
    """Attack a target that half the rows train, with shadow models in a folder of their own."""
    job, peer, loss = bench.job, bench.peer, nn.CrossEntropyLoss()
    count = len(bench.train)
    members = np.sort(np.random.default_rng(seed).permutation(count)[: count // 2])
    half = Subset(bench.train, members.tolist())
    target = bench.model(seed)
    how = job.get("target", "shadow")
    if how == "example":
        target = bench.fit(target, half)
    with tempfile.TemporaryDirectory() as folder:
        attack = peer.lira(
            target_model=target,
            in_data=members,
            shadow_architecture="linearnet",
            shadow_capacity=_CAPACITY,
            train_set=bench.train,
            dataset="benchmark",
            num_features=bench.widths[0],
            num_classes=bench.widths[-1],
            batch_size=job["batch"],
            pkeep=0.5,
            criterion=loss,
            num_shadow=job["shadows"],
            epochs=job["epochs"],
            device=_CPU,
            models_dir=Path(folder),
            exp_id=seed,
        )
        if how == "shadow":
            attack.train_shadow_model(target, bench.loader(half))
        found = attack.attack()
    figures = {"accuracy": bench.accuracy(target)}
    for kind in ("online", "offline"):
        scores = found[f"lira_{kind}_preds"]
        figures[f"auc_{kind}"] = peer.membership.compute_mi_metrics(scores, found["true_labels"])[
            "auc"
        ]
    return lambda: figures


def _adversarial(bench: TrialContext, seed: int) -> Callable[[], Figures]:
    """Train with and without adversarial training and attack both."""
    job, budget = bench.job, bench.job["adversarial"]
    strength = {
        "epsilon": budget["epsilon"],
        "iterations": budget["steps"],
        "step_size": budget["step_size"],
    }
    model = bench.model(seed)
    loader, loss, optimizer = bench.loader(bench.train), nn.CrossEntropyLoss(), bench.optimizer
    defense = bench.peer.robust.AdversarialTrainingPGD(
        model, loss, optimizer(model), loader, _CPU, epochs=job["epochs"], **strength
    )
    figures = {}
    for arm, trained in (("", defense.train_robust()), ("baseline_", bench.plain(seed))):
        rows = bench.loader(bench.test, shuffle=False)
        attack = bench.peer.attacks.EvasionPGD(trained, rows, _CPU, job["batch"], **strength)
        figures[f"{arm}accuracy"] = bench.accuracy(trained)
        figures[f"{arm}robust_accuracy"] = bench.accuracy(trained, attack.attack())
    return lambda: figures


def _private(bench: TrialContext, seed: int) -> Callable[[], Figures]:
    """Train with and without differential privacy."""
    job, noise = bench.job, bench.job["private"]
    model = bench.model(seed)
    defense = bench.peer.private.DPSGD(
        model,
        nn.CrossEntropyLoss(),
        bench.optimizer(model),
        bench.loader(bench.train),
        _CPU,
        delta=noise["delta"],
        max_per_sample_grad_norm=noise["clip"],
        sigma=noise["sigma"],
        epochs=job["epochs"],
    )
    figures = {
        "accuracy": bench.accuracy(defense.train_private()),
        "baseline_accuracy": bench.accuracy(bench.plain(seed)),
    }

    def later() -> Figures:
        spent = defense.privacy_engine.accountant.get_epsilon(delta=noise["delta"])
        return {**figures, "epsilon": float(spent)}

    return later


def _bench(peer: Peer, job: dict[str, Any]) -> TrialContext:
    """Read the data and make its perceptron known to Amulet, for shadow models too."""
    with np.load(job["data"]) as arrays:
        x_train, y_train, x_test, y_test = (
            torch.from_numpy(arrays[name].astype(kind))
            for name, kind in (
                ("x_train", np.float32),
                ("y_train", np.int64),
                ("x_test", np.float32),
                ("y_test", np.int64),
            )
        )
    classes = int(max(y_train.max(), y_test.max())) + 1
    peer.capacities[_CAPACITY] = {"linearnet": list(job["hidden"])}
    peer.shadows.initialize_model = partial(peer.utils.initialize_model, batch_norm=False)
    train, test = TensorDataset(x_train, y_train), TensorDataset(x_test, y_test)
    return TrialContext(peer, job, train, test, [x_train.shape[1], *job["hidden"], classes])


def _limit_workers(peer: Peer, workers: int) -> None:
    """Have LiRA's loaders use so many worker processes; they read tables in memory."""

    def loader(*arguments: Any, **options: Any) -> Any:
        return DataLoader(*arguments, **{**options, "num_workers": workers})

    for module in (peer.shadows, sys.modules[peer.lira.__module__]):
        vars(module)["DataLoader"] = loader


def _peer() -> Peer:
    """Import Amulet."""
    warnings.simplefilter("ignore")
    _import_torchvision()
    attacks = _amulet("membership_inference.attacks")
    utils = _amulet("utils")
    pipeline = sys.modules[utils.initialize_model.__module__]
    return Peer(
        attacks.LiRA,
        _amulet("membership_inference.attacks.membership_inference_attack"),
        _amulet("membership_inference.metrics"),
        _amulet("evasion.attacks"),
        _amulet("evasion.defenses"),
        _amulet("membership_inference.defenses"),
        utils,
        vars(pipeline)["DEFAULT_CAPACITY_MAP"],
    )


def _amulet(part: str) -> Any:
    """Import a part of Amulet, which type checkers outside its environment cannot see."""
    return importlib.import_module(f"amulet.{part}")


def _import_torchvision() -> None:
    """Import torchvision; if it was built for another torch, declare the operators it misses.

    Amulet imports it but needs none of these operators here.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in _OPERATORS:
            torch.library.define(
                f"torchvision::{name}",
                "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
            )
        importlib.import_module("torchvision")


def _versions() -> dict[str, Any]:
    names = ("amuletml", "torch", "torchvision", "opacus", "cleverhans", "numpy", "scikit-learn")
    versions = {name: metadata.version(name) for name in names}
    return {"versions": {"python": platform.python_version(), **versions}}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: peer_amulet.py JOB RESULT")
    main(*sys.argv[1:])
