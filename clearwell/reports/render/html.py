"""A report as one self-contained HTML file: light and dark, for desktop, phone and print.

It loads nothing and runs nothing; all names are escaped as text. The same page gives the same file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from clearwell.reports.content import Bars
from clearwell.reports.render import charts
from clearwell.reports.render.document import asset, document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.reports.content import Chart, Page

__all__ = ["layout", "render_html"]

_REPORTS = Path(__file__).parents[1]


def layout() -> str:
    """A hash of all that determines how figures become a page: code, templates, style, drawing library."""
    digest = hashlib.sha256(charts.version().encode())
    for file in [*sorted(_REPORTS.rglob("*.*")), _REPORTS.with_name("sizes.py")]:
        if file.suffix in (".py", ".css", ".j2"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def render_html(page: Page) -> str:
    """The page as the text of an HTML file."""
    return document(
        "reports/render/templates/report.html.j2",
        title=page.title,
        style=asset("reports/render/static/page.css") + asset("reports/render/static/report.css"),
        page=page,
        drawings={
            section.anchor: [_drawn(chart, f"{section.anchor}-{n}") for n, chart in enumerate(section.charts)]
            for section in page.sections
        },
        parts_of=_parts,
    )


@dataclass(frozen=True)
class _Key:
    """A line of a legend: a box of a colour, or a line with ``dashes``."""

    name: str
    colour: str
    dashes: str = ""


@dataclass(frozen=True)
class _Drawing:
    """A chart and its text; nothing is drawn while there are no figures."""

    title: str
    how: str
    keys: Sequence[_Key]
    svg: Markup | None


def _drawn(chart: Chart, name: str) -> _Drawing:
    if isinstance(chart, Bars):
        used = [n for n in range(len(chart.series)) if any(parts[n] for _, parts in chart.rows)]
        keys = [_Key(chart.series[n], chart.colours[n]) for n in used]
        is_empty = not chart.rows
    else:
        dashes = [" ".join(map(str, each)) for each in charts.DASHES]
        keys = [_Key(name, f"hue{n}", dashes[n]) for n, (name, _) in enumerate(chart.series)]
        is_empty = not any(points for _, points in chart.series)
    # Safe: vl-convert writes XML, in which every given name is text, and `charts` escapes its own additions.
    # Even unescaped markup could run nothing: the page's policy allows no script.
    svg = None if is_empty else Markup(charts.draw(chart, name))  # noqa: S704
    return _Drawing(chart.title, chart.how, keys, svg)


def _parts(names: Sequence[str]) -> list[_Key]:
    return [_Key(name, f"part{n}") for n, name in enumerate(names)]
