"""Cleanse: bronze -> silver by the user's transform, audited row by row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clearwell.errors import ProjectError
from clearwell.flow.build.batch import build
from clearwell.flow.build.call_transform import call_transform
from clearwell.flow.build.delivery_order import order_code
from clearwell.flow.build.job import Job
from clearwell.flow.build.lineage import Declared, declared_code, read_input
from clearwell.flow.build.staleness import Need, fingerprint
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from clearwell.flow.run import Run
    from clearwell.model import BuildResult
    from clearwell.project.specs import TableSpec
    from clearwell.tables import Snapshot

__all__ = ["cleanse", "cleanse_code", "cleanse_job"]


def cleanse(run: Run, spec: TableSpec) -> BuildResult:
    """Bring ``silver_<name>`` up to date with ``bronze_<name>``.

    A table written with ``replace`` is recomputed from all of bronze, any other reads the rows of the bronze
    batches that it does not contain yet.

    Raises:
        ProjectError: the spec has no silver table, or its transform fails or drops the provenance.
        BatchBlocked: see ``build``.
    """
    return build(run, cleanse_job(run, spec))


def cleanse_job(run: Run, spec: TableSpec) -> Job:
    """The job of ``silver_<name>``; raises ProjectError if the spec has no such table."""
    silver, name = spec.silver, spec.silver_table
    if silver is None or name is None:
        raise ProjectError(f"{spec.name} has no silver table", place=run.project.place(spec))

    def frame(need: Need, sources: tuple[Snapshot, ...]) -> DataFrame:
        rows = read_input(run, sources[0], after_batch=need.after_batch)
        with run.origins.watch(run.engine.session()):
            made = call_transform(run.project, spec, rows, run.engine)
        if lost := [column for column in PROVENANCE if column not in made.columns]:
            raise ProjectError(
                f"{silver.transform} drops {', '.join(lost)}",
                place=run.project.place(spec, "silver", "transform"),
                hint="keep them: `frame.select(*PROVENANCE, ...)` with clearwell.names.PROVENANCE",
            )
        return made

    return Job(
        name=name,
        code=cleanse_code(run, spec),
        inputs=(spec.bronze_table,),
        write=silver.write,
        suite=run.suite(spec),
        incremental=True,
        frame=frame,
        declared=Declared(silver.lineage, partial(run.project.place, spec, "silver", "lineage")),
        delivered_by=(spec,),
    )


def cleanse_code(run: Run, spec: TableSpec) -> str:
    """The hash of everything that determines the contents of silver, besides its input."""
    suite = run.suite(spec)
    write = spec.silver.write.model_dump_json() if spec.silver else ""
    declared = declared_code(spec.silver.lineage) if spec.silver else ()
    order = order_code(spec, spec.silver.write) if spec.silver else ()
    judged = suite.fingerprint() if suite else ""
    return fingerprint(run.project.fingerprint(spec), write, judged, *declared, *order)
