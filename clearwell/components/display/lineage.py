"""Column lineage on Dagster's pages: a check, a sentence for each column, and Dagster's own metadata.

Open-source Dagster shows no graph of columns, so the lineage is also written in the columns' descriptions,
which it does show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from clearwell.lineage import origin
from clearwell.names import COLUMN_LINEAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clearwell.model import CheckResult, Edge

__all__ = ["column_deps", "columns_described", "lineage_check_spec", "lineage_numbers"]


def lineage_check_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check that every silver and gold table has."""
    return dg.AssetCheckSpec(
        COLUMN_LINEAGE,
        asset=key,
        description="The source columns of each column are known.",
        metadata={"severity": "warning", "scope": "table"},
    )


def lineage_numbers(check: CheckResult) -> dict[str, int]:
    """The numbers of columns for the check, to plot; none for any other check."""
    if check.name != COLUMN_LINEAGE or not isinstance(check.observed, dict):
        return {}
    counts: dict[str, int] = check.observed
    return {f"columns_{state}": number for state, number in counts.items()}


def columns_described(
    columns: Iterable[tuple[str, str]], edges: Sequence[Edge], descriptions: Mapping[str, str]
) -> list[dg.TableColumn]:
    """A table's columns with their types, what their author says of them, and their sources."""
    by_column = _by_column(edges)
    return [
        dg.TableColumn(name, kind, _described(descriptions.get(name), _origin(by_column.get(name))))
        for name, kind in columns
    ]


def column_deps(edges: Sequence[Edge]) -> dg.TableColumnLineage | None:
    """The same in Dagster's format: by column, the columns of other assets."""
    deps = {
        column: [
            dg.TableColumnDep(dg.AssetKey(edge.source), edge.source_column)
            for edge in found
            if edge.is_direct
        ]
        for column, found in _by_column(edges).items()
    }
    return dg.TableColumnLineage(deps) if deps else None


def _described(text: str | None, origin: str | None) -> str | None:
    return f"{text}\n\n{origin}" if text and origin else text or origin


def _origin(edges: list[Edge] | None) -> str | None:
    return origin(edges) if edges else None


def _by_column(edges: Sequence[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge.column:
            found.setdefault(edge.column, []).append(edge)
    return found
