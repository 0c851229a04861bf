"""Samples of failing rows are a Markdown table that nothing in the data can break out of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from clearwell.components.display.evidence import sample_table
from clearwell.model import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence


def rendered(samples: Sequence[Sample]) -> list[list[str]]:
    """The cells of the one table that a Markdown renderer sees, each as the text of its one code span."""
    tokens = MarkdownIt("commonmark").enable("table").parse(sample_table(samples))
    assert [t.type for t in tokens if t.level == 0] == ["table_open", "table_close"]
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            assert {child.type for child in token.children or ()} <= {"code_inline", "text"}
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows


def test_a_sample_says_where_the_row_came_from() -> None:
    samples = [Sample("raw/a.csv", 7, (("amount", "-1.0"),)), Sample("raw/b.csv", 2, (("amount", "NULL"),))]
    assert rendered(samples) == [
        ["file", "record", "amount"],
        ["raw/a.csv", "7", "-1.0"],
        ["raw/b.csv", "2", "NULL"],
    ]


def test_rows_without_an_origin_show_what_was_judged_alone() -> None:
    assert rendered([Sample(None, None, (("a", "1"), ("b", "")))]) == [["a", "b"], ["1", "(empty)"]]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.text(max_size=20))
def test_no_value_breaks_out_of_its_cell(values: list[str], file: str) -> None:
    rows = rendered([Sample(f"raw/{file}", n, (("a", value),)) for n, value in enumerate(values, 1)])
    assert len(rows) == 1 + len(values)
    assert all(len(row) == 3 for row in rows)
    assert [row[1] for row in rows[1:]] == [str(n) for n in range(1, len(values) + 1)]


def test_markdown_and_html_in_a_value_stay_text() -> None:
    values = ("<img src=x onerror=alert(1)>", "[click](javascript:alert(1))", "a | b", "`x` **y**")
    shown = [row[-1] for row in rendered([Sample(None, 1, (("a", value),)) for value in values])[1:]]
    assert shown == [values[0], values[1], "a | b", "'x' **y**"]
