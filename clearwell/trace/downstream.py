"""Trace a raw record forward: to every table, quarantine and release that holds it, or the reason why none.

A record that silver does not hold and did not reject is run through the transform again, alone. The result
distinguishes a row replaced by a later one from a row that the transform dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.errors import SourceError
from clearwell.flow.build.call_transform import call_transform
from clearwell.flow.build.staleness import newest_build
from clearwell.flow.discretion import discreet
from clearwell.names import TableName
from clearwell.trace.raw_files import KnownRaw, find_raw, raw_step, taken_files
from clearwell.trace.records import DownstreamTrace, RowStep, Stop
from clearwell.trace.releases import released_rows
from clearwell.trace.rows import Origin, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from clearwell.engines import Engine
    from clearwell.project.load import Project
    from clearwell.project.specs import TableSpec
    from clearwell.tables import Lake

__all__ = ["trace_record"]


def trace_record(
    project: Project,
    lake: Lake,
    file: str,
    number: int,
    *,
    engine: Callable[[], Engine],
    show_personal: bool = False,
) -> list[DownstreamTrace]:
    """Where record ``number`` of ``file`` ended, once for each source that has this file.

    ``engine`` is called only if the transform must be run again.

    Raises:
        SourceError: no such file, several of that name, or it has fewer records.
        ProjectError: the transform fails on this record.
    """
    rows = Provenance(project, lake, show_personal=show_personal)
    return [_trace(rows, raw, number, engine) for raw in find_raw(project, lake, file)]


def _trace(rows: Provenance, known: KnownRaw, number: int, engine: Callable[[], Engine]) -> DownstreamTrace:
    spec = known.spec
    bronze = str(spec.bronze_table)
    downstream = _downstream(rows, bronze)
    raw = raw_step(rows.project, spec, known.file_id, number, known.counts, path=known.path)
    notes = (f"{known.copy_of} is a copy of it",) if known.copy_of else ()
    if known.counts is None or known.set_aside:
        if raw.missing and (raw.records or not known.set_aside):  # a torn file has no identifiable records
            raise _beyond(known, number, raw.records or 0)
        return DownstreamTrace(rows.discreet(raw, [bronze, *downstream]), bronze, (_not_taken(known),), notes)
    origin = Origin(known.file_id, number)
    stops = [_in_bronze(rows, bronze, origin, known)]
    if stops[0].state == "absent" and (raw.missing or (raw.text is None and _cannot_be(rows, known, number))):
        raise _beyond(known, number, raw.records or 0)
    if stops[0].state == "row" and spec.silver:
        stops.append(_in_silver(rows, spec, origin, stops[0].rows[0], engine))
    stops += _in_gold(rows, spec, origin, reached=stops[-1].state == "row")
    stops += [
        Stop(f"{dataset} v{version}", "released", f"split {split}")
        for dataset, version, split in released_rows(rows.lake, {bronze, *downstream}, origin.where)
    ]
    return DownstreamTrace(rows.discreet(raw, [bronze, *downstream]), bronze, tuple(stops), notes)


def _downstream(rows: Provenance, bronze: str) -> list[str]:
    """Every table that is made from ``bronze``, directly or not, inputs first."""
    found: list[str] = []
    for table in rows.project.produced:
        if {bronze, *found} & set(rows.inputs(table)):
            found.append(table)
    return found


def _beyond(known: KnownRaw, number: int, count: int) -> SourceError:
    return SourceError(
        f"record {number:,} was asked for, and the file has {count:,} record{'' if count == 1 else 's'}",
        place=known.path,
        hint="records are counted from 1, without the header and blank lines",
    )


def _cannot_be(rows: Provenance, known: KnownRaw, number: int) -> bool:
    """Whether the counts also say that there is no such record; they fall when rows are deleted."""
    snapshot = rows.snapshot(str(known.spec.bronze_table))
    deleted = snapshot is not None and snapshot.state.generation != snapshot.generation
    return known.counts is not None and number > known.counts.delivered and not deleted


def _not_taken(known: KnownRaw) -> Stop:
    bronze = str(known.spec.bronze_table)
    if known.set_aside:
        return Stop(bronze, "blocked", f"the file is set aside, none of it is in a table: {known.set_aside}")
    return Stop(bronze, "waiting", "the file is not ingested yet: `clearwell run` ingests it")


def _in_bronze(rows: Provenance, bronze: str, origin: Origin, known: KnownRaw) -> Stop:
    why = known.counts.retraction if known.counts else None
    if why:
        said = f"{why.by} took the file back on {why.at}, and no run takes it again: {why.reason}"
        return Stop(bronze, "retracted", said)
    if found := rows.current(bronze, origin.where):
        return Stop(bronze, "row", f"a row, since batch {found[0].batch}", tuple(found))
    if found := rows.quarantined(bronze, origin.where):
        return Stop(f"quarantine of {bronze}", "quarantined", _why(found[0]), tuple(found))
    return Stop(bronze, "absent", "neither a row nor in quarantine: it was deleted from the table")


def _why(step: RowStep) -> str:
    rejected = f"rejected by {', '.join(step.reasons)}"
    repeats = not step.message or step.message.startswith("fails ")  # the message only repeats the reason
    return rejected if repeats else f"{rejected}: {step.message}"


def _in_silver(
    rows: Provenance, spec: TableSpec, origin: Origin, row: RowStep, engine: Callable[[], Engine]
) -> Stop:
    silver = str(spec.silver_table)
    if found := rows.current(silver, origin.where):
        many = f"{len(found)} rows" if len(found) > 1 else "a row"
        return Stop(silver, "row", many, tuple(found))
    if found := rows.quarantined(silver, origin.where):
        return Stop(f"quarantine of {silver}", "quarantined", _why(found[0]), tuple(found))
    if found := rows.blocked(silver, origin.where):
        return Stop(silver, "blocked", found[0].note or "its batch is kept out", tuple(found))
    snapshot = rows.snapshot(silver)
    last = newest_build(rows.lake, TableName.parse(silver), snapshot)
    read = (
        next((state for state in last.inputs if state.table == str(spec.bronze_table)), None)
        if last
        else None
    )
    bronze = rows.snapshot(str(spec.bronze_table))
    if (
        read is None
        or bronze is None
        or (row.batch or 0) > read.batch
        or read.generation != bronze.state.generation
    ):
        return Stop(
            silver, "waiting", f"has not processed batch {row.batch} of bronze yet: `clearwell run` does"
        )
    return _run_again(rows, spec, origin, engine())


def _run_again(rows: Provenance, spec: TableSpec, origin: Origin, engine: Engine) -> Stop:
    """The transform's result for this record alone, and what silver holds in its place."""
    silver, write = str(spec.silver_table), spec.silver.write if spec.silver else None
    try:
        made = _transformed(rows, spec, origin, engine)
    except Exception as error:
        if rows.show_personal:
            raise
        raise discreet(rows.project, rows.lake, spec, error) from None
    if not made.num_rows:
        return Stop(silver, "dropped", "the transform returns no row for this record: it was dropped there")
    key = (write.key or write.partition_by) if write else ()
    alone = "the transform returns a row for this record alone, and the table does not hold it: "
    snapshot = rows.snapshot(silver)
    if not key or snapshot is None:
        why = "it was dropped because of other records (a duplicate, a window, a join), or deleted"
        return Stop(silver, "absent", f"{alone}{why}")
    where = {name: made.column(name)[0].cast(snapshot.schema.field(name).type) for name in key}
    key = ", ".join(f"{name}={value}" for name, value in _plain(rows, silver, where).items())
    found = rows.current(silver, where)
    if not found:
        return Stop(silver, "absent", f"{alone}no row has {key}; it was deleted")
    if write and write.partition_by:
        return Stop(silver, "superseded", f"a later delivery replaced its partition, {key}", ())
    by = found[0]
    file = taken_files(rows.lake, spec).get(by.file_id or "")
    where_from = f"record {by.record_no} of {file.path if file else by.file_id}"
    return Stop(silver, "superseded", f"{where_from} has the same key, {key}, and replaced it", tuple(found))


def _transformed(rows: Provenance, spec: TableSpec, origin: Origin, engine: Engine) -> pa.Table:
    snapshot = rows.lake.existing(spec.bronze_table)
    likely = [f for f in snapshot.files if f.may_hold("_file_id", origin.file_id, origin.file_id)]
    with engine.work(f"reading one record of {spec.bronze_table}"):
        frame = snapshot.read_files(engine, likely)
        frame = frame.where((frame["_file_id"] == origin.file_id) & (frame["_record_no"] == origin.record_no))
    made = call_transform(rows.project, spec, frame, engine)
    with engine.work(f"running {spec.silver.transform if spec.silver else ''} on one record"):
        return made.toArrow()


def _plain(rows: Provenance, table: str, where: Mapping[str, pa.Scalar[Any]]) -> dict[str, Any]:
    return rows.shown(table, {name: value.as_py() for name, value in where.items()})


def _in_gold(rows: Provenance, spec: TableSpec, origin: Origin, *, reached: bool) -> Iterator[Stop]:
    """The curated tables that hold the record; for others, the reason, if it got that far."""
    own = {str(spec.bronze_table), str(spec.silver_table)}
    carried = {*own}
    for table in _downstream(rows, str(spec.bronze_table)):
        if table in own or rows.snapshot(table) is None:
            continue
        inputs = rows.inputs(table)
        if not rows.has_provenance(table):
            if reached and carried & set(inputs):
                yield Stop(table, "aggregate", "its rows aggregate many records, without provenance")
            continue
        if found := rows.current(table, origin.where):
            carried.add(table)
            many = f"{len(found)} rows" if len(found) > 1 else "a row"
            yield Stop(table, "row", many, tuple(found))
        elif reached and carried & set(inputs):
            yield _not_carried(rows, table, carried, spec)


def _not_carried(rows: Provenance, table: str, carried: set[str], spec: TableSpec) -> Stop:
    """Why a curated table with provenance has no row of a record that one of its inputs holds."""
    if other := _comes_from_elsewhere(rows, table, carried, spec):
        joined = f"its rows carry the provenance of {other}; this record may have been joined to any of them"
        return Stop(table, "joined", joined)
    last = newest_build(rows.lake, TableName.parse(table), rows.snapshot(table))
    for state in last.inputs if last else ():
        now = rows.snapshot(state.table) if state.table in carried else None
        if now and (now.state.generation, now.batch) != (state.generation, state.batch):
            return Stop(table, "waiting", f"{state.table} has changed since it was built: `clearwell run`")
    return Stop(table, "absent", "no row carries it: its transform dropped it")


def _comes_from_elsewhere(rows: Provenance, table: str, carried: set[str], spec: TableSpec) -> str | None:
    """The other input, if it is the one whose provenance the rows of ``table`` carry."""
    sources = {e.source for e in rows.edges.get(table, ()) if e.column == "_file_id" and e.source}
    if sources:
        return None if sources & carried else ", ".join(sorted(sources))
    file_id = rows.first_file(table)  # no lineage is recorded: look at a row
    if file_id is None or file_id in taken_files(rows.lake, spec):
        return None
    return "another input"
