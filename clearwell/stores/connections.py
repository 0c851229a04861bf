"""Connections to object stores, reused while the process has the same credentials in its environment.

Every request ends: retries are limited, with the same limits for every library. The timeouts of a
connection (5 s) and of a request (30 s) are the libraries' own defaults.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from clearwell.settings import store_variables

if TYPE_CHECKING:
    from obstore.store import ObjectStore, RetryConfig
    from pyarrow.fs import FileSystem

__all__ = ["OPTIONS", "filesystem", "objects"]

_TRIES = 5
_SECONDS = 20

OPTIONS = {"max_retries": str(_TRIES), "retry_timeout": f"{_SECONDS}s"}
"""Delta's storage options: its retry limits. The rest it takes from the environment."""


def filesystem(base: str) -> FileSystem:
    """Arrow's file system of a bucket, such as ``s3://bucket``, for the bytes of Parquet files."""
    return _filesystem(base, store_variables())


def objects(base: str) -> ObjectStore:
    """A bucket that supports conditional puts."""
    return _objects(base, store_variables())


@lru_cache(maxsize=32)
def _filesystem(base: str, _variables: int) -> FileSystem:
    from deltalake.fs import DeltaStorageHandler
    from pyarrow.fs import PyFileSystem

    return PyFileSystem(DeltaStorageHandler(base, OPTIONS))


@lru_cache(maxsize=32)
def _objects(base: str, _variables: int) -> ObjectStore:
    from obstore.store import from_url

    limits: RetryConfig = {"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_SECONDS)}
    return from_url(base, retry_config=limits)
