"""`clearwell.components.Table`: raw files -> bronze -> silver, with checks, a job and its triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.labels import asset_spec
from clearwell.components.steps import step_asset
from clearwell.components.triggers import downstream_job, file_sensor, schedule
from clearwell.flow.cleanse import cleanse, cleanse_code
from clearwell.flow.ingest import ingest, ingest_code
from clearwell.flow.specs import TableSpec

if TYPE_CHECKING:
    from clearwell.flow.project import Project
    from clearwell.flow.run import Run

__all__ = ["Table"]


class Table(SpecComponent[TableSpec]):
    """A source and its tables: raw files -> bronze_NAME -> silver_NAME (and its quarantine)."""

    spec_type = TableSpec

    def definitions(self, run: Run) -> dg.Definitions:
        """The raw files, both tables, the job of them and of what hangs on them, and its triggers."""
        spec, settings = self.spec, run.project.settings
        bronze = str(spec.bronze_table)
        assets: list[dg.AssetsDefinition | dg.AssetSpec] = [self._raw(run.project), self._bronze(run.project)]
        if spec.silver:
            assets.append(self._silver(run))
        job = downstream_job(bronze)
        return dg.Definitions(
            assets=assets,
            jobs=[job],
            schedules=[schedule(settings, job, spec.schedule)] if spec.schedule else [],
            sensors=[file_sensor(settings, job, spec.source)] if spec.watch else [],
        )

    @property
    def _group(self) -> str:
        return self.spec.group or self.spec.name

    def _raw(self, project: Project) -> dg.AssetSpec:
        """The raw files, which others deliver."""
        source = self.spec.source
        return asset_spec(
            project,
            self.spec,
            f"raw_{self.spec.name}",
            what=f"Raw files `{source.path}`, as they arrive.",
            kinds={source.format, "file"},
            group=self._group,
        )

    def _bronze(self, project: Project) -> dg.AssetsDefinition:
        asset = asset_spec(
            project,
            self.spec,
            str(self.spec.bronze_table),
            what="Every record of the raw files, as it came.",
            kinds={"arrow", "deltalake", "bronze", "table"},
            group=self._group,
            deps=[f"raw_{self.spec.name}"],
            code_version=ingest_code(self.spec),
        )
        return step_asset(asset, ingest, self.spec, reads_files=True)

    def _silver(self, run: Run) -> dg.AssetsDefinition:
        asset = asset_spec(
            run.project,
            self.spec,
            str(self.spec.silver_table),
            what="Cleansed and audited.",
            kinds={"spark", "deltalake", "silver", "table"},
            group=self._group,
            deps=[str(self.spec.bronze_table)],
            code_version=cleanse_code(run, self.spec),
        )
        return step_asset(asset, cleanse, self.spec, suite=run.suite(self.spec))
