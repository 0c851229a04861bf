"""Addresses in the settings. None that is refused is shown: any part of it may be a password."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

from clearwell.errors import ProjectError, did_you_mean
from clearwell.secret_values import learn, shown

__all__ = ["dagster_url", "read_address", "read_engine", "read_receiver", "require_database_address"]

_WEB = 'write "https://HOST/PATH"'
_ENGINE = re.compile(
    r"[\w.+-]+|sc://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?:/[^\s;@]*)?(?P<given>(?:;[^\s;]*)*)"
)
_DATABASE = re.compile(
    r"[\w+]+://(?:[^\s:@/?#]+(?::[^\s:@/?#]*)?@)?(?:[\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?:/[\w.%-]*)?(?:\?[^\s@#]*)?"
)


def read_receiver(text: str, place: str) -> str:
    """Where OpenLineage events go, if that is ``file``, ``off`` or an address; raises ProjectError."""
    if text in ("file", "off"):
        return text
    if "://" not in text:
        fact = f"{shown(text)} is not a destination for OpenLineage events"
        hint = did_you_mean(text, ("file", "off")) or 'write "file", "off" or "http://HOST:PORT"'
        raise ProjectError(fact, place=place, hint=hint)
    return read_address(text, place, what="openlineage")


def read_address(url: str, place: str, *, what: str = "pages_url") -> str:
    """``url`` without a trailing slash, if it is a plain web address; raises ProjectError."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a password that is not encoded can stand where a port would
    except ValueError:
        raise ProjectError(f"{what} is not a web address", place=place, hint=_WEB) from None
    if "@" in url or parts.query or parts.fragment:  # not shown: may be a secret
        raise ProjectError(f"{what} has more than a host and a path", place=place, hint="remove the rest")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProjectError(f"{what} is not a web address", place=place, hint=_WEB)
    return url.rstrip("/")


def read_engine(value: Any, what: str, place: str) -> str:
    """The name of an engine, or the address of one without a user; raises ProjectError."""
    if not isinstance(value, str) or not (found := _ENGINE.fullmatch(value)):
        hint = "write embedded, spark or sc://host:port; what an endpoint asks comes after it: sc://host:port/;token=..."
        raise ProjectError(f"{what} = {shown(value)} is not an engine", place=place, hint=hint)
    learn(*(part.partition("=")[2] for part in (found["given"] or "").split(";")))
    return value


def require_database_address(variable: str) -> None:
    """Refuse the address of a database that its driver would cut elsewhere than meant, and quote in an error.

    Raises:
        ProjectError: a part of it is not encoded. Unset, or without an address, it is no matter here.
    """
    value = os.environ.get(variable, "")
    if "://" in value and not _DATABASE.fullmatch(value):
        raise ProjectError(
            "this variable is not an address of a database, or a character of its password is not encoded",
            place=variable,
            hint="write postgresql://USER:PASSWORD@HOST:PORT/NAME, with %40 for @, %2F for /, %3A for :",
        )


def dagster_url() -> str | None:
    """CLEARWELL_DAGSTER_URL, for what runs outside a project too; raises ProjectError."""
    url = os.environ.get("CLEARWELL_DAGSTER_URL")
    return read_address(url, "CLEARWELL_DAGSTER_URL", what="the address of Dagster's pages") if url else None
