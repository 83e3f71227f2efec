"""The knowledge base in memory: immutable, indexed, and named by its content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar

from ._records import (
    KINDS,
    Characteristic,
    Correlation,
    Defense,
    Experiment,
    Factor,
    Observation,
    Record,
    Reference,
    Risk,
    melt,
    thaw,
)
from .errors import InputError, UnknownName

__all__ = ["KnowledgeBase"]

Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]

_R = TypeVar("_R", Factor, Defense, Risk)
_RANKS: Final = ("data", "objective", "model", "security", "privacy", "fairness")
_NO_EDGES: Final[Mapping[str, Correlation]] = MappingProxyType({})


class KnowledgeBase:
    """Everything known, indexed for the questions that are asked of it.

    Immutable; two bases with the same content have the same digest, however they came about.
    Normally made by `knowledge.load`.

    Parameters
    ----------
    rows : mapping
        Checked records in JSON form, by section and id. Links between them must hold.
    digest : str, optional
        Their digest, where it is known already; the rows are then taken to be in order.

    Attributes
    ----------
    digest : str
        ``sha256:`` and 64 hexadecimal digits over the content of all records, in any order.
    factors, defenses, risks, adversary, correlations, observations, experiments, references
        Mappings from id to record, in the papers' order: by group or pillar, code and id.
    """

    __slots__ = (
        "__weakref__",
        "_edges",
        "_folded",
        "_observed",
        "adversary",
        "correlations",
        "defenses",
        "digest",
        "experiments",
        "factors",
        "observations",
        "references",
        "risks",
    )

    digest: str
    factors: Mapping[str, Factor]
    defenses: Mapping[str, Defense]
    risks: Mapping[str, Risk]
    adversary: Mapping[str, Characteristic]
    correlations: Mapping[str, Correlation]
    observations: Mapping[str, Observation]
    experiments: Mapping[str, Experiment]
    references: Mapping[str, Reference]
    _edges: Mapping[str, Mapping[str, Correlation]]
    _observed: Mapping[tuple[str, str], tuple[Observation, ...]]
    _folded: Mapping[tuple[type, str], str]

    def __init__(self, rows: Rows, digest: str | None = None) -> None:
        put = object.__setattr__
        if digest is None:
            rows = _in_order(rows)
        for section, record_type in KINDS.items():
            records = {name: thaw(record_type, row) for name, row in rows[section].items()}
            put(self, section, MappingProxyType(records))
        put(self, "digest", digest or _digest(self.rows))
        edges: dict[str, dict[str, Correlation]] = {}
        for edge in self.correlations.values():
            edges.setdefault(edge.subject, {})[edge.factor] = edge
        observed: dict[tuple[str, str], tuple[Observation, ...]] = {}
        for seen in self.observations.values():
            pair = (seen.defense, seen.risk)
            observed[pair] = (*observed.get(pair, ()), seen)
        folded: dict[tuple[type, str], str] = {}
        for record_type, named in (
            (Factor, self.factors),
            (Defense, self.defenses),
            (Risk, self.risks),
        ):
            for identity, record in named.items():
                for name in (identity, record.code):
                    if name is not None:
                        folded[record_type, _fold(name)] = identity
        frozen = {subject: MappingProxyType(own) for subject, own in edges.items()}
        put(self, "_edges", MappingProxyType(frozen))
        put(self, "_observed", MappingProxyType(observed))
        put(self, "_folded", MappingProxyType(folded))

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

    def observed(self, defense: str, risk: str) -> tuple[Observation, ...]:
        """Return what was published or measured for one defense and one risk, by their ids."""
        return self._observed.get((defense, risk), ())

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

    def _named(self, kind: type[_R], records: Mapping[str, _R], name: str) -> _R:
        identity = self._folded.get((kind, _fold(name)))
        if identity is None:
            what = kind.__name__.lower()
            for other in (Factor, Defense, Risk):
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
        ):
            identity = self._folded.get((kind, _fold(name)))
            if identity is not None:
                return records[identity]
        raise UnknownName("record", name, [n for section in KINDS for n in getattr(self, section)])


def _fold(name: str) -> str:
    """Make names alike that differ only in case and in how words are joined."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def _in_order(rows: Rows) -> Rows:
    """Order records by what they are rather than by where they were written."""
    place: dict[str, int] = {}
    for section in ("factors", "defenses", "risks"):
        for identity in sorted(rows[section], key=lambda i: _rank(i, rows[section][i])):
            place[identity] = len(place)

    def order(row: Mapping[str, Any], identity: str) -> tuple[Any, ...]:
        names = (identity, *(row.get(n, "") for n in ("defense", "subject", "risk", "factor")))
        return (*(place.get(name, -1) for name in names), identity)

    return {
        section: {
            i: rows[section][i]
            for i in sorted(rows[section], key=lambda i: order(rows[section][i], i))
        }
        for section in KINDS
    }


def _rank(identity: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = row.get("group") or row.get("pillar")
    code = row.get("code") or "~"  # sorts after all letters: without a code comes last
    # numbers inside a code count as numbers: RD2 comes before RD10
    parts = tuple((int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", code) if p)
    return (_RANKS.index(kind), parts, identity)


def _digest(rows: Rows) -> str:
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
