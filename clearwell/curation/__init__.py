"""Transforms worth sharing: what many pipelines need and few get right. Import them in an asset's module."""

from __future__ import annotations

from clearwell.curation.latest import keep_latest

__all__ = ["keep_latest"]
