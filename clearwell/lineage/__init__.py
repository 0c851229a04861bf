"""Column lineage: the input columns of each column, derived from the plan that is sent to the engine."""

from __future__ import annotations

from clearwell.lineage.columns import CONSTANT, MISSING, ColumnLineage, column_lineage
from clearwell.lineage.copied import raw_lineage, release_lineage
from clearwell.lineage.graph import Branch, LineageGraph
from clearwell.lineage.origins import Origins
from clearwell.lineage.verdict import judge_lineage, states_of
from clearwell.lineage.words import how, origin

__all__ = [
    "CONSTANT",
    "MISSING",
    "Branch",
    "ColumnLineage",
    "LineageGraph",
    "Origins",
    "column_lineage",
    "how",
    "judge_lineage",
    "origin",
    "raw_lineage",
    "release_lineage",
    "states_of",
]
