"""Releases of datasets: find them, read them, verify them; needs only pyarrow and deltalake.

Users need the names that ``clearwell`` itself exports. The others are the format of a release, for
``clearwell.publishing``, which writes it, and for other code that reads the releases of a lake.
"""

from clearwell.datasets.catalog import DatasetInfo, datasets_on, find_on, list_datasets
from clearwell.datasets.index import INDEX, IndexWriter
from clearwell.datasets.keys import can_be_key, key_digests, same_keys
from clearwell.datasets.manifest import (
    CURRENT,
    FORMAT,
    INDEX_FORMAT,
    MANIFEST,
    Column,
    Input,
    Manifest,
    ReleaseFile,
    SplitFiles,
    hash_file,
)
from clearwell.datasets.reader import Dataset, Split, open_dataset
from clearwell.datasets.release_store import (
    ReleaseStore,
    RemoteReleaseStore,
    open_release_store,
    parse_pointer,
    pointed_version,
    versions_in,
)
from clearwell.datasets.split import ARROW_BATCH

__all__ = [
    "ARROW_BATCH",
    "CURRENT",
    "FORMAT",
    "INDEX",
    "INDEX_FORMAT",
    "MANIFEST",
    "Column",
    "Dataset",
    "DatasetInfo",
    "IndexWriter",
    "Input",
    "Manifest",
    "ReleaseFile",
    "ReleaseStore",
    "RemoteReleaseStore",
    "Split",
    "SplitFiles",
    "can_be_key",
    "datasets_on",
    "find_on",
    "hash_file",
    "key_digests",
    "list_datasets",
    "open_dataset",
    "open_release_store",
    "parse_pointer",
    "pointed_version",
    "same_keys",
    "versions_in",
]
