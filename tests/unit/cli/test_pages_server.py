"""The server of a lake's pages: read-only, on loopback, of one folder, and gone with who started it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.cli.pages_server import HOST, PagesServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesServer]:
    """A lake whose reports are served, and beside them what is nobody's business."""
    lake = tmp_path_factory.mktemp("lake")
    reports = lake / "reports"
    (reports / "tables").mkdir(parents=True)
    (reports / "index.html").write_text("<p>pages</p>")
    (reports / "tables" / "silver_flights.html").write_text("<p>flüge</p>")
    (reports / "report.json").write_text("{}")
    (reports / ".draft.html").write_text("draft")
    (lake / "secret.html").write_text("secret")
    (lake / "reports-of-others").mkdir()
    (lake / "reports-of-others" / "secret.html").write_text("secret")
    (reports / "out.html").symlink_to(lake / "secret.html")
    (reports / "up").symlink_to(lake)
    with PagesServer(reports) as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def ask(
    server: PagesServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/", "text/html; charset=utf-8", "<p>pages</p>"),
        ("/index.html", "text/html; charset=utf-8", "<p>pages</p>"),
        ("/tables/silver_flights.html", "text/html; charset=utf-8", "<p>flüge</p>"),
        ("/tables/silver%5Fflights.html?at=1", "text/html; charset=utf-8", "<p>flüge</p>"),
        ("/report.json", "application/json; charset=utf-8", "{}"),
    ],
)
def test_a_page_is_shown_with_its_kind(server: PagesServer, path: str, kind: str, body: str) -> None:
    status, headers, shown = ask(server, path)
    assert (status, headers["Content-Type"], shown.decode()) == (200, kind, body)
    assert int(headers["Content-Length"]) == len(shown)
    status, headers, shown = ask(server, path, "HEAD")
    assert (status, headers["Content-Length"], shown) == (200, str(len(body.encode())), b"")


def test_a_page_may_load_nothing_and_be_framed_by_nobody(server: PagesServer) -> None:
    _, headers, _ = ask(server, "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        "/%2e%2e/secret.html",
        "/tables/../../secret.html",
        "/tables/%2e%2e%2f%2e%2e%2fsecret.html",
        "/..%5Csecret.html",
        "//etc/passwd",
        "/%2Fetc/passwd",
        "/../reports-of-others/secret.html",
        "/out.html",
        "/up/secret.html",
        "/.draft.html",
        "/tables",
        "/tables/",
        "/index.html/",
        "/nothing.html",
        "/index.html%00.txt",
        "/%ff",
        "*",
    ],
)
def test_nothing_but_pages_is_shown(server: PagesServer, path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 404
    assert b"secret" not in body
    assert b"draft" not in body


@given(
    st.lists(
        st.sampled_from(["..", ".", "%2e%2e", "%2f", "/", "\\", "up", "tables", "secret.html", "%00", "~"])
    )
)
def test_no_way_leads_out_of_the_folder(server: PagesServer, parts: list[str]) -> None:
    status, _, body = ask(server, "/" + "/".join(parts))
    assert status in (200, 404)
    assert b"secret" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_it_only_reads(server: PagesServer, method: str) -> None:
    before = sorted(server.folder.rglob("*"))
    assert ask(server, "/index.html", method)[0] == 501
    assert sorted(server.folder.rglob("*")) == before


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "", "127.0.0.1.evil.example"]
)
def test_a_browser_that_was_sent_by_another_site_gets_nothing(server: PagesServer, host: str) -> None:
    status, _, body = ask(server, "/index.html", Host=host)
    assert (status, b"pages" in body) == (403, False)
    assert ask(server, "/index.html", Host=f"localhost:{server.server_port}")[0] == 200


def test_it_answers_on_loopback_alone(server: PagesServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((address, server.server_port)) != 0


def test_pages_that_are_not_there_yet_come_when_they_are(tmp_path: Path) -> None:
    with PagesServer(tmp_path / "reports") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        status, _, body = ask(server, "/")
        assert (status, b"clearwell run" in body) == (404, True)
        (tmp_path / "reports").mkdir()
        (tmp_path / "reports" / "index.html").write_text("now")
        assert ask(server, "/")[2] == b"now"
        server.shutdown()
        thread.join()


PARENT = """
import os, signal, subprocess, sys
from pathlib import Path
from clearwell.cli.ui import _serve_pages

url = _serve_pages(Path(sys.argv[1]))
child = [sys.executable, "-c", "import time; time.sleep(600)"]  # as Dagster's own processes
# It becomes another program, as `clearwell ui` becomes Dagster, and starts processes of its own.
program = "import subprocess, sys, time; "
program += f"p = subprocess.Popen({child!r}); print({url!r}, p.pid, flush=True); "
program += sys.argv[2]
os.execv(sys.executable, [sys.executable, "-c", program])
"""


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("it returns", "time.sleep(0)"),
        ("it raises", "raise SystemExit(3)"),
        ("it is killed", "time.sleep(600)"),
    ],
)
def test_it_ends_with_who_started_it_whatever_that_has_become(tmp_path: Path, how: str, end: str) -> None:
    (tmp_path / "index.html").write_text("pages")
    parent = subprocess.Popen(
        [sys.executable, "-c", dedent(PARENT), str(tmp_path), end],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert parent.stdout is not None
    url, _, other = parent.stdout.readline().strip().partition(" ")
    port = int(url.rpartition(":")[2])
    try:
        if how == "it is killed":
            assert _answers(port)
            parent.send_signal(signal.SIGKILL)
        parent.wait(PATIENCE)
        give_up = time.monotonic() + PATIENCE
        while _answers(port):
            assert time.monotonic() < give_up, "the server is still there"
            time.sleep(0.05)
    finally:
        os.kill(int(other), signal.SIGKILL)  # it outlived its parent, and has not kept the server
        parent.stdout.close()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((HOST, port)) == 0
