"""The public Python API: a question in, a typed answer out; ``import crosscurrent`` exports it.

Every function takes `knowledge`: a loaded base, a folder or several folders of a user's own on top
of the built-in knowledge; without it, the built-in knowledge answers. The modules are imported one
by one, as a question needs them.
"""

__all__: list[str] = []
