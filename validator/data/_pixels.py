"""Pixels: images as numbers from 0 to 1, with the channels first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError

from ._cards import Card
from ._dataset import require_size
from ._notes import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["pixels"]

_USUAL: Final = 255
_DARK: Final = 128
"""Whole numbers that all stay below may have another scale than 255."""
_COLOURS: Final = (1, 3)
"""Channels that images usually have."""


def pixels(x: NDArray[Any], source: str, card: Card, notes: list[Note]) -> NDArray[np.float32]:
    """Return images from 0 to 1, shape (records, channels, height, width).

    Parameters
    ----------
    x : array of numbers, shape (records, height, width) or of four dimensions
        Pixels: numbers from 0 to ``pixel_max`` of the card; without it from 0 to 1, or whole
        numbers from 0 to 255.
    source : str
        The file, as problems name it.
    card : Card
        May say ``pixel_max``, and where the ``channels`` are.
    notes : list of Note
        Is told by what pixels are divided, and where the channels were.

    Raises
    ------
    InputError
        If the shape or a pixel does not fit, or it is not clear which axis the channels are, or to
        what number whole numbers go.
    """
    if x.ndim not in (3, 4):
        raise InputError(
            f"{source}: x has the shape {x.shape}; give (records, attributes), (records, "
            "height, width) or (records, channels, height, width)"
        )
    images = x[:, None] if x.ndim == 3 else _channels_first(x, source, card, notes)
    require_size(source, len(images), int(np.prod(images.shape[1:])))
    top = _top(images, source, card, notes)
    # not a comparison with what is allowed: NaN is not below or above anything
    wrong = ~((images >= 0) & (images <= top)).all(axis=(1, 2, 3))
    if wrong.any():
        first = int(wrong.argmax())
        if not np.isfinite(images[first]).all():
            raise InputError(
                f"{source}: record {first + 1} has pixels that are NaN or infinite; leave it "
                "out, or fill them in"
            )
        raise InputError(
            f"{source}: record {first + 1} has pixels that are not from 0 to {top:g}; scale x to"
            " numbers from 0 to 1, or whole numbers from 0 to 255, or write pixel_max in the card"
        )
    return np.asarray(images, np.float32) / np.float32(top)


def _channels_first(x: NDArray[Any], source: str, card: Card, notes: list[Note]) -> NDArray[Any]:
    """Return images with their channels before height and width."""
    if card.channels == "last":
        notes.append(Note("channels", None, "channels are last, as the card says"))
        return x.transpose(0, 3, 1, 2)
    _, first, _, last = x.shape
    if card.channels is None and first not in _COLOURS and (last in _COLOURS or last < first):
        raise InputError(
            f"{source}: x has the shape {x.shape}, which looks like channels last; write channels:"
            " last (or first) in the card"
        )
    return x


def _top(images: NDArray[Any], source: str, card: Card, notes: list[Note]) -> float:
    """Return the value of a pixel that becomes 1."""
    whole = images.dtype.kind in "iu"
    if card.pixel_max is not None:
        notes.append(Note("pixel_max", None, f"pixels are divided by {card.pixel_max:g}"))
        return card.pixel_max
    most = int(images.max()) if whole and images.size else _USUAL
    if whole and 0 < most < _DARK:
        raise InputError(
            f"{source}: the pixels are whole numbers up to {most}, and 255 is usual; write"
            f" pixel_max: {most} in the card (or 255), by which they are divided"
        )
    if whole:
        notes.append(Note("pixel_max", None, f"whole numbers are divided by {_USUAL}"))
    return _USUAL if whole else 1
