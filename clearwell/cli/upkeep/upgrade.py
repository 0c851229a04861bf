"""Upgrade a lake that an earlier version of Clearwell has written."""

from __future__ import annotations

import click

from clearwell.cli.terminal.output import print_json
from clearwell.cli.terminal.session import Session, options

__all__ = ["upgrade"]


@click.command(short_help="Bring a lake of an earlier version up to date.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@options(listing=True)
def upgrade(session: Session, dry_run: bool) -> None:
    """Add what a lake lacks that an earlier version of Clearwell has written. No row changes.

    A lake of an earlier version is read and run as it is; until this, or until the next batch of a table, the
    guards that are new in this version do not hold for it. Earlier versions still read the lake afterwards.
    """
    from clearwell.tables import lake_of, pending_upgrades

    session.existing_lake()
    lake = lake_of(session.settings())
    pending = pending_upgrades(lake)
    if not session.json:
        for item in pending:
            click.echo(f"{item.place}: {item.what}")
    if not dry_run:
        for item in pending:
            item.apply()
    if session.json:
        said = [{"place": item.place, "what": item.what} for item in pending]
        print_json({"dry_run": dry_run, "upgrades": said})
    elif not pending:
        click.echo("the lake is up to date")
    else:
        click.echo(f"\n{len(pending)} upgrades{' to do' if dry_run else ' done'}")
