"""How much an audit reads, and how exact it has to be."""

from typing import Final

__all__ = ["MOST_CELLS", "MOST_CLASSES", "MOST_GROUPS", "MOST_RECORDS", "MOST_RUNS", "SUM"]

MOST_RECORDS: Final = 2_000_000
MOST_CLASSES: Final = 1_000
MOST_CELLS: Final = 100_000_000
"""Records times classes: so large a table of numbers is made of some columns."""
MOST_GROUPS: Final = 50
"""Values of a sensitive attribute; with more, it is a number that wants bins."""
MOST_RUNS: Final = 1_000
SUM: Final = 1e-3
"""By how much the probabilities of a record may miss 1, as rounding makes them."""
