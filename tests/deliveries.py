"""Sequences of deliveries, and what must come of them: the same however many runs took them.

The model is plain Python and knows no runs: files in their order, each replacing rows of its keys.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from hypothesis import strategies as st

from clearwell.errors import SourceError, TableNotFound
from clearwell.fingerprint.rows import fingerprint_rows
from clearwell.flow.retract import retract
from clearwell.names import TableName
from clearwell.tables import quarantine_of
from tests.checker import file_id
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from clearwell.engines import Engine

WRITES = {
    "merge": "{mode: merge, key: [order_id], order_by: [seq]}",
    "replace_partitions": "{mode: replace_partitions, partition_by: [day]}",
    "append": "{mode: append}",
}
DAYS = ("2026-01-01", "2026-01-02")
STEPS = ("stage", "staged", "intent", "decided", "quarantine", "files", "table", "committed", "history")

TRANSFORM = """
from pyspark.sql import DataFrame

from clearwell.names import PROVENANCE


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, "order_id", "day", "seq", "amount")
"""

SUITE = """
    checks:
      - name: amount_small
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 100}
        severity: warning
        why: no order is larger
    """


@dataclass(frozen=True)
class Row:
    """A record: ``amount`` below 0 is no number in the file, above 100 fails the check."""

    order_id: int
    day: str
    seq: int
    amount: int

    def cells(self) -> list[str]:
        return [str(self.order_id), self.day, str(self.seq), "a lot" if self.amount < 0 else str(self.amount)]

    @property
    def is_clean(self) -> bool:
        return 0 <= self.amount <= 100


@dataclass(frozen=True)
class Deliver:
    """A new file."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Correct:
    """Other content in the file of that number, modulo the files there are."""

    file: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class DoRun:
    """A run; it dies at the given occurrence of a step, if that comes."""

    refresh: bool = False
    dies_at: tuple[str, int] | None = None


@dataclass(frozen=True)
class TakeBack:
    """The file of that number is taken back, or that is undone; nothing comes of it before a run took it."""

    file: int
    undo: bool = False
    dies_at: tuple[str, int] | None = None


@dataclass(frozen=True)
class MoveAside:
    """The file of that number gets another name within the source's folder, if it was taken back."""

    file: int


Event = Deliver | Correct | DoRun | TakeBack | MoveAside


class Killed(BaseException):
    """The process ends here."""


def rows_of_a_file() -> st.SearchStrategy[tuple[Row, ...]]:
    """Records whose keys are different within a file by (order_id, seq), so that none is refused."""
    one = st.builds(
        Row,
        st.integers(1, 4),
        st.sampled_from(DAYS),
        st.integers(1, 3),
        st.sampled_from([-1, 5, 7, 50, 500]),
    )
    return st.lists(one, min_size=1, max_size=4, unique_by=lambda r: (r.order_id, r.seq)).map(tuple)


def events() -> st.SearchStrategy[list[Event]]:
    """A sequence of deliveries, corrections, retractions, renamings, rebuilds and runs, some of which die."""
    death = st.tuples(st.sampled_from(STEPS), st.integers(1, 2))
    file = st.integers(0, 9)
    one = st.one_of(
        st.builds(Deliver, rows_of_a_file()),
        st.builds(Deliver, rows_of_a_file()),
        st.builds(Correct, file, rows_of_a_file()),
        st.builds(TakeBack, file, st.booleans(), st.none() | death),
        st.builds(MoveAside, file),
        st.builds(DoRun),
        st.builds(DoRun, refresh=st.just(True)),
        st.builds(DoRun, refresh=st.booleans(), dies_at=death),
    )
    single = one.map(lambda event: [event])
    some = st.one_of(single, single, single, wrong_file())
    return st.lists(some, min_size=2, max_size=10).map(lambda parts: [*itertools.chain(*parts)])


@st.composite
def wrong_file(draw: st.DrawFn) -> list[Event]:
    """One of two files is found wrong, taken back and moved aside; the right one comes. With runs or not."""
    file = draw(st.integers(0, 9))
    two = [Deliver(draw(rows_of_a_file())) for _ in range(2)]
    between = [[DoRun()] if draw(st.booleans()) else [] for _ in range(2)]
    aside, right = [TakeBack(file), MoveAside(file)], Correct(file, draw(rows_of_a_file()))
    return [*two, DoRun(), *aside, *between[0], right, *between[1]]


@dataclass
class Deliveries:
    """A project, its files in their order, and their rows as the model knows them."""

    project: SmallProject
    mode: str
    files: list[tuple[Row, ...]] = field(default_factory=list[tuple[Row, ...]])
    retracted: set[str] = field(default_factory=set[str])
    """The contents that were taken back."""
    written: int = 0

    @classmethod
    def at(cls, root: Path, mode: str) -> Deliveries:
        project = make_project(root)
        (root / "assets" / "orders.py").write_text(TRANSFORM)
        project.write_suite(SUITE)
        text = f"""
            type: clearwell.components.Table
            attributes:
              name: orders
              source:
                path: "raw/*.csv"
                format: csv
                columns: {{order_id: bigint, day: date, seq: bigint, amount: double}}
                settle_seconds: 0
                on_change: replace
              silver:
                transform: "assets.orders:clean"
                expectations: silver_orders
                write: {WRITES[mode]}
            """
        (root / "pipelines" / "orders" / "defs.yaml").write_text(textwrap.dedent(text))
        return cls(project, mode)

    def apply(self, event: Event, engine: Engine) -> None:
        match event:
            case Deliver(rows):
                self.files.append(rows)
                self._write(len(self.files) - 1)
            case Correct(file, rows):
                if self.files:
                    self.files[file % len(self.files)] = rows
                    self._write(file % len(self.files))
            case TakeBack(file, undo, dies_at):
                self.take_back(engine, file, undo=undo, dies_at=dies_at)
            case MoveAside(file):
                self.move_aside(file)
            case DoRun(refresh, dies_at):
                self.run(engine, refresh=refresh, dies_at=dies_at)

    def run(self, engine: Engine, *, refresh: bool = False, dies_at: tuple[str, int] | None = None) -> None:
        if not self.files:
            return
        with contextlib.suppress(Killed):
            run_steps(self.project, engine, full_refresh=refresh, on_step=_dying(dies_at))

    def take_back(
        self, engine: Engine, file: int, *, undo: bool, dies_at: tuple[str, int] | None = None
    ) -> None:
        """Take a file back; if the command dies, it is given again.

        One that was moved aside is moved back before that is undone. Beside the right file, it stays there.
        """
        if not self.files:
            return
        number = file % len(self.files)
        if undo and (aside := sorted(self.project.raw.glob(f"{number:03}_*.csv"))):
            if self._path(number).exists():
                return
            aside[-1].rename(self._path(number))
        path = f"raw/{self._path(number).name}"
        for dying in (_dying(dies_at), None):
            lake = self.project.open(dying)
            with contextlib.suppress(Killed, SourceError, TableNotFound):  # no run has taken it
                done = retract(lake, "bronze_orders", path, reason="wrong", engine=engine, undo=undo)
                (self.retracted.discard if undo else self.retracted.add)(done.file_id)

    def move_aside(self, file: int) -> None:
        path = self._path(file % len(self.files)) if self.files else None
        if path and path.exists() and file_id(path) in self.retracted:
            path.rename(path.with_stem(f"{path.stem}_{self.written:03}"))

    def live(self) -> list[tuple[int, tuple[Row, ...]]]:
        """The files that count, with their numbers."""
        paths = map(self._path, range(len(self.files)))
        return [
            (number, self.files[number])
            for number, path in enumerate(paths)
            if path.exists() and file_id(path) not in self.retracted
        ]

    def _path(self, number: int) -> Path:
        return self.project.raw / f"{number:03}.csv"

    def _write(self, number: int) -> None:
        """Each content is another one: a copy of a file would add nothing."""
        self.written += 1
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\n")
        out.writerow(["order_id", "day", "seq", "amount", "note"])
        out.writerows([*row.cells(), f"n{self.written}"] for row in self.files[number])
        self._path(number).write_text(text.getvalue())

    def expected(self) -> tuple[list[Any], list[Any]]:
        """The rows of silver, and the rejected rows of both tables, as sorted text."""
        live: dict[Any, Row] = {}
        rejected: list[Any] = []
        for number, rows in self.live():
            clean = [row for row in rows if row.is_clean]
            rejected += [
                ("bronze" if row.amount < 0 else "silver", number, at)
                for at, row in enumerate(rows, 1)
                if not row.is_clean
            ]
            if self.mode == "merge":
                for row in sorted(clean, key=lambda row: row.seq):
                    live[row.order_id] = row
                continue
            if self.mode == "replace_partitions":
                days = {row.day for row in clean}
                live = {key: row for key, row in live.items() if row.day not in days}
            live |= {(number, at): row for at, row in enumerate(clean)}
        table = [(r.order_id, r.day, r.seq, float(r.amount)) for r in live.values()]
        return sorted(table), sorted(rejected)

    def found(self) -> tuple[list[Any], list[Any]]:
        """The same of the lake."""
        lake = self.project.open()
        silver = lake.existing("silver_orders")
        names = ("order_id", "day", "seq", "amount")
        table = [
            (row["order_id"], str(row["day"]), row["seq"], row["amount"])
            for row in silver.to_arrow(names).to_pylist()
        ]
        numbers = self._numbers()
        rejected: list[Any] = []
        for zone in ("bronze", "silver"):
            snapshot = lake.existing(TableName.parse(f"{zone}_orders"))
            for batch in quarantine_of(lake, snapshot):
                rows = batch.select(["_file_id", "_record_no"]).to_pylist()
                rejected += [(zone, numbers[row["_file_id"]], row["_record_no"]) for row in rows]
        return sorted(table), sorted(rejected)

    def fingerprint(self) -> str:
        """Of the rows as `verify` compares them: without what says when they arrived."""
        silver = self.project.open().existing("silver_orders").to_arrow()
        rows = silver.drop_columns(["_batch_id", "_ingested_at"])
        return fingerprint_rows(rows.schema, rows.to_batches())

    def bronze(self) -> pa.Table:
        """All of bronze, in the order of its records."""
        table = self.project.open().existing("bronze_orders").to_arrow()
        return table.take(pc.sort_indices(table, [("_file_id", "ascending"), ("_record_no", "ascending")]))

    def _numbers(self) -> dict[str, int]:
        return {file_id(path): int(path.stem[:3]) for path in sorted(self.project.raw.glob("*.csv"))}


def in_one_run(of: Deliveries, root: Path, engine: Engine) -> Deliveries:
    """The same files in a new lake, all in one run."""
    other = Deliveries.at(root, of.mode)
    for number, rows in of.live():
        other.files.append(rows)
        name = f"{number:03}.csv"
        (other.project.raw / name).write_bytes((of.project.raw / name).read_bytes())
    other.run(engine)
    return other


def _dying(at: tuple[str, int] | None) -> Callable[[str, str], None] | None:
    if at is None:
        return None
    left = at[1]

    def step(name: str, _: str) -> None:
        nonlocal left
        if name == at[0]:
            left -= 1
            if not left:
                raise Killed

    return step


def sequence_of(events: Sequence[Event]) -> str:
    """For a failure's text."""
    return "\n".join(map(repr, events))
