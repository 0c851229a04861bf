"""Look up single rows by their provenance: in tables, their quarantines, their blocked batches.

Results are safe to show: values of personal columns are replaced unless requested.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from clearwell.names import PROVENANCE, TableName, Zone
from clearwell.project.personal_data import PERSONAL, PersonalData, masked
from clearwell.project.specs import CuratedSpec, TableSpec
from clearwell.sources.values.from_text import cast_text
from clearwell.stores import file_sizes
from clearwell.tables import (
    Found,
    blocks_in_effect,
    find_rows,
    find_rows_in,
    lineage_of,
    matching,
    plain_row,
    quarantine_of,
)
from clearwell.trace.records import RowStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clearwell.model import Edge
    from clearwell.project.load import Project
    from clearwell.tables import Blocked, Lake, Snapshot
    from clearwell.trace.records import RawStep

__all__ = ["Origin", "Provenance"]


class Origin(NamedTuple):
    """The raw record that a row comes from."""

    file_id: str
    record_no: int

    @property
    def where(self) -> dict[str, pa.Scalar[Any]]:
        """The same as a lookup condition."""
        return {
            "_file_id": pa.scalar(self.file_id, pa.string()),
            "_record_no": pa.scalar(self.record_no, pa.int64()),
        }


class Provenance:
    """Rows of one lake and their provenance. ``show_personal`` shows personal values as they are.

    ``released`` may name the table that a dataset was published from; then a trace can begin at its rows.
    """

    def __init__(self, project: Project, lake: Lake, *, show_personal: bool = False) -> None:
        self.project = project
        self.lake = lake
        self.show_personal = show_personal
        self.released: dict[str, str] = {}
        self._snapshots: dict[str, Snapshot | None] = {}

    @cached_property
    def edges(self) -> dict[str, tuple[Edge, ...]]:
        """The recorded lineage of every table."""
        return lineage_of(self.lake)

    def snapshot(self, table: str) -> Snapshot | None:
        """The newest version of a table, fixed for the whole trace."""
        if table not in self._snapshots:
            self._snapshots[table] = self.lake.table(table).snapshot()
        return self._snapshots[table]

    def inputs(self, table: str) -> tuple[str, ...]:
        """The input tables of ``table``."""
        if table in self.released:
            return (self.released[table],)
        spec, name = self.project.produced.get(table), TableName.parse(table)
        if isinstance(spec, CuratedSpec):
            return spec.inputs
        return (str(TableName(Zone.BRONZE, name.name)),) if name.zone is Zone.SILVER else ()

    def source(self, table: str) -> TableSpec | None:
        """The spec of the source whose records a bronze or silver table holds."""
        spec = self.project.produced.get(table)
        return spec if isinstance(spec, TableSpec) else None

    def has_provenance(self, table: str) -> bool:
        """Whether the rows of the table record which raw record they come from."""
        snapshot = self.snapshot(table)
        return snapshot is not None and {"_file_id", "_record_no"} <= set(snapshot.schema.names)

    def first_file(self, table: str) -> str | None:
        """The raw file of an arbitrary row of the table."""
        snapshot = self.snapshot(table)
        for batch in snapshot.batches(["_file_id"]) if snapshot else ():
            for value in batch.column(0):
                return value.as_py()
        return None

    def rows(self, table: str, where: Mapping[str, pa.Scalar[Any]], *, most: int = 5) -> Found:
        """The current rows of the table that match."""
        snapshot = self.snapshot(table)
        if snapshot is None:
            return Found()
        snapshot.require_readable()
        return find_rows(snapshot.files, where, most=most)

    def current(self, table: str, where: Mapping[str, pa.Scalar[Any]], *, most: int = 5) -> list[RowStep]:
        """The same, safe to show."""
        found = self.rows(table, where, most=most)
        return [self.step(table, row, "current") for row in found.rows]

    def quarantined(self, table: str, where: Mapping[str, pa.Scalar[Any]]) -> list[RowStep]:
        """The rejected rows of the table with these values; those of bronze have only provenance."""
        snapshot = self.snapshot(table)
        records = self.lake.table(TableName.parse(table).quarantine).snapshot()
        if snapshot is None or records is None:
            return []
        by_origin = {c: v for c, v in where.items() if c in ("_file_id", "_record_no")}
        if by_origin and not find_rows(records.files, by_origin, most=0).count:
            return []
        if table.startswith(str(Zone.BRONZE)) and len(by_origin) < len(where):
            return []
        rest = {column: value for column, value in where.items() if column not in by_origin}
        steps: list[RowStep] = []
        for batch in quarantine_of(self.lake, snapshot):
            mask = pc.and_(matching(batch, by_origin), _says(batch.column("raw"), rest))
            steps += [
                self._rejected(table, plain_row(batch, row)) for row in pc.indices_nonzero(mask).to_pylist()
            ]
        return steps

    def blocks(self, table: str) -> list[Blocked]:
        """The batches that are currently blocked from the table."""
        return blocks_in_effect(self.lake, TableName.parse(table), self.snapshot(table))

    def blocked(self, table: str, where: Mapping[str, pa.Scalar[Any]]) -> list[RowStep]:
        """The rows with these values in a blocked batch, as far as its files still exist."""
        root = self.lake.table(table).root
        steps: list[RowStep] = []
        for block in self.blocks(table):
            staged = [f"{root}/{file.path}" for file in block.staged]
            sizes = file_sizes(staged)
            paths = [path for path, size in zip(staged, sizes, strict=True) if size is not None]
            note = f"batch {block.batch} is blocked since {block.when}: {block.reason}"
            found = find_rows_in(paths, where)
            steps += [self.step(table, row, "blocked", note=note) for row in found.rows]
        return steps

    def step(self, table: str, row: Mapping[str, Any], state: str, *, note: str | None = None) -> RowStep:
        """A row, safe to show."""
        moment = row.get("_ingested_at")
        return RowStep(
            table=table,
            state=state,
            values=self.shown(table, {k: v for k, v in row.items() if k not in PROVENANCE}),
            file_id=row.get("_file_id"),
            record_no=row.get("_record_no"),
            batch=row.get("_batch_id"),
            ingested_at=moment.isoformat() if isinstance(moment, datetime) else moment,
            note=note,
        )

    def shown(self, table: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """``values`` without those of personal columns."""
        return masked(values, self.hidden([table]))

    def hidden(self, tables: Iterable[str]) -> frozenset[str]:
        """The columns of ``tables`` whose values must not be shown."""
        if self.show_personal:
            return frozenset()
        return self._personal.of_all(self.released.get(table, table) for table in tables)

    def discreet(self, raw: RawStep, tables: Iterable[str]) -> RawStep:
        """``raw`` without its text, if the YAML of any of the ``tables`` that hold it names such columns."""
        specs = [self.project.produced.get(table) for table in tables]
        names = any(spec.personal for spec in specs if isinstance(spec, TableSpec | CuratedSpec))
        if raw.text is None or self.show_personal or not names:
            return raw
        return replace(raw, text=None, note=f"its text is {PERSONAL}: --show-personal shows it")

    @cached_property
    def _personal(self) -> PersonalData:
        return PersonalData(self.project, lambda: self.edges)

    def _rejected(self, table: str, row: dict[str, Any]) -> RowStep:
        """A row of a quarantine. Its content is JSON, except that a raw record is stored as text."""
        is_raw = table.startswith(str(Zone.BRONZE))
        hides = bool(self.hidden([table]))
        values = {} if is_raw or row["raw"] is None else _object(row["raw"], exact=False)
        step = self.step(table, {**{name: row[name] for name in PROVENANCE}, **values}, "quarantined")
        # The message of a raw record quotes the value that was rejected.
        message = None if is_raw and hides else row["message"]
        return replace(step, reasons=tuple(row["reasons"] or ()), message=message)


def _says(raw: pa.Array, where: Mapping[str, pa.Scalar[Any]]) -> pa.Array:
    """For each row, given as JSON, whether it has all the values of ``where``."""
    if not where:
        return pa.repeat(pa.scalar(True), len(raw))
    rows = [_object(text) for text in raw.to_pylist()]
    mask = pa.repeat(pa.scalar(True), len(raw))
    for column, value in where.items():
        texts = pa.array([_text(row.get(column)) for row in rows], pa.string())
        values, _ = cast_text(texts, value.type)
        mask = pc.and_(mask, pc.fill_null(pc.equal(values, value), False))
    return mask


def _object(text: str | None, *, exact: bool = True) -> dict[str, Any]:
    """A JSON object; ``exact``: its numbers are their digits, as text."""
    numbers: dict[str, Any] = {"parse_int": str, "parse_float": str} if exact else {}
    try:
        found = json.loads(text or "{}", **numbers)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None
