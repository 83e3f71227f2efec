"""The page: every question with its answer, rendered from the documents of the API."""

from .app import add_pages

__all__ = ["add_pages"]
