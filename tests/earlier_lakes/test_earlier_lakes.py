"""Lakes that earlier versions wrote: read, run, verified and upgraded, for ever. ``make.py`` made them."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearwell.datasets import open_dataset
from clearwell.names import TableName, Zone
from clearwell.tables import Lake, files_of, find_damage, pending_upgrades, quarantine_of
from tests.checker import assert_bronze_balances, query, replay
from tests.earlier_lakes.make import deliver, project
from tests.services.command import Ended, run_command

if TYPE_CHECKING:
    from clearwell.tables import Snapshot

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COMMITS = sorted(file.name.removesuffix(".tar.gz") for file in HERE.glob("*.tar.gz"))

pytestmark = pytest.mark.slow


@pytest.fixture(params=COMMITS)
def then(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The project with its raw files, and the lake that the version of that commit made of them."""
    root = tmp_path / "earlier"
    project(root)
    for name in ("a.csv", "b.csv"):
        deliver(root, name)
    with tarfile.open(HERE / f"{request.param}.tar.gz") as archive:
        archive.extractall(root, filter="data")
    return root


def clearwell(root: Path, *arguments: str) -> Ended:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(root / "dagster_home")}
    ended = run_command(arguments, cwd=root, environment=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended


def orders(root: Path) -> list[tuple]:
    files = replay(root / "lake" / "silver" / "orders").files
    return query(files, "SELECT order_id, amount FROM t ORDER BY 1")


def snapshots(root: Path) -> dict[TableName, Snapshot]:
    found, unreadable = Lake(root / "lake").snapshots()
    assert unreadable == {}
    return found


def test_there_are_some() -> None:
    assert len(COMMITS) >= 4


def test_it_is_read_as_it_is(then: Path) -> None:
    lake = Lake(then / "lake")
    bronze = lake.existing("bronze_orders")
    assert [(f.path, f.delivered, f.quarantined) for f in files_of(lake, bronze)] == [
        ("raw/a.csv", 4, 1),
        ("raw/b.csv", 3, 1),
    ]
    refused = {
        table: sum(batch.num_rows for batch in quarantine_of(lake, lake.existing(table)))
        for table in ("bronze_orders", "silver_orders")
    }
    assert refused == {"bronze_orders": 2, "silver_orders": 1}
    assert orders(then) == [(1, 1.5), (3, 33.5), (4, 4.5)]
    dataset = open_dataset("daily", lake=then / "lake")
    dataset.verify()
    assert [find_damage(lake, name) for name in snapshots(then)] == [None] * len(snapshots(then))
    shown = json.loads(clearwell(then, "tables", "--json").stdout)
    assert {row["name"] for row in shown} >= {"bronze_orders", "silver_orders", "gold_days"}


@pytest.mark.variants
def test_it_goes_on(then: Path) -> None:
    """A run finds nothing new in the raw files; a later file is merged; and again nothing is new."""
    for name, expected in (
        (None, [(1, 1.5), (3, 33.5), (4, 4.5)]),
        ("c.csv", [(1, 1.5), (3, 33.5), (4, 44.5), (5, 5.5)]),
    ):
        if name:
            deliver(then, name)
        clearwell(then, "run")
        assert orders(then) == expected
        assert_bronze_balances(then / "lake", "orders", then / "raw", older_versions=False)
        versions = {name: snapshot.version for name, snapshot in snapshots(then).items()}
        clearwell(then, "run")
        assert {name: snapshot.version for name, snapshot in snapshots(then).items()} == versions
    assert clearwell(then, "trace", "silver_orders", "--key", "order_id=4").stdout.count("c.csv")
    clearwell(then, "maintain")


def test_its_release_is_made_again(then: Path) -> None:
    clearwell(then, "verify", "daily", "--with-present-code")


def test_it_is_upgraded_once_and_no_row_changes(then: Path) -> None:
    before = {name: snapshot.rows for name, snapshot in snapshots(then).items()}
    said = clearwell(then, "upgrade", "--dry-run").stdout
    assert "bronze_orders: say in its log which batches have rows in files and quarantine" in said
    assert "upgrades to do" in said
    assert pending_upgrades(Lake(then / "lake"))
    clearwell(then, "upgrade")
    assert pending_upgrades(Lake(then / "lake")) == []
    assert clearwell(then, "upgrade").stdout == "the lake is up to date\n"
    found = snapshots(then)
    assert {name: snapshot.rows for name, snapshot in found.items()} == before
    bronze = found[TableName.parse("bronze_orders")]
    assert {zone: bronze.recorded_until(zone) for zone in (Zone.FILES, Zone.QUARANTINE)} == {
        Zone.FILES: 2,
        Zone.QUARANTINE: 2,
    }
    deliver(then, "c.csv")
    clearwell(then, "run")
    assert orders(then) == [(1, 1.5), (3, 33.5), (4, 44.5), (5, 5.5)]
    assert_bronze_balances(then / "lake", "orders", then / "raw", older_versions=False)
