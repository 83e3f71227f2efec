"""Digest of code that is not ours: the whole package that a plug-in's class comes from."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["is_foreign", "package_code", "package_root"]

_OURS = __name__.partition(".")[0]
_COMPILED = (".pyc", ".pyo")
_INSTALLED = ".dist-info"

_PYTHON = Path(os.__file__).resolve().parent
_PACKAGES = {"site-packages", "dist-packages"}

_seen: dict[Path, str] = {}


def is_foreign(module: str) -> bool:
    """Whether a module is neither ours nor Python's own, though it may be called as one of these.

    The name alone does not tell: a file ``profile.py`` where somebody works comes before Python's.
    """
    top = module.partition(".")[0]
    if top == _OURS or top not in sys.stdlib_module_names:
        return top != _OURS
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:  # built into Python
        return False
    path = Path(file).resolve()
    return _PYTHON not in path.parents or not _PACKAGES.isdisjoint(path.parts)


def package_root(module: str) -> Path | None:
    """Return the folder of the outermost package that an imported module is in, or its file.

    Namespace packages, which several distributions share, do not count. None if it has no file.
    """
    return _lies(module)[0]


def _lies(module: str) -> tuple[Path | None, Path]:
    """Return what `package_root` does, and the folder that the first part of its name lies in."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        loaded = sys.modules.get(".".join(parts[:count]))
        file = getattr(loaded, "__file__", None)
        if file is not None:
            path = Path(file).resolve()
            root = path.parent if path.stem == "__init__" else path
            base = root.parent
            for name in reversed(parts[: count - 1]):
                base = base.parent if base.name == name else base
            return root, base
    return None, Path()


def package_code(module: str) -> str:
    """Return the digest of all code that an imported module may use of its author's.

    That is its outermost package with all files, data included; and where that lies in no folder
    of installed distributions but, say, where its author works, also the modules and packages
    beside it that it imports, anywhere in its code. In a namespace package, what is imported from
    the same one counts wherever it lies. It is the digest of when this was first asked, which is
    when the module is loaded; names of files count from where the outermost package lies, so that
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
    root, base = _lies(module)
    if root is None:
        return ""
    if root not in _seen:
        sha = hashlib.sha256()
        for path in sorted(set(_files(root, base))):
            sha.update(path.relative_to(base).as_posix().encode() + b"\0")
            sha.update(hashlib.sha256(path.read_bytes()).digest())
        _seen[root] = sha.hexdigest()
    return _seen[root]


def _files(root: Path, base: Path) -> Iterator[Path]:
    """Yield the files of a package, and of what it imports from beside it.

    Parameters
    ----------
    root : Path
        The package, or the module if it is in none.
    base : Path
        The folder that names of modules count from.
    """
    installed = any(name.endswith(_INSTALLED) for name in os.listdir(base))
    # of what is installed together, only what shares the namespace is the author's
    own = base / root.relative_to(base).parts[0] if installed else base
    queue, known = [root], {root}
    while queue:
        for path in _tree(queue.pop()):
            yield path
            if own == root or path.suffix != ".py":
                continue
            for folder, name in _imported(path, base):
                other = _found(folder, name.split("."))
                if other is None or own not in (other, *other.parents):
                    continue
                if known.isdisjoint((other, *other.parents)):
                    known.add(other)
                    queue.append(other)


def _found(folder: Path, parts: Sequence[str]) -> Path | None:
    """Return the outermost package or module that a dotted name leads to; None if there is none."""
    for name in parts:
        folder /= name
        if (folder / "__init__.py").is_file():
            return folder
        if (module := folder.with_name(f"{name}.py")).is_file():
            return module
        if not folder.is_dir():
            break
    return None


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


def _imported(path: Path, base: Path) -> Iterator[tuple[Path, str]]:
    """Yield what a file imports, by folder and dotted name; nothing if it is no sound Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((base, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[min(node.level, len(path.parents)) - 1] if node.level else base
            before = f"{node.module}." if node.module else ""
            yield from ((folder, f"{before}{each.name}") for each in node.names)
