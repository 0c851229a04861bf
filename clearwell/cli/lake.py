"""Inspect a lake, without an engine and without changes: tables, show, quarantine, releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.completion import complete_tables
from clearwell.cli.terminal.output import print_json, print_table, table_lines
from clearwell.cli.terminal.session import Session, options
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clearwell.errors import TableError
    from clearwell.model import CheckResult, FileCounts
    from clearwell.names import TableName
    from clearwell.tables import Blocked, Lake, Snapshot

__all__ = ["quarantine", "releases", "show", "tables", "tell_unreadable"]


def tell_unreadable(errors: Iterable[TableError]) -> int:
    """Name the tables that cannot be read, which stop no other; the exit code."""
    code = 0
    for error in errors:
        click.secho(f"error: {error}", fg="red", err=True)
        code = 1
    return code


@click.command(short_help="List the tables of the lake.")
@options(listing=True)
def tables(session: Session) -> int:
    """List the tables of the lake, including Clearwell's own records."""
    lake = session.existing_lake()
    snapshots, unreadable = lake.snapshots()
    rows = [_table_row(snapshot) for snapshot in snapshots.values()]
    if session.json:
        print_json([*rows, *({"name": str(name), "error": str(e)} for name, e in unreadable.items())])
    else:
        columns = ("name", "zone", "rows", "version", "bytes")
        print_table(rows, columns, empty="no tables yet: `clearwell run` creates them")
    return tell_unreadable(unreadable.values())


@click.command(short_help="Show a table: state, columns, files.")
@click.argument("table", shell_complete=complete_tables)
@options(listing=True)
def show(session: Session, table: str) -> None:
    """Show TABLE: its state, its columns, and what each raw file delivered to it."""
    lake = session.existing_lake()
    name = _table_name(lake, table)
    shown = _description(lake, name)
    if session.json:
        print_json(shown)
        return
    click.echo(f"{shown['name']}  {shown['rows']:,} rows, {readable_size(shown['bytes'])}", nl=False)
    click.echo(f", version {shown['version']}, batch {shown['batch']} of generation {shown['generation']}")
    if shown["columns"]:
        click.echo()
        print_table(shown["columns"], ("name", "type", "nullable"), empty="")
    if shown["files"]:
        click.echo("\nfiles: delivered = accepted + quarantined + blocked")
        lines = table_lines(shown["files"], ("path", "delivered", "accepted", "quarantined", "blocked"))
        click.echo("\n".join(lines))
    if shown["features"]:
        click.echo(f"\nDelta features used by other writers: {', '.join(shown['features'])}")
        click.echo("  next: clearwell check says what prevents a run, and how to undo it")
    if shown["others"]:
        click.echo("\nexternal commits that changed rows")
        click.echo("\n".join(table_lines(shown["others"], ("version", "at", "operation", "writer"))))
    for block in shown["blocked"]:
        click.secho(f"\nblocked: {block['reason']}", fg="red")
        click.echo(f"  next: clearwell quarantine {shown['name']} --blocked")


@click.command(short_help="Show what was rejected from a table, and why.")
@click.argument("table", shell_complete=complete_tables)
@click.option(
    "--blocked", is_flag=True, help="Show why batches were not published, instead of rejected rows."
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Show at most this many rows."
)
@options(listing=True)
def quarantine(session: Session, table: str, blocked: bool, limit: int) -> None:
    """Show what was rejected from TABLE: records and rows with their file, number, text and reasons."""
    lake = session.existing_lake()
    name = _table_name(lake, table.removeprefix("quarantine_"))
    if blocked:
        _show_blocked(session, name, _blocked_now(lake, name))
        return
    rows, total = _rejected(lake, name, limit)
    if session.json:
        print_json({"table": str(name), "total": total, "rows": rows})
        return
    columns = ("file", "_record_no", "reasons", "message", "raw")
    empty = "no rows requested" if total else f"no row of {name} is in quarantine"
    print_table(rows, columns, empty=empty, grouped=False)
    if total > len(rows):
        click.echo(f"{len(rows):,} of {total:,} rows; --limit {total} shows all")


@click.command(short_help="List the released datasets.")
@options(listing=True)
def releases(session: Session) -> None:
    """List the datasets that were released, and their current version."""
    from clearwell.datasets import datasets_on, open_release_store
    from clearwell.names import RELEASES

    found = datasets_on(open_release_store(session.existing_lake().store.absolute(RELEASES)))
    rows: list[dict[str, Any]] = [
        {
            "name": info.name,
            "version": info.current,
            "versions": list(info.versions),
            "kind": info.kind,
            "created": info.created,
            "rows": info.rows,
            "splits": info.splits,
            "bytes": info.bytes,
            "path": str(info.path),
        }
        for info in found
    ]
    if session.json:
        print_json(rows)
        return
    columns = ("name", "version", "kind", "created", "rows", "splits", "bytes")
    for info, row in zip(found, rows, strict=True):
        row["created"] = info.created[:19].replace("T", " ")
        row["splits"] = [f"{split} {count:,}" for split, count in info.splits.items()]
    print_table(rows, columns, empty="nothing is released yet: `clearwell run` does it")


def _table_row(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": str(snapshot.name),
        "zone": snapshot.name.zone.value,
        "rows": snapshot.rows,
        "version": snapshot.version,
        "bytes": snapshot.bytes,
    }


def _table_name(lake: Lake, text: str) -> TableName:
    """The table that ``text`` names; a table whose first batch was blocked counts as existing."""
    from clearwell.errors import ProjectError, TableNotFound
    from clearwell.names import TableName

    try:
        name = TableName.parse(text)
    except ProjectError:
        name = None
    if name is None or (lake.table(name).snapshot() is None and not lake.control.blocked(name)):
        raise TableNotFound.among(text, map(str, lake.tables()))
    return name


def _description(lake: Lake, name: TableName) -> dict[str, Any]:
    from clearwell.tables import commits_of_others, files_of

    snapshot = lake.table(name).snapshot()
    blocked = _blocked_now(lake, name)
    state: dict[str, Any] = {
        "name": str(name),
        "zone": name.zone.value,
        "rows": 0,
        "version": None,
        "bytes": 0,
    }
    if snapshot:
        state = _table_row(snapshot)
    counts = files_of(lake, snapshot) if snapshot else []
    return {
        **state,
        "batch": snapshot.batch if snapshot else 0,
        "generation": snapshot.generation if snapshot else 0,
        "data_files": len(snapshot.files) if snapshot else 0,
        "features": list(snapshot.features.names) if snapshot else [],
        "others": [
            {"version": c.version, "at": str(c.at or ""), "operation": c.operation, "writer": c.writer}
            for c in (commits_of_others(snapshot) if snapshot else ())
        ],
        "columns": [
            {"name": f.name, "type": str(f.type), "nullable": f.nullable}
            for f in (snapshot.schema if snapshot else ())
        ],
        "files": [_file_row(file) for file in (*counts, *(f for block in blocked for f in block.files))],
        "blocked": [_block_row(block) for block in blocked],
    }


def _file_row(file: FileCounts) -> dict[str, Any]:
    return {
        "path": file.path,
        "file_id": file.file_id,
        "delivered": file.delivered,
        "accepted": file.accepted,
        "quarantined": file.quarantined,
        "blocked": file.blocked,
        "balanced": file.balanced,
    }


def _blocked_now(lake: Lake, name: TableName) -> list[Blocked]:
    """The blocks still in force: those of the batch that the table does not have yet."""
    snapshot = lake.table(name).snapshot()
    batch = snapshot.batch if snapshot else 0
    return [block for block in lake.control.blocked(name) if block.batch == batch + 1]


def _block_row(block: Blocked) -> dict[str, Any]:
    return {
        "batch": block.batch,
        "when": block.when,
        "reason": block.reason,
        "rows": block.rows,
        "checks": [_check_row(check) for check in block.checks if not check.success],
        "files": [_file_row(file) for file in block.files],
    }


def _check_row(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "severity": check.severity.value,
        "unexpected_count": check.unexpected_count,
        "element_count": check.element_count,
        "observed": check.observed,
        "why": check.why,
        "message": check.message,
    }


def _show_blocked(session: Session, name: TableName, blocked: list[Blocked]) -> None:
    rows = [_block_row(block) for block in blocked]
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


def _paths(lake: Lake, name: TableName) -> Iterator[tuple[str, str]]:
    """The path of each raw file, as recorded by the bronze table of the same name."""
    from clearwell.names import TableName, Zone
    from clearwell.tables import files_of

    for zone in (Zone.BRONZE, name.zone):
        if snapshot := lake.table(TableName(zone, name.name)).snapshot():
            yield from ((file.file_id, file.path) for file in files_of(lake, snapshot))
