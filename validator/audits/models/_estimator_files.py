"""Files of fitted estimators: skops, which says what it holds, and pickles, which run code."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from crosscurrent.knowledge.errors import InputError, clip, legible

from ...data import reading
from .._sources import MOST_BYTES, file_digest, require_sound
from ._estimators import Estimator
from ._model import needs, users_code

if TYPE_CHECKING:
    from ._settings import ModelSettings

__all__ = ["of_pickle", "of_skops"]

_MOST_PARTS: Final = 100_000
_MOST_SCHEMA: Final = 64 << 20
"""As large as the description in a skops file may be, in bytes."""
_SCHEMA: Final = "schema.json"
_PARTS: Final = {"NdArrayNode": ".npy", "SparseMatrixNode": ".npz"}
"""How the names of the parts end that skops reads as arrays; others it reads as bytes."""
_BYTES: Final = ".bin"
_DAMAGE: Final = (
    *(ValueError, KeyError, TypeError, EOFError, OverflowError, RuntimeError, SyntaxError),
    *(NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error),
)


def of_skops(path: str, settings: ModelSettings) -> Estimator:
    """Load an estimator that skops has written, of trusted types alone.

    Raises
    ------
    InputError
        It is damaged or too large, or holds types that the user has not named.
    """
    shown = legible(path)
    needs(path, ["skops"])
    import skops.io

    with reading(path, "skops", *_DAMAGE), zipfile.ZipFile(path) as archive:
        sizes = _require_bounded(archive, shown)
        schema = archive.read(_SCHEMA)
    with users_code(shown, "cannot be read as skops"):
        _require_named(json.loads(schema), sizes, shown)
        types = skops.io.get_untrusted_types(file=path)
    unknown = sorted(set(types) - set(settings.trust))
    if unknown:
        told = "\n".join(f"  {clip(each, 120)}" for each in unknown[:20])
        more = f"\n  … and {len(unknown) - 20} more" if len(unknown) > 20 else ""
        options = " ".join(f"--trust {clip(each, 120)}" for each in unknown[:3])
        raise InputError(
            f"{shown}: holds types that skops does not know to be harmless:\n{told}{more}\n"
            "loading them may run their code; if you know them and trust them, name each:"
            f" {options}{' …' if len(unknown) > 3 else ''}"
        )
    with users_code(shown, "cannot be loaded"):
        found = skops.io.load(path, trusted=types)
    return Estimator(found, shown, file_digest(path))


def of_pickle(path: str, settings: ModelSettings) -> Estimator:
    """Unpickle an estimator from a file that the user has named as trusted.

    Raises
    ------
    InputError
        It was not named, or cannot be unpickled.
    """
    shown = legible(path)
    if not any(_same(path, each) for each in settings.trust):
        raise InputError(
            f"{shown}: to load a pickle is to run whatever program is in it, with all your rights:"
            " it can read and send your files before anything is measured.\n"
            f"If you made it yourself, or know who did:  --trust {shown}\n"
            "Else have it saved as skops, which holds no program (skops.io.dump(model,"
            " 'model.skops')), or as ONNX"
        )
    digest = file_digest(path)
    with users_code(shown, "cannot be unpickled"):
        import joblib

        found = joblib.load(path)
    return Estimator(_only_of(found, shown), shown, digest)


def _only_of(found: Any, shown: str) -> Any:
    """Return what was unpickled; a message where it is a table of things, as some save them."""
    if isinstance(found, dict):
        inside = ", ".join(clip(str(each)) for each in list(found)[:8])
        raise InputError(f"{shown}: holds a dict ({inside}), no model; save the model alone")
    return found


def _same(path: str, trusted: str) -> bool:
    try:
        return os.path.samefile(path, trusted)
    except (OSError, ValueError):
        return False


def _require_bounded(archive: zipfile.ZipFile, shown: str) -> dict[str, int]:
    """Make sure that a file unpacks to no more than it may, before anything is unpacked.

    Returns
    -------
    dict from str to int
        Of each part how many bytes it takes once it is read; a sparse matrix is an archive itself.
    """
    inside = archive.infolist()
    _require_few(inside, shown)
    sizes = {each.filename: each.file_size for each in inside}
    for each in inside:
        if each.filename.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(archive.read(each))) as matrix:
                arrays = matrix.infolist()
                _require_few(arrays, shown)
                for one in arrays:  # of which any that is no array is refused
                    require_sound(matrix, one, shown)
                sizes[each.filename] += sum(one.file_size for one in arrays)
        elif each.filename.endswith(".npy"):
            require_sound(archive, each, shown)
        elif each.filename == _SCHEMA and each.file_size > _MOST_SCHEMA:
            raise InputError(f"{shown}: its description is larger than {_MOST_SCHEMA >> 20} MiB")
    return sizes


def _require_few(inside: list[zipfile.ZipInfo], shown: str) -> None:
    if len(inside) > _MOST_PARTS:
        raise InputError(f"{shown}: {len(inside):,} parts; at most {_MOST_PARTS:,} are read")
    if sum(each.file_size for each in inside) > MOST_BYTES:
        raise _too_large(shown)


def _require_named(schema: Any, sizes: dict[str, int], shown: str) -> None:
    """Make sure that a description names parts that were looked at, and together not too much.

    A part is read anew as often as it is named.
    """
    total, left = 0, [schema]
    while left:
        each = left.pop()
        left += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        name = each.get("file") if isinstance(each, dict) else None
        if not isinstance(name, str):
            continue
        ending = _PARTS.get(str(each.get("__loader__")), _BYTES)
        if name not in sizes or not name.endswith(ending):
            raise InputError(
                f"{shown}: its description names {clip(name)!r}, which is no {ending} part of the"
                " file; write it again with skops.io.dump"
            )
        total += sizes[name]
        if total > MOST_BYTES:
            raise _too_large(shown)


def _too_large(shown: str) -> InputError:
    return InputError(f"{shown}: unpacks to more than {MOST_BYTES >> 30} GiB; it is not read")
