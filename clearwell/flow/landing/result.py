"""The input and the result of a landing of raw files: counts, staged parts, files set aside."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from clearwell.model import FileCounts
from clearwell.tables import StagedFile

if TYPE_CHECKING:
    from datetime import datetime

    from clearwell.names import TableName
    from clearwell.sources import RawFile, SourceSpec
    from clearwell.tables import Attempt

__all__ = ["Delivery", "Landed", "SetAside", "Share", "Target"]


@dataclass(frozen=True)
class Delivery:
    """A raw file to read, and what its rows keep when the table is rebuilt.

    Args:
        file: The file.
        arrival: Its number in the order in which the table took its files, from 1.
        batch: The batch that first took it; each row has it as ``_batch_id``.
        moment: When that batch began, in UTC; each row has it as ``_ingested_at``.
    """

    file: RawFile
    arrival: int
    batch: int
    moment: datetime


@dataclass(frozen=True)
class Target:
    """The batch that raw files are staged for.

    Args:
        name: The bronze table.
        attempt: The attempt that the staged parts belong to.
        source: How the files are read.
        table_schema: The table's columns, or None if there is no table yet or it is replaced.
        moment: When the batch began, in UTC.
        untold: The columns of which no file tells bounds: personal ones.
    """

    name: TableName
    attempt: Attempt
    source: SourceSpec
    table_schema: pa.Schema | None
    moment: datetime
    untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetAside:
    """A raw file that was not ingested: its record count, and the reason."""

    counts: FileCounts
    reason: str


@dataclass(frozen=True)
class Landed:
    """The result of some raw files.

    ``columns``: the table's data columns including theirs, in its order; ``named``: the columns of each
    ingested file, equal ones of neighbours once; ``notes``: warnings about accepted rows.
    """

    columns: pa.Schema
    named: tuple[tuple[str, ...], ...]
    counts: tuple[FileCounts, ...]
    set_aside: tuple[SetAside, ...]
    accepted: tuple[StagedFile, ...]
    rejected: tuple[StagedFile, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As a string, to send it from a worker."""
        return json.dumps(
            {
                "columns": base64.b64encode(self.columns.serialize().to_pybytes()).decode(),
                "named": self.named,
                "counts": [asdict(counts) for counts in self.counts],
                "set_aside": [asdict(aside) for aside in self.set_aside],
                "accepted": [asdict(part) for part in self.accepted],
                "rejected": [asdict(part) for part in self.rejected],
                "notes": self.notes,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Landed:
        """The inverse of :meth:`to_json`."""
        said = json.loads(text)
        return cls(
            columns=pa.ipc.read_schema(pa.py_buffer(base64.b64decode(said["columns"]))),
            named=tuple(map(tuple, said["named"])),
            counts=tuple(FileCounts(**counts) for counts in said["counts"]),
            set_aside=tuple(SetAside(FileCounts(**a["counts"]), a["reason"]) for a in said["set_aside"]),
            accepted=tuple(StagedFile(**part) for part in said["accepted"]),
            rejected=tuple(StagedFile(**part) for part in said["rejected"]),
            notes=tuple(said["notes"]),
        )


@dataclass(frozen=True)
class Share:
    """Some raw files, in their order, with the result that a worker staged, or None if they are unread."""

    files: tuple[Delivery, ...]
    landed: Landed | None = None
