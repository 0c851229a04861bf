"""Show what was rejected from a table: without the values of personal columns, unless they are requested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.lake import block_row, blocked_now, table_named
from clearwell.cli.terminal.completion import complete_tables
from clearwell.cli.terminal.output import print_json, print_table, table_lines
from clearwell.cli.terminal.personal import may_show_personal, rule_for
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from clearwell.names import TableName
    from clearwell.tables import Blocked, Lake

__all__ = ["quarantine"]


@click.command(short_help="Show what was rejected from a table, and why.")
@click.argument("table", shell_complete=complete_tables)
@click.option(
    "--blocked", is_flag=True, help="Show why batches were not published, instead of rejected rows."
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Show at most this many rows."
)
@may_show_personal
@options(listing=True)
def quarantine(session: Session, table: str, blocked: bool, limit: int, show_personal: bool) -> None:
    """Show what was rejected from TABLE: records and rows with their file, number, text and reasons.

    Of a table with personal columns the text of raw records is hidden, and in a row the values of these
    columns; --show-personal shows them.
    """
    lake = session.existing_lake()
    name = table_named(lake, table.removeprefix("quarantine_"))
    if blocked:
        _show_blocked(session, name, blocked_now(lake, name))
        return
    rows, total = _rejected(lake, name, limit)
    hidden = False
    if rows and not show_personal:
        rule = rule_for(session, lake)
        rows = [_discreet(row, name, None if rule is None else rule.columns(str(name))) for row in rows]
        hidden = rule is None or bool(rule.columns(str(name)))
    if session.json:
        print_json({"table": str(name), "total": total, "rows": rows})
        return
    columns = ("file", "_record_no", "reasons", "message", "raw")
    empty = "no rows requested" if total else f"no row of {name} is in quarantine"
    print_table(rows, columns, empty=empty, grouped=False)
    if total > len(rows):
        click.echo(f"{len(rows):,} of {total:,} rows; --limit {total} shows all")
    if hidden:
        click.echo("values that may be personal are hidden; --show-personal shows them")


def _show_blocked(session: Session, name: TableName, blocked: list[Blocked]) -> None:
    rows = [block_row(block) for block in blocked]
    if session.json:
        print_json({"table": str(name), "blocked": rows})
        return
    if not rows:
        click.echo(f"no batch of {name} is blocked")
    for row in rows:
        click.secho(f"batch {row['batch']}, {row['rows']:,} rows, {row['when']}: {row['reason']}", bold=True)
        for part, columns in (
            (
                "checks",
                ("name", "severity", "unexpected_count", "element_count", "observed", "message", "why"),
            ),
            ("files", ("path", "delivered", "blocked")),
        ):
            if row[part]:
                click.echo("\n".join(f"  {line}" for line in table_lines(row[part], columns)))


def _rejected(lake: Lake, name: TableName, limit: int) -> tuple[list[dict[str, Any]], int]:
    """The first rejected rows, each with the path of its file, and their number."""
    from clearwell.tables import quarantine_of

    snapshot = lake.table(name).snapshot()
    rows: list[dict[str, Any]] = []
    total = 0
    for batch in quarantine_of(lake, snapshot) if snapshot else ():
        rows += batch.slice(0, max(limit - len(rows), 0)).to_pylist()
        total += batch.num_rows
    paths = dict(_paths(lake, name)) if rows else {}
    for row in rows:
        row["file"] = paths.get(row["_file_id"])
        row["raw"] = row["raw"] if row["raw"] is not None else row["raw_bytes"]
        for internal in ("raw_bytes", "_n", "_attempt"):
            row.pop(internal)
    return rows, total


def _discreet(row: dict[str, Any], name: TableName, personal: Collection[str] | None) -> dict[str, Any]:
    """A rejected row without personal values; None: which columns are personal is not known."""
    from clearwell.names import Zone
    from clearwell.project.personal_data import PERSONAL, masked_json

    if personal is not None and not personal:
        return row
    if personal is None or name.zone is Zone.BRONZE:  # a raw record, and a message that quotes it
        return {**row, "raw": PERSONAL, "message": PERSONAL}
    return {**row, "raw": masked_json(row["raw"], personal)}


def _paths(lake: Lake, name: TableName) -> Iterator[tuple[str, str]]:
    """The path of each raw file, as recorded by the bronze table of the same name."""
    from clearwell.names import TableName, Zone
    from clearwell.tables import files_of

    for zone in (Zone.BRONZE, name.zone):
        if snapshot := lake.table(TableName(zone, name.name)).snapshot():
            yield from ((file.file_id, file.path) for file in files_of(lake, snapshot))
