"""What a table's contents were made from, as one number: equal histories have equal numbers.

A batch number can come again: a table is restored from an earlier copy and takes other rows. So each batch
has an identity, a hash of the one before and of what the batch was made from, and a build compares the
identity of its inputs, not only their numbers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearwell.tables.control_records import Intent
    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["identified"]

_DIGITS = 15
"""Hex digits of a SHA-256 that fit into a transaction's number."""


def identified(intent: Intent, snapshot: Snapshot | None) -> Intent:
    """``intent`` with its identity, on top of ``snapshot``; no clock and no process number is in it."""
    before = snapshot.identity if snapshot is not None and intent.mode != "replace" else 0
    made_from: list[object] = [
        before,
        intent.mode,
        intent.code,
        intent.schema,
        intent.predicate,
        [(f.file_id, f.arrival, f.delivered, f.accepted, f.quarantined) for f in intent.files],
        [(i.table, i.generation, i.batch, i.identity) for i in intent.inputs],
        intent.accepted_rows,
        intent.rejected_rows,
    ]
    if intent.order:
        made_from.append(intent.order)
    digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    return replace(intent, identity=int(digest[:_DIGITS], 16))
