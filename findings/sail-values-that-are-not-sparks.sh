#!/usr/bin/env bash
# pysail 0.7.2: a dozen functions of Spark's name return other values than Spark's, without an error.
#
# Expected: Spark 4.2's values (ANSI mode, zone UTC), which its documentation or the SQL standard gives too.
# Seen:     the greatest of a group of -infinity is a finite number, a time as a whole number is in microseconds, a
#           date and 36 hours are a date, Sunday is day 0, nvl of decimals is a double, an unknown position is the
#           start, an array with NULL may or may not overlap an empty one, a time in a text has T and Z. Each is one
#           query of one row.
# Matters:  a pipeline moves from one engine to the other because the API is the same; nothing fails, and tables
#           differ. Found by asking both engines about each function over a grid of values.
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
from importlib.metadata import version

from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

# query -> what Sail returns -> what Spark 4.2.0 returns
SEEN = {
    "max(x) from values (1, double('-Infinity')) t(k, x) group by k": ("-1.7976931348623157e+308", "-inf"),
    "bigint(x) from values (timestamp'1970-01-01 00:00:01') t(x)": ("1000000", "1"),
    "x + interval 36 hours from values (date'2024-02-29') t(x)": ("2024-03-01", "2024-03-01 12:00:00"),
    "date_part('dow', x) from values (date'2024-01-07') t(x)": ("0", "1"),
    "typeof(nvl(x, x)) from values (1.05) t(x)": ("double", "decimal(3,2)"),
    "substring(x, y) from values ('abc', int(null)) t(x, y)": ("abc", "None"),
    "arrays_overlap(x, slice(x, 1, 0)) from values (array(int(null), 1)) t(x)": ("None", "False"),
    "concat_ws(',', x) from values (timestamp'2024-01-07 12:00:00') t(x)": (
        "2024-01-07T12:00:00Z",
        "2024-01-07 12:00:00",
    ),
    "trunc(x, 'day') from values (date'2024-01-07') t(x)": ("2024-01-07", "None"),
    "weekday(x) from values (date'1969-12-28') t(x)": ("-1", "6"),
    "hypot(x, x) from values (tinyint(100)) t(x)": ("5.656854249492381", "141.4213562373095"),
}

server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
changed = []
try:
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.ansi.enabled", "true")
    print("pysail", version("pysail"))
    for query, (sail, right) in SEEN.items():
        try:
            found = str(spark.sql(f"select {query}").collect()[0][0])
        except Exception as error:
            found = f"{type(error).__name__}: {str(error)[:100]}"
        print(f"select {query}: {found} (Spark: {right})", flush=True)
        if found != sail:
            changed.append(query)
finally:
    spark.stop()
    server.stop()
if changed:
    raise SystemExit(f"changed: {changed}")
PY
