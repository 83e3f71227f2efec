"""Views by subject; each module has a ``router``."""

__all__: list[str] = []
