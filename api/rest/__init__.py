"""The service: the answers over HTTP, under ``/v1``.

Nothing here is imported unless ``crosscurrent serve`` runs: it needs the extra ``serve``.
"""

__all__: list[str] = []
