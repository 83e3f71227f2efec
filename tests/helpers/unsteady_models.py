"""Models that are well-behaved where they are tried out, and not in processes that train."""

from __future__ import annotations

import os
import signal
from multiprocessing import parent_process

from torch import nn


class Deadly(nn.Linear):
    """Kills the process that trains it, as the kernel does where memory is short."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        if parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        super().__init__(shape[0], classes)


class Peculiar(Exception):
    """Can be pickled, but not be read again."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}\nand more")


class Failing(nn.Linear):
    """Fails in a process that trains it."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        if parent_process() is not None:
            raise Peculiar(1, 2)
        super().__init__(shape[0], classes)
