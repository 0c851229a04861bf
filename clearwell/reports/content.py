"""The contents of a report, independent of Markdown or HTML: figures, sections, tables, charts. Plain data.

Every figure, section and chart carries ``how``: how its numbers were computed.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bars", "Cell", "Chart", "Figure", "Lines", "Mark", "Page", "Row", "Section", "State", "Table"]

State = str
"""``""``, ``good``, ``info``, ``warn`` or ``bad``: adds colour to what the text also says."""


@dataclass(frozen=True)
class Mark:
    """One of a row of small bars: whether it is good, its meaning, and its height from 0 to 1."""

    state: State
    text: str
    height: float = 1.0


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, and what HTML draws beside it.

    ``bar`` are the parts of a bar below the text (their sum is the whole width), ``marks`` a row of marks
    before it. ``link`` is a page, relative to the report.
    """

    text: str
    state: State = ""
    bar: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    link: str = ""


Row = tuple[str | Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table of figures. ``words`` names the text columns, all others are numbers.

    ``foot`` are rows of totals. ``legend`` names the parts of the bars. A ``folded`` table repeats the
    figures of a chart, for readers who cannot see it: HTML opens it on demand.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    words: frozenset[str]
    foot: tuple[Row, ...] = ()
    legend: tuple[str, ...] = ()
    folded: bool = False
    empty: str = "none"


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, stacked from ``series``; a row is a label and a number for each of them.

    ``colours`` names the style sheet's variable for each of the series.
    """

    title: str
    how: str
    unit: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    colours: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """Steps over time: for each name its points (milliseconds since 1970 in UTC, value)."""

    title: str
    how: str
    unit: str
    series: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


Chart = Bars | Lines


@dataclass(frozen=True)
class Figure:
    """A headline figure: a large ``value``, its name, a remark, and how it was computed.

    ``exact`` is the value without rounding, which a page shows on demand.
    """

    label: str
    value: str
    remark: str
    how: str
    state: State = ""
    exact: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report, with an ``anchor`` in the page."""

    anchor: str
    title: str
    how: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Page:
    """A title, the key sentence, when it was made, the figures at the top, and the sections.

    ``attention`` comes before them all: what needs a person.
    """

    title: str
    headline: str
    made: str
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    attention: Table | None = None
