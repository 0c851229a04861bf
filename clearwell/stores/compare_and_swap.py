"""Operations that publishing a release to a store needs: uploads of whole files, and compare-and-swap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.stores.connections import objects
from clearwell.stores.failures import explained
from clearwell.stores.urls import split

if TYPE_CHECKING:
    from pathlib import Path

    from obstore import UpdateVersion

__all__ = ["read_tagged", "swap", "upload"]


def upload(file: Path, url: str) -> None:
    """Upload a local file to ``url``, a large one in parts; either the whole file appears or nothing."""
    import obstore

    base, key = split(url)
    with explained(url):
        obstore.put(objects(base), key, file)


def read_tagged(url: str) -> tuple[bytes, UpdateVersion] | None:
    """The bytes at ``url`` and their version token; None when there is no object."""
    import obstore

    base, key = split(url)
    try:
        with explained(url):
            found = obstore.get(objects(base), key)
            data = bytes(found.bytes())
    except FileNotFoundError:
        return None
    tag: UpdateVersion = {}
    if found.meta["e_tag"] is not None:
        tag["e_tag"] = found.meta["e_tag"]
    if found.meta["version"] is not None:
        tag["version"] = found.meta["version"]
    return data, tag


def swap(url: str, data: bytes, seen: UpdateVersion) -> bool:
    """Put ``data`` at ``url`` if the object is still the one ``seen``; returns whether it was written."""
    import obstore
    from obstore.exceptions import PreconditionError

    base, key = split(url)
    with explained(url):
        try:
            obstore.put(objects(base), key, data, mode=seen)
        except PreconditionError:
            return False
    return True
