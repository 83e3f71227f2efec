"""Bounded cache that drops the entry used longest ago; safe to share between threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["LRUCache"]

K = TypeVar("K")
V = TypeVar("V")


class LRUCache(Generic[K, V]):
    """Values by key, up to a total size.

    Parameters
    ----------
    capacity : int
        Total size of the values that are kept.
    size : callable, optional
        Size of a value; by default each counts as one.
    """

    def __init__(self, capacity: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._capacity, self._size = capacity, size
        self._total = 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the value of a key and count that as a use; None if it is not kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep a value in place of any other of its key; one larger than the cache is not kept."""
        size = self._size(value)
        with self._lock:
            if (before := self._values.pop(key, None)) is not None:
                self._total -= self._size(before)
            if size > self._capacity:
                return
            self._values[key] = value
            self._total += size
            while self._total > self._capacity:
                self._total -= self._size(self._values.popitem(last=False)[1])
