"""Raw files to Arrow: every record of a file is accepted or rejected with its bytes; none is lost.

- ``spec``: SourceSpec, what a project declares; ``columns``: its types; ``drift``: check_drift().
- ``files``: discover(), which files are new, changed, doubled, still growing, gone.
- ``reading``: read(), one file by its format, as accepted rows and rejects.
- ``raw``: read_record(), one record of a file exactly as it was written.
"""

from __future__ import annotations

from clearwell.sources.drift import check_drift
from clearwell.sources.files import discover
from clearwell.sources.raw import RawText, read_record
from clearwell.sources.reading import read
from clearwell.sources.records import (
    RECORD_NO,
    Changed,
    Discovery,
    Duplicate,
    KnownFile,
    Parsed,
    RawFile,
    Reject,
    Skipped,
    UnreadableFile,
)
from clearwell.sources.spec import FORMATS, SourceSpec
from clearwell.sources.values.columns import parse_type, type_schema

__all__ = [
    "FORMATS",
    "RECORD_NO",
    "Changed",
    "Discovery",
    "Duplicate",
    "KnownFile",
    "Parsed",
    "RawFile",
    "RawText",
    "Reject",
    "Skipped",
    "SourceSpec",
    "UnreadableFile",
    "check_drift",
    "discover",
    "parse_type",
    "read",
    "read_record",
    "type_schema",
]
