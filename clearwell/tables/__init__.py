"""Delta tables, written in one way: stage, verify, audit, intent, swap. Upper layers do not know Delta."""

from __future__ import annotations

from clearwell.tables.control_records import Attempt, Blocked, Intent, Process, StagedFile
from clearwell.tables.history.growth import Point, growth_of
from clearwell.tables.history.pinned import altered_files, pinned_snapshot
from clearwell.tables.lake import Lake, Table, lake_of
from clearwell.tables.maintenance.maintain import Maintained, maintain, pending_attempts
from clearwell.tables.maintenance.repair import Damage, find_damage
from clearwell.tables.maintenance.upgrade import Upgrade, pending_upgrades
from clearwell.tables.owner import adopt_lake, owner_of
from clearwell.tables.read.external_writers import changed_at, changed_by_others, commits_of_others
from clearwell.tables.read.features import WriteKind
from clearwell.tables.read.find import Found, find_rows, find_rows_in, matching, plain_row
from clearwell.tables.read.schema import normalise
from clearwell.tables.read.snapshot import LiveFile, Snapshot
from clearwell.tables.read.stats import untold_in
from clearwell.tables.records.counting import blocks_in_effect, next_batch
from clearwell.tables.records.edges import LINEAGE, edges_of, lineage_of, record_release
from clearwell.tables.records.history import BUILDS, CHECKS
from clearwell.tables.records.ledger import files_of, former_files, ledger_of, record_touched
from clearwell.tables.records.quarantine import count_quarantined, quarantine_of
from clearwell.tables.staging.parts import PartWriter
from clearwell.tables.staging.stage import (
    QUARANTINE,
    Candidate,
    count_by_file,
    read_staged,
    stage_frame,
    stage_rejected,
)
from clearwell.tables.staging.verify import verify_files, verify_keys, verify_required, verify_rows
from clearwell.tables.write.commit import (
    Recheck,
    apply_batch,
    decide,
    recover,
    schema_json,
    void_batch,
)
from clearwell.tables.write.delete import delete_rows
from clearwell.tables.write.procedure import BatchPlan, WrittenBatch, write_batch
from clearwell.tables.write.retract import retract_file

__all__ = [
    "BUILDS",
    "CHECKS",
    "LINEAGE",
    "QUARANTINE",
    "Attempt",
    "BatchPlan",
    "Blocked",
    "Candidate",
    "Damage",
    "Found",
    "Intent",
    "Lake",
    "LiveFile",
    "Maintained",
    "PartWriter",
    "Point",
    "Process",
    "Recheck",
    "Snapshot",
    "StagedFile",
    "Table",
    "Upgrade",
    "WriteKind",
    "WrittenBatch",
    "adopt_lake",
    "altered_files",
    "apply_batch",
    "blocks_in_effect",
    "changed_at",
    "changed_by_others",
    "commits_of_others",
    "count_by_file",
    "count_quarantined",
    "decide",
    "delete_rows",
    "edges_of",
    "files_of",
    "find_damage",
    "find_rows",
    "find_rows_in",
    "former_files",
    "growth_of",
    "lake_of",
    "ledger_of",
    "lineage_of",
    "maintain",
    "matching",
    "next_batch",
    "normalise",
    "owner_of",
    "pending_attempts",
    "pending_upgrades",
    "pinned_snapshot",
    "plain_row",
    "quarantine_of",
    "read_staged",
    "record_release",
    "record_touched",
    "recover",
    "retract_file",
    "schema_json",
    "stage_frame",
    "stage_rejected",
    "untold_in",
    "verify_files",
    "verify_keys",
    "verify_required",
    "verify_rows",
    "void_batch",
    "write_batch",
]
