"""Maintain a lake: write its report, and free what is no longer needed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from clearwell.cli.tables import tell_unreadable
from clearwell.cli.terminal.output import print_json, print_table
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from clearwell.flow.report import ReportResult

__all__ = ["maintain", "report"]


@click.command(short_help="Compact small files, free unneeded ones.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option(
    "--retention-hours",
    type=click.FloatRange(min=0),
    default=168.0,
    show_default=True,
    metavar="HOURS",
    help="Keep files removed more recently than this, for readers of older versions.",
)
@click.option(
    "--trust-clock", is_flag=True, help="Do not compare the clock with the store's and the newest commits."
)
@options(listing=True)
def maintain(session: Session, dry_run: bool, retention_hours: float, trust_clock: bool) -> int:
    """Compact small files, and free what no reader, run or release can need."""
    from clearwell.flow.maintain import maintain_lake

    lake = session.existing_lake()
    with progress("maintaining the lake", debug=session.debug):
        done = maintain_lake(lake, retention_hours=retention_hours, trust_clock=trust_clock, dry_run=dry_run)
    if session.json:
        said = {**asdict(done), "unreadable": [str(error) for error in done.unreadable]}
        print_json({"dry_run": dry_run, **said})
        return tell_unreadable(done.unreadable)
    rows = [asdict(table) for table in done.tables if table.joined or table.freed_files]
    print_table(
        rows, ("table", "joined", "made", "freed_files", "freed_bytes"), empty="all tables are in order"
    )
    freed = readable_size(sum(table.freed_bytes for table in done.tables))
    verb = "would free" if dry_run else "freed"
    leftovers = {
        "unfinished releases": done.unfinished_releases,
        "days of OpenLineage events and error texts that are older than a month": done.old_event_files,
    }
    left = "".join(f", {number} {what}" for what, number in leftovers.items() if number)
    click.echo(f"{verb} {freed}{left}")
    return tell_unreadable(done.unreadable)


@click.command(short_help="Write the report: costs, growth, checks, quarantine, releases.")
@options(listing=True)
def report(session: Session) -> None:
    """Write the cost and state of the lake to LAKE/reports, with the pages of its tables and lineage."""
    from clearwell.api import open_engine
    from clearwell.errors import ProjectError
    from clearwell.flow.report import report as make_report
    from clearwell.flow.run import Run

    project = session.project()
    if not project.reports:
        hint = "add a component of the type clearwell.components.Reports, with a price sheet"
        raise ProjectError("this project has no report", place=str(project.root / "pipelines"), hint=hint)
    lake = session.existing_lake()
    with progress("measuring the lake", debug=session.debug), open_engine(project) as engine:
        run = Run(project, lake, engine)
        made = [make_report(run, spec) for spec in project.reports.values()]
    if session.json:
        print_json([asdict(result) for result in made])
        return
    for result in made:
        _print_report(result)


def _print_report(result: ReportResult) -> None:
    from decimal import Decimal

    from clearwell.reports import readable_cost

    click.echo(f"{result.name}: {result.summary}\n")
    per_month = f"{result.currency} a month"
    rows = [
        {"category": name, "bytes": size, per_month: readable_cost(Decimal(result.costs[name]))}
        for name, size in result.categories.items()
    ]
    print_table(rows, ("category", "bytes", per_month), empty="")
    blocked = f", {result.blocked} blocked" if result.blocked else ""
    click.echo(
        f"\nrows       {result.rows:,} in bronze, silver and gold; {result.quarantined:,} in quarantine"
    )
    click.echo(f"checks     {result.failing_checks} of {result.checks} failing{blocked}")
    click.echo(f"releases   {result.releases}")
    state = "" if result.outcome == "built" else " (nothing new)"
    click.echo("\n" + "\n".join(str(path) for path in result.paths))
    click.echo(f"{result.html.parent / 'index.html'} lists all {result.pages} other pages{state}")
