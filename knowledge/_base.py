"""The knowledge base in memory: immutable, indexed, and named by its content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar

from ._records import (
    KINDS,
    Attack,
    Characteristic,
    Collusion,
    Combination,
    Correlation,
    Defense,
    Edge,
    Experiment,
    Factor,
    Observation,
    Outcome,
    Prerequisite,
    PublishedAttack,
    Record,
    Reference,
    Risk,
    Variant,
    melt,
    thaw,
)
from .errors import InputError, UnknownName, clip

__all__ = ["KnowledgeBase"]

Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]

_R = TypeVar("_R", Factor, Defense, Risk, Attack)
_E = TypeVar("_E", bound=Edge)
_RANKS: Final = ("data", "objective", "model", "knowledge", "security", "privacy", "fairness")
_STAGES: Final[Mapping[str, int]] = {"pre": 1, "in": 2, "post": 3}
_NO_EDGES: Final[Mapping[str, Any]] = MappingProxyType({})


class KnowledgeBase:
    """Everything known, indexed for the questions that are asked of it.

    Immutable; two bases with the same content have the same digest, however they came about.
    Normally made by `knowledge.load`.

    Parameters
    ----------
    rows : mapping
        Checked records in JSON form, by section and id. Links between them must hold.
    digest : str, optional
        Their digest, where it is known already. The rows are then taken to be in order, and each
        section may be a JSON text; they are made into records when first asked for.

    Attributes
    ----------
    digest : str
        ``sha256:`` and 64 hexadecimal digits over the content of all records, in any order.
    factors, defenses, risks, ...
        For each section a mapping from id to record, in the papers' order: by group or pillar,
        code and id.
    """

    __slots__ = (
        "__weakref__",
        "_colluded",
        "_edges",
        "_folded",
        "_observed",
        "_outcomes",
        "_prerequisites",
        "_rows",
        "_stages",
        "digest",
        *KINDS,
    )

    digest: str
    factors: Mapping[str, Factor]
    risks: Mapping[str, Risk]
    defenses: Mapping[str, Defense]
    variants: Mapping[str, Variant]
    attacks: Mapping[str, Attack]
    adversary: Mapping[str, Characteristic]
    correlations: Mapping[str, Correlation]
    outcomes: Mapping[str, Outcome]
    prerequisites: Mapping[str, Prerequisite]
    observations: Mapping[str, Observation]
    combinations: Mapping[str, Combination]
    collusions: Mapping[str, Collusion]
    experiments: Mapping[str, Experiment]
    published_attacks: Mapping[str, PublishedAttack]
    references: Mapping[str, Reference]
    _rows: Mapping[str, str | Mapping[str, Mapping[str, Any]]]
    _edges: Mapping[str, Mapping[str, Correlation]]
    _outcomes: Mapping[str, Mapping[str, Outcome]]
    _prerequisites: Mapping[str, Mapping[str, Prerequisite]]
    _observed: Mapping[tuple[str, str], tuple[Observation, ...]]
    _colluded: Mapping[tuple[str, str], tuple[Collusion, ...]]
    _stages: Mapping[str, Mapping[str, Variant]]
    _folded: Mapping[tuple[type, str], str]

    def __init__(self, rows: Mapping[str, Any], digest: str | None = None) -> None:
        put = object.__setattr__
        if digest is not None:
            put(self, "_rows", rows)
            put(self, "digest", digest)
            return
        put(self, "_rows", _in_order(rows))
        for section in KINDS:  # before the rows, which are the caller's, can change
            getattr(self, section)
        put(self, "_rows", {})
        put(self, "digest", _digest(self.rows))

    def __getattr__(self, name: str) -> Any:
        """Make a section, or an index over some, when it is first asked for."""
        if name in KINDS:
            rows = self._rows[name]
            if isinstance(rows, str):
                rows = json.loads(rows)
            made = {identity: thaw(KINDS[name], row) for identity, row in rows.items()}
        elif name in _INDEXES:
            made = _INDEXES[name](self)
        else:
            raise AttributeError(f"a knowledge base has no {name}")
        frozen: Mapping[Any, Any] = MappingProxyType(made)
        object.__setattr__(self, name, frozen)
        return frozen

    @property
    def rows(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All records in JSON form, by section and id: a copy, made at each call."""
        return {
            section: {name: melt(record) for name, record in getattr(self, section).items()}
            for section in KINDS
        }

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a knowledge base does not change; {name} stays as it is")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(getattr(self, section))} {section}" for section in KINDS)
        return f"<KnowledgeBase {self.digest[:19]}: {counts}>"

    def edges(self, subject: str) -> Mapping[str, Correlation]:
        """Return the correlations of a defense or a risk, by factor.

        Parameters
        ----------
        subject : str
            Id of a defense or a risk.

        Returns
        -------
        mapping from str to Correlation
            Empty if the subject has none.
        """
        return self._edges.get(subject, _NO_EDGES)

    def outcomes_of(self, attack: str) -> Mapping[str, Outcome]:
        """Return what an attack, by its id, moves or yields when it succeeds, by factor."""
        return self._outcomes.get(attack, _NO_EDGES)

    def prerequisites_of(self, attack: str) -> Mapping[str, Prerequisite]:
        """Return what the effectiveness of an attack, by its id, depends on, by factor."""
        return self._prerequisites.get(attack, _NO_EDGES)

    def observed(self, defense: str, risk: str) -> tuple[Observation, ...]:
        """Return what was published or measured for one defense and one risk, by their ids."""
        return self._observed.get((defense, risk), ())

    def colluded(self, first: str, second: str) -> tuple[Collusion, ...]:
        """Return what was published or measured for one attack helping another, by their ids."""
        return self._colluded.get((first, second), ())

    def stages(self, defense: str) -> Mapping[str, Variant]:
        """Return the variants of a defense, by its id, by stage: pre, in, post."""
        return self._stages.get(defense, _NO_EDGES)

    def experiments_on(self, defense: str, risk: str) -> tuple[Experiment, ...]:
        """Return the experiments on one defense and one risk, by their ids."""
        return tuple(e for e in self.experiments.values() if (e.defense, e.risk) == (defense, risk))

    def defense(self, name: str) -> Defense:
        """Return a defense by id or code, in any case; raise `UnknownName` if there is none."""
        return self.defenses.get(name) or self._named(Defense, self.defenses, name)

    def risk(self, name: str) -> Risk:
        """Return a risk by id or code, in any case; raise `UnknownName` if there is none."""
        return self.risks.get(name) or self._named(Risk, self.risks, name)

    def factor(self, name: str) -> Factor:
        """Return a factor by id or code, in any case; raise `UnknownName` if there is none."""
        return self.factors.get(name) or self._named(Factor, self.factors, name)

    def attack(self, name: str) -> Attack:
        """Return an attack by id or code, or by the risk that it alone exploits.

        Raises
        ------
        UnknownName
            If there is none.
        InputError
            If several attacks exploit that risk.
        """
        if name in self.attacks:
            return self.attacks[name]
        risk = self._folded.get((Risk, _fold(name)))
        if risk is not None and (Attack, _fold(name)) not in self._folded:
            behind = [attack for attack in self.attacks.values() if attack.risk == risk]
            if len(behind) == 1:
                return behind[0]
            if behind:
                names = ", ".join(attack.id for attack in behind)
                raise InputError(f"several attacks exploit {risk}: name one of {names}")
            raise InputError(f"no attack is known for the risk {risk}")
        return self._named(Attack, self.attacks, name)

    def variant(self, name: str) -> Variant:
        """Return a defense at a stage, such as ``watermarking@pre`` or ``RD3@pre``.

        A bare defense stands for its usual stage.

        Raises
        ------
        UnknownName
            If there is no such defense.
        InputError
            If it has no variant at that stage, or a bare name does not settle which.
        """
        if name in self.variants:
            return self.variants[name]
        who, at, stage = name.partition("@")
        defense = self.defense(who)
        known = self.stages(defense.id)
        if not known:
            raise InputError(f"no stage is known at which {defense.id} acts")
        if not at:
            if defense.usual_stage is not None and defense.usual_stage in known:
                return known[defense.usual_stage]
            if len(known) == 1:
                return next(iter(known.values()))
            which = " or ".join(each.id for each in known.values())
            raise InputError(f"{defense.id} acts at several stages: write {which}")
        if stage.strip().casefold() not in known:
            which = " or ".join(each.id for each in known.values())
            raise InputError(f"{defense.id} has no variant at stage {clip(stage)!r}: write {which}")
        return known[stage.strip().casefold()]

    def _named(self, kind: type[_R], records: Mapping[str, _R], name: str) -> _R:
        identity = self._folded.get((kind, _fold(name)))
        if identity is None:
            what = kind.__name__.lower()
            for other in (Factor, Defense, Risk, Attack):
                if (other, _fold(name)) in self._folded:
                    raise InputError(f"{name} is a {other.__name__.lower()}, not a {what}")
            raise UnknownName(what, name, list(records))
        return records[identity]

    def find(self, name: str) -> Record:
        """Return any record by id, or by code; raise `UnknownName` if there is none."""
        for section in KINDS:
            records: Mapping[str, Record] = getattr(self, section)
            if name in records:
                return records[name]
        for kind, records in (
            (Factor, self.factors),
            (Defense, self.defenses),
            (Risk, self.risks),
            (Attack, self.attacks),
        ):
            identity = self._folded.get((kind, _fold(name)))
            if identity is not None:
                return records[identity]
        raise UnknownName("record", name, [n for section in KINDS for n in getattr(self, section)])


def _by_factor(edges: Mapping[str, _E], owner: str) -> dict[str, Mapping[str, _E]]:
    """Group edges by the defense, risk or attack at their other end, then by factor."""
    grouped: dict[str, dict[str, _E]] = {}
    for edge in edges.values():
        grouped.setdefault(getattr(edge, owner), {})[edge.factor] = edge
    return {name: MappingProxyType(own) for name, own in grouped.items()}


def _by_pair(records: Mapping[str, Any], one: str, other: str) -> dict[Any, tuple[Any, ...]]:
    """Group records by the two others that they are about."""
    grouped: dict[tuple[str, str], tuple[Any, ...]] = {}
    for record in records.values():
        pair = (getattr(record, one), getattr(record, other))
        grouped[pair] = (*grouped.get(pair, ()), record)
    return grouped


def _folded_names(kb: KnowledgeBase) -> dict[tuple[type, str], str]:
    return {
        (kind, _fold(name)): identity
        for kind, records in (
            (Factor, kb.factors),
            (Defense, kb.defenses),
            (Risk, kb.risks),
            (Attack, kb.attacks),
        )
        for identity, record in records.items()
        for name in (identity, record.code)
        if name is not None
    }


def _by_stage(kb: KnowledgeBase) -> dict[str, Mapping[str, Variant]]:
    grouped: dict[str, dict[str, Variant]] = {}
    for stage in ("pre", "in", "post"):
        for variant in kb.variants.values():
            if variant.stage == stage:
                grouped.setdefault(variant.defense, {})[stage] = variant
    return {name: MappingProxyType(own) for name, own in grouped.items()}


_INDEXES: Final[Mapping[str, Callable[[KnowledgeBase], dict[Any, Any]]]] = {
    "_edges": lambda kb: _by_factor(kb.correlations, "subject"),
    "_outcomes": lambda kb: _by_factor(kb.outcomes, "attack"),
    "_prerequisites": lambda kb: _by_factor(kb.prerequisites, "attack"),
    "_observed": lambda kb: _by_pair(kb.observations, "defense", "risk"),
    "_colluded": lambda kb: _by_pair(kb.collusions, "first", "second"),
    "_stages": _by_stage,
    "_folded": _folded_names,
}


def _fold(name: str) -> str:
    """Make names alike that differ only in case and in how words are joined."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def _in_order(rows: Rows) -> Rows:
    """Order records by what they are rather than by where they were written."""
    place: dict[str, int] = {}
    for section in ("factors", "defenses", "risks"):
        for identity in sorted(rows[section], key=lambda i: _rank(i, rows[section][i])):
            place[identity] = len(place)
    attacks = rows.get("attacks", {})
    place |= {i: place[row["risk"]] for i, row in attacks.items() if row["risk"] in place}
    ends = ("defense", "subject", "attack", "first", "risk", "factor", "second")

    def order(row: Mapping[str, Any], identity: str) -> tuple[Any, ...]:
        names = (identity, *(row.get(name, "") for name in ends))
        at = _STAGES.get(row.get("stage", ""), 0)
        return (*(place.get(name, -1) for name in names), at, _numbered(identity))

    return {
        section: {
            i: rows[section][i]
            for i in sorted(rows.get(section, {}), key=lambda i: order(rows[section][i], i))
        }
        for section in KINDS
    }


def _rank(identity: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = row.get("group") or row.get("pillar")
    code = row.get("code") or "~"  # sorts after all letters: without a code comes last
    return (_RANKS.index(kind), _numbered(code), identity)


def _numbered(text: str) -> tuple[tuple[int, str], ...]:
    """Make numbers inside a name count as numbers: RD2 comes before RD10."""
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", text) if p)


def _digest(rows: Rows) -> str:
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
