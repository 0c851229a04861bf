"""Releases in an object store, made without a table or a flow; and what lies there, as obstore lists it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import obstore
from obstore.store import from_url

from clearwell.fingerprint.rows import combined_fingerprint
from clearwell.publishing.training import make_training
from clearwell.publishing.upload import RemotePublisher
from tests.unit.publishing.small import draft, recipe, rows

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.datasets.manifest import Manifest


def publisher_at(lake: str, scratch: Path, name: str = "late_flights") -> RemotePublisher:
    return RemotePublisher(f"{lake}/releases/{name}", scratch / name)


def attempt_of(
    publisher: RemotePublisher, batch: int, count: int = 50, **changes: Any
) -> tuple[Path, Manifest]:
    """A finished folder of this machine, and its manifest without a number."""
    attempt = publisher.begin(json.dumps({"host": "elsewhere", "pid": 1, "started": 1.0}))
    splits = make_training([*rows(count).to_batches()], recipe(), attempt, rows=count, buckets=1)
    fingerprint = combined_fingerprint((split.name, split.fingerprint) for split in splits)
    return attempt, replace(draft(batch, **changes), splits=splits, rows=count, fingerprint=fingerprint)


def released(publisher: RemotePublisher, batch: int = 1, count: int = 50, **changes: Any) -> Manifest:
    """The release that holds after one more was made."""
    attempt, made = attempt_of(publisher, batch, count, **changes)
    held, _ = publisher.claim(attempt, made, seen=publisher.versions())
    publisher.forget(attempt)
    return held


def objects(url: str) -> dict[str, int]:
    """Every object below an address with its size."""
    return {meta["path"]: meta["size"] for page in obstore.list(from_url(url)) for meta in page}


def put(url: str, data: bytes) -> None:
    above, _, key = url.rpartition("/")
    obstore.put(from_url(above), key, data)


def delete(url: str) -> None:
    above, _, key = url.rpartition("/")
    obstore.delete(from_url(above), key)
