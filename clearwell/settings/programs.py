"""Where programs and services lie that Clearwell starts or tells its engines of, by the environment."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["ivy_settings", "java_home"]


def java_home() -> Path | None:
    """JAVA_HOME: the Java to try first, before the one on PATH and the one that pip installed."""
    given = os.environ.get("JAVA_HOME")
    return Path(given).expanduser() if given else None


def ivy_settings() -> Path | None:
    """CLEARWELL_IVY_SETTINGS: an Ivy settings file that says where jars come from, such as a firm's mirror."""
    given = os.environ.get("CLEARWELL_IVY_SETTINGS")
    return Path(given).expanduser().absolute() if given else None
