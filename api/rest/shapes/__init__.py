"""Shapes of the documents about the service itself and its jobs, as the OpenAPI declares them."""

__all__: list[str] = []
