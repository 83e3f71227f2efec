"""Measured results as knowledge files, which predictions show beside what was published."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from statistics import fmean, stdev
from typing import Any

import yaml

from crosscurrent.knowledge.errors import InputError

from .files import write_whole
from .kinds import kind_of
from .outcomes import PLACEBO, conclusive
from .repeats import repeats, unit

__all__ = ["export", "prepare", "records"]

_LEAST_RUNS = 2
"""Runs of which an audit is evidence of what a defense does."""
_DIGITS = 6
_SHORT = 12
_LONGEST_NAME = 300
_LONGEST_IN_TITLE = 80


def export(documents: Iterable[Mapping[str, Any]], folder: str) -> list[str]:
    """Write one file for each result; each is written in full or not at all.

    Parameters
    ----------
    documents : iterable of mapping
        As `validator.experiments.verdicts.Verdict.document` returns them. A placebo's is left out:
        it is no defense that anything could be known about.
    folder : str
        Made if it is not there. What is in it stays; a result written before is written again.

    Returns
    -------
    list of str
        The files.

    Raises
    ------
    InputError
        The folder cannot be made.
    OSError
        Something cannot be written.
    """
    prepare(folder)
    written = []
    for document in documents:
        found = records(document)
        if document.get("defense") == PLACEBO or not found:
            continue
        name = f"{_file(document)}.{document['id'][:_SHORT]}.yaml"
        file = os.path.join(folder, name)
        by = "audit" if kind_of(document) == "audit" else "validate"
        text = yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=100)
        write_whole(file, f"# Measured by crosscurrent {by}.\n{text}".encode())
        written.append(file)
    return written


def prepare(folder: str) -> None:
    """Make the folder, or raise `InputError` if it cannot be one."""
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InputError(f"{folder}: should be a folder, and is a file")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be made ({error.strerror}); name another folder"
        ) from error


def records(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result as knowledge records: a reference, and what it is one for.

    Of a defense and a risk that is an experiment, and an observation if the defense was effective,
    something could move, and the outcome is conclusive; of a combination or a collusion what came
    out, likewise. Of an audit of a defense over several runs, an observation for each risk: one run
    says nothing of what another training would give. Of other kinds of measurements there is
    nothing that a knowledge file could hold.
    """
    by = {
        "verdict": _interaction,
        "combination": _combination,
        "collusion": _collusion,
        "audit": _audit,
    }
    kind = kind_of(document)
    return by[kind](document) if kind in by else {}


def _collusion(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a collusion; what makes no difference is neither of the effects that there are."""
    reference = f"measured_{document['id'][:_SHORT]}"
    subject = f"collude {document['first']} {document['second']}"
    found: dict[str, Any] = {"references": [_reference(document, subject, reference)]}
    effect = {"increase": "amplifies", "decrease": "hinders"}.get(document["outcome"])
    if effect and conclusive(document):
        found["collusions"] = [
            {
                "id": f"measured.{reference}.collusion",
                "provenance": "measured",
                "first": document["first"],
                "second": document["second"],
                "effect": effect,
                "status": "validated",
                "sources": [reference],
                "note": f"{_measured(document, 'a stronger attack')} {_scale(document)}",
            }
        ]
    return found


def _combination(document: Mapping[str, Any]) -> dict[str, Any]:
    reference = f"measured_{document['id'][:_SHORT]}"
    together = " ".join(document["defenses"])
    found: dict[str, Any] = {"references": [_reference(document, f"combine {together}", reference)]}
    if document["outcome"] in ("effective", "conflict"):
        drops = sorted(
            {
                each["defense"]
                for order in document["orders"]
                for each in order["constituents"]
                if each["outcome"] == "drops"
            }
        )
        worked = [o["order"] for o in document["orders"] if o["outcome"] == "effective"]
        seen = f"worse than alone: {', '.join(drops)}"
        if worked:
            seen = f"each as good as alone in the order {' → '.join(worked[0])}"
        found["combinations"] = [
            {
                "id": f"measured.{reference}.combination",
                "provenance": "measured",
                "defenses": document["defenses"],
                "outcome": document["outcome"],
                "status": "explored",
                "predicted": document["conjecture"],
                "datasets": [_dataset(document)],
                "sources": [reference],
                "note": f"{seen} ({repeats(document)}). {_scale(document)}",
            }
        ]
    return found


def _interaction(document: Mapping[str, Any]) -> dict[str, Any]:
    short, defense = document["id"][:_SHORT], document["defense"]
    reference = f"measured_{short}"
    found: dict[str, Any] = {
        "references": [_reference(document, f"{defense} {document['risk']}", reference)],
        "experiments": [_experiment(document, f"measured.{reference}", reference)],
    }
    if conclusive(document):
        found["observations"] = [
            {
                "id": f"measured.{reference}.observation",
                "provenance": "measured",
                "defense": _bare(defense),
                "risk": document["risk"],
                "effect": document["outcome"],
                "kind": "empirical",
                "sources": [reference],
                "note": f"{_measured(document)} {_scale(document)}{_told_stage(defense)}",
            }
        ]
        if stage := _stage(defense):
            found["observations"][0]["stage"] = stage
        if when := document.get("when"):
            found["observations"][0]["when"] = dict(when)
    return found


def _audit(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the observations of an audit; whether the defense was effective is told beside."""
    defense, runs = document["defense"], document["runs"]
    if defense in (None, PLACEBO) or len(runs) < _LEAST_RUNS:
        return {}
    if document["effective_defense"] is False:
        return {}
    reference = f"measured_{document['id'][:_SHORT]}"
    files = " and ".join(each["file"] for each in document["models"])
    seen: dict[str, dict[str, Any]] = {}
    for each in document["measured"]:
        if each["risk"] and each["outcome"] in ("increase", "decrease", "no_change"):
            seen.setdefault(each["subject"], each)  # of several attributes, the first
    if not seen:
        return {}
    trusted = "" if document["effective_defense"] else " Whether it was effective was not measured."
    return {
        "references": [
            {
                "id": reference,
                "status": "confirmed",
                "authors": "measured here",
                "title": f"crosscurrent audit {files}, result {document['id'][:_SHORT]}",
            }
        ],
        "observations": [
            {
                "id": f"measured.{reference}.{risk}",
                "provenance": "measured",
                "defense": _bare(defense),
                "risk": risk,
                "effect": each["outcome"],
                "kind": "empirical",
                "sources": [reference],
                "note": (
                    f"{_changed(each['effect'])}, {len(runs)} runs).{trusted}{_told_stage(defense)}"
                ),
                **({"stage": _stage(defense)} if _stage(defense) else {}),
            }
            for risk, each in seen.items()
        ],
    }


def _reference(document: Mapping[str, Any], subject: str, identity: str) -> dict[str, Any]:
    where = f"({_dataset(document, _LONGEST_IN_TITLE)}), result {document['id'][:_SHORT]}"
    return {
        "id": identity,
        "status": "confirmed",
        "authors": "measured here",
        "title": f"crosscurrent validate {subject} {where}",
    }


def _file(document: Mapping[str, Any]) -> str:
    """Return what a file is called for what was measured."""
    if kind_of(document) == "audit":
        return f"audit.{document['defense']}"
    if kind_of(document) == "combination":
        return "+".join(document["defenses"])
    subjects = ("first", "second") if kind_of(document) == "collusion" else ("defense", "risk")
    return ".".join(document[each] for each in subjects)


def _experiment(document: Mapping[str, Any], identity: str, reference: str) -> dict[str, Any]:
    risk = document["risk"]
    judged = document["effect"]["metric"]
    arms = document["metrics"][risk]
    values = {judged: arms[judged], "accuracy": document["utility"]}
    worse = {judged: document["effect"]["worse_when"], "accuracy": "lower"}
    return {
        "id": identity,
        "defense": _bare(document["defense"]),
        "risk": risk,
        "conjecture": document["conjecture"],
        "outcome": document["outcome"],
        "finding": f"{document['verdict']}: {_measured(document)}",
        "dataset": f"{_scale(document)}{_told_stage(document['defense'])}",
        "metrics": [{"id": metric, "worse_when": worse[metric]} for metric in values],
        "measurements": [
            {
                "arm": document["defense"] if arm == "defended" else arm,
                "metric": metric,
                "mean": round(fmean(by_arm[arm]), _DIGITS),
                "spread": round(stdev(by_arm[arm]), _DIGITS),
            }
            for metric, by_arm in values.items()
            for arm in ("baseline", "defended")
        ],
        "sources": [reference],
        "note": f"spread is the standard deviation over {unit(document)}s",
    }


def _bare(name: str) -> str:
    """Return the id of a defense at a stage: what is known is known of the defense."""
    return name.partition("@")[0]


def _stage(name: str) -> str:
    """Return at which stage a defense was measured; empty: at its usual one."""
    return name.partition("@")[2]


def _told_stage(name: str) -> str:
    stage = _stage(name)
    return f", {stage}-processing" if stage else ""


def _measured(document: Mapping[str, Any], towards: str = "more susceptible") -> str:
    return f"{_changed(document['effect'], towards)}, {repeats(document)})."


def _changed(effect: Mapping[str, Any], towards: str = "more susceptible") -> str:
    """Say what changed by how much, up to how often that was measured."""
    return (
        f"{effect['name']} changes by {effect['estimate']:+.4f} towards {towards}"
        f" ({effect['level']:.0%} interval {effect['low']:+.4f} to {effect['high']:+.4f}"
    )


def _dataset(document: Mapping[str, Any], longest: int = _LONGEST_NAME) -> str:
    """Return what the data set is called, as short as it has to be in a record."""
    name: str = document["scale"]["dataset"]
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _scale(document: Mapping[str, Any]) -> str:
    scale = document["scale"]
    return (
        f"{_dataset(document)}, {scale['training_records']} training records, {scale['model']} with"
        f" {scale['parameters']} parameters"
    )
