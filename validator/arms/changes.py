"""What a defense may change, and an attack see."""

from __future__ import annotations

from typing import Literal

__all__ = ["Change"]

Change = Literal["the model", "explanations", "proofs of ownership"]
"""The model's parameters or answers; explanations released beside answers; proofs of ownership."""
