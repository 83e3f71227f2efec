"""Executors: where trials are run; what comes out is the same wherever that is.

Each is a module: in this process, in processes of this machine, on the machines of a Ray cluster.
"""

from __future__ import annotations

from .choosing import chosen
from .errors import Unreachable
from .serial import Done, Executor, SerialExecutor
from .tasks import Lost, Task

__all__ = ["Done", "Executor", "Lost", "SerialExecutor", "Task", "Unreachable", "chosen"]
