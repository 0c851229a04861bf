"""Every byte has one owner: as the YAML says, and what nobody is named for is said to be nobody's."""

from __future__ import annotations

import pytest

from clearwell.reports import CATEGORIES, LakeStorage, Owners, ReleaseStorage, TableStorage, Usage
from clearwell.reports.measure.shares import shares_by_owner, shares_by_zone

OWNERS = Owners(
    {"silver_a": ("team:a",), "silver_b": ("team:b", "team:a"), "silver_c": ()}, {"d": ("team:a",)}
)


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        ("silver_a", "team:a"),
        ("quarantine_silver_a", "team:a"),
        ("files_silver_a", "team:a"),
        ("silver_b", "team:a, team:b"),
        ("silver_c", "no owner named"),
        ("gold_left_behind", "not in this project"),
        ("history_builds", "the lake"),
    ],
)
def test_the_owner_of_a_table(table: str, owner: str) -> None:
    assert OWNERS.of_table(table) == owner


def storage() -> LakeStorage:
    names = ("silver_a", "silver_b", "silver_c", "gold_left_behind", "quarantine_silver_a", "history_builds")
    tables = tuple(
        TableStorage(name, 1, 1, {c: Usage(10**n, 1) for c in CATEGORIES}) for n, name in enumerate(names)
    )
    releases = (ReleaseStorage("d", 1, 1, Usage(3, 1), Usage(), Usage()),)
    others = {"control": Usage(5, 2), "note.txt": Usage(1, 1)}
    total = sum((p.total for p in (*tables, *releases)), sum(others.values(), Usage()))
    return LakeStorage("lake", tables, releases, others, total)


def test_shares_leave_nothing_over() -> None:
    found = storage()
    for shares in (shares_by_zone(found), shares_by_owner(found, OWNERS)):
        assert sum((share.total for share in shares), Usage()) == found.total
        assert sum(share.tables for share in shares) == len(found.tables)
        assert sum(share.datasets for share in shares) == 1


def test_zones_come_as_data_flows_and_the_largest_owner_first() -> None:
    zones = [share.name for share in shares_by_zone(storage())]
    assert zones == ["silver", "gold", "quarantine", "history", "releases", "control", "note.txt"]
    owners = {share.name: share.total.bytes for share in shares_by_owner(storage(), OWNERS)}
    assert list(owners.values()) == sorted(owners.values(), reverse=True)
    assert owners["the lake"] == 5 * 100_000 + 6
    assert owners["team:a"] == 5 * 1 + 5 * 10_000 + 3
