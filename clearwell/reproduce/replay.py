"""Make tables again as they were when a release was made from them, from the bronze rows of that time.

The intents of a lake record of each batch what it read, its write mode, and the hash of its code. A table's
contents are its batches since it was last replaced, one after another: each reads the bronze rows that the
one before had not read, or deletes rows by a manual command, or was voided. So the batches are replayed one
by one: this is exact also for transforms that depend on other rows of their batch, where one build of all
rows is not.

Checks across rows are not repeated: they decide whether a batch is published, and it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

from clearwell.errors import BatchBlocked, DatasetError, ProjectError
from clearwell.flow.build.batch import rebuild
from clearwell.flow.build.staleness import Need
from clearwell.flow.cleanse import cleanse_code, cleanse_job
from clearwell.flow.curate import curate_code, curate_job
from clearwell.flow.run import Run, log
from clearwell.model import Scope
from clearwell.names import TableName, Zone
from clearwell.project.specs import CuratedSpec, TableSpec
from clearwell.tables import delete_rows, pinned_snapshot, void_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.flow.build.job import Job
    from clearwell.model import InputState
    from clearwell.quality import Suite
    from clearwell.tables import Intent, Lake, Snapshot

__all__ = ["ChangedCode", "Made", "Plan", "Replay", "RowsOnly", "changed_code", "plan_replay"]

_Batch = tuple[str, int]


@dataclass(frozen=True)
class Step:
    """A batch to make again. ``after`` is the last input batch that the build before had read."""

    intent: Intent
    void: bool
    after: int | None

    @property
    def batch(self) -> _Batch:
        """Its table, and its number."""
        return self.intent.table, self.intent.batch

    @property
    def inputs(self) -> tuple[InputState, ...]:
        """Its inputs; empty if the batch added nothing from them."""
        return () if self.void else self.intent.inputs


@dataclass(frozen=True)
class Plan:
    """The batches to make again, upstream ones first, and the bronze states that they read."""

    steps: tuple[Step, ...]
    roots: tuple[InputState, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are made again, in the order of their first batch."""
        return tuple(dict.fromkeys(step.intent.table for step in self.steps))


@dataclass(frozen=True)
class ChangedCode:
    """A table whose code differs from the release's: its hashes then and now (None: not in the project)."""

    table: str
    then: str
    now: str | None


@dataclass(frozen=True)
class Made:
    """A batch that was made again: its rows as recorded, and as made now."""

    table: str
    batch: int
    mode: str
    accepted: int
    rejected: int
    accepted_now: int
    rejected_now: int

    @property
    def differs(self) -> bool:
        """Whether its number of rows differs from the record."""
        return (self.accepted, self.rejected) != (self.accepted_now, self.rejected_now)


class RowsOnly(Run):
    """A run that does not check tables as a whole, and reads altered files: their rows are compared."""

    def require_read(self, source: Snapshot) -> None:
        """Check that the files are there."""
        source.require_files(sizes=False)

    def suite(self, spec: TableSpec | CuratedSpec) -> Suite | None:
        """The row checks of a suite."""
        suite = super().suite(spec)
        return suite and replace(suite, checks=tuple(c for c in suite.checks if c.scope is Scope.ROW))


def plan_replay(lake: Lake, wanted: InputState) -> Plan:
    """The batches that must be made again to get the table of ``wanted`` as it was at that batch.

    Raises:
        DatasetError: the lake has no record of a batch.
    """
    steps: dict[_Batch, Step] = {}
    roots: dict[_Batch, InputState] = {}
    to_visit = [wanted]
    while to_visit:
        state = to_visit.pop()
        name = TableName.parse(state.table)
        if name.zone is Zone.BRONZE:
            roots[state.table, state.batch] = state
            continue
        for step in _since_replaced(lake, name, state.batch):
            if step.batch not in steps:
                steps[step.batch] = step
                to_visit += step.inputs
    before = {
        step.batch: [(i.table, i.batch) for i in step.inputs if (i.table, i.batch) in steps]
        for step in steps.values()
    }
    in_order = sorted(steps)
    for earlier, later in pairwise(in_order):
        if earlier[0] == later[0]:
            before[later].append(earlier)
    try:
        order = list(TopologicalSorter(before).static_order())
    except CycleError as error:
        tables = ", ".join(dict.fromkeys(table for table, _ in error.args[1]))
        raise DatasetError("these tables were made from each other in a cycle", place=tables) from error
    return Plan(tuple(steps[batch] for batch in order), tuple(roots[batch] for batch in sorted(roots)))


def changed_code(run: Run, plan: Plan) -> list[ChangedCode]:
    """The tables of ``plan`` whose code in the project has changed since; raises ProjectError."""
    found: dict[str, ChangedCode] = {}
    for step in plan.steps:
        table, then = step.intent.table, step.intent.code
        if then and table not in found and (now := _code(run, table)) != then:
            found[table] = ChangedCode(table, then, now)
    return list(found.values())


class Replay:
    """Makes the batches of a plan again, in a separate lake, from the bronze tables of the real one."""

    def __init__(self, run: RowsOnly, real: Lake, plan: Plan) -> None:
        self._run = run
        self._plan = plan
        states = {(s.table, s.batch): pinned_snapshot(real, s) for s in plan.roots}
        self.roots = {str(snapshot.name): snapshot for snapshot in states.values()}
        """Each bronze table at the last of the states that are read."""
        self.rows: dict[_Batch, int] = {}
        """How many rows a table had after each of the batches made so far."""
        self._states: dict[_Batch, Snapshot] = dict(states)

    def __iter__(self) -> Iterator[Made]:
        """Do it, batch by batch.

        Raises:
            DatasetError: a published batch would be refused now.
            ProjectError: the project cannot build it.
        """
        for step in self._plan.steps:
            made = self._made(step)
            self._states[step.batch] = snapshot = self._run.lake.existing(step.intent.table)
            self.rows[step.batch] = snapshot.rows
            yield made

    def at(self, state: InputState) -> Snapshot:
        """A table as it was at ``state``, among those made so far."""
        return self._states[state.table, state.batch]

    def _made(self, step: Step) -> Made:
        run, then = self._run, step.intent
        name = TableName.parse(then.table)
        accepted = rejected = 0
        if step.void:
            void_batch(run.lake, run.lake.control.decide(then))
        elif then.mode == "delete":
            log.info("%s: deleting rows as batch %d did", name, then.batch)
            accepted = -delete_rows(
                run.lake, name, then.predicate or "false", engine=run.engine, recheck=lambda *_: True
            )
        else:
            made = self._built(step, _job(run, then.table))
            accepted, rejected = made.accepted_rows, made.rejected_rows
        recorded = (-then.returned, 0) if then.mode == "delete" else (then.accepted_rows, then.rejected_rows)
        if step.void:
            recorded = (0, 0)
        return Made(then.table, then.batch, then.mode, *recorded, accepted, rejected)

    def _built(self, step: Step, job: Job) -> Intent:
        then = step.intent
        read = {state.table: state for state in then.inputs}
        sources = tuple(self._source(job, read, name) for name in map(str, job.inputs))
        mode = "replace" if then.mode == "replace" else job.write.mode
        after = step.after if job.incremental and mode != "replace" else None
        try:
            return rebuild(
                self._run, job, Need(mode, f"batch {then.batch} again", after), sources, batch=then.batch
            )
        except BatchBlocked as error:
            raise DatasetError(
                f"batch {then.batch} was published, but would be blocked now: {error.fact}",
                place=then.table,
                hint="the rows of its input, or its suite, have changed",
            ) from error

    def _source(self, job: Job, read: dict[str, InputState], name: str) -> Snapshot:
        if name not in read:
            raise DatasetError(
                f"it was not made from {name}, which is its input now", place=str(job.name), hint=_CHECK_OUT
            )
        return self.at(read[name])


_CHECK_OUT = "check out the project's version of that time, and verify with it"


def _since_replaced(lake: Lake, name: TableName, batch: int) -> Iterator[Step]:
    """The batches of the table's contents at ``batch``, the first one first."""
    voids = lake.control.voids(name)
    first = _intent(lake, name, batch)
    while first.batch in voids and first.batch > 1:
        first = _intent(lake, name, first.batch - 1)
    after: int | None = None
    for number in range(min(first.generation, first.batch), batch + 1):
        intent = _intent(lake, name, number)
        yield Step(intent, number in voids, after)
        if number not in voids and intent.inputs:
            after = intent.inputs[0].batch


def _intent(lake: Lake, name: TableName, batch: int) -> Intent:
    if (found := lake.control.intent(name, batch)) is None:
        raise DatasetError(
            f"this lake has no record of batch {batch}, so it cannot be made again",
            place=str(name),
            hint=f"restore control/intents/{name} from a backup",
        )
    return found


def _code(run: Run, table: str) -> str | None:
    match run.project.produced.get(table):
        case TableSpec() as spec:
            return cleanse_code(run, spec)
        case CuratedSpec() as spec:
            return curate_code(run, spec)
        case _:
            return None


def _job(run: Run, table: str) -> Job:
    match run.project.produced.get(table):
        case TableSpec() as spec:
            return cleanse_job(run, spec)
        case CuratedSpec() as spec:
            return curate_job(run, spec)
        case _:
            raise ProjectError("this project no longer makes it", place=table, hint=_CHECK_OUT)
