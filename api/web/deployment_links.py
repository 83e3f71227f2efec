"""Links that hold a deployment file: the text itself, compressed, so that nothing need be kept."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Final

from crosscurrent.knowledge.deployment_files import MAX_BYTES
from crosscurrent.knowledge.errors import InputError

__all__ = ["MAX_LINK", "packed", "unpacked"]

MAX_LINK: Final = 7_000
"""Characters that a deployment may take in a link: servers in between take lines of 8 KiB."""

_DAMAGED: Final = "the link is damaged: ask for it again, or enter the deployment below"


def packed(text: str) -> str:
    """Return a text as a link holds it.

    Raises
    ------
    InputError
        If it takes more than `MAX_LINK` characters.
    """
    token = urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(token) > MAX_LINK:
        raise InputError(
            f"this deployment is too long for a link ({len(token):,} characters, {MAX_LINK:,} at"
            " most): shorten it, assess it with crosscurrent assess, or send it to POST"
            " /v1/assessments"
        )
    return token


def unpacked(token: str) -> str:
    """Return the text that a link holds.

    Raises
    ------
    InputError
        If the link is damaged, or the text larger than a deployment file may be.
    """
    unpacking = zlib.decompressobj()
    try:
        data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        found = unpacking.decompress(data, MAX_BYTES)
        text = found.decode()
    except (Error, ValueError, zlib.error) as error:
        raise InputError(_DAMAGED) from error
    if not unpacking.eof or unpacking.unused_data:
        raise InputError(_DAMAGED)
    return text
