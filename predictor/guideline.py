"""Paths through the graph, and the rule that turns them into a conjecture.

The rule is the guideline of the S&P 2024 paper (section 4.4, steps G1 to G4): the factors that a
defense moves and a risk depends on are the paths between them; aligned signs raise the risk,
opposed ones lower it; unanimous paths decide, and otherwise the dominant factors do. In the sign
algebra: the sum over all paths and, where that is ``?``, the sum over the dominant ones. What to
do when the dominant factors disagree, or when there are none, is not said there: we answer
``contested``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .scenarios import NOTHING_ASSUMED, Scenario, meets, together
from .signs import Sign, add, multiply

if TYPE_CHECKING:
    from crosscurrent.knowledge import Correlation, Factor, KnowledgeBase, Risk

__all__ = ["Basis", "Conjecture", "Path", "conclude", "paths_between"]

Conjecture = Literal["increase", "decrease", "contested", "unknown"]
Basis = Literal["unanimous", "dominant", "contested", "none"]

_CONJECTURE: Final[dict[Sign, Conjecture]] = {
    "+": "increase",
    "-": "decrease",
    "?": "contested",
    "0": "unknown",
}


class Path(NamedTuple):
    """One way in which a defense, or the context, reaches a risk through a factor.

    Attributes
    ----------
    factor : Factor
        The factor in the middle.
    push : str
        Sign with which the defense, or the context of a scenario, moves the factor.
    moved_by : Correlation or None
        The defense's edge; None where the context moves the factor.
    depends : Correlation
        The risk's edge: its sign says how the risk depends on the factor.
    effect : str
        Sign of the whole path, the product of both.
    dominant : bool
        Whether the factor dominates for this risk: by default the active ones do.
    when : mapping from str to str, or None
        What its edges take of adversary and setting; None: anything.
    conditional : bool
        Whether that is not stated, so that the path counts for nothing yet.
    """

    factor: Factor
    push: Sign
    moved_by: Correlation | None
    depends: Correlation
    effect: Sign
    dominant: bool
    when: Mapping[str, str] | None = None
    conditional: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the works behind the edges, each once."""
        first = self.moved_by.sources if self.moved_by else ()
        return tuple(dict.fromkeys((*first, *self.depends.sources)))

    def decides(self, conjecture: Conjecture, basis: Basis) -> bool:
        """Say whether this path made a verdict that was reached over it and others."""
        counts = basis == "unanimous" or (basis == "dominant" and self.dominant)
        return counts and not self.conditional and _CONJECTURE[self.effect] == conjecture


def paths_between(
    kb: KnowledgeBase,
    defense: str,
    risk: Risk,
    assumed: Scenario = NOTHING_ASSUMED,
    stage: str | None = None,
) -> tuple[Path, ...]:
    """Return every path from a defense, or from the assumed context, to a risk.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    defense : str
        Id of the defense; it is taken to be effective.
    risk : Risk
        The risk.
    assumed : Scenario, optional
        Held factors carry no path; raised and lowered ones carry one of the context's own. A path
        with an edge whose condition is not met is left out; one of which that is open is there,
        marked as conditional.
    stage : str, optional
        Of which variant of the defense; by default of the one at its usual stage.

    Returns
    -------
    tuple of Path
        Those of dominant factors first, then in the knowledge base's order of factors.
    """
    moved = kb.edges(defense, stage)
    dominant = risk.dominant
    pushed = assumed is not NOTHING_ASSUMED
    strong: list[Path] = []
    weak: list[Path] = []
    for name, depends in kb.edges(risk.id).items():
        edge = moved.get(name)
        if (edge is None and not pushed) or (pushed and name in assumed.held):
            continue
        factor = kb.factors[name]
        dominates = factor.role == "active" if dominant is None else name in dominant
        chosen = strong if dominates else weak
        if edge is not None:
            effect = multiply(edge.sign, depends.sign)
            path = Path(factor, edge.sign, edge, depends, effect, dominates)
            if edge.when is None and depends.when is None:
                chosen.append(path)
            else:
                chosen += _under(kb, path, edge.when or {}, assumed)
        if pushed and (push := assumed.push(name)) != "0":
            effect = multiply(push, depends.sign)
            path = Path(factor, push, None, depends, effect, dominates)
            chosen += [path] if depends.when is None else _under(kb, path, {}, assumed)
    return (*strong, *weak)


def _under(
    kb: KnowledgeBase, path: Path, when: Mapping[str, str], assumed: Scenario
) -> tuple[Path, ...]:
    """Return a path with what its edges take; nothing where that is not met, or never is."""
    joint = together(kb, when, path.depends.when or {})
    if joint is None or (met := meets(kb, assumed.stated, joint)) is False:
        return ()
    return (path._replace(when=joint, conditional=met is None),)


def conclude(paths: Iterable[Path]) -> tuple[Conjecture, Basis]:
    """Apply the guideline to all paths between a defense and a risk; conditional ones don't count.

    Returns
    -------
    tuple
        The conjecture, and what it rests on: ``unanimous`` paths, the ``dominant`` ones, factors
        that disagree (``contested``), or ``none``.
    """
    everything: Sign = "0"
    strongest: Sign = "0"
    for path in paths:
        if path.conditional:
            continue
        everything = add(everything, path.effect)
        if path.dominant:
            strongest = add(strongest, path.effect)
    if everything == "0":
        return "unknown", "none"
    if everything != "?":
        return _CONJECTURE[everything], "unanimous"
    if strongest in ("+", "-"):
        return _CONJECTURE[strongest], "dominant"
    return "contested", "contested"
