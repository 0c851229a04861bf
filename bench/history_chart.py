"""The picture of docs/benchmarks.md: ratios over commits, a panel for each comparison, by Vega-Lite.

The same records give the same picture on every machine: sizes are fixed, so no font of the machine moves
anything. The picture holds a digest of its records, so a stale one is found without drawing it again.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.history import Machine, Measured, Record

__all__ = ["by_comparison", "digest", "draw", "figure", "sign"]

_WIDTH, _HEIGHT = 260, 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 150, 46, 58
_ACROSS = 2
_MOST_LABELS = 9
_MARKS = {"circle": "●", "square": "■", "triangle-up": "▲", "diamond": "◆", "cross": "✚"}
"""The shape of a machine's points, and what stands for it in the table."""
_STYLE = (
    "svg{--text:#1b1f24;--faint:#57606a;--line:#d5dce3;"
    "--hue0:#0b6682;--hue1:#c2571a;--hue2:#6e56cf;--hue3:#1a7f5a;--hue4:#a3326b}"
    "@media(prefers-color-scheme:dark){svg{--text:#e6e9ec;--faint:#9aa5b1;--line:#313b46;"
    "--hue0:#6cc5df;--hue1:#f0965a;--hue2:#a08cf0;--hue3:#54c98c;--hue4:#f07fb4}}"
)
_HUES = 5
_CONFIG = {
    "font": "system-ui, sans-serif",
    "background": None,
    "view": {"stroke": None},
    "aria": False,
    "axis": {
        "labelFontSize": 10.5,
        "labelColor": "var(--faint)",
        "labelLimit": 0,
        "labelOverlap": False,
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
        "title": None,
    },
}
_ROOT = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_TAG = re.compile(r"<[^<>]+>")
_ID = re.compile(r"(?<=\bid=\")[^\"]+|(?<=url\(#)[^)]+")


def draw(records: Sequence[Record]) -> str:
    """The picture of one run or more."""
    machines = _machines(records)
    across, down = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    panels: list[str] = []
    for number, (name, runs) in enumerate(by_comparison(records).items()):
        x, y = number % _ACROSS * across, number // _ACROSS * down
        panels.append(f'<g transform="translate({x},{y})">{_panel(name, runs, machines, number)}</g>')
    columns, rows = min(len(panels), _ACROSS), -(-len(panels) // _ACROSS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * across} {rows * down}" '
        f'width="{columns * across}" role="img">'
        f"<title>Ratios to the reference, commit by commit</title><!-- of {digest(records)} -->"
        f"<style>{_STYLE}</style>{''.join(panels)}</svg>\n"
    )


def digest(records: Sequence[Record]) -> str:
    """What the picture says of the runs that it shows, and of the code that drew it."""
    shown = json.dumps([asdict(record) for record in records], sort_keys=True).encode()
    return hashlib.sha256(shown + Path(__file__).read_bytes()).hexdigest()[:16]


def figure(value: float) -> str:
    """Three digits that count, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def by_comparison(records: Sequence[Record]) -> dict[str, list[tuple[Record, Measured]]]:
    """Comparison -> its runs in the order of the commits; comparisons in the order of their names."""
    found: dict[str, list[tuple[Record, Measured]]] = {}
    for record in records:
        for measured in record.comparisons:
            found.setdefault(measured.name, []).append((record, measured))
    return dict(sorted(found.items()))


def sign(machine: Machine, records: Sequence[Record]) -> str:
    """What stands for the points of a machine."""
    machines = _machines(records)
    return _MARKS[_shapes(len(machines))[machines.index(machine)]]


def _panel(
    name: str, runs: Sequence[tuple[Record, Measured]], machines: Sequence[Machine], number: int
) -> str:
    import vl_convert

    spec = _spec(name, runs, machines)
    text: str = vl_convert.vegalite_to_svg({**spec, "config": _CONFIG}, allowed_base_urls=[])
    found = _ROOT.search(text)
    if found is None:
        raise RuntimeError("vl-convert returned no SVG")
    known: dict[str, str] = {}

    def renamed(id_: re.Match[str]) -> str:
        return known.setdefault(
            id_[0], f"p{number}-{len(known)}"
        )  # vl-convert counts on from its last drawing

    inner = text[found.end() :].removesuffix("</svg>")
    return _TAG.sub(lambda tag: _ID.sub(renamed, tag[0]), inner)


def _spec(name: str, runs: Sequence[tuple[Record, Measured]], machines: Sequence[Machine]) -> dict[str, Any]:
    last = runs[-1][1]
    variants = list(dict.fromkeys(v for _, m in runs for v in m.ratios if v != m.reference))
    points: list[dict[str, Any]] = [
        {"run": n, "variant": v, "ratio": m.ratios[v], "machine": machines.index(r.machine)}
        for n, (r, m) in enumerate(runs)
        for v in variants
        if v in m.ratios
    ]
    ratios = [1.0, *(point["ratio"] for point in points)]
    marks = _marks(min(ratios), max(ratios))
    x: dict[str, Any] = {
        "field": "run",
        "type": "quantitative",
        "scale": {"domain": [-0.4, len(runs) - 0.6], "nice": False, "zero": False},
        "axis": {"grid": False, "labelAngle": -40, "labelAlign": "right", **_commits(runs)},
    }
    y: dict[str, Any] = {
        "field": "ratio",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [marks[0], marks[-1]], "nice": False},
        "axis": {"values": marks, "format": "~g"},
    }
    colour = {
        "field": "variant",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": variants, "range": [f"var(--hue{n % _HUES})" for n in range(len(variants))]},
    }
    machine = {"field": "machine", "type": "nominal", "legend": None}
    shape = {**machine, "scale": {"domain": list(range(len(machines))), "range": _shapes(len(machines))}}
    line: dict[str, Any] = {
        "mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round"},
        "encoding": {"x": x, "y": y, "color": colour, "detail": machine},
    }
    dots: dict[str, Any] = {
        "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": colour, "shape": shape},
    }
    one: dict[str, Any] = {
        "data": {"values": [{"ratio": 1.0}]},
        "mark": {"type": "rule", "color": "var(--faint)", "strokeDash": [4, 3]},
        "encoding": {"y": y},
    }
    names: dict[str, Any] = {
        "data": {"values": _ends(variants, runs, marks)},
        "mark": {"type": "text", "align": "left", "baseline": "middle", "x": _WIDTH + 8, "fontSize": 11.5},
        "encoding": {
            "y": {"field": "at", "type": "quantitative", "scale": None},
            "text": {"field": "text", "type": "nominal"},
            "color": colour,
        },
    }
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "autosize": "none",
        "padding": {"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM},
        "title": {
            "text": name,
            "subtitle": f"{last.unit}, as a ratio to {last.reference}",
            "anchor": "start",
            "fontSize": 13,
            "subtitleFontSize": 11,
            "color": "var(--text)",
            "subtitleColor": "var(--faint)",
            "frame": "group",
            "offset": 8,
        },
        "data": {"values": points},
        "layer": [one, line, dots, names],
    }


def _commits(runs: Sequence[tuple[Record, Measured]]) -> dict[str, Any]:
    """Labels of the axis: some commits, evenly chosen, the newest among them."""
    step = -(-len(runs) // _MOST_LABELS)
    shown = {n: r.commit.hash for n, (r, _) in enumerate(runs) if (len(runs) - 1 - n) % step == 0}
    return {"values": list(shown), "labelExpr": f"({json.dumps(shown)})[datum.value]"}


def _marks(low: float, high: float) -> list[float]:
    """Round numbers from below ``low`` to above ``high``: 1, 2 and 5 of each power of ten, or only powers."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    digits = (1, 2, 5) if last - first <= 2 else (1,)
    every = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
    start = max((n for n, mark in enumerate(every) if mark < low), default=0)
    end = min((n for n, mark in enumerate(every) if mark > high), default=len(every) - 1)
    return [round(mark, 6) for mark in every[start : end + 1]]


def _ends(
    variants: Sequence[str], runs: Sequence[tuple[Record, Measured]], marks: Sequence[float]
) -> list[dict[str, Any]]:
    """The name of each variant with its newest ratio, at the height of that, and apart from the others."""
    low, high = math.log(marks[0]), math.log(marks[-1])
    newest = {v: m.ratios[v] for v in variants for _, m in runs if v in m.ratios}
    heights = {v: _HEIGHT * (high - math.log(ratio)) / (high - low) for v, ratio in newest.items()}
    ends: list[dict[str, Any]] = []
    for variant in sorted(heights, key=lambda v: heights[v]):
        at = max(heights[variant], ends[-1]["at"] + 14) if ends else heights[variant]
        ends.append(
            {"variant": variant, "text": f"{_short(variant)} {figure(newest[variant])}", "at": round(at, 1)}
        )
    return ends


def _short(variant: str) -> str:
    words = variant.split()
    return variant if len(variant) <= 16 or len(words) < 3 else f"{words[0]} … {words[-1]}"


def _shapes(count: int) -> list[str]:
    return [list(_MARKS)[n % len(_MARKS)] for n in range(count)]


def _machines(records: Sequence[Record]) -> list[Machine]:
    return list(dict.fromkeys(record.machine for record in records))
