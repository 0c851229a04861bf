"""A Spark session, and the bronze frames that the sample files give: typed as the project's YAML says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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

from assets import fleet, flights, reference, weather

ROOT = Path(__file__).parents[3]
TYPES = {
    "int": pa.int32(),
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
        parts = [_with_provenance(_table(file, source.get("columns", {})), file) for file in files]
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
    }


@pytest.fixture(scope="session")
def raw_flights() -> pd.DataFrame:
    """Both deliveries of flights, as pandas reads them."""
    return pd.concat([pd.read_csv(file) for file in sorted(ROOT.glob("sample_data/flights/*.csv"))])


def _table(file: Path, columns: dict[str, str]) -> pa.Table:
    if file.suffix == ".parquet":
        return pq.read_table(file)
    types = {name: TYPES[kind] for name, kind in columns.items()}
    if file.suffix == ".csv":
        convert = pa_csv.ConvertOptions(column_types=types, null_values=["NA"], strings_can_be_null=True)
        return pa_csv.read_csv(file, convert_options=convert)
    text = {name: pa.string() if pa.types.is_timestamp(kind) else kind for name, kind in types.items()}
    records = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
    return pa.Table.from_pylist(records, schema=pa.schema(text)).cast(pa.schema(types))


def _with_provenance(table: pa.Table, file: Path) -> pa.Table:
    rows = table.num_rows
    return (
        table.append_column("_file_id", pa.array([file.name] * rows))
        .append_column("_record_no", pa.array(range(1, rows + 1), pa.int64()))
        .append_column("_batch_id", pa.array([1] * rows, pa.int64()))
        .append_column(
            "_ingested_at", pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * rows, pa.timestamp("us", "UTC"))
        )
    )
