"""The facts of a project that a scaffold uses: the tables, their columns, a first file of records."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, SourceError
from clearwell.names import PROVENANCE, TableName, Zone
from clearwell.project.load import read_project
from clearwell.project.specs import TableSpec
from clearwell.settings import load_settings
from clearwell.sources import RawFile, SourceSpec, infer_columns
from clearwell.sources.match import matches
from clearwell.tables import lake_of
from clearwell.type_names import type_name

if TYPE_CHECKING:
    from clearwell.project.load import Project

__all__ = ["Facts", "sample_records"]

_MOST_COLUMNS = 100
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATES = ("date", "timestamp", "timestamp_ntz")
_RECORDS = [
    {"id": 1, "day": "2026-01-01", "amount": 12.5},
    {"id": 2, "day": "2026-01-02", "amount": 7.25},
    {"id": 3, "day": "2026-01-03", "amount": 31.0},
]
_TYPED = (
    "    columns: {id: bigint, day: date, amount: double}  # Spark types; a value of another is rejected\n"
)
_CHECKED = """\
  - name: amount_not_negative
    expectation: expect_column_values_to_be_between
    kwargs: {column: amount, min_value: 0}
    severity: warning
    why: An order has no negative price; such a row is reviewed before it counts.
"""


@dataclass(frozen=True)
class Facts:
    """A project before a scaffold; `clearwell check` reports its problems."""

    project: Project

    @classmethod
    def of(cls, root: Path) -> Facts:
        """The facts of the project at ``root``; raises ProjectError if there is none."""
        return cls(read_project(load_settings(root))[0])

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    def taken(self, name: str) -> str | None:
        """The `file:line` of an existing component of that name."""
        spec = next((spec for spec in self.project.specs if spec.name == name), None)
        return self.project.place(spec, "name") if spec else None

    def first_file(self, path: str) -> str | None:
        """An existing raw file, by its path in the project."""
        found = (path for path, reason in matches(path, self.root) if reason is None)
        return min((path for path in found if (self.root / path).is_file()), default=None)

    def columns_line(self, path: str, format: str) -> str:
        """The columns of a raw file as a line of YAML that is commented out; empty if they cannot be read."""
        import pyarrow as pa

        status = (self.root / path).stat()
        file = RawFile(path, self.root / path, "", status.st_size, status.st_mtime_ns)
        try:
            columns = infer_columns(file, SourceSpec(path, format=format))
        except (ProjectError, SourceError):  # `clearwell run` reports what is wrong with it
            return ""
        simple = [column for column in columns if not pa.types.is_nested(column.type)][:_MOST_COLUMNS]
        shown = [f"{_as_key(c.name)}: {type_name(c.type)}" for c in simple]
        if not shown:
            return ""
        return f"    # columns: {{{', '.join(shown)}}}  # as {Path(path).name} has them: give each its type\n"

    def table(self, name: str) -> str:
        """``name``, if the project makes such a table; else raises ProjectError."""
        if name not in (made := self.project.produced):
            known = ", ".join(made) or "none yet: scaffold a clearwell.components.Table first"
            raise ProjectError(f"no table {name!r} in this project", hint=f"its tables: {known}")
        return name

    def last_table(self) -> str:
        """The silver table that was defined last, else any."""
        tables = list(self.project.produced)
        silver = [name for name in tables if name.startswith(f"{Zone.SILVER}_")]
        if not tables:
            raise ProjectError(
                "this project has no table yet", hint="scaffold a clearwell.components.Table first"
            )
        return (silver or tables)[-1]

    def columns(self, table: str) -> dict[str, str]:
        """Name and Spark type of a table's own columns, from its build, else from its YAML; or none."""
        snapshot = lake_of(self.project.settings).table(TableName.parse(table)).snapshot()
        if snapshot is not None:
            kinds = {f.name: type_name(f.type) for f in snapshot.schema}
            return {name: kind for name, kind in kinds.items() if name not in PROVENANCE}
        spec = self.project.produced[table]
        return dict(spec.source.columns) if isinstance(spec, TableSpec) else {}

    def table_of_known_columns(self) -> str:
        """A table to release: the last one whose columns are known, gold before silver."""
        known = [name for name in self.project.produced if self.columns(name)]
        for zone in (Zone.GOLD, Zone.SILVER):
            if of_zone := [name for name in known if name.startswith(f"{zone}_")]:
                return of_zone[-1]
        raise ProjectError(
            "no table of this project has known columns yet",
            hint="`clearwell run` builds them; or give --table, --label and --column",
        )

    def label_of(self, table: str) -> str:
        """The last column."""
        if columns := list(self.columns(table)):
            return columns[-1]
        raise ProjectError(
            f"{table} was never built, so its columns are unknown",
            hint=f"`clearwell run +{table}` builds it; or give --label and --column",
        )

    def split_of(self, table: str, column: str | None, label: str) -> str:
        """The split as YAML: by the time of ``column`` or of the first date, else by groups of a column."""
        columns = {name: kind for name, kind in self.columns(table).items() if name != label}
        dates = [name for name, kind in columns.items() if kind in _DATES]
        chosen = column or next(iter([*dates, *columns]), label)
        if chosen in dates:
            day = self._newest(table, chosen)
            return f"{{by: time, column: {chosen}, test_from: {day}}}  # earlier rows are for training"
        return f"{{by: group, column: {chosen}, test_share: 0.2}}  # rows with one value are in one split"

    def _newest(self, table: str, column: str) -> str:
        """The last day of a column by the table's statistics, or of the first records before a build."""
        snapshot = lake_of(self.project.settings).table(TableName.parse(table)).snapshot()
        highs: list[Any] = [f.high[column] for f in snapshot.files if column in f.high] if snapshot else []
        return str(max(highs))[:10] if highs else str(_RECORDS[-1]["day"])


def sample_records(format: str) -> tuple[str | bytes, str, str]:
    """A first file of records; the lines of YAML with their types; matching lines of a suite."""
    match format:
        case "csv":
            lines = ["id,day,amount", *(",".join(str(v) for v in r.values()) for r in _RECORDS)]
            return "\n".join(lines) + "\n", _TYPED, _CHECKED
        case "jsonl":
            return "".join(f"{json.dumps(record)}\n" for record in _RECORDS), _TYPED, _CHECKED
        case "text":
            return "The first document.\n", "", ""
        case "parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            file = io.BytesIO()
            table = pa.Table.from_pylist(_RECORDS)
            day = table.schema.get_field_index("day")
            pq.write_table(table.set_column(day, "day", table.column("day").cast(pa.date32())), file)
            return file.getvalue(), "", _CHECKED
        case _:
            raise ProjectError(
                f"a first file of the format {format!r} cannot be written",
                hint="deliver one, and give its path: --path raw/NAME/*",
            )


def _as_key(name: str) -> str:
    """A column's name as a key of YAML, with any characters."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name)
