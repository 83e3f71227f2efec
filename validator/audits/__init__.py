"""Audits of models that exist, from their predictions; nothing here imports torch."""

from ._audit import MOST_RESAMPLES, RESAMPLES, audit
from ._predictions import Columns

__all__ = ["MOST_RESAMPLES", "RESAMPLES", "Columns", "audit"]
