"""Models to audit: estimators, modules, graphs, functions and endpoints, each asked alike.

Nothing here is imported by the service: loading a model may run its code.
"""

from ._loading import is_model, opened_model
from ._model import Model
from ._settings import ModelSettings

__all__ = ["Model", "ModelSettings", "is_model", "opened_model"]
