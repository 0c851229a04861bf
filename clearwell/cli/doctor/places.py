"""The doctor's check of the lake's buckets: whether they open, and keep concurrent writers apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.cli.doctor.findings import Finding
from clearwell.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.settings import Settings

__all__ = ["examine_places"]


def examine_places(settings: Settings) -> Iterator[Finding]:
    """One finding for each bucket. A test file is written to each part, and removed again."""
    from clearwell.names import is_url
    from clearwell.stores import Store, split

    store = Store(settings.lake, settings.places)
    buckets: dict[str, list[str]] = {}
    for part, where in settings.places.items():
        if is_url(where):
            buckets.setdefault(split(where)[0], []).append(part)
    for bucket, parts in buckets.items():
        try:
            for part in parts:
                store.folders(part)
                store.require_conditional_put(part)
        except StoreError as error:
            yield Finding(bucket, "error", error.fact, error.hint)
        else:
            yield Finding(bucket, "ok", f"opens, and keeps concurrent writers apart: {', '.join(parts)}")
