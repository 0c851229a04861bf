"""A report as one HTML file that needs nothing else: light and dark, on a desk, a phone and on paper.

It loads nothing and runs nothing; whatever comes from a name is text. The same page gives the same file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.reports.content import Bars, Cell
from clearwell.reports.render import charts
from clearwell.reports.render.document import asset, document
from clearwell.reports.render.markup import Html, el, join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clearwell.reports.content import Chart, Figure, Mark, Page, Row, Section, Table

__all__ = ["layout", "render_html"]

_MARK_STEP = 9
_BAR_WIDTH = 1000
_SHORT = 40


def layout() -> str:
    """A hash of all that decides how figures become a page: this package's files, and what draws charts."""
    digest = hashlib.sha256(charts.version().encode())
    for file in sorted(Path(__file__).parents[1].rglob("*.*")):
        if file.suffix in (".py", ".css"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def render_html(page: Page) -> str:
    """The page as the text of an HTML file."""
    links = [el("a", section.title, href=f"#{section.anchor}") for section in page.sections]
    body = join(
        el(
            "header",
            el("nav", el("a", "All pages", href="index.html"), aria_label="Pages"),
            el("a", "Lineage", href="lineage.html", class_="button"),
            class_="top",
        ),
        el(
            "div",
            el("nav", el("h2", "On this page"), el("ul", [el("li", link) for link in links]), class_="toc"),
            el("main", _head(page), [_section(section) for section in page.sections]),
            class_="report",
        ),
    )
    return document(title=page.title, body=body, style=asset("page.css") + asset("report.css"))


def _head(page: Page) -> Html:
    return join(
        el("h1", page.title),
        el("p", page.headline, class_="headline"),
        el("p", page.made, class_="about"),
        el("dl", [_figure(figure) for figure in page.figures], class_="figures"),
    )


def _figure(figure: Figure) -> Html:
    return el(
        "div",
        el("dt", figure.label),
        el("dd", figure.value, class_=f"value {figure.state}".strip()),
        el("dd", figure.remark, class_="remark"),
        el("dd", el("span", "How: ", class_="tag"), figure.how, class_="how"),
    )


def _section(section: Section) -> Html:
    cards = [_chart(chart, f"{section.anchor}-{number}") for number, chart in enumerate(section.charts)]
    return el(
        "section",
        el("h2", section.title, id=f"{section.anchor}-title"),
        el("p", el("span", "How: ", class_="tag"), section.how, class_="how"),
        el("div", cards, class_="charts") if cards else None,
        [_table(table) for table in section.tables],
        id=section.anchor,
        aria_labelledby=f"{section.anchor}-title",
    )


def _chart(chart: Chart, name: str) -> Html:
    if isinstance(chart, Bars):
        keys = [
            (name, _box(chart.colours[number]))
            for number, name in enumerate(chart.series)
            if any(parts[number] for _, parts in chart.rows)
        ]
        drawn = bool(chart.rows)
    else:
        keys = [(name, _line(number)) for number, (name, _) in enumerate(chart.series)]
        drawn = any(points for _, points in chart.series)
    return el(
        "figure",
        el("figcaption", chart.title),
        Html(charts.draw(chart, name)) if drawn else el("p", "nothing to show yet", class_="faint"),
        _legend(keys) if len(keys) > 1 else None,
        el("p", el("span", "How: ", class_="tag"), chart.how, class_="how"),
    )


def _legend(keys: Sequence[tuple[str, Html]]) -> Html:
    return el("ul", [el("li", key, name) for name, key in keys], class_="legend")


def _box(colour: str) -> Html:
    shape = el("rect", width=12, height=12, rx=3, class_=colour)
    return el("svg", shape, viewBox="0 0 12 12", class_="key", aria_hidden="true")


def _line(number: int) -> Html:
    dashes = " ".join(map(str, charts.DASHES[number]))
    line = el("line", x1=0, x2=22, y1=6, y2=6, class_=f"hue{number}", stroke_dasharray=dashes)
    return el("svg", line, viewBox="0 0 22 12", class_="key wide", aria_hidden="true")


def _table(table: Table) -> Html:
    caption = el("h3", table.title)
    if not table.rows:
        return join(caption, el("p", table.empty, class_="none"))
    keys = [(name, _box(f"part{number}")) for number, name in enumerate(table.legend)]
    grid = join(_legend(keys) if keys else None, _grid(table))
    if table.folded:
        return el("details", el("summary", f"{table.title} ({len(table.rows):,} rows)"), grid)
    return join(caption, grid)


def _grid(table: Table) -> Html:
    kinds = ["word" if name in table.words else "number" for name in table.head]
    head = [el("th", name, scope="col", class_=kind) for name, kind in zip(table.head, kinds, strict=True)]
    foot = [el("tr", _cells(row, kinds)) for row in table.foot]
    return el(
        "div",
        el(
            "table",
            el("thead", el("tr", head)),
            el("tbody", [el("tr", _cells(row, kinds)) for row in table.rows]),
            el("tfoot", foot) if foot else None,
        ),
        class_="scroll",
        role="region",
        aria_label=table.title,
        tabindex=0,
    )


def _cells(row: Row, kinds: Sequence[str]) -> Iterator[Html]:
    for number, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
        found = cell if isinstance(cell, Cell) else Cell(cell)
        text = el("span", found.text, class_=f"word-{found.state}") if found.state else found.text
        style = f"{kind} short" if kind == "word" and len(found.text) <= _SHORT else kind
        inner = join(_strip(found.marks), text, _bar(found.bar))
        if number:
            yield el("td", inner, class_=style)
        else:
            yield el("th", inner, scope="row", class_=style)


def _strip(marks: Sequence[Mark]) -> Html | None:
    """Small marks side by side: a failed one is taller, so that its colour is not all that tells it."""
    if not marks:
        return None
    shapes = [
        el(
            "rect",
            el("title", mark.text),
            x=number * _MARK_STEP,
            y=7 if mark.state == "good" else 0,
            width=_MARK_STEP - 2,
            height=9 if mark.state == "good" else 16,
            rx=2,
            class_=f"mark-{mark.state}",
        )
        for number, mark in enumerate(marks)
    ]
    width = len(marks) * _MARK_STEP - 2
    return el(
        "svg", shapes, viewBox=f"0 0 {width} 16", width=width, height=16, class_="strip", aria_hidden="true"
    )


def _bar(parts: Sequence[int]) -> Html | None:
    """The parts' shares of their sum; the figures stand beside it, so it is hidden from screen readers."""
    total = sum(parts)
    if not total:
        return None
    shapes: list[Html] = []
    at = 0
    for number, part in enumerate(parts):
        width = round(_BAR_WIDTH * part / total)
        if part:
            shapes.append(el("rect", x=at, width=max(width, 4), height=10, class_=f"part{number}"))
        at += width
    return el(
        "svg",
        shapes,
        viewBox=f"0 0 {_BAR_WIDTH} 10",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )
