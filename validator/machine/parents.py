"""Ending with the process that started this one by `multiprocessing`, however that ended."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import connection, parent_process

__all__ = ["end_with_parent"]


def end_with_parent() -> None:
    """End this process when its parent has ended, even if that was killed; return at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt at the keyboard is the parent's
    parent = parent_process()

    def watch() -> None:
        connection.wait([parent.sentinel] if parent else [])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
