"""Frames of two tables, known by their plan's number, and what the walk makes of frames made from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from clearwell.lineage import ColumnLineage, Origins, column_lineage
from tests.unit.lineage.told import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

    from clearwell.engines import Engine

T = "a int, b string, n double, arr array<int>, s struct<x: int, y: int>"


@dataclass
class Desk:
    """A session with the tables ``t``, ``u`` with one column of its names, and ``w`` with two."""

    engine: Engine
    origins: Origins = field(default_factory=Origins)

    def __post_init__(self) -> None:
        self.t = self.table("t", T, [(1, "x", 0.5, [1, 2], (3, 4))])
        self.u = self.table("u", "a int, z string", [(1, "k")])
        self.w = self.table("w", "n double, a int, more string", [(0.5, 1, "m")])

    @property
    def session(self) -> SparkSession:
        return self.engine.session()

    def table(self, name: str, schema: str, rows: list[tuple[object, ...]]) -> DataFrame:
        frame = self.session.createDataFrame(rows, schema)
        return self.origins.add(frame, name, frame.columns)

    def lineage(self, frame: DataFrame) -> ColumnLineage:
        return column_lineage(frame, self.origins, self.engine, name="made")

    def told(self, frame: DataFrame) -> list[str]:
        return told(self.lineage(frame).edges)


@pytest.fixture(scope="module")
def desk(engine: Engine) -> Iterator[Desk]:
    made = Desk(engine)
    with made.origins.watch(made.session):
        yield made
