"""The knowledge base in memory: immutable, indexed, and named by its content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ._indexes import ALIASED, INDEXES, LOOKED_UP, fold
from ._records import KINDS, Sections
from ._records.rows import melt, thaw
from .errors import InputError, UnknownName, clip

if TYPE_CHECKING:
    from ._records.collusions import Attack, Collusion, Outcome, Prerequisite
    from ._records.combinations import Variant
    from ._records.experiments import Experiment
    from ._records.interactions import Correlation, Observation
    from ._records.names import CatalogueMapping
    from ._records.procedures import Exclusion
    from ._records.standards import Requirement, Standard
    from ._records.subjects import Defense, Factor, Risk
    from ._records.unions import Record

__all__ = ["KnowledgeBase"]

_NO_EDGES: Final[Mapping[str, Any]] = MappingProxyType({})


class KnowledgeBase(Sections):
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
        "_excluded",
        "_mapped",
        "_observed",
        "_outcomes",
        "_prerequisites",
        "_required",
        "_rows",
        "_seen",
        "_staged",
        "_stages",
        "_unmeasured",
        "digest",
        *(f"_folded_{section}" for section in LOOKED_UP),
        *(f"_aliases_{section}" for section in ALIASED),
    )

    digest: str
    _rows: Mapping[str, str | Mapping[str, Mapping[str, Any]]]
    _edges: Mapping[str, Mapping[str, Correlation]]
    _staged: Mapping[str, Mapping[str, Mapping[str, Correlation]]]
    _outcomes: Mapping[str, Mapping[str, Outcome]]
    _prerequisites: Mapping[str, Mapping[str, Prerequisite]]
    _observed: Mapping[tuple[str, str], tuple[Observation, ...]]
    _seen: Mapping[tuple[str, str], tuple[Observation, ...]]
    _colluded: Mapping[tuple[str, str], tuple[Collusion, ...]]
    _stages: Mapping[str, Mapping[str, Variant]]
    _mapped: Mapping[str, tuple[CatalogueMapping, ...]]
    _required: Mapping[str, tuple[Requirement, ...]]
    _aliases_variants: Mapping[str, str]
    _excluded: Mapping[tuple[str, str], Exclusion]

    def __init__(self, rows: Mapping[str, Any], digest: str | None = None) -> None:
        put = object.__setattr__
        if digest is not None:
            put(self, "_rows", rows)
            put(self, "digest", digest)
            return
        from ._order import digest_of, in_order  # not for a cached start

        put(self, "_rows", in_order(rows))
        for section in KINDS:  # before the rows, which are the caller's, can change
            getattr(self, section)
        put(self, "_rows", {})
        put(self, "digest", digest_of(self.rows))

    def __getattr__(self, name: str) -> Any:
        """Make a section, or an index over some, when it is first asked for."""
        if name in KINDS:
            rows = self._rows[name]
            if isinstance(rows, str):
                rows = json.loads(rows)
            record_type = KINDS[name]
            made = {identity: thaw(record_type, row) for identity, row in rows.items()}
        elif name in INDEXES:
            sections, index = INDEXES[name]
            made = index(*(getattr(self, section) for section in sections.split()))
        else:
            raise AttributeError(f"a knowledge base has no {name}")
        frozen: Mapping[Any, Any] = MappingProxyType(made)
        object.__setattr__(self, name, frozen)
        return frozen

    @property
    def sections(self) -> dict[str, Mapping[str, Record]]:
        """All records, by section and id."""
        return {section: getattr(self, section) for section in KINDS}

    @property
    def rows(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All records in JSON form, by section and id: a copy, made at each call."""
        return {section: self._melted(section) for section in KINDS}

    def _melted(self, section: str) -> dict[str, dict[str, Any]]:
        text = self._rows.get(section)
        if isinstance(text, str):  # as it was kept, which is faster than from records
            kept: dict[str, dict[str, Any]] = json.loads(text)
            return kept
        return {name: melt(record) for name, record in getattr(self, section).items()}

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a knowledge base does not change; {name} stays as it is")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[KnowledgeBase], tuple[Any, str]]:
        """Let it be sent to another process."""
        return KnowledgeBase, (self.rows, self.digest)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(getattr(self, section))} {section}" for section in KINDS)
        return f"<KnowledgeBase {self.digest[:19]}: {counts}>"

    def edges(self, subject: str, stage: str | None = None) -> Mapping[str, Correlation]:
        """Return the correlations of a defense or a risk, by factor.

        Parameters
        ----------
        subject : str
            Id of a defense or a risk.
        stage : str, optional
            Of which variant of a defense; by default of the one at its usual stage. Its edges come
            beside those of the defense in general, and in place of those to the same factors.

        Returns
        -------
        mapping from str to Correlation
            Empty if the subject has none.
        """
        at = None if stage is None else self._staged.get(subject)
        if at is None or stage is None:
            return self._edges.get(subject, _NO_EDGES)
        return at.get(stage, at[""])

    def outcomes_of(self, attack: str) -> Mapping[str, Outcome]:
        """Return what an attack, by its id, moves or yields when it succeeds, by factor."""
        return self._outcomes.get(attack, _NO_EDGES)

    def prerequisites_of(self, attack: str) -> Mapping[str, Prerequisite]:
        """Return what the effectiveness of an attack, by its id, depends on, by factor."""
        return self._prerequisites.get(attack, _NO_EDGES)

    def without_measured(self) -> KnowledgeBase:
        """Return the same knowledge without what was measured, in your own models or in others.

        It is made once: several backtests ask for it, and keep what they work out of it.
        """
        seen = (self.observations, self.combinations, self.collusions)
        if not any(record.measured for section in seen for record in section.values()):
            return self
        made: KnowledgeBase | None = getattr(self, "_unmeasured", None)
        if made is None:
            from ._order import digest_of

            rows = {
                section: {
                    name: row for name, row in own.items() if row.get("provenance") != "measured"
                }
                for section, own in self.rows.items()
            }
            made = KnowledgeBase(rows, digest_of(rows))  # they are in order
            object.__setattr__(self, "_unmeasured", made)
        return made

    def observed(
        self, defense: str, risk: str, stage: str | None = None
    ) -> tuple[Observation, ...]:
        """Return what was published or measured for one defense and one risk, by their ids.

        That is what was seen of its variant at a stage, by default its usual one. Where a source
        does not say at which stage, it was the usual one.
        """
        if stage is None:
            return self._observed.get((defense, risk), ())
        usual = self.defenses[defense].usual_stage
        wanted = (stage, None) if usual in (None, stage) else (stage,)
        seen = self.observed_at_any_stage(defense, risk)
        return tuple(each for each in seen if each.stage in wanted)

    def observed_at_any_stage(self, defense: str, risk: str) -> tuple[Observation, ...]:
        """Return what was published or measured for a defense and a risk, by ids, at any stage."""
        return self._seen.get((defense, risk), ())

    def colluded(self, first: str, second: str) -> tuple[Collusion, ...]:
        """Return what was published or measured for one attack helping another, by their ids."""
        return self._colluded.get((first, second), ())

    def stages(self, defense: str) -> Mapping[str, Variant]:
        """Return the variants of a defense, by its id, by stage: pre, in, post."""
        return self._stages.get(defense, _NO_EDGES)

    def excluded(self, one: str, other: str) -> Exclusion | None:
        """Return why one of two procedures, by their ids, excludes the other; None: it does not."""
        return self._excluded.get((one, other))

    def experiments_on(self, defense: str, risk: str) -> tuple[Experiment, ...]:
        """Return the experiments on one defense and one risk, by their ids."""
        return tuple(e for e in self.experiments.values() if (e.defense, e.risk) == (defense, risk))

    def mappings_of(self, subject: str) -> tuple[CatalogueMapping, ...]:
        """Return what catalogues call a defense or a risk, by its id, and where none has it.

        Empty if it was never looked for in any.
        """
        return self._mapped.get(subject, ())

    def requirements_of(self, standard: str) -> tuple[Requirement, ...]:
        """Return the requirements of a standard, by its id, of all levels; in order of numbers."""
        return self._required.get(standard, ())

    def aliases_of(self, record: Record) -> tuple[str, ...]:
        """Return the other names of a record; those of a defense with those that say a stage."""
        own: tuple[str, ...] = getattr(record, "aliases", ())
        if self.defenses.get(record.id) is record:
            at_stages = (each for v in self.stages(record.id).values() for each in v.aliases)
            return tuple({fold(each): each for each in (*own, *at_stages)}.values())
        return own

    def aliases_in(self, section: str) -> Mapping[str, str]:
        """Return the ids of factors, risks, defenses, attacks or standards by their aliases.

        The aliases are folded: small letters, with ``_`` between words. Those of defenses include
        those that say a stage.
        """
        own: Mapping[str, str] = getattr(self, f"_aliases_{section}")
        if section != "defenses":
            return own
        at_stages = self._aliases_variants
        return {**{alias: who.partition("@")[0] for alias, who in at_stages.items()}, **own}

    def defense(self, name: str) -> Defense:
        """Return a defense by id, code or alias, however written.

        Raises
        ------
        UnknownName
            If there is none.
        InputError
            If it is the name of something else.
        """
        return self.defenses.get(name) or self.defenses[self._named("defenses", name)]

    def risk(self, name: str) -> Risk:
        """Return a risk by id, code or alias; errors are those of `defense`."""
        return self.risks.get(name) or self.risks[self._named("risks", name)]

    def factor(self, name: str) -> Factor:
        """Return a factor by id, code or alias; errors are those of `defense`."""
        return self.factors.get(name) or self.factors[self._named("factors", name)]

    def standard(self, name: str) -> Standard:
        """Return a standard by id or alias, without a level; errors are those of `defense`."""
        return self.standards.get(name) or self.standards[self._named("standards", name)]

    def attack(self, name: str) -> Attack:
        """Return an attack by any name of its own, or of the risk that it alone exploits.

        Raises
        ------
        UnknownName
            If there is none.
        InputError
            If several attacks exploit that risk.
        """
        if name in self.attacks:
            return self.attacks[name]
        for look_up in (self._folded, self._alias):
            if (own := look_up("attacks", name)) is not None:
                return self.attacks[own]
            if (risk := look_up("risks", name)) is not None:
                return self._exploiting(risk)
        return self.attacks[self._named("attacks", name)]

    def _exploiting(self, risk: str) -> Attack:
        """Return the attack that alone exploits a risk."""
        behind = [attack for attack in self.attacks.values() if attack.risk == risk]
        if len(behind) == 1:
            return behind[0]
        if behind:
            names = ", ".join(attack.id for attack in behind)
            raise InputError(f"several attacks exploit {risk}: name one of {names}")
        raise InputError(f"no attack is known for the risk {risk}")

    def variant(self, name: str) -> Variant:
        """Return a defense at a stage, such as ``watermarking@pre`` or ``RD3@pre``.

        A bare defense stands for its usual stage; some aliases say the stage themselves, as
        ``dp-sgd`` does.

        Raises
        ------
        UnknownName
            If there is no such defense.
        InputError
            If it has no variant at that stage, or a bare name does not settle which.
        """
        if name in self.variants:
            return self.variants[name]
        defense, stage = self.staged(name)
        known = self.stages(defense.id)
        if not known:
            raise InputError(f"no stage is known at which {defense.id} acts")
        if stage is None:
            if defense.usual_stage is not None and defense.usual_stage in known:
                return known[defense.usual_stage]
            if len(known) == 1:
                return next(iter(known.values()))
            which = " or ".join(each.id for each in known.values())
            raise InputError(f"{defense.id} acts at several stages: write {which}")
        if stage not in known:
            which = " or ".join(each.id for each in known.values())
            raise InputError(f"{defense.id} has no variant at stage {clip(stage)!r}: write {which}")
        return known[stage]

    def staged(self, name: str) -> tuple[Defense, str | None]:
        """Return the defense that a name means, and the stage that the name says.

        Parameters
        ----------
        name : str
            Id, code or alias of a defense, alone or followed by ``@`` and a stage, which need not
            be known.

        Returns
        -------
        defense : Defense
            The defense.
        stage : str or None
            What follows the ``@``, or what the alias implies: ``dp-sgd`` is ``in``. None if the
            name says nothing of it.

        Raises
        ------
        UnknownName
            If there is no such defense.
        InputError
            If the alias implies another stage than the one that is written.
        """
        who, at, written = name.partition("@")
        defense = self.defense(who)
        stage = written.strip().casefold() if at else None
        if self._folded("defenses", who) is None and (alias := self._alias("variants", who)):
            implied = self.variants[alias].stage
            if stage not in (None, implied):
                raise InputError(
                    f"{clip(who)} is {alias}: write {defense.id}@{clip(str(stage))} to mean that"
                )
            return defense, implied
        return defense, stage

    def _named(self, section: str, name: str) -> str:
        """Return the id behind a name; raise what says which kind it is, if not this one."""
        identity = self._folded(section, name) or self._alias(section, name)
        if identity is not None:
            return identity
        for other in LOOKED_UP:
            if self._folded(other, name) is not None:
                raise InputError(f"{name} is {_one(other)}, not {_one(section)}")
        others = [(other, self._alias(other, name)) for other in LOOKED_UP]
        meant = [f"{_one(other)} ({found})" for other, found in others if found is not None]
        if meant:
            raise InputError(f"{name} is {' or '.join(meant)}, not {_one(section)}")
        raise UnknownName(
            section[:-1], name, list(getattr(self, section)), self.aliases_in(section)
        )

    def _folded(self, section: str, name: str) -> str | None:
        """Return the id behind an id or code, however written; None if there is none."""
        known: Mapping[str, str] = getattr(self, f"_folded_{section}")
        return known.get(fold(name))

    def _alias(self, section: str, name: str) -> str | None:
        """Return the id behind an alias, however written; None if there is none."""
        folded = fold(name)
        known: Mapping[str, str] = getattr(self, f"_aliases_{section}")
        if folded not in known and section == "defenses":
            variant = self._aliases_variants.get(folded)
            return variant and variant.partition("@")[0]
        return known.get(folded)

    def find(self, name: str) -> Record:
        """Return any record by id, or by code or alias.

        Raises
        ------
        UnknownName
            If there is none.
        InputError
            If it is an alias of several: of a defense and of a risk, say.
        """
        for section in KINDS:
            records: Mapping[str, Record] = getattr(self, section)
            if name in records:
                return records[name]
        for section in LOOKED_UP:
            identity = self._folded(section, name)
            if identity is not None:
                coded: Mapping[str, Record] = getattr(self, section)
                return coded[identity]
        found = {section: self._alias(section, name) for section in LOOKED_UP}
        if found["attacks"] is not None and self.attacks[found["attacks"]].risk == found["risks"]:
            found["attacks"] = None  # the risk stands for its attack, as where they share an id
        meant = [(section, identity) for section, identity in found.items() if identity]
        if len(meant) > 1:
            which = " and ".join(f"the {section[:-1]} {identity}" for section, identity in meant)
            raise InputError(f"{name} names {which}: write the one that you mean")
        for section, identity in meant:
            aliased: Mapping[str, Record] = getattr(self, section)
            return aliased[identity]
        every = {
            alias: who for section in LOOKED_UP for alias, who in self.aliases_in(section).items()
        }
        known = [n for section in KINDS for n in getattr(self, section)]
        raise UnknownName("record", name, known, every)


def _one(section: str) -> str:
    """Return what a record of a section is called, with its article."""
    return f"{'an' if section[0] in 'aeiou' else 'a'} {section[:-1]}"
