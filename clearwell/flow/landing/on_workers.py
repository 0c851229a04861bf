"""Decide where raw files are read: in this process, or on workers of a cluster that see the same folders.

Workers run the same code as this process (``Landing``), each on some of the files in their order, and stage
parts under the same attempt. They report what they staged, and ``Landing.collect`` accepts the reports by the
same rules. So rows and counts do not depend on which process read a file. A task that a cluster runs twice
writes parts with other names; only reported ones count. Files in a plugin's format are read in this process,
because workers may not have the plugin. Refused: workers that do not see the files.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa

from clearwell import errors
from clearwell.errors import ClearwellError, EngineError
from clearwell.flow.landing.result import Delivery, Landed, Share, Target
from clearwell.flow.landing.write import Landing
from clearwell.sources import SourceSpec
from clearwell.tables import Lake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from clearwell.flow.run import Run
    from clearwell.names import TableName
    from clearwell.tables import Attempt

__all__ = ["WorkerLanding", "read_shares"]

_WORTH_BYTES = 64 << 20
"""Less than this is read here faster than a cluster starts."""

_SHARES = 64
_SHARE_BYTES = 16 << 20, 256 << 20
_SHARE_FILES = 2_000

_REPORT = pa.schema([("share", pa.int64()), ("landed", pa.string())])


def read_shares(run: Run, target: Target, files: Sequence[Delivery]) -> tuple[Share, ...]:
    """The raw files of a batch in shares, in their order.

    The workers have read and staged them if the project is configured so and they can. If not, there is one
    share, which is not read yet.

    Raises:
        EngineError: the workers do not see the files, or the engine fails.
    """
    if not target.source.is_built_in or not _suits(run, files):
        return (Share(tuple(files)),)
    shares, known = _shares(files), target.table_schema
    task = WorkerLanding(
        root=str(run.lake.root),
        places=dict(run.lake.store.places),
        name=target.name,
        attempt=target.attempt,
        source=_plain(target.source),
        table_schema=None if known is None else known.serialize().to_pybytes(),
        moment=target.moment,
        shares=shares,
        untold=target.untold,
    )
    with run.engine.work(f"reading {len(files):,} raw files"):
        numbers = run.engine.session().range(0, len(shares), 1, len(shares))
        rows = numbers.mapInArrow(task, "share bigint, landed string").toArrow().to_pylist()
    reports = {row["share"]: row["landed"] for row in rows}
    if sorted(row["share"] for row in rows) != list(range(len(shares))):
        raise EngineError(
            f"{len(shares)} shares of raw files were sent to workers, but {len(rows)} reports returned",
            hint="run again; nothing was committed",
        )
    return tuple(Share(share, _landed(reports[number])) for number, share in enumerate(shares))


@dataclass(frozen=True)
class WorkerLanding:
    """A function for ``mapInArrow``: numbers of shares to reports of the files staged for them.

    It holds plain values only, because it is sent to the workers.
    """

    root: str
    places: dict[str, str]
    name: TableName
    attempt: Attempt
    source: dict[str, Any]
    table_schema: bytes | None
    moment: datetime
    shares: tuple[tuple[Delivery, ...], ...]
    untold: tuple[str, ...] = ()

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One report for each number."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                try:
                    said = self._land(self.shares[number]).to_json()
                except ClearwellError as error:
                    kind = type(error).__name__
                    said = json.dumps({"error": [kind, error.fact, error.place, error.hint, error.quotes]})
                yield pa.RecordBatch.from_pylist([{"share": number, "landed": said}], _REPORT)

    def _land(self, files: tuple[Delivery, ...]) -> Landed:
        if not any(os.path.exists(delivery.file.absolute) for delivery in files):
            raise EngineError(
                f"the worker {socket.gethostname()} does not see the raw files",
                place=str(files[0].file.absolute),
                hint="make them readable on all workers under that path, or set ingest_on_workers = false",
            )
        schema = self.table_schema
        target = Target(
            self.name,
            self.attempt,
            SourceSpec(**self.source),
            None if schema is None else pa.ipc.read_schema(pa.py_buffer(schema)),
            self.moment,
            self.untold,
        )
        lake = Lake(self.root, places=self.places)
        landing = Landing(lake, target, part=f"task-{uuid4().hex[:12]}")
        landing.take(files)
        return landing.close()


def _suits(run: Run, files: Sequence[Delivery]) -> bool:
    if not run.project.settings.ingest_on_workers or _bytes(files) < _WORTH_BYTES:
        return False
    run.engine.session()  # only now the kind of engine is known
    return getattr(run.engine, "sends_code", False)


def _shares(files: Sequence[Delivery]) -> tuple[tuple[Delivery, ...], ...]:
    """The files in their order, in shares of about the same size."""
    least, most = _SHARE_BYTES
    size = min(max(_bytes(files) // _SHARES, least), most)
    shares: list[list[Delivery]] = []
    filled = size
    for delivery in files:
        if filled >= size or len(shares[-1]) >= _SHARE_FILES:
            shares.append([])
            filled = 0
        shares[-1].append(delivery)
        filled += delivery.file.size
    return tuple(map(tuple, shares))


def _bytes(files: Sequence[Delivery]) -> int:
    return sum(delivery.file.size for delivery in files)


def _landed(report: str) -> Landed:
    """What a worker reported; its error is raised here."""
    said = json.loads(report)
    if "error" not in said:
        return Landed.from_json(report)
    kind, fact, place, hint, quotes = said["error"]
    raise getattr(errors, kind, EngineError)(fact, place=place, hint=hint, quotes=quotes)


def _plain(spec: SourceSpec) -> dict[str, Any]:
    """The arguments that rebuild ``spec``, which holds views that cannot be serialized."""
    given = {f.name: getattr(spec, f.name) for f in fields(spec)}
    return {**given, "columns": dict(spec.columns)}
