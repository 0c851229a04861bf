"""Take a raw file back that was wrongly accepted, with the reason; or undo that."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from clearwell.cli.terminal.completion import complete_tables
from clearwell.cli.terminal.output import print_json
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from clearwell.flow.retract import Retracted

__all__ = ["retract"]


@click.command(short_help="Take back a raw file that was wrongly accepted.")
@click.argument("table", shell_complete=complete_tables)
@click.argument("file")
@click.option("--reason", required=True, metavar="TEXT", help="Why; the ledger keeps it.")
@click.option("--undo", is_flag=True, help="Let the next run take it again, at its former place.")
@options(listing=True)
def retract(session: Session, table: str, file: str, reason: str, undo: bool) -> None:
    """Take FILE back from the bronze TABLE: its path, a suffix of it, or its hash.

    Its rows leave TABLE and its rejected records the quarantine; the next run rebuilds what was made from
    them. No run takes this content again, also if the raw file still lies there or comes under another name;
    other content at its path takes its place. A release that has its rows keeps them.
    """
    from clearwell.api import open_engine
    from clearwell.flow.retract import retract as take_back
    from clearwell.tables import lake_of

    if not reason.strip():
        raise click.BadParameter("say why", param_hint="--reason")
    project = session.project()
    session.existing_lake()
    with progress(f"retract {file}", debug=session.debug), open_engine(project, step="ingest") as engine:
        done = take_back(
            lake_of(project.settings), table, file, reason=reason.strip(), engine=engine, undo=undo
        )
    if session.json:
        print_json(asdict(done))
    else:
        click.echo(_said(done, undo=undo, where=session.where))


def _said(done: Retracted, *, undo: bool, where: str) -> str:
    why = done.retraction
    if not done.changed:
        state = (
            f"was taken back by {why.by} on {why.at}: {why.reason}"
            if why and not why.undone
            else "is not taken back"
        )
        return f"{done.path} {state}; nothing to do"
    if undo:
        return f"{done.path} may come again; the next run takes it, if it is there: clearwell run{where}"
    rows = f"{done.accepted:,} rows and {done.quarantined:,} rejected records have left {done.table}"
    return f"{done.path} is taken back: {rows}\nnow: clearwell run {done.table}+{where}"
