"""A critical check keeps a batch out, says why on every rerun, and lets it in when data or code change."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import BatchBlocked, CandidateRefused
from clearwell.model import Outcome
from clearwell.tables import quarantine_of
from tests.checker import query, replay
from tests.project import SmallProject, make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine

SUITE = """
    checks:
      - name: amount_sane
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 1000}
        severity: critical
        why: larger amounts are test orders
      - name: amount_usual
        expectation: expect_column_values_to_be_between
        kwargs: {column: amount, max_value: 100}
        severity: warning
        why: to be looked at
      - name: order_id_unique
        expectation: expect_column_values_to_be_unique
        kwargs: {column: order_id}
        severity: critical
        why: an order is one row
    """

PRESENT = """
    checks:
      - name: order_id_present
        expectation: expect_column_values_to_not_be_null
        kwargs: {column: order_id}
        severity: critical
        why: an order has a number
    """


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.write_suite(SUITE)
    project.write_yaml(mode="append", suite="silver_orders")
    project.deliver("a.csv", 1, 5)
    return project


def ids(project: SmallProject) -> list[int]:
    return [
        i
        for (i,) in query(
            replay(project.on_disk() / "silver" / "orders").files, "SELECT order_id FROM t ORDER BY 1"
        )
    ]


def test_a_row_of_a_warning_is_quarantined_with_its_reason(project: SmallProject, engine: Engine) -> None:
    project.deliver("b.csv", 98, 5)
    _, silver = run_steps(project, engine)
    assert (silver.accepted, silver.quarantined) == (7, 3)
    lake = project.open()
    rejected = [row for b in quarantine_of(lake, lake.existing("silver_orders")) for row in b.to_pylist()]
    assert sorted((row["_record_no"], row["reasons"]) for row in rejected) == [
        (3, ["amount_usual"]),
        (4, ["amount_usual"]),
        (5, ["amount_usual"]),
    ]
    assert '"order_id":100' in min(row["raw"] for row in rejected)


def test_a_critical_check_blocks_and_stays_red_until_something_changes(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    project.deliver("b.csv", 5000, 2)
    for known in (False, True):
        with pytest.raises(BatchBlocked, match="amount_sane") as caught:
            run_steps(project, engine)
        assert caught.value.again is known
        result = caught.value.result
        assert result is not None
        assert (result.outcome, result.blocked, result.rows) == (Outcome.BLOCKED, 2, 5)
    assert ids(project) == [1, 2, 3, 4, 5]
    (blocked,) = project.open().control.blocked(project.open().existing("silver_orders").name)
    assert [(file.path, file.delivered, file.blocked) for file in blocked.files] == [("raw/b.csv", 2, 2)]
    project.write_suite(SUITE.replace("1000", "9000").replace("max_value: 100}", "max_value: 9000}"))
    _, silver = run_steps(project, engine)
    assert silver.outcome is Outcome.BUILT
    assert ids(project) == [1, 2, 3, 4, 5, 5000, 5001]


def test_a_check_across_rows_judges_old_and_new_rows_together(project: SmallProject, engine: Engine) -> None:
    run_steps(project, engine)
    project.deliver("b.csv", 5, 2)  # order 5 again
    with pytest.raises(BatchBlocked, match="order_id_unique"):
        run_steps(project, engine)
    assert ids(project) == [1, 2, 3, 4, 5]


def test_a_decided_batch_whose_checks_no_longer_hold_is_voided(project: SmallProject, engine: Engine) -> None:
    """Between decision and commit another writer brings a row that makes the batch's keys repeat."""
    from tests.faults.test_races import run_all

    run_steps(project, engine)
    project.deliver("b.csv", 6, 2)

    def intrude(step: str, table: str) -> None:
        if (step, table) == ("decided", "silver_orders"):
            table_handle = project.open().existing("silver_orders").handle
            table_handle.update(updates={"order_id": "7"}, predicate="order_id = 5")

    with pytest.raises(BatchBlocked, match="order_id_unique"):
        run_all(project, engine, intrude)
    lake = project.open()
    snapshot = lake.existing("silver_orders")
    assert lake.control.voids(snapshot.name) == {snapshot.last_void} == {2}
    assert ids(project) == [1, 2, 3, 4, 7]


def twice_in_a_file(project: SmallProject) -> None:
    """A file with two orders of one number: no order decides between them."""
    file = project.deliver("b.csv", 5, 2)
    file.write_text(file.read_text().replace("\n6,", "\n5,"))


def test_a_merge_refuses_two_rows_of_one_key_and_names_them(project: SmallProject, engine: Engine) -> None:
    project.write_yaml(mode="merge")
    twice_in_a_file(project)
    with pytest.raises(CandidateRefused, match=r"order_id=5 \(2 rows\)"):
        run_steps(project, engine)


def without_a_key(project: SmallProject) -> None:
    """A file of two orders, one of which says no number."""
    file = project.deliver("b.csv", 6, 2)
    file.write_text(file.read_text().replace("\n7,", "\n,"))


def test_a_merge_refuses_a_row_without_a_key_and_says_how_to_keep_such_rows_out(
    project: SmallProject, engine: Engine
) -> None:
    project.write_yaml(mode="merge")
    without_a_key(project)
    with pytest.raises(CandidateRefused, match="column 'order_id' holds 1 NULL") as caught:
        run_steps(project, engine)
    assert "expect_column_values_to_not_be_null with severity: warning" in (caught.value.hint or "")
    project.write_yaml(mode="merge", suite="silver_orders")
    project.write_suite(PRESENT.replace("critical", "warning"))
    _, silver = run_steps(project, engine)
    assert (silver.accepted, silver.quarantined) == (6, 1)


def test_rows_without_a_key_are_told_as_such_and_not_as_equal_keys(
    project: SmallProject, engine: Engine
) -> None:
    project.write_yaml(mode="merge")
    for name, first in (("b.csv", 6), ("c.csv", 7)):
        file = project.deliver(name, first, 2)
        file.write_text(file.read_text().replace("\n7,", "\n,"))
    with pytest.raises(CandidateRefused, match="column 'order_id' holds 2 NULLs"):
        run_steps(project, engine)


def test_a_critical_check_of_the_key_says_which_rows_have_none(project: SmallProject, engine: Engine) -> None:
    project.write_yaml(mode="merge", suite="silver_orders")
    project.write_suite(PRESENT)
    without_a_key(project)
    with pytest.raises(BatchBlocked, match="order_id_present: 1 of 7 rows fail") as caught:
        run_steps(project, engine)
    (failed,) = [check for check in caught.value.result.checks if not check.success]
    assert [(s.file, s.record, s.values) for s in failed.samples] == [
        ("raw/b.csv", 2, (("order_id", "NULL"),))
    ]


def test_a_refused_key_that_is_personal_is_not_told(project: SmallProject, engine: Engine) -> None:
    project.write_yaml(mode="merge")
    yaml = project.root / "pipelines" / "orders" / "defs.yaml"
    yaml.write_text(yaml.read_text().replace("  source:", "  personal: [order_id]\n  source:", 1))
    twice_in_a_file(project)
    with pytest.raises(CandidateRefused, match=r"order_id=\(withheld\) \(2 rows\)"):
        run_steps(project, engine)


@pytest.mark.parametrize(
    ("mode", "days"),
    [("merge", {"2026-01-01": 3, "2026-01-02": 3}), ("replace_partitions", {"2026-01-01": 2})],
)
def test_a_rebuild_gives_what_the_batches_gave_one_by_one(
    project: SmallProject, engine: Engine, mode: str, days: dict[str, int]
) -> None:
    project.write_yaml(mode=mode)
    run_steps(project, engine)
    day = "2026-01-02" if mode == "merge" else "2026-01-01"
    project.deliver("b.csv", 4, 3 if mode == "merge" else 2, day=day)
    run_steps(project, engine)
    one_by_one = rows(project)
    module = project.root / "assets" / "orders.py"
    module.write_text(module.read_text() + "\n# edited\n")
    _, silver = run_steps(project, engine)
    assert silver.outcome is Outcome.BUILT
    assert rows(project) == one_by_one
    assert Counter(str(day) for _, day in one_by_one) == days


def rows(project: SmallProject) -> list[tuple]:
    return query(
        replay(project.on_disk() / "silver" / "orders").files, "SELECT order_id, day FROM t ORDER BY ALL"
    )
