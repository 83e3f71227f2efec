"""Executors, one module each; adding one is adding a file.

Results are the same wherever trials run.
"""

from __future__ import annotations

from ._choice import chosen
from ._errors import Unreachable
from ._executor import Done, Executor
from ._tasks import Lost, Task, Unlike

__all__ = ["Done", "Executor", "Lost", "Task", "Unlike", "Unreachable", "chosen"]
