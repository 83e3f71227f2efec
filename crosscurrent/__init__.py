"""Crosscurrent: what one ML defense does to every other risk, predicted, explained and cited.

>>> import crosscurrent
>>> crosscurrent.predict("RD1", "P2").conjecture
'increase'
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api.python.assumptions import WhatIfAnswer, what_if
    from .api.python.attacks import AttacksAnswer, attacks
    from .api.python.audits import AuditReport, audit
    from .api.python.backtests import BacktestAnswer, backtest
    from .api.python.checks import CheckAnswer, check
    from .api.python.collusions import ChainsAnswer, CollusionsAnswer, SequenceAnswer, collude
    from .api.python.combinations import CombinationAnswer, CombinationsAnswer, combine
    from .api.python.compliance import ComplianceAnswer, comply
    from .api.python.data import DataReport, check_data
    from .api.python.deployments import AssessmentAnswer, assess
    from .api.python.matrices import matrix
    from .api.python.plans import PlansAnswer, plan
    from .api.python.pools import PoolsAnswer, pool
    from .api.python.predictions import MatrixAnswer, PredictionAnswer, PredictionsAnswer, predict
    from .api.python.validation import ValidationReport, validate
    from .knowledge import KnowledgeBase, load
    from .knowledge.errors import (
        BrokenDeployment,
        BrokenKnowledge,
        InputError,
        MissingExtra,
        UnknownName,
    )

__all__ = [
    "AssessmentAnswer",
    "AttacksAnswer",
    "AuditReport",
    "BacktestAnswer",
    "BrokenDeployment",
    "BrokenKnowledge",
    "ChainsAnswer",
    "CheckAnswer",
    "CollusionsAnswer",
    "CombinationAnswer",
    "CombinationsAnswer",
    "ComplianceAnswer",
    "DataReport",
    "InputError",
    "KnowledgeBase",
    "MatrixAnswer",
    "MissingExtra",
    "PlansAnswer",
    "PoolsAnswer",
    "PredictionAnswer",
    "PredictionsAnswer",
    "SequenceAnswer",
    "UnknownName",
    "ValidationReport",
    "WhatIfAnswer",
    "__version__",
    "assess",
    "attacks",
    "audit",
    "backtest",
    "check",
    "check_data",
    "collude",
    "combine",
    "comply",
    "load",
    "matrix",
    "plan",
    "pool",
    "predict",
    "validate",
    "what_if",
]

__version__ = "0.1.0"

# In a clone the packages lie beside this folder; installed, they lie in it.
if not os.path.isdir(os.path.join(__path__[0], "knowledge")):
    __path__.append(os.path.dirname(__path__[0]))

_EXPORTS = {
    "knowledge": "KnowledgeBase load",
    "knowledge.errors": "BrokenDeployment BrokenKnowledge InputError MissingExtra UnknownName",
    "api.python.assumptions": "WhatIfAnswer what_if",
    "api.python.attacks": "AttacksAnswer attacks",
    "api.python.audits": "AuditReport audit",
    "api.python.backtests": "BacktestAnswer backtest",
    "api.python.checks": "CheckAnswer check",
    "api.python.collusions": "ChainsAnswer CollusionsAnswer SequenceAnswer collude",
    "api.python.combinations": "CombinationAnswer CombinationsAnswer combine",
    "api.python.compliance": "ComplianceAnswer comply",
    "api.python.data": "DataReport check_data",
    "api.python.deployments": "AssessmentAnswer assess",
    "api.python.matrices": "matrix",
    "api.python.plans": "PlansAnswer plan",
    "api.python.pools": "PoolsAnswer pool",
    "api.python.predictions": "MatrixAnswer PredictionAnswer PredictionsAnswer predict",
    "api.python.validation": "ValidationReport validate",
}


if not TYPE_CHECKING:  # a type checker would take any name at all for granted

    def __getattr__(name: str) -> Any:
        """Import what is exported when it is first asked for, so that the command starts fast."""
        from importlib import import_module

        for module, names in _EXPORTS.items():
            if name in names.split():
                found = getattr(import_module(f"{__name__}.{module}"), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
