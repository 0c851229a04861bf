"""Reports on a lake: where its bytes are and what they cost, as Markdown, HTML and JSON."""

from __future__ import annotations

from clearwell.reports.cost import StorageCost, money
from clearwell.reports.prices import Price, PriceSheet, load_prices
from clearwell.reports.render import Page, Section, render_html, render_markdown
from clearwell.reports.storage import CATEGORIES, LakeStorage, ReleaseStorage, TableStorage, Usage, measure

__all__ = [
    "CATEGORIES",
    "LakeStorage",
    "Page",
    "Price",
    "PriceSheet",
    "ReleaseStorage",
    "Section",
    "StorageCost",
    "TableStorage",
    "Usage",
    "load_prices",
    "measure",
    "money",
    "render_html",
    "render_markdown",
]
