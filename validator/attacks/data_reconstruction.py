"""Data reconstruction: of records by an inversion network, of classes by gradient ascent.

Yang et al. 2019, Neural Network Inversion in Adversarial Setting via Background Knowledge
Alignment; Fredrikson et al. 2015, Model Inversion Attacks that Exploit Confidence Information.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from crosscurrent.knowledge.errors import InputError

from ..arms.given_records import open_to_doubt
from ..arms.membership_ratios import likelihood_ratios
from ..arms.metrics import AttackOutput, Metric
from ..arms.splits import TargetModel
from ..arms.targets import check_targets, chosen_targets
from ..settings import setting
from ..training.randomness import derive
from ._attack import Attack, AttackerResources
from ._candidates import identified
from ._membership_scores import confidences
from ._numbers import numbers
from ._shadows import check_halves

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from ..arms.changes import Change
    from ..data import Dataset

__all__ = ["DataReconstruction"]

HELD_OUT = 0.1
"""Of the adversary's records: the network is trained until it gets no better on these."""


AMONG_TARGETS = 10
"""Candidates that a targeted record is identified among."""

TARGETS_A_CANDIDATE = 4
"""Candidates are targets that the model was not trained on, about half of all: with fewer targets,
lists would be shorter than they are said to be."""


def _similarity(got: AttackOutput) -> float:
    """Return the mean cosine similarity; an input that is the mean itself is similar to none."""
    inverted, truth = got["inverted"], got["class_means"]
    scale = np.linalg.norm(inverted, axis=1) * np.linalg.norm(truth, axis=1)
    return float(np.mean((inverted * truth).sum(1) / np.maximum(scale, 1e-12)))


@dataclass(frozen=True)
class DataReconstruction(Attack):
    """Reconstructs training records from the model's answers, and a typical input per class.

    The adversary asks the model about records of its own, trains a network to give the record for
    the answer, and applies it to the answers that training records got. Predicting the mean of its
    records would give an error of 1, whatever the data.

    Reconstructed records are kept within the data's range, and the network is used only if it beats
    that mean on records of the adversary's that it was not fitted to. The error lies between 1 and
    about the floor that is told beside it: one number, the answer of a model of two classes, is at
    most one direction of a record. And told is how much lower the error is on training records than
    on test records: only that is about the training data.

    With the parameters it also climbs from that mean to an input that the model is sure of, for
    each class. Such an input is compared with the mean of the class's training records by its
    direction from the mean of all: how far the model can be driven says nothing about the records.

    To a second adversary it hands on records reconstructed in the first way, which take the place
    of some of that one's own (Duddu et al. 2026, SoK: Colluding Adversaries in Machine Learning
    Pipelines, section 5.4, with 25, 50 and 75 %). Which of them each replaces is an assignment that
    keeps the distances small, and the sensitive attributes of a record that is replaced are the
    guess for the one that takes its place: so how many records of a group there are stays the same.
    Labels are the model's answers.

    An informed adversary may be given candidates: it has a list of records, one of which trained
    the model, and says which. It knows their labels, and has shadow models with the defense, each
    trained on half of all records; it takes the record with the highest likelihood ratio, as in
    membership inference. That is about training data alone, and lies between one over the length
    of the list, which is chance, and 1; with two candidates it is the AUC of that attack.
    """

    risk: ClassVar[str] = "data_reconstruction"
    yields: ClassVar[str] = "auxiliary_data_quality"
    sees: ClassVar[frozenset[Change]] = frozenset({"the model", "explanations"})
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "reconstruction_error",
            "squared error of reconstructed records, relative to predicting the mean",
            "lower",
            0.02,
            lambda got: float(got["error"].sum() / got["spread"].sum()),
            lambda got: len(got["error"]),
            1.0,
            0.0,
        ),
        Metric(
            "member_advantage",
            "by how much the error is lower on training records than on test records",
            "higher",
            0.02,
            lambda got: float(
                got["test_error"].sum() / got["test_spread"].sum()
                - got["error"].sum() / got["spread"].sum()
            ),
            lambda got: min(len(got["error"]), len(got["test_error"])),
        ),
        Metric(
            "reconstruction_floor",
            "least error that as many numbers as are released allow (linear)",
            "lower",
            0.02,
            lambda got: float(got["floor"].mean()),
            lambda got: len(got["error"]),
        ),
        Metric(
            "class_similarity",
            "cosine similarity of an input inverted for a class and the class's mean",
            "higher",
            0.05,
            _similarity,
            lambda got: got["inverted"].size,
        ),
    )

    about_targets: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "reconstruction_error_targets",
            "squared error of reconstructed records on the targeted ones",
            "lower",
            0.02,
            lambda got: float(
                got["error"][got["target"]].sum() / got["spread"][got["target"]].sum()
            ),
            lambda got: int(got["target"].sum()),
            1.0,
            0.0,
        ),
    )
    about_candidates: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "identified",
            "share of training records identified among candidates",
            "higher",
            0.02,
            lambda got: float(got["identified"].mean()),
            lambda got: len(got["identified"]),
            0.0,
            1.0,
        ),
    )

    hidden: int = setting(
        128, "units in each of the two hidden layers of the network", least=1, most=4096
    )
    epochs: int = setting(
        500, "maximum number of epochs on the adversary's records", least=1, most=100_000
    )
    steps: int = setting(100, "gradient steps to invert a class", least=1, most=100_000)
    step: float = setting(
        0.02, "L2 length of such a step, in units of the attributes", least=1e-6, most=1e6
    )
    handed_on: float = setting(
        0.5,
        "share of the second adversary's records replaced by reconstructed ones",
        least=0.0,
        most=1.0,
    )
    candidates: int = setting(
        0, "records of which one is to be identified; 0: none are given", least=0, most=100
    )
    shadows: int = setting(
        16, "shadow models to identify candidates by, an even number", least=4, most=4096
    )
    target_records: int = setting(
        0, "records that are judged by themselves, as targeted; 0: none", least=0, most=1_000_000
    )

    @classmethod
    def targeting(cls, count: int) -> Mapping[str, str]:
        """Return that so many records are judged by themselves, and are one another's candidates.

        Marked records are reconstructed by ranking candidates (Tramèr et al. 2022, Truth Serum).
        """
        among = min(AMONG_TARGETS, count // TARGETS_A_CANDIDATE)
        return {"target_records": str(count), "candidates": str(among)}

    @property
    def models(self) -> int:
        """The target model, and its shadow models if candidates are given."""
        return 1 + self.shadows if self.candidates else 1

    @property
    def reported(self) -> tuple[Metric, ...]:
        """All, and those about targets and about candidates if there are any."""
        return (
            *self.metrics,
            *(self.about_targets if self.target_records else ()),
            *((self._identified(),) if self.candidates else ()),
        )

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the number of shadow models is odd, or candidates are one.

        And if targets are too few or too many, or too few for the candidates.
        """
        if self.target_records:
            check_targets("attack.target_records", self.target_records, data)
        if self.candidates == 1:
            raise InputError("attack.candidates=1: should be 2 or more, or 0: of one, any is right")
        if self.target_records and self.candidates > self.target_records // TARGETS_A_CANDIDATE:
            raise InputError(
                f"attack.candidates={self.candidates}: of {self.target_records} targeted records"
                f" about half train a model, and candidates are of the others: should be at most"
                f" {self.target_records // TARGETS_A_CANDIDATE}"
            )
        check_halves(self.shadows)

    def judged(self, *, provable: bool) -> Metric:
        """Return what is identified if candidates are given; else the error, that of targets."""
        del provable
        if self.candidates:
            return self._identified()
        return self.about_targets[0] if self.target_records else self.metrics[0]

    def _identified(self) -> Metric:
        among = f"among {self.candidates} candidates" + (
            ", all targeted" if self.target_records else ""
        )
        return replace(
            self.about_candidates[0],
            name=f"share of training records identified {among}",
            floor=1 / self.candidates,
        )

    def disclose(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[TargetModel]:
        """Return the target models to an adversary who has reconstructed records among its own."""
        del resources
        return [self._inform(target) for target in targets]

    def in_vain(self, data: Dataset) -> float:
        """Return 1: the error of predicting the mean."""
        del data
        return 1.0

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return errors of the training records (records,), and inputs for classes.

        The inputs (classes, attributes) and the means of the classes' training records are given
        from the mean of all training records.
        """
        del resources
        return [self._mount(target) for target in targets]

    def _mount(self, target: TargetModel) -> AttackOutput:
        split, pool = target.split, target.split.pool
        # what became of the records under a defense is the owner's affair: the people are the same
        own, others, test = (pool.x[part] for part in (split.auxiliary, split.deployed, split.test))
        seen = target.first(1).observed(torch.cat([own, others, test]))[0]
        given = numbers(seen, split.classes)
        mean = own.mean(0)
        known, wanted = _flat(own - mean), _flat(torch.cat([others, test]) - mean)
        bounds = _flat(torch.stack([pool.low, pool.high]) - mean)
        found = self._reconstructed(given, known, bounds, derive(split.seed, "inversion network"))

        y = pool.y[split.deployed]
        classes = torch.unique(y)
        centre = others.mean(0)
        error, spread = ((found - wanted) ** 2).sum(1), (wanted**2).sum(1)
        count = len(others)
        got = {
            "error": error[:count],
            "spread": spread[:count],
            "test_error": error[count:],
            "test_spread": spread[count:],
            "floor": np.array([_floor(wanted[:count], _numbers_told(seen, split.classes))]),
            "inverted": _flat(self._inverted(target, classes, mean) - centre),
            "class_means": _flat(torch.stack([others[y == c].mean(0) for c in classes]) - centre),
            "target": torch.isin(split.deployed, chosen_targets(split, self.target_records)).numpy(
                force=True
            ),
        }
        return got | {"identified": self._among_candidates(target)} if self.candidates else got

    def _among_candidates(self, target: TargetModel) -> NDArray[np.float64]:
        """Return how often each training record of each model is identified, by likelihood ratio.

        Each of the models is attacked in turn with the others as its shadow models. Candidates are
        records that the model was not trained on; if there are targets, all are targets.
        """
        rows, member = open_to_doubt(target.split)
        if self.target_records:
            some = torch.isin(rows, chosen_targets(target.split, self.target_records))
            rows, member = rows[some], member[:, some]
        pool, inside = target.split.pool, member.cpu().numpy()
        phi = confidences(target.logits(pool.x[rows], pool.z[rows]), pool.y[rows]).cpu().numpy()
        score, _ = likelihood_ratios(phi, inside)
        found = [
            identified(of_model, mine, self.candidates)
            for of_model, mine in zip(score, inside, strict=True)
        ]
        return np.concatenate(found)

    def _inform(self, target: TargetModel) -> TargetModel:
        from scipy.optimize import linear_sum_assignment
        from scipy.spatial.distance import cdist

        split, pool = target.split, target.split.pool
        own = split.auxiliary
        count = min(round(self.handed_on * len(own)), len(split.deployed))
        if not count:
            return target
        order = split.generator("reconstructed").permutation(len(split.deployed))[:count]
        hidden = split.deployed[torch.as_tensor(order, device=own.device)]
        seen = target.first(1).observed(pool.x[torch.cat([own, hidden])])[0]
        mean = pool.x[own].mean(0)
        known = _flat(pool.x[own] - mean)
        given = numbers(seen, split.classes)
        bounds = _flat(torch.stack([pool.low, pool.high]) - mean)
        found = self._reconstructed(given, known, bounds, derive(split.seed, "inversion network"))
        _, places = linear_sum_assignment(cdist(found, known))
        x = mean + torch.as_tensor(found, device=own.device).float().view(-1, *mean.shape)
        place = torch.as_tensor(places, device=own.device)
        return replace(
            target,
            split=split.handing(
                place,
                torch.clamp(x, pool.low, pool.high),
                seen[len(own) :, : split.classes].argmax(-1),
                pool.z[own[place]],
            ),
        )

    def _reconstructed(
        self,
        given: NDArray[np.float64],
        known: NDArray[np.float64],
        bounds: NDArray[np.float64],
        seed: int,
    ) -> NDArray[np.float64]:
        """Train on the first answers, whose records are known; return records for the others.

        Records lie between the bounds (2, attributes), and are the mean, 0, if the network is no
        better than that on records that it was not fitted to.
        """
        from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
        from sklearn.neural_network import MLPRegressor
        from sklearn.preprocessing import StandardScaler

        scale = StandardScaler().fit(given[: len(known)])
        asked = scale.transform(given)
        order = np.random.default_rng(seed).permutation(len(known))
        tried, fitted = np.split(order, [max(1, round(HELD_OUT * len(known)))])
        network = MLPRegressor(
            hidden_layer_sizes=(self.hidden, self.hidden),
            max_iter=self.epochs,
            early_stopping=True,
            validation_fraction=HELD_OUT,
            random_state=seed % 2**32,
        )
        with warnings.catch_warnings():
            # that passes ran out is what was asked for, and one attribute is a column, too
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", DataConversionWarning)
            network.fit(asked[fitted], known[fitted])
        found = network.predict(asked).reshape(-1, known.shape[1]).clip(*bounds)
        wrong = ((found[tried] - known[tried]) ** 2).sum()
        told: NDArray[np.float64] = found[len(known) :]
        return told if wrong < (known[tried] ** 2).sum() else np.zeros_like(told)

    def _inverted(self, target: TargetModel, classes: Tensor, start: Tensor) -> Tensor:
        """Climb to inputs that the model takes for the classes: (classes, *shape)."""
        pool = target.split.pool
        gradient = target.deployed.input_gradients()(classes[None])
        x = start.expand(1, len(classes), *start.shape).contiguous()
        per_input = (1, len(classes), *[1] * start.dim())
        for _ in range(self.steps):
            slope = gradient(x)
            length = slope.flatten(2).norm(dim=2).clamp(min=1e-30).view(per_input)
            x = torch.clamp(x - self.step * slope / length, pool.low, pool.high)
        return x[0]


def _numbers_told(seen: Tensor, classes: int) -> int:
    """Return how many numbers vary with the record: probabilities add up, the rest may not."""
    return classes - 1 + seen.shape[1] - classes


def _floor(wanted: NDArray[np.float64], numbers_told: int) -> float:
    """Return the least error of records from so many numbers, each a direction's share.

    What is left of the variance by the directions in which records vary most (principal
    components); a curved line through them can do a little better.
    """
    strengths = np.linalg.svd(wanted, compute_uv=False) ** 2
    return float(strengths[numbers_told:].sum() / strengths.sum())


def _flat(x: Tensor) -> NDArray[Any]:
    return x.flatten(1).double().cpu().numpy()
