"""``predict`` and ``matrix``: what a defense does to each risk, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, overload

from crosscurrent.predictor import documents, interactions
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.interactions import Prediction
from crosscurrent.predictor.signs import EFFECT

from ..text import assessments
from ..text.names import at_stage, cite, condition, only, title
from ..text.wording import FOLLOW, INTENDED, MOVE, basis, seen_in
from .answer import Answer, Knowledge, knowledge_base
from .tables import Cell, Marked, Table, marked

if TYPE_CHECKING:
    from crosscurrent.knowledge import Defense, KnowledgeBase, Risk
    from crosscurrent.predictor import document_types as shapes
    from crosscurrent.predictor.assessment import Assessment, Expect, Grade
    from crosscurrent.predictor.guideline import Basis, Conjecture, Path
    from crosscurrent.predictor.interactions import ExceptionSeen, Modifier, ObservationSeen

__all__ = [
    "MatrixAnswer",
    "PredictionAnswer",
    "PredictionsAnswer",
    "expects",
    "explained",
    "interaction_matrix",
    "measured",
    "predict",
    "published",
]

_COLUMNS = (
    "defense", "risk", "intended", "conjecture", "basis", "probability_increase", "opposed",
    "published", "conditional", "measured", "decisive_factors", "expect", "likelihood", "grade",
    "measured_reference",
)  # fmt: skip
_INTENDED = f"*: {INTENDED}"
_LIKELY = "likely: how likely what is expected is; where it depends or is unknown, an increase"
_OTHERWISE = "!: the guideline says otherwise than what is expected"


@dataclass(frozen=True, repr=False)
class PredictionAnswer(Answer):
    """What an effective defense does to one risk.

    Attributes
    ----------
    prediction : Prediction
        The predictor's result; its main parts are attributes here as well.
    """

    columns: ClassVar = (
        "factor", "code", "role", "origin", "moved", "risk_sign", "effect", "dominant", "decisive",
        "sources",
    )  # fmt: skip

    prediction: Prediction

    @property
    def conjecture(self) -> Conjecture:
        """``increase``, ``decrease``, ``contested`` or ``unknown``."""
        return self.prediction.conjecture

    @property
    def basis(self) -> Basis:
        """What the conjecture rests on."""
        return self.prediction.basis

    @property
    def probability_increase(self) -> float:
        """How likely the risk increases, from 0 to 1, by the calibrated model."""
        return self.prediction.probability_increase

    @property
    def assessment(self) -> Assessment:
        """The one answer: what to expect, how well established that is, and why."""
        return assess(self.kb, self.prediction)

    @property
    def expect(self) -> Expect:
        """``increase``, ``decrease``, ``no_change``, ``depends`` or ``unknown``."""
        return self.assessment.expect

    @property
    def likelihood(self) -> float | None:
        """How likely what is expected is, from 0 to 1; None without any evidence."""
        return self.assessment.likelihood

    @property
    def grade(self) -> Grade:
        """How well established what is expected is."""
        return self.assessment.grade

    @property
    def intended(self) -> bool:
        """Whether the defense is meant for this risk."""
        return self.prediction.intended

    @property
    def opposed(self) -> bool:
        """Whether the calibrated model disagrees with the conjecture."""
        return self.prediction.opposed

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path through a common factor, those of dominant factors first."""
        return self.prediction.paths

    @property
    def modifiers(self) -> tuple[Modifier, ...]:
        """Further factors that the risk depends on."""
        return self.prediction.modifiers

    @property
    def observations(self) -> tuple[ObservationSeen, ...]:
        """Effects that were published or measured for this very pair."""
        return self.prediction.observations

    @property
    def exceptions(self) -> tuple[ExceptionSeen, ...]:
        """Effects under another adversary."""
        return self.prediction.exceptions

    def to_dict(self) -> shapes.Prediction:
        """Return the document of ``crosscurrent predict DEFENSE RISK --json``."""
        return documents.prediction_document(self.kb, self.prediction)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for path in self.paths:
            yield (
                path.factor.id,
                path.factor.code,
                path.factor.role,
                "context" if path.moved_by is None else "defense",
                path.push,
                path.depends.sign,
                EFFECT[path.effect],
                path.dominant,
                path.decides(self.conjecture, self.basis),
                path.sources,
            )

    def _heading(self) -> str:
        return f"{_pair(self.kb, self.prediction)}: {assessments.word(self.to_dict())}"

    def _tables(self) -> Sequence[Table]:
        return explained(self.kb, self.prediction)

    def _notes(self) -> Sequence[str]:
        return ()


@dataclass(frozen=True, repr=False)
class PredictionsAnswer(Answer):
    """What an effective defense does to every risk.

    Attributes
    ----------
    defense : str
        Id.
    predictions : tuple of Prediction
        One for each risk.
    """

    columns: ClassVar = _COLUMNS

    defense: str
    predictions: tuple[Prediction, ...]

    def to_dict(self) -> shapes.Predictions:
        """Return the document of ``crosscurrent predict DEFENSE --json``."""
        return documents.predictions_document(self.kb, self.defense, self.predictions)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        return (_record(self.kb, each) for each in self.predictions)

    def _heading(self) -> str:
        return f"{title(self.kb.defenses[self.defense])}, when effective"

    def _tables(self) -> Sequence[Table]:
        head = ("", "risk", "expect", "likely", "grade", "guideline")
        return [Table("", head, [self._row(each) for each in self.to_dict()["predictions"]])]

    def _row(self, document: shapes.Prediction) -> Sequence[Cell]:
        risk, answer = self.kb.risks[document["risk"]], document["assessment"]
        return (
            risk.code or "",
            risk.name + " *" * document["intended"],
            expects(document),
            assessments.expected(document),
            assessments.GRADES[answer["grade"]],
            document["conjecture"] + " !" * answer["voices"][0]["disagrees"],
        )

    def _notes(self) -> Sequence[str]:
        answers = [each["assessment"] for each in self.to_dict()["predictions"]]
        notes = [_LIKELY]
        notes += [_INTENDED] * any(each.intended for each in self.predictions)
        notes += [_OTHERWISE] * any(each["voices"][0]["disagrees"] for each in answers)
        return notes


@dataclass(frozen=True, repr=False)
class MatrixAnswer(Answer):
    """Every defense against every risk.

    Attributes
    ----------
    rows : tuple of tuple of Prediction
        A row for each defense of which any effect is known, a column for each risk.
    """

    columns: ClassVar = _COLUMNS

    rows: tuple[tuple[Prediction, ...], ...]

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """All predictions, row by row."""
        return tuple(each for row in self.rows for each in row)

    def to_dict(self) -> shapes.Matrix:
        """Return the document of ``crosscurrent matrix --json``."""
        return documents.matrix_document(self.kb, self.rows)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        return (_record(self.kb, each) for each in self.predictions)

    def _heading(self) -> str:
        return f"{len(self.rows)} defenses against {len(self.kb.risks)} risks"

    def _tables(self) -> Sequence[Table]:
        head = ("", *(risk.code or risk.id for risk in self.kb.risks.values()))
        rows: list[Sequence[Cell]] = []
        for row in self.rows:
            defense = self.kb.defenses[row[0].defense]
            cells = (_cell(documents.prediction_document(self.kb, each)) for each in row)
            rows.append((defense.code or defense.id, *cells))
        return [Table("", head, rows)]

    def _notes(self) -> Sequence[str]:
        named: list[Defense | Risk] = [self.kb.defenses[row[0].defense] for row in self.rows]
        named += self.kb.risks.values()
        return (
            "in a cell: what to expect, how likely that is in %, and what was published",
            "[ ]: measured in your own models; { }: in reference models",
            _INTENDED,
            _OTHERWISE,
            "; ".join(f"{each.code or each.id} {each.name.lower()}" for each in named),
        )


@overload
def predict(
    defense: str, risk: None = None, *, knowledge: Knowledge = None
) -> PredictionsAnswer: ...
@overload
def predict(defense: str, risk: str, *, knowledge: Knowledge = None) -> PredictionAnswer: ...
def predict(
    defense: str, risk: str | None = None, *, knowledge: Knowledge = None
) -> PredictionAnswer | PredictionsAnswer:
    """Predict what an effective defense does to one risk, or to every risk.

    Parameters
    ----------
    defense, risk : str
        Ids, codes or aliases, in any case, the defense also at a stage (``watermarking@post``);
        without a risk, every one is predicted.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such defense or risk.
    BrokenKnowledge
        If anything is wrong in the user's knowledge.

    Examples
    --------
    >>> answer = predict("RD1", "P2")
    >>> answer.expect, answer.grade, answer.conjecture, answer.basis
    ('increase', 'replicated', 'increase', 'dominant')
    """
    kb = knowledge_base(knowledge)
    if risk is None:
        identity, _ = interactions.settled(kb, defense)
        return PredictionsAnswer(kb, identity, interactions.predict_all(kb, defense))
    return PredictionAnswer(kb, interactions.predict(kb, defense, risk))


def interaction_matrix(kb: KnowledgeBase) -> MatrixAnswer:
    """Predict every defense against every risk."""
    return MatrixAnswer(kb, interactions.matrix(kb))


def expects(document: shapes.Prediction) -> Marked:
    """Return the cell that shows what is expected, the stronger the better established."""
    return marked(document["assessment"]["expect"], assessments.evidence(document))


def published(prediction: Prediction) -> str:
    """Say in a word or two what was published for the adversary at hand."""
    if not prediction.published:
        return "for others only" if prediction.explored else "unexplored"
    effects = " and ".join(effect.replace("_", " ") for effect in prediction.published)
    return effects + ", conditional" * prediction.conditional


def measured(prediction: Prediction) -> str:
    """Say what was measured for the adversary at hand, in the user's own models or in others."""
    own = " and ".join(effect.replace("_", " ") for effect in prediction.measured)
    others = " and ".join(effect.replace("_", " ") for effect in prediction.measured_reference)
    return "; ".join(
        [*([own] if own else []), *([f"{others} in reference models"] if others else [])]
    )


def explained(kb: KnowledgeBase, prediction: Prediction) -> list[Table]:
    """Return the tables that say why: the answer, its voices, paths, and what was seen."""
    document = documents.prediction_document(kb, prediction)
    told: list[Sequence[Cell]] = [
        ("expect", expects(document)),
        ("", assessments.headline(kb, document)),
        ("likely", assessments.established(kb, document)),
        ("setting", assessments.setting_told(kb, document)),
        ("why", assessments.reason(kb, document)),
        *(("what to do", line) for line in assessments.advised(kb, document)),
    ]
    tables = [Table("", ("", ""), [row for row in told if row[1]])]
    voices: list[Sequence[Cell]] = [
        (
            name,
            "!" * disagrees,
            f"{says}: {_basis(prediction)}" if name == "guideline" else says,
        )
        for name, says, disagrees in assessments.voiced(document["assessment"])
    ]
    tables.append(Table("Voices (!: otherwise than expected)", ("", "", ""), voices))
    if prediction.paths:
        head = ("", "factor", "", "role", "how", "sources")
        rows = [_path(kb, path, prediction) for path in prediction.paths]
        tables.append(Table("Paths (* decides)", head, rows))
    if prediction.modifiers:
        rows = [
            (each.factor.name, each.factor.code or "", f"risk {FOLLOW[each.depends.sign]}")
            for each in prediction.modifiers
        ]
        caption = "Also matters (the defense is not known to move it)"
        tables.append(Table(caption, ("factor", "", "how"), rows))
    seen: list[Sequence[Cell]] = [
        (
            marked(each.record.effect),
            seen_in(each.record.table.dataset if each.record.table else None)
            if each.record.measured
            else "published",
            condition(each.record.when) if each.record.when else "",
            cite(kb, each.record.sources),
            each.record.note or "",
        )
        for each in prediction.observations
    ]
    seen += [
        (
            marked(each.record.effect),
            each.provenance,
            condition(each.record.when),
            cite(kb, each.record.sources),
            each.record.note or "",
        )
        for each in prediction.exceptions
    ]
    if seen:
        columns = ("effect", "", "when", "sources", "note")
        tables.append(Table("Published or measured", columns, seen))
    return tables


def _basis(prediction: Prediction) -> str:
    return basis(
        prediction.basis,
        [EFFECT[path.effect] for path in prediction.paths if not path.conditional],
        conditional=any(path.conditional for path in prediction.paths),
    )


def _pair(kb: KnowledgeBase, prediction: Prediction) -> str:
    defense = title(kb.defenses[prediction.defense]) + at_stage(prediction.stage)
    return f"{defense} → {title(kb.risks[prediction.risk])}"


def _path(kb: KnowledgeBase, path: Path, prediction: Prediction) -> Sequence[Cell]:
    effect = {"+": "increase", "-": "decrease", "?": "contested"}.get(path.effect, "unknown")
    mover = " by the context" if path.moved_by is None else ""
    return (
        marked(effect),
        path.factor.name + " *" * path.decides(prediction.conjecture, prediction.basis),
        path.factor.code or "",
        path.factor.role + ", dominant" * path.dominant,
        f"{MOVE[path.push]}{mover}; risk {FOLLOW[path.depends.sign]}{only(path)}",
        cite(kb, path.sources),
    )


def _cell(document: shapes.Prediction) -> Marked:
    sign, answer = expects(document), document["assessment"]
    number = assessments.expected(document).removesuffix(" %")
    seen = "".join(marked(e).text[0] for e in assessments.reported(document, "published")) or "·"
    if measured_here := assessments.reported(document, "measured"):
        seen += f" [{''.join(marked(effect).text[0] for effect in measured_here)}]"
    if elsewhere := assessments.reported(document, "measured_reference"):
        seen += f" {{{''.join(marked(effect).text[0] for effect in elsewhere)}}}"
    otherwise = "!" * answer["voices"][0]["disagrees"]
    text = f"{sign.text[0]} {number}{otherwise} {seen}{' *' * document['intended']}"
    return Marked(text, sign.effect, sign.strength)


def _record(kb: KnowledgeBase, prediction: Prediction) -> tuple[Any, ...]:
    answer = assess(kb, prediction)
    return (
        prediction.defense,
        prediction.risk,
        prediction.intended,
        prediction.conjecture,
        prediction.basis,
        prediction.probability_increase,
        prediction.opposed,
        prediction.published,
        prediction.conditional,
        prediction.measured,
        tuple(path.factor.id for path in prediction.decisive),
        answer.expect,
        answer.likelihood,
        answer.grade,
        prediction.measured_reference,
    )
