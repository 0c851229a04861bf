"""Drift: policies are kept, and a name in another case is never taken."""

from __future__ import annotations

import pytest

from clearwell.sources import SourceSpec, UnreadableFile, check_drift

FILE = "in/a.csv"


def spec(**options: str) -> SourceSpec:
    return SourceSpec("in/*.csv", columns={"id": "int", "day": "date"}, **options)


def test_lenient_policies_take_any_file() -> None:
    check_drift(spec(), ["new"], ["id", "day", "old"], FILE)
    check_drift(spec(), ["day", "id"], None, FILE)


def test_a_new_column_is_refused_by_policy_once_there_is_a_table() -> None:
    strict = spec(new_column="reject")
    check_drift(strict, ["id", "day", "new"], None, FILE)
    check_drift(strict, ["id", "day"], ["id", "_file_id", "_record_no"], FILE)
    with pytest.raises(UnreadableFile, match=r"new column 'dya', and drift.new_column is reject") as caught:
        check_drift(strict, ["id", "day", "dya", "_record_no"], ["id"], FILE)
    assert caught.value.place == "in/a.csv"
    assert caught.value.hint == "did you mean 'day'?"


def test_a_missing_column_is_refused_by_policy_declared_or_of_the_table() -> None:
    strict = spec(missing_column="reject")
    check_drift(strict, ["id", "day", "new"], ["id", "day", "_batch_id"], FILE)
    with pytest.raises(UnreadableFile, match="missing column 'day'"):
        check_drift(strict, ["id"], None, FILE)
    with pytest.raises(UnreadableFile, match="missing columns 'x', 'day'"):
        check_drift(strict, ["id"], ["id", "x"], FILE)


@pytest.mark.parametrize("table", [None, ["id", "day"]])
def test_a_name_in_another_case_is_always_refused(table: list[str] | None) -> None:
    with pytest.raises(UnreadableFile, match="'ID' differs only in case from 'id'"):
        check_drift(spec(), ["ID", "day"], table, FILE)
