"""Regular expressions, in Java's dialect."""

from __future__ import annotations

from clearwell.testing.conformance.case import grouped, refused, sql
from clearwell.testing.conformance.notation import table

__all__ = ["CASES"]

CASES = grouped(
    "regex",
    sql(
        "matches",
        "RLIKE finds a part; ^ and $ are the ends",
        r"select t, t rlike 'b' a, t rlike '^a.c$' b, t rlike '' c, regexp_like(t, '(?i)ABC') d from t",
        table(
            "t string, a boolean, b boolean, c boolean, d boolean",
            ("abc", True, True, True, True),
            ("xb", True, False, True, False),
            (None, None, None, None, None),
        ),
        t=table("t string", ("abc",), ("xb",), (None,)),
    ),
    sql(
        "extracted",
        "regexp_extract gives a group of the first match, and '' where there is none",
        r"select regexp_extract(t, '([a-z]+)-(\\d+)', 2) a, regexp_extract(t, '([a-z]+)-(\\d+)', 0) b, "
        r"regexp_extract(t, 'q(x)?', 1) c from t",
        table("a string, b string, c string", ("12", "foo-12", ""), ("", "", ""), (None, None, None)),
        t=table("t string", ("foo-12 bar-3",), ("q",), (None,)),
    ),
    sql(
        "all_extracted",
        "regexp_extract_all returns all matches",
        r"select regexp_extract_all(t, '(\\d+)', 1) a, regexp_substr(t, '\\d+') b from t",
        table("a array<string>, b string", (["1", "22"], "1"), ([], None)),
        t=table("t string", ("1ab22",), ("",)),
    ),
    sql(
        "place_of_a_match",
        "regexp_instr returns the place of the first match, and 0 for none",
        "select regexp_instr(t, 'b') c from t",
        table("c int", (3,), (0,)),
        t=table("t string", ("1ab22",), ("",)),
    ),
    sql(
        "counted",
        "regexp_count counts matches, as int",
        r"select regexp_count(t, 'a') a from t",
        table("a int", (3,)),
        t=table("t string", ("aaab",)),
        columns=lambda t, F: t.select(F.regexp_count("t", F.lit("a")).alias("a")),
    ),
    sql(
        "replaced",
        "regexp_replace replaces each match, and $1 is its first group",
        r"select regexp_replace(t, '\\d+', '#') a, regexp_replace(t, '([a-z])(\\d)', '$2$1') b from t",
        table("a string, b string", ("a#b#", "1a2b2")),
        t=table("t string", ("a1b22",)),
    ),
    sql(
        "empty_pattern",
        "an empty pattern matches before each character and at the end",
        "select regexp_replace(t, '', '-') c from t",
        table("c string", ("-a-1-b-2-2-",)),
        t=table("t string", ("a1b22",)),
        columns=lambda t, F: t.select(F.regexp_replace("t", "", "-").alias("c")),
    ),
    sql(
        "words_and_digits",
        r"\d, \w, \s and \b match ASCII only",
        r"select regexp_replace(t, '\\d', '#') a, regexp_replace(t, '\\w', 'w') b, regexp_replace(t, '\\s', "
        r"'_') c from t",
        table("a string, b string, c string", ("é٣#\u00a0", "é٣w\u00a0", "é٣1\u00a0")),
        t=table("t string", ("é٣1\u00a0",)),
        columns=lambda t, F: t.select(
            *(
                F.regexp_replace("t", *pair).alias(n)
                for n, pair in zip("abc", ((r"\d", "#"), (r"\w", "w"), (r"\s", "_")), strict=True)
            )
        ),
    ),
    sql(
        "classes",
        r"\p{L}, classes and quantifiers work on code points",
        r"select regexp_replace(t, '\\p{L}+', 'L') a, regexp_replace(t, '[^a-z]', '') b, regexp_replace(t, "
        r"'.', 'x') c from t",
        table("a string, b string, c string", ("L1👍", "a", "xxxx")),
        t=table("t string", ("éa1👍",)),
    ),
    sql(
        "dot_and_lines",
        ". excludes line ends unless (?s); with (?m) ^ matches at each line",
        r"select regexp_replace(t, '.', 'x') a, regexp_replace(t, '(?s).', 'x') b, regexp_replace(t, "
        r"'(?m)^', '>') c from t",
        table("a string, b string, c string", ("x\nx", "xxx", ">a\n>b")),
        t=table("t string", ("a\nb",)),
    ),
    sql(
        "end_before_a_line_end",
        "$ also matches before a final line end",
        r"select t rlike 'a$' a from t",
        table("a boolean", (True,)),
        t=table("t string", ("a\n",)),
        columns=lambda t, _: t.select(t.t.rlike("a$").alias("a")),
    ),
    sql(
        "looking_around",
        "look-ahead and look-behind",
        r"select regexp_replace(t, '(?<=foo)bar', 'X') a, regexp_extract(t, 'o+(?=b)', 0) b, t rlike "
        r"'^(?!bar)' c from t",
        table("a string, b string, c boolean", ("fooX", "oo", True)),
        t=table("t string", ("foobar",)),
        columns=lambda t, F: t.select(
            F.regexp_replace("t", "(?<=foo)bar", "X").alias("a"),
            F.regexp_extract("t", "o+(?=b)", 0).alias("b"),
            t.t.rlike("^(?!bar)").alias("c"),
        ),
    ),
    sql(
        "back_references",
        "a pattern may refer to its own groups",
        r"select regexp_replace(t, '(.)\\1', '$1') a from t",
        table("a string", ("abc",)),
        t=table("t string", ("aabcc",)),
    ),
    sql(
        "possessive",
        "possessive quantifiers and atomic groups",
        r"select t rlike '^a++$' a, t rlike '^a++a$' b from t",
        table("a boolean, b boolean", (True, False)),
        t=table("t string", ("aaa",)),
        columns=lambda t, _: t.select(t.t.rlike("^a++$").alias("a"), t.t.rlike("^a++a$").alias("b")),
    ),
    sql(
        "quoted",
        r"\Q..\E quotes",
        r"select regexp_replace(t, '\\Q.\\E', '-') a from t",
        table("a string", ("a-b",)),
        t=table("t string", ("a.b",)),
    ),
    sql(
        "named",
        "groups may have names",
        r"select regexp_extract(t, '(?<y>\\d{4})-(?<m>\\d\\d)', 2) a from t",
        table("a string", ("05",)),
        t=table("t string", ("2026-05",)),
    ),
    sql(
        "by_column",
        "the pattern may be a column",
        "select t rlike p a, regexp_replace(t, p, '#') b from t",
        table("a boolean, b string", (True, "#bc"), (False, "abc")),
        t=table("t string, p string", ("abc", "^a"), ("abc", "x+")),
    ),
    refused(
        "broken",
        "an invalid pattern is an error",
        "select t rlike p a from t",
        bad=table("t string, p string", ("abc", "(")),
        good=table("t string, p string", ("abc", "b")),
        gives=table("a boolean", (True,)),
    ),
)
