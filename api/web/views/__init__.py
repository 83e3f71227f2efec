"""The views, a module for each; each has a ``router``."""

__all__: list[str] = []
