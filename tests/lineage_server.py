"""A receiver of OpenLineage events on loopback."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Server:
    """What a receiver on loopback got, and how it answers: codes, then 201; ``delay`` seconds late."""

    def __init__(self) -> None:
        self.url = ""
        self.events: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.answers: list[int] = []
        self.delay = 0.0
        self.tries = 0


@contextmanager
def server() -> Iterator[Server]:
    found = Server()
    going = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.tries += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            going.wait(found.delay)
            code = found.answers.pop(0) if found.answers else 201
            if code == 201:
                found.events.append(json.loads(body))
                found.paths.append(self.path)
                found.keys.append(self.headers.get("Authorization"))
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            raise AssertionError("a redirect was followed")

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield found
    finally:
        going.set()
        http.shutdown()
        http.server_close()
        thread.join()
