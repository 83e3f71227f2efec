"""ONNX graphs, run on the CPU by onnxruntime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ...data import require_file
from ...imports import said
from .._records import Wanted
from .._sources import MOST_BYTES, file_digest
from ._model import Model, needs, users_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._records import Records

__all__ = ["OnnxGraph"]

_KINDS: Final = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
_NUMBERS: Final = ("tensor(float)", "tensor(double)", "tensor(float16)")
_MOST_FILE: Final = MOST_BYTES
_MOST_AT_ONCE: Final = 100_000
"""Records of a fixed batch, which is filled up to its size."""


class OnnxGraph(Model):
    """A graph with one input, (records, …), or one for each attribute, (records, 1).

    Its output is the one of maps from classes to probabilities, or the one of numbers; an output of
    answered classes beside it is not read.
    """

    kind: ClassVar[str] = "ONNX"
    batch: ClassVar[int] = 1_000
    may_be_logits: ClassVar[bool] = True

    def __init__(self, path: str) -> None:
        shown = legible(path)
        super().__init__(shown)
        needs(path, ["onnxruntime"])
        require_file(path, _MOST_FILE, "it is not read")
        self.digest = file_digest(path)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
        except Exception as error:  # noqa: BLE001 - onnxruntime has a dozen classes of its own
            raise InputError(f"{shown}: not a sound ONNX model: {said(error)}") from None
        self._inputs = self._session.get_inputs()
        for each in self._inputs:
            if each.type not in _KINDS:
                raise InputError(
                    f"{shown}: input {clip(each.name)} is {clip(each.type)}: no numbers"
                )
            size = each.shape[0] if each.shape else None
            if isinstance(size, int) and size > _MOST_AT_ONCE:
                raise InputError(
                    f"{shown}: takes {size:,} records at once, and at most {_MOST_AT_ONCE:,} are"
                    " given; export it with a batch of any size"
                )
        self._output, self._maps = self._found_output()
        self.wanted = self._wanted()

    def _wanted(self) -> Wanted:
        if len(self._inputs) > 1:
            names = tuple(each.name for each in self._inputs)
            return Wanted(names, len(names))
        shape = self._inputs[0].shape
        known = len(shape) == 2 and isinstance(shape[1], int)
        return Wanted(None, shape[1] if known else None)

    def _found_output(self) -> tuple[str, bool]:
        """Return the output that is read, and whether it is one of maps."""
        outputs = self._session.get_outputs()
        maps = [each.name for each in outputs if each.type.startswith("seq(map(")]
        numbers = [each for each in outputs if each.type in _NUMBERS]
        if len(maps) == 1:
            return maps[0], True
        if len(numbers) > 1:
            likely = [each for each in numbers if "prob" in each.name.casefold()]
            numbers = likely if len(likely) == 1 else numbers
        if len(numbers) != 1:
            told = ", ".join(f"{clip(each.name)}: {clip(each.type)}" for each in outputs) or "none"
            raise InputError(
                f"{self.name}: which output holds the probabilities? ({told}); export a graph with"
                " one of numbers, (records, classes)"
            )
        return numbers[0].name, False

    def outputs(self, records: Records) -> NDArray[Any]:
        """Return the output of the graph for records."""
        given, count = self._fed(records), len(records)
        size = self._inputs[0].shape[0] if self._inputs[0].shape else None
        if isinstance(size, int) and size > 0:
            # a graph of so many records at once: the last of them again fill the last such batch
            found = [
                row
                for start in range(0, count, size)
                for row in self._run(_padded(given, start, size), size)
            ][:count]
        else:
            found = self._run(given, count)
        if not self._maps:
            return np.asarray(found, np.float64)
        if self.classes is None and found:
            self.classes = tuple(sorted(found[0]))
        try:
            return np.array([[each[name] for name in self.classes or ()] for each in found])
        except KeyError as error:
            raise InputError(f"{self.name}: answers lack the class {error}") from None

    def _run(self, given: dict[str, NDArray[Any]], count: int) -> Any:
        try:
            (found,) = self._session.run([self._output], given)
        except Exception as error:  # noqa: BLE001 - onnxruntime has a dozen classes of its own
            raise InputError(f"{self.name}: failed on {count:,} records: {said(error)}") from None
        return found

    def _fed(self, records: Records) -> dict[str, NDArray[Any]]:
        if len(self._inputs) == 1:
            (one,) = self._inputs
            with users_code(self.name, "cannot take the records"):
                if one.type == "tensor(string)" and records.given is None:
                    texts = [[str(v) for v in records.columns[n]] for n in records.names]
                    return {one.name: np.array(texts, dtype=object).T}
                return {one.name: self._as_taken(records.array(), one.type, records)}
        if records.given is not None:
            raise InputError(
                f"{self.name}: takes {len(self._inputs)} inputs by name; give columns named so"
            )
        fed: dict[str, NDArray[Any]] = {}
        for each in self._inputs:
            values = records.columns[each.name]
            if each.type == "tensor(string)":
                values = np.array(["" if v is None else str(v) for v in values], dtype=object)
            elif values.dtype.kind == "O":
                raise InputError(
                    f"{records.source}, column {clip(each.name)!r}: holds texts, and {self.name}"
                    f" takes {each.type}"
                )
            fed[each.name] = self._as_taken(values, each.type, records, each.name).reshape(-1, 1)
        return fed

    def _as_taken(
        self, values: NDArray[Any], kind: str, records: Records, column: str = ""
    ) -> NDArray[Any]:
        """Return values in the type of an input, which whole numbers alone fit where it is one."""
        taken = _KINDS[kind]
        if np.issubdtype(taken, np.integer) and values.dtype.kind == "f":
            limit = np.iinfo(taken).max
            # not equal to itself rounded: NaN, too
            wrong = (np.rint(values) != values) | ~(np.abs(values) < float(limit))
            if wrong.any():
                places = np.argwhere(wrong)[0]
                told = column or (records.names[places[1]] if records.names else "attributes")
                raise InputError(
                    f"{records.source}, column {clip(told)!r}: holds {values[tuple(places)]:g}, and"
                    f" {self.name} takes whole numbers ({kind}); give such, or a graph that takes"
                    " numbers"
                )
        return values if kind == "tensor(string)" else values.astype(taken)


def _padded(given: dict[str, NDArray[Any]], start: int, size: int) -> dict[str, NDArray[Any]]:
    """Return as many records from one on; the last of all is repeated where there are fewer."""
    return {
        name: values[np.minimum(np.arange(start, start + size), len(values) - 1)]
        for name, values in given.items()
    }
