"""Stage the contents of raw files: accepted records under bronze's root, rejected under its quarantine's.

A file is ingested completely or not at all. One that proves unreadable half-way leaves nothing behind and is
set aside with its reason; the others continue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.errors import CandidateRefused
from clearwell.flow.landing.result import Landed, SetAside
from clearwell.flow.landing.rows import PROVENANCE_FIELDS, bronze_rows, rejected_rows
from clearwell.model import FileCounts
from clearwell.names import PROVENANCE
from clearwell.sources import UnreadableFile, check_drift, read
from clearwell.tables import QUARANTINE, PartWriter, StagedFile, untold_in
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.flow.landing.result import Delivery, Share, Target
    from clearwell.sources import Parsed, RawFile, Reject
    from clearwell.tables import Lake

__all__ = ["Landing"]

_BUFFER_BYTES = 64 << 20
_MOST_NOTES = 5
"""Of one file: the first of them are enough to find the fault."""


@dataclass
class _Open:
    """The file being read: its parsed records that wait to be written, and its own parts."""

    delivery: Delivery
    waiting: list[pa.RecordBatch] = field(default_factory=list[pa.RecordBatch])
    waiting_bytes: int = 0
    rejects: list[Reject] = field(default_factory=list["Reject"])
    rejects_bytes: int = 0
    accepted: int = 0
    rejected: int = 0
    number_sum: int = 0
    notes: list[str] = field(default_factory=list[str])
    schema: pa.Schema = field(default_factory=lambda: pa.schema([]))
    writer: PartWriter | None = None
    rejects_writer: PartWriter | None = None
    parts: list[StagedFile] = field(default_factory=list[StagedFile])

    @property
    def file(self) -> RawFile:
        return self.delivery.file


class Landing:
    """Stages raw files as one attempt at one bronze batch.

    ``schema`` starts as the table's columns (None: no table yet) and grows with new columns.

    Args:
        lake: Where the parts are written.
        target: The batch that they belong to.
        part: A subfolder of the attempt's, for several processes that stage parts of one attempt.
    """

    def __init__(self, lake: Lake, target: Target, *, part: str | None = None) -> None:
        self._counts: list[FileCounts] = []
        self._notes: list[str] = []
        self._set_aside: list[SetAside] = []
        self._accepted: list[StagedFile] = []
        self._lake = lake
        self._target = target
        self._source = target.source
        self._root = lake.table(target.name).root
        self._folder = f"{target.attempt.folder}/{part}" if part else target.attempt.folder
        self._exists = target.table_schema is not None
        self._named: list[tuple[str, ...]] = []
        self._data = [f for f in target.table_schema or () if f.name not in PROVENANCE]
        self._shared: PartWriter | None = None
        self._parts = 0
        self._rejects_root = lake.table(target.name.quarantine).root
        self._rejects = self._rejects_writer("rejects")
        self._rejected: list[StagedFile] = []

    @property
    def schema(self) -> pa.Schema:
        """The table's columns after the batch: data columns, declared ones that no file had, provenance."""
        present = {f.name for f in self._data}
        declared = [pa.field(n, t) for n, t in self._source.types.items() if n not in present]
        return pa.schema([*self._data, *declared, *PROVENANCE_FIELDS])

    @property
    def _known(self) -> list[str] | None:
        """The columns that a file is compared with: those after all files before it, also of this batch."""
        return self.schema.names if self._exists or self._counts else None

    def take(self, files: Iterable[Delivery]) -> None:
        """Read and stage files; one that cannot be read is set aside."""
        for delivery in files:
            opened, file = _Open(delivery), delivery.file
            try:
                for parsed in read(file, self._source):
                    self._add(opened, parsed)
                check_drift(self._source, opened.schema.names, self._known, file.path)
                self._grow(opened)
            except UnreadableFile as error:
                self._drop(opened)
                why = error.own_text if self._target.untold else str(error)  # it is kept, and told
                self._set_aside.append(SetAside(_whole(file), why))
                continue
            self._keep(opened)

    def collect(self, shares: Iterable[Share]) -> None:
        """Accept what workers staged, in the order of the files, and read the unread files.

        A share that a worker would have read otherwise after the files before it, because of their columns,
        is discarded and read here, one file after another, to find which of them have to be set aside.
        """
        for share in shares:
            if share.landed is not None and self._adopt(share.landed):
                continue
            if share.landed is not None:
                self._delete(share.landed.accepted, share.landed.rejected)
            self.take(share.files)

    def close(self) -> Landed:
        """Finish the open parts; returns the result of all files."""
        if self._shared is not None:
            self._accepted += self._shared.close()
            self._shared = None
        return Landed(
            columns=pa.schema(self._data),
            named=tuple(self._named),
            counts=tuple(self._counts),
            set_aside=tuple(self._set_aside),
            accepted=tuple(self._accepted),
            rejected=(*self._rejected, *self._rejects.close()),
            notes=tuple(self._notes),
        )

    def _adopt(self, landed: Landed) -> bool:
        """Accept the result of another landing of the attempt; False if its columns do not follow ours."""
        have = {f.name: f.type for f in self._data}
        if any(have.get(f.name, f.type) != f.type for f in landed.columns):
            return False
        if landed.set_aside and self._source.rejects_drift:  # perhaps not, with what we know
            return False
        known = self._known
        try:
            for names in landed.named:
                check_drift(self._source, names, known, "")
                known = list(dict.fromkeys([*(known or self.schema.names), *names]))
        except UnreadableFile:
            return False
        self._named += landed.named
        self._data += [f for f in landed.columns if f.name not in have]
        self._counts += landed.counts
        self._set_aside += landed.set_aside
        self._accepted += landed.accepted
        self._rejected += landed.rejected
        self._notes += landed.notes
        return True

    def _delete(self, accepted: Iterable[StagedFile], rejected: Iterable[StagedFile]) -> None:
        """Delete parts of files that cannot be ingested."""
        name, store = self._target.name, self._lake.store
        store.delete(f"{name.path}/{part.path}" for part in accepted)
        store.delete(f"{name.quarantine.path}/{part.path}" for part in rejected)

    def _add(self, opened: _Open, parsed: Parsed) -> None:
        rows = parsed.accepted
        opened.accepted += rows.num_rows
        opened.rejected += len(parsed.rejects)
        opened.rejects += parsed.rejects
        opened.notes += parsed.notes[: _MOST_NOTES - len(opened.notes)]
        opened.rejects_bytes += sum(len(reject.raw) for reject in parsed.rejects)
        opened.number_sum += sum(reject.record_no for reject in parsed.rejects)
        if rows.num_rows:
            opened.number_sum += pc.sum(rows.column("_record_no")).as_py()
        data = pa.schema([f for f in rows.schema if f.name not in PROVENANCE])
        try:
            opened.schema = pa.unify_schemas([opened.schema, data])
        except pa.ArrowInvalid as error:
            raise UnreadableFile(
                f"changes its columns half-way: {error}", place=opened.file.path, quotes=str(error)
            ) from error
        opened.waiting.append(rows)
        opened.waiting_bytes += rows.nbytes
        if opened.waiting_bytes > _BUFFER_BYTES:  # a large file has separate parts, which can be deleted
            schema = pa.schema([*opened.schema, *PROVENANCE_FIELDS])
            if opened.writer is None or opened.writer.schema != schema:
                opened.parts += opened.writer.close() if opened.writer else []
                opened.writer = self._part_writer("file", schema)
            self._write(opened.writer, opened)
        if opened.rejects_bytes > _BUFFER_BYTES:
            self._parts += 1
            opened.rejects_writer = opened.rejects_writer or self._rejects_writer(f"file-{self._parts:05}")
            self._write_rejects(opened.rejects_writer, opened)

    def _grow(self, opened: _Open) -> None:
        """Add the file's new columns to the table's; refuse it if a column's type differs."""
        have = {f.name: f.type for f in self._data}
        for field_ in opened.schema:
            if field_.name in have and have[field_.name] != field_.type:
                now, before = type_name(field_.type), type_name(have[field_.name])
                raise UnreadableFile(
                    f"column {field_.name!r} is {now}, and was {before}",
                    place=opened.file.path,
                    hint="declare its type under `columns`, or rebuild with --full-refresh",
                )
        self._data += [f for f in opened.schema if f.name not in have]

    def _keep(self, opened: _Open) -> None:
        file, rejected = opened.file, opened.rejected
        delivered = opened.accepted + rejected
        if opened.number_sum != delivered * (delivered + 1) // 2:
            raise CandidateRefused(
                f"{file.path} was read with gaps: the numbers of {opened.accepted} accepted and {rejected}"
                " rejected records do not count up from 1",
                place=str(self._target.name),
                hint="this is a bug in the parser; please report it with the file",
            )
        if opened.writer is not None:
            self._write(opened.writer, opened)
            self._accepted += [*opened.parts, *opened.writer.close()]
        elif opened.waiting:
            schema = pa.schema([*self._data, *PROVENANCE_FIELDS])
            if self._shared is None or self._shared.schema != schema:
                self._accepted += self._shared.close() if self._shared else []
                self._shared = self._part_writer("files", schema)
            self._write(self._shared, opened)
        if (names := tuple(opened.schema.names)) not in self._named[-1:]:
            self._named.append(names)
        self._write_rejects(opened.rejects_writer or self._rejects, opened)
        self._rejected += opened.rejects_writer.close() if opened.rejects_writer else []
        counts = FileCounts(
            file_id=file.file_id,
            path=file.path,
            delivered=delivered,
            accepted=opened.accepted,
            quarantined=rejected,
            size=file.size,
            modified_ns=file.modified_ns,
            arrival=opened.delivery.arrival,
            batch=opened.delivery.batch,
            ingested_at=opened.delivery.moment.isoformat(),
            inode=file.inode,
            changed_ns=file.changed_ns,
        )
        self._counts.append(counts)
        self._notes += (f"{file.path}: {note}" for note in opened.notes)

    def _write(self, writer: PartWriter, opened: _Open) -> None:
        for batch in opened.waiting:
            writer.write(bronze_rows(batch, writer.schema, opened.delivery))
        opened.waiting, opened.waiting_bytes = [], 0

    def _drop(self, opened: _Open) -> None:
        rows = [*opened.parts, *(opened.writer.close() if opened.writer else ())]
        self._delete(rows, opened.rejects_writer.close() if opened.rejects_writer else ())

    def _part_writer(self, kind: str, schema: pa.Schema) -> PartWriter:
        self._parts += 1
        folder = f"{self._folder}/{kind}-{self._parts:05}"
        return PartWriter(self._root, folder, schema, required=PROVENANCE, untold=self._target.untold)

    def _rejects_writer(self, folder: str) -> PartWriter:
        required, untold = ("_n", "_attempt"), untold_in(self._target.name.quarantine)
        path = f"{self._folder}/{folder}"
        return PartWriter(self._rejects_root, path, QUARANTINE, required=required, untold=untold)

    def _write_rejects(self, writer: PartWriter, opened: _Open) -> None:
        for start in range(0, len(opened.rejects), 10_000):
            writer.write(rejected_rows(self._target, opened.delivery, opened.rejects[start : start + 10_000]))
        opened.rejects, opened.rejects_bytes = [], 0


def _whole(file: RawFile) -> FileCounts:
    """A file that cannot be read counts as one excluded record."""
    return FileCounts(file.file_id, file.path, 1, 0, 0, 1, file.size, file.modified_ns)
