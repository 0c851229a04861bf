"""Dagster's pages say where each column comes from: in its description, as metadata, and as a check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.display.events import check_results, check_specs, described
from clearwell.flow.publish import ReleaseResult
from clearwell.lineage import judge_lineage
from clearwell.model import BuildResult, Edge, Outcome

if TYPE_CHECKING:
    from pathlib import Path

KEY = dg.AssetKey("silver_orders")
EDGES = (
    Edge("", "bronze_orders", "day", "FILTER"),
    Edge("amount", "bronze_orders", "amount", "TRANSFORMATION"),
    Edge("note", "bronze_orders", "a", "TRANSFORMATION", blurred=True),
    Edge("one", "", "", "CONSTANT"),
)


def built(*edges: Edge, columns: tuple[str, ...] = ("amount", "note", "one", "old")) -> BuildResult:
    return BuildResult(
        "silver_orders",
        Outcome.BUILT,
        checks=(judge_lineage(edges),),
        columns=tuple((name, "string") for name in columns),
        lineage=edges,
    )


def metadata_of(result: Any, key: dg.AssetKey = KEY) -> dict[str, Any]:
    return dict(described(key, result).metadata or {})


def test_each_column_is_described_by_where_it_comes_from() -> None:
    schema = metadata_of(built(*EDGES))["dagster/column_schema"]
    assert {column.name: column.description for column in schema.columns} == {
        "amount": "from bronze_orders.amount (computed)",
        "note": "from bronze_orders.a (computed, blurred)",
        "one": "from no column",
        "old": None,
    }


def test_what_the_author_says_of_a_column_comes_first() -> None:
    told = {"amount": "Cents.", "old": "Not used any more."}
    schema = (described(KEY, built(*EDGES), told).metadata or {})["dagster/column_schema"]
    assert {column.name: column.description for column in schema.columns} == {
        "amount": "Cents.\n\nfrom bronze_orders.amount (computed)",
        "note": "from bronze_orders.a (computed, blurred)",
        "one": "from no column",
        "old": "Not used any more.",
    }


def test_dagster_keeps_the_direct_edges() -> None:
    kept = metadata_of(built(*EDGES))["dagster/column_lineage"]
    dep = dg.TableColumnDep(asset_key=dg.AssetKey("bronze_orders"), column_name="amount")
    assert list(kept.deps_by_column["amount"]) == [dep]
    assert list(kept.deps_by_column["one"]) == []
    assert set(kept.deps_by_column) == {"amount", "note", "one"}


def test_a_release_has_its_lineage_too(tmp_path: Path) -> None:
    edges = (Edge("total", "gold_totals", "total", "IDENTITY"),)
    release = ReleaseResult("daily", Outcome.BUILT, 1, tmp_path, 1, 1, "f" * 64, lineage=edges)
    kept = metadata_of(release, dg.AssetKey("daily"))["dagster/column_lineage"]
    assert [dep.column_name for dep in kept.deps_by_column["total"]] == ["total"]


def test_a_table_from_before_lineage_has_none() -> None:
    assert "dagster/column_lineage" not in metadata_of(built())


def test_the_check_has_numbers_that_plot() -> None:
    specs = check_specs(KEY, None, has_lineage=True)
    assert [(spec.name, spec.blocking) for spec in specs] == [("column_lineage", False)]
    (found,) = [r for r in check_results(KEY, built(*EDGES)) if r.check_name == "column_lineage"]
    numbers = {name: value.value for name, value in found.metadata.items() if name.startswith("columns_")}
    assert (found.passed, numbers) == (
        True,
        {"columns_exact": 1, "columns_blurred": 1, "columns_constant": 1, "columns_missing": 0},
    )


def test_a_missing_column_fails_the_check_with_what_to_write() -> None:
    lost = Edge("rate", "", "", "MISSING")
    (found,) = [r for r in check_results(KEY, built(lost)) if r.check_name == "column_lineage"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "lineage: {rate: [TABLE.COLUMN]}" in (found.description or "")
