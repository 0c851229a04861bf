"""Samples of the rows that fail a check: few, in a stable order, safe to show.

One query per check: it reads only the checked columns and the row's origin, and of a long string only enough
to know that it is too long to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.model import Sample
from clearwell.quality.explain.redaction import LONGEST, WITHHELD, is_personal, shown_value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyspark.sql import Column, DataFrame

    from clearwell.quality.suites import Check

__all__ = ["MOST_SAMPLES", "sample_failures"]

MOST_SAMPLES = 5
_ORIGIN = ("_file_id", "_record_no")
_NOT_SHOWN = ("binary", "array", "map", "struct", "variant")


def sample_failures(
    check: Check,
    condition: Column,
    frame: DataFrame,
    *,
    files: Mapping[str, str],
    personal: Collection[str] = (),
) -> tuple[Sample, ...]:
    """The first rows of ``frame`` that fail ``check``, ordered by file and record.

    Args:
        check: A check of row scope.
        condition: True where a row fails it.
        frame: The checked rows.
        files: Paths of raw files by their ``_file_id``.
        personal: Columns whose values are never shown.
    """
    from pyspark.sql import functions as F

    columns = list(dict.fromkeys(check.columns))
    kinds = {column: frame.select(column).schema[0].dataType.typeName() for column in columns}
    asked = [c for c in columns if not is_personal(c, personal) and kinds[c] not in _NOT_SHOWN]
    values = [_bounded(c, kinds[c]).alias(f"value_{n}") for n, c in enumerate(asked)]
    origin = [
        F.col(name) if name in frame.columns else F.lit(None).cast(kind).alias(name)
        for name, kind in zip(_ORIGIN, ("string", "bigint"), strict=True)
    ]
    found = frame.where(condition).select(*origin, *values)
    order = [F.col(name).asc_nulls_last() for name in found.columns]
    rows = found.orderBy(*order).limit(MOST_SAMPLES).collect()
    samples = [_sample(row.asDict(), columns, asked, files) for row in rows]
    return tuple(sorted(samples, key=lambda s: (s.file is None, s.file or "", s.record or 0)))


def _sample(row: Mapping[str, Any], columns: list[str], asked: list[str], files: Mapping[str, str]) -> Sample:
    shown = {column: shown_value(row[f"value_{n}"]) for n, column in enumerate(asked)}
    return Sample(
        file=files.get(row["_file_id"] or ""),
        record=row["_record_no"],
        values=tuple((column, shown.get(column, WITHHELD)) for column in columns),
    )


def _bounded(column: str, kind: str) -> Column:
    from pyspark.sql import functions as F

    if kind in ("string", "char", "varchar"):
        return F.substring(F.col(column), 1, LONGEST + 1)
    return F.col(column)
