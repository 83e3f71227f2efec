"""Deployments: what the whole of a described system lets expect, and what to do next."""

__all__: list[str] = []
