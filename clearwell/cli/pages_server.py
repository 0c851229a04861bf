"""Serve the pages of a lake on loopback, in a separate process that cannot outlive its parent.

    python -m clearwell.cli.pages_server LIFELINE REPORT FOLDER

LIFELINE is the read end of a pipe whose only write end the parent holds: however the parent ends, the kernel
closes that end, and this process exits. REPORT is a pipe that receives the port.

It is read-only: GET and HEAD of regular files in FOLDER and nothing else: no folder is listed, no hidden file
is shown, no link leads out. It answers only requests whose host is this machine, so that no web page
can make a browser read it (DNS rebinding), and its pages can load nothing from elsewhere.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HOST", "PagesServer", "main"]

HOST = "127.0.0.1"
INDEX = "index.html"

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NO_PAGES = "no such page: the pages of a lake are written when its report runs, `clearwell run`\n"
_TEXTS = (".html", ".md", ".json", ".txt", ".css", ".js", ".svg")


class PagesServer(ThreadingHTTPServer):
    """Serves the files of ``folder``, which need not exist yet."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.folder = folder

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a browser that disconnects is not an error."""


class _Handler(BaseHTTPRequestHandler):
    server: PagesServer  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"
    server_version = "clearwell"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Answer with a file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the headers of a file."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: Dagster's output is shown in this terminal."""

    def _answer(self, *, with_body: bool) -> None:
        if not self._asks_for_us():
            self._refuse(
                HTTPStatus.FORBIDDEN, "use 127.0.0.1 or localhost as the host\n", with_body=with_body
            )
            return
        opened = self._open(self.path)
        if opened is None:
            self._refuse(HTTPStatus.NOT_FOUND, _NO_PAGES, with_body=with_body)
            return
        file, name = opened
        with file:
            kind = guess_type(name)[0] or "application/octet-stream"
            charset = "; charset=utf-8" if Path(name).suffix in _TEXTS else ""
            self._head(HTTPStatus.OK, f"{kind}{charset}", os.fstat(file.fileno()).st_size)
            if with_body:
                shutil.copyfileobj(file, self.wfile)

    def _asks_for_us(self) -> bool:
        return self.headers.get("Host", "") in {
            f"{name}:{self.server.server_port}" for name in (HOST, "localhost")
        }

    def _open(self, target: str) -> tuple[BinaryIO, str] | None:
        """The requested file and its name; None when it must not be shown."""
        try:
            path = unquote(urlsplit(target).path, errors="strict")
            start, *parts = (path + INDEX if path.endswith("/") else path).split("/")
            if start or any(not part or part.startswith(".") or "\\" in part for part in parts):
                return None
            root = self.server.folder.resolve(strict=True)
            file = root.joinpath(*parts).resolve(strict=True)
            if not file.is_relative_to(root) or not file.is_file():
                return None
            return file.open("rb"), file.name
        except (OSError, ValueError):
            return None

    def _refuse(self, status: HTTPStatus, text: str, *, with_body: bool) -> None:
        body = text.encode()
        self._head(status, "text/plain; charset=utf-8", len(body))
        if with_body:
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()


def main(arguments: Sequence[str]) -> None:
    """Serve until the lifeline closes; never returns."""
    lifeline, report = int(arguments[0]), int(arguments[1])
    server = PagesServer(Path(arguments[2]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.write(report, f"{server.server_port}\n".encode())
    os.close(report)
    os.read(lifeline, 1)  # there is no writer: this returns when the parent exits
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
