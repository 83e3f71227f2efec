"""Questions as functions that return JSON documents: one function per question.

The command line's ``--json`` and REST call these, so there is one way to each document. Every
function takes a `KnowledgeBase` and plain values, and returns plain dicts, lists, strings,
numbers, booleans and None. The modules are imported one by one, as a question needs them.
"""

__all__: list[str] = []
