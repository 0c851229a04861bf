"""Work that no worker takes is told from work that is slow."""

from __future__ import annotations

from pyspark.sql.connect.shell.progress import StageInfo

from clearwell.engines.connect.progress import TaskWatch


def stage(tasks: int, completed: int = 0, *, done: bool = False) -> StageInfo:
    return StageInfo(stage_id=0, num_tasks=tasks, num_completed_tasks=completed, num_bytes_read=0, done=done)


def report(watch: TaskWatch, stages: list[StageInfo], running: int = 0, *, of: str = "a", done: bool = False):
    watch(stages=stages, inflight_tasks=running, operation_id=of, done=done)


def test_tasks_that_wait_and_never_ran_are_counted():
    watch = TaskWatch()
    assert watch.none_begun == 0
    report(watch, [stage(8), stage(2)])
    assert watch.none_begun == 10


def test_work_of_which_a_task_ran_once_has_begun():
    for first in ([stage(8)], 1), ([stage(8, 1)], 0):
        watch = TaskWatch()
        report(watch, *first)
        report(watch, [stage(8)])
        assert watch.none_begun == 0


def test_each_piece_of_work_is_judged_by_itself():
    watch = TaskWatch()
    report(watch, [stage(8, 8, done=True)], of="a", done=True)
    report(watch, [stage(4)], of="b")
    assert watch.none_begun == 4
    report(watch, [], of="c", done=True)
    assert watch.none_begun == 0
