"""Inspect a project before it runs: check it, and preview the output of a transform."""

from __future__ import annotations

from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.completion import complete_engines, complete_transforms
from clearwell.cli.terminal.output import print_json, print_table
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from clearwell.errors import ProjectError
    from clearwell.project.load import Project
    from clearwell.project.specs import CuratedSpec, TableSpec
    from clearwell.settings import Settings
    from clearwell.tables import Lake, Snapshot

__all__ = ["check", "preview"]


@click.command(short_help="Find errors without running anything.")
@options(listing=True)
def check(session: Session) -> int:
    """Find errors in YAML, suites and transforms; no pipeline runs."""
    from clearwell.flow.check_project import check_project

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
@options(listing=True)
def preview(session: Session, transform: str, limit: int, engine: str | None) -> None:
    """Show the first rows of TRANSFORM's output on the current inputs; nothing is written.

    TRANSFORM is its name in the YAML, such as assets.flights:clean, or the table that it makes.
    """
    import sys

    from clearwell.api import open_engine
    from clearwell.flow.build.call_transform import call_transform
    from clearwell.project.specs import CuratedSpec

    project = session.project(engine=engine)
    spec = _spec_of(project, transform)
    step = "curate" if isinstance(spec, CuratedSpec) else "cleanse"
    inputs = _inputs(session.existing_lake(), spec)
    with (
        redirect_stdout(sys.stderr),
        progress(f"preview {transform}", debug=session.debug),
        open_engine(project, step=step) as chosen,
    ):
        frames = {name: snapshot.read(chosen) for name, snapshot in inputs.items()}
        given = frames if isinstance(spec, CuratedSpec) else next(iter(frames.values()))
        frame = call_transform(project, spec, given, chosen)
        with chosen.work(f"preview of {transform}"):
            found: pa.Table = frame.limit(limit).toArrow()
        for snapshot in inputs.values():
            snapshot.require_files()
    rows = found.to_pylist()
    if session.json:
        print_json(rows)
    else:
        print_table(rows, found.column_names, empty="the transform returns no rows", grouped=False)


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


def _inputs(lake: Lake, spec: TableSpec | CuratedSpec) -> Mapping[str, Snapshot]:
    from clearwell.project.specs import CuratedSpec

    names: tuple[Any, ...] = spec.inputs if isinstance(spec, CuratedSpec) else (spec.bronze_table,)
    return {str(name): lake.existing(name) for name in names}
