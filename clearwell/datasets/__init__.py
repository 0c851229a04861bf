"""Releases of datasets: find them, read them, verify them; needs pyarrow and nothing else.

``fingerprint`` and ``write`` are the other half, used by ``clearwell.flow.publish``.
"""

from clearwell.datasets.catalog import DatasetInfo, list_datasets
from clearwell.datasets.manifest import Manifest
from clearwell.datasets.reader import Dataset, Split, open_dataset

__all__ = ["Dataset", "DatasetInfo", "Manifest", "Split", "list_datasets", "open_dataset"]
