"""Clearwell makes raw data ready for AI. This is the reader's API: open what a pipeline has released.

    import clearwell

    train = clearwell.open_dataset("late_flights").split("train").to_pandas()

Importing it is cheap: pyarrow is loaded when the first dataset is opened. All errors can be imported from
here. What builds a lake from Python is in `clearwell.api`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clearwell.errors import (
    AlertError,
    AnswerLost,
    BatchBlocked,
    CandidateRefused,
    ClearwellError,
    CommitConflict,
    DatasetError,
    EngineError,
    EngineLost,
    FilesGone,
    ProjectError,
    ReleaseNotFound,
    SourceError,
    StoreError,
    StoreUnreachable,
    TableError,
    TableNotFound,
)

if TYPE_CHECKING:
    from clearwell.datasets import Dataset, Split, list_datasets, open_dataset

__version__ = "0.1.0"

__all__ = [
    "AlertError",
    "AnswerLost",
    "BatchBlocked",
    "CandidateRefused",
    "ClearwellError",
    "CommitConflict",
    "Dataset",
    "DatasetError",
    "EngineError",
    "EngineLost",
    "FilesGone",
    "ProjectError",
    "ReleaseNotFound",
    "SourceError",
    "Split",
    "StoreError",
    "StoreUnreachable",
    "TableError",
    "TableNotFound",
    "__version__",
    "list_datasets",
    "open_dataset",
]

_LAZY = {"Dataset", "Split", "list_datasets", "open_dataset"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module("clearwell.datasets"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
