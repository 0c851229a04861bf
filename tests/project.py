"""A small project in a folder of a test's own: raw orders to a silver table, by any write mode."""

from __future__ import annotations

import shutil
import tempfile
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import obstore

from clearwell.flow.cleanse import cleanse
from clearwell.flow.curate import curate
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from clearwell.settings import Settings
from clearwell.tables import Lake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clearwell.engines import Engine
    from clearwell.model import BuildResult

PYPROJECT = """
[tool.clearwell]
lake = "lake"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "pipelines"
defs_module = "pipelines"
code_location_target_module = "clearwell.definitions"
registry_modules = ["clearwell.components"]
"""

MODES = {
    "append": "{mode: append}",
    "merge": "{mode: merge, key: [order_id]}",
    "replace": "{mode: replace}",
    "replace_partitions": "{mode: replace_partitions, partition_by: [day]}",
}

TRANSFORM = """
from pyspark.sql import DataFrame

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, "order_id", "day", "amount")
"""

EDITED = TRANSFORM.replace('"amount")', '"amount", (orders["amount"] * 2).alias("doubled"))')


@dataclass(frozen=True)
class SmallProject:
    """The project's folder, and what its tests do to it. ``places``: parts of its lake lie elsewhere."""

    root: Path
    places: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def settings(self) -> Settings:
        return Settings(project=self.root, lake=self.lake, places=self.places)

    def open(self, on_step: Callable[[str, str], None] | None = None) -> Lake:
        """The project's lake."""
        return Lake(self.lake, places=self.places, on_step=on_step)

    def on_disk(self) -> Path:
        """The lake as a folder of this machine, for judges that read files: a fresh copy, if it must be."""
        if not self.places:
            return self.lake
        copy = Path(tempfile.mkdtemp(prefix="copy-", dir=self.root.parent))
        if self.lake.is_dir():
            shutil.copytree(self.lake, copy, dirs_exist_ok=True)
        for part, where in self.places.items():
            download(where, copy / part)
        return copy

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    def write_transform(self, text: str = TRANSFORM) -> None:
        (self.root / "assets" / "orders.py").write_text(text)

    def write_yaml(self, *, mode: str = "append", source: str = "", suite: str | None = None) -> None:
        expectations = f"expectations: {suite}" if suite else ""
        text = f"""
            type: clearwell.components.Table
            attributes:
              name: orders
              source:
                path: "raw/*.csv"
                format: csv
                columns: {{order_id: bigint, day: date, amount: double}}
                settle_seconds: 0
                {source}
              silver:
                transform: "assets.orders:clean"
                {expectations}
                write: {MODES[mode]}
              retries: {{delay_seconds: 0}}
            """
        file = self.root / "pipelines" / "orders" / "defs.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def deliver(self, name: str, first: int, count: int, *, day: str = "2026-01-01", bad: int = 0) -> Path:
        """A CSV of ``count`` good orders from ``first`` on, and ``bad`` ones whose amount is no number."""
        lines = ["order_id,day,amount"]
        lines += [f"{i},{day},{i}.5" for i in range(first, first + count)]
        lines += [f"{1_000_000 + first + i},{day},a lot" for i in range(bad)]
        file = self.raw / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
        return file

    def write_suite(self, text: str, name: str = "silver_orders") -> None:
        file = self.root / "expectations" / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(textwrap.dedent(text))


def download(url: str, folder: Path) -> None:
    """Copy what lies at ``url``, without Clearwell."""
    store = obstore.store.from_url(url)
    for page in obstore.list(store):
        for meta in page:
            target = folder / meta["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(bytes(obstore.get(store, meta["path"]).bytes()))


def make_project(
    root: Path, *, mode: str = "append", places: Mapping[str, str] | None = None
) -> SmallProject:
    """A project at ``root`` with no raw files yet."""
    (root / "assets").mkdir(parents=True)
    (root / "assets" / "__init__.py").touch()
    (root / "raw").mkdir()
    (root / "pipelines").mkdir()
    (root / "pipelines" / "__init__.py").touch()
    lines = [f"{part} = {where!r}" for part, where in (places or {}).items()]
    elsewhere = "\n".join(["[tool.clearwell.places]", *lines]) if lines else ""
    (root / "pyproject.toml").write_text(PYPROJECT + elsewhere)
    project = SmallProject(root, dict(places or {}))
    project.write_transform()
    project.write_yaml(mode=mode)
    return project


def run_steps(
    project: SmallProject,
    engine: Engine,
    *,
    full_refresh: bool = False,
    on_step: Callable[[str, str], None] | None = None,
) -> list[BuildResult]:
    """Ingest and cleanse the project's orders, as one run; the result of each step."""
    loaded = load_project(project.settings)
    run = Run(loaded, project.open(on_step), engine, full_refresh=full_refresh)
    results: list[BuildResult] = []
    for spec in loaded.tables.values():
        results += [ingest(run, spec), cleanse(run, spec)]
    for curated in loaded.curated.values():
        results.append(curate(run, curated))
    return results
