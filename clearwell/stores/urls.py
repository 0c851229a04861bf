"""Addresses in object stores: ``s3://bucket/key``, ``gs://bucket/key``, ``abfss://container@account/key``."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["split"]


def split(url: str) -> tuple[str, str]:
    """``s3://bucket/a/b`` -> ``("s3://bucket", "a/b")``: where to connect, and the key there."""
    parts = urlsplit(url, allow_fragments=False)
    return f"{parts.scheme}://{parts.netloc}", parts.path.strip("/")
