#!/usr/bin/env bash
# deltalake 1.6.6: `history()` of a table opened at an earlier version lists the later commits too, and numbers them as
#                  if the newest were that version.
#
# Expected: `DeltaTable(path, version=1).history(1)` is one entry, that of version 1; so is that of a handle that was
#           opened before others committed.
# Seen:     with four commits, 0 to 3, it has three entries: those of versions 3, 2 and 1, numbered 1, 0 and -1. Without
#           a limit the commit of version 0 is numbered -2. A handle opened at version 0 numbers them 0, -1, -2 and -3.
# Matters:  who looks up when or by whom a pinned version was written gets the answer for another commit. The last entry
#           of `history(1)` is the right one, whatever its number; the time and the operation in each entry are right.
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
from deltalake import CommitProperties, DeltaTable, write_deltalake

for number in range(4):
    properties = CommitProperties(custom_metadata={"written": f"as version {number}"})
    write_deltalake("table", pa.table({"a": [number]}), mode="append", commit_properties=properties)


def entries(version, limit=None):
    found = DeltaTable("table", version=version).history(limit)
    return [(entry["version"], entry["written"][-1]) for entry in found]


seen = {
    "newest, 1": entries(None, 1),
    "version 1, 1": entries(1, 1),
    "version 1": entries(1),
    "version 0": entries(0),
}
for what, found in seen.items():
    print(f"{what}: " + ", ".join(f"numbered {number}, written as {written}" for number, written in found))
expected = {
    "newest, 1": [(3, "3")],
    "version 1, 1": [(1, "3"), (0, "2"), (-1, "1")],
    "version 1": [(1, "3"), (0, "2"), (-1, "1"), (-2, "0")],
    "version 0": [(0, "3"), (-1, "2"), (-2, "1"), (-3, "0")],
}
if deltalake.__version__ != "1.6.6" or seen != expected:
    raise SystemExit("changed: before, later commits were listed, numbered down from the opened version")
PY
