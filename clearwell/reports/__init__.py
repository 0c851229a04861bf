"""Reports on a lake: its cost and its state, as Markdown, HTML and JSON."""

from __future__ import annotations

from clearwell.reports.content import Page, Section
from clearwell.reports.formats import money, readable_cost
from clearwell.reports.measure.cost import StorageCost
from clearwell.reports.measure.prices import Price, PriceSheet, load_prices
from clearwell.reports.measure.shares import Owners, Share
from clearwell.reports.measure.storage import (
    CATEGORIES,
    LakeStorage,
    ReleaseStorage,
    TableStorage,
    Usage,
    measure,
)
from clearwell.reports.overview import Overview, measure_overview
from clearwell.reports.render.html import layout, render_html
from clearwell.reports.render.markdown import render_markdown

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
    "readable_cost",
    "render_html",
    "render_markdown",
]
