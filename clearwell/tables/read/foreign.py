"""Tables with another writer's Delta features: read correctly by the current engine, or refused.

Files that Clearwell staged may be given to any engine. Files of other writers are read in one of three ways:

    as it is         the files show everything, and the engine reads them correctly
    by Delta         deletion vectors, partitions, renamed columns: Spark's own reader supports them
    as a copy        for the embedded engine: the rows as our reader reads them, without the statistics from
                     which that engine returns wrong values, in its own scratch folder

Column mapping, and features that Clearwell does not know, only Spark reads.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow.parquet as pq

from clearwell.engines import Capability
from clearwell.engines.files.statistics import misleading_columns
from clearwell.errors import TableError
from clearwell.stores import parquet_metadata
from clearwell.tables.read.datafiles import aligned_batches
from clearwell.tables.read.stats import is_safe, safe_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.names import TableName
    from clearwell.tables.read.datafiles import LiveFile
    from clearwell.tables.read.features import Features

__all__ = ["Version", "read_files", "require_readable", "with_misleading_statistics"]

_log = logging.getLogger("clearwell")

_PRUNING = "spark.sql.parquet.filterPushdown"


class Version(Protocol):
    """The parts of a snapshot that are needed here."""

    name: TableName
    root: str
    version: int
    features: Features

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        ...


def require_readable(version: Version) -> None:
    """Check that our own reader reads this version correctly; raises TableError that names an engine."""
    if obstacles := version.features.unread:
        raise TableError(
            "only Spark reads it correctly: " + "; ".join(f"{o.feature}: {o.fact}" for o in obstacles),
            place=str(version.name),
            hint="use --engine spark, or remove the feature there: "
            + "; ".join(o.way_back for o in obstacles),
        )


def read_files(engine: Engine, version: Version, files: Sequence[LiveFile]) -> DataFrame:
    """Rows of a version as a frame: those of ``files``, or all of them where Delta's reader is needed.

    Raises:
        TableError: the engine cannot read another writer's features.
    """
    hidden = bool(version.features.unread) or any(not f.is_plain for f in files) or version.features.widened
    if not hidden and all(file.is_ours for file in files):
        return engine.read_parquet([file.absolute for file in files], version.schema)
    session = engine.session()  # only then is the kind of engine known
    if hidden and Capability.DELTA_READER not in engine.lacks:
        return engine.read_delta(version.root, version.version, version.schema)
    require_readable(version)
    misleading = with_misleading_statistics(version, files)
    if misleading and Capability.EXACT_STATISTICS not in engine.lacks:
        with engine.work("distrusting the statistics of other writers"):  # a filter on them loses NaN
            session.conf.set(_PRUNING, "false")
    if Capability.EXACT_STATISTICS in engine.lacks:
        doubtful = {file.absolute for file in misleading}
    else:
        doubtful = set[str]()
    copied = [f for f in files if f.absolute in doubtful or version.features.widened or not f.is_plain]
    there = _copies(engine, version, copied) if copied else {}
    return engine.read_parquet([there.get(f.absolute, f.absolute) for f in files], version.schema)


def with_misleading_statistics(version: Version, files: Sequence[LiveFile]) -> list[LiveFile]:
    """The files of other writers with statistics from which the embedded engine returns wrong values."""
    if all(is_safe(field.type) for field in version.schema):
        return []
    foreign = [file for file in files if not file.is_ours]
    return [file for file in foreign if misleading_columns(parquet_metadata(file.absolute))]


def _copies(engine: Engine, version: Version, files: Sequence[LiveFile]) -> dict[str, str]:
    """Copies of files as our reader reads them, in the engine's scratch folder, by absolute path."""
    folder = engine.scratch
    if folder is None:
        raise TableError(
            f"other writers wrote {len(files)} of its files in a form that engine {engine.name} reads wrong",
            place=str(version.name),
            hint="use --engine spark, or --engine embedded, which copies them first",
        )
    total = sum(file.size for file in files)
    there: dict[str, str] = {}
    made = 0
    for file in files:
        target = Path(folder, "foreign", f"{_digest(version, file)}.parquet")
        there[file.absolute] = str(target)
        if not target.is_file():
            _copy(version, file, target)
            made += 1
    if made:
        _log.info("%s: copied %d files of other writers (%d bytes) to read them", version.name, made, total)
    return there


def _copy(version: Version, file: LiveFile, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".part")
    try:
        with pq.ParquetWriter(
            unfinished, version.schema, write_statistics=safe_columns(version.schema) or False
        ) as writer:
            for batch in aligned_batches([file], version.schema):
                writer.write_batch(batch)
        os.replace(unfinished, target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise TableError(
            f"a file of other writers cannot be copied: {error.strerror or error}",
            place=file.absolute,
            hint="free disk space at TMPDIR, or use --engine spark",
        ) from error


def _digest(version: Version, file: LiveFile) -> str:
    """A name for the copy's content: a file's rows may be deleted, and its table's columns change."""
    gone = (
        "" if file.kept is None else hashlib.sha256(bytes(file.kept.cast("uint8").buffers()[1])).hexdigest()
    )
    parts = (file.absolute, str(file.size), gone, str(len(file.kept or ())), str(version.schema))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
