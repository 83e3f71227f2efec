"""The shapes of the documents, as the OpenAPI declares them; a test compares them with answers."""

__all__: list[str] = []
