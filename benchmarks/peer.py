"""The ensemble trainer beside Amulet: same data, model, shadow models and epochs, in one run.

``python benchmarks/peer_setup.py`` makes Amulet's environment; then ``python benchmarks/peer.py``
prints the table, and how our time grows with the number of models. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any, NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from crosscurrent.validator.arms.membership_ratios import likelihood_ratios
from crosscurrent.validator.arms.metrics import auc
from crosscurrent.validator.attacks._membership_scores import confidences
from crosscurrent.validator.data import dataset
from crosscurrent.validator.defenses.adversarial_training import WorstCase
from crosscurrent.validator.training.models import Architecture, architecture
from crosscurrent.validator.training.pgd import pgd_attack
from crosscurrent.validator.training.spec import Pool, Privacy, Schedule, TrainingHooks, TrainingRun
from crosscurrent.validator.training.trainer import train

ROOT = Path(__file__).parents[1]
PEER = ROOT / ".venv-amulet" / "bin" / "python"
ADVERSARIAL = {"epsilon": 0.1, "steps": 7, "step_size": 0.025}
PRIVATE = {"sigma": 1.0, "clip": 1.0, "delta": 1e-3}


def main() -> None:
    """Print all comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=2, help="seeds of LiRA (default 2)")
    parser.add_argument("--shadows", type=int, nargs="*", default=[16, 32])
    parser.add_argument("--shipped", action="store_true", help="also Amulet as shipped (slow)")
    asked = parser.parse_args()
    data = dataset("digits")
    torch.set_num_threads(1)
    x, y = data.x.reshape(data.records, -1), data.y
    order = np.random.default_rng(0).permutation(data.records)
    rows = {"train": order[:1256], "test": order[1256:]}
    model = architecture("mlp-m", (64,), 10)
    print("| task | Amulet | seconds | ours | times | Amulet's figure | ours |")
    print("|---|---|---|---|---|---|---|")
    for shadows in asked.shadows:
        seeds = list(range(asked.seeds))
        job = {"task": "lira", "epochs": 100, "batch": 16, "seeds": seeds, "shadows": shadows}
        ours, scores = timed(partial(lira, model, x, y, rows["train"], shadows, seeds))
        for name, setting in settings(shipped=asked.shipped):
            theirs = peer({**job, **setting}, x, y, rows)
            task = f"LiRA, {shadows} shadow models"
            report(task, name, theirs, ours, "auc_online", [each.theirs for each in scores])
        told = " ".join(f"{each.ours:.3f}" for each in scores)
        print(f"| the same models, scored our way | | | | | | {told} |", flush=True)
    half = rows["train"][:628]
    for task, method, options in (
        ("adversarial", TrainingHooks(inner=WorstCase(0.1, 7)), {"adversarial": ADVERSARIAL}),
        ("private", TrainingHooks(privacy=Privacy(1.0, 1.0)), {"private": PRIVATE}),
    ):
        seeds = list(range(5))
        job = {"task": task, "epochs": 30, "batch": 64, "seeds": seeds, "learning_rate": 1e-3}
        rule = "robust_accuracy" if task == "adversarial" else "accuracy"
        ours, scores = timed(partial(pairs, model, x, y, half, rows["test"], method, task))
        for name, setting in settings(shipped=asked.shipped):
            given = {**job, **options, **setting}
            theirs = peer(given, x, y, {"train": half, "test": rows["test"]})
            report(f"{task}, 10 models", name, theirs, ours, rule, scores)
    growth(model, x, y, half)


class Auc(NamedTuple):
    """Of online LiRA against one model, from the same shadow models, by two ways of scoring."""

    theirs: float
    ours: float


def settings(*, shipped: bool) -> list[tuple[str, dict[str, Any]]]:
    """Return in which settings Amulet is run."""
    found: list[tuple[str, dict[str, Any]]] = [("best", {"threads": 1, "workers": 0})]
    return [*found, ("as shipped", {"threads": None, "workers": None})] if shipped else found


def report(
    task: str, name: str, theirs: dict[str, Any], ours: float, rule: str, scores: Sequence[float]
) -> None:
    """Print one row."""
    figures = [" ".join(f"{value:.3f}" for value in each) for each in (theirs[rule], scores)]
    print(
        f"| {task} | {name} | {theirs['seconds']:.1f} | {ours:.1f} |"
        f" {theirs['seconds'] / ours:.1f} | {rule} {figures[0]} | {figures[1]} |",
        flush=True,
    )


def peer(job: dict[str, Any], x: Any, y: Any, rows: dict[str, Any]) -> dict[str, Any]:
    """Run one job in Amulet's environment."""
    with tempfile.TemporaryDirectory() as folder:
        data, asked, answer = (os.path.join(folder, n) for n in ("d.npz", "job.json", "out.json"))
        arrays = {
            f"{k}_{part}": v[at] for part, at in rows.items() for k, v in (("x", x), ("y", y))
        }
        np.savez(data, **arrays)
        defaults = {"data": data, "hidden": [64, 64], "learning_rate": 1e-3}
        Path(asked).write_text(json.dumps({**defaults, **job}), encoding="utf-8")
        script = ROOT / "benchmarks" / "peer_amulet.py"
        subprocess.run([str(PEER), str(script), asked, answer], check=True)
        found: dict[str, Any] = json.loads(Path(answer).read_text(encoding="utf-8"))
        return found


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long something takes, and what it gives."""
    started = perf_counter()
    found = work()
    return perf_counter() - started, found


def pool_of(x: Any, y: Any) -> Pool:
    """Return records in the unit box."""
    z = torch.zeros((len(x), 0), dtype=torch.int64)
    return Pool(torch.tensor(x), torch.tensor(y), z, torch.zeros(64), torch.ones(64))


def lira(
    model: Architecture, x: Any, y: Any, rows: Any, shadows: int, seeds: Sequence[int]
) -> list[Auc]:
    """Attack one model for each seed; all models are trained at once, by Amulet's recipe."""
    pool = pool_of(x[rows], y[rows])
    masks = []
    for seed in seeds:
        draw = np.random.default_rng(seed)
        target = np.zeros((1, len(rows)), dtype=bool)
        target[0, draw.permutation(len(rows))[: len(rows) // 2]] = True
        kept = draw.random((shadows, len(rows))).argsort(0) < shadows // 2
        masks.append(np.concatenate([target, kept]))
    members = [
        TrainingRun(1000 * seed + i, torch.tensor(np.flatnonzero(mask)))
        for seed, each in zip(seeds, masks, strict=True)
        for i, mask in enumerate(each)
    ]
    schedule = Schedule(
        len(rows) // 2, 100, 16, "sgd", learning_rate=0.01, weight_decay=5e-4, cosine=True
    )
    phi = confidences(train(model, pool, members, schedule).models.logits(pool.x), pool.y).numpy()
    per = shadows + 1
    found = []
    for i, mask in enumerate(masks):
        seen = phi[i * per : (i + 1) * per]
        ours = likelihood_ratios(seen, mask)[0][0]
        found.append(Auc(auc(as_amulet_scores(seen, mask), mask[0]), auc(ours, mask[0])))
    return found


def as_amulet_scores(phi: Any, mask: Any) -> Any:
    """Score the first model's records as Amulet does: medians, and a variance for each record."""

    def likelihood(chosen: Any) -> Any:
        seen = np.where(chosen, phi[1:], np.nan)
        mean, spread = np.nanmedian(seen, axis=0), np.nanstd(seen, axis=0) + 1e-30
        return -(((phi[0] - mean) / spread) ** 2) / 2 - np.log(spread)

    return likelihood(mask[1:]) - likelihood(~mask[1:])


def pairs(
    model: Architecture, x: Any, y: Any, rows: Any, test: Any, method: TrainingHooks, task: str
) -> list[float]:
    """Train five baselines and five defended models; measure the defended ones."""
    pool = pool_of(x[rows], y[rows])
    sampling: Any = "poisson" if method.privacy else "shuffled"
    schedule = Schedule(len(rows), 30, 64, learning_rate=1e-3, sampling=sampling)
    everything = torch.arange(len(rows))
    members = [
        TrainingRun(seed, everything, m) for m in (TrainingHooks(), method) for seed in range(5)
    ]
    models = train(model, pool, members, schedule).models
    x_test, y_test = torch.tensor(x[test]), torch.tensor(y[test])
    if task == "adversarial":
        many = x_test.expand(10, *x_test.shape)
        gradient = models.input_gradients()(y_test.expand(10, -1))
        start = torch.rand(many.shape, generator=torch.Generator().manual_seed(0))
        box = (pool.low, pool.high)
        x_test = pgd_attack(gradient, many, box, start, epsilon=0.1, steps=7)
    right = models.logits(x_test).argmax(-1) == y_test
    return [float(v) for v in right.float().mean(1)[5:]]


def growth(model: Architecture, x: Any, y: Any, rows: Any) -> None:
    """Print how time and memory grow with the number of models."""
    from crosscurrent.validator.training.chunks import footprint

    pool = pool_of(x[rows], y[rows])
    schedule = Schedule(len(rows), epochs=10)
    each = footprint(model, schedule, TrainingHooks(), len(rows))
    print("\n| models | seconds | seconds for one | MiB if trained in one go |\n|---|---|---|---|")
    for count in (1, 4, 16, 64, 256):
        members = [TrainingRun(i, torch.arange(len(rows))) for i in range(count)]
        took = fmean(timed(partial(train, model, pool, members, schedule))[0] for _ in range(2))
        print(f"| {count} | {took:.2f} | {took / count:.4f} | {count * each / 2**20:.0f} |")


if __name__ == "__main__":
    main()
