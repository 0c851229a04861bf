"""A declaration that no file could be read with is refused when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from clearwell.errors import ProjectError
from clearwell.sources import SourceSpec


def test_a_plain_declaration_has_defaults() -> None:
    spec = SourceSpec("in/*.csv")
    assert (spec.format, spec.nulls, spec.delimiter, spec.encoding) == ("csv", ("",), ",", "utf-8")
    assert (spec.new_column, spec.missing_column, spec.on_change) == ("evolve", "null", "refuse")
    assert spec.types == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "cvs"}, "did you mean 'csv'?"),
        ({"format": "xml"}, "one of csv, jsonl, parquet, text"),
        ({"new_column": "ignore"}, "one of evolve, reject"),
        ({"missing_column": "nul"}, "did you mean 'null'?"),
        ({"on_change": "replce"}, "did you mean 'replace'?"),
        ({"path": "/data/*.csv"}, "relative to the project"),
        ({"path": "../*.csv"}, "create a link"),
        ({"path": ""}, "relative"),
        ({"delimiter": "||"}, "one ASCII character"),
        ({"delimiter": '"'}, "cannot be a delimiter"),
        ({"delimiter": "\n"}, "cannot be a delimiter"),
        ({"encoding": "klingon"}, "not a supported encoding"),
        ({"columns": {"a": "itn"}}, "did you mean 'int'?"),
        ({"columns": {"a": "int", "A": "int"}}, "differ only in case"),
        ({"columns": {"_batch_id": "int"}}, "provenance"),
        ({"format": "text", "columns": {"body": "string"}}, "text: string"),
        ({"settle_seconds": -1}, "settle_seconds"),
        ({"settle_seconds": float("nan")}, "settle_seconds"),
    ],
    ids=str,
)
def test_a_wrong_value_is_an_error_with_its_place(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ProjectError) as caught:
        SourceSpec(**{"path": "in/*.csv", "place": "pipelines/a.yaml:7", **options})
    assert words in str(caught.value)
    assert caught.value.place == "pipelines/a.yaml:7"


def test_the_place_is_no_part_of_what_a_source_is() -> None:
    assert SourceSpec("a", place="x:1") == SourceSpec("a", place="y:2")


def test_the_columns_cannot_be_changed_afterwards() -> None:
    given = {"a": "int"}
    spec = SourceSpec("a", columns=given)
    given["b"] = "date"
    assert dict(spec.columns) == {"a": "int"}
