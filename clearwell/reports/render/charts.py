"""Charts as SVG, drawn by Vega-Lite without a browser (vl-convert).

Colours are variables of the page's style sheet, so one drawing serves light and dark mode. A chart is one
image for a screen reader, with a title and a description; the page repeats its figures in a table. The same
figures give the same drawing: times are in UTC, numbers in English format, and nothing is loaded.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from clearwell.reports.content import Bars
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.reports.content import Chart, Lines

__all__ = ["DASHES", "draw", "ticks", "version"]

DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (12, 4))
"""How the lines of a chart are distinguished without colours."""

_WIDTH = 430
_ROW = 42
_LINES_HEIGHT = 190
_CONFIG = {
    "font": "system-ui, sans-serif",
    "background": None,
    "view": {"stroke": None},
    "aria": False,
    "padding": 2,
    "axis": {
        "labelFontSize": 12.5,
        "labelColor": "var(--faint)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "titleColor": "var(--faint)",
    },
    "text": {"fontSize": 13, "color": "var(--text)"},
}
_ROOT = re.compile(r"<svg\b[^>]*?viewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)
_TAG = re.compile(r"<[^<>]+>")
_ID = re.compile(r"(?<=\bid=\")[^\"]+|(?<=url\(#)[^)]+")
_SPOKEN = re.compile(r" (?:role|aria-[a-z]+)=\"[^\"]*\"")


def version() -> str:
    """The version of the drawing library: another version may draw differently. Loads nothing."""
    from importlib.metadata import version as installed

    return installed("vl-convert-python")


def draw(chart: Chart, name: str) -> str:
    """``chart`` as an SVG element; ``name`` makes its ids unique in the page."""
    import vl_convert

    spec = _bars(chart) if isinstance(chart, Bars) else _lines(chart)
    text: str = vl_convert.vegalite_to_svg({**spec, "config": _CONFIG}, allowed_base_urls=[])
    found = _ROOT.search(text)
    if found is None:
        raise ValueError("vl-convert returned no SVG")
    inner = _own_ids(text[found.end() :], name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(chart.title)}</title>'
        f'<desc id="{name}-desc">{escape(_described(chart))}</desc>{inner}'
    )


def _own_ids(text: str, name: str) -> str:
    """The drawing with its own ids, in order: vl-convert continues the numbers of its last drawing.

    The image has one description, so the descriptions of its parts are removed.
    """
    known: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"{name}-{len(known)}")

    return _TAG.sub(lambda tag: _ID.sub(renamed, _SPOKEN.sub("", tag[0])), text)


def _described(chart: Chart) -> str:
    if isinstance(chart, Bars):
        rows = "; ".join(f"{label} {_number(sum(parts), chart.unit)}" for label, parts in chart.rows)
        return f"Bars, in {chart.unit}: {rows}."
    ends = "; ".join(f"{name} {_number(points[-1][1], chart.unit)}" for name, points in chart.series)
    return f"Steps over time, in {chart.unit}; at the end: {ends}."


def _bars(chart: Bars) -> dict[str, Any]:
    """Each row is its label and its sum, with the bar below them: so long names have room on a phone."""
    top = max((sum(parts) for _, parts in chart.rows), default=0) or 1
    parts = [
        {"row": n, "part": series, "order": k, "value": values[k]}
        for n, (_, values) in enumerate(chart.rows)
        for k, series in enumerate(chart.series)
        if values[k]
    ]
    texts = [
        {"row": n, "label": label, "sum": _number(sum(values), chart.unit)}
        for n, (label, values) in enumerate(chart.rows)
    ]
    row = {"field": "row", "type": "ordinal", "axis": None, "scale": {"domain": list(range(len(texts)))}}
    colours = [f"var(--{name})" for name in chart.colours]
    track: dict[str, Any] = {
        "data": {"values": [{"row": n, "value": top} for n in range(len(texts))]},
        "mark": {"type": "bar", "height": 9, "yOffset": 9, "color": "var(--panel)", "cornerRadius": 3},
        "encoding": {"y": row, "x": _along(top)},
    }
    bars: dict[str, Any] = {
        "data": {"values": parts},
        "mark": {"type": "bar", "height": 9, "yOffset": 9},
        "encoding": {
            "y": row,
            "x": {**_along(top), "stack": "zero"},
            "order": {"field": "order"},
            "color": {
                "field": "part",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": list(chart.series), "range": colours},
            },
        },
    }
    labels = _text(texts, row, "label", {"align": "left", "x": 0, "limit": _WIDTH - 100})
    sums = _text(texts, row, "sum", {"align": "right", "x": _WIDTH, "fontWeight": 600})
    return {"width": _WIDTH, "height": _ROW * max(len(texts), 1), "layer": [track, bars, labels, sums]}


def _along(top: int) -> dict[str, Any]:
    return {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, top], "nice": False},
    }


def _text(values: Sequence[Any], row: Any, field: str, mark: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"values": values},
        "mark": {"type": "text", "baseline": "middle", "yOffset": -8, **mark},
        "encoding": {"y": row, "text": {"field": field, "type": "nominal"}},
    }


def _lines(chart: Lines) -> dict[str, Any]:
    known = [at for _, points in chart.series for at, _ in points]
    beyond = max(known) + (max(known) - min(known)) // 30  # the last step needs some width too
    values: list[dict[str, Any]] = [
        {"name": name, "at": at, "value": value}
        for name, points in chart.series
        for at, value in (*points, *((beyond, value) for _, value in points[-1:]))
    ]
    names = [name for name, _ in chart.series]
    marks, unit, suffix = ticks(max((point["value"] for point in values), default=0), chart.unit)
    x: dict[str, Any] = {
        "field": "at",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {
            "grid": False,
            "tickCount": 4,
            "labelOverlap": True,
            "labelFlush": True,
            **_time_axis(min(known), max(known)),
        },
    }
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, marks[-1]], "nice": False},
        "axis": {
            "values": marks,
            "labelExpr": f"datum.value ? format(datum.value / {unit}, ',~g') + '{suffix}' : '0'",
            "minExtent": 58,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
    }
    named = {"field": "name", "type": "nominal", "legend": None}
    colours = [f"var(--hue{n})" for n in range(len(names))]
    steps = {
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.25, "strokeJoin": "round"},
        "encoding": {
            "x": x,
            "y": y,
            "color": {**named, "scale": {"domain": names, "range": colours}},
            "strokeDash": {
                **named,
                "scale": {"domain": names, "range": [list(dash) for dash in DASHES[: len(names)]]},
            },
        },
    }
    area = {
        "mark": {"type": "area", "interpolate": "step-after", "color": "var(--hue0)", "opacity": 0.12},
        "encoding": {"x": x, "y": y},
    }
    return {
        "width": _WIDTH,
        "height": _LINES_HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        # Text was measured in another font than the page's: leave room for it.
        "padding": {"left": 4, "top": 4, "right": 14, "bottom": 2},
        "data": {"values": values},
        "layer": [area, steps] if len(names) == 1 else [steps],
    }


def _time_axis(first: int, last: int) -> dict[str, Any]:
    """The format of times between two, and below them their common part."""
    begin, end = (datetime.fromtimestamp(at / 1000, UTC) for at in (first, last))
    if begin.date() == end.date():
        clock = "%H:%M:%S" if end - begin < timedelta(minutes=5) else "%H:%M"
        return {"format": clock, "title": f"{begin:%Y-%m-%d}, UTC"}
    if end - begin < timedelta(days=3):
        return {"format": "%b %d %H:%M", "title": f"{end:%Y}, UTC"}
    if end - begin < timedelta(days=300):
        return {"format": "%b %d", "title": f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}, UTC"}
    return {"format": "%b %Y", "title": "UTC"}


def ticks(top: int, unit: str) -> tuple[list[int], int, str]:
    """Round values from 0 to beyond ``top``, their divisor, and the unit to show."""
    factor, suffix = 1, ""
    steps = [(1024**n, f" {name}") for n, name in enumerate(("B", "KiB", "MiB", "GiB", "TiB", "PiB"))]
    if unit != "bytes":
        steps = [(1000**n, name) for n, name in enumerate(("", "k", " M", " bn"))]
    for size, name in steps:
        if size == 1 or top >= size:
            factor, suffix = size, name
    raw = max(top / factor / 4, 1 / factor)
    scale = 10.0 ** (len(str(int(raw))) - 1) if raw >= 1 else 0.1
    step = next(n * scale for n in (1, 2, 2.5, 5, 10) if n * scale >= raw)
    size = max(round(step * factor), 1)
    count = max(-(-top // size), 1)
    return [size * n for n in range(count + 1)], factor, suffix


def _number(value: int, unit: str) -> str:
    return readable_size(value, precise=True) if unit == "bytes" else f"{value:,}"
