"""Receivers of OpenLineage events: one file per day in the lake, or an HTTP endpoint.

An endpoint that is down or slow costs a run a bounded time and one warning, never a failure: undelivered
events are kept in a separate file, ``undelivered-DAY.ndjson``, each line ready to be posted again.
"""

from __future__ import annotations

import logging
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["FileReceiver", "HttpReceiver", "Receiver"]

_log = logging.getLogger("clearwell")

_ENDPOINT = "api/v1/lineage"
_SECONDS_A_POST = 5.0
_SECONDS_A_RUN = 30.0
_REJECTED = frozenset({400, 409, 413, 415, 422})
"""Status codes about one event; any other failure means that the endpoint accepts none."""


class Receiver(Protocol):
    """Receives events: lines of JSON, of one day (YYYY-MM-DD)."""

    def take(self, lines: Sequence[str], day: str) -> None:
        """Deliver or keep every line."""
        ...


class FileReceiver:
    """Appends to ``folder/DAY.ndjson``; each line is one write, so lines of parallel runs do not mix."""

    def __init__(self, folder: Path, *, prefix: str = "") -> None:
        self.folder = folder
        self._prefix = prefix

    def path(self, day: str) -> Path:
        """The file of a day."""
        return self.folder / f"{self._prefix}{day}.ndjson"

    def take(self, lines: Sequence[str], day: str) -> None:
        """Append; raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path(day).open("ab", buffering=0) as file:
            for line in lines:
                file.write(line.encode() + b"\n")


class HttpReceiver:
    """Posts each event to ``url`` + ``/api/v1/lineage``, with ``key`` as a bearer token.

    ``kept`` gets undelivered events. After one failure, or when all posts together have taken half a minute,
    this object, which exists for one run, posts nothing more.
    """

    def __init__(self, url: str, key: str | None, kept: FileReceiver) -> None:
        self._url = f"{url}/{_ENDPOINT}"
        self._host = urlsplit(url).netloc
        self._key = key
        self._kept = kept
        self._left = _SECONDS_A_RUN
        self._warned = self._down = False

    def take(self, lines: Sequence[str], day: str) -> None:
        """Post every line, or keep it."""
        for line in lines:
            if self._down:
                why: str | None = "delivery was stopped"
            else:
                why = self._timed(line)
            if why is None:
                continue
            self._kept.take([line], day)
            if not self._warned:
                self._warned = True
                path = self._kept.path(day)
                _log.warning("OpenLineage receiver %s: %s; events are kept in %s", self._host, why, path)

    def _timed(self, line: str) -> str | None:
        """Why the line was not accepted, or None; a slow answer is cut off at the same time limit."""
        limit = min(_SECONDS_A_POST, self._left)
        start = time.monotonic()
        said: list[str | None] = []
        poster = threading.Thread(target=lambda: said.append(self._post(line, limit)), daemon=True)
        poster.start()
        poster.join(limit)
        self._left -= time.monotonic() - start
        if not said:
            said.append(f"no answer within {limit:.0f} seconds")
            self._down = True
        elif self._left <= 0:
            self._down = True
        return said[0]

    def _post(self, line: str, limit: float) -> str | None:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(  # noqa: S310 - settings take http and https only
            self._url, data=line.encode(), headers=headers, method="POST"
        )
        try:
            with _opener(self._url).open(request, timeout=limit):
                return None
        except urllib.error.HTTPError as error:
            error.close()
            self._down = error.code not in _REJECTED
            return f"it answered {error.code}"
        except (OSError, HTTPException, ValueError) as error:
            self._down = True
            return f"no answer ({type(error).__name__})"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is a failure: it would send the token elsewhere, and turn a POST into a GET."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if (urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1"):
        handlers.append(urllib.request.ProxyHandler({}))  # never a proxy for loopback
    return urllib.request.build_opener(*handlers)
