"""Spark's names of types."""

from __future__ import annotations

import pyarrow as pa
import pytest

from clearwell.errors import ProjectError
from clearwell.sources import parse_type
from clearwell.sources.values.columns import stored_name


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("string", pa.string()),
        (" INT ", pa.int32()),
        ("long", pa.int64()),
        ("decimal", pa.decimal128(10, 0)),
        ("decimal(5)", pa.decimal128(5, 0)),
        ("Numeric( 38 , 10 )", pa.decimal128(38, 10)),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("timestamp_ntz", pa.timestamp("us")),
    ],
)
def test_sparks_names_are_known(text: str, kind: pa.DataType) -> None:
    assert parse_type(text) == kind


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("bigit", "did you mean 'bigint'?"),
        ("varchar(5)", "types are string, boolean"),
        ("array<int>", "JSON text"),
        ("decimal(39,0)", None),
        ("decimal(2,3)", None),
        ("decimal(0)", None),
    ],
)
def test_an_unknown_type_is_an_error_with_its_place(text: str, hint: str | None) -> None:
    with pytest.raises(ProjectError) as caught:
        parse_type(text, place="a.yaml:3")
    assert caught.value.place == "a.yaml:3"
    assert text in caught.value.fact
    assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a b", "a_b"),
        (" padded ", "padded"),
        ("Cost (USD)", "Cost__USD_"),
        ("x=1;y", "x_1_y"),
        ("plain", "plain"),
    ],
)
def test_a_name_that_delta_cannot_hold_is_stored_under_one_that_it_can(name: str, stored: str) -> None:
    assert stored_name(name) == stored
