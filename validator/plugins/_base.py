"""Base class of defenses of other authors."""

from __future__ import annotations

from dataclasses import dataclass

from .. import defenses

__all__ = ["Defense"]


@dataclass(frozen=True)
class Defense(defenses.Defense):
    """Changes data, training or the released model; each hook is neutral unless overridden.

    A subclass is a frozen dataclass whose fields are settings (`setting`). It has an ``id`` of its
    own and the ``stage`` at which it acts; results call it by its id, in whichever module it is.
    """

    @classmethod
    def name(cls) -> str:
        """Return its id: a plug-in is at one stage."""
        return cls.id
