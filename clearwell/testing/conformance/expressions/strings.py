"""String functions."""

from __future__ import annotations

from clearwell.testing.conformance.case import grouped, sql
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

_UNICODE = table("t string", ("größe",), ("👍a",), ("e\u0301",), ("",), (None,))
_ODD = table("t string", ("a.b.c",), ("",), (None,), ("..",))

CASES = grouped(
    "strings",
    sql(
        "length",
        "a character is a code point; its octets are those of UTF-8",
        "select length(t) a, char_length(t) b, octet_length(t) c, reverse(t) d from t",
        table(
            "a int, b int, c int, d string",
            (5, 5, 7, "eßörg"),
            (2, 2, 5, "a👍"),
            (2, 2, 3, "\u0301e"),
            (0, 0, 0, ""),
            (None, None, None, None),
        ),
        t=_UNICODE,
    ),
    sql(
        "case",
        "upper and lower of letters beyond ASCII",
        "select upper(t) a, lower(u) b from t",
        table("a string, b string", ("GRÖSSE", "größe é"), ("👍A", "👍a")),
        t=table("t string, u string", ("größe", "GRÖßE É"), ("👍a", "👍A")),
    ),
    sql(
        "initcap",
        "initcap starts a word after a space",
        "select initcap(t) a from t",
        table("a string", ("Größe Éa",), ("O'neill-smith Iii",)),
        t=table("t string", ("größe éA",), ("o'neill-smith iii",)),
        columns=lambda t, F: t.select(F.initcap("t").alias("a")),
    ),
    sql(
        "parts",
        "substring counts from 1, from the end when negative, and 0 is 1",
        "select substring(t, 2, 2) a, substring(t, -3) b, substring(t, 0, 2) c, left(t, 2) d, right(t, 2) e, "
        "substring(t, 9) f, substring(t, -9, 10) g from t",
        table(
            "a string, b string, c string, d string, e string, f string, g string",
            ("rö", "öße", "gr", "gr", "ße", "", "größe"),
        ),
        t=table("t string", ("größe",)),
    ),
    sql(
        "no_characters",
        "left and right of a negative number of characters are empty",
        "select left(t, n) a, right(t, n) b, left(t, -1) c from t",
        table("a string, b string, c string", ("", "", ""), ("gr", "ße", ""), (None, None, "")),
        t=table("t string, n int", ("größe", -2), ("größe", 2), ("größe", None)),
        columns=lambda t, F: t.select(
            F.left("t", t.n).alias("a"), F.right("t", t.n).alias("b"), F.left("t", F.lit(-1)).alias("c")
        ),
    ),
    sql(
        "character_of_a_number",
        "chr takes the last byte of a number, and a negative one has no character",
        "select chr(n) a from t",
        table("a string", ("A",), ("\0",), ("A",), ("ÿ",), ("",), (None,)),
        t=table("n bigint", (65,), (256,), (321,), (255,), (-5,), (None,)),
        columns=lambda t, F: t.select(F.char("n").alias("a")),
    ),
    sql(
        "found",
        "positions count from 1, and 0 means not found",
        "select instr(t, '.') a, locate('.', t, 3) b, position('z' in t) c, contains(t, 'b') d, "
        "startswith(t, 'a') e, endswith(t, '') f from t",
        table(
            "a int, b int, c int, d boolean, e boolean, f boolean",
            (2, 4, 0, True, True, True),
            (0, 0, 0, False, False, True),
            (None, None, None, None, None, None),
            (1, 0, 0, False, False, True),
        ),
        t=_ODD,
    ),
    sql(
        "split",
        "split keeps empty parts, also at the end, unless it has a limit",
        r"select split(t, '\\.') a, split(t, '\\.', 2) b from t",
        table(
            "a array<string>, b array<string>",
            (["a", "b", "c"], ["a", "b.c"]),
            ([""], [""]),
            (None, None),
            (["", "", ""], ["", "."]),
        ),
        t=_ODD,
    ),
    sql(
        "split_part",
        "split_part and substring_index count from either end",
        "select split_part(t, '.', 2) a, split_part(t, '.', -1) b, substring_index(t, '.', 2) c, "
        "substring_index(t, '.', -1) d from t",
        table(
            "a string, b string, c string, d string",
            ("b", "c", "a.b", "c"),
            ("", "", "", ""),
            (None, None, None, None),
            ("", "", ".", ""),
        ),
        t=_ODD,
    ),
    sql(
        "padded",
        "lpad, rpad and repeat; padding may truncate",
        "select lpad(t, 5, 'xy') a, rpad(t, 2, 'x') b, repeat(t, 2) c, lpad(t, 0, 'x') d from t",
        table("a string, b string, c string, d string", ("xyabc", "ab", "abcabc", "")),
        t=table("t string", ("abc",)),
    ),
    sql(
        "trimmed",
        "trim removes only spaces, or the given characters",
        "select trim(t) a, ltrim(t) b, rtrim(t) c, trim(both 'x ' from t) d, btrim(t, ' x') e from t",
        table(
            "a string, b string, c string, d string, e string",
            ("xax", "xax ", " xax", "a", "a"),
            ("\ta\n", "\ta\n", "\ta\n", "\ta\n", "\ta\n"),
        ),
        t=table("t string", (" xax ",), ("\ta\n",)),
    ),
    sql(
        "joined",
        "concat is NULL with one NULL, concat_ws ignores it",
        "select concat(a, b) x, concat_ws('-', a, b, c) y, a || 'z' z, concat_ws(',', array(a, null, c)) w "
        "from t",
        table("x string, y string, z string, w string", (None, "a-c", "az", "a,c")),
        t=table("a string, b string, c string", ("a", None, "c")),
    ),
    sql(
        "replaced",
        "replace and translate; characters without a counterpart are removed",
        "select replace(t, 'b', 'x') a, replace(t, '', 'x') b, translate(t, 'ac', 'z') c, overlay(t placing "
        "'X' from 2) d from t",
        table("a string, b string, c string, d string", ("axc", "abc", "zb", "aXc")),
        t=table("t string", ("abc",)),
    ),
    sql(
        "like",
        "LIKE supports % and _ and an escape, and matches the whole string",
        r"select t, t like 'a%' a, t like 'a\\_b' b, t like '_' c, t ilike 'A%' d, t like 'a!_b' escape '!' "
        r"e from t",
        table(
            "t string, a boolean, b boolean, c boolean, d boolean, e boolean",
            ("a_b", True, True, False, True, True),
            ("axb", True, False, False, True, False),
            ("é", False, False, True, False, False),
            ("a\nb", True, False, False, True, False),
        ),
        t=table("t string", ("a_b",), ("axb",), ("é",), ("a\nb",)),
    ),
    sql(
        "like_any",
        "LIKE ANY and LIKE ALL",
        "select t like any ('a%', 'x') a, t like all ('a%', '%c') b from t",
        table("a boolean, b boolean", (True, True), (True, False)),
        t=table("t string", ("abc",), ("x",)),
    ),
    sql(
        "digests",
        "digests and encodings follow the standards",
        "select md5(t) a, sha1(t) b, sha2(t, 256) c, crc32(t) d, base64(encode(t, 'UTF-8')) e, "
        "decode(unbase64('w6k='), 'UTF-8') f from t",
        table(
            "a string, b string, c string, d bigint, e string, f string",
            (
                "0cc175b9c0f1b6a831c399e269772661",
                "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
                "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
                3904355907,
                "YQ==",
                "é",
            ),
        ),
        t=table("t string", ("a",)),
    ),
    sql(
        "formatted",
        "format_string, format_number, ascii, chr and levenshtein",
        "select format_string('%05d|%s', x, t) a, format_number(1234567.891, 2) b, ascii(t) c, chr(65) d, "
        "levenshtein('kitten', 'sitting') e, soundex('Robert') f from t",
        table(
            "a string, b string, c int, d string, e int, f string",
            ("00007|é", "1,234,567.89", 233, "A", 3, "R163"),
        ),
        t=table("x int, t string", (7, "é")),
    ),
    sql(
        "number_beside_text",
        "a number and a string are compared as numbers",
        "select t > 9 a, t = '10' b from t",
        table("a boolean, b boolean", (True, True)),
        t=table("t string", ("10",)),
        columns=lambda t, _: t.select((t.t > 9).alias("a"), (t.t == "10").alias("b")),
    ),
    sql(
        "number_plus_text",
        "a string in arithmetic is read as a number",
        "select x + t a from t",
        table("a bigint", (3,)),
        t=table("x int, t string", (1, "2")),
        columns=lambda t, _: t.select((t.x + t.t).alias("a")),
    ),
)
