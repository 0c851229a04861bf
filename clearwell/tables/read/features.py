"""What a table requires of its readers and writers, by its protocol and its properties.

Other writers may use features of Delta that the files alone do not show: then a file list reads wrong, or a
commit breaks them, without an error. Each feature is named here, with its meaning and with the Spark commands
that remove it (each was tested on delta-spark 4.4.0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from clearwell.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deltalake import DeltaTable

__all__ = ["Features", "Obstacle", "WriteKind", "features_of", "refuse"]

DELETION_VECTORS = "deletionVectors"
_SPARK_READS = "read it with --engine spark"


class WriteKind(StrEnum):
    """What a commit does to the existing files."""

    APPEND = "append"
    REPLACE = "replace"
    REWRITE = "rewrite"
    COMPACT = "compact"

    @classmethod
    def of(cls, mode: str) -> WriteKind:
        """The kind of a batch's mode."""
        return {"append": cls.APPEND, "replace": cls.REPLACE}.get(mode, cls.REWRITE)


@dataclass(frozen=True)
class Obstacle:
    """A feature that prevents work: its name in Delta, its meaning, the commands that remove it."""

    feature: str
    fact: str
    way_back: str


@dataclass(frozen=True)
class Features:
    """The features that a version of a table uses.

    Args:
        path: The table's root, for the commands.
        unread: What only Delta's own reader in Spark reads correctly.
        unwritten: What prevents every commit by Clearwell.
        partitions: Its partition columns, whose values are in no file.
        has_vectors: Whether rows may be deleted by vectors beside the files.
        widened: Whether files may hold a narrower type than the table.
        keeps_changes: Whether it has a change data feed (CDF).
        only_grows: Whether deleting rows is forbidden.
    """

    path: str
    unread: tuple[Obstacle, ...] = ()
    unwritten: tuple[Obstacle, ...] = ()
    partitions: tuple[str, ...] = ()
    has_vectors: bool = False
    widened: bool = False
    keeps_changes: bool = False
    only_grows: bool = False

    def to_write(self, kind: WriteKind, *, vectors: bool = False) -> tuple[Obstacle, ...]:
        """The obstacles for a commit; ``vectors``: a live file has a deletion vector."""
        found = list(self.unwritten)
        if vectors and kind in (WriteKind.REWRITE, WriteKind.COMPACT):
            found.append(_vectors(self.path))
        if self.keeps_changes and kind is WriteKind.REWRITE:
            fact = "its readers get each changed row, and Clearwell's rewrites record none"
            found.append(Obstacle("changeDataFeed", fact, _unset(self.path, "delta.enableChangeDataFeed")))
        if self.only_grows and kind in (WriteKind.REWRITE, WriteKind.REPLACE):
            found.append(
                Obstacle("appendOnly", "its rows may not be deleted", _unset(self.path, "delta.appendOnly"))
            )
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """All features that need attention, for users."""
        care = {
            "partition columns": bool(self.partitions),
            DELETION_VECTORS: self.has_vectors,
            "typeWidening": self.widened,
            "changeDataFeed": self.keeps_changes,
            "appendOnly": self.only_grows,
        }
        named = [o.feature for o in (*self.unread, *self.unwritten)]
        return tuple(dict.fromkeys([*named, *(name for name, used in care.items() if used)]))


_PHRASES = {
    WriteKind.APPEND: "an append",
    WriteKind.REPLACE: "a replacement of all rows",
    WriteKind.REWRITE: "a rewrite of some files",
    WriteKind.COMPACT: "a compaction",
}


def refuse(obstacles: tuple[Obstacle, ...], kind: WriteKind, *, place: str) -> TableError:
    """The error for a commit that ``obstacles`` prevent."""
    facts = "; ".join(f"{o.feature}: {o.fact}" for o in obstacles)
    ways = dict.fromkeys(o.way_back for o in obstacles)
    return TableError(
        f"{_PHRASES[kind]} would break features that another writer uses: {facts}",
        place=place,
        hint=f"on Spark with Delta: {'; '.join(ways)}; then run again",
    )


def features_of(path: str, handle: DeltaTable) -> Features:
    """The features that this version of the table at ``path`` uses."""
    protocol, metadata = handle.protocol(), handle.metadata()
    settings: dict[str, str] = metadata.configuration
    fields: list[dict[str, Any]] = json.loads(handle.schema().to_json())["fields"]
    named = {*(protocol.reader_features or ()), *(protocol.writer_features or ())}
    partitions = tuple(metadata.partition_columns)
    return Features(
        path=path,
        unread=tuple(_unread(path, {*(protocol.reader_features or ())}, settings, fields)),
        unwritten=tuple(_unwritten(path, named, settings, fields, partitions)),
        partitions=partitions,
        has_vectors=DELETION_VECTORS in named,
        widened=any("typeWidening" in name for name in named),
        keeps_changes=settings.get("delta.enableChangeDataFeed") == "true",
        only_grows=settings.get("delta.appendOnly") == "true",
    )


_READ_BY_US = {
    DELETION_VECTORS,
    "columnMapping",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
}
_WRITTEN_BY_US = {
    DELETION_VECTORS,
    "appendOnly",
    "changeDataFeed",
    "checkConstraints",
    "columnMapping",
    "generatedColumns",
    "invariants",
    "timestampNtz",
    "v2Checkpoint",
}
"""Writer features that delta-rs supports, and whose requirements are checked below."""


def _unread(
    path: str, features: set[str], settings: dict[str, str], fields: list[dict[str, Any]]
) -> Iterator[Obstacle]:
    if _is_mapped(settings, fields):
        yield _mapped(path)
    if padded := [f["name"] for f in fields if "char(" in str(_kept_type(f)).lower().replace("varchar(", "")]:
        fact = f"strings of {', '.join(padded)} are padded with spaces when they are read"
        yield Obstacle("CHAR columns", fact, _made_anew(path))
    for name in sorted(features - _READ_BY_US):
        yield _unknown(path, name)


def _unwritten(
    path: str,
    features: set[str],
    settings: dict[str, str],
    fields: list[dict[str, Any]],
    partitions: tuple[str, ...],
) -> Iterator[Obstacle]:
    if settings.get("delta.columnMapping.mode", "none") != "none":
        yield _mapped(path)
    if partitions:
        fact = f"values of {', '.join(partitions)} belong in the log, not in the files"
        yield Obstacle("partition columns", fact, _made_anew(path))
    for field in fields:
        keys: set[str] = set(field["metadata"])
        if "delta.generationExpression" in keys:
            fact = f"{field['name']} is computed from others"
            yield Obstacle("generatedColumns", fact, _made_anew(path))
        if "delta.invariants" in keys:
            yield Obstacle("invariants", f"{field['name']} has a condition", _made_anew(path))
        if _kept_type(field):
            yield Obstacle("CHAR or VARCHAR columns", f"{field['name']} has a length", _made_anew(path))
    checks = [key.removeprefix("delta.constraints.") for key in settings if "delta.constraints." in key]
    for name in checks:
        drop = f"ALTER TABLE {_sql(path)} DROP CONSTRAINT `{name}`"
        yield Obstacle("checkConstraints", f"{name} must hold for each row", drop)
    unknown = features - _WRITTEN_BY_US
    if unknown & _KEEP_NOTES:  # their own metadata, removed with them
        unknown -= {"domainMetadata"}
    for name in sorted(unknown):
        yield _unknown(path, name)


def _is_mapped(settings: dict[str, str], fields: list[dict[str, Any]]) -> bool:
    """Whether files may have other names for columns; a table mapped later may have the same names."""
    mode = settings.get("delta.columnMapping.mode", "none")
    return mode == "id" or (mode != "none" and any(not _same_name(field) for field in fields))


def _same_name(field: dict[str, Any]) -> bool:
    own = field["metadata"].get("delta.columnMapping.physicalName", field["name"]) == field["name"]
    return own and all(_same_name(inner) for inner in _fields_in(field["type"]))


def _fields_in(kind: Any) -> Iterator[dict[str, Any]]:
    """The fields of structs inside a type of Delta's schema."""
    if not isinstance(kind, dict):
        return
    parts: dict[str, Any] = kind
    yield from parts.get("fields", ())
    for name in ("elementType", "keyType", "valueType"):
        yield from _fields_in(parts.get(name))


def _kept_type(field: dict[str, Any]) -> Any:
    return field["metadata"].get("__CHAR_VARCHAR_TYPE_STRING", "")


def _sql(path: str) -> str:
    return f"delta.`{path}`"


def _unset(path: str, key: str) -> str:
    return f"ALTER TABLE {_sql(path)} SET TBLPROPERTIES ('{key}' = 'false')"


def _made_anew(path: str) -> str:
    table = _sql(path)
    return f"CREATE OR REPLACE TABLE {table} USING delta AS SELECT * FROM {table}"  # noqa: S608 - for people


def _mapped(path: str) -> Obstacle:
    back = f"ALTER TABLE {_sql(path)} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none')"
    return Obstacle("columnMapping", "its columns have other names in the files", back)


def _vectors(path: str) -> Obstacle:
    table = _sql(path)
    off = f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')"
    fact = "rows are deleted outside the files that hold them"
    return Obstacle(DELETION_VECTORS, fact, f"{off}; REORG TABLE {table} APPLY (PURGE)")


_DROPPED_AT_ONCE = {
    "rowTracking": ("each row has a permanent number", ("rowTracking", "domainMetadata")),
    "domainMetadata": ("another writer keeps metadata in its log", ("domainMetadata",)),
    "inCommitTimestamp": ("each commit records its time", ("inCommitTimestamp",)),
}
_KEEP_NOTES = {"clustering", "rowTracking"}
_DROPPED_IN_TIME = {
    "typeWidening": "types of columns were widened",
    "vacuumProtocolCheck": "VACUUM must check its protocol",
}
_KEPT_FOR_EVER = {
    "allowColumnDefaults": "columns have defaults",
    "clustering": "it is reclustered as it grows",
    "identityColumns": "a column numbers its rows",
    "variantType": "a column holds values of any type",
}


def _unknown(path: str, name: str) -> Obstacle:
    """A feature that neither delta-rs nor Clearwell supports, and how to remove it."""
    table = _sql(path)
    protection = f"ALTER TABLE {table} DROP FEATURE checkpointProtection TRUNCATE HISTORY"
    if name in _DROPPED_AT_ONCE:
        fact, features = _DROPPED_AT_ONCE[name]
        return Obstacle(name, fact, "; ".join(f"ALTER TABLE {table} DROP FEATURE {f}" for f in features))
    if name == "checkpointProtection":
        return Obstacle(name, "a feature was dropped recently", f"after the retention time, {protection}")
    if name in _DROPPED_IN_TIME:
        drop = f"ALTER TABLE {table} DROP FEATURE {name}"
        return Obstacle(name, _DROPPED_IN_TIME[name], f"{drop}; after the retention time, {protection}")
    fact = _KEPT_FOR_EVER.get(name, "Clearwell does not know it")
    rebuild = f"{name} cannot be removed: delete {path} and its folder in control/intents, then rebuild it"
    return Obstacle(name, fact, rebuild)
