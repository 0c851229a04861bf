"""A project for its tests: frames of its tables, its transforms and suites by name, whole runs.

Nothing here touches the project's own lake: a run goes to a temporary one. Its steps are those of `clearwell
run`, called one after the other without Dagster, whose start alone would take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.errors import ClearwellError, ProjectError, did_you_mean
from clearwell.flow.build.call_transform import call_transform
from clearwell.flow.cleanse import cleanse
from clearwell.flow.curate import curate
from clearwell.flow.ingest import ingest
from clearwell.flow.publish import publish
from clearwell.flow.report import report
from clearwell.flow.run import Run
from clearwell.model import Severity
from clearwell.project.specs import CuratedSpec
from clearwell.sources import parse_type
from clearwell.tables import Lake, quarantine_of
from clearwell.testing.frames import make_frame, make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.flow.run_result import StepDetails
    from clearwell.model import CheckResult
    from clearwell.project.load import Project
    from clearwell.project.specs import TableSpec

__all__ = ["Judgement", "LakeUnderTest", "ProjectUnderTest"]


@dataclass(frozen=True)
class Judgement:
    """The results of a suite. A rejected row has its ``reasons`` beside its columns: "one, other"."""

    accepted: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    failed: dict[str, CheckResult]
    """The checks that fail, by name; those of the whole table are evaluated on the accepted rows."""

    @property
    def blocks(self) -> bool:
        """Whether the batch would not be published."""
        return any(check.blocks for check in self.failed.values())


@dataclass(frozen=True)
class LakeUnderTest:
    """A temporary lake after a run. ``results`` are those of its steps, by table, dataset and report."""

    root: Path
    results: dict[str, StepDetails] = field(default_factory=dict[str, "StepDetails"])

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table; raises TableNotFound."""
        return Lake(self.root).existing(table).to_arrow().to_pylist()

    def rejected(self, table: str) -> list[dict[str, Any]]:
        """The rows that were kept out of a table, with their ``reasons``, ``message`` and ``raw`` text."""
        lake = Lake(self.root)
        found = [row for b in quarantine_of(lake, lake.existing(table)) for row in b.to_pylist()]
        return [{**row, "reasons": ", ".join(row["reasons"] or ())} for row in found]


class ProjectUnderTest:
    """A project, an engine for its transforms, and a folder for temporary files."""

    def __init__(self, project: Project, engine: Engine, folder: Path) -> None:
        self._project = project
        self._engine = engine
        self._folder = folder
        self._runs = 0

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self._project.root

    def frame(
        self,
        content: str | Sequence[Mapping[str, Any]],
        types: Mapping[str, str] | None = None,
        *,
        provenance: bool = True,
    ) -> DataFrame:
        """A frame from a text or rows, by default with the columns of provenance.

        Args:
            content: ``"order_id bigint | drink"`` and one line per row, or mappings of values.
            types: Spark types of columns, where ``content`` does not give or show them.
            provenance: Whether to add the columns that every bronze and silver row has.
        """
        table = make_table(content, {name: parse_type(kind) for name, kind in (types or {}).items()})
        return make_frame(table, self._engine, self._folder / "frames", provenance=provenance)

    def bronze(self, name: str, content: str | Sequence[Mapping[str, Any]]) -> DataFrame:
        """A frame with the columns of ``bronze_<name>``: types from the YAML, missing columns are NULL.

        Raises:
            ProjectError: the project has no such source, or a value does not fit its type.
        """
        known = self._project.tables
        name = name.removeprefix("bronze_")
        if name not in known:
            hint = did_you_mean(name, known) or f"the sources are {', '.join(known)}"
            raise ProjectError(f"no source {name!r} in this project", hint=hint)
        types = {column: parse_type(kind) for column, kind in known[name].source.columns.items()}
        table = make_table(content, types)
        for column, kind in types.items():
            if column not in table.column_names:
                table = table.append_column(column, pa.nulls(table.num_rows, kind))
        return make_frame(table, self._engine, self._folder / "frames", provenance=True)

    def run_transform(self, table: str, *frame: DataFrame, **frames: DataFrame) -> DataFrame:
        """The result of a table's transform: of one frame, or of a curated table's inputs, by name.

        Raises:
            ProjectError: no such table, other inputs than in the YAML, or code that fails; the place is the
                line of the code.
        """
        __tracebackhide__ = True
        spec = self._spec(table)
        if not isinstance(spec, CuratedSpec):
            if len(frame) != 1 or frames:
                raise ProjectError(f"the transform of {table} takes one frame")
            return self._call(spec, frame[0])
        if frame or set(frames) != set(spec.inputs):
            wanted = ", ".join(f"{name}=..." for name in spec.inputs)
            raise ProjectError(
                f"{table} does not have these inputs",
                place=self._project.place(spec, "inputs"),
                hint=f"run_transform({table!r}, {wanted})",
            )
        return self._call(spec, frames)

    def judge(self, table: str, frame: DataFrame) -> Judgement:
        """The results of a table's suite on the rows of ``frame``, as if they were the first batch.

        Raises:
            ProjectError: the table has no suite, or a check names a column that ``frame`` lacks.
        """
        from clearwell.quality import judge_rows, judge_table, load_suite, row_conditions

        spec = self._spec(table)
        if (file := self._project.suite(spec)) is None:
            raise ProjectError(f"{table} has no suite", place=self._project.place(spec))
        suite = load_suite(file)
        with self._engine.work(f"judging {table}"):
            conditions = row_conditions(suite, frame)
            marks = {name: f"cw_fails_{n}" for n, name in enumerate(conditions)}
            judged = frame.select("*", *(c.alias(marks[name]) for name, c in conditions.items()))
            found: list[dict[str, Any]] = judged.toArrow().to_pylist()
            severe = {check.name for check in suite.checks if check.severity is Severity.WARNING}
            rejecting = [condition for name, condition in conditions.items() if name in severe]
            kept = frame.where(~reduce(or_, rejecting)) if rejecting else frame
            counts = {name: sum(row[mark] for row in found) for name, mark in marks.items()}
            results = [*judge_rows(suite, len(found), counts), *judge_table(suite, kept)]
        accepted: list[dict[str, Any]] = []
        rejected: list[dict[str, Any]] = []
        for row in found:
            reasons = [name for name, mark in marks.items() if row.pop(mark) and name in severe]
            (rejected if reasons else accepted).append(
                row | ({"reasons": ", ".join(reasons)} if reasons else {})
            )
        return Judgement(accepted, rejected, {r.name: r for r in results if not r.success})

    def run(
        self, *only: str, raw: Mapping[str, str] | None = None, lake: Path | None = None
    ) -> LakeUnderTest:
        """Run the whole project into a temporary lake, or again into ``lake``.

        Args:
            only: Run only these tables, datasets and reports: their inputs exist, or are among them.
            raw: By source name: other raw files than in the YAML, a glob from the project's folder.
            lake: The ``root`` of an earlier run, to continue.

        Raises:
            ClearwellError: a step fails, or a batch is blocked; downstream steps have not run.
        """
        self._runs += 1
        root = lake or self._folder / f"lake{self._runs}"
        project = self._with_raw(raw or {}, root)
        run = Run(project, Lake(root), self._engine)
        steps = _steps(run)
        if unknown := [name for name in only if name not in steps]:
            hint = did_you_mean(unknown[0], steps) or f"it makes {', '.join(steps)}"
            raise ProjectError(f"this project makes no {unknown[0]!r}", hint=hint)
        done = LakeUnderTest(root)
        for name, step in steps.items():
            if not only or name in only:
                done.results[name] = step()
        return done

    def _call(self, spec: TableSpec | CuratedSpec, frames: DataFrame | Mapping[str, DataFrame]) -> DataFrame:
        """Call a transform; an error's traceback omits Clearwell's frames and keeps those of the code."""
        __tracebackhide__ = True
        try:
            return call_transform(self._project, spec, frames, self._engine)
        except ClearwellError as error:
            cause = None if isinstance(error.__cause__, ClearwellError) else error.__cause__
            raise error.with_traceback(None) from cause

    def _spec(self, table: str) -> TableSpec | CuratedSpec:
        made = {
            str(name): spec
            for spec in (*self._project.tables.values(), *self._project.curated.values())
            if (name := spec.table if isinstance(spec, CuratedSpec) else spec.silver_table)
        }
        if table not in made:
            hint = did_you_mean(table, made) or f"the tables are {', '.join(made)}"
            raise ProjectError(f"no transform makes {table!r} in this project", hint=hint)
        return made[table]

    def _with_raw(self, raw: Mapping[str, str], lake: Path) -> Project:
        """The project with other raw files and lake, and without a wait for recently written files."""
        tables = dict(self._project.tables)
        for name in raw:
            if name not in tables:
                raise ProjectError(f"no source {name!r} in this project", hint=did_you_mean(name, tables))
        for name, spec in tables.items():
            path = raw.get(name, spec.source.path)
            source = spec.source.model_copy(update={"path": path, "settle_seconds": 0.0})
            tables[name] = spec.model_copy(update={"source": source})
        return replace(self._project, tables=tables, settings=replace(self._project.settings, lake=lake))


def _steps(run: Run) -> dict[str, Callable[[], StepDetails]]:
    """The step of each table, dataset and report, in the order of a run."""
    project = run.project
    steps: dict[str, Callable[[], StepDetails]] = {}
    for spec in project.tables.values():
        steps[str(spec.bronze_table)] = partial(ingest, run, spec)
        if spec.silver_table:
            steps[str(spec.silver_table)] = partial(cleanse, run, spec)
    steps |= {str(spec.table): partial(curate, run, spec) for spec in project.curated.values()}
    steps |= {spec.name: partial(publish, run, spec) for spec in project.datasets.values()}
    steps |= {spec.name: partial(report, run, spec) for spec in project.reports.values()}
    return steps
