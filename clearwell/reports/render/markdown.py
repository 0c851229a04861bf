"""A report as Markdown, for a terminal, a ticket or a repository; tables replace the charts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clearwell.reports.content import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.reports.content import Page, Row, Table

__all__ = ["render_markdown"]

_MARK = re.compile(r"[\\`*\[\]<>|#]|(?<!\w)_|_(?!\w)")


def render_markdown(page: Page) -> str:
    """The page as the text of a Markdown file. No value is interpreted as markup."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"# {_plain(page.title)}\n"
    yield f"**{_plain(page.headline)}**\n"
    yield f"{_plain(page.made)}\n"
    if page.attention is not None:
        yield f"## {_plain(page.attention.title)}\n"
        yield from _table(page.attention)
        yield ""
    yield "| figure | value | remark | how |\n| --- | --- | --- | --- |"
    for figure in page.figures:
        yield _line([_plain(text) for text in (figure.label, figure.value, figure.remark, figure.how)])
    for section in page.sections:
        yield f"\n## {_plain(section.title)}\n"
        yield _plain(section.how)
        for table in section.tables:
            yield f"\n### {_plain(table.title)}\n"
            yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield _plain(table.empty)
        return
    yield _line(table.head)
    yield _line(["---" if name in table.words else "---:" for name in table.head])
    yield from (_line(list(_texts(row))) for row in (*table.rows, *table.foot))


def _texts(row: Row) -> Iterator[str]:
    for cell in row:
        text = _plain(cell.text if isinstance(cell, Cell) else cell)
        yield f"[{text}]({cell.link})" if isinstance(cell, Cell) and cell.link else text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """``text`` on one line, with Markdown's special characters escaped."""
    return " ".join(_MARK.sub(lambda mark: f"\\{mark[0]}", text).split())
