"""What an engine reads is what the files hold, and what it writes can be read back right by any engine."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from clearwell.engines.files.parquet import SAIL, SPARK
from clearwell.errors import EngineError, TableError

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        ("x", pa.float64()),
        ("wide", pa.decimal128(38, 10)),
        ("at", pa.timestamp("us", "UTC")),
        ("local", pa.timestamp("us")),
        ("day", pa.date32()),
        ("tags", pa.list_(pa.string())),
        ("raw", pa.binary()),
    ]
)
NOON = dt.datetime(2013, 10, 31, 12, 0, 0, 123456)
ROWS = [
    {
        "id": n,
        "x": x,
        "wide": Decimal("3333333333.3333333333"),
        "at": NOON.replace(tzinfo=dt.UTC),
        "local": NOON,
        "day": NOON.date(),
        "tags": ["a", None],
        "raw": b"\x00\xff",
    }
    for n, x in enumerate([1.0, math.nan, -0.0, math.inf, -math.inf, None])
]


@pytest.fixture(params=["embedded", pytest.param("spark", marks=[pytest.mark.slow, pytest.mark.spark])])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn: what is promised here is promised of all."""
    return request.getfixturevalue("engine" if request.param == "embedded" else "spark_engine")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS, schema=SCHEMA), path, write_statistics=["id", "at", "day"])
    return str(path)


def data_files(folder: Path) -> list[str]:
    return sorted(str(file) for file in folder.rglob("*.parquet"))


def spelled(table: pa.Table) -> list[str]:
    """Rows as text, in order of id: NaN equals itself, -0.0 does not equal 0.0."""
    return [repr(row) for row in sorted(table.to_pylist(), key=lambda row: row["id"])]


def test_every_value_goes_through_reading_and_writing_unchanged(engine, file, tmp_path):
    frame = engine.read_parquet([file], SCHEMA)
    engine.write_parquet(frame, str(tmp_path / "out"))
    written = pa.concat_tables(pq.read_table(part) for part in data_files(tmp_path / "out"))
    assert spelled(written) == spelled(pa.Table.from_pylist(ROWS, schema=SCHEMA))
    assert written.schema.field("at").type == pa.timestamp("us", "UTC")
    assert written.schema.field("local").type == pa.timestamp("us")


def test_nan_is_counted_and_compared_as_what_it_is(engine, file):
    frame = engine.read_parquet([file], SCHEMA)
    assert frame.filter(F.isnan("x")).count() == 1
    assert frame.filter(F.col("x") > 5).count() == 2  # infinity, and NaN by Spark's order
    assert frame.agg(F.sum("wide")).collect()[0][0] == 6 * Decimal("3333333333.3333333333")


@pytest.mark.parametrize(
    ("extra", "also"),
    [
        ((), ()),
        # Names with dots of their own, which Spark's switch takes for something else.
        (("named_struct('a.b', x) as dotted", "x as `c.d`"), ("dotted.a.b", "c.d")),
    ],
)
def test_no_column_whose_statistics_mislead_has_statistics(engine, file, tmp_path, extra, also):
    frame = engine.read_parquet([file], SCHEMA).selectExpr(
        "*",
        "named_struct('y', x, 'z', named_struct('deep', wide)) as inside",
        "array(x) as listed",
        "map('k', array(wide)) as mapped",
        "cast(x as float) as narrow",
        *extra,
    )
    engine.write_parquet(frame, str(tmp_path / "out"))
    item, entry = {"embedded": ("item", "entries"), "spark": ("element", "key_value")}[engine.name]
    misleading = {
        *("x", "wide", "narrow", "inside.y", "inside.z.deep", f"listed.list.{item}", *also),
        f"mapped.{entry}.value.list.{item}",
    }
    seen: set[str] = set()
    for part in data_files(tmp_path / "out"):
        group = pq.read_metadata(part).row_group(0)
        columns = [group.column(n) for n in range(group.num_columns)]
        seen |= {c.path_in_schema for c in columns}
        assert {c.path_in_schema for c in columns if c.statistics} & misleading == set()
    assert misleading <= seen


def test_a_column_that_a_file_lacks_reads_as_null_though_the_table_promises_a_value(engine, tmp_path):
    path = tmp_path / "old.parquet"
    pq.write_table(pa.table({"id": [1, 2]}), path)
    schema = pa.schema([pa.field("id", pa.int64()), pa.field("new", pa.string(), nullable=False)])
    frame = engine.read_parquet([str(path)], schema)
    assert frame.filter(F.col("new").isNull()).count() == 2


def test_columns_come_in_the_order_asked_for_and_no_others(engine, tmp_path):
    folder = tmp_path / "attempt=ab12" / "cw_verdict=accepted" / "day=2013-10-31"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"b.c": [1], "extra": ["x"], "a`": [2]}), folder / "part.parquet")
    schema = pa.schema([("a`", pa.int64()), ("b.c", pa.int64())])
    frame = engine.read_parquet(data_files(tmp_path), schema)
    assert [tuple(row) for row in frame.collect()] == [(2, 1)]
    assert frame.columns == ["a`", "b.c"]


def test_no_files_are_an_empty_frame_with_the_columns(engine):
    frame = engine.read_parquet([], SCHEMA)
    assert (frame.count(), frame.columns) == (0, SCHEMA.names)


def test_a_missing_file_is_an_error_and_not_an_empty_frame(engine, file, tmp_path):
    gone = str(tmp_path / "gone.parquet")
    with pytest.raises(TableError, match="1 of 2 data files are missing") as caught:
        engine.read_parquet([file, gone], SCHEMA)
    assert caught.value.place == gone


def test_a_folder_is_not_a_file(engine, tmp_path):
    with pytest.raises(TableError, match="missing"):
        engine.read_parquet([str(tmp_path)], SCHEMA)


def test_a_file_named_twice_is_an_error(engine, file):
    with pytest.raises(TableError, match="twice"):
        engine.read_parquet([file, file], SCHEMA)


def test_a_file_of_another_type_is_an_error_and_not_a_cast(engine, file):
    with pytest.raises(EngineError, match="mismatch"), engine.work("count"):
        engine.read_parquet([file], pa.schema([("id", pa.string())])).collect()


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "per%cent",
        "a%20b",
        "p=a%2Fb",
        "q?",
        "st*r",
        "br[a]",
        "cu{r}l",
        "back\\slash",
        "größe",
        "a:b",
        "#;",
    ],
)
def test_any_folder_name_means_itself(engine, tmp_path, name):
    folder = tmp_path / name / "out"
    engine.write_parquet(engine.session().range(3), str(folder))
    files = data_files(folder)
    assert engine.read_parquet(files, pa.schema([("id", pa.int64())])).count() == 3
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_the_embedded_engine_is_told_urls_that_decode_to_the_path(name):
    assert unquote(SAIL.source(f"/lake/{name}")) == f"file:///lake/{name}"
    assert SAIL.source(f"/lake/{name}").isascii()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
@settings(max_examples=50)
def test_spark_is_told_patterns_that_match_the_path_alone(name):
    pattern = SPARK.source(f"/lake/{name}")
    meant, escaped = "", False
    for character in pattern:
        if escaped or character not in "\\*?[]{}":
            meant, escaped = meant + character, False
        else:
            assert character == "\\"
            escaped = True
    assert meant == SPARK.target(f"/lake/{name}") == f"file:///lake/{name}"


def test_spark_is_told_by_name_which_columns_get_no_statistics(engine):
    schema = (
        engine.session()
        .sql(
            "select 1L id, 1.5D x, cast(1 as decimal(15, 2)) narrow, cast(1 as decimal(16, 2)) wide, "
            "named_struct('y', 1.5F, 'z', 1) s, array(1.5D) a, map('k', array(1.5D)) m, "
            "true flag, x'00' bytes, 'text' t, date'2026-01-01' d, timestamp'2026-01-01' at, 1S small"
        )
        .schema
    )
    prefix = "parquet.column.statistics.enabled#"
    nested = ["s.y", "s.z", "a.list.element", "m.key_value.key", "m.key_value.value.list.element"]
    without = ["x", "wide", *nested, "flag", "bytes"]
    assert SPARK.options(schema) == {prefix + name: "false" for name in without}
    assert SPARK.options(StructType()) == {}


def test_partitions_become_folders_and_leave_the_files(engine, tmp_path):
    frame = engine.session().range(4).withColumn("cw_verdict", F.when(F.col("id") < 1, "no").otherwise("yes"))
    engine.write_parquet(frame, str(tmp_path / "out"), partition_by=["cw_verdict"])
    counts = {
        part.name: sum(pq.read_metadata(file).num_rows for file in data_files(part))
        for part in (tmp_path / "out").iterdir()
        if part.is_dir()
    }
    assert counts == {"cw_verdict=no": 1, "cw_verdict=yes": 3}
    assert {name for file in data_files(tmp_path) for name in pq.read_schema(file).names} == {"id"}


def test_writing_where_something_lies_is_refused_and_changes_nothing(engine, tmp_path):
    engine.write_parquet(engine.session().range(3), str(tmp_path / "out"))
    before = data_files(tmp_path)
    with pytest.raises(EngineError, match="exists"):
        engine.write_parquet(engine.session().range(5), str(tmp_path / "out"))
    assert data_files(tmp_path) == before


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("null", "'c' is of type void"),
        ("array()", "'c' is of type void"),
        ("named_struct('a', map('b', null))", "'c' is of type void"),
        ("interval '1' day", "'c' is an interval day"),
        ("interval '1' month", "'c' is an interval month"),
        ("make_interval(1)", "'c' is an interval|make_interval was not compared"),
    ],
)
def test_a_column_that_no_table_can_hold_is_named(engine, tmp_path, expression, words):
    frame = engine.session().sql(f"select {expression} as c")
    with pytest.raises(EngineError, match=words):
        engine.write_parquet(frame, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_untold_column_has_no_bounds_in_any_footer(engine, tmp_path):
    query = "select 'ann@example.org' as mail, named_struct('s', 'secret') as more, 1 as n"
    engine.write_parquet(engine.session().sql(query), str(tmp_path / "out"), untold=("MAIL", "more"))
    (file,) = (tmp_path / "out").glob("*.parquet")
    group = pq.read_metadata(file).row_group(0)
    told = {group.column(n).path_in_schema: group.column(n).statistics for n in range(group.num_columns)}
    assert {"mail", "more.s", "n"} == told.keys()
    assert told["mail"] is None
    assert told["more.s"] is None
    assert b"secret" not in file.read_bytes()[-pq.read_metadata(file).serialized_size - 8 :]


def test_columns_that_differ_only_in_case_are_refused(engine, tmp_path):
    frame = engine.session().sql("select 1 as id, 2 as ID")
    with pytest.raises(EngineError, match="'id' exists twice"):
        engine.write_parquet(frame, str(tmp_path / "out"))
