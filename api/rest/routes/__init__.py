"""The routes, a module for each resource; each has a ``router``."""

__all__: list[str] = []
