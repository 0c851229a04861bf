"""What functions are asked beside each kind in each place: with the literals that people write.

An argument is a set of kinds, by a letter or by name, or a list of literals, of which each is tried.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["LETTERS", "PATTERNS"]

LETTERS = {
    "N": ("int", "bigint", "double", "float", "decimal"),
    "I": ("int", "bigint"),
    "S": ("string",),
    "D": ("date", "timestamp", "timestamp_ntz"),
    "T": ("date", "timestamp", "timestamp_ntz", "string"),
    "A": ("array<int>", "array<double>", "array<string>"),
    "L": ("array<int>", "array<double>", "array<string>", "array<array>", "array<struct>", "map"),
    "X": (
        "boolean",
        "int",
        "bigint",
        "double",
        "decimal",
        "string",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
        "array<int>",
        "array<string>",
        "struct",
    ),
}

_UNITS = "year quarter month mon yyyy week day dd hour minute second millisecond microsecond"
_PARTS = _UNITS.split()
_FIELDS = [
    "year",
    "yearofweek",
    "quarter",
    "month",
    "week",
    "day",
    "dayofweek",
    "dow",
    "doy",
    "hour",
    "minute",
    "second",
]
_FORMATS = [
    "yyyy-MM-dd",
    "yyyy-MM-dd HH:mm:ss",
    "dd/MM/yy",
    "EEEE",
    "E, MMM d yyyy",
    "HH:mm:ss.SSSSSS",
    "D",
    "hh:mm a",
    "yyyyMMdd",
    "y",
    "M/d/yyyy",
    "XXX",
    "Q",
    "yyyy-MM-dd'T'HH:mm:ss",
]
_READ = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", "dd.MM.yyyy", "yyyy", "M/d/yyyy"]
_ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "+05:30"]
_REGEX = [
    "a",
    "^a",
    "[0-9]+",
    "(\\d+)-(\\d+)",
    "\\s+",
    "",
    "[^a-z]",
    "(?i)ABC",
    "b|c",
    ".",
    "\\w+",
    "a{2}",
    "(a)(b)?",
]
_PATHS = ["$.a", "$.b", "$.b[0]", "$.b[1]", "$", "$.none", "$['a']", "$.b[*]"]
_CHARSETS = ["UTF-8", "utf-8", "ISO-8859-1", "US-ASCII", "UTF-16BE", "UTF-16"]
_DIGITS = [2, 0, 1, -1, 5, -3]

PATTERNS: dict[str, list[tuple[Any, ...]]] = {
    **{
        name: [("N", _DIGITS)]
        for name in ("round", "bround", "ceil", "floor", "ceiling", "truncate", "format_number")
    },
    "date_trunc": [(_PARTS, "T")],
    "trunc": [("T", _PARTS)],
    **{name: [(_FIELDS, "T")] for name in ("date_part", "datepart", "extract")},
    "date_format": [("T", _FORMATS)],
    **{
        name: [("S", _READ)]
        for name in (
            "to_date",
            "to_timestamp",
            "to_timestamp_ltz",
            "to_timestamp_ntz",
            "try_to_timestamp",
            "try_to_date",
            "unix_timestamp",
            "to_unix_timestamp",
        )
    },
    "from_unixtime": [("I", _FORMATS)],
    **{name: [("N", ["999999", "0.00", "$9,999.99", "S999"])] for name in ("to_char", "to_varchar")},
    **{name: [("S", ["999999", "0.00", "S99.99"])] for name in ("to_number", "try_to_number")},
    **{name: [("D", _ZONES), ("S", _ZONES)] for name in ("from_utc_timestamp", "to_utc_timestamp")},
    "convert_timezone": [(["UTC"], _ZONES, "timestamp_ntz"), (_ZONES, "timestamp_ntz")],
    "months_between": [("T", "T", [True, False]), ("D", "D")],
    "next_day": [("T", ["Mon", "TU", "sunday", "x"])],
    "add_months": [("T", [1, -1, 12, 0, 1200])],
    **{name: [("T", [1, -1, 0, 365, -40000])] for name in ("date_add", "date_sub", "dateadd")},
    "make_date": [
        ("int", "int", "int"),
        ([2024], [2], [29]),
        ("int", [2], [29, 30, 1]),
        ([2024], "int", [31]),
        ([2023], [12], "int"),
    ],
    **{
        name: [
            ([2024, 2023], [2], [29, 28], [12], [30], [1, 59, 60]),
            ([2024], [2], [29], [12], [30], [Decimal("1.5"), Decimal("59.999999"), 0.25]),
        ]
        for name in ("make_timestamp", "make_timestamp_ntz")
    },
    **{
        name: [
            ("S", "int"),
            ("S", "int", "int"),
            ("S", [1, 0, -2, 3], [2, 0, -1, 100]),
            ("binary", [1, 0, -2], [2, 0, -1]),
        ]
        for name in ("substring", "substr")
    },
    **{name: [("S", [2, 0, -1, 5])] for name in ("left", "right", "repeat", "space") if name != "space"},
    "space": [([0, 1, 3, -1],)],
    **{
        name: [("S", [5, 0, -1, 2], ["x", "", "xy"]), ("S", [5, 1]), ("binary", [5, 1])]
        for name in ("lpad", "rpad")
    },
    "translate": [("S", ["abc", "", "a"], ["x", "", "xyz"])],
    "replace": [("S", ["a", "", "abc"], ["x", "", "xyz"]), ("S", ["a", ","]), ("S", "S", "S")],
    "overlay": [("S", ["xy", ""], [1, 2, 5], [-1, 0, 2]), ("S", ["xy"], [1, 3])],
    **{
        name: [(["a", "b", ""], "S"), ("S", "S"), (["a", "b", ""], "S", [0, 1, 3, -1])]
        for name in ("locate", "position")
    },
    **{
        name: [("S", ["a", "b", "", ","])]
        for name in ("instr", "contains", "startswith", "endswith", "charindex")
    },
    **{name: [("S", ["a", " ", "ab"])] for name in ("ltrim", "rtrim", "btrim", "trim")},
    "substring_index": [("S", [",", "", "b"], [1, -1, 0, 2])],
    "split_part": [("S", [",", "b"], [1, -1, 2, 9])],
    "split": [("S", [",", "\\s+", "", "b|c", "[,.]"]), ("S", [","], [-1, 0, 1, 2])],
    **{
        name: [("S", _REGEX)]
        for name in ("rlike", "regexp", "regexp_like", "regexp_count", "regexp_substr", "regexp_instr")
    },
    "regexp_replace": [("S", _REGEX, ["x", "", "$0"])],
    **{name: [("S", _REGEX, [0, 1])] for name in ("regexp_extract", "regexp_extract_all")},
    **{name: [("S", ["a%", "%b%", "_bc", "", "%", "\\%_\\\\", "A%"])] for name in ("like", "ilike")},
    "get_json_object": [("S", _PATHS)],
    "from_json": [("S", ["a double, b array<int>", "a string", "struct<a:decimal(5,2)>"])],
    "schema_of_json": [(['{"a": 1.50, "b": [1, null]}', "[1]", '"x"'],)],
    "from_csv": [("S", ["a int, b string", "a string"])],
    "schema_of_csv": [(["1,abc", "a"],)],
    "str_to_map": [("S", [","], [":"]), ("S", [","]), ("S",)],
    "parse_url": [
        ("S", ["HOST", "PATH", "QUERY", "REF", "PROTOCOL", "FILE", "AUTHORITY", "USERINFO"]),
        ("S", ["QUERY"], ["x"]),
    ],
    "try_parse_url": [("S", ["HOST", "PATH", "QUERY"])],
    "sha2": [("S", [0, 224, 256, 384, 512, 1]), ("binary", [256])],
    "conv": [(["10", "ff", "-1", "", "zz"], [10, 16, 36], [2, 16, -10]), ("S", [10], [16])],
    **{name: [("S", _CHARSETS)] for name in ("encode",)},
    **{name: [("binary", _CHARSETS), ("S", _CHARSETS)] for name in ("decode",)},
    **{name: [("S", ["hex", "utf-8", "base64"])] for name in ("to_binary", "try_to_binary")},
    "format_string": [
        (["%s"], "X"),
        (["%d"], "I"),
        (["%05d|%x"], "I", "I"),
        (["%s-%s"], "S", "N"),
        (["%.2f"], "double"),
    ],
    "printf": [(["%s"], "X"), (["%d"], "I")],
    "concat_ws": [
        ([","], "S"),
        ([","], "S", "S"),
        (["-"], "S", "N"),
        ([","], "array<string>"),
        ([""], "X", "X"),
    ],
    "elt": [([1, 2], "S", "S"), ("int", "S", "S"), ([1, 2, 3], "S", "binary")],
    "levenshtein": [("S", "S", [1, 10]), ("S", ["abc", ""])],
    "mask": [("S", ["Q"], ["q"], ["d"], ["o"]), ("S", ["Q"])],
    "between": [("N", "N", "N"), ("D", "D", "D"), ("S", "S", "S")],
    **{name: [("T", "T"), ("S", "X"), ("X", "S")] for name in ("=", "<", ">", "<=", ">=", "<=>")},
    **{name: [("D", "interval"), ("interval", "N")] for name in ("+", "-", "*", "/")},
    **{name: [("boolean", "X", "X"), ("boolean", "N", "N")] for name in ("if", "iff", "when", "nvl2")},
    "when": [("boolean", "X"), ("boolean", "X", "X"), ("boolean", "N", "N")],
    **{
        name: [("X", "X", "X"), ("N", "N", "N"), ("T", "T"), ("S", "X"), ("X", "S")]
        for name in ("coalesce", "greatest", "least", "array", "concat", "in")
    },
    "slice": [("A", [1, -1, 2], [1, 0, 2]), ("A", "int", "int")],
    "sequence": [
        ([1, 5], [5, 1]),
        ([1], [9], [2, 4]),
        ([5], [1], [-2]),
        ([date(2024, 2, 27)], [date(2024, 3, 2)]),
        ([date(2024, 2, 27)], [date(2024, 3, 9)], [timedelta(days=1), timedelta(days=7)]),
        (
            [datetime(2024, 2, 28, 23, tzinfo=UTC)],
            [datetime(2024, 3, 1, tzinfo=UTC)],
            [timedelta(hours=1), timedelta(days=1)],
        ),
    ],
    "array_insert": [("A", [1, -1, 3], "X")],
    "array_join": [
        ("array<string>", [",", ""]),
        ("array<string>", [","], ["null", ""]),
        ("array<int>", [","]),
    ],
    "array_repeat": [("X", [2, 0, -1])],
    "sort_array": [("A", [True, False])],
    **{
        name: [("A", [1, -1, 0, 2, 9]), ("map", ["a", ""]), ("map", [1, 2])]
        for name in ("element_at", "try_element_at", "get")
    },
    "map": [("S", "X"), ("int", "X"), (["k"], "X")],
    "map_from_arrays": [("A", "L")],
    "arrays_zip": [("L",), ("A", "L"), ("A", "A", "A")],
    "named_struct": [(["k"], "X"), (["k"], "X", ["v"], "N")],
    "struct": [("X",), ("X", "N")],
    "map_from_entries": [("array<struct>",)],
    "map_concat": [("map", "map")],
    "width_bucket": [("double", [0.0], [10.0], [5]), ("int", [0], [10], [5])],
    "log": [("N", "N"), ([2, 10], "N"), ("N",)],
    "pmod": [("N", [3, -3, 7])],
    "mod": [("N", [3, -3, 7])],
    "percentile": [("N", [0.5, 0.0, 1.0, 0.25, Decimal("0.25")])],
    **{name: [("N", [0.5, 0.9]), ("N", [0.5], [100])] for name in ("percentile_approx", "approx_percentile")},
    "approx_count_distinct": [("X",), ("X", [0.05])],
    **{name: [("X", [True, False])] for name in ("first", "last", "first_value", "last_value", "any_value")},
    "make_dt_interval": [("int",), ([1, 0], [2, -5]), ([1], [2], [3], [4.5, -1.25, Decimal("4.5")])],
    "make_ym_interval": [("int",), ([1, 0], [2, -5])],
    "make_interval": [([1, 0], [2, -5])],
    **{
        name: [("X",), ("X", "N"), ("S", "X"), ("X", "X", "X"), ("N", "S", "N")]
        for name in ("hash", "xxhash64")
    },
    "array_position": [("A", "N"), ("array<string>", "S")],
    "array_remove": [("A", "N"), ("array<string>", "S")],
    "array_append": [("A", "N"), ("array<string>", "S")],
    "array_prepend": [("A", "N"), ("array<string>", "S")],
    "nanvl": [("double", "double"), ("float", "double")],
    "hypot": [("N", "N")],
    "bit_get": [("I", [0, 1, 5])],
    "getbit": [("I", [0, 1, 5])],
    "div": [("I", [3, -3, 7]), ("N", "N")],
    "sentences": [("S",), ("S", ["en"], ["US"])],
    "xpath_string": [(["<a><b>x</b></a>"], ["a/b"])],
    "url_decode": [("S",), (["a%20b", "a+b", "%C3%84"],)],
    "unhex": [("S",), (["ff", "F", "", "zz", "4a4B"],)],
    "unbase64": [("S",), (["YWJj", "YQ==", ""],)],
    "date_from_unix_date": [("int",), ([0, 1, -1, 19782],)],
    **{
        name: [([0, 1, -1, 1719792000],), ("I",)]
        for name in ("timestamp_seconds", "timestamp_millis", "timestamp_micros")
    },
    "regr_count": [("N", "N")],
    "corr": [("N", "N")],
    "covar_pop": [("N", "N")],
    "covar_samp": [("N", "N")],
}
