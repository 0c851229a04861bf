"""Small bars in a row, as SVG that is drawn by the page's own style sheet: no script, no library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.reports.render.markup import Html, el

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bar", "strip"]

_STEP, _WIDTH, _HEIGHT, _LEAST = 8, 6, 24, 2


@dataclass(frozen=True)
class Bar:
    """A bar: its height from 0 to 1, the name of its colour, and what it says when pointed at."""

    height: float
    colour: str
    title: str = ""


def strip(bars: Sequence[Bar], label: str = "", *, width: float | None = None) -> Html:
    """The bars side by side; with ``width`` one bar that fills so many percent of its place.

    Without a label it only repeats the figure beside it, and is hidden from screen readers.
    """
    if width is not None:
        bar = el("rect", width=f"{width:.1f}%", height=8, rx=3, class_=f"is-{bars[0].colour}")
        return el("svg", bar, class_="share", aria_hidden="true", width="100%", height=8)
    rects = [
        el(
            "rect",
            el("title", bar.title) if bar.title else None,
            x=n * _STEP,
            y=round(_HEIGHT - _tall(bar), 1),
            width=_WIDTH,
            height=round(_tall(bar), 1),
            rx=1.5,
            class_=f"is-{bar.colour}",
        )
        for n, bar in enumerate(bars)
    ]
    across = len(bars) * _STEP
    known = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return el(
        "svg", rects, class_="strip", width=across, height=_HEIGHT, viewBox=f"0 0 {across} {_HEIGHT}", **known
    )


def _tall(bar: Bar) -> float:
    return max(_LEAST, _HEIGHT * min(1.0, bar.height))
