"""Small immutable files beside the tables: decided intents, running attempts, blocked batches.

control/intents/TABLE/0000000007.json         what batch 7 of TABLE is; one writer wins the name
control/intents/TABLE/0000000007.void         batch 7 was committed with no files
control/attempts/TABLE/ATTEMPT.json           who stages files in TABLE's folder attempt=ATTEMPT
control/blocked/TABLE/BUILD.json              why a batch was not published
control/left_out/TABLE.json                   which raw files the last run left out, and why
control/readers/ID.json                       which versions of which tables a process reads
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clearwell.errors import TableError
from clearwell.names import Zone
from clearwell.tables.control_records import (
    FORMAT,
    Attempt,
    Blocked,
    Intent,
    Reading,
    attempt_from,
    blocked_from,
    intent_from,
    read_record,
    reading_from,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.names import TableName
    from clearwell.stores import Store

__all__ = ["DECIDED", "Control"]


DECIDED = (Zone.BRONZE, Zone.SILVER, Zone.GOLD)
"""The zones whose batches are decided by intents."""


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

    def restate(self, intent: Intent) -> None:
        """Record the decision of an applied batch again, with less in it; what it decides is the same."""
        self._store.put(_intent_path(intent.table, intent.batch), to_json(intent))

    def mark_void(self, table: TableName, batch: int) -> None:
        """Record that ``batch`` was committed with no files; call it once the log contains that commit."""
        self._store.put_new(_intent_path(str(table), batch).replace(".json", ".void"), b"{}")

    def voids(self, table: TableName) -> set[int]:
        """All batches of the table that were marked void. It lists every intent."""
        names = (f.path.rpartition("/")[2] for f in self._store.list(f"control/intents/{table}"))
        return {int(name.removesuffix(".void")) for name in names if name.endswith(".void")}

    def decided(self, table: TableName) -> list[int]:
        """The batches of the table that were decided, in their order. It lists every intent."""
        names = (f.path.rpartition("/")[2] for f in self._store.list(f"control/intents/{table}"))
        return sorted(int(name.removesuffix(".json")) for name in names if name.endswith(".json"))

    def register(self, attempt: Attempt) -> None:
        """Register an attempt before it writes its first file."""
        self._store.put_new(_attempt_path(attempt), to_json(attempt))

    def forget(self, attempt: Attempt) -> None:
        """Remove an attempt whose files are deleted or committed."""
        self._store.delete([_attempt_path(attempt)])

    def attempts(self, table: TableName) -> Iterator[Attempt]:
        """The registered attempts of a table."""
        for attempt, _ in self.aged_attempts(table):
            yield attempt

    def aged_attempts(self, table: TableName) -> Iterator[tuple[Attempt, float]]:
        """The same, and since when, by the clock of the store."""
        for file in self._store.list(f"control/attempts/{table}"):
            if (raw := self._read(file.path)) is not None:
                yield attempt_from(raw), file.modified

    def begin_reading(self, reading: Reading) -> None:
        """Keep the files of what a process reads from maintenance."""
        self._store.put(_reading_path(reading), to_json(reading))

    def end_reading(self, reading: Reading) -> None:
        """Let them go."""
        self._store.delete([_reading_path(reading)])

    def readings(self) -> Iterator[tuple[Reading, float]]:
        """What processes read, and since when, by the clock of the store."""
        for file in self._store.list("control/readers"):
            with suppress(TableError):  # cut short by a crash: its process has ended
                if (raw := self._read(file.path)) is not None:
                    yield reading_from(raw), file.modified

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

    def with_blocks(self) -> set[str]:
        """The tables that have or had blocked batches, by name: one listing for all."""
        return set(self._store.folders("control/blocked"))

    def released(self, dataset: str) -> int:
        """The highest number that a release of the dataset was given, also where it is gone; 0: none."""
        return int((self._read(f"control/released/{dataset}.json") or {}).get("number", 0))

    def record_released(self, dataset: str, number: int) -> None:
        """Record the number of a release, so that it never names other rows."""
        if number > self.released(dataset):
            record = {"format": FORMAT, "number": number}
            self._store.put(f"control/released/{dataset}.json", json.dumps(record).encode())

    def record_left_out(self, table: TableName, files: Sequence[str]) -> None:
        """Record which raw files the last run left out, each with the reason; an equal record stays."""
        path = f"control/left_out/{table}.json"
        if list(files) == self.left_out(table):
            return
        if files:
            self._store.put(path, json.dumps({"format": FORMAT, "files": list(files)}, indent=1).encode())
        else:
            self._store.delete([path])

    def left_out(self, table: TableName) -> list[str]:
        """What the last run recorded; nothing if the record is damaged, which the next run writes again."""
        with suppress(TableError):
            return list((self._read(f"control/left_out/{table}.json") or {}).get("files", ()))
        return []

    def _intent(self, path: str) -> Intent | None:
        try:
            raw = self._read(path)
        except TableError as error:
            if "cannot be read" in error.fact:
                error.hint = f"restore it from a backup, or: clearwell repair {path.split('/')[2]}"
            raise
        return None if raw is None else intent_from(raw)

    def _read(self, path: str) -> dict[str, Any] | None:
        """A record, or None if there is none; raises TableError if it cannot be read here."""
        data = self._store.get(path)
        return None if data is None else read_record(data, self._store.absolute(path))


def _intent_path(table: str, batch: int) -> str:
    return f"control/intents/{table}/{batch:010}.json"


def _attempt_path(attempt: Attempt) -> str:
    return f"control/attempts/{attempt.table}/{attempt.id}.json"


def _reading_path(reading: Reading) -> str:
    return f"control/readers/{reading.id}.json"


def _blocked_path(table: str, build: str) -> str:
    return f"control/blocked/{table}/{build}.json"
