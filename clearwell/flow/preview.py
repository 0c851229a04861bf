"""Preview: the first rows of a transform's output on the current inputs. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.flow.build.call_transform import call_transform
from clearwell.flow.build.lineage import Declared, build_lineage, read_input
from clearwell.flow.discretion import discreet
from clearwell.names import TableName
from clearwell.project.personal_data import PersonalData, masked
from clearwell.project.specs import CuratedSpec
from clearwell.tables import plain_row

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa
    from pyspark.sql import DataFrame

    from clearwell.flow.run import Run
    from clearwell.project.specs import TableSpec
    from clearwell.tables import Snapshot

__all__ = ["preview_table"]


def preview_table(
    run: Run, spec: TableSpec | CuratedSpec, *, limit: int, show_personal: bool = False
) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns of the output of ``spec``'s transform, and its first rows, without personal values.

    Raises:
        TableNotFound: an input was never built.
        ProjectError: the transform fails.
    """
    try:
        return _preview(run, spec, limit=limit, show_personal=show_personal)
    except Exception as error:
        if show_personal:
            raise
        raise discreet(run.project, run.lake, spec, error) from None


def _preview(
    run: Run, spec: TableSpec | CuratedSpec, *, limit: int, show_personal: bool
) -> tuple[list[str], list[dict[str, Any]]]:
    curated = isinstance(spec, CuratedSpec)
    inputs = {
        str(name): run.lake.existing(name) for name in (spec.inputs if curated else [spec.bronze_table])
    }
    frames = {name: read_input(run, snapshot) for name, snapshot in inputs.items()}
    with run.origins.watch(run.engine.session()):
        given = frames if curated else next(iter(frames.values()))
        frame = call_transform(run.project, spec, given, run.engine)
    hidden: Collection[str] = () if show_personal else _personal(run, spec, frame, tuple(inputs.values()))
    with run.engine.work(f"preview of {run.project.transform_of(spec)[0]}"):
        found: pa.Table = frame.limit(limit).toArrow()
    for snapshot in inputs.values():
        snapshot.require_files()
    rows = (plain_row(batch, row) for batch in found.to_batches() for row in range(batch.num_rows))
    return found.column_names, [masked(row, hidden) for row in rows]


def _personal(
    run: Run, spec: TableSpec | CuratedSpec, frame: DataFrame, inputs: tuple[Snapshot, ...]
) -> frozenset[str]:
    """The personal columns of the output by its own plan, which may be newer than the table's."""
    name = spec.table if isinstance(spec, CuratedSpec) else spec.silver_table or spec.bronze_table
    rule = PersonalData.of(run.project, run.lake)
    if not rule.of_all([str(name), *(str(source.name) for source in inputs)]):
        return frozenset()
    lineage = spec.lineage if isinstance(spec, CuratedSpec) else spec.silver.lineage if spec.silver else {}
    edges = build_lineage(run, TableName.parse(str(name)), frame, Declared(lineage), inputs).edges
    return rule.with_edges(str(name), edges).columns(str(name))
