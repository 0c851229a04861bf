"""The lineage page: every table and column of a lake, with its sources and its users.

One HTML file that works with 500 tables: a search that finds a column as you type, and a view of one column
or table with its sources on the left and its users on the right. ``#silver_flights`` and
``#silver_flights.dest`` are addresses in it. The same input gives the same text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clearwell.errors import ProjectError
from clearwell.names import TableName
from clearwell.reports.render.document import asset, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clearwell.model import Edge

__all__ = ["LineageColumn", "LineageTable", "lineage_anchor", "lineage_page"]

_RAW, _RELEASE, _ELSEWHERE = "raw", "release", "elsewhere"
_ZONES = (_RAW, "bronze", "silver", "gold", _RELEASE)
_PERSONAL, _IS_LABEL = 1, 2
_PARTS = ("model", "graph", "views", "search")


@dataclass(frozen=True)
class LineageColumn:
    """A column as the page shows it."""

    name: str
    type: str = ""
    is_personal: bool = False
    is_label: bool = False


@dataclass(frozen=True)
class LineageTable:
    """A table, its raw files (``raw_flights``), or a dataset. ``page`` is the link to its Data Docs."""

    name: str
    zone: str
    description: str = ""
    owners: tuple[str, ...] = ()
    columns: tuple[LineageColumn, ...] = ()
    page: str = ""


def lineage_page(
    lake: str, tables: Iterable[LineageTable], edges: Mapping[str, Sequence[Edge]], *, home: str = ""
) -> str:
    """The page of the lake named ``lake``; ``home`` is a link to the list of all pages.

    Tables and columns that only an edge names (a column that a table no longer has) are shown too.
    """
    known = _with_those_of(edges, {table.name: table for table in tables})
    parts = [asset(f"pages/static/lineage-{part}.js") for part in _PARTS]
    return document(
        "pages/templates/lineage.html.j2",
        title=f"Lineage of {lake}",
        style=asset("reports/render/static/page.css") + asset("pages/static/lineage.css"),
        script="".join(['"use strict";\n{\n', *parts, "}\n"]),
        data=_packed(lake, list(known.values()), edges),
        lake=lake,
        home=home,
    )


def lineage_anchor(table: str, column: str = "") -> str:
    """The part of the page's address after ``#`` that shows a table or a column."""
    return quote(table, safe="") + (f".{quote(column, safe='')}" if column else "")


def _with_those_of(
    edges: Mapping[str, Sequence[Edge]], tables: dict[str, LineageTable]
) -> dict[str, LineageTable]:
    wanted: dict[str, dict[str, None]] = {}
    for name, its in edges.items():
        wanted.setdefault(name, {})
        for edge in its:
            if edge.column:
                wanted[name][edge.column] = None
            if edge.source:
                columns = wanted.setdefault(edge.source, {})
                if edge.source_column:
                    columns[edge.source_column] = None
    for name, columns in sorted(wanted.items()):
        table = tables.get(name) or LineageTable(name, _zone_of(name))
        there = {column.name for column in table.columns}
        more = tuple(LineageColumn(column) for column in columns if column not in there)
        tables[name] = replace(table, columns=table.columns + more)
    order = {zone: number for number, zone in enumerate(_ZONES)}
    found = sorted(tables.values(), key=lambda t: (order.get(t.zone, len(order)), t.zone, t.name))
    return {table.name: table for table in found}


def _zone_of(name: str) -> str:
    if name.startswith(f"{_RAW}_"):
        return _RAW
    try:
        return TableName.parse(name).zone.value
    except ProjectError:
        return _ELSEWHERE


def _packed(lake: str, tables: list[LineageTable], edges: Mapping[str, Sequence[Edge]]) -> dict[str, Any]:
    """All data in as few numbers as possible: every name once, edges as (target, source, kind) in one list.

    Nodes are numbered: first the columns of all tables, then for each table its rows as a whole, which
    filters and joins determine.
    """
    zones, words, kinds = _Index(), _Index(), _Index()
    columns: dict[tuple[str, str], int] = {}
    rows: list[list[Any]] = []
    for table in tables:
        packed: list[int] = []
        for column in table.columns:
            columns[table.name, column.name] = len(columns)
            flags = _PERSONAL * column.is_personal + _IS_LABEL * column.is_label
            packed += [words[column.name], words[column.type], flags]
        owners = ", ".join(table.owners)
        rows.append([table.name, zones[table.zone], table.description, owners, table.page, packed])
    whole = {table.name: len(columns) + number for number, table in enumerate(tables)}

    def node(table: str, column: str) -> int:
        if not table:
            return -1
        return columns[table, column] if column else whole[table]

    ways: list[int] = []
    for name in sorted(edges):
        for edge in sorted(set(edges[name])):
            kind = 2 * kinds[edge.subtype] + edge.blurred
            ways += [node(name, edge.column), node(edge.source, edge.source_column), kind]
    return {
        "lake": lake,
        "zones": list(zones),
        "words": list(words),
        "kinds": list(kinds),
        "tables": rows,
        "edges": ways,
    }


class _Index(dict[str, int]):
    """Numbers for names, in the order of their first use."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self)
        return self[name]
