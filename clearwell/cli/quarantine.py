"""Show what was rejected from a table: without the values of personal columns, unless they are requested."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from clearwell.cli.lake import block_row, blocked_now, table_named
from clearwell.cli.terminal.completion import complete_tables
from clearwell.cli.terminal.output import print_json, printable, table_lines, terminal_width
from clearwell.cli.terminal.personal import may_show_personal
from clearwell.cli.terminal.session import Session, options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from clearwell.model import CheckResult, Sample
    from clearwell.names import TableName
    from clearwell.project.load import Project
    from clearwell.quality import Check
    from clearwell.tables import Lake

__all__ = ["quarantine"]


@click.command(short_help="Show what was rejected from a table, and why.")
@click.argument("table", shell_complete=complete_tables)
@click.option(
    "--blocked", is_flag=True, help="Show why batches were not published, instead of rejected rows."
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Show at most this many rows."
)
@may_show_personal
@options(listing=True)
def quarantine(session: Session, table: str, blocked: bool, limit: int, show_personal: bool) -> None:
    """Show what was rejected from TABLE: records and rows with their file, number, text and reasons.

    Of a row that fails a check, the column, its value and what the check allows are shown; with --blocked,
    those of the rows that keep a batch out.

    Of a table with personal columns the text of raw records is hidden, and in a row the values of these
    columns; --show-personal shows them.
    """
    lake = session.existing_lake()
    name = table_named(lake, table.removeprefix("quarantine_"))
    reader = _Reader(lake, name, session.project_of(lake), show_personal=show_personal)
    if blocked:
        _show_blocked(session, reader)
        return
    rows, total = reader.rejected(limit)
    if session.json:
        print_json({"table": str(name), "total": total, "rows": rows})
        return
    if not rows:
        click.echo("no rows requested" if total else f"no row of {name} is in quarantine")
    is_cut = [_print_rejected(row) for row in rows]
    if total > len(rows):
        click.echo(f"{len(rows):,} of {total:,} rows; --limit {total} shows all")
    if any(is_cut):
        click.echo("text is cut to the width of the terminal; --json shows all of it")
    if rows and reader.hides:
        click.echo("values that may be personal are hidden; --show-personal shows them")


class _Reader:
    """What was rejected from one table, as far as it may be shown.

    ``project`` is that of the lake; None: which columns are personal, and what checks allow, is not known.
    """

    def __init__(self, lake: Lake, name: TableName, project: Project | None, *, show_personal: bool) -> None:
        self.lake, self.name = lake, name
        self._checks = {} if project is None else _checks_of(project, name)
        self._personal = () if show_personal else _personal_of(project, lake, name)

    @property
    def hides(self) -> bool:
        """Whether values are hidden."""
        return self._personal is None or bool(self._personal)

    def rejected(self, limit: int) -> tuple[list[dict[str, Any]], int]:
        """The first rejected rows, each with the path of its file, and their number."""
        from clearwell.tables import quarantine_of

        snapshot = self.lake.table(self.name).snapshot()
        rows: list[dict[str, Any]] = []
        total = 0
        for batch in quarantine_of(self.lake, snapshot) if snapshot else ():
            rows += batch.slice(0, max(limit - len(rows), 0)).to_pylist()
            total += batch.num_rows
        paths = dict(_paths(self.lake, self.name)) if rows else {}
        for row in rows:
            row["file"] = paths.get(row["_file_id"])
            row["raw"] = row["raw"] if row["raw"] is not None else row["raw_bytes"]
            row["failures"] = list(self._failures(row["reasons"] or (), _values(row["raw"])))
            for internal in ("raw_bytes", "_n", "_attempt"):
                row.pop(internal)
        return [self._discreet(row) for row in rows], total

    def failing(self, check: CheckResult) -> list[dict[str, Any]]:
        """The rows that are known to fail a check, each with its raw record and the checked values."""
        return [self._failing(check, sample) for sample in check.samples]

    def _failing(self, check: CheckResult, sample: Sample) -> dict[str, Any]:
        from clearwell.project.personal_data import PERSONAL, masked

        values: dict[str, str] = dict(sample.values)
        shown = dict.fromkeys(values, PERSONAL) if self._personal is None else masked(values, self._personal)
        told = next(self._failures([check.name], shown), None)
        plain = ", ".join(f"{column} {value}" for column, value in shown.items())
        return {"file": sample.file, "record": sample.record, "values": shown, "failure": told or plain}

    def _failures(self, reasons: Collection[str], row: Mapping[str, Any]) -> Iterator[str]:
        """Why the row fails these checks, for those that would tell no personal value: NULL is none."""
        from clearwell.quality import failure_of, is_personal

        personal = self._personal or ()
        for check in (self._checks[reason] for reason in reasons if reason in self._checks):
            is_hidden = any(is_personal(column, personal) for column in check.columns)
            if (check.is_of_null or not is_hidden) and (told := failure_of(check, row)):
                yield told

    def _discreet(self, row: dict[str, Any]) -> dict[str, Any]:
        """A rejected row without personal values."""
        from clearwell.names import Zone
        from clearwell.project.personal_data import PERSONAL, masked_json

        if not self.hides:
            return row
        if self._personal is None or self.name.zone is Zone.BRONZE:  # a raw record, and a message about it
            return {**row, "raw": PERSONAL, "message": PERSONAL}
        return {**row, "raw": masked_json(row["raw"], self._personal)}


def _print_rejected(row: Mapping[str, Any]) -> bool:
    """Print a rejected row on a few lines; whether its text was cut to the width of the terminal."""
    click.secho(f"{_where(row['file'], row['_record_no'])}: {', '.join(row['reasons'] or ())}", bold=True)
    for told in row["failures"] or [row["message"]]:
        click.echo(f"  {printable(str(told))}")
    raw = row["raw"]
    text = printable(raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else str(raw))
    width = terminal_width()
    is_cut = width is not None and len(text) + 2 > width
    click.echo(f"  {text[: max(width - 3, 0)]}…" if width is not None and is_cut else f"  {text}")
    return is_cut


def _show_blocked(session: Session, reader: _Reader) -> None:
    blocked = blocked_now(reader.lake, reader.name)
    rows = [block_row(block) for block in blocked]
    for row, block in zip(rows, blocked, strict=True):
        failed = (check for check in block.checks if not check.success)
        row["checks"] = [
            {**shown, "rows": reader.failing(check)}
            for shown, check in zip(row["checks"], failed, strict=True)
        ]
    if session.json:
        print_json({"table": str(reader.name), "blocked": rows})
        return
    if not rows:
        click.echo(f"no batch of {reader.name} is blocked")
    for row in rows:
        click.secho(f"batch {row['batch']}, {row['rows']:,} rows, {row['when']}: {row['reason']}", bold=True)
        for part, columns in (
            (
                "checks",
                ("name", "severity", "unexpected_count", "element_count", "observed", "message", "why"),
            ),
            ("files", ("path", "delivered", "blocked")),
        ):
            if row[part]:
                click.echo("\n".join(f"  {line}" for line in table_lines(row[part], columns)))
        for check in row["checks"]:
            _print_failing(check)
    if any("(withheld)" in str(check["rows"]) for row in rows for check in row["checks"]):
        click.echo("values that are withheld: clearwell trace --file FILE --record NUMBER --show-personal")


def _print_failing(check: Mapping[str, Any]) -> None:
    rows = check["rows"]
    if not rows:
        return
    click.echo(f"  rows that fail {check['name']}")
    for row in rows:
        click.echo(f"    {_where(row['file'], row['record'])}: {printable(row['failure'])}")
    if (more := (check["unexpected_count"] or 0) - len(rows)) > 0:
        click.echo(f"    and {more:,} more")


def _where(file: str | None, record: int | None) -> str:
    number = "" if record is None else f" record {record}"
    return f"{printable(file or 'a row')}{number}"


def _values(raw: Any) -> dict[str, Any]:
    """The values of a rejected row, numbers as they are written; a raw record that is no JSON has none."""
    try:
        row = json.loads(raw, parse_float=str, parse_int=str)
    except (TypeError, ValueError):
        return {}
    return row if isinstance(row, dict) else {}


def _checks_of(project: Project, name: TableName) -> dict[str, Check]:
    """The checks of the table's suite as it is now, by name; none of a suite that cannot be read."""
    from clearwell.errors import ProjectError
    from clearwell.names import Zone
    from clearwell.project.specs import CuratedSpec, TableSpec
    from clearwell.quality import load_suite

    spec = project.produced.get(str(name))
    if not isinstance(spec, TableSpec | CuratedSpec) or name.zone is Zone.BRONZE:
        return {}
    file = project.suite(spec)
    try:
        return {check.name: check for check in load_suite(file).checks} if file else {}
    except ProjectError:  # `clearwell check` names what is wrong with it
        return {}


def _personal_of(project: Project | None, lake: Lake, name: TableName) -> Collection[str] | None:
    """The personal columns of the table; None: they are not known."""
    from clearwell.project.personal_data import PersonalData

    return None if project is None else PersonalData.of(project, lake).columns(str(name))


def _paths(lake: Lake, name: TableName) -> Iterator[tuple[str, str]]:
    """The path of each raw file, as recorded by the bronze table of the same name."""
    from clearwell.names import TableName, Zone
    from clearwell.tables import files_of

    for zone in (Zone.BRONZE, name.zone):
        if snapshot := lake.table(TableName(zone, name.name)).snapshot():
            yield from ((file.file_id, file.path) for file in files_of(lake, snapshot))
