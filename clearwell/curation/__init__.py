"""Shared transforms that are easy to get wrong. Import them in the module of an asset."""

from __future__ import annotations

from clearwell.curation.latest import keep_latest

__all__ = ["keep_latest"]
