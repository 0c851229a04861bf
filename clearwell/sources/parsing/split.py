"""Cast declared columns, and split the rows: valid ones are accepted, the others rejected as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.sources.records import RECORD_NO, Parsed, Reject
from clearwell.sources.values.from_text import cast_text
from clearwell.type_names import with_article

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Caster", "shown", "split_rows"]

_SHOWN = 80  # characters of a value in a message

Caster = Callable[[pa.Array, pa.DataType], "tuple[pa.Array, pa.Array | None]"]


def split_rows(
    columns: Mapping[str, pa.Array],
    types: Mapping[str, pa.DataType],
    numbers: Sequence[int] | npt.NDArray[np.int64],
    raw: Callable[[int], bytes],
    rejects: Iterable[Reject] = (),
    *,
    cast: Caster = cast_text,
    empty: str = "",
) -> Parsed:
    """Cast the declared columns; ``numbers`` are the rows' record numbers, ``raw`` returns a row's bytes.

    A row that fails is one reject: named after the first failing column, its message lists all. ``rejects``
    are records that were rejected before, ``empty`` is what to say of an empty text that fails.
    """
    done: dict[str, pa.Array] = {}
    failed: dict[int, list[tuple[str, str]]] = {}
    for name, values in columns.items():
        kind = types.get(name)
        if kind is None:
            done[name] = values
            continue
        done[name], misfits = cast(values, kind)
        for row in _rows(misfits):
            value = values[row].as_py()
            why = f"column {name!r}: {shown(value)} is not {with_article(kind)}{'' if value else empty}"
            failed.setdefault(row, []).append((f"type_{name}", why))
    record_no = pa.array(numbers, pa.int64())
    fields = [pa.field(name, values.type) for name, values in done.items()]
    schema = pa.schema([*fields, pa.field(RECORD_NO, pa.int64(), nullable=False)])
    rows = pa.RecordBatch.from_arrays([*done.values(), record_no], schema=schema)
    if failed:
        rows = rows.filter(pa.array([row not in failed for row in range(len(record_no))], pa.bool_()))
    late = (
        Reject(int(numbers[row]), whys[0][0], "; ".join(why for _, why in whys[:10]), raw(row))
        for row, whys in failed.items()
    )
    return Parsed(rows, tuple(sorted([*rejects, *late], key=lambda reject: reject.record_no)))


def shown(value: Any) -> str:
    """A value for a message: quoted and bounded."""
    if isinstance(value, str | bytes) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}... ({len(value)} in all)"
    text = repr(value)
    return text if len(text) <= 2 * _SHOWN else f"{text[:_SHOWN]}..."


def _rows(mask: pa.Array | None) -> list[int]:
    return [] if mask is None else [row for row, hit in enumerate(mask.to_pylist()) if hit]
