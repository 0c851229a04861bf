"""Bytes of a lake, wherever its parts lie: folders of this machine, or buckets of an object store.

Reading needs pyarrow and deltalake alone. What writes, and what lists all that lies below a folder, needs
obstore too. Credentials come from the environment of the process: the libraries look them up there
themselves, so none passes through Clearwell.
"""

from __future__ import annotations

from clearwell.stores.failures import explained, refusal
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
from clearwell.stores.store import Store
from clearwell.stores.urls import split

__all__ = [
    "Store",
    "StoredFile",
    "explained",
    "file_sizes",
    "for_each_file",
    "open_input",
    "open_output",
    "parquet_file",
    "parquet_metadata",
    "read_file",
    "refusal",
    "split",
]
