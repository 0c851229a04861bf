"""Each promise of the README has a test, and one without a test is found."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "docs"))

import testing_table  # noqa: E402 - beside the documents that it is written for


def test_the_promises_are_those_of_the_readme() -> None:
    names = list(testing_table.promises())
    assert names[:8] == [f"P{number}" for number in range(1, 9)]
    assert names[8:] == ["embedded", "spark", "sc://host:port"]


def test_each_promise_has_a_test() -> None:
    table = "\n".join(testing_table.write_promises())
    assert all(f"| {name} |" in table for name in testing_table.promises())


def test_a_promise_without_a_test_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = testing_table.tests_of_promises()
    without = defaultdict(dict, {name: tests for name, tests in kept.items() if name != "P8"})
    monkeypatch.setattr(testing_table, "tests_of_promises", lambda: without)
    with pytest.raises(ValueError, match="promises without a test: P8"):
        list(testing_table.write_promises())


def test_a_mark_of_no_promise_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = testing_table.tests_of_promises()
    kept["P9"]["test_something"].add("test_something.py")
    monkeypatch.setattr(testing_table, "tests_of_promises", lambda: kept)
    with pytest.raises(ValueError, match="marks of no promise: P9"):
        list(testing_table.write_promises())


def test_a_test_of_make_test_alone_keeps_each_promise_of_the_lake() -> None:
    """What runs in `make test-all` only is never the only test of a promise."""
    in_full = {"engines/test_cluster.py", "engines/test_s3_storm.py", "faults/test_random_kills.py"}
    for name, tests in testing_table.tests_of_promises().items():
        if name != "sc://host:port":  # a cluster takes minutes to start
            assert any(files - in_full for files in tests.values()), name
