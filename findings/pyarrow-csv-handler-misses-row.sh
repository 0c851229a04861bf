#!/usr/bin/env bash
# pyarrow 26.0.1: the handler that skips ragged rows of a CSV file does not see those that are no UTF-8.
#
# Expected: `invalid_row_handler` is asked about every row with too few or too many fields, so a handler that
#           answers "skip" gets all of them out of the way, whatever bytes are in them; all the more when the
#           columns are read as binary and nothing has to be decoded.
# Seen:     the row's text is decoded before the handler is called. That raises inside a callback, where nobody
#           catches it (it is only written to stderr), and the whole file is refused: ArrowInvalid.
# Matters:  whoever sets bad rows aside loses every good row beside them, for rows that are cut short are often
#           the ones that hold stray bytes. Reading as latin1 helps, with the text then decoded by oneself.
# Upstream: no issue known.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1

cd "$work"
venv/bin/python - <<'PY'
import io

import pyarrow as pa
import pyarrow.csv as pc


def expect(what, seen, expected):
    print(f"{what}: {seen!r}")
    if seen != expected:
        raise SystemExit(f"changed: {what}: {expected!r} is what was seen before")


def read(data, **options):
    skipped = []
    parse = pc.ParseOptions(invalid_row_handler=lambda row: skipped.append(row.text) or "skip")
    try:
        rows = pc.read_csv(io.BytesIO(data), parse_options=parse, **options).num_rows
    except pa.ArrowInvalid as error:
        rows = f"ArrowInvalid, {'Expected 2 columns, got 3' in str(error)}"
    return rows, skipped


plain = b"id,name\n1,Ada\n2,Zoe,surplus\n3,Max\n"
bytes_ = b"id,name\n1,Ada\n2,Zo\xeb,surplus\n3,Max\n"
binary = pc.ConvertOptions(column_types={"id": pa.binary(), "name": pa.binary()}, check_utf8=False)

expect("pyarrow", pa.__version__, "26.0.1")
expect("a ragged row is skipped", read(plain), (2, ["2,Zoe,surplus"]))
expect("the same row with a byte that is no UTF-8", read(bytes_), ("ArrowInvalid, True", []))
expect("also where all columns are binary", read(bytes_, convert_options=binary), ("ArrowInvalid, True", []))
expect("as latin1", read(bytes_, read_options=pc.ReadOptions(encoding="latin1")), (2, ["2,Zo\xeb,surplus"]))
PY
