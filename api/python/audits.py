"""``audit``: what models that exist, or their predictions, show."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.validator.extra import require

from ..text.measured.audit import describe, notes, sentence, title
from ..text.names import named
from .answer import Answer, Knowledge, knowledge_base, listed
from .tables import PLAIN, Table, marked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from crosscurrent.validator.audits import document_types as shapes

    Given = str | os.PathLike[str] | Mapping[str, ArrayLike] | Any

__all__ = ["AuditReport", "audit"]


@dataclass(frozen=True, repr=False)
class AuditReport(Answer):
    """What a model or its predictions show, or what a change did to it.

    Attributes
    ----------
    document : dict
        As ``crosscurrent audit --json`` prints it.
    """

    columns: ClassVar = (
        *("subject", "attribute", "metric", "before", "after"),
        *("change", "low", "high", "outcome", "verdict"),
    )

    document: shapes.Audit

    @property
    def outcomes(self) -> dict[str, str | None]:
        """What came out of each subject, the first of several attributes; None of one model."""
        found: dict[str, str | None] = {}
        for each in self.document["measured"]:
            found.setdefault(each["subject"], each["outcome"])
        return found

    @property
    def verdicts(self) -> dict[str, str | None]:
        """The verdict on each subject; None where nothing was predicted."""
        found: dict[str, str | None] = {}
        for each in self.document["measured"]:
            found.setdefault(each["subject"], each["verdict"])
        return found

    def to_dict(self) -> shapes.Audit:
        """Return the document of ``crosscurrent audit --json``."""
        return self.document.copy()

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.document["measured"]:
            for name, metric in each["metrics"].items():
                judged = name == each["metric"]
                change, after = metric["change"], metric["after"]
                level = change or metric["before"]
                yield (
                    each["subject"],
                    each["attribute"],
                    name,
                    metric["before"]["estimate"],
                    None if after is None else after["estimate"],
                    None if change is None else change["estimate"],
                    level["low"],
                    level["high"],
                    each["outcome"] if judged else None,
                    each["verdict"] if judged else None,
                )

    def _heading(self) -> str:
        return title(self.to_dict())

    def _tables(self) -> Sequence[Table]:
        rows = []
        for each in self.document["measured"]:
            name = named(each["subject"]) + (f" ({each['attribute']})" if each["attribute"] else "")
            shown = "" if each["outcome"] is None else marked(each["outcome"])
            rows.append((name, shown, each["verdict"] or "", sentence(each)))
        return [Table("", ("subject", "outcome", "verdict", "measured"), rows)]

    def _notes(self) -> Sequence[str]:
        return notes(self.to_dict())

    def __str__(self) -> str:
        return describe(self.to_dict(), PLAIN)

    def _repr_html_(self) -> str:
        picture = b64encode(_drawn(self.to_dict())).decode()
        image = f'<img alt="" style="max-width:100%" src="data:image/svg+xml;base64,{picture}"/>'
        return f"<div>{super()._repr_html_()}{image}</div>"


def audit(
    before: Given,
    after: Given | None = None,
    *,
    data: Given | None = None,
    train: Given | None = None,
    test: Given | None = None,
    defense: str | None = None,
    label: str = "label",
    score: str = "score",
    probabilities: str = "p_",
    predicted: str = "predicted",
    member: str = "member",
    groups: str | Iterable[str] = (),
    run: str = "run",
    id: str = "id",
    references: str = "reference_",
    positive: str | None = None,
    attributes: Iterable[str] = (),
    classes: Iterable[str] = (),
    model: str | None = None,
    trust: str | Iterable[str] = (),
    budget: int = 10_000,
    rate: float = 100.0,
    epsilon: float = 0.1,
    resamples: int = 1000,
    seed: int = 0,
    store: str | os.PathLike[str] | None = None,
    knowledge: Knowledge = None,
) -> AuditReport:
    """Measure what a model or its predictions show, or those of a model before and after a change.

    Nothing is trained. With the file `store` the result is kept there; else it is not kept.

    Parameters
    ----------
    before, after : path, mapping from str to array, or model
        Predictions: a CSV, Parquet or NPZ file, or arrays by name, such as ``dict(frame)`` of a
        pandas frame; ``probabilities`` is (records, classes). Or a model: a fitted estimator, a
        `torch.nn.Module`, a function from records to probabilities, or what the command line takes.
        The records of both are the same.
    data : path, mapping from str to array, or frame, optional
        Records that a model is asked about, with their labels, membership and groups.
    train, test : path, mapping from str to array, or frame, optional
        In place of `data`: those that the model was trained on, and others.
    defense : str, optional
        What the change is, by id, code or alias, or ``placebo``: then what is predicted of it
        stands beside, with a verdict.
    label, score, probabilities, predicted, member, groups, run, id, references, positive
        What columns are called, as the options of ``crosscurrent audit`` say.
    attributes, classes : iterable of str
        The columns that a model takes, and what its outputs stand for, in order, where it does not
        know.
    model : str, optional
        ``package.module:Class``, the module whose weights a .safetensors or .pt file holds.
    trust : str or iterable of str
        Pickle files whose program may be run, and types that .skops files may hold.
    budget : int
        Records that an address is sent at most, for each model.
    rate : float
        Records a second that an address is sent at most.
    epsilon : float
        How far an attacker may move an attribute, in standard deviations, up to 100.
    resamples : int
        Resamples of the records, for intervals, 100 to 100,000.
    seed : int
        Of all randomness, from 0.
    store : path, optional
        A file of results, such as the command line's.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    MissingExtra
        If the extra ``audit``, or what a kind of model takes, is not installed.
    UnknownName
        If there is no such defense.
    InputError
        If predictions cannot be read or compared, every problem with its row and column; or if
        a model cannot be loaded, is not to be trusted, or answers with no probabilities.
    """
    require("audit")
    from crosscurrent.validator.audits import Columns, Data, ModelSettings
    from crosscurrent.validator.audits import audit as measure
    from crosscurrent.validator.results.store import Store

    columns = Columns(
        label=label,
        score=score,
        probabilities=probabilities,
        predicted=predicted,
        member=member,
        groups=tuple(listed(groups)),
        run=run,
        id=id,
        references=references,
        positive=positive,
    )
    kb = knowledge_base(knowledge)
    found = measure(
        kb,
        before,
        after,
        data=Data(data, train, test),
        defense=defense,
        columns=columns,
        settings=ModelSettings(
            architecture=model,
            trust=tuple(listed(trust)),
            attributes=tuple(listed(attributes)),
            classes=tuple(listed(classes)),
            budget=budget,
            rate=rate,
            epsilon=epsilon,
        ),
        resamples=resamples,
        seed=seed,
        store=None if store is None else Store(os.fspath(store)),
    )
    return AuditReport(kb, found)


def _drawn(document: shapes.Audit) -> bytes:
    """Draw an audit as SVG."""
    from crosscurrent.validator.plots.audit_plots import audit_plot

    with TemporaryDirectory() as folder:
        file = os.path.join(folder, "audit.svg")
        audit_plot(document, file)
        with open(file, "rb") as drawn:
            return drawn.read()
