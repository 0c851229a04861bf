"""Who owns the bytes: a lake's storage divided by zone and by owner, without remainder.

Each table, release and other entry is in exactly one share, so the shares' bytes add up to the lake's.
Records of a table (its quarantine, its raw files) belong to its owner; entries that are no table and no
release belong to the lake. What several own together is a separate share, because no division is defined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearwell.names import RELEASES, TableName, Zone
from clearwell.reports.measure.storage import CATEGORIES, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clearwell.reports.measure.storage import LakeStorage

__all__ = ["COLOURS", "PARTS", "Owners", "Share", "shares_by_owner", "shares_by_zone"]

PARTS = (*CATEGORIES, "releases", "other")
"""The parts of a share's bytes: categories of a table's files, files of releases, everything else."""

COLOURS = tuple(f"part{number}" for number in range(len(PARTS)))
"""The style sheet's name for the colour of each part."""

_THE_LAKE = "the lake"
_NOT_NAMED = "no owner named"
_UNKNOWN = "not in this project"


@dataclass(frozen=True)
class Owners:
    """The owner of each table and dataset of a project; ``tables`` by full name."""

    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    datasets: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def of_table(self, name: str) -> str:
        """The owner of a table, or of the table that this one is a record of."""
        table = TableName.parse(name)
        if table.zone is Zone.HISTORY:
            return _THE_LAKE
        return _said(self.tables, table.name if table.zone in (Zone.QUARANTINE, Zone.FILES) else name)

    def of_release(self, dataset: str) -> str:
        """The owner of a dataset."""
        return _said(self.datasets, dataset)


@dataclass(frozen=True)
class Share:
    """A part of a lake: how many tables and datasets it has, and its usage by ``PARTS``."""

    name: str
    tables: int
    datasets: int
    parts: Mapping[str, Usage]

    @property
    def total(self) -> Usage:
        """All its files."""
        return sum(self.parts.values(), Usage())


def shares_by_zone(storage: LakeStorage) -> tuple[Share, ...]:
    """The zones in the order of the data flow, then releases, then each other entry of the lake."""
    tables = [(t.name.partition("_")[0], 1, 0, t.usage) for t in storage.tables]
    releases = [(RELEASES, 0, 1, {RELEASES: r.total}) for r in storage.releases]
    return _summed([*tables, *releases, *((name, 0, 0, {"other": u}) for name, u in storage.others.items())])


def shares_by_owner(storage: LakeStorage, owners: Owners) -> tuple[Share, ...]:
    """The owners, the one with the most bytes first."""
    tables = [(owners.of_table(t.name), 1, 0, t.usage) for t in storage.tables]
    releases = [(owners.of_release(r.name), 0, 1, {RELEASES: r.total}) for r in storage.releases]
    others = [(_THE_LAKE, 0, 0, {"other": usage}) for usage in storage.others.values()]
    found = _summed([*tables, *releases, *others])
    return tuple(sorted(found, key=lambda share: (-share.total.bytes, share.name)))


def _summed(entries: Iterable[tuple[str, int, int, Mapping[str, Usage]]]) -> tuple[Share, ...]:
    found: dict[str, Share] = {}
    for name, tables, datasets, usage in entries:
        old = found.get(name) or Share(name, 0, 0, dict.fromkeys(PARTS, Usage()))
        parts = {part: old.parts[part] + usage.get(part, Usage()) for part in PARTS}
        found[name] = Share(name, old.tables + tables, old.datasets + datasets, parts)
    return tuple(found.values())


def _said(owners: Mapping[str, tuple[str, ...]], name: str) -> str:
    if name not in owners:
        return _UNKNOWN
    return ", ".join(sorted(set(owners[name]))) or _NOT_NAMED
