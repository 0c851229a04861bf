"""One request to an ASGI application, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

JSON = {"content_type": "application/json"}


def ask(
    app: Any,
    method: str = "GET",
    address: str = "/",
    *,
    host: str | None = "127.0.0.1:3000",
    body: bytes | None = None,
    **headers: str,
) -> list[Any]:
    """What ``app`` sends; a header's name has `_` for `-`, the method WS is a websocket.

    Without a ``body``, reading the request is a fault.
    """
    path, _, query = address.partition("?")
    given = {**({"host": host} if host is not None else {}), **headers}
    scope = {
        "type": "websocket" if method == "WS" else "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        assert body is not None, "nothing is read of a request before it is judged"
        return {"type": "http.request", "body": body}

    asyncio.run(app(scope, receive, send))
    return sent


def is_answered(sent: list[Any]) -> bool:
    """Whether a websocket was opened, or the answer's status is 200."""
    return sent[0]["type"] == "websocket.accept" or sent[0].get("status") == 200
