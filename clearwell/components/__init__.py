"""Dagster assets made from the specs of `project`, one component class per file.

`table`, `curated`, `dataset` and `reports` turn a spec into assets; `launch` runs them from the command
line, and the pages that Dagster serves run the same jobs. Importing this imports Dagster, but neither
PySpark nor Great Expectations.

A project may extend each of the four by a class with a ``get_asset_spec`` or ``execute`` of its own.
"""

from __future__ import annotations

from clearwell.components.curated import Curated
from clearwell.components.dataset import Dataset
from clearwell.components.display.labels import AssetProps
from clearwell.components.reports import Reports
from clearwell.components.table import Table

__all__ = ["AssetProps", "Curated", "Dataset", "Reports", "Table"]
