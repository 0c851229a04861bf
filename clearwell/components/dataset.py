"""`clearwell.components.Dataset`: a versioned release of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.labels import asset_spec
from clearwell.components.steps import step_asset
from clearwell.flow.need import fingerprint
from clearwell.flow.publish import publish
from clearwell.flow.specs import DatasetSpec

if TYPE_CHECKING:
    from clearwell.flow.run import Run

__all__ = ["Dataset"]


class Dataset(SpecComponent[DatasetSpec]):
    """A versioned release of a table, for training or inference."""

    spec_type = DatasetSpec

    def definitions(self, run: Run) -> dg.Definitions:
        """The release, an asset of the dataset's name."""
        spec = self.spec
        asset = asset_spec(
            run.project,
            spec,
            spec.name,
            what=f"Released from {spec.from_table} for {spec.kind}.",
            kinds={*spec.formats, "dataset"},
            group="datasets",
            deps=run.project.inputs_of(spec),
            code_version=fingerprint("release", spec.model_dump_json(by_alias=True)),
        )
        return dg.Definitions(assets=[step_asset(asset, publish, spec)])
