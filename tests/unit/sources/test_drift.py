"""Drift: policies are kept, and a name in another case is never taken."""

from __future__ import annotations

import re

import pytest

from clearwell.sources import SourceSpec, UnreadableFile, check_drift

FILE = "in/a.csv"


def spec(**options: str) -> SourceSpec:
    return SourceSpec("in/*.csv", columns={"id": "int", "day": "date"}, **options)


def test_lenient_policies_take_any_file() -> None:
    check_drift(spec(), ["new", "day"], ["id", "day", "old"], FILE)
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


@pytest.mark.parametrize("table", [None, ["id", "day", "_file_id"]])
@pytest.mark.parametrize(
    ("found", "hint"),
    [
        (["1", "Anna", "10.50"], "its first line a header"),
        (["Report of January"], "its first line a header"),
        (["id;day"], "not separated by ','"),
        (["id_day_v"], "not separated by ','"),
    ],
)
def test_a_file_without_one_expected_column_is_refused(
    table: list[str] | None, found: list[str], hint: str
) -> None:
    with pytest.raises(UnreadableFile, match="has none of the expected columns: 'id', 'day'") as caught:
        check_drift(spec(), found, table, FILE)
    assert re.search(hint, caught.value.hint or "")
    assert "Anna" not in str(caught.value)


def test_columns_are_expected_once_they_are_declared_or_in_the_table() -> None:
    undeclared = SourceSpec("in/*.csv")
    check_drift(undeclared, ["id", "v"], None, FILE)
    check_drift(undeclared, [], ["id", "v"], FILE)
    check_drift(undeclared, ["id", "w"], ["id", "v"], FILE)
    with pytest.raises(UnreadableFile, match="'id', 'v'") as caught:
        check_drift(undeclared, ["id;v"], ["id", "v"], FILE)
    assert "set `delimiter`" in (caught.value.hint or "")
    check_drift(SourceSpec("in/*.jsonl"), ["id"], ["id", "v"], FILE)
    with pytest.raises(UnreadableFile) as caught:
        check_drift(SourceSpec("in/*.jsonl", format="jsonl"), ["id;v"], ["id", "v"], FILE)
    assert "delimiter" not in (caught.value.hint or "")
