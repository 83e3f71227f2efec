"""Common fixtures: the built-in knowledge, loaded once, and a cache folder of the tests' own.

Each test states a promise to a user in its name. Randomness is seeded, nothing sleeps, nothing
leaves the machine, and no test relies on another or on the order in which they run.
"""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

from crosscurrent.knowledge import KnowledgeBase, load

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# a shell's "&" has its commands ignore Ctrl-C, and they all that they start; some tests press it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_surroundings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep a developer's cache, overlays and terminal settings out of the tests."""
    monkeypatch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    for variable in (
        "CROSSCURRENT_KNOWLEDGE",
        "NO_COLOR",
        "FORCE_COLOR",
        "COLUMNS",
        "_ARGCOMPLETE",
    ):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def kb() -> KnowledgeBase:
    """Return the built-in knowledge."""
    return load(cached=False)
