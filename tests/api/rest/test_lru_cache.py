"""Promises of the bounded cache: what it keeps, and what it drops first."""

from crosscurrent.api.rest.lru_cache import LRUCache


def test_the_entry_used_longest_ago_goes_first() -> None:
    cache: LRUCache[str, int] = LRUCache(2)
    cache.put("one", 1)
    cache.put("two", 2)
    assert cache.get("one") == 1
    cache.put("three", 3)
    assert [cache.get(each) for each in ("one", "two", "three")] == [1, None, 3]


def test_sizes_count_and_too_large_a_value_drops_nothing_else() -> None:
    cache: LRUCache[str, bytes] = LRUCache(10, len)
    cache.put("large", b"x" * 6)
    cache.put("small", b"x" * 4)
    cache.put("huge", b"x" * 11)
    assert [cache.get(each) for each in ("large", "small", "huge")] == [b"x" * 6, b"x" * 4, None]
    cache.put("small", b"x" * 5)
    assert [cache.get(each) for each in ("large", "small")] == [None, b"x" * 5]


def test_a_value_put_again_counts_once() -> None:
    cache: LRUCache[str, bytes] = LRUCache(10, len)
    for _ in range(5):
        cache.put("same", b"x" * 5)
    cache.put("other", b"x" * 5)
    assert cache.get("same") == b"x" * 5
