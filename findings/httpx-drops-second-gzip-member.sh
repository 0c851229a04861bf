#!/usr/bin/env bash
# httpx 0.28.1: of a gzip response in several members only the first is returned, without an error.
#
# Expected: gzip data may be several members, one after another, and `Content-Encoding: gzip` allows all that gzip
#           does. A client that undoes the encoding returns the whole body, as requests and Python's gzip do.
# Seen:     httpx stops at the end of the first member and drops the rest. The status is 200, the length of the
#           body as sent is right, and nothing is raised or logged.
# Matters:  exports that a server glues together from compressed parts, or compresses chunk by chunk, arrive short;
#           as JSON lines they are still valid. Count records, or take `iter_raw` and decode by oneself.
# Upstream: encode/httpx#3270, a proposed change, was closed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
python3.11 -m venv "$work/venv" 2>/dev/null || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 requests==2.34.2 urllib3==2.8.0

cd "$work"
venv/bin/python - <<'PY'
import gzip
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import requests

BODY = gzip.compress(b'{"id": 1}\n') + gzip.compress(b'{"id": 2}\n')
WHOLE = b'{"id": 1}\n{"id": 2}\n'


class Export(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


def expect(what, seen, expected):
    print(f"{what}: {seen!r}")
    if seen != expected:
        raise SystemExit(f"changed: {what}: {expected!r} is what was seen before")


server = HTTPServer(("127.0.0.1", 0), Export)
Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
with requests.Session() as session, httpx.Client(trust_env=False) as client:
    session.trust_env = False
    expect("gzip", gzip.decompress(BODY), WHOLE)
    expect("requests", session.get(url).content, WHOLE)
    expect(f"httpx {httpx.__version__}", client.get(url).content, b'{"id": 1}\n')
    with client.stream("GET", url) as response:
        expect("httpx, as it was sent", gzip.decompress(b"".join(response.iter_raw())), WHOLE)
PY
