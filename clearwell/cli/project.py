"""Inspect a project before it runs: check it, and preview the output of a transform."""

from __future__ import annotations

from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

from clearwell.cli.terminal.completion import complete_engines, complete_transforms
from clearwell.cli.terminal.output import print_json, print_table
from clearwell.cli.terminal.personal import may_show_personal
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from clearwell.errors import ProjectError
    from clearwell.project.load import Project
    from clearwell.project.specs import CuratedSpec, TableSpec
    from clearwell.settings import Settings

__all__ = ["check", "preview"]


@click.command(short_help="Find errors without running anything.")
@options(listing=True)
def check(session: Session) -> int:
    """Find errors in YAML, suites and transforms; no pipeline runs."""
    from clearwell.flow.check.columns import unbuilt_suites
    from clearwell.flow.check.project import check_project, listed_folders
    from clearwell.project.load import load_project

    settings = session.settings()
    problems = check_project(settings) or _check_overrides(settings)
    if session.json:
        print_json([{"place": p.place, "fact": p.fact, "hint": p.hint} for p in problems])
        return 1 if problems else 0
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.secho(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found", fg="red", err=True)
        return 1
    project = load_project(settings)
    if listing := listed_folders(project):
        click.echo(
            f"not known: which files are read at {', '.join(listing)}; name them in `reads` beside the "
            "`transform`, or an edit of one rebuilds nothing"
        )
    if unbuilt := unbuilt_suites(project):
        click.echo(
            f"not checked yet: which columns the suites of {', '.join(unbuilt)} name; a run builds them"
        )
    click.echo(f"no problem found in {settings.project}")
    return 0


@click.command(short_help="Show the first rows of a transform's output.")
@click.argument("transform", shell_complete=complete_transforms)
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Show this many rows."
)
@click.option(
    "--engine",
    metavar="ENGINE",
    shell_complete=complete_engines,
    help="embedded, spark or sc://host:port; default: the project's.",
)
@click.option("--provenance", is_flag=True, help="Show the columns of provenance, too.")
@may_show_personal
@options(listing=True)
def preview(
    session: Session,
    transform: str,
    limit: int,
    engine: str | None,
    *,
    provenance: bool,
    show_personal: bool,
) -> None:
    """Show the first rows of TRANSFORM's output on the current inputs; nothing is written.

    TRANSFORM is its name in the YAML, such as assets.flights:clean, or the table that it makes. Values of
    personal columns, and of those derived from them, are hidden; --show-personal shows them. The columns that
    say which raw record a row comes from are left out; --provenance shows them.
    """
    import sys

    from clearwell.api import open_engine
    from clearwell.flow.preview import preview_table
    from clearwell.flow.run import Run
    from clearwell.project.specs import CuratedSpec

    project = session.project(engine=engine)
    spec = _spec_of(project, transform)
    step = "curate" if isinstance(spec, CuratedSpec) else "cleanse"
    lake = session.existing_lake()
    with (
        redirect_stdout(sys.stderr),
        progress(f"preview {transform}", debug=session.debug),
        open_engine(project, step=step) as chosen,
    ):
        run = Run(project, lake, chosen)
        names, rows = preview_table(run, spec, limit=limit, show_personal=show_personal)
    left_out = [] if provenance else [name for name in names if name in PROVENANCE]
    shown = [name for name in names if name not in left_out]
    if session.json:
        print_json([{name: row[name] for name in shown} for row in rows])
        return
    print_table(rows, shown, empty="the transform returns no rows", grouped=False)
    if left_out:
        click.echo(f"left out: {', '.join(left_out)}; --provenance shows them")


def _check_overrides(settings: Settings) -> list[ProjectError]:
    """What is wrong with the components that a sound project extends; a project without any loads nothing."""
    from clearwell.errors import ProjectError
    from clearwell.project.load import load_project

    project = load_project(settings)
    if not project.extended:
        return []
    from clearwell.components.running.location import load_definitions  # Dagster: seconds

    try:
        load_definitions(project)
    except ProjectError as error:
        return [error]
    return []


def _spec_of(project: Project, wanted: str) -> TableSpec | CuratedSpec:
    """The spec whose transform or table is ``wanted``.

    Raises:
        ProjectError: there is none, or that transform makes several tables.
    """
    from clearwell.errors import ProjectError, did_you_mean

    named: dict[str, list[TableSpec | CuratedSpec]] = {}
    for spec in (*project.tables.values(), *project.curated.values()):
        for name in _names(spec):
            named.setdefault(name, []).append(spec)
    found = named.get(wanted, [])
    if not found:
        hint = (
            did_you_mean(wanted, named)
            or f"the transforms are {', '.join(n for n in named if ':' in n) or 'none'}"
        )
        raise ProjectError(f"no transform {wanted!r} in this project", hint=hint)
    if len(found) > 1:
        raise ProjectError(
            f"{wanted} makes {len(found)} tables", hint="name the table instead, such as silver_flights"
        )
    return found[0]


def _names(spec: TableSpec | CuratedSpec) -> tuple[str, ...]:
    from clearwell.project.specs import CuratedSpec

    if isinstance(spec, CuratedSpec):
        return spec.transform, str(spec.table)
    return (spec.silver.transform, str(spec.silver_table)) if spec.silver else ()
