"""Models that are well-behaved where they are tried out, and not in processes that train."""

from __future__ import annotations

import os
import signal
from multiprocessing import parent_process

from torch import nn

_TRIED_OUT = 14
"""As often as a model is built before any is trained."""


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


class Broken(nn.Linear):
    """Is sound where it is tried out, and raises where a worker trains it."""

    made = 0

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__(shape[0], classes)
        if parent_process() is None:
            Broken.made += 1
            if Broken.made > _TRIED_OUT:
                self.fail()

    def fail(self) -> None:
        raise ValueError("layers do not fit")


class Greedy(Broken):
    """Takes more memory than any machine has, where a worker trains it."""

    def fail(self) -> None:
        raise MemoryError("of 1 EiB")
