"""`clearwell.components.Table`: raw files -> bronze -> silver, with checks, a job and its triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.display.labels import AssetProps
from clearwell.components.scaffold.files import TableScaffolder
from clearwell.components.triggers import downstream_job, file_sensor, schedule
from clearwell.flow.cleanse import cleanse, cleanse_code
from clearwell.flow.ingest import ingest, ingest_code
from clearwell.project.specs import TableSpec

if TYPE_CHECKING:
    from clearwell.flow.run import Run
    from clearwell.project.load import Project

__all__ = ["Table"]


@dg.scaffold_with(TableScaffolder)
class Table(SpecComponent[TableSpec]):
    """Raw files, the table of their records, and the table of them cleansed and audited.

    raw files → `bronze_NAME` → `silver_NAME` (and its quarantine)

    - `bronze_NAME` holds every record of every file once. A file is identified by its content: delivered
      again under any name, it adds nothing. Records that cannot be read are in quarantine, with their file
      and number.
    - `silver_NAME` is made by `silver.transform`, a function of one PySpark frame, and checked with the suite
      `expectations/silver_NAME.yaml` before anything is published. A failed `critical` check blocks the batch
      and leaves the table unchanged, a `warning` puts its rows in quarantine, an `info` only reports.

    Each check is a check of the asset: executed alone it audits the published table again and writes nothing.
    `schedule` and `watch` start runs; a run with nothing new builds nothing.

    `dg scaffold defs clearwell.components.Table NAME` writes one that runs, with its transform and suite.
    """

    spec_type = TableSpec
    example: ClassVar[dict[str, Any]] = {
        "name": "orders",
        "description": "What customers ordered, one file per day.",
        "owners": ["team:sales"],
        "license": "CC0-1.0",
        "tags": {"domain": "sales"},
        "personal": ["customer"],
        "source": {
            "path": "raw/orders/*.csv",
            "format": "csv",
            "nulls": ["", "NA"],
            "columns": {"order_id": "bigint", "day": "date", "amount": "decimal(12,2)"},
        },
        "silver": {
            "transform": "assets.orders:clean",
            "expectations": "silver_orders",
            "write": {"mode": "merge", "key": ["order_id"]},
        },
        "schedule": "0 6 * * *",
        "watch": True,
        "freshness": {"warn_after_hours": 26, "fail_after_hours": 50},
    }
    makes = ("asset", "asset_check", "job", "schedule", "sensor")

    def definitions(self, run: Run) -> dg.Definitions:
        """The raw files, both tables, a job for them and everything downstream, and its triggers."""
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
        """The raw files, which are delivered from outside."""
        source = self.spec.source
        props = AssetProps(
            project,
            self.spec,
            f"raw_{self.spec.name}",
            what=f"Raw files `{source.path}`, as they arrive.",
            kinds={source.format, "file"},
            group=self._group,
        )
        return self.asset(props)

    def _bronze(self, project: Project) -> dg.AssetsDefinition:
        props = AssetProps(
            project,
            self.spec,
            str(self.spec.bronze_table),
            what="Every record of the raw files, as delivered.",
            kinds={"arrow", "deltalake", "bronze", "table"},
            group=self._group,
            deps=[f"raw_{self.spec.name}"],
            code_version=ingest_code(self.spec),
        )
        return self.step(props, ingest, at="ingest", reads_files=True)

    def _silver(self, run: Run) -> dg.AssetsDefinition:
        props = AssetProps(
            run.project,
            self.spec,
            str(self.spec.silver_table),
            what="Cleansed and audited.",
            kinds={"spark", "deltalake", "silver", "table"},
            group=self._group,
            deps=[str(self.spec.bronze_table)],
            code_version=cleanse_code(run, self.spec),
        )
        return self.step(props, cleanse, at="cleanse", suite=run.suite(self.spec))
