"""Another page of the same browser can do nothing with Dagster's server; its own pages and programs can."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from clearwell.cli.webserver.guard import Guard
from tests.unit.cli.webserver.asking import JSON, ask, is_answered

PUBLIC = "https://pages.example.org/dagster"
BY_LINK = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"answered"})


def guarded(*arguments: Any, public: str | None = None, **options: Any) -> list[Any]:
    return ask(Guard(app, public), *arguments, **options)


def answers(*arguments: Any, **options: Any) -> bool:
    return is_answered(guarded(*arguments, **options))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3000", "localhost:3000", "localhost:4000", "[::1]:3000", "LOCALHOST"]
)
def test_this_machine_is_answered_also_through_a_tunnel(host: str) -> None:
    assert answers(host=host)
    assert answers("POST", "/graphql", host=host, origin=f"http://{host.lower()}", **JSON)
    assert answers("WS", "/graphql", host=host, origin=f"http://{host.lower()}")


@pytest.mark.parametrize("host", ["example.org", "example.org:3000", "127.0.0.1.example.org", "", None, "["])
@pytest.mark.parametrize("method", ["GET", "POST", "WS"])
def test_no_name_that_is_bent_to_this_machine_is(method: str, host: str | None) -> None:
    assert not answers(method, host=host)


@pytest.mark.parametrize(
    "origin", ["http://example.org", "http://localhost:5000", "http://127.0.0.1", "null", "http://"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "WS"])
def test_no_page_of_another_address_is(method: str, origin: str) -> None:
    assert not answers(method, "/graphql", host="localhost:3000", origin=origin, public=PUBLIC, **JSON)


@pytest.mark.parametrize("host", ["pages.example.org", "127.0.0.1:3000"])
def test_behind_a_proxy_the_public_address_is_answered_whatever_host_it_passes(host: str) -> None:
    own = {"origin": "https://pages.example.org", "public": PUBLIC}
    assert answers("POST", "/graphql", host=host, **own, **JSON)
    assert answers("WS", "/graphql", host=host, **own)
    assert not answers("WS", "/graphql", host=host, origin="https://example.org", public=PUBLIC)


def test_a_link_leads_to_a_page_and_does_nothing_else() -> None:
    assert answers("GET", "/runs/1", **BY_LINK)
    assert not answers("POST", "/graphql", **BY_LINK, **JSON)
    for name, value in {"sec_fetch_dest": "iframe", "sec_fetch_mode": "no-cors"}.items():
        assert not answers("GET", "/runs/1", **{**BY_LINK, name: value})
    assert answers("POST", "/graphql", sec_fetch_site="same-origin", sec_fetch_mode="cors", **JSON)
    assert not answers("GET", "/logs/1", sec_fetch_site="same-site", sec_fetch_mode="cors")


@pytest.mark.parametrize("path", ["/graphql", "/dagster/graphql"])
@pytest.mark.parametrize(
    ("document", "answered"),
    [
        ("{ version }", True),
        ("query Ask { version }", True),
        ("fragment F on Query { version } query Ask { ...F }", True),
        ("mutation { setNuxSeen }", False),
        ("query Ask { version } mutation Do { setNuxSeen }", False),
        ("subscription { capturedLogs }", False),
        ("mutation", False),
        ("", False),
    ],
)
def test_a_get_can_only_ask(path: str, document: str, answered: bool) -> None:
    assert answers("GET", f"{path}?query={quote(document)}") is answered
    twice = f"{path}?query={quote('{ version }')}&query={quote(document)}"
    assert answers("GET", twice) is answered


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "Text/Plain; charset=utf-8"]
)
def test_a_form_changes_nothing(kind: str) -> None:
    assert not answers("POST", "/graphql", content_type=kind)
    assert answers("POST", "/report_asset_materialization/orders")


def test_other_sites_may_not_frame_a_page() -> None:
    assert (b"x-frame-options", b"SAMEORIGIN") in guarded()[0]["headers"]


def test_a_refusal_says_what_to_do() -> None:
    start, body = guarded(host="pages.example.org")
    assert start["status"] == 403
    assert b"CLEARWELL_DAGSTER_URL" in body["body"]
    (closed,) = guarded("WS", "/graphql", origin="http://example.org")
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
