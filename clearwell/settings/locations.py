"""Where the parts of a lake are stored: local paths or object store addresses.

An address has a scheme, a bucket and a path, and nothing that could be a secret: credentials come only from
the environment. No part of a lake may be inside another one, where its files would be taken for tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import SEGMENTS, is_url
from clearwell.secret_values import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCHEMES", "below", "read_location", "read_places", "require_apart"]

SCHEMES = ("s3", "abfss", "gs")
_LIKE = {"s3a": "s3", "s3n": "s3", "abfs": "abfss", "gcs": "gs"}
_EXAMPLES = {"abfss": "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH"}


def below(url: str) -> dict[str, str]:
    """The places of a lake whose parts are all stored below ``url``."""
    return {segment: f"{url}/{segment}" for segment in SEGMENTS}


def read_location(value: Any, folder: Path, *, what: str, place: str) -> str:
    """``value`` as an absolute path (a relative one starts at ``folder``), or as an address.

    Raises:
        ProjectError: it is neither. The message omits anything that may be a secret.
    """
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ProjectError(
            f"{what} = {shown(value)} is not a place",
            place=place,
            hint='write a path or an address: "s3://BUCKET/PATH"',
        )
    if not is_url(str(value)):
        return str((folder / Path(value).expanduser()).absolute())
    return _address(str(value), what, place)


def read_places(given: Any, folder: Path, place: str) -> dict[str, str]:
    """The parts of the lake that are stored outside its root; raises ProjectError."""
    if not isinstance(given, dict):
        hint = 'write [tool.clearwell.places] and a line for each part: gold = "s3://BUCKET/gold"'
        raise ProjectError(f"places = {shown(given)} is not a table", place=place, hint=hint)
    for segment in given:
        if segment not in SEGMENTS:
            raise ProjectError(
                f"a lake has no part {shown(segment)} that could be stored elsewhere",
                place=place,
                hint=did_you_mean(str(segment), SEGMENTS) or f"its parts: {', '.join(SEGMENTS)}",
            )
    return {
        segment: read_location(value, folder, what=f"places.{segment}", place=place)
        for segment, value in given.items()
    }


def require_apart(root: str, places: Mapping[str, str], place: str) -> None:
    """Refuse a place that equals another or is inside it; raises ProjectError."""
    locations = {segment: places.get(segment, f"{root}/{segment}") for segment in SEGMENTS}
    for outer, its in locations.items():
        for inner, place_of in locations.items():
            if outer != inner and f"{place_of}/".startswith(f"{its.rstrip('/')}/"):
                fact = f"{inner} cannot be stored at {place_of}: {outer} is stored there"
                raise ProjectError(fact, place=place, hint="give each part of the lake its own folder")


def _address(url: str, what: str, place: str) -> str:
    try:
        parts = urlsplit(url)
        names_port = parts.port is not None
    except ValueError:
        raise ProjectError(f"{what} is not an address", place=place, hint=_example("s3")) from None
    if parts.scheme not in SCHEMES:
        scheme = _LIKE.get(parts.scheme)
        hint = f"write {scheme}://" if scheme else f"a local path, or {', '.join(SCHEMES)}://..."
        named = f"{parts.scheme}://" if url.startswith(f"{parts.scheme}://") else "such an address"
        raise ProjectError(f"{what}: a lake cannot be stored at {named}", place=place, hint=hint)
    # The value is not shown: any part may be a secret. In abfss the name before the @ is the container.
    has_user = parts.scheme != "abfss" and "@" in parts.netloc
    if parts.password is not None or has_user or parts.query or parts.fragment or names_port:
        raise ProjectError(
            f"{what} has more than a bucket and a path",
            place=place,
            hint="remove the rest: credentials and endpoints come from the environment (AWS_ACCESS_KEY_ID)",
        )
    if not parts.hostname or (parts.scheme == "abfss" and not (parts.username and "." in parts.hostname)):
        raise ProjectError(f"{what} names no bucket", place=place, hint=_example(parts.scheme))
    path = parts.path.rstrip("/")
    if any(part in ("", ".", "..") for part in path.split("/")[1:]):
        fact = f"{what}: the path {parts.path!r} has a segment that is empty or only dots"
        raise ProjectError(fact, place=place, hint="a store takes every segment as a name: write it plainly")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _example(scheme: str) -> str:
    return f'write "{_EXAMPLES.get(scheme, f"{scheme}://BUCKET/PATH")}"'
