"""Audits of models that exist, or of their predictions; only torch models take torch."""

from ._audit import audit
from ._data import Data
from ._predictions import Columns
from .models import ModelSettings

__all__ = ["Columns", "Data", "ModelSettings", "audit"]
