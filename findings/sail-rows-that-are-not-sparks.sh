#!/usr/bin/env bash
# pysail 0.7.2: five ordinary forms of SQL return other rows than Spark and the SQL standard, without an error.
#
# Expected: Spark 4.2's rows, which are the standard's.
# Seen:     INTERSECT ALL has a row as often as the left side has it. NOT IN with a query that has a NULL keeps rows as
#           soon as the condition has an OR. Of two IN lists of one column, the NULL of the second is forgotten. A
#           RANGE frame of days over dates reaches back to the first row. collect_list over a window keeps NULL.
# Matters:  each of them is one line in a report, and none is a function that a list of functions would find. The
#           NULL of an IN list is right alone and wrong beside another list, so a test of one condition passes.
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
    "select a from values (1), (1) t(a) intersect all select a from values (1) t(a)": ([1, 1], [1]),
    "select i from x where i not in (select v from y) or i = 9": ([2, 3], []),
    "select i from x where i in (1, 2) and not (i in (1, null))": ([2], []),
    "select sum(i) over (order by d range between interval 15 days preceding and current row) r from x": (
        [1, 3, 6],
        [1, 3, 3],
    ),
    "select collect_list(v) over (order by v nulls last) r from y": ([[1, None], [1]], [[1], [1]]),
}
DATES = "values (1, date'2024-01-01'), (2, date'2024-01-10'), (3, date'2024-03-01') t(i, d)"

server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
changed = []
try:
    print("pysail", version("pysail"))
    spark.sql(f"select * from {DATES}").createOrReplaceTempView("x")
    spark.sql("select v from values (1), (null) t(v)").createOrReplaceTempView("y")
    for query, (sail, right) in SEEN.items():
        found = sorted((row[0] for row in spark.sql(query).collect()), key=str)
        print(f"{query}: {found} (Spark: {right})", flush=True)
        if found != sail:
            changed.append(query)
finally:
    spark.stop()
    server.stop()
if changed:
    raise SystemExit(f"changed: {changed}")
PY
