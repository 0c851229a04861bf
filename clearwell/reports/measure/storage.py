"""Where the bytes of a lake are: each file is in one category, and together they equal the listing.

For a Delta table:

    live         in its newest version
    tombstoned   removed by a commit, kept for readers of older versions
    staged       written by an attempt that is still pending: not decided, or not applied yet
    orphan       none of these: left by an attempt that is over
    log          its log and checkpoints

The bytes of live files are from the log, all others from the listing; so the sum equals the listing only if
each live file exists with the right size. If not, that is an error, not a line of the report.
``LAKE/reports`` is excluded: a report cannot include itself.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clearwell.datasets import open_release_store
from clearwell.errors import DatasetError, TableError
from clearwell.names import RELEASES, REPORTS, TableName, Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from clearwell.datasets import ReleaseStore
    from clearwell.tables import Lake, Snapshot

__all__ = ["CATEGORIES", "LakeStorage", "ReleaseStorage", "TableStorage", "Usage", "measure"]

CATEGORIES = ("live", "tombstoned", "staged", "orphan", "log")

_TRIES = 3
_LOG = "_delta_log"
_ATTEMPT = "attempt="


@dataclass(frozen=True)
class Usage:
    """Bytes and files. ``by_part`` are the bytes by part of the lake, such as ``gold``."""

    bytes: int = 0
    files: int = 0
    by_part: Mapping[str, int] = field(default_factory=dict[str, int], compare=False, repr=False)

    def __add__(self, other: Usage) -> Usage:
        held = {part: size + other.by_part.get(part, 0) for part, size in self.by_part.items()}
        return Usage(self.bytes + other.bytes, self.files + other.files, {**other.by_part, **held})


@dataclass(frozen=True)
class TableStorage:
    """A table's folder: ``usage`` by category. ``version`` is None for a table without a commit."""

    name: str
    version: int | None
    rows: int
    usage: Mapping[str, Usage]

    @property
    def total(self) -> Usage:
        """All its files."""
        return sum(self.usage.values(), Usage())


@dataclass(frozen=True)
class ReleaseStorage:
    """A dataset's folder: the current release, earlier ones, and the rest (pointer, unfinished attempts)."""

    name: str
    current_version: int | None
    versions: int
    current: Usage
    earlier: Usage
    rest: Usage

    @property
    def total(self) -> Usage:
        """All its files."""
        return self.current + self.earlier + self.rest


@dataclass(frozen=True)
class LakeStorage:
    """A lake: its tables, its releases, and every other entry at its top, such as ``control``.

    ``snapshots`` are the versions that were measured, for other figures of the same time; ``unreadable`` says
    of the other tables why they have none.
    """

    name: str
    tables: tuple[TableStorage, ...]
    releases: tuple[ReleaseStorage, ...]
    others: Mapping[str, Usage]
    total: Usage
    snapshots: Mapping[TableName, Snapshot] = field(
        default_factory=dict[TableName, "Snapshot"], compare=False, repr=False
    )
    unreadable: Mapping[str, str] = field(default_factory=dict[str, str])

    def category(self, name: str) -> Usage:
        """One category over all tables."""
        return sum((table.usage[name] for table in self.tables), Usage())


def measure(lake: Lake, *, pending: Collection[str] = ()) -> LakeStorage:
    """Every file of ``lake`` in its category.

    Args:
        lake: The lake.
        pending: Ids of the attempts whose staged files may still be needed.

    Raises:
        TableError: the categories do not add up to the listing: a live file is missing or has another
            length than the log says, or a table cannot be read.
    """
    for _ in range(_TRIES - 1):
        try:
            return _measure(lake, pending)
        except TableError:  # a writer may have changed files between the log and the listing: try again
            continue
    return _measure(lake, pending)


def _measure(lake: Lake, pending: Collection[str]) -> LakeStorage:
    snapshots, unreadable = lake.snapshots()
    listing = dict(_listed(lake))
    release_store = open_release_store(lake.store.absolute(RELEASES))
    tables: list[TableStorage] = []
    releases: list[ReleaseStorage] = []
    others: Counter[str] = Counter()
    other_files: Counter[str] = Counter()
    for folder, files in _folders(listing).items():
        zone, _, name = folder.partition("/")
        if name and zone in set(Zone):
            table = TableName(Zone(zone), name)
            if table in unreadable:
                tables.append(_unreadable(str(table), files))
            else:
                tables.append(_table(str(table), snapshots.get(table), files, pending))
        elif name and zone == RELEASES:
            releases.append(_release(release_store, name, files))
        else:
            others[zone] += sum(files.values())
            other_files[zone] += len(files)
    rest = {name: Usage(others[name], other_files[name], {name: others[name]}) for name in sorted(others)}
    for name in snapshots.keys() - {TableName.parse(table.name) for table in tables}:
        raise TableError("its folder no longer exists", place=str(name), hint="run the report again")
    total = Usage(sum(listing.values()), len(listing))
    counted = sum((part.total for part in (*tables, *releases)), sum(rest.values(), Usage()))
    if counted != total:
        raise TableError(
            f"the categories hold {counted.bytes:,} bytes in {counted.files:,} files, "
            f"the listing {total.bytes:,} in {total.files:,}",
            place=lake.address,
            hint="run the report again when nothing else writes to the lake",
        )
    order = {zone.value: number for number, zone in enumerate(Zone)}
    tables.sort(key=lambda table: (order[table.name.partition("_")[0]], table.name))
    releases.sort(key=lambda release: release.name)
    problems = {str(name): error.fact for name, error in unreadable.items()}
    return LakeStorage(lake.root.name, tuple(tables), tuple(releases), rest, counted, snapshots, problems)


def _unreadable(name: str, files: dict[str, int]) -> TableStorage:
    """A table whose log cannot be read: each of its files may be live."""
    zone, size, count = name.partition("_")[0], Counter[str](), Counter[str]()
    for path, length in files.items():
        category = "log" if path.partition("/")[0] == _LOG else "live"
        size[category] += length
        count[category] += 1
    usage = {name: Usage(size[name], count[name], {zone: size[name]}) for name in CATEGORIES}
    return TableStorage(name=name, version=None, rows=0, usage=usage)


def _table(
    name: str, snapshot: Snapshot | None, files: dict[str, int], pending: Collection[str]
) -> TableStorage:
    live = {unquote(file.path): file.size for file in snapshot.files} if snapshot else {}
    _refuse_missing(name, live, files)
    removed = _tombstones(snapshot) if snapshot else frozenset[str]()
    zone, size, count = name.partition("_")[0], Counter[str](), Counter[str]()
    for path, length in files.items():
        category = _category(path, live, removed, pending)
        size[category] += live.get(path, length)
        count[category] += 1
    return TableStorage(
        name=name,
        version=snapshot.version if snapshot else None,
        rows=snapshot.rows if snapshot else 0,
        usage={
            category: Usage(size[category], count[category], {zone: size[category]})
            for category in CATEGORIES
        },
    )


def _category(path: str, live: Collection[str], removed: Collection[str], pending: Collection[str]) -> str:
    top = path.partition("/")[0]
    if top == _LOG:
        return "log"
    if path in live:
        return "live"
    if path in removed:
        return "tombstoned"
    return "staged" if top.startswith(_ATTEMPT) and top.removeprefix(_ATTEMPT) in pending else "orphan"


def _tombstones(snapshot: Snapshot) -> frozenset[str]:
    """The files that the log, or its checkpoint, lists as removed: what a lite VACUUM would delete."""
    return frozenset(snapshot.handle.vacuum(0, dry_run=True, enforce_retention_duration=False))


def _refuse_missing(name: str, live: Mapping[str, int], files: Mapping[str, int]) -> None:
    for path, size in live.items():
        if path not in files:
            raise TableError(
                f"{path} is live but does not exist",
                place=name,
                hint="restore it from a backup, or rebuild the table with --full-refresh",
            )
        if files[path] != size:
            raise TableError(
                f"{path} has {files[path]:,} bytes, but {size:,} in the log",
                place=name,
                hint="restore it from a backup, or rebuild the table with --full-refresh",
            )


def _release(release_store: ReleaseStore, name: str, files: dict[str, int]) -> ReleaseStorage:
    try:
        current = release_store.current(name)
    except DatasetError:
        current = None
    versions = {f"v{version}" for version in release_store.versions(name)}
    parts = {"current": Usage(), "earlier": Usage(), "rest": Usage()}
    for path, size in files.items():
        top = path.partition("/")[0]
        part = "current" if top == f"v{current}" else "earlier" if top in versions else "rest"
        parts[part] += Usage(size, 1, {RELEASES: size})
    return ReleaseStorage(name, current, len(versions), parts["current"], parts["earlier"], parts["rest"])


def _folders(listing: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """The files of each table, each dataset, and each other entry at the top; paths relative to it."""
    found: dict[str, dict[str, int]] = {}
    for path, size in listing.items():
        top, _, below = path.partition("/")
        name, _, rest = below.partition("/")
        if rest and (top in set(Zone) or top == RELEASES):
            found.setdefault(f"{top}/{name}", {})[rest] = size
        else:
            found.setdefault(top, {})[path] = size
    return found


def _listed(lake: Lake) -> Iterable[tuple[str, int]]:
    """Every file of the lake with its size, in all places of its parts."""
    elsewhere = lake.store.places
    yield from _walked(lake.root, without={REPORTS, *elsewhere})
    for part, where in elsewhere.items():
        if lake.store.is_local(part):
            yield from ((f"{part}/{path}", size) for path, size in _walked(Path(where)))
        else:
            yield from ((file.path, file.size) for file in lake.store.list(part))


def _walked(root: Path, *, without: Collection[str] = ()) -> Iterable[tuple[str, int]]:
    """Every file below ``root`` with its size; one that disappears meanwhile is not included."""
    for folder, names, files in os.walk(root):
        if Path(folder) == root:
            names[:] = [name for name in names if name not in without]
        for file in files:
            path = Path(folder, file)
            try:
                yield path.relative_to(root).as_posix(), path.lstat().st_size
            except FileNotFoundError:
                continue
