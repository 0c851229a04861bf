"""Repair a table: say what is wrong and what would be lost, and mend it after a yes."""

from __future__ import annotations

import sys

import click

from clearwell.cli.terminal.completion import complete_tables
from clearwell.cli.terminal.output import print_json
from clearwell.cli.terminal.session import Session, options

__all__ = ["repair"]

_MOST_STEPS = 10


@click.command(short_help="Mend a table that cannot be read or written.")
@click.argument("table", shell_complete=complete_tables)
@click.option("--yes", is_flag=True, help="Repair without asking.")
@options(listing=True)
def repair(session: Session, table: str, yes: bool) -> int:
    """Mend TABLE where its log, its files or a decided batch do not fit together.

    Shows each damage, what would be lost, and what is done about it, and asks before it does anything.
    Nothing is deleted: commits that cannot be read are moved to control/repaired in the lake.
    """
    from clearwell.names import TableName, Zone
    from clearwell.tables import find_damage

    lake, name = session.existing_lake(), TableName.parse(table)
    done: list[dict[str, str]] = []
    for _ in range(_MOST_STEPS):
        if (damage := find_damage(lake, name)) is None:
            break
        said = {"wrong": damage.fact, "lost": damage.lost, "repair": damage.step}
        if not session.json:
            click.echo("\n".join(f"{word:7} {text}" for word, text in said.items()))
        if not yes and not (sys.stdin.isatty() and not session.json and click.confirm("repair it?")):
            if session.json:
                print_json({"table": str(name), "repaired": done, "damage": said})
            else:
                click.echo(f"\nnothing was changed; do it by: clearwell repair {name} --yes{session.where}")
            return 1
        lake.require_owner()
        damage.repair()
        done.append(said)
    if session.json:
        print_json({"table": str(name), "repaired": done, "damage": None})
    elif done:
        is_record = name.zone in (Zone.FILES, Zone.QUARANTINE)
        run = "" if name.zone is Zone.HISTORY else f" {name.name if is_record else name}"
        click.echo(f"\n{name} is repaired; now: clearwell run{run}{session.where}")
    else:
        click.echo(f"{name}: nothing to repair")
    return 0
