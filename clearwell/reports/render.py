"""Pages of figures as text: Markdown, and one self-contained HTML page.

The page loads nothing (no script, no font, no picture), reads well in light and dark and on a phone, and
escapes whatever comes from a name or a price sheet. The same page gives the same text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from clearwell.reports.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Page", "Section", "render_html", "render_markdown"]

_MARK = re.compile(r"[\\`*\[\]<>|#]|(?<!\w)_|_(?!\w)")


@dataclass(frozen=True)
class Section:
    """A table of figures under a title.

    ``words`` names the columns that hold words, all others are numbers. ``shares`` gives for each row the
    parts of a bar beneath its first cell; ``legend`` names these parts.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    legend: tuple[str, ...] = ()
    shares: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Page:
    """A title, the one figure that matters, when it was made, what it rests on, and the details."""

    title: str
    headline: str
    made: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]


def render_markdown(page: Page) -> str:
    """The page for a terminal, a ticket or a repository."""
    return "\n".join(_markdown(page)) + "\n"


def render_html(page: Page) -> str:
    """The page as one HTML file that needs nothing else."""
    return "\n".join(_html(page)) + "\n"


def _markdown(page: Page) -> Iterator[str]:
    yield f"# {_plain(page.title)}\n"
    yield f"**{_plain(page.headline)}**\n"
    yield f"{_plain(page.made)}\n"
    yield from (f"- {_plain(note)}" for note in page.notes)
    for section in page.sections:
        yield f"\n## {_plain(section.title)}\n"
        yield _line(section.head)
        yield _line(["---" if name in section.words else "---:" for name in section.head])
        yield from (_line([_plain(cell) for cell in row]) for row in section.rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """``text`` on one line, with the marks of Markdown escaped."""
    return " ".join(_MARK.sub(lambda mark: f"\\{mark[0]}", text).split())


def _html(page: Page) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield f"<title>{escape(page.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(page.title)}</h1>"
    yield f'<p class="headline">{escape(page.headline)}</p>'
    yield f'<p class="made">{escape(page.made)}</p>'
    yield f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in page.notes)}</ul>"
    for section in page.sections:
        yield f"<h2>{escape(section.title)}</h2>"
        yield from _html_table(section)
    yield "</main>\n</body>\n</html>"


def _html_table(section: Section) -> Iterator[str]:
    if section.legend:
        parts = (f'<li><i class="part{n}"></i>{escape(name)}</li>' for n, name in enumerate(section.legend))
        yield f'<ul class="legend">{"".join(parts)}</ul>'
    kinds = ["word" if name in section.words else "number" for name in section.head]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(name)}</th>'
        for name, kind in zip(section.head, kinds, strict=True)
    )
    yield f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>'
    for number, row in enumerate(section.rows):
        bar = _bar(section.shares[number]) if section.shares else ""
        cells = [f'<td class="{kind}">{escape(cell)}</td>' for kind, cell in zip(kinds, row, strict=True)]
        cells[0] = f'<th scope="row" class="{kinds[0]}">{escape(row[0])}{bar}</th>'
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody>\n</table></div>"


def _bar(parts: Sequence[int]) -> str:
    """The parts' shares of their sum; the figures stand beside it, so it is hidden from screen readers."""
    total = sum(parts)
    drawn = (
        f'<i class="part{number}" style="width:{100 * part / total:.2f}%"></i>'
        for number, part in enumerate(parts)
        if part
    )
    return f'<span class="bar" aria-hidden="true">{"".join(drawn)}</span>'
