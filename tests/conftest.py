"""Common fixtures: the built-in knowledge, loaded once, and a cache folder of the tests' own.

Each test states a promise to a user in its name. Randomness is seeded, nothing sleeps, nothing
leaves the machine, and no test relies on another or on the order in which they run.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.validator.machine.cores import cores

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# before anything imports torch, as our commands do: threads that wait leave the cores to others
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_OF_TESTS = ("CROSSCURRENT_CHROMIUM", "CROSSCURRENT_FUZZ", "CROSSCURRENT_KILLS")
_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "_ARGCOMPLETE")

# a shell's "&" has its commands ignore Ctrl-C, and they all that they start; some tests press it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Run one more than there are cores: many tests wait for processes that they have started."""
    return cores() + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of the whole: at the end other workers would wait for these long files.

    No test relies on that.
    """
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over all that was imported: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a developer's cache, settings and terminal out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if (name.startswith("CROSSCURRENT_") and name not in _OF_TESTS) or name in _TERMINAL:
                patch.delenv(name)
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(scope="session")
def kb() -> KnowledgeBase:
    """Return the built-in knowledge."""
    return load(cached=False)


@pytest.fixture(scope="session")
def papers() -> KnowledgeBase:
    """Return the built-in knowledge of the three papers alone, of which published figures are."""
    return load(builtin="papers", cached=False)
