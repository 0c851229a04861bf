"""`clearwell verify` says equal or different, and its exit code too; `clearwell fingerprint` says of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.datasets import open_dataset
from clearwell.engines import registry
from clearwell.fingerprint.rows import fingerprint_rows
from clearwell.names import PROVENANCE
from tests.unit.reproduce.verifying import SUITE, change_cell, make_orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.unit.cli.ran import Ran
    from tests.unit.reproduce.verifying import Orders


@pytest.fixture
def orders(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Orders:
    orders = make_orders(tmp_path / "project", engine, suite=True)
    orders.build()
    orders.publish()
    monkeypatch.chdir(orders.root)
    # The engine of the session, and not another process for each command.
    monkeypatch.setattr(registry, "EmbeddedEngine", lambda **_: _Kept(engine))
    return orders


class _Kept:
    """An engine that outlives the block that opened it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Engine:
        return self._engine

    def __exit__(self, *_: object) -> None:
        return


def test_equal_is_told_split_by_split(orders: Orders, clearwell: Callable[..., Ran]) -> None:
    recorded = open_dataset("large_orders", lake=orders.small.lake).manifest
    ran = clearwell("verify", "large_orders")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == ["table", "batches", "rows", "rejected", "counts"]
    assert lines[2].split() == ["silver_orders", "2", "12", "0", "as", "recorded"]
    train, test = recorded.splits
    for split, rows in ((train, 6), (test, 6)):
        told = [split.name, str(rows), split.fingerprint[:16], str(rows), split.fingerprint[:16], "equal"]
        assert told in [line.split() for line in lines]
    assert lines[-1] == f"equal     large_orders v1 {recorded.fingerprint}, rebuilt by embedded"
    assert "silver_orders: building (batch 2 again)" in ran.err


def test_a_difference_is_exit_code_1_and_names_the_split(
    orders: Orders, clearwell: Callable[..., Ran]
) -> None:
    change_cell(orders.bronze_files()[0], "amount", 0, 2.25)
    ran = clearwell("verify", "large_orders@1")
    assert ran.code == 1
    assert ran.out.splitlines()[-1].startswith("different large_orders v1 ")
    assert "different: split 'train' is the first that differs" in ran.err
    found = clearwell("verify", "large_orders", "--version", "v1", "--json")
    assert found.code == 1
    assert [(s["split"], s["equal"]) for s in found.json["splits"]] == [("train", False), ("test", True)]
    assert found.json["differs"].startswith("split 'train'")


@pytest.mark.variants
@pytest.mark.parametrize("arguments", [("large_orders@2",), ("large_orders", "--version", "2")])
def test_a_version_is_named_as_elsewhere(
    orders: Orders, clearwell: Callable[..., Ran], arguments: tuple[str, ...]
) -> None:
    ran = clearwell("verify", *arguments)
    assert ran.code == 1
    assert "large_orders has no version 2" in ran.err
    both = clearwell("verify", "large_orders@1", "--version", "2")
    assert both.code == 2
    assert "large_orders@1 is not version 2" in both.err
    assert clearwell("verify", "large_orders@v1", "--version", "1").code == 0


def test_a_misspelt_release_or_table_gets_the_nearest(orders: Orders, clearwell: Callable[..., Ran]) -> None:
    ran = clearwell("verify", "large_order")
    assert ran.code == 1
    assert "did you mean 'large_orders'?" in ran.err
    ran = clearwell("fingerprint", "silver_order")
    assert ran.code == 1
    assert "did you mean 'silver_orders'?" in ran.err
    assert clearwell("fingerprint", "orders").code == 1


def test_other_code_is_refused_before_anything_is_made(orders: Orders, clearwell: Callable[..., Ran]) -> None:
    orders.small.write_suite(SUITE.replace("max_value: 100", "max_value: 90"))
    ran = clearwell("verify", "large_orders")
    assert ran.code == 1
    assert "has changed since the release: that of silver_orders was" in ran.err
    assert "building" not in ran.err
    ran = clearwell("verify", "large_orders", "--with-present-code")
    assert ran.code == 0
    assert "note      made with the project's current code: that of silver_orders was" in ran.out


def test_a_tables_fingerprint_leaves_out_what_the_clock_tells(
    orders: Orders, clearwell: Callable[..., Ran], tmp_path: Path
) -> None:
    snapshot = orders.lake.existing("silver_orders")
    kept = [name for name in snapshot.schema.names if name not in PROVENANCE[2:]]
    rows = snapshot.to_arrow(kept)
    ran = clearwell("fingerprint", "silver_orders")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "silver_orders  version 2, 12 rows, by embedded",
        fingerprint_rows(pa.schema([snapshot.schema.field(c) for c in kept]), rows.to_batches()),
        "without _batch_id, _ingested_at",
    ]

    other = make_orders(tmp_path / "other", orders.engine, suite=True)  # the same files, at another time
    for path in ("bronze_orders", "silver_orders"):
        mine = clearwell("fingerprint", path, "--json").json
        its = clearwell("fingerprint", path, "--json", "--lake", str(other.small.lake)).json
        assert mine == its
    first = clearwell("fingerprint", "silver_orders", "--version", "1", "--json").json
    assert (first["rows"], first["left_out"]) == (6, ["_batch_id", "_ingested_at"])
    gold = clearwell("fingerprint", "gold_days", "--json").json
    assert gold["left_out"] == []
    assert clearwell("fingerprint", "silver_orders", "--version", "99").code == 1
