"""What is refused on Sail whatever it computes: direct readers and writers, and what Sail ignores.

Sail reads a missing path as no rows, CSV and JSON differently from Spark, and values that are not in a file
if it has statistics of floats. It writes Delta tables without their transactions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from clearwell.engines.files.statistics import misleading_columns
from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.names import Guard
from clearwell.names import is_url

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["guard_command", "guard_relation"]

_READ_OTHERWISE = {"csv", "json", "delta", "iceberg"}
_TABLES = {"delta", "iceberg"}
_AS_INPUT = "an input in the YAML"
_MOST_FOOTERS = 1_000


def guard_relation(relation: Any, kind: str, allowed_paths: Collection[str]) -> None:
    """Raise Refused for a relation that Sail treats differently; Clearwell itself reads ``allowed_paths``."""
    if kind == "collect_metrics":
        raise Refused(Guard.REFUSED_FUNCTIONS, "observe returns no metrics here", "an aggregate")
    if kind == "crosstab":
        raise Refused(Guard.REFUSED_FUNCTIONS, "crosstab loses rows with NULL here", "groupBy and pivot")
    if kind in ("corr", "cov"):
        why = f"stat.{kind} leaves out rows with NULL here, and Spark takes NULL for 0"
        raise Refused(Guard.REFUSED_FUNCTIONS, why, "corr or covar_samp as an aggregate")
    if kind == "summary" and any("%" in one for one in relation.summary.statistics or ("25%",)):
        raise Refused(Guard.REFUSED_FUNCTIONS, "summary has other quartiles here", "describe, or percentile")
    if kind != "read" or not relation.read.HasField("data_source"):
        return
    source = relation.read.data_source
    spelled = source.format.lower() or "parquet"
    if spelled in _READ_OTHERWISE:
        raise Refused(Guard.OWN_READERS, f"{spelled} is read differently from Spark", _AS_INPUT)
    for path in source.paths:
        if path not in allowed_paths:
            _require_plain(path, is_parquet=spelled == "parquet")


def guard_command(command: Any) -> None:
    """Raise Refused for a command that writes a table directly."""
    kind = command.WhichOneof("command_type")
    node: Any = getattr(command, kind) if kind else None
    is_table = kind in ("write_operation_v2", "merge_into_table_command")
    if kind == "write_operation":
        is_table = node.source.lower() in _TABLES or node.HasField("table")
        if any(name.lower() == "partitionoverwritemode" for name in node.options):
            why = "partitionOverwriteMode is ignored here: all partitions would be replaced"
            raise Refused(Guard.OWN_WRITERS, why, "write: {mode: replace_partitions} in the YAML")
    if is_table:
        raise Refused(Guard.OWN_WRITERS, "a transform writes a table directly", "its return value")


def _require_plain(path: str, *, is_parquet: bool) -> None:
    place = unquote(re.sub(r"^file:/*", "/", path))
    if is_url(place):
        raise Refused(Guard.OWN_READERS, f"{path} is read by the transform directly", _AS_INPUT)
    if re.search(r"[*?{}\[\]]", place):
        raise Refused(Guard.OWN_READERS, f"{path} is a pattern, which loses rows here", _AS_INPUT)
    if not Path(place).exists():
        raise Refused(Guard.OWN_READERS, f"{path} does not exist, which gives no rows and no error here")
    if is_parquet and (names := _misleading(Path(place))):
        why = f"{path} has statistics of {', '.join(names)}, from which this engine returns wrong values"
        raise Refused(Guard.OWN_READERS, why, _AS_INPUT)


def _misleading(place: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = [place] if place.is_file() else sorted(place.rglob("*.parquet"))[:_MOST_FOOTERS]
    try:
        return next(filter(None, (misleading_columns(pq.read_metadata(file)) for file in files)), [])
    except (OSError, pa.ArrowException):
        return []  # the engine reports the error
