"""Loader of knowledge bases: from the cache when nothing changed, from YAML otherwise."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from . import _cache
from ._base import KnowledgeBase
from ._files import LITERATURE, MEASURED, PAPERS, Source, read_folder, read_texts
from ._records import KINDS
from .errors import Problem

__all__ = ["LAYERS", "code_digest", "load"]

Overlay = str | Mapping[str, bytes]
Builtin = Literal["papers", "literature", "all"]

LAYERS: Final[Mapping[str, Builtin]] = MappingProxyType({name: name for name in get_args(Builtin)})
"""Words that stand among folders for what is built in: the papers alone, the literature on top of
them, or all, which is that with the measured tables on top."""

_PAPERS: Final = ((PAPERS, "knowledge/papers"),)
_LITERATURE: Final = (*_PAPERS, (LITERATURE, "knowledge/literature"))
_FOLDERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "papers": _PAPERS,
    "literature": _LITERATURE,
    "all": (*_LITERATURE, (MEASURED, "knowledge/measured")),
}

_CODE = os.path.dirname(os.path.abspath(__file__))


def load(
    overlays: Iterable[Overlay] | Builtin = (),
    *,
    builtin: Builtin = "all",
    cached: bool = True,
) -> KnowledgeBase:
    """Load the built-in knowledge, with a user's own on top.

    Parameters
    ----------
    overlays : iterable of str or mapping from str to bytes, or one of three words
        Folders of knowledge files, or files in memory by name, applied in order: each may add,
        revise or retract records. Three words, alone or among them, are no folders: ``papers``,
        ``literature`` and ``all`` mean that `builtin`; the last one counts. A folder of such a name
        is ``./papers``, ``./literature`` or ``./all``. The name of an entry point in the group
        ``crosscurrent.knowledge`` means the package of an installed plug-in, unless a folder of
        that name holds knowledge files.
    builtin : str
        What is built in: ``papers``, the three papers alone; ``literature``, on top of them what
        others published; or ``all``, on top of both what was measured with Crosscurrent in
        reference models.
    cached : bool
        Whether compiled knowledge may be read from, and kept in, the user's cache folder. The
        answer is the same either way.

    Returns
    -------
    KnowledgeBase
        Immutable. What was loaded before stays as it was, whatever happens to the files.

    Raises
    ------
    BrokenKnowledge
        If anything is wrong in any file. It carries every problem; nothing is loaded.
    TypeError
        If `overlays` is a single folder rather than a list of them.
    ValueError
        If there is no such `builtin`.

    Examples
    --------
    >>> kb = load()
    >>> kb.defense("RD1").name
    'Adversarial training'
    """
    if builtin not in _FOLDERS:
        raise ValueError(f"builtin should be {' or '.join(_FOLDERS)}, not {builtin!r}")
    if isinstance(overlays, str) and overlays in LAYERS:
        overlays = [overlays]
    if isinstance(overlays, str | bytes | os.PathLike | Mapping):
        raise TypeError("overlays should be a list of folders; write [folder] for one")
    own: list[Overlay] = []
    for overlay in overlays:
        if isinstance(overlay, str) and overlay in LAYERS:
            builtin = LAYERS[overlay]
        else:
            own.append(overlay)
    layers: list[list[Source]] = []
    problems: list[Problem] = []
    built_in = _FOLDERS[builtin]
    for folder, shown in built_in:
        sources, trouble = read_folder(folder, shown)
        layers.append(sources)
        problems += trouble
    for overlay in own:
        if isinstance(overlay, Mapping):
            sources, trouble = read_texts(overlay)
        else:
            from .entry_points import knowledge_folder  # few questions have an overlay

            meant = knowledge_folder(os.fspath(overlay))
            sources, trouble = read_folder(meant) if isinstance(meant, str) else ([], [meant])
        layers.append(sources)
        problems += trouble
    if problems or not cached:
        return KnowledgeBase(_compile(layers, problems, len(built_in)))
    key = _key(layers)
    content = _cache.fetch(key)
    if content is not None:
        digest, *texts = content.decode().split("\n")
        return KnowledgeBase(dict(zip(KINDS, texts, strict=True)), digest)
    kb = KnowledgeBase(_compile(layers, problems, len(built_in)))
    # a line of JSON for each section, which is parsed only by a question that needs it
    texts = [json.dumps(own, separators=(",", ":")) for own in kb.rows.values()]
    _cache.store(key, "\n".join([kb.digest, *texts]).encode())
    return kb


def _compile(
    layers: list[list[Source]], problems: list[Problem], builtin: int
) -> dict[str, dict[str, dict[str, object]]]:
    from ._reader import read  # brings YAML and pydantic, which a cached start does without

    return read(layers, problems, builtin=builtin)


def code_digest() -> str:
    """Return the digest of the code that reads and compiles: what is kept is kept by that."""
    sha = hashlib.sha256()
    for folder, below, names in os.walk(_CODE):
        below.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    sha.update(file.read())
    return sha.hexdigest()


def _key(layers: list[list[Source]]) -> str:
    """Name the result of compiling these layers with the code as it is."""
    sha = hashlib.sha256(code_digest().encode())
    for layer in layers:
        sha.update(b"layer %d" % len(layer))
        for source in layer:
            sha.update(hashlib.sha256(source.data).digest())
    return sha.hexdigest()
