"""Statistics in the footers of Parquet files: those of floats and wide decimals mislead Sail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["EXACT_DIGITS", "misleading_columns"]

EXACT_DIGITS = 15
"""Decimals with more digits do not survive statistics that pass through a double."""


def misleading_columns(metadata: pq.FileMetaData) -> list[str]:
    """The columns, by their paths in a file, whose footer statistics make Sail return wrong values."""
    unsafe = [n for n in range(metadata.num_columns) if not _is_exact(metadata.schema.column(n))]
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    found = [group.column(n) for group in groups for n in unsafe]
    carrying = [c for c in found if c.is_stats_set and c.statistics.has_min_max]
    return list(dict.fromkeys(column.path_in_schema for column in carrying))


def _is_exact(column: pq.ColumnSchema) -> bool:
    """Whether values of a Parquet leaf column survive a passage through statistics."""
    if column.logical_type.type == "DECIMAL":
        return column.precision <= EXACT_DIGITS
    return column.physical_type not in ("FLOAT", "DOUBLE")
