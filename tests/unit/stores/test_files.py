"""Many files of a store are asked for their sizes at once, and each name means itself."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from clearwell.stores.files import file_sizes, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.s3 import S3Space

AT_ONCE = 4


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket that answers a request only when it has ``AT_ONCE`` of them; a file is as long as its name."""
    together = threading.Barrier(AT_ONCE)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            together.wait(20)
            self.send_response(200)
            self.send_header("content-length", str(len(self.path.rpartition("/")[2])))
            self.send_header("last-modified", "Sun, 01 Mar 2026 00:00:00 GMT")
            self.send_header("etag", '"1"')
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield "s3://patient/lake"
    server.shutdown()
    thread.join()
    server.server_close()


def test_sizes_are_asked_for_at_once(patient: str) -> None:
    names = ["x" * n for n in range(1, 2 * AT_ONCE + 1)]
    assert file_sizes([f"{patient}/{name}" for name in names]) == [len(name) for name in names]


@pytest.mark.parametrize("name", ["a b", "per%cent", "p=a%2Fb", "st*r [a] {b}", "größe", "a#b?c"])
def test_any_name_means_itself(s3: S3Space, tmp_path, name: str) -> None:
    from clearwell.stores import Store

    store = Store(tmp_path, {"gold": s3.url("gold")})
    store.put(f"gold/{name}/x", b"four")
    path = store.absolute(f"gold/{name}/x")
    assert (file_sizes([path]), file_sizes([path, f"{path}-not"])) == ([4], [4, None])
    assert read_file(path) == b"four"
