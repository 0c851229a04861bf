"""Names of tables and releases, and their paths in a lake. Every path rule is here.

LAKE/bronze/flights/                Delta table bronze_flights
LAKE/silver/flights/                Delta table silver_flights
LAKE/gold/flight_delays/            Delta table gold_flight_delays
LAKE/quarantine/silver_flights/     rejected rows of silver_flights
LAKE/files/bronze_flights/          what each raw file delivered
LAKE/history/{builds,checks}/       what was built, and the results of its checks
LAKE/history/lineage/               the source columns of each column
LAKE/control/...                    decisions, attempts, blocked batches (JSON, not tables)
LAKE/releases/late_flights/v3/      an immutable release
LAKE/reports/                       the latest reports
LAKE/lineage/openlineage/           OpenLineage events as emitted, one file per day
LAKE/errors/                        full texts of errors that may quote personal values, one file per day
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from clearwell.errors import ProjectError

__all__ = [
    "COLUMN_LINEAGE",
    "ERRORS",
    "EVENTS",
    "IDENTIFIER",
    "PROVENANCE",
    "RELEASES",
    "REPORTS",
    "SEGMENTS",
    "STEPS",
    "TableName",
    "Zone",
    "is_url",
    "quoted",
    "release_path",
    "require_identifier",
]

PROVENANCE = ("_file_id", "_record_no", "_batch_id", "_ingested_at")
"""Columns of every bronze and silver row: content hash of its raw file (32 hex digits),
1-based record number in that file, number of the bronze batch, time of ingest (UTC)."""

COLUMN_LINEAGE = "column_lineage"
"""The check that every silver and gold table has, so no check of a suite may have its name."""

RELEASES = "releases"
REPORTS = "reports"
EVENTS = "lineage/openlineage"
ERRORS = "errors"

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""The valid names of a table, a source, a dataset, a report or a check."""


class Zone(StrEnum):
    """The zones of a lake, in the order in which data flows."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    QUARANTINE = "quarantine"
    FILES = "files"
    HISTORY = "history"


SEGMENTS = (*(str(zone) for zone in Zone), "control", RELEASES)
"""The first segments of paths that may be outside the lake's root: see ``Settings.places``."""

STEPS = ("ingest", "cleanse", "curate")
"""The steps that use an engine, in the order in which data flows: see ``Settings.engines``."""


@dataclass(frozen=True, order=True)
class TableName:
    """A table's full name, such as ``silver_flights``."""

    zone: Zone
    name: str

    def __str__(self) -> str:
        return f"{self.zone}_{self.name}"

    @property
    def path(self) -> str:
        """The path of the table, relative to the lake's root."""
        return f"{self.zone}/{self.name}"

    @property
    def is_record(self) -> bool:
        """Whether it is one of Clearwell's own records, and no table of a project."""
        return self.zone not in (Zone.BRONZE, Zone.SILVER, Zone.GOLD)

    @property
    def quarantine(self) -> TableName:
        """The table of this table's rejected rows."""
        return self.records(Zone.QUARANTINE)

    @property
    def files(self) -> TableName:
        """The table of what each raw file delivered to this table."""
        return self.records(Zone.FILES)

    def records(self, zone: Zone) -> TableName:
        """The table of this table's records in ``zone``: ``QUARANTINE`` or ``FILES``."""
        return TableName(zone, str(self))

    @classmethod
    def parse(cls, text: str) -> TableName:
        """``silver_flights`` -> ``TableName(SILVER, "flights")``; raises ProjectError."""
        zone, _, name = text.partition("_")
        if zone not in set(Zone) or not name:
            raise ProjectError(
                f"{text!r} is not a table's name",
                hint=f"names start with a zone: {', '.join(f'{z}_' for z in Zone)}",
            )
        return cls(Zone(zone), name)


def is_url(place: str) -> bool:
    """Whether ``place`` is a store address, such as ``s3://bucket/key``, and not a local path."""
    return "://" in place


def quoted(column: str) -> str:
    """A column's name quoted for Spark, whatever characters it has."""
    return f"`{column.replace('`', '``')}`"


def require_identifier(text: str, *, what: str, place: str | None = None) -> str:
    """``text``, if it is a valid name of a table, a source or a dataset; raises ProjectError."""
    if not IDENTIFIER.fullmatch(text):
        raise ProjectError(
            f"{text!r} is not a valid name for a {what}",
            place=place,
            hint="use lower-case letters, digits and _, starting with a letter, at most 63",
        )
    return text


def release_path(dataset: str, version: int) -> str:
    """The path of a release, relative to the lake's root."""
    return f"{RELEASES}/{dataset}/v{version}"
