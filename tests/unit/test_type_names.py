"""A type is called what the YAML calls it, whatever Arrow calls it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.sources import parse_type
from clearwell.type_names import TYPES, recorded_type, type_name, with_article

DECIMALS = st.integers(1, 38).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p)))
STORED = st.one_of(st.sampled_from(list(TYPES.values())), DECIMALS.map(lambda ps: pa.decimal128(*ps)))


@given(STORED)
def test_the_name_of_a_type_is_what_the_yaml_takes_for_it(kind: pa.DataType) -> None:
    assert parse_type(type_name(kind)) == kind


@given(st.recursive(STORED, lambda inner: inner.map(pa.list_), max_leaves=3))
def test_what_a_manifest_has_recorded_gets_the_same_name(kind: pa.DataType) -> None:
    assert recorded_type(str(kind)) == type_name(kind)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.large_string(), "string"),
        (pa.dictionary(pa.int8(), pa.string()), "string"),
        (pa.timestamp("ns"), "timestamp_ntz in ns"),
        (pa.timestamp("ns", "Europe/Berlin"), "timestamp in ns"),
        (pa.map_(pa.string(), pa.int64()), "map<string,bigint>"),
        (
            pa.struct([("day", pa.date32()), ("n", pa.list_(pa.int16()))]),
            "struct<day:date,n:array<smallint>>",
        ),
        (pa.time64("us"), "time64[us]"),
    ],
)
def test_other_types_are_named_by_what_they_hold(kind: pa.DataType, name: str) -> None:
    assert type_name(kind) == name


@pytest.mark.parametrize(
    ("kind", "said"),
    [(pa.int32(), "an int"), (pa.date32(), "a date"), (pa.list_(pa.int8()), "an array<tinyint>")],
)
def test_in_a_sentence_it_has_its_article(kind: pa.DataType, said: str) -> None:
    assert with_article(kind) == said
