"""Raw files to Arrow: every record of a file is accepted or rejected with its bytes; none is lost.

- ``spec``: SourceSpec, a project's declaration; Source, the class of a format, which plugins extend.
- ``files``: discover(): which files are new, changed, duplicate, growing, gone; ``drift``: check_drift().
- ``reading``: read(), one file by its format, as accepted rows and rejects.
- ``raw``: read_record(), one record of a file exactly as it was written.

For plugins: ``line_blocks`` cuts a file into lines, ``split_rows`` makes a part from columns, ``find_record``
finds one record again.
"""

from __future__ import annotations

from clearwell.sources.drift import check_drift
from clearwell.sources.files import discover, look_into
from clearwell.sources.match import folder_keys
from clearwell.sources.options import read_options
from clearwell.sources.order import ARRIVAL, delivery_key, is_outside
from clearwell.sources.parsing.find import find_record
from clearwell.sources.parsing.long_fields import LongFields
from clearwell.sources.parsing.scan import BLOCK_BYTES, Block, line_blocks
from clearwell.sources.parsing.split import split_rows
from clearwell.sources.plugins import FORMATS, GROUP, Offer, format_names, offers
from clearwell.sources.raw import read_record
from clearwell.sources.reading import infer_columns, read
from clearwell.sources.records import (
    RECORD_NO,
    Changed,
    Discovery,
    Duplicate,
    KnownFile,
    Parsed,
    RawFile,
    RawText,
    Reject,
    Skipped,
    UnreadableFile,
)
from clearwell.sources.spec import OpenFile, Source, SourceSpec, find_source
from clearwell.sources.values.columns import parse_type, type_schema

__all__ = [
    "ARRIVAL",
    "BLOCK_BYTES",
    "FORMATS",
    "GROUP",
    "RECORD_NO",
    "Block",
    "Changed",
    "Discovery",
    "Duplicate",
    "KnownFile",
    "LongFields",
    "Offer",
    "OpenFile",
    "Parsed",
    "RawFile",
    "RawText",
    "Reject",
    "Skipped",
    "Source",
    "SourceSpec",
    "UnreadableFile",
    "check_drift",
    "delivery_key",
    "discover",
    "find_record",
    "find_source",
    "folder_keys",
    "format_names",
    "infer_columns",
    "is_outside",
    "line_blocks",
    "look_into",
    "offers",
    "parse_type",
    "read",
    "read_options",
    "read_record",
    "split_rows",
    "type_schema",
]
