"""Check staged files before they can be added: raw adds pass every guard of Delta.

A file with other columns reads as NULL, a NULL enters a NOT NULL column, a missing file is accepted; so the
footers are read first, and the rows are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.errors import CandidateRefused
from clearwell.names import quoted
from clearwell.stores import file_sizes, for_each_file, parquet_metadata
from clearwell.tables.read.schema import compare
from clearwell.tables.read.stats import is_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql import DataFrame

    from clearwell.tables.control_records import StagedFile

__all__ = ["verify_files", "verify_keys", "verify_required", "verify_rows"]

_MOST_KEYS = 5


def verify_files(
    root: str, files: Sequence[StagedFile], schema: pa.Schema, *, required: Collection[str] = (), place: str
) -> None:
    """Check each staged file below ``root`` against the table's columns; raises CandidateRefused.

    Checked: existence, size, rows, names and types of columns, NULLs in ``required``, and that columns whose
    statistics engines read wrong have none.
    """
    paths = [f"{root}/{file.path}" for file in files]
    for file, size in zip(files, file_sizes(paths), strict=True):
        if size != file.size:
            raise CandidateRefused(
                f"staged file {file.path} is missing or was changed",
                place=place,
                hint="run again; it is staged again",
            )
    for file, metadata in zip(files, for_each_file(parquet_metadata, paths), strict=True):
        wrong = compare(metadata.schema.to_arrow_schema(), schema)
        if metadata.num_rows != file.rows:
            wrong.append(f"{file.path} holds {metadata.num_rows} rows, not {file.rows}")
        wrong += [f"column {name!r} carries statistics in {file.path}" for name in _unsafe(metadata, schema)]
        if wrong:
            raise CandidateRefused("; ".join(wrong[:_MOST_KEYS]), place=place, hint="correct the transform")
    verify_required(files, required, place=place)


def verify_required(files: Sequence[StagedFile], required: Collection[str], *, place: str) -> None:
    """Check that no staged file has a NULL in the columns of ``required``; raises CandidateRefused."""
    counts = {name: sum(_nulls(file, name) for file in files) for name in required}
    wrong = [
        f"column {name!r} holds {count:,} NULL{'s' if count > 1 else ''}"
        for name, count in counts.items()
        if count
    ]
    if wrong:
        raise CandidateRefused(
            "; ".join(wrong[:_MOST_KEYS]),
            place=place,
            hint="correct the transform, or exclude such rows by a check: "
            "expect_column_values_to_not_be_null with severity: warning",
        )


def verify_rows(returned: int, accepted: int, rejected: int, *, place: str) -> None:
    """Check that no row was lost between the frame and the staged files; raises CandidateRefused."""
    if returned != accepted + rejected:
        raise CandidateRefused(
            f"{returned:,} rows were counted, {accepted:,} accepted and {rejected:,} rejected were staged",
            place=place,
            hint="a transform must return the same rows each time it is evaluated: use no rand() in filters",
        )


def verify_keys(
    candidate: DataFrame, key: Sequence[str], *, place: str, shown: Callable[[str, Any], str]
) -> None:
    """Check that no key of a merge's candidate occurs twice; raises CandidateRefused with some of them.

    A key that has a NULL is left to ``verify_required``, which says so.
    ``shown`` says how a value of a column may be displayed.
    """
    from pyspark.sql import functions as F

    for name in key:
        candidate = candidate.where(F.col(quoted(name)).isNotNull())
    repeated = candidate.groupBy(*key).count().where("count > 1").limit(_MOST_KEYS).collect()
    if repeated:
        told = "; ".join(
            ", ".join(f"{k}={shown(k, row[k])}" for k in key) + f" ({row['count']} rows)" for row in repeated
        )
        raise CandidateRefused(
            f"the merge key ({', '.join(key)}) is not unique: {told}",
            place=place,
            hint="keep one row per key in the transform, or choose a longer key",
        )


def _nulls(file: StagedFile, column: str) -> int:
    return int(file.stats["nullCount"].get(column, file.rows))


def _unsafe(metadata: pq.FileMetaData, schema: pa.Schema) -> set[str]:
    unsafe = {f.name for f in schema if not is_safe(f.type)}
    found: set[str] = set()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            top = column.path_in_schema.split(".")[0]
            if top in unsafe and column.is_stats_set and column.statistics.has_min_max:
                found.add(top)
    return found
