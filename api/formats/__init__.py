"""Formats of others, written from documents: a module for each."""

__all__: list[str] = []
