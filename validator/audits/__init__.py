"""Audits of models that exist, or of their predictions; only torch models take torch."""

from ._audit import audit
from ._columns import Columns
from ._data import Data
from .models import ModelSettings

__all__ = ["Columns", "Data", "ModelSettings", "audit"]
