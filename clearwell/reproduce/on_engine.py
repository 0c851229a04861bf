"""The fingerprint of a frame, computed where its rows are: on a cluster by the cluster.

Each worker digests the rows of its parts with the code that the reader of a release uses, and hands back
two numbers a part. So no engine's own hash functions are asked (they differ on wide decimals), no row leaves
its worker, and the result is the one that ``fingerprint_rows`` gives on a driver.
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
    """The fingerprint of the columns of ``schema``, which ``frame`` has, perhaps among others.

    Raises:
        EngineError: the engine fails, or gives a column in another type than the schema says.
    """
    return fingerprint_sides(frame, engine, schema, None, (ALL,))[ALL]


def fingerprint_sides(
    frame: DataFrame,
    engine: Engine,
    schema: pa.Schema,
    split: ByTime | ByGroup | None,
    sides: tuple[str, ...],
) -> dict[str, Fingerprint]:
    """The fingerprint of each side that ``split`` sends rows of ``frame`` to, in one pass.

    Args:
        frame: The rows; no value of the column that decides is NULL.
        engine: Whose frame it is.
        schema: The columns that count.
        split: Which rows are on which side.
        sides: The name of the side where it is true, and that of the other.
    """
    from pyspark.sql import functions as F

    names = dict.fromkeys([*schema.names, *((split.column,) if split else ())])
    rows = frame.select(*(F.col(quoted(name)) for name in names))
    with engine.work("fingerprinting rows"):
        # The promised type: mapInArrow wants a function, and pickles this one by the name of its class.
        sums = rows.mapInArrow(PartialSums.of(schema, split, sides), SUMS).toArrow()
    return fingerprints(schema, sums, sides)
