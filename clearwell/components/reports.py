"""`clearwell.components.Reports`: what the lake's storage costs, after everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.labels import asset_spec
from clearwell.components.steps import step_asset
from clearwell.flow.report import report
from clearwell.flow.specs import ReportsSpec

if TYPE_CHECKING:
    from clearwell.flow.run import Run

__all__ = ["Reports"]


class Reports(SpecComponent[ReportsSpec]):
    """A report of what the lake's storage costs."""

    spec_type = ReportsSpec

    def definitions(self, run: Run) -> dg.Definitions:
        """The report; it waits for every table and release, as it counts their bytes."""
        spec, project = self.spec, run.project
        asset = asset_spec(
            project,
            spec,
            spec.name,
            what="Bytes and cost of every table and release.",
            kinds={"html", "markdown", "report"},
            group="reports",
            deps=[*project.produced, *project.datasets],
        )
        return dg.Definitions(assets=[step_asset(asset, report, spec)])
