"""Reports: HTML pages that refer to nothing outside themselves but the works they cite."""

__all__: list[str] = []
