"""Statistics of a file are those of its rows, however the file keeps them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.tables.read.stats import read_statistics

TEXTS = st.lists(
    st.none() | st.sampled_from(["", "a", "é", "zz", "Z", "\U0001f9ea"]), min_size=1, max_size=40
)


@given(texts=TEXTS, numbers=st.data(), rows_a_group=st.integers(1, 40), dictionary=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_are_those_of_the_rows(tmp_path, texts, numbers, rows_a_group, dictionary):
    count = len(texts) * 50  # so that a dictionary is worth it
    number = numbers.draw(st.integers(-(2**60), 2**60))
    table = pa.table({"word": pa.array(texts * 50, "string"), "n": pa.array([number] * count, "int64")})
    file = tmp_path / "rows.parquet"
    pq.write_table(table, file, row_group_size=rows_a_group * 10, use_dictionary=dictionary)
    known = [text for text in texts if text is not None]
    words = {"word": (min(known), max(known))} if known else {}
    assert read_statistics(str(file), ["word", "n", "absent"]) == {
        "numRecords": count,
        "nullCount": {"word": 50 * texts.count(None), "n": 0},
        "minValues": {"n": number} | {name: low for name, (low, _) in words.items()},
        "maxValues": {"n": number} | {name: high for name, (_, high) in words.items()},
    }


@pytest.mark.parametrize("repeated", [1, 5_000])
def test_long_texts_have_no_bounds(tmp_path, repeated):
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"word": ["x" * 65, "y"] * repeated}), file)
    found = read_statistics(str(file), ["word"])
    assert found == {"numRecords": 2 * repeated, "nullCount": {"word": 0}, "minValues": {}, "maxValues": {}}
