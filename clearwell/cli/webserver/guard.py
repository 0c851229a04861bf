"""What stands before Dagster's web server, which has no log-in: only its own pages may use it.

Every page that is open in the same browser can send requests to loopback. The guard is an ASGI application
around the server's, and refuses:

- a ``Host`` that is neither this machine nor the public address: a name that was bent to loopback;
- an ``Origin`` that is not the page's own, of requests and of websockets, and what the browser itself says
  comes from another site, unless a person follows a link to a page;
- whatever could change something by a link or a form: GraphQL by GET that is more than a query, and the
  types of content that a form sends.

What comes without these headers comes from no browser: programs of this machine's users are answered. Pages
may be framed by the server's own alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

__all__ = ["Guard"]

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_NAVIGATION = {b"sec-fetch-mode": "navigate", b"sec-fetch-dest": "document"}
_FRAMES = (b"x-frame-options", b"SAMEORIGIN")
_VIOLATION = 1008
"""The code of a websocket that is closed for policy."""


class Guard:
    """``app``, for requests of its own pages; ``public`` is the address at which people open them."""

    def __init__(self, app: Application, public: str | None = None) -> None:
        self._app = app
        self._public = urlsplit(public or "").netloc.lower()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _VIOLATION, "reason": refusal})
        else:
            await _refuse(send, refusal)

    def _refusal(self, scope: Message) -> str | None:
        """Why the request is not answered; None when it is."""
        named = _values(scope, b"host")
        if len(named) != 1 or not self._is_ours(named[0]):
            return "this address is not the server's: open 127.0.0.1, or set CLEARWELL_DAGSTER_URL to it"
        own = {named[0], self._public}
        if any(urlsplit(origin).netloc.lower() not in own for origin in _values(scope, b"origin")):
            return "a page of another address asks for it: set CLEARWELL_DAGSTER_URL if it is this server's"
        return _http_refusal(scope) if scope["type"] == "http" else None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return bool(host) and (name in _THIS_MACHINE or host == self._public)


def _http_refusal(scope: Message) -> str | None:
    reads = scope["method"] in ("GET", "HEAD")
    follows = reads and all(_values(scope, name) == [value] for name, value in _NAVIGATION.items())
    if not set(_values(scope, b"sec-fetch-site")) <= {"same-origin", "none"} and not follows:
        return "a page of another site asks for it"
    if reads and scope["path"].endswith("/graphql") and not _only_queries(scope["query_string"]):
        return "GET only asks: send a mutation by POST, as application/json"
    if any(kind.partition(";")[0].strip() in _FORMS for kind in _values(scope, b"content-type")):
        return "a form may not change anything: send application/json"
    return None


def _only_queries(query_string: bytes) -> bool:
    """Whether each document in the address can be read and has nothing but queries."""
    from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

    asked = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    try:
        parts = [part for name, text in asked if name == "query" for part in parse(text).definitions]
    except (GraphQLError, RecursionError):
        return False
    operations = [part.operation for part in parts if isinstance(part, OperationDefinitionNode)]
    return all(operation is OperationType.QUERY for operation in operations)


def _values(scope: Message, wanted: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for name, value in scope["headers"] if name.lower() == wanted]


def _unframed(send: Send) -> Send:
    """``send``, with the header that keeps other sites from framing the page."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), _FRAMES]
        await send(message)

    return send_on


async def _refuse(send: Send, why: str) -> None:
    body = f"refused: {why}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
