"""`clearwell.components.Curated`: a gold table computed from others, with its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.display.labels import AssetProps
from clearwell.components.scaffold.files import CuratedScaffolder
from clearwell.components.triggers import downstream_job, schedule
from clearwell.flow.curate import curate, curate_code
from clearwell.project.specs import CuratedSpec

if TYPE_CHECKING:
    from clearwell.flow.run import Run

__all__ = ["Curated"]


@dg.scaffold_with(CuratedScaffolder)
class Curated(SpecComponent[CuratedSpec]):
    """A table computed from others by a function of PySpark frames, checked before it is published.

    `inputs` → `gold_NAME`

    The function's parameters are named after the inputs: `def totals(silver_orders, silver_customers)`. The
    table is recomputed when an input has new rows, or when its code, its suite or its settings have changed;
    else nothing runs. The suite works as for a `Table`: `critical` blocks, `warning` quarantines, `info`
    reports.

    `dg scaffold defs clearwell.components.Curated NAME` writes one that runs, with its transform and suite.
    """

    spec_type = CuratedSpec
    example: ClassVar[dict[str, Any]] = {
        "name": "daily_totals",
        "description": "What was ordered on each day.",
        "owners": ["team:sales"],
        "inputs": ["silver_orders"],
        "transform": "assets.orders:daily_totals",
        "expectations": "gold_daily_totals",
        "write": {"mode": "replace"},
        "freshness": {"warn_after_hours": 26, "fail_after_hours": 50},
    }

    def definitions(self, run: Run) -> dg.Definitions:
        """The table; with a schedule, also a job for it and everything downstream."""
        spec = self.spec
        props = AssetProps(
            run.project,
            spec,
            str(spec.table),
            what=f"Computed from {', '.join(spec.inputs)}.",
            kinds={"spark", "deltalake", "gold", "table"},
            group=spec.group or spec.name,
            deps=spec.inputs,
            code_version=curate_code(run, spec),
        )
        table = self.step(props, curate, at="curate", suite=run.suite(spec))
        if not spec.schedule:
            return dg.Definitions(assets=[table])
        job = downstream_job(str(spec.table))
        return dg.Definitions(
            assets=[table], jobs=[job], schedules=[schedule(run.project.settings, job, spec.schedule)]
        )
