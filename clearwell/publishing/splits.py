"""Which rows are for training and which for testing: by time, or by group.

By time: rows before a value of a column are for training, rows at or after it for testing.

By group: rows with the same value of a column are in the same split, independent of the machine, the engine
and the release. A value is in the test split when

    int(sha256(text).hexdigest()[:16], 16) < test_share * 2**64

where ``text`` is the value as UTF-8: a string as it is, an integer in decimal digits (``-7``), a date as
``2013-10-31``. So a new group moves no other group, and the share is met on average over many groups, not
exactly: the achieved share is in the manifest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from clearwell.errors import DatasetError
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TEST", "TRAIN", "ByGroup", "ByTime", "split_by_group", "split_value"]

TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class ByTime:
    """Rows before ``test_from`` (in the type of ``column``) are for training, the others for testing."""

    column: str
    test_from: pa.Scalar[Any]

    def trains(self, values: Any) -> Any:
        """For each value of the column, none of them NULL, whether its row is for training."""
        return pc.less(values, self.test_from)

    def no_rows(self, split: str) -> tuple[str, str]:
        """Why ``split`` is empty, and what to do."""
        side = "before" if split == TRAIN else "at or after"
        hint = "move test_from, or deliver the data that is missing"
        return f"no {self.column} is {side} {self.test_from}", hint


@dataclass(frozen=True)
class ByGroup:
    """Rows with the same value of ``column`` are in one split; the share of test groups."""

    column: str
    test_share: float

    def trains(self, values: Any) -> Any:
        """For each value of the column, none of them NULL, whether its row is for training."""
        groups = values.dictionary_encode()
        limit = self.test_share * 2**64
        sides = [number >= limit for number in _numbers(groups.dictionary)]
        return pa.array(sides, pa.bool_()).take(groups.indices)

    def no_rows(self, split: str) -> tuple[str, str]:
        """Why ``split`` is empty, and what to do."""
        does = "trains" if split == TRAIN else "tests"
        fact = f"no value of {self.column} {does} with test_share {self.test_share}"
        return fact, "change test_share, or split by a column with more groups"


def split_value(value: Any, kind: pa.DataType, *, column: str, place: str) -> pa.Scalar[Any]:
    """``value`` in the type of the split column; a date is its midnight, UTC.

    Raises:
        DatasetError: it has no exact counterpart, or the column has no order.
    """
    try:
        cut = _cast(pa.scalar(value), kind)
        pc.less(cut, cut)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DatasetError(
            f"column {column!r} is {type_name(kind)}: it cannot be split at {value}",
            place=place,
            hint="write the value in the column's type, or split by another column",
        ) from error
    return cut


def split_by_group(column: str, kind: pa.DataType, test_share: float, *, place: str) -> ByGroup:
    """The split by the groups of ``column``, which has type ``kind``.

    Raises:
        DatasetError: its values have no unique string form.
    """
    if not (_is_text(kind) or types.is_integer(kind) or types.is_date(kind)):
        raise DatasetError(
            f"column {column!r} is {type_name(kind)}: rows cannot be grouped by it",
            place=place,
            hint="group by a string, an integer or a date; convert it in the transform",
        )
    return ByGroup(column, test_share)


def _numbers(values: Any) -> Iterable[int]:
    """The number of each value, of 64 bits: the first 8 bytes of the SHA-256 of its text."""
    if types.is_date(values.type):
        values = values.cast(pa.date32())
    for text in values.cast(pa.large_string()).to_pylist():
        yield int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _is_text(kind: Any) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _cast(value: pa.Scalar[Any], kind: pa.DataType) -> pa.Scalar[Any]:
    """``value`` as ``kind``, if that is exact; Arrow would truncate a time to its day, or count days."""
    if pa.types.is_temporal(value.type) and not (pa.types.is_temporal(kind) or pa.types.is_string(kind)):
        raise pa.ArrowInvalid("a time is not a number")
    if pa.types.is_timestamp(kind) and pa.types.is_temporal(value.type):
        value = value.cast(pa.timestamp("us"))
    cast = value.cast(kind)
    if cast.cast(value.type) != value:
        raise pa.ArrowInvalid("not exact")
    return cast
