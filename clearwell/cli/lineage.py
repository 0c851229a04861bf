"""Show which columns a column comes from, up to the raw files, or where it goes, down to the releases."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.completion import complete_products
from clearwell.cli.terminal.output import print_json, table_lines
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.lineage import Branch, LineageGraph
    from clearwell.model import Edge
    from clearwell.tables import Lake

__all__ = ["lineage"]

_OWN = tuple(f"{zone}_" for zone in ("quarantine", "files", "history"))


@click.command(short_help="Show where columns come from or go to.")
@click.argument("target", metavar="TABLE[.COLUMN]", shell_complete=complete_products)
@click.option("--up", "direction", flag_value="up", default="up", help="To the raw files (the default).")
@click.option("--down", "direction", flag_value="down", help="To the tables and releases that use it.")
@options(listing=True)
def lineage(session: Session, target: str, direction: str) -> None:
    """Show where the columns of TABLE come from, or where one COLUMN of it comes from or goes to.

    TABLE may also be a dataset, or the raw files of a table, such as raw_flights. "Blurred" means: at most
    from there, because the transform's code hides which of its inputs a column comes from.
    """
    from clearwell.lineage import LineageGraph

    lake = session.existing_lake()
    graph = LineageGraph.of(lake)
    table, _, column = target.partition(".")
    columns = _require(lake, graph, table, column)
    if column:
        branch = graph.up(table, column) if direction == "up" else graph.down(table, column)
        if session.json:
            print_json({"direction": direction, **asdict(branch)})
        else:
            click.echo("\n".join(_drawn(branch, direction)))
        return
    if direction == "up":
        _show_sources(session, graph, table, columns)
    else:
        _show_uses(session, graph, table)


def _require(lake: Lake, graph: LineageGraph, table: str, column: str) -> list[str]:
    """The columns of ``table`` in order.

    Raises:
        TableNotFound: there is no such table.
        TableError: it has no such column, or no lineage is recorded yet.
    """
    from clearwell.errors import TableError, TableNotFound, did_you_mean

    there = {str(name) for name in lake.tables()}
    if table not in there and table not in graph.tables:
        raise TableNotFound.among(table, sorted({*there, *graph.tables}))
    if table.startswith(_OWN):
        raise TableError(
            "Clearwell's own records have no lineage",
            place=table,
            hint=f"tables with lineage: {', '.join(graph.recorded) or 'none is recorded yet'}",
        )
    if table not in graph.tables:
        raise TableError(
            "no lineage of it is recorded yet",
            place=table,
            hint=f"a build records it: `clearwell run {table}`, with --full-refresh if nothing is new",
        )
    snapshot = lake.table(table).snapshot() if table in there else None
    columns: list[str] = list(snapshot.schema.names) if snapshot else list(graph.columns(table))
    if column and column not in {*columns, *graph.columns(table)}:
        raise TableError(
            f"no column {column!r}",
            place=table,
            hint=did_you_mean(column, columns) or f"its columns are {', '.join(columns)}",
        )
    return columns


def _drawn(branch: Branch, direction: str) -> Iterator[str]:
    """The walk as lines, indented by depth, with the kind of each source in a second column."""
    lines = list(_lines(branch, direction, 0))
    width = max(len(name) for name, _ in lines)
    for name, words in lines:
        yield f"{name:<{width}}  {words}".rstrip()


def _lines(branch: Branch, direction: str, depth: int) -> Iterator[tuple[str, str]]:
    from clearwell.lineage import how

    edge = branch.edge
    arrow = "" if edge is None else ("<- " if direction == "up" else "-> ")
    name = f"{branch.table}.{branch.column}" if branch.column else branch.table or "-"
    words = "" if edge is None else how(edge)
    yield f"{'   ' * depth}{arrow}{name}", f"{words}, shown above" if branch.repeated else words
    for inner in branch.branches:
        yield from _lines(inner, direction, depth + 1)


def _show_sources(session: Session, graph: LineageGraph, table: str, columns: Sequence[str]) -> None:
    from clearwell.lineage import states_of

    states = states_of(graph.sources(table))
    order = [*columns, *(column for column in graph.columns(table) if column not in columns)]
    found = {column: graph.sources(table, column) for column in order}
    if session.json:
        listed = [
            {"column": column, "state": states.get(column), "sources": [asdict(edge) for edge in edges]}
            for column, edges in found.items()
        ]
        rows = [asdict(edge) for edge in graph.influences(table)]
        print_json({"table": table, "columns": listed, "rows": rows})
        return
    lines = [_source_row(edge) for edges in found.values() for edge in edges]
    if not lines:
        click.echo(f"{table} is raw: it comes from outside the lake")
        return
    click.echo("\n".join(table_lines(lines, ("column", "from", "how"))))
    if influences := graph.influences(table):
        click.echo("\nrows are selected by")
        click.echo("\n".join(table_lines([_source_row(edge) for edge in influences], ("from", "how"))))


def _source_row(edge: Edge) -> dict[str, Any]:
    from clearwell.lineage import how

    source = f"{edge.source}.{edge.source_column}" if edge.source else None
    return {"column": edge.column, "from": source, "how": how(edge)}


def _show_uses(session: Session, graph: LineageGraph, table: str) -> None:
    from clearwell.lineage import how

    uses = graph.uses(table)
    if session.json:
        found = [{"column": edge.source_column, "user": user, **asdict(edge)} for user, edge in uses]
        print_json({"table": table, "uses": found})
        return
    lines = [
        {
            "column": edge.source_column,
            "to": f"{user}.{edge.column}" if edge.column else user,
            "how": how(edge),
        }
        for user, edge in sorted(uses, key=lambda use: (use[1].source_column, use[0], use[1]))
    ]
    click.echo("\n".join(table_lines(lines, ("column", "to", "how"))) if lines else f"nothing uses {table}")
