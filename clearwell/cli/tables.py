"""List the tables of a lake beside those that its project makes: by their logs, without an engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.output import elapsed, print_json, print_table
from clearwell.cli.terminal.session import Session, options
from clearwell.names import TableName, Zone
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.errors import TableError
    from clearwell.tables import Lake, Snapshot

__all__ = ["table_row", "tables", "tell_unreadable"]

_BUILT, _UNREADABLE, _NOT_BUILT, _FOREIGN = "built", "unreadable", "not built", "not in the project"
_UNKNOWN = {
    **dict.fromkeys(("rows", "version", "bytes", "changed", "quarantined")),
    "blocked": 0,
    "state": _UNREADABLE,
}


def tell_unreadable(errors: Iterable[TableError]) -> int:
    """Name the tables that cannot be read, which stop no other; the exit code."""
    code = 0
    for error in errors:
        click.secho(f"error: {error}", fg="red", err=True)
        code = 1
    return code


@click.command(short_help="List the tables of the project and its lake.")
@click.option("--all", "every", is_flag=True, help="List Clearwell's own records, too.")
@options(listing=True)
def tables(session: Session, every: bool) -> int:
    """List the tables of the project in its order: rows, size, when they changed, what was rejected.

    A table that is not built yet, or that the lake has and the project does not make, is listed as such.
    """
    lake = session.existing_lake()
    project = session.project_of(lake)
    made = None if project is None else sorted(map(TableName.parse, project.produced), key=_zone_of)
    rows, unreadable = _rows(lake, made, every=every)
    if session.json:
        print_json([_as_json(row, unreadable) for row in rows])
    else:
        _print(rows, session.where)
    return tell_unreadable(unreadable.values())


def table_row(snapshot: Snapshot) -> dict[str, Any]:
    """What the log of a table says of it."""
    return {
        "name": str(snapshot.name),
        "zone": snapshot.name.zone.value,
        "rows": snapshot.rows,
        "version": snapshot.version,
        "bytes": snapshot.bytes,
    }


def _rows(
    lake: Lake, made: list[TableName] | None, *, every: bool
) -> tuple[list[dict[str, Any]], dict[str, TableError]]:
    """A row for each table of ``made`` (None: there is no project), then for the others in the lake."""
    from clearwell.tables import blocks_in_effect

    there, with_blocks = lake.tables(), lake.control.with_blocks()
    wanted = there if every else [name for name in there if not name.is_record]
    snapshots, errors = lake.snapshots(wanted)
    unreadable = {str(name): error for name, error in errors.items()}
    rows: list[dict[str, Any]] = []
    for name in sorted(dict.fromkeys([*(made or ()), *wanted]), key=_zone_of):
        snapshot = snapshots.get(name)
        row: dict[str, Any] = {"name": str(name), "zone": name.zone.value, **_UNKNOWN}
        if snapshot is not None:
            is_foreign = made is not None and name not in made and not name.is_record
            row |= {**table_row(snapshot), "state": _FOREIGN if is_foreign else _BUILT}
            row |= _history(lake, snapshot, there, unreadable)
        elif name not in errors:
            row |= {"rows": 0, "bytes": 0, "quarantined": 0, "state": _NOT_BUILT}
        if str(name) in with_blocks and name not in errors:
            row["blocked"] = sum(block.rows for block in blocks_in_effect(lake, name, snapshot))
        rows.append(row)
    return rows, unreadable


def _history(
    lake: Lake, snapshot: Snapshot, there: list[TableName], unreadable: dict[str, TableError]
) -> dict[str, Any]:
    """When the table changed, and how many rows were rejected; errors go to ``unreadable``."""
    from clearwell.errors import TableError
    from clearwell.tables import changed_at, count_quarantined

    name, found = snapshot.name, dict[str, Any](changed=None, quarantined=None)
    try:
        found["changed"] = changed_at(snapshot)
        if not name.is_record:
            has_any = name.quarantine in there or snapshot.recorded_until(Zone.QUARANTINE)
            found["quarantined"] = count_quarantined(lake, snapshot) if has_any else 0
    except TableError as error:
        unreadable[str(name)] = error
    return found


def _as_json(row: dict[str, Any], unreadable: dict[str, TableError]) -> dict[str, Any]:
    error = unreadable.get(row["name"])
    return row if error is None else {**row, "error": str(error)}


def _print(rows: list[dict[str, Any]], where: str) -> None:
    now = datetime.now(UTC)
    shown = [{**row, **_for_people(row, now)} for row in rows]
    optional = [column for column in ("quarantined", "blocked", "state") if any(row[column] for row in shown)]
    columns = ("name", "rows", "size", "changed", *optional)
    print_table(shown, columns, empty="no tables yet: `clearwell run` creates them", right=("size",))
    for column, option in (("quarantined", ""), ("blocked", " --blocked")):
        if name := next((row["name"] for row in rows if row[column]), None):
            click.echo(f"why rows are {column}: clearwell quarantine {name}{option}{where}")
    if any(row["state"] == _NOT_BUILT and not row["blocked"] for row in rows):
        click.echo(f"what is not built: clearwell run{where}")


def _for_people(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    is_there = row["version"] is not None
    return {
        "rows": row["rows"] if is_there else None,
        "size": readable_size(row["bytes"]) if is_there else None,
        "changed": row["changed"] and elapsed(now - row["changed"]),
        "quarantined": row["quarantined"] or None,
        "blocked": row["blocked"] or None,
        "state": "" if row["state"] == _BUILT else row["state"],
    }


def _zone_of(name: TableName) -> int:
    return list(Zone).index(name.zone)
