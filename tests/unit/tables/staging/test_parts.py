"""Whatever form texts come in, a part holds plain texts, all rows in their order, and their exact bounds."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.tables.staging import parts
from clearwell.tables.staging.parts import PartWriter

SCHEMA = pa.schema([pa.field("n", "int64", nullable=False), pa.field("word", "string")])
WORDS = st.lists(st.none() | st.sampled_from(["", "a", "é", "zz"]), max_size=6)


@pytest.mark.parametrize("rows_a_group", [1, 5, 1000])
@given(batches=st.lists(st.tuples(WORDS, st.booleans()), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_of_any_form_are_kept(tmp_path_factory, monkeypatch, rows_a_group, batches):
    monkeypatch.setattr(parts, "_ROW_GROUP", rows_a_group)
    folder = tmp_path_factory.mktemp("parts")
    rows: list[tuple[int, str | None]] = []
    with PartWriter(str(folder), "f", SCHEMA, required=("n",)) as writer:
        for words, coded in batches:
            numbers = range(len(rows), len(rows) + len(words))
            rows += zip(numbers, words, strict=True)
            texts = pa.array([*words, "unused"], "string")  # a value of the dictionary that no row has
            texts = (texts.dictionary_encode() if coded else texts).slice(0, len(words))
            writer.write(pa.record_batch([pa.array(numbers, "int64"), texts], ["n", "word"]))
    written = [pq.read_table(folder / file.path) for file in writer.files]
    assert all(table.schema.equals(SCHEMA) for table in written)
    assert [tuple(row.values()) for table in written for row in table.to_pylist()] == rows
    known = [word for _, word in rows if word is not None]
    for file in writer.files:
        assert file.stats["nullCount"] == {"n": 0, "word": len(rows) - len(known)}
        assert file.stats["minValues"].get("word") == (min(known) if known else None)
        assert file.stats["maxValues"].get("word") == (max(known) if known else None)
