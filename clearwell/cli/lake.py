"""Inspect a lake, without an engine and without changes: show, releases."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.tables import table_row
from clearwell.cli.terminal.completion import complete_tables
from clearwell.cli.terminal.output import print_json, print_table, table_lines
from clearwell.cli.terminal.session import Session, options
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from clearwell.model import CheckResult, FileCounts
    from clearwell.names import TableName
    from clearwell.tables import Blocked, Lake

__all__ = [
    "block_row",
    "blocked_now",
    "releases",
    "show",
    "table_named",
]


@click.command(short_help="Show a table: state, columns, files.")
@click.argument("table", shell_complete=complete_tables)
@options(listing=True)
def show(session: Session, table: str) -> None:
    """Show TABLE: its state, its columns, and what each raw file delivered to it."""
    lake = session.existing_lake()
    name = table_named(lake, table)
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
    if shown["left_out"]:
        click.echo("\n" + "\n".join(f"left out: {line}" for line in shown["left_out"]))
    if taken_back := [file for file in shown["files"] if file["retraction"]]:
        click.echo("\n" + "\n".join(_taken_back(file) for file in taken_back))
    for block in shown["blocked"]:
        click.secho(f"\nblocked: {block['reason']}", fg="red")
        click.echo(f"  next: clearwell quarantine {shown['name']} --blocked")


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


def table_named(lake: Lake, text: str) -> TableName:
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


def blocked_now(lake: Lake, name: TableName) -> list[Blocked]:
    """The batches that are kept out of a table at present."""
    from clearwell.tables import blocks_in_effect

    return blocks_in_effect(lake, name, lake.table(name).snapshot())


def block_row(block: Blocked) -> dict[str, Any]:
    """A blocked batch, for people and for programs."""
    return {
        "batch": block.batch,
        "when": block.when,
        "reason": block.reason,
        "rows": block.rows,
        "checks": [_check_row(check) for check in block.checks if not check.success],
        "files": [_file_row(file) for file in block.files],
    }


def _description(lake: Lake, name: TableName) -> dict[str, Any]:
    from clearwell.tables import commits_of_others, files_of
    from clearwell.type_names import type_name

    snapshot = lake.table(name).snapshot()
    blocked = blocked_now(lake, name)
    state: dict[str, Any] = {
        "name": str(name),
        "zone": name.zone.value,
        "rows": 0,
        "version": None,
        "bytes": 0,
    }
    if snapshot:
        state = table_row(snapshot)
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
            {"name": f.name, "type": type_name(f.type), "nullable": f.nullable}
            for f in (snapshot.schema if snapshot else ())
        ],
        "files": [_file_row(file) for file in (*counts, *(f for block in blocked for f in block.files))],
        "left_out": lake.control.left_out(name),
        "blocked": [block_row(block) for block in blocked],
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
        "retraction": asdict(file.retraction) if file.is_retracted and file.retraction else None,
    }


def _taken_back(file: dict[str, Any]) -> str:
    why = file["retraction"]
    return f"taken back: {file['path']}, by {why['by']} on {why['at']}: {why['reason']}"


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
