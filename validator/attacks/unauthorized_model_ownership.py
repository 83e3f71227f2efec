"""Unauthorized model ownership: surrogates are trained on the model's answers.

And the other way round: where ownership can be proven, a malicious owner claims models that have
nothing to do with theirs (Liu et al. 2024, False Claims against Model Ownership Resolution).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.func import grad

from ..arms.metrics import AttackOutput, Metric
from ..arms.queries import mixtures
from ..arms.splits import Imitated, TargetModel
from ..settings import setting
from ..training.architectures import fitting
from ..training.pgd import pgd_attack
from ..training.randomness import derive
from ..training.spec import Pool, Schedule, TrainingHooks, TrainingRun
from ._attack import Attack, AttackerResources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..arms.changes import Change
    from ..data import Dataset
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["UnauthorizedModelOwnership"]

FORGING_STEPS = 20
"""Gradient steps that a malicious accuser takes."""

HELD_OUT = 0.1
"""Further queries, relative to the others, by which surrogates are compared."""

QUARTER, FOURFOLD = 1 / 4, 4
"""Further budgets of queries, relative to the one that is judged."""

SUSPECTED = ("s", "m", "l")
"""Capacities of the architectures, of each family that fits, that a model may have."""

SURE = 0.001
"""An owner's test must be this unlikely to come out as it did by chance."""


def _fidelity(identifier: str, name: str, surrogates: str) -> Metric:
    return Metric(
        identifier,
        name,
        "higher",
        0.02,
        lambda got: float(np.mean(got[surrogates] == got["owner"])),
        lambda got: got[surrogates].size,
        ceiling=1.0,
    )


FIDELITY = _fidelity(
    "fidelity", "share of test records on which the surrogates answer like the model", "surrogate"
)
CURVE = (
    _fidelity("fidelity_quarter_queries", "the same with a quarter of the queries", "quarter"),
    _fidelity("fidelity_fourfold_queries", "the same with four times the queries", "fourfold"),
    _fidelity(
        "fidelity_hard_labels", "the same where the model answers with classes alone", "hard"
    ),
)
WRONG_DECISIONS = Metric(
    "wrong_ownership_decisions",
    "share of ownership disputes decided wrongly: extractions unproven, independent models claimed",
    "higher",
    0.05,
    lambda got: float(np.mean(got["extracted"] >= SURE) + np.mean(got["accused"] < SURE)) / 2,
    lambda got: min(len(got["extracted"]), len(got["accused"])),
)
UNPROVEN = Metric(
    "unproven_extractions",
    "share of extracted models that the owner cannot prove to be theirs",
    "higher",
    0.1,
    lambda got: float(np.mean(got["extracted"] >= SURE)),
    lambda got: len(got["extracted"]),
)
UNPROVEN_COPY = Metric(
    "unproven_copies",
    "whether the owner cannot prove a mere copy to be theirs",
    "higher",
    0.1,
    lambda got: float(np.mean(got["copied"] >= SURE)),
    lambda got: got["copied"].size,
)
FALSE_CLAIMS = Metric(
    "false_claims",
    "share of independent models that a malicious accuser proves to be theirs",
    "higher",
    0.1,
    lambda got: float(np.mean(got["accused"] < SURE)),
    lambda got: len(got["accused"]),
)
SURROGATE_ACCURACY = Metric(
    "surrogate_accuracy",
    "accuracy of the surrogates",
    "higher",
    0.02,
    lambda got: float(np.mean(got["surrogate"] == got["y"])),
    lambda got: got["surrogate"].size,
)


@dataclass(frozen=True)
class UnauthorizedModelOwnership(Attack):
    """Extracts surrogates by querying mixtures of records that the model was not trained on.

    By default as many queries are asked as the model has training records: who could label far more
    has little to gain from theft, and from several times as many on all thieves are about as
    faithful, whatever the defense (so fidelity with a quarter and with four times the queries is
    told beside, and with answers that are classes alone). All surrogates take about as many
    updates, so that budgets differ in what was asked and not in how long was trained.

    Where explanations are released, surrogates are trained to be explained alike, too (Milli et al.
    2019, Model Reconstruction from Model Explanations, section 5).

    Against a defense that proves ownership, what counts is of how many disputes the owner's test
    decides wrongly: it should prove that the surrogates of most queries, the ones worth a dispute,
    are stolen, and not that independent models are, which a malicious accuser claims. Without a
    test half of the disputes are decided wrongly, and as many with one that claims everything.
    Otherwise what counts is how faithful surrogates are. Of a mere copy a working defense proves it
    by construction, so that is told and not judged.

    The malicious accuser moves the
    records that a claim shows, each within an L∞ ball, until its own model gives them the claimed
    class by a wide margin, and counts on that to transfer to models that others have trained on
    records of their own (Liu et al. 2024).

    To a second adversary it hands on what the model looks like: of a few architectures, that of
    the surrogate whose answers to further queries are closest to the model's (Duddu et al. 2026,
    SoK: Colluding Adversaries in Machine Learning Pipelines, section 5.3; as Oh et al. 2018,
    Towards Reverse-Engineering Black-Box Neural Networks, by the answers alone). That tells a
    perceptron from a convolutional net, and hardly how large it is: larger surrogates are as close.
    """

    risk: ClassVar[str] = "unauthorized_model_ownership"
    yields: ClassVar[str] = "architecture_similarity"
    uses: ClassVar[tuple[str, ...]] = ("auxiliary_data_quality",)
    sees: ClassVar[frozenset[Change]] = frozenset(
        {"the model", "explanations", "proofs of ownership"}
    )
    metrics: ClassVar[tuple[Metric, ...]] = (
        FIDELITY,
        *CURVE,
        WRONG_DECISIONS,
        UNPROVEN,
        UNPROVEN_COPY,
        FALSE_CLAIMS,
        SURROGATE_ACCURACY,
    )

    surrogates: int = setting(5, "number of extracted surrogates", least=1, most=1000)
    queries: int = setting(
        0,
        "queries per surrogate; 0: as many as the target model has training records",
        least=0,
        most=10_000_000,
    )
    labels: str = setting("soft", "answer format of the model", choices=("soft", "hard"))
    epochs: int = setting(
        20, "passes over four times as many queries; fewer are passed over more often",
        least=1, most=10_000,
    )  # fmt: skip
    accused: int = setting(
        5, "independent models that a malicious accuser claims", least=1, most=1000
    )
    disguise: float = setting(
        0.25,
        "radius of the L∞ ball that the accuser moves records of a claim in, in units of the"
        " attributes",
        least=1e-6,
        most=1e6,
    )

    @property
    def own_models(self) -> int:
        """The surrogates."""
        return self.surrogates * len(self._extractions)

    @property
    def _extractions(self) -> dict[str, tuple[float, str]]:
        """How many queries, relative to those judged, and which answers make which surrogates."""
        return {
            "surrogate": (1.0, self.labels),
            "quarter": (QUARTER, self.labels),
            "fourfold": (FOURFOLD, self.labels),
            "hard": (1.0, "hard"),
        }

    def _budget(self, schedule: Schedule, times: float = 1.0) -> int:
        """Return how many queries that is, of a model that was trained by a schedule."""
        return max(2, round(times * (self.queries or schedule.records)))

    def own_schedule(self, schedule: Schedule, times: float = FOURFOLD) -> Schedule:
        """Return passes over so many times the queries, with about as many updates for all."""
        most = replace(
            schedule,
            records=self._budget(schedule, FOURFOLD),
            epochs=self.epochs,
            sampling="shuffled",
        )
        asked = replace(most, records=self._budget(schedule, times), epochs=1)
        return replace(asked, epochs=max(self.epochs, round(most.updates / asked.updates)))

    def own_work(self, schedule: Schedule, *, provable: bool) -> int:
        """Return what the surrogates take, and where ownership can be proven, the accused."""
        updates = (
            self.own_schedule(schedule, times).updates for times, _ in self._extractions.values()
        )
        return self.surrogates * sum(updates) + self.accused * schedule.updates * provable

    def inform_work(self, architecture: Architecture, schedule: Schedule) -> int:
        """Return what a surrogate of each suspected architecture takes."""
        return len(_suspects(architecture)) * self.own_schedule(schedule).updates

    def disclose(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[TargetModel]:
        """Return the target models to an adversary who supposes to know their architecture."""
        suspects = _suspects(targets[0].models.architecture)
        queries = self._budget(resources.schedule, FOURFOLD)
        held = max(1, round(HELD_OUT * queries))
        asked = [
            mixtures(
                each.split.pool.x[each.split.auxiliary],
                each.split.generator("queries/architecture"),
                queries + held,
            )
            for each in targets
        ]
        answers = [_answers(each, x, self.labels) for each, x in zip(targets, asked, strict=True)]
        first = targets[0].split.pool
        x = torch.cat([each[held:] for each in asked])
        y = torch.cat([each[held:] for each in answers])
        pool = Pool(x, y, first.z[:1].expand(len(x), -1), first.low, first.high)
        rows = torch.arange(queries, device=x.device)
        members = [
            TrainingRun(derive(each.split.seed, "surrogate for its looks"), rows + place * queries)
            for place, each in enumerate(targets)
        ]
        aside = torch.stack([each[:held] for each in asked])
        wanted = torch.stack([each[:held] for each in answers])
        surprises = []
        for suspect in suspects:
            found = resources.train(
                pool, members, self.own_schedule(resources.schedule), suspect
            ).models
            logs = found.logits(aside).log_softmax(-1)
            surprises.append(-(wanted * logs).sum(-1).mean(-1))
        closest = torch.stack(surprises).argmin(0).tolist()
        return [
            replace(each, supposed=suspects[i]) for each, i in zip(targets, closest, strict=True)
        ]

    def in_vain(self, data: Dataset) -> float:
        """Return how faithful it is to answer the most common class always."""
        sizes = np.bincount(data.y)
        return float(sizes.max() / sizes.sum())

    def judged(self, *, provable: bool) -> Metric:
        """Return how many disputes are decided wrongly, or how faithful extractions are."""
        return WRONG_DECISIONS if provable else FIDELITY

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return models' (records,) and surrogates' answers (surrogates, records), and p-values.

        The answers are those to the test records. The p-values are of copies, of surrogates, and of
        independent models in the hands of a malicious accuser. Where there is no test of ownership,
        nothing is proven: they are 1.
        """
        stolen = {
            name: self._extracted(*how, targets, resources)
            for name, how in self._extractions.items()
        }
        accused = self._falsely_accused(targets, resources)
        return [
            _compared(target, {name: each[place] for name, each in stolen.items()})
            | {"accused": accused.get(place, np.ones(self.accused))}
            for place, target in enumerate(targets)
        ]

    def _extracted(
        self,
        times: float,
        labels: str,
        targets: Sequence[TargetModel],
        resources: AttackerResources,
    ) -> list[Extracted]:
        """Train surrogates of each target model, all side by side."""
        count = self._budget(resources.schedule, times)
        thefts = [(target, i) for target in targets for i in range(self.surrogates)]
        asked = [self._queries(target, i, count) for target, i in thefts]
        answers = [
            _answers(target, x, labels) for (target, _), x in zip(thefts, asked, strict=True)
        ]
        shown = [target.first(1).revealed(x) for (target, _), x in zip(thefts, asked, strict=True)]
        alike = [_alike(target) for target in targets]
        first = targets[0].split.pool
        x = torch.cat(asked)
        pool = Pool(x, torch.cat(answers), _beside(x, shown), first.low, first.high)
        rows = torch.arange(count, device=x.device)
        members = [
            TrainingRun(
                derive(target.split.seed, "surrogate", i),
                rows + place * count,
                alike[place // self.surrogates],
            )
            for place, (target, i) in enumerate(thefts)
        ]
        models = resources.train(pool, members, self.own_schedule(resources.schedule, times)).models
        parts = [
            range(place * self.surrogates, (place + 1) * self.surrogates)
            for place in range(len(targets))
        ]
        return [(models.only(part), [asked[i] for i in part]) for part in parts]

    def _falsely_accused(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> dict[int, NDArray[np.float64]]:
        """Return p-values of independent models (accused,), by the place of the accuser."""
        able = {
            i: each.defense
            for i, each in enumerate(targets)
            if each.defense is not None and each.defense.provable
        }
        if not able:
            return {}
        members = [
            TrainingRun(derive(targets[i].split.seed, "independent", k), targets[i].split.unused)
            for i in able
            for k in range(self.accused)
        ]
        # records that nobody has changed come first, and are the same in all pools
        others = resources.train(targets[0].split.pool, members, resources.schedule).models
        found = {}
        for place, (i, defense) in enumerate(able.items()):
            mine = others.only(range(place * self.accused, (place + 1) * self.accused))
            found[i] = np.array(defense.ownership(forged(targets[i], self.disguise), mine))
        return found

    def _queries(self, target: TargetModel, surrogate: int, count: int) -> Tensor:
        """Mix pairs of the adversary's records: (count, *shape)."""
        split = target.split
        draw = split.generator(f"queries/{surrogate}")
        return mixtures(split.pool.x[split.auxiliary], draw, count)


Extracted = tuple["Ensemble", list[Tensor]]
"""The surrogates of a target model, and what was asked for each: (queries, *shape)."""


@dataclass(frozen=True)
class ExplanationGap:
    """Penalises the squared distance of a surrogate's explanations from those that were released.

    Relative to how much the released ones vary, so that it weighs about as much as the answers.

    Attributes
    ----------
    imitated : Imitated
        Explains records (batch, *shape) by the gradient, at records, of the answer's probability.
    """

    imitated: Imitated

    @property
    def operations(self) -> Hashable | None:
        """Those of the explanations."""
        return self.imitated.operations

    def __call__(
        self,
        forward: Callable[[Tensor], Tensor],
        x: Tensor,
        y: Tensor,
        z: Tensor,
        weight: Tensor,
    ) -> Tensor:
        """Return the penalty of one batch; z are the released explanations (batch, numbers)."""
        answered = y.argmax(-1, keepdim=True)

        def probability(at: Tensor) -> Tensor:
            return forward(at).softmax(-1).gather(-1, answered).sum()

        missed = self.imitated(grad(probability), x).flatten(1) - z
        share = missed.square().sum(-1) * weight
        return share.sum() / (z.square().sum(-1) * weight).sum().clamp(min=1e-12)


def _alike(target: TargetModel) -> TrainingHooks:
    """Return what makes a surrogate's explanations like the target model's.

    Nothing where models mix the records of a batch as they learn: what they are explained by then
    is not what they are explained by when they answer.
    """
    if target.models.architecture.mixing:
        return TrainingHooks()
    imitated = None if target.defense is None else target.defense.imitated(target.split)
    return TrainingHooks(penalties=(ExplanationGap(imitated),)) if imitated else TrainingHooks()


def _beside(x: Tensor, shown: Sequence[Tensor | None]) -> Tensor:
    """Put what was released beside the answers behind one another: (queries, numbers)."""
    width = max((each.shape[-1] for each in shown if each is not None), default=1)
    count = len(x) // len(shown)
    nothing = x.new_zeros((count, width))
    return torch.cat([nothing if each is None else each[0] for each in shown])


def _answers(target: TargetModel, x: Tensor, labels: str) -> Tensor:
    """Ask the model: probabilities (queries, classes)."""
    answers = target.first(1).logits(x)[0].softmax(-1)
    if labels == "soft":
        return answers
    hard = torch.nn.functional.one_hot(answers.argmax(-1), target.split.classes)
    return hard.to(answers.dtype)


def _suspects(architecture: Architecture) -> list[Architecture]:
    return fitting(architecture.shape, architecture.classes, SUSPECTED)


def forged(target: TargetModel, epsilon: float) -> TargetModel:
    """Return the target model as a malicious owner presents it, with records of evidence moved.

    Parameters
    ----------
    target : TargetModel
        With a defense that lets an owner prove that a model is theirs.
    epsilon : float
        Radius of the L∞ ball around each record, in units of the attributes. In it, and within the
        bounds of the data, the margin by which the owner's model gives the record its claimed class
        is raised.
    """
    if target.defense is None or target.defense.evidence is None:
        return target
    split, (shown, labels) = target.split, target.defense.evidence
    x, y = split.kept[shown], split.kept[labels]
    gradient = target.deployed.input_gradients(of="margin")(y[None])
    moved = pgd_attack(
        lambda here: -gradient(here),
        x[None],
        (split.pool.low, split.pool.high),
        torch.full_like(x[None], 0.5),  # from the record itself
        epsilon=epsilon,
        steps=FORGING_STEPS,
    )
    return replace(target, split=split.keeping(**{shown: moved[0]}))


def _compared(target: TargetModel, stolen: Mapping[str, Extracted]) -> dict[str, NDArray[Any]]:
    """Ask all models about the test records, and the owner about all models."""
    pool, test = target.split.pool, target.split.test
    suspects, asked = stolen["fourfold"]
    copied, extracted = [1.0], [1.0] * len(suspects)
    if target.defense is not None and target.defense.provable:
        copied = target.defense.ownership(target, target.deployed)
        extracted = target.defense.proof(target, suspects, asked)
    return {
        "y": pool.y[test].cpu().numpy(),
        "owner": target.predictions(pool.x[test]).cpu().numpy(),
        "copied": np.array(copied),
        "extracted": np.array(extracted),
    } | {
        name: models.logits(pool.x[test]).argmax(-1).cpu().numpy()
        for name, (models, _) in stolen.items()
    }
