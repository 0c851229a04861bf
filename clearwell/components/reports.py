"""`clearwell.components.Reports`: the cost of the lake's storage, after everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.display.labels import AssetProps
from clearwell.components.scaffold.files import ReportsScaffolder
from clearwell.flow.report import report
from clearwell.project.specs import ReportsSpec

if TYPE_CHECKING:
    from clearwell.flow.run import Run

__all__ = ["Reports"]


@dg.scaffold_with(ReportsScaffolder)
class Reports(SpecComponent[ReportsSpec]):
    """The pages of a lake: its cost and state, the docs of each table, the lineage of each column.

    They are files in LAKE/reports that need no server and no network; `clearwell ui` serves them beside
    Dagster, and every asset links to its own. `prices` is a dated price sheet: the cost is the bytes of each
    table times the price, with live, superseded, staged and orphan bytes separate. It runs after everything
    else.

    `dg scaffold defs clearwell.components.Reports NAME` writes one, with a price sheet.
    """

    spec_type = ReportsSpec
    example: ClassVar[dict[str, Any]] = {
        "name": "storage_cost",
        "description": "What each table's bytes would cost in an object store.",
        "owners": ["team:platform"],
        "prices": "pipelines/storage_cost/prices.yaml",
    }
    makes = ("asset",)

    def definitions(self, run: Run) -> dg.Definitions:
        """The report; it waits for every table and release, because it counts their bytes."""
        spec, project = self.spec, run.project
        props = AssetProps(
            project,
            spec,
            spec.name,
            what="Cost, growth, checks, quarantine and releases of the lake, and the pages of its tables.",
            kinds={"html", "markdown", "report"},
            group="reports",
            deps=[*project.produced, *project.datasets],
        )
        return dg.Definitions(assets=[self.step(props, report)])
