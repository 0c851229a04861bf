#!/usr/bin/env bash
# pysail 0.7.2: a NaN in a Parquet file is read as the number beside it.
#
# Expected: a file of 1.0 and NaN is read as 1.0 and NaN. That its statistics leave NaN out, as the format wants it,
#           may hide a row from a filter, but no value is ever taken from them.
# Seen:     where least and greatest value of a column are equal and none is NULL, the column is taken for constant
#           and filled in from the statistics, without a look at the data: 1.0 and 1.0. Without statistics the
#           same rows are read right.
# Matters:  a column that is one number or not measured (a fee, a rate, a flag as float) loses every "not measured",
#           checks for NaN pass, and sums are plausible.
# Upstream: Sail computes by DataFusion; apache/datafusion#24804 (open) is about filters on such files.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
unset SPARK_HOME SPARK_REMOTE MASTER
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pysail==0.7.2 pyspark-client==4.2.0 pyarrow==26.0.1 pandas==2.3.3

cd "$work"
RUST_LOG=error venv/bin/python - <<'PY'
import math
import os
from importlib.metadata import version

import pyarrow as pa
import pyarrow.parquet as pq
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession


def expect(what, seen, expected):
    print(f"{what}: {seen!r}", flush=True)
    if seen != expected:
        raise SystemExit(f"changed: {what}: {expected!r} is what was seen before")


rows = pa.table({"fee": [1.0, math.nan]})
pq.write_table(rows, "with.parquet")
pq.write_table(rows, "without.parquet", write_statistics=False)
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
try:
    read = lambda name: sorted(str(row.fee) for row in spark.read.parquet(os.path.abspath(name)).collect())
    nan = spark.read.parquet(os.path.abspath("with.parquet")).where("isnan(fee)").count()
    expect("pysail", version("pysail"), "0.7.2")
    expect("pyarrow reads", [str(fee) for fee in pq.read_table("with.parquet")["fee"].to_pylist()], ["1.0", "nan"])
    expect("Sail, with statistics", read("with.parquet"), ["1.0", "1.0"])
    expect("rows that are NaN", nan, 0)
    expect("Sail, without statistics", read("without.parquet"), ["1.0", "nan"])
finally:
    spark.stop()
    server.stop()
PY
