#!/usr/bin/env bash
# deltalake 1.6.6: while its file system opens a file in a bucket, no other thread of Python runs.
#
# Expected: opening a remote file is a wait for the network. A library in Rust releases Python's interpreter lock for
#           it, so eight files opened in eight threads take the time of one, as with obstore, which has the same
#           object store below it.
# Seen:     `DeltaStorageHandler.open_input_file` holds the lock from the request to the answer. Eight files take eight
#           times as long, and a thread that does something else stands still. Reads of an open file do not do that.
# Matters:  footers of many Parquet files, read in a thread pool through this file system, are read one by one; a
#           heartbeat or a timeout in another thread comes late.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1 obstore==0.12.1

cd "$work"
cat > server.py <<'PY'
"""A bucket in which every file has four bytes and every answer takes 0.3 seconds."""
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Bucket(BaseHTTPRequestHandler):
    def do_HEAD(self):
        time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.send_header("Last-Modified", "Sun, 01 Mar 2026 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
print(server.server_port, flush=True)
server.serve_forever()
PY
venv/bin/python - <<'PY'
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import deltalake
import obstore
from deltalake.fs import DeltaStorageHandler
from obstore.store import S3Store
from pyarrow.fs import PyFileSystem

server = subprocess.Popen([sys.executable, "server.py"], stdout=subprocess.PIPE, text=True)
os.environ.update(
    AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.stdout.readline().strip()}",
    AWS_ACCESS_KEY_ID="any",
    AWS_SECRET_ACCESS_KEY="any",
    AWS_REGION="us-east-1",
    AWS_ALLOW_HTTP="true",
)
ticks = 0


def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.01)


threading.Thread(target=tick, daemon=True).start()


def eight_at_once(name, look):
    """How many answers' time eight questions took, and how often another thread ran meanwhile."""
    before, started = ticks, time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, [f"file-{n}" for n in range(8)]))
    waits, others = (time.monotonic() - started) / 0.3, ticks - before
    print(f"{name}: eight questions took the time of {waits:.1f}; another thread ran {others} times")
    return waits, others


try:
    files = PyFileSystem(DeltaStorageHandler("s3://bucket/lake"))
    bucket = S3Store("bucket", prefix="lake", client_options={"allow_http": True})
    waits, others = eight_at_once(f"deltalake {deltalake.__version__}", files.open_input_file)
    if waits < 7 or others > 40:
        raise SystemExit("changed: before, eight waits were one after another, and nothing ran beside them")
    waits, others = eight_at_once("obstore", lambda key: obstore.head(bucket, key))
    if waits > 4:
        raise SystemExit("changed: before, obstore's waits were at the same time")
finally:
    server.kill()
PY
