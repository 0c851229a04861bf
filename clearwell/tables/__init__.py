"""Delta tables, written in one way: stage, verify, audit, intent, swap. Nobody above knows Delta."""

from __future__ import annotations

from clearwell.tables.commit import (
    Recheck,
    carry_out,
    decide,
    schema_json,
    settle,
    void_batch,
)
from clearwell.tables.control import Attempt, Blocked, Intent, StagedFile
from clearwell.tables.delete import delete_rows
from clearwell.tables.edges import LINEAGE, edges_of, lineage_of, record_release
from clearwell.tables.features import WriteKind
from clearwell.tables.growth import Point, growth_of
from clearwell.tables.lake import Lake, Table, lake_of
from clearwell.tables.ledger import BUILDS, CHECKS, files_of, quarantine_of
from clearwell.tables.maintain import Maintained, maintain, pending_attempts
from clearwell.tables.others import changed_by_others, commits_of_others
from clearwell.tables.parts import PartWriter
from clearwell.tables.pinned import altered_files, pinned_snapshot
from clearwell.tables.snapshot import LiveFile, Snapshot
from clearwell.tables.stage import (
    QUARANTINE,
    Candidate,
    count_by_file,
    read_staged,
    stage_frame,
    stage_rejected,
)
from clearwell.tables.verify import verify_files, verify_keys, verify_required, verify_rows

__all__ = [
    "BUILDS",
    "CHECKS",
    "LINEAGE",
    "QUARANTINE",
    "Attempt",
    "Blocked",
    "Candidate",
    "Intent",
    "Lake",
    "LiveFile",
    "Maintained",
    "PartWriter",
    "Point",
    "Recheck",
    "Snapshot",
    "StagedFile",
    "Table",
    "WriteKind",
    "altered_files",
    "carry_out",
    "changed_by_others",
    "commits_of_others",
    "count_by_file",
    "decide",
    "delete_rows",
    "edges_of",
    "files_of",
    "growth_of",
    "lake_of",
    "lineage_of",
    "maintain",
    "pending_attempts",
    "pinned_snapshot",
    "quarantine_of",
    "read_staged",
    "record_release",
    "schema_json",
    "settle",
    "stage_frame",
    "stage_rejected",
    "verify_files",
    "verify_keys",
    "verify_required",
    "verify_rows",
    "void_batch",
]
