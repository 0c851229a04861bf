"""The bytes of a lake in local folders or object stores: connections, retries, errors.

Reading needs only pyarrow and deltalake. Writing, and listing everything below a folder, also needs
obstore. Credentials come from the environment of the process: the libraries read them there, so none passes
through Clearwell.
"""

from __future__ import annotations

from clearwell.stores.disk_failures import disk_failure
from clearwell.stores.durable import force
from clearwell.stores.failures import explained, refusal
from clearwell.stores.file_lock import locked
from clearwell.stores.files import (
    file_sizes,
    for_each_file,
    open_input,
    open_output,
    parquet_file,
    parquet_metadata,
    read_file,
)
from clearwell.stores.place import StoredFile
from clearwell.stores.private import keep_private
from clearwell.stores.store import Store
from clearwell.stores.urls import split

__all__ = [
    "Store",
    "StoredFile",
    "disk_failure",
    "explained",
    "file_sizes",
    "for_each_file",
    "force",
    "keep_private",
    "locked",
    "open_input",
    "open_output",
    "parquet_file",
    "parquet_metadata",
    "read_file",
    "refusal",
    "split",
]
