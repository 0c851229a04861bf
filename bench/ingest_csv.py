"""A dirty CSV file to one typed Parquet file with provenance columns, by Clearwell's parser and two peers.

The file is the sample's flights, repeated, with ragged records and texts in a number's place. DuckDB
keeps what it cannot take in its reject table. pyarrow alone cannot keep a bad record of either kind, so
it reads the file without them: it is the floor, not a peer. All write Snappy and the same rows; imports,
and a first run on a small file, are not counted. Left out: the file's hash, the commit, the quarantine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from bench.measure import Comparison, compare_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["compare"]

LIMIT = 2.0
ROWS = 400_000
_RAGGED_EVERY, _MISTYPED_EVERY = 4_000, 5_000
_PROJECT = Path(__file__).parent.parent
_FILE_ID, _BATCH, _NOW = "0" * 32, 1, datetime(2026, 1, 1, tzinfo=UTC)
_TEXTS = {"carrier", "tailnum", "origin", "dest"}

Counts = tuple[int, int]  # records accepted, and rejected


def compare(repeats: int) -> Comparison:
    """CPU seconds of the three, each run in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="clearwell-bench-") as folder:
        bad = make_file(Path(folder) / "dirty.csv", ROWS, dirty=True)
        make_file(Path(folder) / "clean.csv", ROWS, dirty=False)
        counts: dict[str, list[Counts]] = {}
        runs = {name: _in_process(name, Path(folder), counts) for name in VARIANTS}
        seconds = compare_in_turn(runs, repeats)
    want = {"pyarrow": (ROWS - bad, 0), "duckdb": (ROWS - bad, bad), "clearwell": (ROWS - bad, bad)}
    for name, found in counts.items():
        if set(found) != {want[name]}:
            raise RuntimeError(f"{name} counted {found}, not {want[name]} rows accepted and rejected")
    return Comparison(
        claim=f"Clearwell's parser takes at most {LIMIT:.0f} times DuckDB's CPU, and keeps every bad record",
        holds=lambda medians: medians["clearwell"] <= LIMIT * medians["duckdb"],
        reference="duckdb",
        seconds=seconds,
        facts=[f"{ROWS:,} records, {bad} of them bad: accepted and rejected as they should be by all"],
    )


def make_file(file: Path, rows: int, *, dirty: bool) -> int:
    """Write the flights of the sample, ``rows`` of them; returns how many of those are bad.

    A file that is not ``dirty`` has the good ones alone.
    """
    header, *lines = (_PROJECT / "sample_data/flights/2013-02-08_2013-02-14.csv").read_text().splitlines()
    bad = 0
    with file.open("w") as out:
        out.write(f"{header}\n")
        for number in range(1, rows + 1):
            line = lines[number % len(lines)]
            if number % _RAGGED_EVERY == 0:
                line = line.rsplit(",", 3)[0]
            elif number % _MISTYPED_EVERY == 0:
                line = line.replace("2013,", "soon,", 1)
            else:
                out.write(f"{line}\n")
                continue
            bad += 1
            if dirty:
                out.write(f"{line}\n")
    return bad


def ingest_by_clearwell(file: Path, out: Path) -> Counts:
    """Accepted and rejected records, by Clearwell's own reader of CSV."""
    from clearwell.sources import RawFile, SourceSpec, read

    kinds = _kinds(file, number="int", text="string", moment="timestamp")
    spec = SourceSpec(path=file.name, nulls=("NA",), columns=kinds)
    found = file.stat()
    raw = RawFile(file.name, file, _FILE_ID, found.st_size, found.st_mtime_ns)
    rejected = 0

    def accepted() -> Iterable[pa.RecordBatch]:
        nonlocal rejected
        for part in read(raw, spec):
            rejected += len(part.rejects)
            yield part.accepted

    return _write(accepted(), out), rejected


def ingest_by_duckdb(file: Path, out: Path) -> Counts:
    """Accepted and rejected records, by DuckDB's reader with its reject table."""
    import duckdb

    kinds = _kinds(file, number="INTEGER", text="VARCHAR", moment="TIMESTAMPTZ")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        f"""COPY (
            SELECT *, '{_FILE_ID}' AS _file_id, {_BATCH}::BIGINT AS _batch_id,
                   TIMESTAMPTZ '{_NOW}' AS _ingested_at
            FROM read_csv('{file}', auto_detect = false, header = true, delim = ',', quote = '"',
                          nullstr = 'NA', columns = {kinds}, store_rejects = true, ignore_errors = true)
        ) TO '{out}' (FORMAT parquet, COMPRESSION snappy)"""
    )
    rejected = connection.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()[0][0]
    return pq.read_metadata(out).num_rows, rejected


def ingest_by_pyarrow(file: Path, out: Path) -> Counts:
    """Accepted records of the file without its bad ones, by pyarrow alone."""
    clean = file.with_name(file.name.replace("dirty", "clean"))
    kinds = _kinds(clean, number=pa.int32(), text=pa.string(), moment=pa.timestamp("us", "UTC"))
    options = csv.ConvertOptions(column_types=kinds, null_values=["NA"], strings_can_be_null=True)
    return _write(csv.open_csv(clean, convert_options=options), out), 0


VARIANTS: dict[str, Callable[[Path, Path], Counts]] = {
    "duckdb": ingest_by_duckdb,
    "clearwell": ingest_by_clearwell,
    "pyarrow": ingest_by_pyarrow,
}


def _write(batches: Iterable[pa.RecordBatch], out: Path) -> int:
    """Write the batches with the provenance columns; returns their rows."""
    writer: Any = None
    rows = 0
    constants = {
        "_file_id": pa.scalar(_FILE_ID),
        "_batch_id": pa.scalar(_BATCH, pa.int64()),
        "_ingested_at": pa.scalar(_NOW, pa.timestamp("us", "UTC")),
    }
    for batch in batches:
        table = pa.table(batch)
        for name, value in constants.items():
            table = table.append_column(name, pa.repeat(value, len(table)))
        writer = writer or pq.ParquetWriter(out, table.schema, compression="snappy")
        writer.write_table(table)
        rows += len(table)
    if writer:
        writer.close()
    return rows


def _kinds(file: Path, *, number: Any, text: Any, moment: Any) -> dict[str, Any]:
    """The type of each column of the header, in the words of whoever reads the file."""
    with file.open() as lines:
        names = lines.readline().strip().split(",")
    return dict.fromkeys(names, number) | dict.fromkeys(_TEXTS, text) | {"time_hour": moment}


def _in_process(name: str, folder: Path, counts: dict[str, list[Counts]]) -> Callable[[], float]:
    def run() -> float:
        command = [sys.executable, "-m", "bench.ingest_csv", name, str(folder)]
        environment = os.environ | {"PYTHONPATH": str(_PROJECT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name} failed:\n{done.stderr[-2000:]}")
        seconds, accepted, rejected = json.loads(done.stdout)
        counts.setdefault(name, []).append((accepted, rejected))
        return seconds

    return run


def _one_run(name: str, folder: Path) -> None:
    small = folder / f"small-{name}"
    small.mkdir(exist_ok=True)
    for kind in ("dirty", "clean"):
        make_file(small / f"{kind}.csv", 5_000, dirty=kind == "dirty")
    VARIANTS[name](small / "dirty.csv", small / "out.parquet")
    before = time.process_time()  # of all threads: the engines are libraries of this process
    accepted, rejected = VARIANTS[name](folder / "dirty.csv", folder / f"{name}.parquet")
    print(json.dumps([time.process_time() - before, accepted, rejected]))


if __name__ == "__main__":
    _one_run(sys.argv[1], Path(sys.argv[2]))
