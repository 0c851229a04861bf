#!/usr/bin/env bash
# deltalake 1.6.6: a commit that replaces a table's schema by one with times without a zone lands, raises, and makes the
#                  table unreadable.
#
# Expected: a table created with a timestamp_ntz column, or given one by `alter.add_columns`, gets the table feature
#           `timestampNtz` in its protocol. `create_write_transaction(mode="overwrite", schema=...)` does the same, or
#           refuses before it writes.
# Seen:     the commit is written without the feature; then the call raises `DeltaError: ... does not have the required
#           'timestampNtz' feature`. The log has the new version, and `DeltaTable(path)` raises the same error. The
#           versions before can still be opened by number.
# Matters:  an error of a commit is usually read as "not committed". Here a retry cannot even open the table. Adding the
#           feature first (`alter.add_feature`, with `allow_protocol_versions_increase`) makes the same commit work.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1

cd "$work"
venv/bin/python - <<'PY'
import deltalake
import pyarrow as pa
from deltalake import DeltaTable, Schema, TableFeatures
from deltalake.exceptions import DeltaError

TEXT = Schema.from_arrow(pa.schema([("at", pa.string())]))
LOCAL = Schema.from_arrow(pa.schema([("at", pa.timestamp("us"))]))


def outcome(do):
    try:
        return do()
    except DeltaError as error:
        return f"DeltaError: {str(error)[:120]}"


DeltaTable.create("created", schema=LOCAL)
print("created with the column:", DeltaTable("created").protocol().writer_features)
DeltaTable.create("replaced", schema=TEXT)
said = outcome(lambda: DeltaTable("replaced").create_write_transaction([], "overwrite", LOCAL))
print("schema replaced:", said)
opened = outcome(lambda: DeltaTable("replaced").version())
print("opened afterwards:", opened, "; version 0:", DeltaTable("replaced", version=0).version())
DeltaTable.create("prepared", schema=TEXT)
DeltaTable("prepared").alter.add_feature(
    TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True
)
outcome(lambda: DeltaTable("prepared").create_write_transaction([], "overwrite", LOCAL))
print("with the feature first: version", DeltaTable("prepared").version())

import os

landed = os.path.exists("replaced/_delta_log/00000000000000000001.json")
if deltalake.__version__ != "1.6.6" or "timestampNtz" not in str(said) or "timestampNtz" not in str(opened) or not landed:
    raise SystemExit("changed: before, the commit landed, raised, and made the table unreadable")
if DeltaTable("prepared").version() != 2:
    raise SystemExit("changed: before, the feature added first made the commit work")
PY
