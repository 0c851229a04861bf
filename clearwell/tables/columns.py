"""Columns and types that a table must have before a commit uses them, each in a commit of its own.

The protocol of a Delta table lists the features that its types need. delta-rs lists them when it creates a
table or adds a column, but not in a commit that replaces the schema: such a commit lands, and nobody can open
the table again (findings/delta-rs-overwrite-needs-its-feature-first.sh).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import Schema, TableFeatures
from deltalake.exceptions import DeltaError

from clearwell.errors import TableError
from clearwell.stores import refusal
from clearwell.tables.read.schema import added_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from deltalake import DeltaTable

    from clearwell.tables.lake import Table
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["add_columns", "allow_types", "lacks_columns", "require_types"]

_TRIES = 10
_WITHOUT_ZONE = "timestampNtz"


def add_columns(table: Table, schema: pa.Schema) -> None:
    """Add the columns of ``schema`` that the table lacks, if there are any.

    Raises:
        CandidateRefused: a column has another type than in the table.
        StoreError: the store of the table refuses.
        TableError: it failed ten times.
    """

    def change(snapshot: Snapshot) -> Callable[[DeltaTable], None] | None:
        if not (fields := added_columns(snapshot.schema, schema, place=str(table.name))):
            return None
        plain = Schema.from_arrow(pa.schema([pa.field(f.name, f.type) for f in fields]))
        return lambda handle: handle.alter.add_columns(list(plain.fields))

    _alter(table, change, "new columns could not be added")


def lacks_columns(snapshot: Snapshot, schema: pa.Schema) -> bool:
    """Whether the table lacks columns of ``schema``."""
    return bool(added_columns(snapshot.schema, schema, place=str(snapshot.name)))


def allow_types(table: Table, schema: pa.Schema) -> None:
    """Add the features to the table's protocol that the types of ``schema`` need, if it lacks any.

    Raises:
        StoreError: the store of the table refuses.
        TableError: it failed ten times.
    """

    def change(snapshot: Snapshot) -> Callable[[DeltaTable], None] | None:
        if not _lacks(snapshot, schema):
            return None
        feature = TableFeatures.TimestampWithoutTimezone
        return lambda handle: handle.alter.add_feature(feature, allow_protocol_versions_increase=True)

    _alter(table, change, "its protocol could not be upgraded for new types")


def require_types(snapshot: Snapshot, schema: Schema) -> None:
    """Check that the table's protocol has what the types of ``schema`` need; raises TableError."""
    if _lacks(snapshot, pa.schema(schema.to_arrow())):
        raise TableError(
            f"its protocol lacks {_WITHOUT_ZONE}, which times without a zone need to be read again",
            place=str(snapshot.name),
            hint="another writer has changed its protocol just now; run again",
        )


def _lacks(snapshot: Snapshot, schema: pa.Schema) -> bool:
    features = snapshot.handle.protocol().writer_features or ()
    return _WITHOUT_ZONE not in features and any(_has_local_times(field.type) for field in schema)


def _has_local_times(kind: pa.DataType) -> bool:
    if pa.types.is_timestamp(kind):
        return kind.tz is None
    return any(_has_local_times(kind.field(i).type) for i in range(kind.num_fields))


def _alter(
    table: Table, change: Callable[[Snapshot], Callable[[DeltaTable], None] | None], failed: str
) -> None:
    last: Exception | None = None
    for _ in range(_TRIES):
        if (snapshot := table.snapshot()) is None or (apply := change(snapshot)) is None:
            return
        try:
            apply(snapshot.handle)
            table.force_commit(snapshot.handle.version())
        except (DeltaError, OSError) as error:  # another writer may have done it: check again
            if (refused := refusal(error, table.root)) and not refused.transient:
                raise refused from error
            last = error
    raise TableError(failed, place=str(table.name), hint="run again") from last
