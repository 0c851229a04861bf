"""Clearwell's tables, whose rows the engine stages and rewrites: new columns, merges, special values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.names import TableName
from clearwell.tables import Intent, Lake, apply_batch, decide, schema_json, stage_frame, verify_files
from clearwell.testing.conformance.case import Case, ask, grouped
from clearwell.testing.conformance.notation import table
from clearwell.testing.conformance.relations.files import EVERY_TYPE

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from clearwell.testing.conformance.case import Ask
    from clearwell.testing.conformance.trial import Trial

__all__ = ["CASES"]

_NAME = TableName.parse("silver_cases")
_NAN = math.nan
_OLD = table("k int, s struct<a:int>", (1, {"a": 1}))
_MORE = table("k int, s struct<a:int>, x double", (2, {"a": None}, _NAN))
_FIELD = table("k int, s struct<a:int,b:string>", (2, {"a": 2, "b": "x"}))
_ELEMENT = table("k int, l array<struct<a:int,b:string>>", (2, [{"a": 2, "b": "x"}]))
_TYPE = table("k bigint, s struct<a:int>", (2, {"a": 2}))
_COLUMNS = "k int, x double, d decimal(38,10)"
_FIRST = ((1, 1.0, "3333333333.3333333333"), (2, _NAN, None), (3, -0.0, "0"))
_SECOND = ((3, 0.0, None), (4, math.inf, "-3333333333.3333333333"))
_FLOATS, _UPDATES = table(_COLUMNS, *_FIRST), table(_COLUMNS, *_SECOND)


def _batches(*batches: pa.Table, mode: str = "append") -> Ask:
    """A question that writes the batches, one after the other, and reads the table."""

    def question(trial: Trial) -> DataFrame:
        lake = Lake(Path(trial.folder, "lake"))
        for n, rows in enumerate(batches):
            _write(trial, lake, trial.frame(rows), mode if n else "append")
        return lake.existing(_NAME).read(trial.engine)

    return question


def _query(*batches: pa.Table, query: str, mode: str = "append") -> Ask:
    def question(trial: Trial) -> DataFrame:
        frame: Any = _batches(*batches, mode=mode)(trial)
        frame.createOrReplaceTempView("written")
        return trial.session.sql(query)

    return question


def _write(trial: Trial, lake: Lake, frame: DataFrame, mode: Any) -> None:
    snapshot = lake.table(_NAME).snapshot()
    batch = (snapshot.batch if snapshot else 0) + 1
    attempt = lake.begin(_NAME, batch)
    staged = stage_frame(lake, _NAME, attempt, frame, trial.engine)
    verify_files(lake.table(_NAME).root, staged.accepted, staged.schema, place=str(_NAME))
    intent = Intent(
        table=str(_NAME),
        batch=batch,
        generation=batch if mode == "replace" or snapshot is None else snapshot.generation,
        mode=mode,
        attempt=attempt.id,
        schema=schema_json(staged.schema),
        planned_version=snapshot.version if snapshot else 0,
        key=("k",) if mode == "merge" else (),
        accepted=staged.accepted,
        returned=staged.returned,
    )
    apply_batch(lake, decide(lake, intent), engine=trial.engine, recheck=lambda *_: True)


CASES = grouped(
    "tables",
    ask(
        "every_type",
        "a table holds every type, NULL, NaN and -0.0 included",
        _batches(EVERY_TYPE),
        EVERY_TYPE,
    ),
    ask(
        "appended",
        "appended rows are added to the existing rows",
        _batches(_FLOATS, _UPDATES),
        table(_COLUMNS, *_FIRST, *_SECOND),
    ),
    ask(
        "replaced",
        "a replacement removes all earlier rows",
        _batches(_FLOATS, _UPDATES, mode="replace"),
        _UPDATES,
    ),
    ask(
        "merged",
        "a merge uses the new row of a key, and leaves the others unchanged",
        _batches(_FLOATS, _UPDATES, mode="merge"),
        table(_COLUMNS, *_FIRST[:2], *_SECOND),
    ),
    ask(
        "added_column",
        "a column of a later batch is NULL in earlier rows",
        _batches(_OLD, _MORE),
        table("k int, s struct<a:int>, x double", (1, {"a": 1}, None), (2, {"a": None}, _NAN)),
    ),
    ask(
        "lacking_column",
        "a column that a later batch lacks is NULL in its rows",
        _batches(_MORE, _OLD),
        table("k int, s struct<a:int>, x double", (1, {"a": 1}, None), (2, {"a": None}, _NAN)),
    ),
    Case(
        "added_field",
        "a new field within a structure in a later batch is refused, never dropped",
        _batches(_OLD, _FIELD),
        None,
        control=(_batches(_OLD), _OLD),
    ),
    Case(
        "added_field_of_elements",
        "a new field within the elements of an array is refused",
        _batches(_ELEMENT, table("k int, l array<struct<a:int>>", (1, [{"a": 1}]))),
        None,
        control=(_batches(_ELEMENT), _ELEMENT),
    ),
    Case(
        "changed_type",
        "a column of another type is refused, never cast",
        _batches(_OLD, _TYPE),
        None,
        control=(_batches(_TYPE), _TYPE),
    ),
    ask(
        "rebuilt_with_a_field",
        "a rebuild adds the field",
        _batches(_OLD, _FIELD, mode="replace"),
        _FIELD,
    ),
    ask(
        "nan_found",
        "a filter and a maximum of a table find NaN, and a wide decimal is exact",
        _query(
            _FLOATS,
            query="select count(case when x > 5 then 1 end) n, max(x) m, max(d) d, "
            "count(case when d = 3333333333.3333333333BD then 1 end) e from written",
        ),
        table("n bigint, m double, d decimal(38,10), e bigint", (1, _NAN, "3333333333.3333333333", 1)),
    ),
    ask(
        "nan_found_after_a_merge",
        "they also do after a merge has rewritten the files",
        _query(_FLOATS, _UPDATES, mode="merge", query="select k from written where x > 5 or x = 0"),
        table("k int", (2,), (3,), (4,)),
    ),
)
