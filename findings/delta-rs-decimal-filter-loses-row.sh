#!/usr/bin/env bash
# deltalake 1.6.6 with pyarrow 26.0.1: a filter for the very decimal that was written finds no row.
#
# Expected: decimals are exact, so `amount == x` finds the row that holds x. Bounds of a file may be loose, but
#           they enclose its values.
# Seen:     the log keeps the least and greatest decimal of a file as a double, rounded to the nearest and not
#           outwards. From 16 digits on a bound may lie on the wrong side of the value; the dataset believes it
#           and leaves the file out. Read without a filter, or past the log, the row is there and exact.
# Matters:  amounts in decimal(18,2), ids in decimal(20,0) or wider: look-ups, deletes by filter and checks that
#           pass through `to_pyarrow_dataset` or `to_pyarrow_table(filters=...)` miss rows without an error.
# Upstream: delta-io/delta-rs#3905 (open) asks for another form of these statistics.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1

cd "$work"
venv/bin/python - <<'PY'
from decimal import Decimal
from importlib.metadata import version

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable, write_deltalake


def expect(what, seen, expected):
    print(f"{what}: {seen!r}")
    if seen != expected:
        raise SystemExit(f"changed: {what}: {expected!r} is what was seen before")


amount, kind = Decimal("99999999999999.99"), pa.decimal128(18, 2)
write_deltalake("lake", pa.table({"amount": pa.array([amount], kind)}))
table, equal = DeltaTable("lake"), pc.field("amount") == pa.scalar(amount, kind)
past_the_log = ds.dataset(table.file_uris(), format="parquet")

expect("deltalake, pyarrow", (version("deltalake"), version("pyarrow")), ("1.6.6", "26.0.1"))
expect("stored", table.to_pyarrow_table()["amount"].to_pylist(), [amount])
expect("rows equal to it", table.to_pyarrow_dataset().to_table(filter=equal).num_rows, 0)
expect("by filters=", table.to_pyarrow_table(filters=[("amount", "=", amount)]).num_rows, 0)
expect("in the same file, past the log", past_the_log.to_table(filter=equal).num_rows, 1)
PY
