"""The fingerprint of a frame, computed where its rows are: for a cluster by its workers.

Each worker digests the rows of its partitions with the same code as the reader of a release, and returns two
numbers per partition. So no hash function of an engine is used (they differ on wide decimals), no row leaves
its worker, and the result equals that of ``fingerprint_rows`` on a driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.fingerprint.partial_sums import ALL, SUMS, PartialSums, fingerprints
from clearwell.names import quoted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from clearwell.engines.base import Engine
    from clearwell.fingerprint.rows import Fingerprint
    from clearwell.publishing.splits import ByGroup, ByTime

__all__ = ["fingerprint_frame", "fingerprint_sides"]


def fingerprint_frame(frame: DataFrame, engine: Engine, schema: pa.Schema) -> Fingerprint:
    """The fingerprint of the columns of ``schema``, which ``frame`` contains, possibly among others.

    Raises:
        EngineError: the engine fails, or returns a column in another type than in the schema.
    """
    return fingerprint_sides(frame, engine, schema, None, (ALL,))[ALL]


def fingerprint_sides(
    frame: DataFrame,
    engine: Engine,
    schema: pa.Schema,
    split: ByTime | ByGroup | None,
    sides: tuple[str, ...],
) -> dict[str, Fingerprint]:
    """The fingerprint of each side of ``split`` over the rows of ``frame``, in one pass.

    Args:
        frame: The rows; the split column has no NULL.
        engine: The engine of the frame.
        schema: The columns to include.
        split: Which rows are on which side.
        sides: The name of the side where the split is true, and that of the other.
    """
    from pyspark.sql import functions as F

    names = dict.fromkeys([*schema.names, *((split.column,) if split else ())])
    rows = frame.select(*(F.col(quoted(name)) for name in names))
    with engine.work("fingerprinting rows"):
        # The declared type: mapInArrow needs a function, and pickles this one by the name of its class.
        sums = rows.mapInArrow(PartialSums.of(schema, split, sides), SUMS).toArrow()
    return fingerprints(schema, sums, sides)
