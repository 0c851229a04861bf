"""Stage what raw files hold: accepted records under bronze's root, rejected ones under its quarantine's.

A file is taken whole or not at all. One that turns out unreadable half-way leaves nothing behind and is
set aside with its reason; the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import CandidateRefused
from clearwell.model import FileCounts
from clearwell.names import PROVENANCE
from clearwell.sources import UnreadableFile, check_drift, read
from clearwell.tables import QUARANTINE, PartWriter, StagedFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.names import TableName
    from clearwell.sources import Parsed, RawFile, Reject, SourceSpec
    from clearwell.tables import Attempt, Lake

__all__ = ["PROVENANCE_FIELDS", "Landing", "SetAside"]

_BUFFER_BYTES = 64 << 20

PROVENANCE_FIELDS = [
    pa.field("_file_id", pa.string(), nullable=False),
    pa.field("_record_no", pa.int64(), nullable=False),
    pa.field("_batch_id", pa.int64(), nullable=False),
    pa.field("_ingested_at", pa.timestamp("us", "UTC"), nullable=False),
]


@dataclass(frozen=True)
class SetAside:
    """A raw file that was not taken: what it would have brought, and why not."""

    counts: FileCounts
    reason: str


@dataclass
class _Open:
    """The file being read: what was parsed of it and waits to be written, and its own parts."""

    file: RawFile
    waiting: list[pa.RecordBatch] = field(default_factory=list[pa.RecordBatch])
    waiting_bytes: int = 0
    rejects: list[Reject] = field(default_factory=list["Reject"])
    accepted: int = 0
    number_sum: int = 0
    schema: pa.Schema = field(default_factory=lambda: pa.schema([]))
    own: PartWriter | None = None


class Landing:
    """Stages raw files as one attempt at one bronze batch.

    ``schema`` starts as the table's columns (None: no table yet) and grows with new columns.
    """

    def __init__(
        self, lake: Lake, name: TableName, attempt: Attempt, spec: SourceSpec, table_schema: pa.Schema | None
    ) -> None:
        self.counts: list[FileCounts] = []
        self.set_aside: list[SetAside] = []
        self.accepted: list[StagedFile] = []
        self._lake = lake
        self._name = name
        self._attempt = attempt
        self._spec = spec
        self._root = lake.table(name).root
        self._moment = pa.scalar(datetime.now(UTC), pa.timestamp("us", "UTC"))
        self._known = None if table_schema is None else list(table_schema.names)
        self._data = [f for f in table_schema or () if f.name not in PROVENANCE]
        self._shared: PartWriter | None = None
        self._parts = 0
        self._rejects = PartWriter(
            lake.table(name.quarantine).root, attempt.folder, QUARANTINE, required=("_n", "_attempt")
        )

    @property
    def schema(self) -> pa.Schema:
        """The table's columns after the batch: data columns, declared ones that no file had, provenance."""
        present = {f.name for f in self._data}
        declared = [pa.field(n, t) for n, t in self._spec.types.items() if n not in present]
        return pa.schema([*self._data, *declared, *PROVENANCE_FIELDS])

    def take(self, files: Iterable[RawFile]) -> None:
        """Read and stage files; one that cannot be read is set aside."""
        for file in files:
            opened = _Open(file)
            try:
                for parsed in read(file, self._spec):
                    self._add(opened, parsed)
                check_drift(self._spec, opened.schema.names, self._known, file)
                self._grow(opened)
            except UnreadableFile as error:
                self._drop(opened)
                self.set_aside.append(SetAside(_whole(file, 1), str(error)))
                continue
            self._keep(opened)

    def close(self) -> tuple[list[StagedFile], list[StagedFile]]:
        """Finish: the staged parts of accepted records, and those of rejected ones."""
        if self._shared is not None:
            self.accepted += self._shared.close()
            self._shared = None
        return self.accepted, self._rejects.close()

    def _add(self, opened: _Open, parsed: Parsed) -> None:
        rows = parsed.accepted
        opened.accepted += rows.num_rows
        opened.rejects += parsed.rejects
        if rows.num_rows:
            opened.number_sum += pc.sum(rows.column("_record_no")).as_py()
        data = pa.schema([f for f in rows.schema if f.name not in PROVENANCE])
        try:
            opened.schema = pa.unify_schemas([opened.schema, data])
        except pa.ArrowInvalid as error:
            raise UnreadableFile(f"changes its columns half-way: {error}", place=opened.file.path) from error
        opened.waiting.append(rows)
        opened.waiting_bytes += rows.nbytes
        if opened.waiting_bytes > _BUFFER_BYTES:  # a large file has parts of its own, which can be dropped
            if opened.own is None or opened.own.schema != _with_provenance(opened.schema):
                self._finish_own(opened)
                self._parts += 1
                folder = f"{self._attempt.folder}/file-{self._parts:05}"
                opened.own = PartWriter(
                    self._root, folder, _with_provenance(opened.schema), required=PROVENANCE
                )
            self._write(opened.own, opened)

    def _grow(self, opened: _Open) -> None:
        """Add the file's new columns to the table's; refuse it if a type is another."""
        have = {f.name: f.type for f in self._data}
        for field_ in opened.schema:
            if field_.name in have and have[field_.name] != field_.type:
                raise UnreadableFile(
                    f"column {field_.name!r} is {field_.type}, and was {have[field_.name]}",
                    place=opened.file.path,
                    hint="declare its type under `columns`, or rebuild with --full-refresh",
                )
        self._data += [f for f in opened.schema if f.name not in have]

    def _keep(self, opened: _Open) -> None:
        file, rejected = opened.file, len(opened.rejects)
        delivered = opened.accepted + rejected
        numbers = opened.number_sum + sum(r.record_no for r in opened.rejects)
        if numbers != delivered * (delivered + 1) // 2:
            raise CandidateRefused(
                f"{file.path} was read with gaps: the numbers of {opened.accepted} accepted and {rejected}"
                " rejected records do not count up from 1",
                place=str(self._name),
                hint="this is a fault of the parser; please report it with the file",
            )
        if opened.own is not None:
            self._write(opened.own, opened)
            self._finish_own(opened)
        elif opened.waiting:
            schema = pa.schema([*self._data, *PROVENANCE_FIELDS])
            if self._shared is None or self._shared.schema != schema:
                self.accepted += self._shared.close() if self._shared else []
                self._parts += 1
                folder = f"{self._attempt.folder}/files-{self._parts:05}"
                self._shared = PartWriter(self._root, folder, schema, required=PROVENANCE)
            self._write(self._shared, opened)
        for start in range(0, rejected, 10_000):
            self._rejects.write(self._quarantined(file, opened.rejects[start : start + 10_000]))
        counts = FileCounts(
            file_id=file.file_id,
            path=file.path,
            delivered=delivered,
            accepted=opened.accepted,
            quarantined=rejected,
            size=file.size,
            modified_ns=file.modified_ns,
        )
        self.counts.append(counts)

    def _write(self, writer: PartWriter, opened: _Open) -> None:
        for batch in opened.waiting:
            writer.write(self._complete(batch, writer.schema, opened.file))
        opened.waiting, opened.waiting_bytes = [], 0

    def _complete(self, batch: pa.RecordBatch, schema: pa.Schema, file: RawFile) -> pa.RecordBatch:
        constants = {
            "_file_id": pa.scalar(file.file_id),
            "_batch_id": pa.scalar(self._attempt.batch, pa.int64()),
            "_ingested_at": self._moment,
        }
        columns: list[pa.Array] = []
        for column in schema:
            if column.name in constants:
                columns.append(pa.repeat(constants[column.name], batch.num_rows))
            elif column.name in batch.schema.names:
                columns.append(batch.column(column.name))
            else:
                columns.append(pa.nulls(batch.num_rows, column.type))
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _quarantined(self, file: RawFile, rejects: list[Reject]) -> pa.RecordBatch:
        texts = [_as_text(reject.raw) for reject in rejects]
        count = len(rejects)
        columns = {
            "_file_id": [file.file_id] * count,
            "_record_no": [r.record_no for r in rejects],
            "_batch_id": [self._attempt.batch] * count,
            "_ingested_at": [self._moment.as_py()] * count,
            "reasons": [[r.check] for r in rejects],
            "message": [r.message for r in rejects],
            "raw": [text for text, _ in texts],
            "raw_bytes": [r.raw if not exact else None for r, (_, exact) in zip(rejects, texts, strict=True)],
            "_n": [self._attempt.batch] * count,
            "_attempt": [self._attempt.id] * count,
            "quarantined_at": [self._moment.as_py()] * count,
        }
        return pa.RecordBatch.from_pydict(columns, schema=QUARANTINE)

    def _drop(self, opened: _Open) -> None:
        self._finish_own(opened, keep=False)

    def _finish_own(self, opened: _Open, *, keep: bool = True) -> None:
        if opened.own is None:
            return
        parts = opened.own.close()
        if keep:
            self.accepted += parts
        else:
            for part in parts:
                Path(self._root, part.path).unlink(missing_ok=True)
        opened.own = None


def _with_provenance(data: pa.Schema) -> pa.Schema:
    return pa.schema([*data, *PROVENANCE_FIELDS])


def _whole(file: RawFile, records: int) -> FileCounts:
    return FileCounts(file.file_id, file.path, records, 0, 0, records, file.size, file.modified_ns)


def _as_text(raw: bytes) -> tuple[str, bool]:
    """The record as text, and whether that is exact; bytes that are no UTF-8 show as hexadecimal escapes."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), False
