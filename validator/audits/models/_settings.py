"""Settings with which models are loaded and asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crosscurrent.knowledge.errors import InputError

__all__ = ["MOST_RECORDS_A_SECOND", "ModelSettings"]

MOST_RECORDS_A_SECOND: Final = 1_000_000
MOST_DEVIATIONS: Final = 100.0


@dataclass(frozen=True)
class ModelSettings:
    """What a user says of models beside where they are.

    Attributes
    ----------
    architecture : str or None
        ``package.module:Class``, the `torch.nn.Module` whose weights are in a ``.safetensors`` or
        ``.pt`` file.
    trust : tuple of str
        Files whose code may run when they are unpickled, and types that ``.skops`` files may hold.
    attributes : tuple of str
        Columns of the records, in the order in which the model takes them.
    classes : tuple of str
        What the model's outputs stand for, in order.
    budget : int
        Records that an endpoint is sent at most.
    rate : float
        Records a second that an endpoint is sent at most.
    epsilon : float
        How far an attacker may move an attribute, in its standard deviations.
    """

    architecture: str | None = None
    trust: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    budget: int = 10_000
    rate: float = 100.0
    epsilon: float = 0.1

    def check(self) -> None:
        """Make sure that numbers are in their ranges.

        Raises
        ------
        InputError
            One is not.
        """
        if self.budget < 1:
            raise InputError(f"--budget {self.budget}: should be 1 or more")
        if not 0 < self.rate <= MOST_RECORDS_A_SECOND:  # NaN is refused, too
            raise InputError(
                f"--rate {self.rate:g}: should be more than 0, to {MOST_RECORDS_A_SECOND:,}"
            )
        if not 0 < self.epsilon <= MOST_DEVIATIONS:
            raise InputError(
                f"--epsilon {self.epsilon:g}: should be more than 0, to {MOST_DEVIATIONS:g}"
            )
        for flag, some in (("attribute", self.attributes), ("class", self.classes)):
            if len(set(some)) < len(some):
                raise InputError(f"--{flag}: twice the same")
