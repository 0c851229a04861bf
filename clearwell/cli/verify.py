"""Verify data: rebuild a release from its pinned inputs, or fingerprint a table."""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.completion import complete_engines, complete_releases, complete_tables
from clearwell.cli.terminal.output import print_json, table_lines
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from clearwell.reproduce.verify import Verification

__all__ = ["fingerprint", "verify"]

_SHOWN_DIGITS = 16


def _engine(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--engine",
        metavar="ENGINE",
        shell_complete=complete_engines,
        help="embedded, spark or sc://host:port; default: the project's.",
    )(command)


@click.command(short_help="Rebuild a release from bronze, and compare.")
@click.argument("release", shell_complete=complete_releases)
@click.option(
    "--version", metavar="N", help="Which version; default: the current one. RELEASE@N is the same."
)
@_engine
@click.option(
    "--scratch",
    metavar="PATH|URL",
    help="Where tables are rebuilt; default: a temporary folder, for a cluster beside the lake's tables.",
)
@click.option(
    "--with-present-code",
    is_flag=True,
    help="Continue even if the project's code differs from the release's.",
)
@options(listing=True)
def verify(
    session: Session,
    release: str,
    version: str | None,
    engine: str | None,
    scratch: str | None,
    with_present_code: bool,
) -> int:
    """Verify RELEASE: its files by their hashes, its rows by rebuilding them from bronze.

    Every table between bronze and the release is rebuilt, batch by batch, from the bronze rows that were read
    then, and each split's fingerprint is compared with the recorded one. Nothing is written to the lake, and
    its silver and gold are not read. The exit code is 1 if a split differs.

    \b
        clearwell verify late_flights
        clearwell verify late_flights@3 --engine spark
    """  # noqa: D301 - click's mark for lines that stay as they are
    from clearwell.api import open_engine
    from clearwell.reproduce.stored import open_release
    from clearwell.reproduce.verify import verify as verify_release

    project = session.project(engine=engine)
    lake = session.existing_lake()
    name, number = _named(release, version)
    with _working(f"verifying {release}", session):
        dataset = open_release(lake, name, number)
        with open_engine(project) as chosen:
            found = verify_release(
                project, lake, dataset, chosen, scratch=scratch, present_code=with_present_code
            )
    if session.json:
        print_json(_document(found))
    else:
        click.echo("\n".join(_verification_lines(found)))
        if found.differs:
            click.echo(f"{click.style('different:', fg='red')} {found.differs}", err=True)
    return 0 if found.equal else 1


@click.command(short_help="Print the fingerprint of a table's rows.")
@click.argument("table", shell_complete=complete_tables)
@click.option(
    "--version", type=click.IntRange(min=0), metavar="N", help="Which version; default: the newest."
)
@_engine
@options(listing=True)
def fingerprint(session: Session, table: str, version: int | None, engine: str | None) -> None:
    """Print the fingerprint of the rows of TABLE: independent of lake, row order, file layout and engine.

    The columns _batch_id and _ingested_at are excluded: they say when rows arrived, not what they are.
    """
    from clearwell.engines import open_engine
    from clearwell.flow.discretion import discreetly
    from clearwell.reproduce.fingerprints import table_contents

    settings = session.settings(engine=engine)
    lake = session.existing_lake()
    with (
        _working(f"fingerprinting {table}", session),
        open_engine(settings) as chosen,
        discreetly(lambda: session.project_of(lake), lake, [table]),
    ):
        found = table_contents(lake, table, chosen, version=version)
    if session.json:
        print_json(asdict(found))
        return
    click.echo(f"{found.table}  version {found.version}, {found.rows:,} rows, by {found.engine}")
    click.echo(found.fingerprint)
    if found.left_out:
        click.echo(f"without {', '.join(found.left_out)}")


@contextmanager
def _working(doing: str, session: Session) -> Generator[None]:
    """Show progress; a transform's prints must not reach standard output, which holds our result."""
    with redirect_stdout(sys.stderr), progress(doing, debug=session.debug):
        yield


def _named(release: str, version: str | None) -> tuple[str, str | None]:
    """``late_flights@3`` -> (``late_flights``, ``3``)."""
    name, at, number = release.rpartition("@")
    if not at or "/" in number:
        return release, version
    if version is not None and version.removeprefix("v") != number.removeprefix("v"):
        raise click.UsageError(f"{release} is not version {version}: give one of them.")
    return name, number


def _document(found: Verification) -> dict[str, Any]:
    splits = [{**asdict(split), "equal": split.equal} for split in found.splits]
    return {**asdict(found), "splits": splits, "equal": found.equal}


def _verification_lines(found: Verification) -> Iterator[str]:
    tables: list[dict[str, Any]] = [
        {
            "table": table.table,
            "batches": table.batches or None,
            "rows": table.rows,
            "rejected": table.rejected if table.batches else None,
            "counts": _counts(table.batches, as_recorded=table.as_recorded),
        }
        for table in found.tables
    ]
    yield from table_lines(tables, ("table", "batches", "rows", "rejected", "counts"))
    yield ""
    splits: list[dict[str, Any]] = [
        {
            "split": split.split,
            "rows": split.rows,
            "recorded": split.fingerprint[:_SHOWN_DIGITS],
            "rows now": split.rows_now,
            "recomputed": split.fingerprint_now[:_SHOWN_DIGITS],
            "result": "equal" if split.equal else "different",
        }
        for split in found.splits
    ]
    yield from table_lines(splits, ("split", "rows", "recorded", "rows now", "recomputed", "result"))
    yield ""
    for note in found.notes:
        yield f"note      {note}"
    verdict = "equal" if found.equal else "different"
    yield f"{verdict:<9} {found.dataset} v{found.version} {found.fingerprint}, rebuilt by {found.engine}"


def _counts(batches: int, *, as_recorded: bool) -> str:
    if not batches:
        return "read as it was"
    return "as recorded" if as_recorded else "not as recorded"
