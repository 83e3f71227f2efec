"""Catalogue of everything that can be measured and set."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..attacks import Attack, attacks
from ..data import names
from ..data import settings as data_settings
from ..defenses import defenses
from ..plugins import Installed, installed_attacks, installed_defenses, origin
from ..settings import described
from ..training.models import CAPACITIES
from .experiment import Training
from .variations import VARIED

__all__ = ["catalogue"]


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """Return all defenses, risks, settings, factors, data sets and models, ready for JSON.

    Plug-ins come after what is built in, with their distribution; one that cannot be used has the
    reason as its ``problem``.
    """
    return {
        "defenses": [
            *(_peer(name, kind, "defense") for name, kind in defenses().items()),
            *_plugins(installed_defenses(), lambda name, kind: _peer(name, kind, "defense")),
        ],
        "risks": [
            *(_risk(name, kind) for name, kind in attacks().items()),
            *_plugins(installed_attacks(), _risk),
        ],
        "training": [_peer("training", Training, "training")],
        "factors": [
            {"id": name, "set": each.setting, "about": each.about} for name, each in VARIED.items()
        ],
        "datasets": [
            {"id": name, "about": about, "settings": _settings("data", data_settings(name))}
            for name, about in (
                *names().items(),
                ("PATH", "your own table or arrays with a card, or UCI adult.data"),
            )
        ],
        "models": [
            {"id": f"{family}-{capacity}", "about": _widths(family, widths)}
            for family, sizes in CAPACITIES.items()
            for capacity, widths in sizes.items()
        ]
        + [{"id": "package.module:Class", "about": "your own torch.nn.Module, without BatchNorm"}],
    }


def _risk(name: str, kind: type[Attack]) -> dict[str, Any]:
    return {
        **_peer(name, kind, "attack"),
        "metrics": [
            {
                "id": metric.id,
                "name": metric.name,
                "worse_when": metric.worse_when,
                "smallest_effect": metric.smallest_effect,
            }
            for metric in kind.metrics
        ],
    }


def _plugins(
    installed: Mapping[str, Installed], entry: Callable[[str, type[Any]], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for name, each in installed.items():
        if each.kind is None:
            yield {"id": name, "about": "", "settings": [], "problem": each.problem}
        elif found := origin(each.kind):
            yield {**entry(name, each.kind), "plugin": found._asdict()}


def _peer(name: str, kind: type[Any], group: str) -> dict[str, Any]:
    return {
        "id": name,
        "about": (inspect.getdoc(kind) or "").partition("\n")[0],
        "settings": _settings(group, described(kind)),
    }


def _settings(group: str, found: list[tuple[str, Any, str]]) -> list[dict[str, Any]]:
    return [
        {"set": f"{group}.{setting}", "default": default, "about": about}
        for setting, default, about in found
    ]


def _widths(family: str, widths: tuple[int, ...]) -> str:
    sizes = ", ".join(map(str, widths))
    if family == "mlp":
        return f"perceptron with hidden layers of {sizes}"
    return f"two convolutions with {sizes} channels; images only"
