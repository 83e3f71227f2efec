"""Pictures as boxes, lines and signs at their places; a template turns them into SVG."""

__all__: list[str] = []
