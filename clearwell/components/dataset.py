"""`clearwell.components.Dataset`: a versioned release of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg

from clearwell.components.base import SpecComponent
from clearwell.components.display.labels import AssetProps
from clearwell.components.scaffold.files import DatasetScaffolder
from clearwell.flow.build.staleness import fingerprint
from clearwell.flow.publish import publish
from clearwell.project.specs import DatasetSpec, personal_said

if TYPE_CHECKING:
    from clearwell.flow.run import Run

__all__ = ["Dataset"]


@dg.scaffold_with(DatasetScaffolder)
class Dataset(SpecComponent[DatasetSpec]):
    """A release of a table for training or inference: immutable, versioned, verifiable anywhere.

    A release is a folder of Parquet and Arrow files with a manifest: schema, splits, row counts, a hash of
    every file, the table's version and the results of its checks. The same rows give the same bytes; without
    new data there is no new version. Read it with `clearwell.open_dataset("NAME")`.

    `kind: training` splits rows with a `label` into train and test. `kind: inference` has one row per `key`
    with the features of a training dataset, for lookups.

    `dg scaffold defs clearwell.components.Dataset NAME` writes one for a table whose columns are known.
    """

    spec_type = DatasetSpec
    example: ClassVar[dict[str, Any]] = {
        "name": "late_orders",
        "description": "Will an order be delivered late?",
        "owners": ["team:sales"],
        "from": "gold_orders",
        "kind": "training",
        "label": "is_late",
        "exclude": ["delivered_at"],
        "split": {"by": "time", "column": "day", "test_from": "2026-01-01"},
        "formats": ["parquet", "arrow"],
    }
    makes = ("asset",)

    def definitions(self, run: Run) -> dg.Definitions:
        """The release, an asset of the dataset's name."""
        spec = self.spec
        props = AssetProps(
            run.project,
            spec,
            spec.name,
            what=" ".join([f"Released from {spec.from_table} for {spec.kind}.", *personal_said(spec)]),
            kinds={*spec.formats, "dataset"},
            group="datasets",
            deps=run.project.inputs_of(spec),
            code_version=fingerprint("release", spec.model_dump_json(by_alias=True)),
        )
        return dg.Definitions(assets=[self.step(props, publish)])
