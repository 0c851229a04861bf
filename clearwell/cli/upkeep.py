"""Look after a lake: what its storage costs, and freeing what nobody can need."""

from __future__ import annotations

from dataclasses import asdict

import click

from clearwell.cli.output import print_json, print_table, readable_bytes
from clearwell.cli.progress import progress
from clearwell.cli.session import Session, options

__all__ = ["maintain", "report"]


@click.command(short_help="Join small files, free what nobody needs.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--retention-hours",
    type=click.FloatRange(min=0),
    default=168.0,
    show_default=True,
    metavar="HOURS",
    help="Keep files that were removed less than this ago, for readers of older versions.",
)
@options(listing=True)
def maintain(session: Session, dry_run: bool, retention_hours: float) -> None:
    """Join small files and free what no reader, run or release can need."""
    from clearwell.flow.upkeep import keep_in_order

    lake = session.existing_lake()
    with progress("maintaining the lake", debug=session.debug):
        done = keep_in_order(lake, retention_hours=retention_hours, dry_run=dry_run)
    if session.json:
        print_json({"dry_run": dry_run, **asdict(done)})
        return
    rows = [asdict(table) for table in done.tables if table.joined or table.freed_files]
    print_table(
        rows, ("table", "joined", "made", "freed_files", "freed_bytes"), empty="all tables are in order"
    )
    freed = readable_bytes(sum(table.freed_bytes for table in done.tables))
    verb = "would free" if dry_run else "freed"
    left = f", {done.unfinished_releases} unfinished releases" if done.unfinished_releases else ""
    click.echo(f"{verb} {freed}{left}")


@click.command(short_help="Compute what the lake's storage costs.")
@options(listing=True)
def report(session: Session) -> None:
    """Compute what the lake's storage costs; Markdown and HTML are written to LAKE/reports."""
    from clearwell.engines import open_engine
    from clearwell.errors import ProjectError
    from clearwell.flow.project import load_project
    from clearwell.flow.report import report as make_report
    from clearwell.flow.run import Run

    settings = session.settings()
    project = load_project(settings)
    if not project.reports:
        hint = "add a component of the type clearwell.components.Reports, with a price sheet"
        raise ProjectError("this project has no report", place=str(settings.project / "pipelines"), hint=hint)
    lake = session.existing_lake()
    with progress("computing the costs", debug=session.debug), open_engine(settings) as engine:
        run = Run(project, lake, engine)
        made = [make_report(run, spec) for spec in project.reports.values()]
    if session.json:
        print_json([asdict(result) for result in made])
        return
    for result in made:
        click.echo(f"{result.name}: {result.summary}\n")
        rows = [{"category": name, "bytes": size} for name, size in result.categories.items()]
        print_table(rows, ("category", "bytes"), empty="")
        click.echo("\n" + "\n".join(str(path) for path in result.paths))
