"""The page: every question and its answer to look at, rendered here, from the same documents."""

from .app import add_pages

__all__ = ["add_pages"]
