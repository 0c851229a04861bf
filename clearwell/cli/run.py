"""Run the project, and at the end show its outcome and the next steps."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.completion import complete_assets, complete_engines
from clearwell.cli.terminal.output import print_json, table_lines
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clearwell.api import RunResult
    from clearwell.model import BuildResult, CheckResult

__all__ = ["run"]

_MOST_NOTES = 10


@click.command(short_help="Bring the lake up to date.")
@click.argument("selection", default="*", shell_complete=complete_assets)
@click.option(
    "--engine",
    metavar="ENGINE",
    shell_complete=complete_engines,
    help="embedded, spark or sc://host:port; default: the project's.",
)
@click.option("--full-refresh", is_flag=True, help="Rebuild each selected table, even without new data.")
@click.option("-v", "--verbose", is_flag=True, help="Name what did not change, too, and its failed checks.")
@options(listing=True)
def run(session: Session, selection: str, engine: str | None, full_refresh: bool, verbose: bool) -> int:
    """Bring tables, releases and reports up to date; without new data nothing runs.

    SELECTION is Dagster's: silver_flights, '+gold_flight_delays' (with all upstream), 'bronze_flights+'.
    """
    from clearwell import api

    with progress("starting", verbose=verbose, debug=session.debug):
        result = api.run(session.project(engine=engine), selection, full_refresh=full_refresh)
    if session.json:
        print_json(_as_document(result))
    else:
        click.echo("\n".join(_summary(result, session.where, verbose=verbose)))
    if result.interrupted:
        raise KeyboardInterrupt
    for failed in result.failures:
        trace = f"{failed.trace}\n" if session.debug else ""
        reason = session.with_where(failed.reason)
        click.echo(f"{trace}{click.style('error:', fg='red')} {failed.name}: {reason}", err=True)
    return 0 if result.success else 1


def _as_document(result: RunResult) -> dict[str, Any]:
    return {
        "success": result.success,
        "run_id": result.run_id,
        "results": [_without_lineage(asdict(details)) for details in result.results],
        "failures": [{"asset": failed.name, "error": failed.reason} for failed in result.failures],
        "skipped": list(result.skipped),
    }


def _without_lineage(result: dict[str, Any]) -> dict[str, Any]:
    """Each column has many edges, so they have a separate command."""
    return {name: value for name, value in result.items() if name != "lineage"}


def _summary(result: RunResult, where: str, *, verbose: bool) -> Iterator[str]:
    """What a run did; what it found as it was is counted, and named only when ``verbose``."""
    from clearwell.flow.publish import ReleaseResult
    from clearwell.flow.report import ReportResult
    from clearwell.model import BuildResult

    tables = [details for details in result.results if isinstance(details, BuildResult)]
    releases = [details for details in result.results if isinstance(details, ReleaseResult)]
    reports = [details for details in result.results if isinstance(details, ReportResult)]
    shown = [table for table in tables if verbose or _is_news(table)]
    if shown:
        yield from table_lines(map(_table_row, shown), _columns(shown))
        yield ""
    same = [table for table in tables if table not in shown]
    old = [release for release in releases if not verbose and release.outcome == "unchanged"]
    if same or old:
        yield f"unchanged {', '.join(_counted(same, 'table') + _counted(old, 'release'))} (--verbose: names)"
    yield from _left_out(tables)
    if tables:
        yield from _checks(tables, shown)
    for release in (release for release in releases if release not in old):
        splits = ", ".join(f"{name} {rows:,}" for name, rows in release.splits.items())
        state = "" if release.outcome == "built" else f", {release.outcome}"
        yield f"release   {release.dataset} v{release.version}{state}: {splits} rows, {release.path}"
    for made in reports:
        yield f"report    {made.name}: {made.summary}, {made.html}"
    if result.skipped:
        why = "the run was interrupted" if result.interrupted else "their inputs failed"
        yield f"skipped   {', '.join(result.skipped)}: {why}"
    yield ""
    for number, step in enumerate(_next_steps(tables, where)):
        yield f"{'' if number else 'next':<9} {step}"


def _is_news(table: BuildResult) -> bool:
    return table.outcome != "unchanged" or bool(table.blocked)


def _counted(found: Sequence[object], what: str) -> list[str]:
    return [f"{len(found):,} {what}{'s' if len(found) > 1 else ''}"] if found else []


def _columns(tables: Iterable[BuildResult]) -> tuple[str, ...]:
    blocked = ("blocked",) if any(table.blocked for table in tables) else ()
    return ("table", "outcome", "rows", "accepted", "quarantined", *blocked, "version", "why")


def _table_row(result: BuildResult) -> dict[str, Any]:
    return {
        "table": result.table,
        "outcome": result.outcome.value,
        "rows": result.rows,
        "accepted": result.accepted,
        "quarantined": result.quarantined,
        "blocked": result.blocked,
        "version": result.version,
        "why": result.reason,
    }


def _left_out(tables: Iterable[BuildResult]) -> Iterator[str]:
    """The raw files that are in no table, or not yet, each with its reason."""
    for table in tables:
        for note in table.notes[:_MOST_NOTES]:
            yield f"files     {_gravity(table, note)}{table.table}: {note.replace(chr(10), ';')}"
        if (more := len(table.notes) - _MOST_NOTES) > 0:
            yield f"          and {more:,} more, which --json lists"


def _gravity(table: BuildResult, note: str) -> str:
    """Why a run has failed that no step has."""
    grave = {text for told in table.told if told.blocks for text in (told.message or "").split("\n")}
    return "critical: " if note in grave else ""


def _checks(tables: Iterable[BuildResult], shown: Sequence[BuildResult]) -> Iterator[str]:
    """How many checks passed, how severe the failed ones are, and those of ``shown``, the worst first."""
    from clearwell.model import Severity

    judged = [(table.table, check) for table in tables for check in table.checks]
    failed = [(name, check) for name, check in judged if not check.success]
    by_severity = Counter(check.severity for _, check in failed)
    parts = [f"{by_severity[severity]} {severity}" for severity in Severity if by_severity[severity]]
    parts_shown = f": {', '.join(parts)}" if parts else ""
    yield f"checks    {len(judged) - len(failed)} passed, {len(failed)} failed{parts_shown}"
    order = list(Severity)
    names = {table.table for table in shown}
    named = [(name, check) for name, check in failed if name in names]
    for name, check in sorted(named, key=lambda found: order.index(found[1].severity)):
        yield f"          {check.severity.value}: {name} {check.name}, {_extent(check)}"


def _extent(check: CheckResult) -> str:
    if check.unexpected_count is not None:
        return f"{check.unexpected_count:,} of {check.element_count or 0:,} rows"
    if isinstance(check.observed, float):
        return f"observed {check.observed:.4g}"
    return check.message or f"observed {check.observed}"


def _next_steps(tables: Iterable[BuildResult], where: str) -> Iterator[str]:
    command = _own_command()
    aside = next((table.table for table in tables if table.blocked), None)
    rejected = next((table.table for table in tables if table.quarantined), None)
    if aside:
        yield f"{command} quarantine {aside} --blocked{where}"
    if rejected:
        yield f"{command} quarantine {rejected}{where}"
    yield f"{command} tables{where}"
    yield f"{command} ui{where}"


def _own_command() -> str:
    """How this `clearwell` is called: by its name if the shell finds it, or else by its path."""
    own = Path(sys.executable).parent / "clearwell"
    if shutil.which("clearwell") or not own.exists():
        return "clearwell"
    return str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own)
