"""`clearwell.components.Curated`: a gold table computed from others, with its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.labels import asset_spec
from clearwell.components.steps import step_asset
from clearwell.components.triggers import downstream_job, schedule
from clearwell.flow.curate import curate, curate_code
from clearwell.flow.specs import CuratedSpec

if TYPE_CHECKING:
    from clearwell.flow.run import Run

__all__ = ["Curated"]


class Curated(SpecComponent[CuratedSpec]):
    """A table computed from others: inputs -> gold_NAME."""

    spec_type = CuratedSpec

    def definitions(self, run: Run) -> dg.Definitions:
        """The table; with a schedule, also the job of it and of what hangs on it."""
        spec = self.spec
        asset = asset_spec(
            run.project,
            spec,
            str(spec.table),
            what=f"Computed from {', '.join(spec.inputs)}.",
            kinds={"spark", "deltalake", "gold", "table"},
            group=spec.group or spec.name,
            deps=spec.inputs,
            code_version=curate_code(run, spec),
        )
        table = step_asset(asset, curate, spec, suite=run.suite(spec))
        if not spec.schedule:
            return dg.Definitions(assets=[table])
        job = downstream_job(str(spec.table))
        return dg.Definitions(
            assets=[table], jobs=[job], schedules=[schedule(run.project.settings, job, spec.schedule)]
        )
