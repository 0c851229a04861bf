"""Small immutable files beside the tables: decided intents, running attempts, blocked batches.

control/intents/TABLE/0000000007.json         what batch 7 of TABLE is; one writer wins the name
control/intents/TABLE/0000000007.void         batch 7 was committed with no files
control/attempts/TABLE/ATTEMPT.json           who stages files in TABLE's folder attempt=ATTEMPT
control/blocked/TABLE/BUILD.json              why a batch was not published
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clearwell.errors import TableError
from clearwell.tables.control_records import (
    Attempt,
    Blocked,
    Intent,
    attempt_from,
    blocked_from,
    intent_from,
    read_record,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.names import TableName
    from clearwell.stores import Store

__all__ = ["Control"]


class Control:
    """The control files of a lake."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def intent(self, table: TableName, batch: int) -> Intent | None:
        """The decision for ``batch``, or None if there is none yet."""
        return self._intent(_intent_path(str(table), batch))

    def decide(self, intent: Intent) -> Intent:
        """Propose ``intent``; returns the decision that holds, which may be another writer's."""
        intent = replace(intent, decided=datetime.now(UTC).isoformat(timespec="milliseconds"))
        if self._store.put_new(_intent_path(intent.table, intent.batch), to_json(intent)):
            return intent
        if (winner := self._intent(_intent_path(intent.table, intent.batch))) is None:
            raise TableError(
                f"the decision for batch {intent.batch} was deleted just after it was made",
                place=self._store.absolute(_intent_path(intent.table, intent.batch)),
                hint="run again; if another program cleans this folder, stop it",
            )
        return winner

    def mark_void(self, table: TableName, batch: int) -> None:
        """Record that ``batch`` was committed with no files; call it once the log contains that commit."""
        self._store.put_new(_intent_path(str(table), batch).replace(".json", ".void"), b"{}")

    def voids(self, table: TableName) -> set[int]:
        """All batches that were marked void."""
        names = (f.path.rpartition("/")[2] for f in self._store.list(f"control/intents/{table}"))
        return {int(name.removesuffix(".void")) for name in names if name.endswith(".void")}

    def register(self, attempt: Attempt) -> None:
        """Register an attempt before it writes its first file."""
        self._store.put_new(_attempt_path(attempt), to_json(attempt))

    def forget(self, attempt: Attempt) -> None:
        """Remove an attempt whose files are deleted or committed."""
        self._store.delete([_attempt_path(attempt)])

    def attempts(self, table: TableName) -> Iterator[Attempt]:
        """The registered attempts of a table."""
        for file in self._store.list(f"control/attempts/{table}"):
            if (raw := self._read(file.path)) is not None:
                yield attempt_from(raw)

    def block(self, blocked: Blocked) -> None:
        """Record why a batch was not published (overwrites the record of an earlier try)."""
        self._store.put(_blocked_path(blocked.table, blocked.build), to_json(blocked))

    def unblock(self, blocked: Blocked) -> None:
        """Remove a block whose reason is gone."""
        self._store.delete([_blocked_path(blocked.table, blocked.build)])

    def blocked(self, table: TableName) -> list[Blocked]:
        """All recorded blocks of a table, oldest first; only those of the next batch are still in effect."""
        listed = (self._read(file.path) for file in self._store.list(f"control/blocked/{table}"))
        found = [blocked_from(raw) for raw in listed if raw is not None]
        return sorted(found, key=lambda b: (b.batch, b.when))

    def _intent(self, path: str) -> Intent | None:
        raw = self._read(path)
        return None if raw is None else intent_from(raw)

    def _read(self, path: str) -> dict[str, Any] | None:
        """A record, or None if there is none; raises TableError if it cannot be read here."""
        data = self._store.get(path)
        return None if data is None else read_record(data, self._store.absolute(path))


def _intent_path(table: str, batch: int) -> str:
    return f"control/intents/{table}/{batch:010}.json"


def _attempt_path(attempt: Attempt) -> str:
    return f"control/attempts/{attempt.table}/{attempt.id}.json"


def _blocked_path(table: str, build: str) -> str:
    return f"control/blocked/{table}/{build}.json"
