"""A Spark session, and the bronze frames that the sample files give: typed as the project's YAML says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import DataFrame, SparkSession

from assets import fleet, flights, maintenance, reference, weather, wildlife

ROOT = Path(__file__).parents[3]
TYPES = {
    "int": pa.int32(),
    "bigint": pa.int64(),
    "date": pa.date32(),
    "double": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
}

Bronze = Callable[[str], DataFrame]


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A session of an embedded engine that lives as long as the tests."""
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    address = server.listening_address
    session = SparkSession.builder.remote(f"sc://{address[0]}:{address[1]}").create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    session.stop()
    server.stop()


@pytest.fixture(scope="session")
def sources() -> dict[str, dict[str, Any]]:
    """Each table's ``source`` in pipelines/."""
    documents = [
        d for file in ROOT.glob("pipelines/*/defs.yaml") for d in yaml.safe_load_all(file.read_text())
    ]
    attributes = [d["attributes"] for d in documents if d["type"] == "clearwell.components.Table"]
    return {a["name"]: a["source"] for a in attributes}


@pytest.fixture(scope="session")
def bronze(spark: SparkSession, sources: dict[str, dict[str, Any]]) -> Bronze:
    """Bronze frame of a table, from its sample files, with provenance."""

    def read(name: str) -> DataFrame:
        source = sources[name]
        files = sorted(ROOT.glob(source["path"]))
        read_file = _typed if "columns" in source or source["format"] == "parquet" else _text
        parts = [_with_provenance(*read_file(file, source), file) for file in files]
        return spark.createDataFrame(pa.concat_tables(parts))

    return read


@pytest.fixture(scope="session")
def silver(bronze: Bronze) -> dict[str, DataFrame]:
    """Every silver frame, by the name of its table."""
    return {
        "silver_flights": flights.clean(bronze("flights")),
        "silver_weather": weather.clean(bronze("weather")),
        "silver_planes": fleet.clean(bronze("planes")),
        "silver_airports": reference.clean_airports(bronze("airports")),
        "silver_airlines": reference.clean_airlines(bronze("airlines")),
        "silver_wildlife_strikes": wildlife.clean(bronze("wildlife_strikes")),
        "silver_maintenance_newark": maintenance.clean_newark(bronze("maintenance_newark")),
        "silver_maintenance_kennedy": maintenance.clean_kennedy(bronze("maintenance_kennedy")),
        "silver_maintenance_laguardia": maintenance.clean_laguardia(bronze("maintenance_laguardia")),
        "silver_maintenance_teterboro": maintenance.clean_teterboro(bronze("maintenance_teterboro")),
    }


@pytest.fixture(scope="session")
def raw_flights() -> pd.DataFrame:
    """Both deliveries of flights, as pandas reads them."""
    return pd.concat([pd.read_csv(file) for file in sorted(ROOT.glob("sample_data/flights/*.csv"))])


def _typed(file: Path, source: dict[str, Any]) -> tuple[pa.Table, Iterable[int]]:
    """A file with declared columns, of which every record is sound; the numbers of its records."""
    if file.suffix == ".parquet":
        table = pq.read_table(file)
        return table, range(1, table.num_rows + 1)
    types = {name: TYPES[kind] for name, kind in source["columns"].items()}
    if file.suffix == ".csv":
        with file.open(encoding="ascii", newline="") as lines:
            names = [name.replace(" ", "_") for name in next(csv.reader(lines))]
        table = pa_csv.read_csv(
            file,
            read_options=pa_csv.ReadOptions(column_names=names, skip_rows=1),
            convert_options=pa_csv.ConvertOptions(
                column_types=types, null_values=source.get("nulls", [""]), strings_can_be_null=True
            ),
        )
        return table, range(1, table.num_rows + 1)
    text = {name: pa.string() if pa.types.is_timestamp(kind) else kind for name, kind in types.items()}
    records = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
    table = pa.Table.from_pylist(records, schema=pa.schema(text)).cast(pa.schema(types))
    return table, range(1, table.num_rows + 1)


def _text(file: Path, source: dict[str, Any]) -> tuple[pa.Table, Iterable[int]]:
    """A CSV file as text, without the records that have too many fields or bytes of no letter."""
    encoding = source.get("encoding", "utf-8").replace("utf-8", "utf-8-sig")
    raw = file.read_bytes().decode(encoding, "surrogateescape")
    header, *rows = csv.reader(io.StringIO(raw, newline=""), delimiter=source.get("delimiter", ","))
    names = [name or f"unnamed_{at}" for at, name in enumerate(header, 1)]
    sound = {
        number: row
        for number, row in enumerate(rows, 1)
        if len(row) == len(names) and not any("\ud800" <= letter <= "\udfff" for letter in "".join(row))
    }
    nulls = source.get("nulls", [""])
    columns = zip(*sound.values(), strict=True)
    return pa.table({
        name: pa.array([None if value in nulls else value for value in column], pa.string())
        for name, column in zip(names, columns, strict=True)
    }), sound  # fmt: skip


def _with_provenance(table: pa.Table, numbers: Iterable[int], file: Path) -> pa.Table:
    rows = table.num_rows
    return (
        table.append_column("_file_id", pa.array([file.name] * rows))
        .append_column("_record_no", pa.array(list(numbers), pa.int64()))
        .append_column("_batch_id", pa.array([1] * rows, pa.int64()))
        .append_column(
            "_ingested_at", pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * rows, pa.timestamp("us", "UTC"))
        )
    )
