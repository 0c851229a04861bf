"""Trace a row back to its raw text, or a raw record forward to where it ended. Read-only."""

from __future__ import annotations

import sys
from contextlib import ExitStack, redirect_stdout
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.terminal.completion import complete_engines, complete_products
from clearwell.cli.terminal.output import print_json, printable, table_lines
from clearwell.cli.terminal.personal import may_show_personal
from clearwell.cli.terminal.progress import progress
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clearwell.engines import Engine
    from clearwell.trace.records import DownstreamTrace, RawStep, RowStep, Stop, UpstreamTrace

__all__ = ["trace"]

_WIDTH = 100
_LONGEST_VALUE = 60


@click.command(short_help="Trace a row to its raw text, or a raw record to where it ended.")
@click.argument("table", required=False, shell_complete=complete_products)
@click.option(
    "--key", multiple=True, metavar="K", help="COLUMN=VALUE, or the values of the table's key: V1,V2."
)
@click.option("--file", metavar="F", help="A raw file: its path, a suffix of it, or its hash.")
@click.option(
    "--record", type=click.IntRange(min=1), metavar="N", help="Number of the record in that file, from 1."
)
@may_show_personal
@click.option(
    "--engine",
    metavar="ENGINE",
    shell_complete=complete_engines,
    help="embedded, spark or sc://host:port; default: the project's.",
)
@options(listing=True)
def trace(
    session: Session,
    table: str | None,
    key: tuple[str, ...],
    file: str | None,
    record: int | None,
    show_personal: bool,
    engine: str | None,
) -> None:
    """Trace a row of TABLE, or of a dataset, back to file, record number and raw text.

    The row is named by --key: COLUMN=VALUE, repeated as needed, or the values of the key columns in order for
    a table that is written with merge (an error names those columns):

    \b
        clearwell trace silver_flights --key 2013-02-08,US,1833,JFK,2013-02-08T06:00:00
        clearwell trace gold_flight_delays --key tailnum=N950UW --key flight_date=2013-02-08

    With --file and --record a raw record is traced forward instead: to tables, quarantines and releases, or
    to the record that replaced it.

    \b
        clearwell trace --file 2013-02-08_2013-02-14.csv --record 12
    """  # noqa: D301 - click's mark for lines that stay as they are
    if table and not file and record is None:
        _back(session, table, key, show_personal=show_personal)
    elif file and record is not None and not table and not key:
        _forward(session, file, record, engine, show_personal=show_personal)
    else:
        raise click.UsageError("Give either TABLE and --key, or --file and --record.")


def _back(session: Session, table: str, key: tuple[str, ...], *, show_personal: bool) -> None:
    from clearwell.trace.upstream import trace_row

    trail = trace_row(session.project(), session.existing_lake(), table, key, show_personal=show_personal)
    if session.json:
        print_json(asdict(trail))
    else:
        click.echo("\n".join(_trail(trail)))


def _forward(session: Session, file: str, record: int, engine: str | None, *, show_personal: bool) -> None:
    from clearwell.api import open_engine
    from clearwell.trace.downstream import trace_record

    project = session.project(engine=engine)
    lake = session.existing_lake()
    with ExitStack() as stack:

        def start() -> Engine:
            # A transform may print; standard output is ours.
            stack.enter_context(redirect_stdout(sys.stderr))
            stack.enter_context(progress("running the transform on this record", debug=session.debug))
            return stack.enter_context(open_engine(project))

        found = trace_record(project, lake, file, record, engine=start, show_personal=show_personal)
    if session.json:
        print_json([asdict(ended) for ended in found])
    else:
        click.echo("\n\n".join("\n".join(_downstream(ended)) for ended in found))


def _trail(trail: UpstreamTrace) -> Iterator[str]:
    if trail.matches > 1:
        yield f"{trail.matches:,} rows of {trail.table} match; the first are"
        yield ""
        yield from table_lines(trail.first, list(trail.first[0]), grouped=False)
        yield ""
        yield f"narrow it by --key COLUMN=VALUE with {', '.join(trail.narrow_by)}"
        return
    for number, step in enumerate(trail.steps):
        if number:
            yield ""
        yield from _row(step, "made from" if number else None)
        yield from _joined(trail, step.table)
    if trail.raw:
        yield ""
        yield from _raw(trail.raw)
    for note in trail.notes:
        yield f"note      {printable(note)}"


def _joined(trail: UpstreamTrace, table: str) -> Iterator[str]:
    for joined in (found for found in trail.joined if found.into == table):
        columns = ", ".join(joined.columns) or "the columns are not recorded"
        yield from _wrapped("joined", f"with {joined.table}: {columns}".split(" "))


def _downstream(ended: DownstreamTrace) -> Iterator[str]:
    yield from _raw(ended.raw)
    for note in ended.notes:
        yield f"note      {printable(note)}"
    for stop in ended.stops:
        yield ""
        yield from _stop(stop)


def _stop(stop: Stop) -> Iterator[str]:
    first, *more = list(_wrapped("", printable(stop.said).split(" ")))
    yield f"{click.style(stop.where, bold=True)}: {first.strip()}"
    yield from more
    for row in stop.rows:
        yield from _values(row.values)


def _row(step: RowStep, link: str | None) -> Iterator[str]:
    state = "" if step.state == "current" else f"  {step.state}"
    yield f"{f'{link} ' if link else ''}{click.style(step.table, bold=True)}{state}"
    if step.reasons:
        yield from _wrapped("reasons", [*", ".join(step.reasons).split(" ")])
    if step.message:
        yield from _wrapped("message", printable(step.message).split(" "))
    if step.note:
        yield from _wrapped("note", printable(step.note).split(" "))
    yield from _values(step.values)
    if step.batch is not None:
        yield f"  batch     {step.batch} of bronze, ingested {step.ingested_at}"


def _values(values: Mapping[str, Any]) -> Iterator[str]:
    if values:
        yield from _wrapped(
            "row", [f"{name}={_short(value)}" for name, value in values.items()], between="  "
        )


def _raw(raw: RawStep) -> Iterator[str]:
    path = click.style(raw.path or "a raw file unknown to this project", bold=True)
    yield f"{path}  record {raw.record_no:,}"
    size = f"{raw.bytes:,} bytes, " if raw.bytes is not None else ""
    count = f"{raw.records:,} records, " if raw.records is not None else ""
    when = f"written {raw.modified}, " if raw.modified else ""
    yield f"  file      {size}{count}{when}hash {raw.file_id}"
    state = f"{raw.state}, now {raw.found_at}" if raw.found_at else raw.state
    yield f"  state     {state}"
    if raw.note:
        yield from _wrapped("note", raw.note.split(" "))
    if raw.text is not None:
        yield f"  {'as JSON' if raw.is_json else 'raw text'}"
        yield from (f"    {printable(line)}" for line in raw.text.split("\n"))


def _wrapped(label: str, words: list[str], *, between: str = " ") -> Iterator[str]:
    """``words`` after a label, wrapped to a limited width."""
    line = ""
    for word in words:
        if line and len(line) + len(between) + len(word) > _WIDTH - 12:
            yield f"  {label:<8}  {line}"
            label, line = "", word
        else:
            line = f"{line}{between}{word}" if line else word
    if line:
        yield f"  {label:<8}  {line}"


def _short(value: Any) -> str:
    text = "-" if value is None else printable(str(value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
