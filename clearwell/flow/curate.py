"""Curate: named tables -> gold by the user's transform, computed completely and audited."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clearwell.flow.build.batch import build
from clearwell.flow.build.call_transform import call_transform
from clearwell.flow.build.delivery_order import order_code
from clearwell.flow.build.job import Job
from clearwell.flow.build.lineage import Declared, declared_code, read_input
from clearwell.flow.build.staleness import Need, fingerprint
from clearwell.names import TableName
from clearwell.project.specs import TableSpec

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from clearwell.flow.run import Run
    from clearwell.model import BuildResult
    from clearwell.project.specs import CuratedSpec
    from clearwell.tables import Snapshot

__all__ = ["curate", "curate_code", "curate_job"]


def curate(run: Run, spec: CuratedSpec) -> BuildResult:
    """Bring ``gold_<name>`` up to date with its inputs, if any of them has new rows.

    Raises:
        ProjectError: its transform fails.
        TableNotFound: an input has never been built.
        BatchBlocked: see ``build``.
    """
    return build(run, curate_job(run, spec))


def curate_job(run: Run, spec: CuratedSpec) -> Job:
    """The job of ``gold_<name>``."""

    def frame(_: Need, sources: tuple[Snapshot, ...]) -> DataFrame:
        frames = {name: read_input(run, source) for name, source in zip(spec.inputs, sources, strict=True)}
        with run.origins.watch(run.engine.session()):
            return call_transform(run.project, spec, frames, run.engine)

    return Job(
        name=spec.table,
        code=curate_code(run, spec),
        inputs=tuple(TableName.parse(name) for name in spec.inputs),
        write=spec.write,
        suite=run.suite(spec),
        incremental=False,
        frame=frame,
        declared=Declared(spec.lineage, partial(run.project.place, spec, "lineage")),
        delivered_by=_delivered_by(run, spec),
    )


def curate_code(run: Run, spec: CuratedSpec) -> str:
    """The hash of everything that determines the contents of the table, besides its inputs."""
    suite = run.suite(spec)
    write = spec.write.model_dump_json()
    judged = suite.fingerprint() if suite else ""
    order = [code for table in _delivered_by(run, spec) for code in order_code(table, spec.write)]
    return fingerprint(
        run.project.fingerprint(spec), write, *spec.inputs, judged, *declared_code(spec.lineage), *order
    )


def _delivered_by(run: Run, spec: CuratedSpec) -> tuple[TableSpec, ...]:
    """The tables with raw files among its inputs."""
    found = (run.project.produced.get(name) for name in spec.inputs)
    return tuple(table for table in found if isinstance(table, TableSpec))
