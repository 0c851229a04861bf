"""Where copies of remote data are cached: a folder that may be deleted at any time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """CLEARWELL_CACHE, or the user's cache folder: XDG_CACHE_HOME, else the system's default."""
    if own := os.environ.get("CLEARWELL_CACHE"):
        return Path(own).expanduser().absolute()
    if user := os.environ.get("XDG_CACHE_HOME"):
        return Path(user).expanduser().absolute() / "clearwell"
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path.home() / caches / "clearwell"
