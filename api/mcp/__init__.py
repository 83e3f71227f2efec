"""The answers as tools of the Model Context Protocol, over standard streams or HTTP.

Each module of `tools` holds one, which is a question of `api.answers` with its arguments, the
shape of its document, and the sentences that say the same in words.
"""

__all__: list[str] = []
