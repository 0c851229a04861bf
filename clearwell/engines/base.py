"""The contract of every engine, and how an engine reports what it lacks.

An engine computes frames and writes Parquet; it never commits to a table and never reads raw files.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["SAIL_LACKS", "Capability", "Engine", "require"]


class Capability(StrEnum):
    """Capabilities that some engines lack. The value is the name in an error."""

    APPROX_QUANTILE = "DataFrame.approxQuantile"
    CHECKED_INTEGERS = "an error for an integer overflow"
    DELTA_READER = "a reader of Delta tables with the features of other writers"
    EXACT_STATISTICS = "correct values from files with statistics of floats and wide decimals"
    OBSERVE = "DataFrame.observe"
    STREAMING = "structured streaming"
    SUCCESS_MARK = "a mark that a write has ended, with the list of its files"


SAIL_LACKS = frozenset(Capability)
"""Sail 0.7 has none of these."""


class Engine(Protocol):
    """A Spark Connect session and the safe paths between it and files.

    Every method may raise EngineError (not supported), EngineLost (it died or hung; transient) or AnswerLost
    (it runs, but its answer could not be read; transient). A lost engine stays lost: open another.
    """

    @property
    def name(self) -> str:
        """The engine that the user requested, without secrets."""
        ...

    @property
    def lacks(self) -> frozenset[Capability]:
        """The capabilities that this engine lacks."""
        ...

    @property
    def scratch(self) -> str | None:
        """A folder that Clearwell and the engine both see, deleted with the engine; None if there is none."""
        ...

    def session(self) -> SparkSession:
        """The session of this run; the first call starts the engine."""
        ...

    def read_parquet(self, paths: Sequence[str], schema: pa.Schema) -> DataFrame:
        """Exactly these files as one frame with exactly the columns of ``schema``.

        A column that a file lacks reads as NULL; no paths give an empty frame.

        Args:
            paths: Absolute paths, or URLs of an object store.
            schema: Names and types; ``timestamp[us]`` is Spark's timestamp_ntz, with a zone it is timestamp.

        Raises:
            TableError: a local file is missing or listed twice.
        """
        ...

    def read_delta(self, path: str, version: int, schema: pa.Schema) -> DataFrame:
        """A version of a Delta table by the engine's own reader, with exactly the columns of ``schema``.

        Only for tables that other writers made with features which a list of files does not show.

        Raises:
            EngineError: it has no such reader, or none that is reliable.
        """
        ...

    def write_parquet(
        self,
        frame: DataFrame,
        path: str,
        *,
        partition_by: Sequence[str] = (),
        untold: Collection[str] = (),
    ) -> None:
        """Write ``frame`` as Parquet into the new folder ``path``.

        The files carry no statistics of float, double and wide decimal columns, because engines read wrong
        values from them, nor of ``untold`` columns, whose least and greatest value nobody may read there. A
        frame without rows may write no file and no folder.
        """
        ...

    def work(self, what: str) -> AbstractContextManager[None]:
        """Do ``what`` under the engine's deadline; foreign errors become an EngineError that names ``what``.

        Nested work belongs to the outer one. Errors that do not come from the engine pass unchanged.
        """
        ...

    def close(self) -> None:
        """End the session, then what was started for it. Safe to call twice, from any thread."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def require(engine: Engine, capability: Capability, *, place: str | None = None) -> None:
    """Check that ``engine`` has the capability; raises EngineError that names an engine that has it."""
    if capability in engine.lacks:
        raise EngineError(
            f"the engine {engine.name} does not support {capability.value}",
            place=place,
            hint="run it on Apache Spark: --engine spark",
        )
