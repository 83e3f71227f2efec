"""Digest of code that is not ours: the whole package that a plug-in's class comes from."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["is_foreign", "package_code", "package_root"]

_OURS = __name__.partition(".")[0]
_COMPILED = (".pyc", ".pyo")
_INSTALLED = ".dist-info"

_seen: dict[Path, str] = {}


def is_foreign(module: str) -> bool:
    """Whether a module is neither ours nor Python's own."""
    top = module.partition(".")[0]
    return top != _OURS and top not in sys.stdlib_module_names


def package_root(module: str) -> Path | None:
    """Return the folder of the outermost package that an imported module is in, or its file.

    Namespace packages, which several distributions share, do not count. None if it has no file.
    """
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        loaded = sys.modules.get(".".join(parts[:count]))
        file = getattr(loaded, "__file__", None)
        if file is not None:
            path = Path(file).resolve()
            return path.parent if path.stem == "__init__" else path
    return None


def package_code(module: str) -> str:
    """Return the digest of all code that an imported module may use of its author's.

    That is its outermost package with all files, data included; and where that lies in no folder
    of installed distributions but, say, where its author works, also the modules and packages
    beside it that it imports, anywhere in its code. It is the digest of when this was first asked,
    which is when the module is loaded; names of files count from where the package lies, so that
    it is the same wherever that is.

    Parameters
    ----------
    module : str
        The name of a module that was imported from a file.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    root = package_root(module)
    if root is None:
        return ""
    if root not in _seen:
        sha = hashlib.sha256()
        for path in sorted(_files(root)):
            sha.update(path.relative_to(root.parent).as_posix().encode() + b"\0")
            sha.update(hashlib.sha256(path.read_bytes()).digest())
        _seen[root] = sha.hexdigest()
    return _seen[root]


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of a package, and of what it imports from beside it."""
    beside = root.parent
    installed = any(name.endswith(_INSTALLED) for name in os.listdir(beside))
    queue, known = [root], {root}
    while queue:
        for path in _tree(queue.pop()):
            yield path
            if installed or path.suffix != ".py":
                continue
            for name in _imported(path):
                for other in (beside / name, beside / f"{name}.py"):
                    sound = other.is_file() or (other / "__init__.py").is_file()
                    if sound and other not in known:
                        known.add(other)
                        queue.append(other)


def _tree(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name != "__pycache__" and name[0] != "."]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not name.endswith(_COMPILED):
                yield path


def _imported(path: Path) -> set[str]:
    """Return the first parts of what a file imports; none if it is no sound Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found
