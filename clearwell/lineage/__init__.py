"""Lineage: which column of what table each column comes from, read off the plan that an engine is sent."""

from __future__ import annotations

from clearwell.lineage.graph import Branch, LineageGraph

__all__ = ["Branch", "LineageGraph"]
