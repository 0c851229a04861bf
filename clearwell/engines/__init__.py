"""Engines: anything that speaks Spark Connect, computes, and writes Parquet.

Nothing here imports pyspark, grpc or pysail before an engine starts: ``import clearwell.engines`` must be
cheap, because the embedded engine's own process imports this package too.
"""

from __future__ import annotations

from clearwell.engines.base import Capability, Engine, require
from clearwell.engines.registry import open_engine

__all__ = ["Capability", "Engine", "open_engine", "require"]
