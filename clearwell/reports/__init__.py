"""Reports on a lake: what it costs and how it is, as Markdown, HTML and JSON."""

from __future__ import annotations

from clearwell.reports.cost import StorageCost
from clearwell.reports.html import layout, render_html
from clearwell.reports.markdown import render_markdown
from clearwell.reports.numerals import money
from clearwell.reports.overview import Overview, measure_overview
from clearwell.reports.page import Page, Section
from clearwell.reports.prices import Price, PriceSheet, load_prices
from clearwell.reports.shares import Owners, Share
from clearwell.reports.storage import CATEGORIES, LakeStorage, ReleaseStorage, TableStorage, Usage, measure

__all__ = [
    "CATEGORIES",
    "LakeStorage",
    "Overview",
    "Owners",
    "Page",
    "Price",
    "PriceSheet",
    "ReleaseStorage",
    "Section",
    "Share",
    "StorageCost",
    "TableStorage",
    "Usage",
    "layout",
    "load_prices",
    "measure",
    "measure_overview",
    "money",
    "render_html",
    "render_markdown",
]
