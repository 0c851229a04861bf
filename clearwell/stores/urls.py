"""Addresses in object stores: ``s3://bucket/key``, ``gs://bucket/key``, ``abfss://container@account/key``."""

from __future__ import annotations

__all__ = ["split"]


def split(url: str) -> tuple[str, str]:
    """``s3://bucket/a/b`` -> ``("s3://bucket", "a/b")``: where to connect, and the key there.

    Every character of a key means itself, ``?`` and ``#`` too: these addresses are not encoded as URLs are.
    """
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    return f"{scheme}://{bucket}", key.strip("/")
