"""Static files: styles, script and icon, under addresses that change with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..reports.deployments import STYLE

__all__ = ["ASSETS", "Asset"]

_FOLDER = Path(__file__).parent / "static"
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """A static file.

    Attributes
    ----------
    content : bytes
        The bytes that are sent.
    media : str
        Its media type.
    address : str
        The path of its URL; never the same for other content.
    """

    content: bytes
    media: str
    address: str


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(content, _MEDIA[path.suffix], f"/static/{digest}/{path.name}")


ASSETS: Mapping[str, Asset] = {
    path.name: _read(path) for path in (*sorted(_FOLDER.iterdir()), STYLE)
}
"""By file name."""
