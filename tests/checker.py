"""An independent judge of a lake: counts raw files with Python's csv and json, tables with DuckDB.

It imports no Clearwell. It replays Delta's log itself and asks the books of a table, at any version, to
balance: each delivered record is in exactly one place, accepted, quarantined or blocked.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RawCounts = dict[str, int]


@dataclass
class Log:
    """What a Delta log says at a version: live files, application transactions."""

    root: Path
    files: list[Path] = field(default_factory=list)
    transactions: dict[str, int] = field(default_factory=dict)

    @property
    def batch(self) -> int:
        return self.transactions.get("clearwell", 0)

    @property
    def generation(self) -> int:
        return self.transactions.get("clearwell.generation", 0)


def replay(root: Path, version: int | None = None) -> Log:
    """The state of the Delta table at ``root`` after ``version`` (default: the newest)."""
    log = Log(root)
    live: dict[str, None] = {}
    for entry in sorted((root / "_delta_log").glob("*.json")):
        if version is not None and int(entry.stem) > version:
            break
        for line in entry.read_text().splitlines():
            action = json.loads(line)
            if add := action.get("add"):
                live[add["path"]] = None
            elif remove := action.get("remove"):
                live.pop(remove["path"], None)
            elif txn := action.get("txn"):
                log.transactions[txn["appId"]] = txn["version"]
    log.files = [root / path for path in live]
    return log


def newest_version(root: Path) -> int:
    """The number of the newest commit, -1 without one."""
    return max((int(entry.stem) for entry in (root / "_delta_log").glob("*.json")), default=-1)


def query(files: Iterable[Path], sql: str) -> list[tuple]:
    """Rows of ``sql`` over the Parquet files, which it calls ``t``; none when there are no files."""
    names = [str(f) for f in files]
    if not names:
        return []
    with _database().cursor() as con:
        relation = f"read_parquet({names!r}, hive_partitioning=false, union_by_name=true)"
        return con.execute(f"WITH t AS (SELECT * FROM {relation}) {sql}").fetchall()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for the process: to open one takes eight times the CPU of such a query."""
    database = duckdb.connect()
    database.execute("SET GLOBAL TimeZone='UTC'")
    return database


def file_id(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def count_csv(path: Path) -> int:
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as text:
        return max(0, sum(1 for row in csv.reader(text) if row) - 1)


def count_jsonl(path: Path) -> int:
    return sum(1 for line in path.read_bytes().split(b"\n") if line.strip())


def delivered(folder: Path) -> RawCounts:
    """Records in each raw file of a folder, by content: a file and its copy count once."""
    counts: RawCounts = {}
    for path in sorted(folder.iterdir()):
        counter = {".csv": count_csv, ".jsonl": count_jsonl}.get(path.suffix)
        if counter:
            counts[file_id(path)] = counter(path)
    return counts


def accepted(root: Path, version: int | None = None) -> RawCounts:
    """Live rows of each raw file; raises AssertionError when a record is there twice."""
    rows = query(
        replay(root, version).files,
        "SELECT _file_id, count(*), count(DISTINCT _record_no) FROM t GROUP BY 1",
    )
    for identity, count, distinct in rows:
        assert count == distinct, (
            f"{root}: records of {identity} are there twice ({count} rows, {distinct} records)"
        )
    return {identity: count for identity, count, _ in rows}


def quarantined(lake: Path, zone: str, name: str, version: int | None = None) -> RawCounts:
    """Rejected rows of each raw file that count for the table at this version.

    Those of a file do not that the books say was taken back since.
    """
    log, table = replay(lake / zone / name, version), f"{zone}_{name}"
    back = _counting(lake, table, log, "files", "max(CASE WHEN retracted THEN _n END)")
    until = ", ".join(f"('{identity}', {n})" for identity, n in back.items())
    still = f" AND NOT EXISTS (FROM (VALUES {until}) b(i, n) WHERE i = _file_id AND _n < n)" if back else ""
    return _counting(lake, table, log, "quarantine", "count(*)", still)


def recorded(lake: Path, zone: str, name: str, version: int | None = None) -> RawCounts:
    """What the table's own books say that each raw file delivered, at this version."""
    log = replay(lake / zone / name, version)
    return _counting(lake, f"{zone}_{name}", log, "files", "sum(delivered)")


def _counting(lake: Path, table: str, log: Log, zone: str, measure: str, more: str = "") -> RawCounts:
    voids = [int(f.stem) for f in (lake / "control" / "intents" / table).glob("*.void")] + [-1]
    files = replay(lake / zone / table).files if (lake / zone / table).is_dir() else []
    if "retracted" in measure and "retracted" not in _columns(files):
        return {}
    rows = query(
        files,
        f"SELECT _file_id, {measure} FROM t WHERE _n BETWEEN {log.generation} AND {log.batch} "
        f"AND _n NOT IN ({', '.join(map(str, voids))}){more} GROUP BY 1",
    )
    return {identity: int(count) for identity, count in rows if count is not None}


def _columns(files: Iterable[Path]) -> set[str]:
    return {name for name, *_ in query(files, "SELECT column_name FROM (DESCRIBE t)")}


def blocked(lake: Path, table: str) -> RawCounts:
    """Records of files that are kept out of a table as it is now."""
    zone, _, name = table.partition("_")
    batch = replay(lake / zone / name).batch if (lake / zone / name).is_dir() else 0
    counts: RawCounts = {}
    for file in (lake / "control" / "blocked" / table).glob("*.json"):
        record = json.loads(file.read_text())
        if record["batch"] == batch + 1:
            counts.update({f["file_id"]: f["blocked"] for f in record["files"]})
    return counts


def assert_bronze_balances(lake: Path, name: str, raw: Path, *, older_versions: bool = True) -> None:
    """delivered = accepted + quarantined + blocked for every raw file, and at every version for the books.

    ``older_versions=False``: maintenance has removed files of versions before the newest.
    """
    root = lake / "bronze" / name
    taken, rejected, kept_out = (
        accepted(root),
        quarantined(lake, "bronze", name),
        blocked(lake, f"bronze_{name}"),
    )
    for identity, count in delivered(raw).items():
        found = taken.get(identity, 0) + rejected.get(identity, 0) + kept_out.get(identity, 0)
        assert count == found, f"{identity}: {count} delivered, {found} found"
    if older_versions:
        assert_every_version_balances(lake, "bronze", name)


def assert_every_version_balances(lake: Path, zone: str, name: str) -> None:
    """At each version that a reader can see: recorded as delivered = accepted + quarantined."""
    for version in range(newest_version(lake / zone / name) + 1):
        said = recorded(lake, zone, name, version)
        taken = accepted(lake / zone / name, version)
        rejected = quarantined(lake, zone, name, version)
        for identity in said.keys() | taken.keys() | rejected.keys():
            found = taken.get(identity, 0) + rejected.get(identity, 0)
            assert said.get(identity, 0) == found, (
                f"{zone}_{name} at {version}: {identity}: {said.get(identity, 0)} delivered, {found} found"
            )
