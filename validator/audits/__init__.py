"""Audits of models that exist, from their predictions; nothing here imports torch."""

from ._audit import audit
from ._predictions import Columns

__all__ = ["Columns", "audit"]
