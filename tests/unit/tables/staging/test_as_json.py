"""A quarantined row's text holds its values as they were, on every engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clearwell.tables.read.schema import frame_schema
from clearwell.tables.staging.as_json import row_as_json

if TYPE_CHECKING:
    from clearwell.engines import Engine

ROW = """
    select timestamp'2013-02-12 08:00:00.123456Z' at, timestamp_ntz'2013-02-12 08:00:00.5' local,
        date'2013-01-01' day, 12.50BD price, 123456789012345678901234567890.12BD wide, 3.4F single,
        0.1D double, -0.0D zero, cast('NaN' as double) nan, 9007199254740993L id, x'00ff' bytes,
        cast(null as string) nothing, 'é"/' text, array(1.50BD, null) prices, map('k', 1.50BD) priced,
        named_struct(
            'q', 1.50BD, 't', timestamp_ntz'2013-02-12 08:00:00', 'deep', array(named_struct('f', 3.4F))
        ) s,
        cast(null as struct<q: decimal(5, 2)>) no_struct, cast(null as array<float>) no_list,
        cast(null as map<string, float>) no_map, array(timestamp'1700-01-01 00:00:00Z') old, true flag
"""

TEXT = {
    "at": "2013-02-12T08:00:00.123456Z",
    "local": "2013-02-12T08:00:00.500000",
    "day": "2013-01-01",
    "price": "12.50",
    "wide": "123456789012345678901234567890.12",
    "single": 3.4000000953674316,
    "double": 0.1,
    "zero": -0.0,
    "nan": "NaN",
    "id": 9007199254740993,
    "bytes": "AP8=",
    "text": 'é"/',
    "prices": ["1.50", None],
    "priced": {"k": "1.50"},
    "s": {"q": "1.50", "t": "2013-02-12T08:00:00.000000", "deep": [{"f": 3.4000000953674316}]},
    "old": ["1700-01-01T00:00:00.000000Z"],
    "flag": True,
}


def test_nothing_of_a_row_is_lost_in_its_text(engine: Engine) -> None:
    frame = engine.session().sql(ROW)
    said = frame.select(row_as_json(frame_schema(frame, place="t")).alias("raw")).collect()[0][0]
    assert json.loads(said) == TEXT
    assert str(json.loads(said)["zero"]) == "-0.0"


def test_a_column_of_any_name_is_told_by_it(engine: Engine) -> None:
    frame = engine.session().sql("select 1.5BD `a.b`, 2 `c``d`, 3 `Ü-x`")
    said = frame.select(row_as_json(frame_schema(frame, place="t")).alias("raw")).collect()[0][0]
    assert json.loads(said) == {"a.b": "1.5", "c`d": 2, "Ü-x": 3}
